"""
Many small files in one call: here one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager

from lading.connectors.api import Drive
from lading.connectors.facets import Reader, Upload, Versions, Wanted
from lading.model.entry import Entry
from lading.model.errors import DriveError, TooLarge, Unable
from lading.model.paths import Path
from lading.model.text import Text

from .store import MemoryStore


class MemoryBatch:
    """Files of *drive*, a client of *store*, up to the size that its profile names."""

    def __init__(self, drive: Drive, store: MemoryStore) -> None:
        self._drive = drive
        self._store = store

    def write(self, uploads: Iterable[Upload]) -> Iterator[Entry | Exception]:
        """Store each, or say what failed for it."""
        failed: dict[Path, DriveError] = {}
        for upload in uploads:
            if upload.version is not None and upload.path in failed:
                yield failed[upload.path]
                continue
            try:
                yield self._written(upload)
            except DriveError as error:
                if upload.version is not None:
                    failed[upload.path] = error
                yield error

    def read(self, wanted: Iterable[Wanted]) -> Iterator[bytes | Exception]:
        """The content of each, or what failed for it."""
        for one in wanted:
            try:
                yield self._content(one)
            except DriveError as error:
                yield error

    def _written(self, upload: Upload) -> Entry:
        path, content = upload.path, [upload.content]
        self._fits(path, len(upload.content))
        if upload.version is None:
            return self._drive.write(path, content, expect=upload.expect, modified=upload.modified)
        return self._versions(path).add(path, content, upload.version, expect=upload.expect)

    def _content(self, one: Wanted) -> bytes:
        with self._opened(one) as reader:
            self._fits(one.path, reader.entry.size)
            if one.tell is not None and one.version is None:
                one.tell(reader.entry)
            return b"".join(iter(lambda: reader.read(1 << 20), b""))

    def _opened(self, one: Wanted) -> AbstractContextManager[Reader]:
        if one.version is None:
            return self._drive.read(one.path, expect=one.etag)
        return self._versions(one.path).read(one.path, one.version)

    def _versions(self, path: Path) -> Versions:
        if self._drive.versions is None:
            raise Unable(path, Text("it has no versions", "没有历史版本"))
        return self._drive.versions

    def _fits(self, path: Path, size: int) -> None:
        most = self._store.profile.batch_content
        if size > most:
            raise TooLarge(path, f"{size} bytes, at most {most}")
