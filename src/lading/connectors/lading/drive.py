"""
Our own drive, seen over the wire like any stranger sees it.
"""

from __future__ import annotations

from collections.abc import Iterable

from lading.connectors.address import Address
from lading.connectors.api import Drive, Page
from lading.connectors.conditions import Precondition, Unchanged
from lading.connectors.lading.batch import LadingBatch
from lading.connectors.lading.facets import LadingChanges, LadingFreeze
from lading.connectors.lading.opening import opened, profile_of
from lading.connectors.lading.partials import LadingPartials
from lading.connectors.lading.people import LadingLocks, LadingPeople
from lading.connectors.lading.reading import Reading, reading
from lading.connectors.lading.rights import LadingGrants, LadingLinks
from lading.connectors.lading.versions import LadingVersions
from lading.connectors.lading.wire import Wire, entry_of, route
from lading.connectors.lading.writing import conditions, expectation, write
from lading.connectors.names import check_names
from lading.connectors.profile import Profile
from lading.model.entry import Entry, Kind
from lading.model.errors import Forbidden, WrongKind
from lading.model.paths import ROOT, Path, decode
from lading.model.text import Text

_PAGE = 5000


def open(address: Address) -> LadingDrive:  # noqa: A001 — every connector is opened by this name
    """
    A Lading drive, one space of it, or a folder: `lading:https://HOST[/SPACE[/FOLDER…]]`.

    Its options: `user` and `password=REF`, or `token=REF`; `ca=FILE` (PEM) for the firm's own
    authority; `timeout=SECONDS` without a sign of life; `create=yes` makes the folder, and the
    space too where the account may.  Proxies are those of the environment.

    Raises:
        BadAddress: an option is not known or makes no sense.
        NotFound: there is no such folder.
        WrongKind: it is a file.
        LoginFailed, NotCertified, Unavailable, BadAnswer: as they say.
    """
    return LadingDrive(opened(address), address)


class LadingDrive(Drive):
    """
    The drive behind *wire*, whose root has answered.

    At the top of a whole drive its spaces are folders; they are made and removed by its admins,
    never through here.  May be used by several threads at once.
    """

    def __init__(self, wire: Wire, address: Address) -> None:
        self._wire = wire
        self._profile = profile_of(address, wire)
        self.moves = LadingMoves(wire)
        self.partials = LadingPartials(wire, address.owner)
        features = self._profile.features
        self.versions = LadingVersions(wire, features)
        self.grants = LadingGrants(wire, features)
        self.links = LadingLinks(wire, features)
        self.people = LadingPeople(wire)
        self.locks = LadingLocks(wire)
        self.changes = LadingChanges(wire)
        self.freeze = LadingFreeze(wire)
        self.batch = LadingBatch(wire, features)

    @property
    def profile(self) -> Profile:
        """What every drive of ours can hold."""
        return self._profile

    @property
    def server(self) -> str:
        """Name and version, as it told them when we met."""
        return self._wire.server

    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        """Entries in the order of their names; see `Drive.list`."""
        check_names(folder)
        if self._is_top(folder):
            return Page([_space(space) for space in self._wire.spaces()])
        space, within = self._wire.spot(folder)
        query = {"path": within, "cursor": cursor, "limit": _PAGE}
        told = self._wire.large(route("spaces", space, "list"), query, folder)
        entries = [entry_of(entry, (*folder, decode(entry["name"])[0])) for entry in told["entries"]]
        return Page(entries, told["cursor"])

    def stat(self, path: Path) -> Entry:
        """The entry at *path*, as `list` would tell it."""
        check_names(path)
        if self._is_top(path):
            return Entry(ROOT, Kind.FOLDER)
        space, within = self._wire.spot(path)
        return entry_of(self._wire.ask("GET", route("spaces", space, "entry"), {"path": within}, path), path)

    def read(self, path: Path, *, start: int = 0, expect: str | None = None) -> Reading:
        """Open a file; see `Drive.read`."""
        check_names(path)
        if path == ROOT:
            raise WrongKind(path, Text("the root is a folder", "根目录是文件夹"))
        space, within = self._wire.spot(path)
        place = route("spaces", space, "content")
        return reading(self._wire, place, {"path": within}, path, start=start, expect=expect)

    def write(
        self,
        path: Path,
        source: Iterable[bytes],
        *,
        expect: Precondition,
        size: int | None = None,
        modified: int | None = None,
    ) -> Entry:
        """Store *source*; see `Drive.write`."""
        check_names(path)
        facts = {"modified": modified}
        return write(self._wire, path, source, expect=expect, size=size, facts=facts)

    def make_folder(self, path: Path, *, modified: int | None = None) -> Entry:
        """Make sure that *path* is a folder."""
        check_names(path)
        if self._is_top(path):
            return self.stat(path)
        if len(self._wire.place.root + path) == 1:
            self._wire.space((*self._wire.place.root, *path)[0], path)
            return self.stat(path)
        space, within = self._wire.spot(path)
        told = {"path": within, "existing_ok": True, "modified": None if modified is None else str(modified)}
        return entry_of(self._wire.ask("POST", route("spaces", space, "folders"), {}, path, told=told), path)

    def remove(self, path: Path, *, expect: Precondition) -> None:
        """Remove a file or an empty folder; the drive keeps it in its trash."""
        check_names(path)
        if path == ROOT or len(self._wire.place.root + path) == 1:
            raise Forbidden(path, Text("a space is removed by the drive's admins", "空间由网盘管理员删除"))
        space, within = self._wire.spot(path)
        headers = conditions(expect) if isinstance(expect, Unchanged) else ()
        query = {"path": within, "empty_only": "true"}
        self._wire.call("DELETE", route("spaces", space, "entry"), query, path, headers=headers)

    def close(self) -> None:
        """Give back connections."""
        self._wire.session.close()

    def _is_top(self, path: Path) -> bool:
        return not self._wire.place.root and path == ROOT


class LadingMoves:
    """Renames and moves; id, versions, grants and links stay."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def move(self, source: Path, target: Path, *, expect: Precondition) -> Entry:
        """Give *source* the name *target*; see `Moves.move`."""
        check_names(source)
        check_names(target)
        if ROOT in (source, target):
            raise WrongKind(source, Text("the root stays where it is", "根目录不能移动"))
        origin, place = self._wire.spot(source), self._wire.spot(target)
        told = {"from": origin.path, "to": place.path, "expect": expectation(expect)}
        if place.space != origin.space:
            told["to_space"] = place.space
        answer = self._wire.ask("POST", route("spaces", origin.space, "move"), {}, source, told=told)
        return entry_of(answer, target)


def _space(told: dict[str, str]) -> Entry:
    return Entry((decode(told["label"])[0],), Kind.FOLDER, id=told["root"])
