"""
Contents of NEW, kept in the state folder by their SHA-256.

What stands here is whole: a content appears under its name after it was read to its end and is on the disk.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path as LocalPath

from lading.connectors.facets import Reader
from lading.manifest.files import local_errors
from lading.model.errors import BadRollback
from lading.model.text import Text

BLOCK = 1 << 20


class Contents:
    """The contents in the folder *folder*."""

    def __init__(self, folder: LocalPath) -> None:
        self._folder = folder

    def holds(self, sha256: str) -> bool:
        """Whether the content is here."""
        return self._place(sha256).exists()

    def keep(self, reading: AbstractContextManager[Reader]) -> tuple[str, int]:
        """
        Keep what *reading* gives; its SHA-256 and its size.

        Raises:
            DriveError: it cannot be read, or the disk is full; nothing of it stays.
        """
        draft = self._folder / f"{os.getpid()}-{threading.get_ident()}.part"
        digest, size = hashlib.sha256(), 0
        try:
            with local_errors(str(self._folder)):
                self._folder.mkdir(parents=True, exist_ok=True)
                with open(draft, "wb") as stream:
                    for block in blocks(reading):
                        digest.update(block)
                        size += len(block)
                        stream.write(block)
                    stream.flush()
                    os.fsync(stream.fileno())
                place = self._place(digest.hexdigest())
                place.parent.mkdir(exist_ok=True)
                os.replace(draft, place)
        except BaseException:
            with suppress(OSError):
                draft.unlink()
            raise
        return digest.hexdigest(), size

    def read(self, sha256: str) -> Iterable[bytes]:
        """
        The content in blocks, held against its digest; it can be read again from its beginning.

        Raises:
            BadRollback: it is missing or damaged; told at its end at the latest.
        """
        return _Held(self._place(sha256), sha256)

    def _place(self, sha256: str) -> LocalPath:
        return self._folder / sha256[:2] / sha256


@dataclass(frozen=True, slots=True)
class _Held:
    place: LocalPath
    sha256: str

    def __iter__(self) -> Iterator[bytes]:
        digest = hashlib.sha256()
        try:
            with open(self.place, "rb") as stream:
                while block := stream.read(BLOCK):
                    digest.update(block)
                    # The last block goes out only when all is known to be right.
                    if (
                        stream.tell() == os.fstat(stream.fileno()).st_size
                        and digest.hexdigest() != self.sha256
                    ):
                        break
                    yield block
        except FileNotFoundError:
            raise BadRollback(str(self.place), Text("the content is missing", "内容缺失")) from None
        if digest.hexdigest() != self.sha256:
            raise BadRollback(str(self.place), Text("the content is damaged", "内容已损坏"))


def blocks(reading: AbstractContextManager[Reader]) -> Iterator[bytes]:
    """What *reading* gives, block by block."""
    with reading as reader:
        while block := reader.read(BLOCK):
            yield block


def digest_of(reading: AbstractContextManager[Reader]) -> str:
    """The SHA-256 of what *reading* gives, in hex."""
    digest = hashlib.sha256()
    for block in blocks(reading):
        digest.update(block)
    return digest.hexdigest()
