"""
The files of one account over WebDAV, with what Nextcloud tells of mounts and encryption.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from lading.connectors.dav.facts import entry_told
from lading.connectors.dav.href import Place
from lading.connectors.dav.multistatus import ASK_NEXTCLOUD, ENCRYPTED, FILE_ID, MODIFIED, MOUNT, Told
from lading.connectors.dav.quirks import Quirks
from lading.connectors.dav.wire import Wire
from lading.connectors.http.headers import moment
from lading.connectors.http.session import Answer, Stream
from lading.connectors.nextcloud.cloud import Cloud, error_of
from lading.model.entry import Entry, Kind
from lading.model.errors import DriveError, Unavailable, Unreadable
from lading.model.paths import Path, name_from
from lading.model.text import Text

# What Nextcloud calls its mounts; whatever else it names was mounted from outside.
MOUNTS = {"": "home", "group": "team", "shared": "shared"}


class FilesWire(Wire):
    """
    The folder *above* (names below the account's own root) of the files of *cloud*.

    Mounts of kinds that are not in *follow* are told as special entries.
    """

    def __init__(self, cloud: Cloud, above: Path, quirks: Quirks, follow: frozenset[str]) -> None:
        super().__init__(cloud.session, place_of_files(cloud, above))
        self.cloud = cloud
        self.above = above
        self.quirks = quirks
        self.follow = follow
        self.elsewhere: frozenset[Path] = frozenset()
        """Paths below the account's own root that are told as parts of other places, and so not here."""
        self.rich = True
        self.asks = ASK_NEXTCLOUD

    def entry(self, path: Path, told: Told) -> Entry | None:
        """The entry at *path* as it was *told*."""
        if self.is_elsewhere(path):
            return None
        if not self.entered(told.properties.get(MOUNT, "")):
            return Entry(path, Kind.SPECIAL, 0, moment(told.properties.get(MODIFIED)))
        if told.properties.get(ENCRYPTED) == "1":
            # Encrypted at the ends: what lies in it has other names and contents to everybody but its owner.
            modified, id_ = moment(told.properties.get(MODIFIED)), told.properties.get(FILE_ID)
            return Entry(path, Kind.SPECIAL, 0, modified, id_, problem=Unreadable.code)
        return self.with_size(entry_told(path, told))

    def entered(self, mount: str) -> bool:
        """Whether what is mounted in the way *mount* belongs to the drive."""
        kind = MOUNTS.get(mount, "external")
        return kind == "home" or kind in self.follow

    def is_elsewhere(self, path: Path) -> bool:
        """Whether *path* belongs to another place."""
        whole = self.above + path
        return any(whole[:count] in self.elsewhere for count in range(1, len(whole) + 1) if self.elsewhere)

    def path_at(self, href: bytes) -> Path | None:
        """The path below our root that *href* names, decoded and with a slash at its end; None if it is elsewhere."""
        for root in (self.root, self.place.decoded()):
            if href.startswith(root):
                path = tuple(name_from(name) for name in href[len(root) :].split(b"/") if name)
                return None if self.is_elsewhere(path) else path
        return None

    def error(self, answer: Answer | Stream, path: Path) -> DriveError:
        """The error that the status of *answer* means."""
        if answer.status == 423 and self.quirks.momentary_locks:
            return Unavailable(path, Text("locked by somebody at the moment (423)", "暂时被他人锁定（423）"))
        return error_of(answer, path)


def place_of_files(cloud: Cloud, above: Path) -> Place:
    """Where the folder *above* of the account's files is."""
    return place_at(cloud.url("files", cloud.user, *above))


def place_at(url: str) -> Place:
    """The place of a folder at *url*, escaped already."""
    parts = urlsplit(url)
    return Place(f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/") + "/")
