"""
Team folders: which groups have which rights on them, and the rules of single entries within.

What the account is told is asked here; what it means is decided in `rulings`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from lading.connectors.http.line import Request
from lading.connectors.nextcloud.cloud import Cloud, error_of
from lading.connectors.nextcloud.rulings import Rule, Standing, granted_of, ruled, standing_of
from lading.connectors.nextcloud.tree import DAV, NC, Response, asking
from lading.connectors.nextcloud.wire import FilesWire
from lading.model.access import Grant
from lading.model.errors import BadAnswer, DriveError, Forbidden, NotFound
from lading.model.paths import ROOT, Path

_ASKED = asking(
    "d:resourcetype",
    "nc:group-folder-id",
    "nc:acl-enabled",
    "nc:acl-can-manage",
    "nc:acl-list",
    "nc:inherited-acl-list",
)


class TeamFolder(NamedTuple):
    """A team folder as its admin is told of it."""

    id: str
    name: str
    """Its mount point; it may lie deeper than one name."""
    groups: Mapping[str, int]
    """Bits by the id of a principal."""
    ruled: bool
    """Rules of single entries are switched on."""


class OwnRules(NamedTuple):
    """The rules that stand on an entry itself; *managed*: the account may set them."""

    managed: bool
    own: tuple[Rule, ...]


class Teams:
    """
    Team folders at, around or below the root of *wire*; nothing is asked before it is needed.

    *admin* is the account that is asked which groups they are for; others are told of their own groups only.
    """

    def __init__(self, wire: FilesWire, admin: Cloud | None = None) -> None:
        self._wire = wire
        self._admin = admin or wire.cloud

    @cached_property
    def _folders(self) -> tuple[TeamFolder, ...] | None:
        return team_folders(self._admin)

    @property
    def active(self) -> bool:
        """The app is there."""
        return self._folders is not None

    @cached_property
    def _known(self) -> Mapping[str, TeamFolder]:
        return {folder.id: folder for folder in self._folders or ()}

    @cached_property
    def holds_root(self) -> bool:
        """Whether the drive was opened at or within a team folder."""
        return self.active and bool(_id(self._told(ROOT)[0]))

    def complete(self) -> bool:
        """Whether the account is told all rights on the team folders that it sees."""
        if not self.active or "team" not in self._wire.follow:
            return True
        tops = [top for path in self._tops() for top in self._told(path)]
        return all(
            self._admin.is_admin
            and _id(top) in self._known
            and (not _flag(top, "acl-enabled") or _flag(top, "acl-can-manage"))
            for top in tops
        )

    def grants(self, path: Path) -> tuple[Grant, ...]:
        """What stands on the very entry *path*; on the root also what is handed down to it."""
        if not self.active:
            return ()
        told = self._told(path)[0]
        if not _id(told):
            return ()
        return tuple(self._of(path, told, top=self._is_top(path, _id(told))))

    def rules(self, path: Path) -> OwnRules | None:
        """The rules of the very entry *path*; None if it is in no team folder that has any."""
        if not self.active:
            return None
        told = self._told(path)[0]
        if not _id(told) or not _flag(told, "acl-enabled"):
            return None
        return OwnRules(_flag(told, "acl-can-manage"), standing_of(told).own)

    def all(self) -> Iterator[Grant]:
        """What stands on each entry."""
        if not self.active:
            return
        for top in self._tops():
            for told in self._told(top):
                yield from self._of(top, told, top=True)
                if _flag(told, "acl-enabled"):
                    yield from self._below(top)

    def _below(self, folder: Path) -> Iterator[Grant]:
        waiting = [folder]
        while waiting:
            folder = waiting.pop()
            for told in self._told(folder, depth=1):
                path = self._wire.path_at(told.href)
                if path is None or path == folder:
                    continue
                yield from self._of(path, told, top=False)
                if _is_folder(told):
                    waiting.append(path)

    def _of(self, path: Path, told: Response, *, top: bool) -> Iterator[Grant]:
        standing = standing_of(told)
        bits = self._known[_id(told)].groups if _id(told) in self._known else {}
        if top:
            inside = path == ROOT and not self._at_mount(told)
            yield from granted_of(path, bits, inherited=inside)
            if inside:
                yield from ruled(path, Standing(standing.inherited, ()), bits, inherited=True)
        yield from ruled(path, standing, bits)

    def _tops(self) -> list[Path]:
        """Where team folders begin, as far as they are seen from here."""
        if self.holds_root:
            return [ROOT]
        named = [tuple(name for name in folder.name.split("/") if name) for folder in self._known.values()]
        above = self._wire.above
        tops = {path[len(above) :] for path in named if path[: len(above)] == above}
        for told in self._told(ROOT, depth=1):
            path = self._wire.path_at(told.href)
            if path and _id(told):
                tops.add(path)
        return sorted(
            path for path in tops if path and not self._wire.is_elsewhere(path) and self._begins(path)
        )

    def _begins(self, path: Path) -> bool:
        try:
            told = self._told(path)[0]
        except DriveError:
            return False
        return bool(_id(told)) and self._is_top(path, _id(told))

    def _is_top(self, path: Path, folder: str) -> bool:
        if path == ROOT:
            return True
        return _id(self._told(path[:-1])[0]) != folder

    def _at_mount(self, told: Response) -> bool:
        """Whether the root of the drive is where the team folder begins."""
        folder = self._known.get(_id(told))
        return folder is not None and tuple(folder.name.split("/")) == self._wire.above

    def _told(self, path: Path, *, depth: int = 0) -> list[Response]:
        url = self._wire.place.url(path, folder=True)
        told = self._wire.cloud.ask("PROPFIND", url, _ASKED, subject=path, depth=depth)
        if not told:
            raise NotFound(path, "nothing is there")
        return told


class Seen(NamedTuple):
    """A team folder as a member sees it, at *path* of their files."""

    id: str
    path: Path
    manages: bool


def teams_seen(wire: FilesWire, names: Iterable[str]) -> Iterator[Seen]:
    """The team folders that the account sees; *names* are mount points, which may lie deeper than one name."""
    places = [(tuple(name for name in mount.split("/") if name), 0) for mount in names if "/" in mount]
    seen: set[str] = set()
    for path, depth in [(ROOT, 1), *places]:
        try:
            told = wire.cloud.ask(
                "PROPFIND", wire.place.url(path, folder=True), _ASKED, subject=path, depth=depth
            )
        except (NotFound, Forbidden):
            continue
        for one in told:
            at = wire.path_at(one.href)
            if at and _id(one) and _id(one) not in seen:
                seen.add(_id(one))
                yield Seen(_id(one), at, _flag(one, "acl-can-manage"))


def team_folders(cloud: Cloud) -> tuple[TeamFolder, ...] | None:
    """
    The team folders that the account may administer; None if the app is not there.

    Admins are told all, others none or those they are in, with their own groups: that is no error.
    """
    url = f"{cloud.base}/index.php/apps/groupfolders/folders?format=json"
    headers = ("OCS-APIRequest: true", "Accept: application/json", "Accept-Encoding: identity")
    answer = cloud.whole(Request("GET", url, ROOT, headers))
    if answer.status in (404, 405):
        return None
    if answer.status in (401, 403):
        return ()
    if answer.status != 200:
        raise error_of(answer, ROOT)
    try:
        told = json.loads(answer.body)["ocs"]
        rows = told["data"] or {}
        if told["meta"]["statuscode"] not in (100, 200):
            return ()
        return tuple(_folder(row) for row in (rows.values() if isinstance(rows, dict) else rows))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadAnswer(ROOT, "the list of team folders is none") from None


def _folder(row: Mapping[str, Any]) -> TeamFolder:
    details = row.get("group_details") or row.get("groups") or {}
    groups = {}
    for name, told in details.items() if isinstance(details, dict) else ():
        circle = isinstance(told, dict) and told.get("type") == "circle"
        bits = told.get("permissions", 0) if isinstance(told, dict) else told
        groups[("team:" if circle else "group:") + str(name)] = int(bits)
    return TeamFolder(
        str(row["id"]), str(row["mount_point"]).strip("/"), groups, row.get("acl") in (True, 1, "1")
    )


def _id(told: Response) -> str:
    return told.text(NC + "group-folder-id")


def _flag(told: Response, name: str) -> bool:
    return told.text(NC + name) in ("1", "true")


def _is_folder(told: Response) -> bool:
    kind = told.properties.get(DAV + "resourcetype")
    return kind is not None and kind.find(DAV + "collection") is not None
