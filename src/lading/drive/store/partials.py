"""Uploads in several sittings, in a folder: one file each, under a lock while somebody adds to it."""

from __future__ import annotations

import fcntl
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from lading.drive.store.base import BLOCK, Reading, Stored, checked_key
from lading.drive.store.files import FileReading, push, sync_file, translated
from lading.drive.store.hashing import Hashing
from lading.model.errors import Changed, NotFound
from lading.model.text import Text


class FolderPartials(ABC):
    """The part of a folder store that keeps unfinished uploads."""

    root: str
    sync: bool

    def partial_append(self, key: str, source: Iterable[bytes], *, start: int) -> int:
        with self._held(key, os.O_CREAT) as descriptor:
            size = os.lseek(descriptor, 0, os.SEEK_END)
            if size < start:
                raise elsewhere(key, size, start)
            os.ftruncate(descriptor, start)
            os.lseek(descriptor, start, os.SEEK_SET)
            try:
                for chunk in source:
                    with translated(f"upload:{key}"):
                        push(descriptor, chunk)
            finally:
                if self.sync:
                    with translated(f"upload:{key}"):
                        sync_file(descriptor)
            return os.fstat(descriptor).st_size

    def partial_size(self, key: str) -> int:
        with translated(f"upload:{key}"), suppress(FileNotFoundError):
            return os.stat(self._partial(key)).st_size
        return 0

    def partial_open(self, key: str) -> Reading:
        with translated(f"upload:{key}"):
            try:
                return FileReading(self._partial(key), f"upload:{key}")
            except FileNotFoundError:
                raise no_upload(key) from None

    def partial_finish(self, key: str) -> Stored:
        with self._held(key) as descriptor, translated(f"upload:{key}"):
            stored = _sum(descriptor)
            if self.sync:
                sync_file(descriptor)
            self._take(self._partial(key), stored)
            return stored

    def partial_drop(self, key: str) -> None:
        with translated(f"upload:{key}"), suppress(FileNotFoundError):
            os.unlink(self._partial(key))

    def _partial(self, key: str) -> str:
        return f"{self.root}/partial/{checked_key(key)}"

    @abstractmethod
    def _take(self, temporary: str, stored: Stored) -> None:
        """Make the file *temporary*, which holds *stored*, a content of the store."""

    @contextmanager
    def _held(self, key: str, flags: int = 0) -> Iterator[int]:
        path = self._partial(key)
        with translated(f"upload:{key}"):
            try:
                descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | flags, 0o600)
            except FileNotFoundError:
                raise no_upload(key) from None
        try:
            if not _locked(descriptor, path):
                said = Text("another upload of it is under way", "该文件的另一个上传正在进行")
                raise Changed(f"upload:{key}", said)
            yield descriptor
        finally:
            os.close(descriptor)


def _locked(descriptor: int, path: str) -> bool:
    """Lock the file; False if somebody holds it, or finished it after we opened it: it is a content now."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except (BlockingIOError, FileNotFoundError):
        return False


def elsewhere(key: str, size: int, start: int) -> Changed:
    """The error for a piece that begins behind the end of the upload."""
    said = Text(f"{size:,} bytes are there, not {start:,}", f"已有 {size:,} 字节，而非 {start:,} 字节")
    return Changed(f"upload:{key}", said, size=size)


def no_upload(key: str) -> NotFound:
    """The error for an upload that is not there."""
    return NotFound(f"upload:{key}", Text("there is no such upload", "没有该上传任务"))


def _sum(descriptor: int) -> Stored:
    with Hashing() as hashing:
        while chunk := os.pread(descriptor, BLOCK, hashing.size):
            hashing.add(chunk)
        return Stored(hashing.digest(), hashing.size)
