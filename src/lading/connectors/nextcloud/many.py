"""
Many accounts as one drive: a folder for each home, and one for each team folder.

A home is called by its user's id, a team folder `NAME [team ID]`.  A team folder is
seen once, through a member who may manage its rules if there is one; what somebody has
from another account of the drive is seen with its owner.  Whoever cannot be acted for
stands there all the same, with a problem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from lading.connectors.api import Drive, Page
from lading.connectors.conditions import Precondition
from lading.connectors.facets import Reader
from lading.connectors.names import check_names
from lading.connectors.nextcloud.drive import NextcloudDrive
from lading.connectors.nextcloud.many_facets import (
    ManyGrants,
    ManyLinks,
    ManyMarks,
    ManyMoves,
    ManyVersions,
    Routes,
    taking,
)
from lading.connectors.nextcloud.people import CloudPeople
from lading.connectors.profile import Profile
from lading.model.entry import Entry, Kind
from lading.model.errors import DriveError, Forbidden, NotFound, WrongKind
from lading.model.paths import ROOT, Path
from lading.model.text import Text


class ManyDrive(Drive):
    """The drive of *places* by their names; *barred* says of further names why nobody gets in."""

    def __init__(
        self, main: NextcloudDrive, places: Mapping[str, NextcloudDrive], barred: Mapping[str, Text]
    ) -> None:
        self._main = main
        self._places = places
        self._barred = barred
        self._profile = _profile(main, places, barred)
        self._routes = routes = Routes(places, self._refused)
        first = next(iter(places.values()), main)
        self.moves = ManyMoves(routes)
        if first.versions is not None:
            self.versions = ManyVersions(routes)
        if first.grants is not None:
            self.grants = ManyGrants(routes)
            self.links = ManyLinks(routes)
        self.people = CloudPeople(main.wire.cloud, *(place.sharing for place in places.values()))
        self.labels = ManyMarks(routes, "labels")
        self.comments = ManyMarks(routes, "comments")
        if first.locks is not None:
            self.locks = ManyMarks(routes, "locks")

    @property
    def server(self) -> str:
        """That of the main account."""
        return self._main.server

    @property
    def profile(self) -> Profile:
        """That of the main account; nothing but homes and team folders lies at the top."""
        return self._profile

    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        """Homes and team folders at the top; see `Drive.list`."""
        check_names(folder)
        if folder == ROOT:
            return Page([self.stat((name,)) for name in (*self._places, *self._barred)])
        page = self._asked(folder, lambda drive, rest: drive.list(rest, cursor=cursor))
        return Page([_moved(entry, folder[0]) for entry in page.entries], page.cursor)

    def stat(self, path: Path) -> Entry:
        """The entry at *path*."""
        check_names(path)
        if path == ROOT:
            return Entry(ROOT, Kind.FOLDER)
        if len(path) == 1 and path[0] in self._barred:
            return Entry(path, Kind.FOLDER, problem=Forbidden.code)
        return _moved(self._asked(path, lambda drive, rest: drive.stat(rest)), path[0])

    def read(
        self, path: Path, *, start: int = 0, expect: str | None = None
    ) -> AbstractContextManager[Reader]:
        """Open a file."""
        check_names(path)
        if path == ROOT:
            raise WrongKind(path, "the root is a folder")
        reading = self._asked(path, lambda drive, rest: drive.read(rest, start=start, expect=expect))
        found: AbstractContextManager[Reader] = reading.about(path)
        return found

    def write(
        self,
        path: Path,
        source: Iterable[bytes],
        *,
        expect: Precondition,
        size: int | None = None,
        modified: int | None = None,
    ) -> Entry:
        """Store *source*; at the top only folders lie."""
        self._demand_below(path)

        def written(pieces: Iterable[bytes]) -> Entry:
            return _moved(
                self._asked(
                    path,
                    lambda drive, rest: drive.write(
                        rest, pieces, expect=expect, size=size, modified=modified
                    ),
                ),
                path[0],
            )

        entry: Entry = taking(source, written)
        return entry

    def make_folder(self, path: Path, *, modified: int | None = None) -> Entry:
        """Make sure that *path* is a folder; homes come with their accounts."""
        check_names(path)
        if len(path) < 2 and (not path or path[0] in self._places):
            return self.stat(path)
        self._demand_below(path)
        return _moved(
            self._asked(path, lambda drive, rest: drive.make_folder(rest, modified=modified)), path[0]
        )

    def remove(self, path: Path, *, expect: Precondition) -> None:
        """Remove a file or an empty folder, but no home."""
        self._demand_below(path)
        self._asked(path, lambda drive, rest: drive.remove(rest, expect=expect))

    def close(self) -> None:
        """Give back the connections of all accounts."""
        for drive in (*self._places.values(), self._main):
            drive.close()

    def _demand_below(self, path: Path) -> None:
        check_names(path)
        if len(path) < 2:
            said = Text(
                "at the top lie the homes of accounts and team folders only",
                "顶层只有各账号的主目录和团队文件夹",
            )
            raise Forbidden(path, said)

    def _asked(self, path: Path, call: Callable[[NextcloudDrive, Path], Any]) -> Any:
        return self._routes.ask(path, call)

    def _refused(self, path: Path) -> DriveError:
        why = self._barred.get(path[0]) if path else None
        return Forbidden(path, why) if why else NotFound(path, Text("no such account", "没有该账号"))


def _moved(entry: Entry, name: str) -> Entry:
    return entry._replace(path=(name, *entry.path))


def _profile(
    main: NextcloudDrive, places: Mapping[str, NextcloudDrive], barred: Mapping[str, Text]
) -> Profile:
    profile = main.profile
    whole = not barred and all(
        place.profile.access is not None and place.profile.access.complete for place in places.values()
    )
    assert profile.access is not None
    features = profile.features
    if any(place.profile.features.expiry_offset != features.expiry_offset for place in places.values()):
        # Accounts in other time zones end their days at other moments.
        features = replace(
            features, expiry=False, expiry_grain=1, expiry_offset=0, links=features.links - {"expires"}
        )
    return replace(profile, access=replace(profile.access, complete=whole), features=features)
