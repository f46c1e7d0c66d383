"""
Take a content while it is read, and know its SHA-256.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from hashlib import sha256
from typing import NamedTuple, Protocol

from lading.connectors.api import Drive
from lading.connectors.crew import tell
from lading.connectors.facets import Reader
from lading.manifest.obstacle import stands_in_the_way
from lading.model.errors import Changed, DriveError
from lading.model.paths import Path
from lading.model.progress import Progress

STAGE = "digest"
BLOCK = 1 << 20
_TELL_EVERY = 0.2
"""Seconds between two messages about progress: one for each small file would take longer than to read it."""

Take = Callable[[Iterable[bytes]], bytes]
"""Takes a content in blocks, and tells its SHA-256; several threads may call it at once."""


class Taker(Protocol):
    """What is done with contents while they are read; a value that workers are sent."""

    def begin(self) -> AbstractContextManager[Take]:
        """What takes the contents of one slice; all that it took lasts when the context is left without an exception."""


class Hashing(NamedTuple):
    """Takes nothing but the digest."""

    def begin(self) -> AbstractContextManager[Take]:
        return nullcontext(_hashed)


class File(NamedTuple):
    """A file as it was listed."""

    path: Path
    size: int
    etag: str | None


class Meter:
    """Counts what the threads of this worker read, and tells the parent now and then."""

    def __init__(self) -> None:
        self._files = self._bytes = 0
        self._next = time.monotonic() + _TELL_EVERY
        self._guard = threading.Lock()

    def add(self, files: int, size: int) -> None:
        """So many more *files* were read to their end, and *size* bytes."""
        with self._guard:
            self._files += files
            self._bytes += size
            if time.monotonic() >= self._next:
                self._tell()

    def close(self) -> None:
        """Tell what was not told yet."""
        with self._guard:
            self._tell()

    def _tell(self) -> None:
        self._next = time.monotonic() + _TELL_EVERY
        if self._files or self._bytes:
            tell(Progress(STAGE, self._files, self._bytes))
            self._files = self._bytes = 0


def digested(drive: Drive, take: Take, meter: Meter, file: File) -> tuple[bytes | None, str | None]:
    """The SHA-256 of *file*, or the code of what stands in its way."""
    try:
        return _taken(drive, take, meter, file), None
    except DriveError as error:
        if stands_in_the_way(drive, error):
            raise
        return None, error.code


def _taken(drive: Drive, take: Take, meter: Meter, file: File) -> bytes:
    done = 0

    def blocks(reader: Reader) -> Iterator[bytes]:
        nonlocal done
        # Room for a whole block costs more than a small file takes to be read.
        while block := reader.read(min(BLOCK, max(file.size - done, 0) + 1)):
            done += len(block)
            meter.add(0, len(block))
            if done > file.size:
                # Somebody writes on, perhaps faster than we read.
                raise Changed(file.path, f"more than the {file.size} bytes that were listed")
            yield block
        meter.add(1, 0)

    with drive.read(file.path, expect=file.etag) as reader:
        digest = take(blocks(reader))
    if done != file.size:
        raise Changed(file.path, f"{done} bytes, {file.size} when it was listed")
    return digest


def _hashed(blocks: Iterable[bytes]) -> bytes:
    found = sha256()
    for block in blocks:
        found.update(block)
    return found.digest()
