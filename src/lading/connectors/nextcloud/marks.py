"""
What hangs on files beside rights: labels, comments, locks.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from lading.connectors.http.headers import SECOND, moment
from lading.connectors.nextcloud.tree import DAV, NC, OC, Response, asking, filtering
from lading.connectors.nextcloud.wire import FilesWire, place_of_files
from lading.model.access import Comment, Label, Lock
from lading.model.errors import NotFound
from lading.model.paths import ROOT, Path

FAVOURITE = "favorite"
"""The label that says that an account has marked an entry for itself; *by* says which account."""
_COMMENTS = asking("oc:id", "oc:actorId", "oc:actorType", "oc:creationDateTime", "oc:message")
_LOCKS = ("nc:lock", "nc:lock-owner", "nc:lock-owner-type", "nc:lock-time", "nc:lock-timeout")


class CloudLabels:
    """Tags of the server, which belong to nobody, and the favourites of the account."""

    def __init__(self, wire: FilesWire) -> None:
        self._wire = wire

    def all(self) -> Iterator[Label]:
        """Every label: one call for each tag."""
        for id_, name in self._tags():
            for path in self._marked(f"<oc:systemtag>{id_}</oc:systemtag>"):
                yield Label(path, name)
        for path in self._marked("<oc:favorite>1</oc:favorite>"):
            yield Label(path, FAVOURITE, self._wire.cloud.user)

    def _tags(self) -> list[tuple[str, str]]:
        cloud = self._wire.cloud
        try:
            told = cloud.ask(
                "PROPFIND", cloud.url("systemtags"), asking("oc:id", "oc:display-name"), subject=ROOT, depth=1
            )
        except NotFound:
            return []
        rows = [(one.text(OC + "id"), one.text(OC + "display-name")) for one in told]
        return [(id_, name) for id_, name in rows if id_.isdecimal() and name]

    def _marked(self, rule: str) -> Iterator[Path]:
        url = place_of_files(self._wire.cloud, ()).url(ROOT)
        try:
            told = self._wire.cloud.ask("REPORT", url, filtering(rule, "oc:fileid"), subject=ROOT)
        except NotFound:
            # A tag that only others may see, or that was removed meanwhile.
            return
        seen: set[Path] = set()
        for one in told:
            path = self._wire.path_at(one.href)
            if path is not None and path not in seen:
                seen.add(path)
                yield path


class CloudComments:
    """What people said about files."""

    def __init__(self, wire: FilesWire) -> None:
        self._wire = wire

    def all(self) -> Iterator[Comment]:
        """Every comment: one call for each folder, and one for each entry that has any."""
        for path, told in walked(self._wire, "oc:fileid", "oc:comments-count"):
            count = told.text(OC + "comments-count")
            if count.isdecimal() and int(count):
                yield from self._of(path, told.text(OC + "fileid"))

    def _of(self, path: Path, id_: str) -> Iterator[Comment]:
        cloud = self._wire.cloud
        url = cloud.url("comments", "files", id_)
        for one in cloud.ask("PROPFIND", url, _COMMENTS, subject=path, depth=1):
            if comment := one.text(OC + "id"):
                at = when(one.text(OC + "creationDateTime")) or 0
                yield Comment(path, comment, one.text(OC + "actorId"), at, one.text(OC + "message"))


class CloudLocks:
    """Locks of the app `files_lock`."""

    def __init__(self, wire: FilesWire) -> None:
        self._wire = wire

    def all(self) -> Iterator[Lock]:
        """Every lock that has not ended: one call for each folder."""
        for path, told in walked(self._wire, *_LOCKS):
            if told.text(NC + "lock") in ("1", "true"):
                begun, lasts = told.text(NC + "lock-time"), told.text(NC + "lock-timeout")
                ends = begun.isdecimal() and lasts.isdecimal() and int(lasts)
                expires = (int(begun) + int(lasts)) * SECOND if ends else None
                yield Lock(path, told.text(NC + "lock-owner"), expires=expires)


def walked(wire: FilesWire, *properties: str) -> Iterator[tuple[Path, Response]]:
    """Every entry of the drive, the root too, with *properties*; what is not entered is left out."""
    body = asking("d:resourcetype", "nc:mount-type", *properties)
    waiting = [ROOT]
    yield from (
        (ROOT, one) for one in wire.cloud.ask("PROPFIND", wire.place.url(ROOT), body, subject=ROOT, depth=0)
    )
    while waiting:
        folder = waiting.pop()
        url = wire.place.url(folder, folder=True)
        for one in wire.cloud.ask("PROPFIND", url, body, subject=folder, depth=1):
            path = wire.path_at(one.href)
            if path is None or path == folder or not wire.entered(one.text(NC + "mount-type")):
                continue
            yield path, one
            kind = one.properties.get(DAV + "resourcetype")
            if kind is not None and kind.find(DAV + "collection") is not None:
                waiting.append(path)


def when(text: str) -> int | None:
    """Nanoseconds of a time as HTTP or ISO 8601 spell it."""
    if (found := moment(text)) is not None:
        return found
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()) * SECOND
