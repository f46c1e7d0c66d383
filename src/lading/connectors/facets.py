"""
What some drives can do beyond the six calls.

A drive has each facet as an attribute; `None` says that the system cannot do
it, and the caller has to report what is lost.  Like the six calls, facets
raise only `DriveError` and never retry.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from lading.connectors.conditions import Precondition
from lading.model.access import Comment, Grant, Label, Link, Lock, Membership, Principal, Setting, Version
from lading.model.entry import Entry
from lading.model.errors import DriveError
from lading.model.paths import Path


class Page(NamedTuple):
    """A part of a folder's listing; *cursor* asks for the next part, None at the end."""

    entries: list[Entry]
    cursor: str | None = None


class Reader(Protocol):
    """Content being read."""

    @property
    def entry(self) -> Entry:
        """The entry as it was when reading began; its size is the announced one."""

    def read(self, size: int, /) -> bytes:
        """
        Up to *size* bytes; fewer are no sign of the end, `b""` is.

        Raises:
            Truncated: the content ended before its announced size or went on after it.
            Changed: it was replaced or rewritten since reading began (told at the end at the latest),
                unless what was read is the earlier content, whole: never a mixture.
            Unavailable: the connection broke off.
        """


class Proving(Protocol):
    """
    What a reader offers that holds a whole content against its known SHA-256 when all has been read.

    Whoever computes that digest anyway, of what has passed through his own hands from the first byte on, may leave
    the reader out of it.  A wrapper whose reader may give other bytes does not offer this.
    """

    def leave_proof(self) -> None:
        """From now on the reader tells at its end that all bytes came, not which; before anything was read only."""

    def prove(self, sha256: str) -> None:
        """
        Hold *sha256* (hex), that of the whole content, against the known one; also after the reader was closed.

        Raises:
            LadingError: it is another; as the reader itself would have told.
        """


class Brief(Protocol):
    """Listings that ask the server less, and tell less, than `Drive.list`."""

    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        """
        As `Drive.list`, but for files: digests may be missing, and the time may be another than the one `stat` tells.

        Every file has an etag, that of `stat`.  A reader and `Wanted.tell` tell the time that `stat` tells; a file that
        the account may not read is told of by the attempt to read it, if the listing says nothing.
        """


Span = tuple[int, int]
"""The first byte of a part of a content, and the one behind its last."""


class Ranges(Protocol):
    """Parts of one content, several of them on their way at once."""

    def read(self, path: Path, spans: Iterable[Span], *, expect: str, at_once: int) -> Iterator[bytes]:
        """
        The bytes in each of *spans*, whole and in order; all of the content whose etag is *expect*.

        None of them is empty, each fits into memory, and up to *at_once* are there or on their way; spans are taken when
        there is room for them.  Leaving early is no error.

        Raises:
            NotFound, WrongKind, Forbidden, Unreadable: as `Drive.read`.
            Changed: its etag is another, or a span goes beyond its end.
        """


class Moves(Protocol):
    """Renames and moves without copying."""

    def move(self, source: Path, target: Path, *, expect: Precondition) -> Entry:
        """
        Give *source* (a file or a folder with all below it) the name *target*; its folder must exist.

        *expect* is about *target*: `ABSENT`, or `Unchanged` to replace a file.  The content,
        its time and what hangs on it stay.

        Raises:
            NotFound: there is no *source*, or no folder to put it in.
            AlreadyExists, Changed: *target* does not meet *expect*.
            WrongKind: *target* is a folder that would be replaced, or lies inside *source*.
            NameRefused: the drive cannot hold the name.
        """


class Partials(Protocol):
    """
    Files written in several sittings, invisible until they are whole.

    A partial is known by a *token* (letters and digits, at most 64) that the caller
    derives from what it writes: the same token means the same content.
    """

    def offset(self, token: str) -> int:
        """Bytes that are already held for *token*; 0 for an unknown one."""

    def append(self, token: str, source: Iterable[bytes], *, start: int) -> int:
        """
        Add *source* after byte *start* and return the new length.

        What was held beyond *start* is given up first.  What arrives before a failure stays
        and counts for the next sitting.

        Raises:
            Changed: the partial is shorter than *start* bytes.
        """

    def read(self, token: str) -> AbstractContextManager[Reader]:
        """Read back what is held for *token*."""

    def finish(self, token: str, path: Path, *, expect: Precondition, modified: int | None = None) -> Entry:
        """
        Make the partial appear as *path*, atomically, under the same promises as `Drive.write`.

        It is no partial any more then; one that cannot be finished stays as it was.

        Raises:
            NotFound: nothing is held for *token*.
        """

    def sweep(self, keep: Collection[str]) -> int:
        """Remove what this owner left behind except the tokens in *keep*; return how many were removed."""


class ReadBack(Protocol):
    """Writing that reads back what it has stored before that gets its name: what was stored wrongly is never seen."""

    def write(
        self,
        path: Path,
        source: Iterable[bytes],
        *,
        expect: Precondition,
        size: int | None = None,
        modified: int | None = None,
    ) -> Entry | None:
        """
        As `Drive.write`, and the entry is complete.

        None, with nothing stored and *source* untouched, where that cannot be done: then whoever writes reads back.

        Raises:
            Truncated: the drive gave back another content than it was given, too.
        """

    def append(self, token: str, source: Iterable[bytes], *, start: int) -> int | None:
        """
        As `Partials.append`; None, with nothing stored and *source* untouched, as above.

        Raises:
            Truncated: the drive gave back another content than it was given; all that was held may be wrong.
        """


class Settle(Protocol):
    """Lasting storage."""

    def settle(self) -> None:
        """Return when everything written so far survives a power cut."""


class Versions(Protocol):
    """Earlier contents of a file; what `add` keeps is told by `profile.features.versions`."""

    def list(self, path: Path) -> Iterator[Version]:
        """All versions, oldest first, the current one included and last."""

    def all(self) -> Iterator[tuple[Path, tuple[Version, ...]]] | None:
        """
        Every file, each once, with all its versions, oldest first; one with a single content is told, too.

        None: the drive has to be asked file by file.
        """

    def read(self, path: Path, version: str) -> AbstractContextManager[Reader]:
        """Read the content of one version."""

    def add(self, path: Path, source: Iterable[bytes], version: Version, *, expect: Precondition) -> Entry:
        """
        Store *source* as the newest content of *path*, with the facts of *version* that the drive can keep.

        Promises what `Drive.write` promises.  *version* gives size, saved, modified, author (an id of
        this drive, `""` for nobody) and label; its id means nothing here.

        Raises:
            Forbidden: the account may not write under another name or time.
            NotFound: the author is not known here.
            Unable: the drive takes no versions, or cannot hold such a label.
        """


Told = tuple[Grant, ...] | DriveError
"""The grants on an entry, or why it cannot tell them."""


class Grants(Protocol):
    """Who may do what; what `set` can say is told by `profile.features`."""

    def list(self, path: Path) -> tuple[Grant, ...]:
        """The grants set on this very entry; inherited ones only where the system copies them down."""

    def all(self) -> Iterator[Grant] | None:
        """Every grant of the drive, in few calls; None: it has to be asked entry by entry."""

    def set(self, grant: Grant) -> None:
        """
        Give *grant*: role, effect, reach and expiry.

        One with the same principal and effect on the entry is replaced.  Doing it twice is no error.

        Raises:
            NotFound: the entry or the principal is not known.
            Forbidden: the account may not.
            Unable: the drive cannot hold such a grant.
        """

    def unset(self, grant: Grant) -> None:
        """Take *grant* away; what is not there is no error."""


class GrantsWithin(Protocol):
    """What a `Grants` may offer as well, where it is asked entry by entry and is quicker with many of one folder."""

    def within(self, folder: Path, names: Sequence[str]) -> Sequence[Told] | None:
        """
        What `Grants.list` tells of each of *names* in *folder*, in their order; None: nothing is quicker here.

        The paths of these grants mean nothing: entries with the same rights share one tuple.

        Raises:
            DriveError: the drive, or *folder*, is not there.
        """


class Links(Protocol):
    """Shares by URL; which limits `make` can set is told by `profile.features.links`."""

    def list(self, path: Path) -> tuple[Link, ...]:
        """The links made for this very entry, without those that were revoked."""

    def all(self) -> Iterator[Link] | None:
        """Every link of the drive, in few calls; None: it has to be asked entry by entry."""

    def make(self, link: Link, *, password: str | None) -> tuple[Link, str]:
        """
        Make a link with the limits of *link*, and tell its URL, which nobody is told again.

        Raises:
            NotFound: the entry is not there.
            Forbidden: the account may not.
            Unable: the drive cannot hold such a limit; no link is made.
        """

    def revoke(self, link: Link) -> None:
        """End *link* at once; what is not there is no error."""


class People(Protocol):
    """The principals the drive knows."""

    def principals(self) -> Iterator[Principal]:
        """All of them, in no order."""

    def members(self, group: str) -> Iterator[Principal]:
        """Direct members of a group or department."""

    def memberships(self) -> Iterator[Membership]:
        """Every direct membership of the drive, departments in departments included."""


class Locks(Protocol):
    """Who holds what."""

    def all(self) -> Iterator[Lock]:
        """Every lock that has not ended."""


class Labels(Protocol):
    """Words on entries."""

    def all(self) -> Iterator[Label]:
        """Every label."""


class Comments(Protocol):
    """What people said about entries."""

    def all(self) -> Iterator[Comment]:
        """Every comment, in no order."""


class Settings(Protocol):
    """What is switched on entries and spaces: watermarks, who may share outside; no drive of ours is given any."""

    def list(self, path: Path) -> tuple[Setting, ...]:
        """
        The settings of this very entry.

        Raises:
            NotFound: nothing is there.
        """

    def all(self) -> Iterator[Setting] | None:
        """Every setting of the drive, in few calls; None: it has to be asked entry by entry."""


class Room(NamedTuple):
    """Bytes that may be stored for the account or its firm in *total*, and how many are left; None: not told."""

    total: int | None = None
    left: int | None = None


class Capacity(Protocol):
    """How much can be stored."""

    def room(self) -> Room:
        """What the server says now."""


class Change(NamedTuple):
    """Something happened to *path*: it was created, written, moved here, or removed."""

    path: Path
    removed: bool


class Changes(Protocol):
    """What has changed since a moment."""

    def cursor(self) -> str:
        """A cursor for now."""

    def since(self, cursor: str) -> tuple[list[Change], str]:
        """
        Changes after *cursor*, at least one for each changed entry, and the next cursor.

        Raises:
            CursorExpired: the drive no longer knows; scan it whole.
        """

    def expire(self) -> None:
        """
        Make every cursor given so far expire: whoever goes by one compares anew.

        Raises:
            Forbidden: the account may not.
            Unable: the drive cannot be told to from outside.
        """


class Freeze(Protocol):
    """A read-only switch; the space `""` is the one that the drive was opened at."""

    def freeze(self, space: str, *, message: str) -> None:
        """Refuse changes by anybody in *space*, telling them *message*; twice is no error."""

    def thaw(self, space: str) -> None:
        """Allow changes again; twice is no error."""

    def frozen(self, space: str) -> str:
        """The message that *space* is frozen with; `""` if it can be changed."""


class Retention(Protocol):
    """Files that nobody can remove or replace before a time, the owner of the place included."""

    def keep(self, path: Path, until: int) -> None:
        """
        Keep the present content of the file *path* at least until *until* (ns since 1970 UTC); earlier than it is kept already is no error.

        Raises:
            NotFound: there is none.
            Forbidden, Unable: as they say; it is kept as long as it was before.
        """

    def until(self, path: Path) -> int | None:
        """
        Until when *path* is kept (ns since 1970 UTC); None if it is not.

        Raises:
            NotFound: there is no such file.
        """


class Upload(NamedTuple):
    """
    One small file for `Batch.write`; with *version* it carries the facts that `Versions.add` takes.

    *modified* is that of the *version* then.
    """

    path: Path
    content: bytes
    expect: Precondition
    modified: int | None
    version: Version | None = None


class Wanted(NamedTuple):
    """
    One content for `Batch.read`: of a *version*, or the newest one; with *etag* only the content that has it.

    Of a newest content a drive with `brief` listings calls *tell* with the entry, before it gives the content.
    A drive that has held the SHA-256 of a content against what it is known to be calls *proven*, before it gives
    that content, with the very object that it gives, and the digest in hex: whoever is given another object, for
    something stands between, knows nothing of its digest.
    """

    path: Path
    version: str | None = None
    etag: str | None = None
    tell: Callable[[Entry], None] | None = None
    proven: Callable[[bytes, str], None] | None = None


class Batch(Protocol):
    """Many small files in one call."""

    def write(self, uploads: Iterable[Upload]) -> Iterator[Entry | Exception]:
        """
        Store each, or say what failed for it, in order; one failure does not touch the others.

        Each promises what `Drive.write` promises; several for one path become its versions in this
        order.  Once one that carries a version has failed, those after it for the same path that carry one fail with
        the same error: none takes the place of another.  What concerns the whole drive is raised; then
        some of the files that were not answered may have been stored.
        """

    def read(self, wanted: Iterable[Wanted]) -> Iterator[bytes | Exception]:
        """
        The content of each, or what failed for it, in order; one failure does not touch the others.

        A newest content whose etag is not the one that is wanted is a failure `Changed`.  For contents of up to `profile.batch_content` bytes; a larger one is a failure `TooLarge`.
        """


class Table(NamedTuple):
    """One table of a manifest: its local *file*, and what the manifest says of it."""

    file: str
    facts: Mapping[str, Any]


class WrittenDown(NamedTuple):
    """
    A drive as a manifest has it (`docs/formats/manifest.md`).

    *entries* are batches of Arrow with the columns of part files, or those that were asked for, in no order, without the SHA-256 of contents that nobody
    has read here.  *tables* are those that say exactly what the facet of the drive does; the others have to be asked for.
    *source* says where all this stands.
    """

    entries: Iterator[Any]
    tables: Mapping[str, Table]
    source: Mapping[str, str]


class Written(Protocol):
    """What nobody can change and was written down before, and proven when the drive was opened: a scan takes that over instead of walking."""

    @property
    def objects(self) -> int:
        """How many entries there are at most."""

    def all(self, columns: Sequence[str] | None = None) -> WrittenDown:
        """
        All that `list` tells of the folders (only *columns*, in this order), and what the facets tell where that stands in tables as well.

        Raises:
            DriveError: what was written down is not there any more.
        """
