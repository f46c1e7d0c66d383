"""
Files of a manifest on the local disk: written whole or not at all.

Whoever reads a final name finds the whole file, also after a kill; what was
unfinished carries the ending `.tmp` and is thrown away.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lading.model.errors import Busy, DriveError, Forbidden, NoSpace, NotFound, ReadOnly
from lading.model.text import Text

UNFINISHED = ".tmp"
BLOCK = 1 << 20
_SCAN = Text("a scan", "扫描")

_BY_NUMBER: dict[int, type[DriveError]] = {
    errno.ENOENT: NotFound,
    errno.ENOTDIR: NotFound,
    errno.ENOSPC: NoSpace,
    errno.EDQUOT: NoSpace,
    errno.EROFS: ReadOnly,
    errno.EACCES: Forbidden,
    errno.EPERM: Forbidden,
}


@contextmanager
def local_errors(place: str) -> Iterator[None]:
    """
    Tell what the local disk refuses as an error about *place*.

    Raises:
        NotFound, NoSpace, ReadOnly, Forbidden, DriveError: as they say.
    """
    try:
        yield
    except OSError as problem:
        if problem.errno is None:
            # Not of the disk: Arrow tells its own trouble as OSError without a number.
            raise
        kind = _BY_NUMBER.get(problem.errno, DriveError)
        raise kind(place, problem.strerror or str(problem)) from problem


@contextmanager
def locked(directory: str, work: Text = _SCAN) -> Iterator[None]:
    """
    Hold *directory* for us alone, to do *work*; the lock ends with the process.

    Raises:
        Busy: another process holds it.
    """
    file = os.open(os.path.join(directory, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(directory, work) from None
        yield
    finally:
        os.close(file)


def publish_file(unfinished: str, final: str) -> None:
    """Let *unfinished*, complete and closed, appear as *final*, lastingly."""
    with open(unfinished, "rb") as stream:
        os.fsync(stream.fileno())
    os.replace(unfinished, final)


def write_json(path: str, document: dict[str, Any]) -> None:
    """Write *document* to *path* in one step."""
    with open(path + UNFINISHED, "w", encoding="utf-8") as stream:
        json.dump(document, stream, ensure_ascii=True, indent=1)
        stream.write("\n")
    publish_file(path + UNFINISHED, path)


def sha256_of(path: str) -> str:
    """The SHA-256 of a file, in hex."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
