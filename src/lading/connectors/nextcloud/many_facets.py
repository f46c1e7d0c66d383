"""
The facets of a drive of many accounts: each call goes to the account that holds the place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from lading.connectors.conditions import Precondition
from lading.connectors.facets import Reader
from lading.connectors.names import check_names
from lading.connectors.nextcloud.drive import NextcloudDrive
from lading.model.access import Grant, Link, Version
from lading.model.entry import Entry
from lading.model.errors import DriveError, Unable, WrongKind
from lading.model.paths import ROOT, Path, shown
from lading.model.text import Text


@dataclass(frozen=True, slots=True)
class Routes:
    """Which account holds what: *places* by their names, and what to say of a path that is in none."""

    places: Mapping[str, NextcloudDrive]
    refused: Callable[[Path], DriveError]

    def ask(self, path: Path, call: Callable[[Any, Path], Any]) -> Any:
        """What *call* says of the account that holds *path*, asked for the path below it."""
        check_names(path)
        if path == ROOT or path[0] not in self.places:
            raise self.refused(path)
        return told_as(path[0], lambda: call(self.places[path[0]], path[1:]))


def told_as(name: str, call: Callable[[], Any]) -> Any:
    """The result of *call*; its errors are about what lies below *name*."""
    try:
        return call()
    except DriveError as error:
        if not error.subject.startswith("/"):
            raise
        raise error.about((shown((name,)) + error.subject).rstrip("/")) from error


class Source:
    """A source whose own errors are known by their identity."""

    def __init__(self, source: Iterable[bytes]) -> None:
        self._source = source
        self.fault: BaseException | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._source
        except BaseException as fault:
            self.fault = fault
            raise


def taking(source: Iterable[bytes], call: Callable[[Iterable[bytes]], Any]) -> Any:
    """What *call* makes of *source*; an error of the source itself passes through as it is."""
    watched = Source(source)
    try:
        return call(watched)
    except DriveError:
        if isinstance(watched.fault, DriveError):
            raise watched.fault from None
        raise


class ManyMoves:
    """Moves within one account."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes

    def move(self, source: Path, target: Path, *, expect: Precondition) -> Entry:
        """Give *source* the name *target*; between accounts nothing is moved without copying."""
        check_names(source)
        check_names(target)
        if len(source) < 2 or len(target) < 2:
            raise WrongKind(source if len(source) < 2 else target, "homes stay where they are")
        if source[0] != target[0]:
            said = Text(
                "between accounts nothing is moved without copying", "不同账号之间无法直接移动，只能复制"
            )
            raise Unable(target, said)
        moved = self._routes.ask(
            source, lambda drive, rest: drive.moves.move(rest, target[1:], expect=expect)
        )
        entry: Entry = _placed(moved, source[0])
        return entry


class ManyVersions:
    """Versions of the files of every account."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes

    def list(self, path: Path) -> Iterator[Version]:
        """All versions of a file, oldest first."""
        found: Iterator[Version] = self._routes.ask(path, lambda drive, rest: drive.versions.list(rest))
        return found

    def all(self) -> None:
        """Nextcloud has to be asked file by file."""
        return

    def read(self, path: Path, version: str) -> AbstractContextManager[Reader]:
        """Read the content of one version."""
        reading = self._routes.ask(path, lambda drive, rest: drive.versions.read(rest, version))
        found: AbstractContextManager[Reader] = reading.about(path)
        return found

    def add(self, path: Path, source: Iterable[bytes], version: Version, *, expect: Precondition) -> Entry:
        """Save *source* as the newest version."""

        def added(pieces: Iterable[bytes]) -> Entry:
            entry: Entry = _placed(
                self._routes.ask(
                    path, lambda drive, rest: drive.versions.add(rest, pieces, version, expect=expect)
                ),
                path[0],
            )
            return entry

        entry: Entry = taking(source, added)
        return entry


class ManyGrants:
    """Grants on the files of every account."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes

    def list(self, path: Path) -> tuple[Grant, ...]:
        """The grants on this very entry; on a home also whose it is.  Nothing stands at the top."""
        if path == ROOT:
            return ()
        told = self._routes.ask(path, lambda drive, rest: drive.grants.list(rest))
        return tuple(_placed(grant, path[0]) for grant in told)

    def all(self) -> Iterator[Grant]:
        """Every grant."""
        for name, drive in self._routes.places.items():
            assert drive.grants is not None
            for grant in drive.grants.all() or ():
                yield _placed(grant, name)

    def set(self, grant: Grant) -> None:
        """Give *grant*."""
        self._routes.ask(grant.path, lambda drive, rest: drive.grants.set(replace(grant, path=rest)))

    def unset(self, grant: Grant) -> None:
        """Take *grant* away."""
        self._routes.ask(grant.path, lambda drive, rest: drive.grants.unset(replace(grant, path=rest)))


class ManyLinks:
    """Links to the files of every account."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes

    def list(self, path: Path) -> tuple[Link, ...]:
        """The links made for this very entry."""
        if path == ROOT:
            return ()
        told = self._routes.ask(path, lambda drive, rest: drive.links.list(rest))
        return tuple(_placed(link, path[0]) for link in told)

    def all(self) -> Iterator[Link]:
        """Every link."""
        for name, drive in self._routes.places.items():
            assert drive.links is not None
            for link in drive.links.all() or ():
                yield _placed(link, name)

    def make(self, link: Link, *, password: str | None) -> tuple[Link, str]:
        """Make a link."""
        made, url = self._routes.ask(
            link.path,
            lambda drive, rest: drive.links.make(replace(link, path=rest), password=password),
        )
        return _placed(made, link.path[0]), url

    def revoke(self, link: Link) -> None:
        """End *link*."""
        self._routes.ask(link.path, lambda drive, rest: drive.links.revoke(replace(link, path=rest)))


class ManyMarks:
    """Labels, comments or locks, by the name of the facet, of every account."""

    def __init__(self, routes: Routes, name: str) -> None:
        self._routes = routes
        self._name = name

    def all(self) -> Iterator[Any]:
        """All of them."""
        for place, drive in self._routes.places.items():
            facet = getattr(drive, self._name)
            for mark in facet.all() if facet is not None else ():
                yield _placed(mark, place)


def _placed(told: Any, name: str) -> Any:
    path = (name, *told.path)
    return told._replace(path=path) if isinstance(told, Entry) else replace(told, path=path)
