"""Small calls to the disk that fail in Lading's words."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from lading.drive.store.base import shorter
from lading.model.errors import DriveError, Forbidden, NoSpace, ReadOnly, Unavailable, Unreadable
from lading.model.text import Text

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NOT_ALLOWED = (errno.EACCES, errno.EPERM)

# Linux knows how to wait for one file system alone, and tells of errors.
_syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)


@contextmanager
def translated(subject: str) -> Iterator[None]:
    """Give what the system raises the words of Lading; *subject* is what it happened to."""
    try:
        yield
    except OSError as problem:
        raise failure(subject, problem) from problem


def failure(subject: str, problem: OSError) -> DriveError:
    """The error of Lading for *problem*; a path in it would tell where the store is, so there is none."""
    why = os.strerror(problem.errno or 0)
    if problem.errno in _FULL:
        return NoSpace(subject, Text("the disk of the store is full", "存储所在磁盘已满"))
    if problem.errno == errno.EROFS:
        return ReadOnly(subject, Text("the disk of the store is read-only", "存储所在磁盘为只读"))
    if problem.errno in _NOT_ALLOWED:
        return Forbidden(subject, Text("the store belongs to another user", "存储属于其他系统用户"))
    if problem.errno == errno.EIO:
        return Unreadable(subject, Text("the disk of the store is damaged", "存储所在磁盘已损坏"))
    return Unavailable(subject, Text(f"the store does not answer: {why}", f"存储没有响应：{why}"))


def push(descriptor: int, content: bytes) -> None:
    """Write all of *content*: a disk that fills up takes a part of it first."""
    done = os.write(descriptor, content)
    if done == len(content):
        return
    view = memoryview(content)
    while done < len(content):
        done += os.write(descriptor, view[done:])


def sync_file(descriptor: int) -> None:
    """Wait until the content is on the disk."""
    os.fdatasync(descriptor)


def sync_folder(path: str) -> None:
    """Wait until the names in a folder are on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_all(path: str) -> None:
    """Wait until all that was written to the file system of *path* is on the disk."""
    if _syncfs is None:
        os.sync()
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if _syncfs(descriptor):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
    finally:
        os.close(descriptor)


class FileReading:
    """
    A range of a local file.

    Raises:
        FileNotFoundError: there is none.
    """

    def __init__(self, path: str, digest: str, start: int = 0, end: int | None = None) -> None:
        self._descriptor = -1
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        whole = os.fstat(self._descriptor).st_size
        self._digest = digest
        self._at = min(start, whole)
        self._end = whole if end is None else max(self._at, min(end, whole))
        self.size = self._end - self._at

    def read(self, count: int = -1, /) -> bytes:
        left = self._end - self._at
        if not left:
            return b""
        with translated(f"sha256:{self._digest}"):
            wanted = left if count < 0 else min(count, left)
            got = os.pread(self._descriptor, wanted, self._at)
            while len(got) < wanted:
                # One call gives at most 2 GiB; none at all is the end of a file cut meanwhile.
                more = os.pread(self._descriptor, wanted - len(got), self._at + len(got))
                if not more:
                    raise shorter(self._digest)
                got += more
        self._at += len(got)
        return got

    def fileno(self) -> int:
        """The descriptor, standing at the next byte, for whoever lets the kernel send."""
        os.lseek(self._descriptor, self._at, os.SEEK_SET)
        return self._descriptor

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()
