"""
Small files that must be whole or not there, and the errors of a local disk as errors of ours.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from lading.model.errors import (
    DriveError,
    Forbidden,
    LadingError,
    NoSpace,
    NotFound,
    ReadOnly,
    Unreadable,
    WrongKind,
)

_ERRORS: dict[int, type[DriveError]] = {
    errno.ENOENT: NotFound,
    errno.EACCES: Forbidden,
    errno.EPERM: Forbidden,
    errno.ENOSPC: NoSpace,
    errno.EDQUOT: NoSpace,
    errno.EROFS: ReadOnly,
    errno.ENOTDIR: WrongKind,
    errno.EISDIR: WrongKind,
    errno.EEXIST: WrongKind,
}


def trouble(problem: OSError, place: str) -> LadingError:
    """What the operating system refused at *place*, as an error a person can act on."""
    kind = _ERRORS.get(problem.errno or 0, Unreadable)
    return kind(place, os.strerror(problem.errno) if problem.errno else str(problem))


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Within it, an `OSError` becomes an error about *place*."""
    try:
        yield
    except OSError as problem:
        raise trouble(problem, os.fsdecode(problem.filename or place)) from None


def replace_file(path: str, content: bytes) -> None:
    """Put *content* at *path*: after a power cut the old content is there or the new one, whole."""
    scratch = f"{path}.new"
    try:
        with open(scratch, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(scratch, path)
    except OSError:
        if os.path.lexists(scratch):
            os.unlink(scratch)
        raise
    sync_folder(path)


def sync_folder(path: str) -> None:
    """Make the name *path* itself durable."""
    descriptor = os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
