"""
What goes wrong with the files of the state folder, as errors that a person can act on.

Drives raise errors of their own; what is left over is the local disk: full,
read-only, or holding a file that is no longer what was written.  A fault of
ours passes through as it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as LocalPath

import pyarrow as pa

from lading.manifest.engine import duckdb
from lading.manifest.files import local_errors
from lading.model.errors import BadState, LadingError, NoSpace

SCARCE = 1024 * 1024
"""Bytes free below which a database that cannot write is taken to lack space."""


@contextmanager
def state_errors(folder: LocalPath) -> Iterator[None]:
    """
    Tell what the disk of the state *folder* refuses, and what is damaged in it.

    Raises:
        NoSpace, ReadOnly, Forbidden, DriveError: the disk refuses.
        BadState: a file is damaged or gone.
    """
    try:
        with local_errors(str(folder)), _still_there(folder):
            yield
    except LadingError:
        raise
    except Exception as problem:
        told = _told(problem, folder)
        if told is None:
            raise
        raise told from problem


@contextmanager
def _still_there(folder: LocalPath) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as missing:
        # It was written, and is gone.
        raise BadState(str(missing.filename or folder), missing.strerror or "") from missing


def _told(problem: Exception, folder: LocalPath) -> LadingError | None:
    said = str(problem).partition("\n")[0]
    if isinstance(problem, pa.ArrowInvalid | duckdb.InvalidInputException | duckdb.SerializationException):
        return BadState(str(folder), said)
    if isinstance(problem, duckdb.IOException | duckdb.OutOfMemoryException | OSError):
        return NoSpace(str(folder), said) if _is_full(said, folder) else BadState(str(folder), said)
    return None


def _is_full(said: str, folder: LocalPath) -> bool:
    if "No space left" in said or "disk is full" in said:
        return True
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize < SCARCE
