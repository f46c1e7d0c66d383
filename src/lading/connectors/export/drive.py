"""
The export drive: the six calls over an archive that was read into an index when it was opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from lading.connectors.address import Address
from lading.connectors.api import Drive, Page
from lading.connectors.conditions import Precondition
from lading.connectors.export.hanging import READ_ONLY, ExportGrants, ExportLinks, ExportVersions
from lading.connectors.export.opening import Opened
from lading.connectors.export.opening import opened as opened_export
from lading.connectors.export.options import Options, options_of
from lading.connectors.export.reading import Reading
from lading.connectors.export.tree import Node
from lading.connectors.names import check_names
from lading.connectors.profile import NameRules, Profile
from lading.model.entry import Entry
from lading.model.errors import Changed, CursorExpired, DriveError, NotFound, ReadOnly, WrongKind, known
from lading.model.paths import Path
from lading.model.text import Text

PAGE = 1_000


def open(address: Address) -> ExportDrive:  # noqa: A001 — every connector is opened by this name
    """
    The zip, tar or folder at *address* as a drive; see `options` and the manual for the tables beside it.

    Raises:
        BadAddress: an option or a row of a table makes no sense, or tables and files do not fit.
        NotFound, Forbidden: there is no such file, or the account may not read it.
        Unreadable: the archive is damaged, so that files may be missing.
    """
    options = options_of(address)
    return ExportDrive(address, options, opened_export(address, options))


class ExportDrive(Drive):
    """
    What *opened* holds; read-only.  May be used by several threads at once.

    What does not fit (rows, members) stands in `notes`.
    """

    def __init__(self, address: Address, options: Options, opened: Opened) -> None:
        self._notes = opened.notes
        self._source = opened.source
        self._tree = opened.tree
        self._matched = opened.matched
        self._profile = _profile(address, opened)
        if options.facts:
            self.versions = ExportVersions(
                opened.source, opened.tree, self._look, opened.matched, opened.people
            )
        if opened.access is not None:
            self.grants = ExportGrants(self._look, opened.grants)
        if options.facts and opened.links:
            self.links = ExportLinks(self._look, opened.links)
        if options.facts or options.acl or options.people:
            self.people = opened.people

    @property
    def profile(self) -> Profile:
        """Facts by what the archive and the tables tell; the clock is as coarse as the coarsest of their times."""
        return self._profile

    @property
    def notes(self) -> tuple[Text, ...]:
        """How names were read, and what does not fit."""
        return self._notes

    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        """Entries in the order of their names."""
        if not self._look(folder).entry.is_folder:
            raise WrongKind(folder, "not a folder")
        names = self._tree.children(folder)
        start = _start(folder, cursor, len(names))
        entries = [self._tree.nodes[(*folder, name)].entry for name in names[start : start + PAGE]]
        following = start + PAGE
        return Page(entries, str(following) if following < len(names) else None)

    def stat(self, path: Path) -> Entry:
        """The entry at *path*."""
        return self._look(path).entry

    def read(self, path: Path, *, start: int = 0, expect: str | None = None) -> Reading:
        """Open a file; what stands in the way of one is raised as its own error."""
        node = self._look(path)
        entry = node.entry
        if not entry.is_file:
            raise WrongKind(path, entry.kind.value)
        if entry.problem:
            raise _problem(node)
        if expect is not None and expect != entry.etag:
            raise Changed(path, "its etag is another")
        fact = self._matched.current.get(path)
        assert node.member is not None
        return Reading(self._source, node.member, entry, start=start, sha256=fact.sha256 if fact else "")

    def write(
        self,
        path: Path,
        source: Iterable[bytes],
        *,
        expect: Precondition,
        size: int | None = None,
        modified: int | None = None,
    ) -> NoReturn:
        """Refuse."""
        raise ReadOnly(path, READ_ONLY)

    def make_folder(self, path: Path, *, modified: int | None = None) -> NoReturn:
        """Refuse."""
        raise ReadOnly(path, READ_ONLY)

    def remove(self, path: Path, *, expect: Precondition) -> NoReturn:
        """Refuse."""
        raise ReadOnly(path, READ_ONLY)

    def close(self) -> None:
        """Give back descriptors, and the unpacked archive."""
        self._source.close()

    def _look(self, path: Path) -> Node:
        check_names(path)
        node = self._tree.nodes.get(path)
        if node is None:
            raise NotFound(path, "the archive does not hold it")
        return node


def _problem(node: Node) -> DriveError:
    assert node.entry.problem is not None
    kind = known()[node.entry.problem]
    assert issubclass(kind, DriveError)
    return kind(node.entry.path, node.detail)


def _start(folder: Path, cursor: str | None, count: int) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and 0 < int(cursor) < count):
        raise CursorExpired(folder, "no cursor of this drive")
    return int(cursor)


def _profile(address: Address, opened: Opened) -> Profile:
    return Profile(
        kind="export",
        address=str(address),
        # Nothing is written, so nothing limits names; archives know no limit of their own.
        names=NameRules(utf8_only=False, length=1 << 16),
        keeps_modified=False,
        clock_grain=_grain(opened),
        local=True,
        access=opened.access,
    )


def _grain(opened: Opened) -> int:
    """The coarsest step of the times that are told; the table's time of a file counts before that of the archive."""
    grains = {1}
    current = opened.matched.current
    for path, node in opened.tree.nodes.items():
        fact = current.get(path)
        if fact is not None and fact.modified is not None:
            grains.add(fact.modified.grain)
        elif node.member is not None and node.entry.modified is not None:
            grains.add(node.member.grain)
    return max(grains)
