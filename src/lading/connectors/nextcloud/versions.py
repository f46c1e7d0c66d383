"""
The versions of a file.

Nextcloud names a version by the second of its content's time, and two contents of one
second are one version to it.  So an addition gets the first free second after the
newest one: order is kept always, the time only where times ascend.  An empty content
that is saved over leaves no version: Nextcloud keeps none of 0 bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from xml.sax.saxutils import escape

from lading.connectors.conditions import Precondition
from lading.connectors.dav.reading import Reading, reading
from lading.connectors.dav.wire import Wire
from lading.connectors.http.headers import SECOND, length_of
from lading.connectors.names import check_names
from lading.connectors.nextcloud.tree import DAV, NC, Response, asking, setting
from lading.connectors.nextcloud.wire import FilesWire, place_at
from lading.connectors.nextcloud.writing import FilesWriting
from lading.connectors.profile import Profile
from lading.model.access import Version
from lading.model.entry import Entry
from lading.model.errors import NotFound, Unable, WrongKind
from lading.model.paths import Path
from lading.model.text import Text

_ASKED = asking("d:getcontentlength", "nc:version-label", "nc:version-author")


class CloudVersions:
    """Versions of the files of *wire*; what an addition keeps stands in *profile*."""

    def __init__(self, wire: FilesWire, writing: FilesWriting, profile: Profile) -> None:
        self._wire = wire
        self._writing = writing
        self._profile = profile

    def list(self, path: Path) -> Iterator[Version]:
        """All versions, oldest first; the time of its content is all that is known of when one was saved."""
        return iter(self._versions(self._file(path)))

    def all(self) -> None:
        """Nextcloud has to be asked file by file."""
        return

    def read(self, path: Path, version: str) -> Reading:
        """Read the content of one version."""
        entry = self._file(path)
        if not version.isascii() or not version.isdecimal():
            raise NotFound(path, Text(f"no version {version!r}", f"没有版本 {version!r}"))
        if int(version) == _second(entry):
            return reading(self._wire, path, 0, entry.etag)
        wire = Wire(self._wire.session, place_at(self._url(entry)))
        wire.quirks = self._wire.quirks
        found = reading(wire, (version,), 0, None)
        return found.about(path)

    def add(self, path: Path, source: Iterable[bytes], version: Version, *, expect: Precondition) -> Entry:
        """
        Save *source* with the time of *version*, or with the first free second after the newest one.

        The author is the account in use; see `Versions.add`.
        """
        self._writing.target(path)
        if not self._profile.features.versions:
            raise Unable(path, Text("this server keeps no versions", "该服务器不保存历史版本"))
        entry = self._writing.write(path, source, expect, version.size, self._moment(path, version))
        if version.label and "label" in self._profile.features.versions:
            entry = entry if entry.modified is not None else self._wire.stat(path)
            self._label(entry, version.label)
        return entry

    def _moment(self, path: Path, version: Version) -> int:
        wanted = self._profile.kept_time(version.saved if version.modified is None else version.modified)
        found = self._wire.found(path)
        if found is None or not found.is_file:
            return wanted
        newest = max((int(one.id) for one in self._told(found)), default=0)
        return max(wanted, (max(newest, _second(found)) + 1) * SECOND)

    def _label(self, entry: Entry, label: str) -> None:
        body = setting(f"<nc:version-label>{escape(label)}</nc:version-label>")
        url = f"{self._url(entry)}/{_second(entry)}"
        self._wire.cloud.dav("PROPPATCH", url, subject=entry.path, body=body)

    def _versions(self, entry: Entry) -> tuple[Version, ...]:
        """An old version of the second of the present content cannot be told apart from it, nor be read."""
        told = {version.id: version for version in self._told(entry)}
        current = _second(entry)
        known = told.pop(str(current), Version(str(current), 0, 0))
        last = replace(known, size=entry.size, saved=current * SECOND, modified=current * SECOND)
        found, saved = [], -(1 << 62)
        for version in (*sorted(told.values(), key=lambda one: int(one.id)), last):
            # The present one may have an earlier time than those before it.
            saved = max(saved, version.saved)
            found.append(replace(version, saved=saved))
        return tuple(found)

    def _told(self, entry: Entry) -> Sequence[Version]:
        told = self._wire.cloud.ask("PROPFIND", self._url(entry), _ASKED, subject=entry.path, depth=1)
        return [_version(one) for one in told if one.last.isdecimal() and one.text(DAV + "getcontentlength")]

    def _file(self, path: Path) -> Entry:
        check_names(path)
        entry = self._wire.stat(path)
        if not entry.is_file:
            raise WrongKind(path, entry.kind.value)
        return entry

    def _url(self, entry: Entry) -> str:
        cloud, id_ = self._wire.cloud, entry.id or "0"
        if cloud.is_owncloud:
            return cloud.url("meta", id_, "v")
        return cloud.url("versions", cloud.user, "versions", id_)


def _second(entry: Entry) -> int:
    return (entry.modified or 0) // SECOND


def _version(told: Response) -> Version:
    when = int(told.last) * SECOND
    return Version(
        id=told.last,
        saved=when,
        size=length_of(told.text(DAV + "getcontentlength")) or 0,
        author=told.text(NC + "version-author"),
        modified=when,
        label=told.text(NC + "version-label"),
    )
