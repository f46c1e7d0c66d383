"""
Facts about a drive that do not change while we work on it.

A profile says what a system can hold and what it keeps.  It is asked before
the start (what will break?) and while names are mapped; it contains no code
that acts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from lading.model.access import Effect, PrincipalKind, Reach, Role


class NameUnit(StrEnum):
    """What a length limit counts."""

    BYTES = "bytes"
    CHARACTERS = "characters"
    UTF16 = "utf16"
    HALVES = "halves"
    """One for a character of ASCII, two for any other."""


class Case(StrEnum):
    """Whether `Report` and `report` can stand side by side."""

    SENSITIVE = "sensitive"
    FOLDED = "folded"


class Form(StrEnum):
    """Whether two Unicode forms (NFC, NFD) of a name can stand side by side."""

    EXACT = "exact"
    FOLDED = "folded"
    COMPOSED = "composed"
    """Only NFC is held: the drive itself would store another form as that one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRules:
    """Which names a drive can hold."""

    case: Case = Case.SENSITIVE
    form: Form = Form.EXACT
    utf8_only: bool = True
    """Names that are not valid Unicode are refused."""
    characters: frozenset[str] = frozenset("/\0")
    """Characters that no name may contain."""
    controls: bool = True
    """Control characters (U+0001 to U+001F, U+007F) are allowed."""
    endings: frozenset[str] = frozenset()
    """Characters with which no name may end: dot and space on Windows."""
    reserved: frozenset[str] = frozenset()
    """Names that mean something else, in lower case, compared without case."""
    reserved_stems: frozenset[str] = frozenset()
    """The same for what stands before the first dot: `con`, `aux` on Windows."""
    reserved_endings: frozenset[str] = frozenset()
    """With what no name may end, in lower case, compared without case: `.part` on Nextcloud."""
    length: int = 255
    """The longest name."""
    path_length: int | None = None
    """The longest path, a slash before each name counted."""
    unit: NameUnit = NameUnit.BYTES
    """What the two lengths count."""
    depth: int | None = None
    """The deepest nesting of folders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRules:
    """
    How the grants of a drive work together.

    Everywhere: of what reaches an entry, the grants of the lowest rank that name a person or any group
    they are in count; the highest role allowed, cut to below the lowest role denied, is theirs.
    """

    passage: bool = False
    """An entry is reached only by who has at least PASS on every folder above it (POSIX)."""
    caps: tuple[tuple[PrincipalKind, Role], ...] = ()
    """The most that principals of a kind can have, however they came by it; of `everybody`, the most it can be given."""
    everybody_guests: bool = False
    """`everybody` means guests too."""
    owned_guests: bool = False
    """A guest counts only while an active person owns them."""
    complete: bool = True
    """The account is told all grants; False: others may stand there (a list seen by a plain member)."""
    words: tuple[tuple[Effect, Role, tuple[str, ...]], ...] = ()
    """Sets of the drive's own words, sorted, that say a role exactly; without any, only the role's own name does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What a drive can be given of what hangs on files, and keeps.  Nothing said: nothing can be given."""

    versions: frozenset[str] = frozenset()
    """Facts of a version that `Versions.add` keeps: of `order`, `saved`, `modified`, `author`, `label`."""
    version_limit: int | None = None
    """Versions of a file that are kept, the current one included; older ones go.  None: all."""
    roles: frozenset[Role] = frozenset()
    """Roles that `Grants.set` can give."""
    effects: frozenset[Effect] = frozenset()
    """Effects that `Grants.set` can give."""
    reaches: frozenset[Reach] = frozenset({Reach.ALL})
    """Reaches that `Grants.set` can give."""
    expiry: bool = False
    """Grants can end by themselves."""
    expiry_grain: int = 1
    """Nanoseconds between the moments at which grants and links can end; a day where the drive holds days."""
    expiry_offset: int = 0
    """Nanoseconds since 1970 UTC of one such moment: where days begin or end in the zone of the drive."""
    principals: frozenset[PrincipalKind] = frozenset()
    """Who can be given a grant."""
    links: frozenset[str] = frozenset()
    """Limits that `Links.make` can set: of `password`, `expires`,
    `limit`, `version`, `inside`."""
    link_roles: frozenset[Role] = frozenset()
    """Roles a link can give; empty: none can be made."""

    def end_until(self, end: int) -> int:
        """The last moment up to *end* at which a grant or a link can end."""
        return end - (end - self.expiry_offset) % self.expiry_grain

    def end_from(self, end: int) -> int:
        """The first moment from *end* on at which a grant can end."""
        return end + (self.expiry_offset - end) % self.expiry_grain


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a drive is, can hold and keeps."""

    kind: str
    """Name of the connector."""
    address: str
    """Where the drive is, without any secret."""
    names: NameRules = field(default_factory=NameRules)
    keeps_modified: bool = True
    """`write` and `make_folder` keep the time they are given."""
    keeps_folder_times: bool = True
    """False where that holds for `write` only."""
    clock_grain: int = 1
    """Nanoseconds in the smallest step of the drive's times."""
    modified_range: tuple[int, int] | None = None
    """The earliest and latest time that is kept, in nanoseconds since 1970 UTC."""
    size_limit: int | None = None
    """Bytes of the largest file."""
    digests: tuple[str, ...] = ()
    """Algorithms the server itself computes over stored content."""
    calls_per_second: float | None = None
    """What the server is known to allow; None if it names no limit."""
    concurrency: int = 4
    """Calls at once beyond which nothing gets faster."""
    local: bool = False
    """Content is reached through this machine's own file system: calls cost no round trip."""
    stable_ids: bool = False
    """`Entry.id` stays with an entry through renames and is never given to another while both exist."""

    etag_covers_rights: bool = False
    """
    The etag of a file changes with the rights on it too, so those of a file with the same etag need not be asked again.
    Every file has an etag then; of folders nothing is said.
    """

    grants_within: bool = False
    """The grants of a folder's entries are asked together in less time than it takes to list them (`GrantsWithin`)."""

    access: AccessRules | None = None
    """How its grants work together; None: it tells none."""
    features: Features = field(default_factory=Features)
    """What it can be given beside content."""
    sitting: int = 0
    """Bytes up to which a file better goes out in one sitting, though the drive has partials."""
    reads_surely: bool = False
    """
    What is read with an expected etag is held against a digest of the server's, or the file is looked at once more at its
    end: that nothing changed meanwhile need not be asked again.
    """
    batch_content: int = 0
    """Bytes of the largest content that `Batch` takes and gives."""
    batch_at_once: int = 1
    """Requests that one `Batch.read` has under way by itself."""
    batch_small: int = 256 << 10
    """Bytes of a new file up to which it better goes with others in one `Batch.write` than by itself."""

    def kept_time(self, modified: int) -> int:
        """The time the drive keeps when it is given *modified*: on its grain, inside its range."""
        kept = modified - modified % self.clock_grain
        if self.modified_range is None:
            return kept
        earliest, latest = self.modified_range
        return min(max(kept, earliest), latest)
