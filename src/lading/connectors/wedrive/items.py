"""
What WeDrive says about a file or folder, and the entry that it means.

Pure functions.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from lading.connectors.http.headers import SECOND
from lading.connectors.http.trouble import Subject
from lading.connectors.wedrive.trouble import senseless
from lading.model.entry import Entry, Kind
from lading.model.errors import NoFile
from lading.model.paths import Path

FOLDER, FILE = 1, 2
"""Values of `file_type`; all others are documents that live in WeDrive alone."""
_DELETED = 2
_SHA1 = re.compile("[0-9a-f]{40}")
# No file is older than WeDrive: what is larger than this was told in milliseconds.
_MILLISECONDS = 10**11


class Item(NamedTuple):
    """One row of a listing, or the answer about one file."""

    id: str
    name: str
    father: str
    kind: int
    size: int = 0
    modified: int | None = None
    """Nanoseconds since 1970 UTC."""
    created: int = 0
    sha: str = ""
    """Lower-case hex of the SHA-1 of the content, `""` where the server tells none."""
    deleted: bool = False

    @property
    def is_folder(self) -> bool:
        """Whether others lie in it."""
        return self.kind == FOLDER

    @property
    def is_file(self) -> bool:
        """Whether there is a file behind it that can be downloaded."""
        return self.kind == FILE

    def holds(self, size: int, sha: str) -> bool:
        """Whether it has so many bytes and this SHA-1, as far as WeDrive tells it."""
        return self.size == size and self.sha in ("", sha)

    @property
    def saved_since(self) -> bool:
        """Whether somebody saved it since it came to be, as far as its times tell."""
        return self.modified != _moment(self.created)

    @property
    def etag(self) -> str | None:
        """
        Changes with the content: the digest tells, else size and time; a file that takes its place has another id.
        """
        if self.is_folder:
            return None
        mark = self.sha or f"{self.size}-{self.modified}"
        return f'"{self.id}.{mark}"'


def item_of(told: Any, subject: Subject) -> Item:
    """
    The item that *told* describes; whatever is optional may be missing.

    Raises:
        BadAnswer: it has no id or no name.
    """
    if not isinstance(told, dict) or not told.get("fileid") or not isinstance(told.get("file_name"), str):
        raise senseless(subject, "fileid")
    sha = str(told.get("sha") or "").lower()
    return Item(
        id=str(told["fileid"]),
        name=told["file_name"],
        father=str(told.get("fatherid") or ""),
        kind=_number(told.get("file_type")),
        size=_number(told.get("file_size")),
        modified=_moment(_number(told.get("mtime"))),
        created=_number(told.get("ctime")),
        sha=sha if _SHA1.fullmatch(sha) else "",
        deleted=_number(told.get("file_status")) == _DELETED,
    )


def entry_of(item: Item, path: Path) -> Entry:
    """The entry at *path* that *item* is."""
    if item.is_folder:
        return Entry(path, Kind.FOLDER, 0, item.modified, item.id)
    # The digest called `md5` is wrong where a file came in blocks, so it is never told.
    digests = (("sha1", item.sha),) if item.sha and item.is_file else ()
    problem = None if item.is_file else NoFile.code
    return Entry(path, Kind.FILE, item.size, item.modified, item.id, item.etag, digests, problem)


def named(items: Iterable[Item]) -> dict[str, Item]:
    """
    *items* of one folder by a name of their own, without those that were deleted.

    WeDrive may hold two of the same name: the oldest keeps it, the others get a mark that is always the same.
    A slash, which no name may hold, is spelled as its full-width twin.
    """
    found: dict[str, Item] = {}
    for item in sorted(items, key=lambda item: (item.created, item.id)):
        name = item.name.replace("/", "\uff0f").replace("\0", "\ufffd")
        if item.deleted:
            continue
        if name in ("", ".", "..") or name in found:
            name = _marked(name, item.id)
        found[name] = item
    return found


def _marked(name: str, fileid: str) -> str:
    mark = hashlib.sha256(fileid.encode()).hexdigest()[:12]
    stem, dot, extension = name.rpartition(".")
    return f"{stem} ~{mark}{dot}{extension}" if stem else f"{name} ~{mark}"


def _number(told: Any) -> int:
    if isinstance(told, str) and told.isascii() and told.isdecimal():
        return int(told)
    return told if isinstance(told, int) else 0


def _moment(told: int) -> int | None:
    if not told:
        return None
    return (told // 1000 if told > _MILLISECONDS else told) * SECOND
