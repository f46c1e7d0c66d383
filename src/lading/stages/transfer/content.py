"""
Content on its way: read once, with every digest computed as it passes.

SHA-256 is what is recorded and what a stranger can check; BLAKE3 is several
times faster and guards the way back: what was stored is read again and must
give the same BLAKE3.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import cast

from blake3 import blake3

from lading.connectors.api import Drive
from lading.connectors.facets import Proving, Reader
from lading.model.entry import Entry
from lading.model.paths import Path

BLOCK = 8 * 1024 * 1024
"""Bytes after which a large file is noted as sent; at most this much is sent again by a worker."""
CHUNK = 1024 * 1024
"""Bytes read at once."""


class Digests:
    """
    SHA-256 and BLAKE3 of what has passed so far.

    As long as it is one piece, it is kept: to compare a small content with what was stored
    takes less than to compute a second digest of it.  With *twice* False there will be no second one, where nobody is
    expected to ask whether a reader `gives_back` the content.
    """

    __slots__ = ("_blake3", "_known", "_only", "_sha256", "_twice", "size")

    def __init__(self, *, twice: bool = True) -> None:
        self._twice = twice
        self._sha256: hashlib._Hash | None = None
        self._known: str | None = None
        self._blake3: blake3 | None = None
        self._only = b""
        self.size = 0

    @classmethod
    def of(cls, content: bytes, sha256: str | None = None) -> Digests:
        """Those of a whole *content*, to which nothing is added; *sha256* if somebody has computed it of this very object."""
        it = cls()
        it._known = sha256 or hashlib.sha256(content).hexdigest()
        it._only, it.size = content, len(content)
        return it

    def add(self, data: bytes) -> None:
        """Take *data* in."""
        if self._sha256 is None:
            self._sha256 = hashlib.sha256()
        self._sha256.update(data)
        if self.size == 0:
            self._only = data
        elif not self._twice:
            self._only = b""
        else:
            if self._blake3 is None:
                self._blake3 = blake3(self._only)
                self._only = b""
            self._blake3.update(data)
        self.size += len(data)

    @property
    def sha256(self) -> str:
        """The digest that is recorded, in hex."""
        return self._known or (self._sha256 or hashlib.sha256()).hexdigest()

    def gives_back(self, reader: Reader) -> bool:
        """Whether *reader* has exactly what has passed here, to its end."""
        if self._blake3 is not None:
            return blake3_of(reader) == (self._blake3.digest(), self.size)
        if len(self._only) < self.size:
            found = Digests(twice=False)
            for data in chunks(reader):
                found.add(data)
            return (found.sha256, found.size) == (self.sha256, self.size)
        at = 0
        while held := reader.read(CHUNK):
            if not self._only.startswith(held, at):
                return False
            at += len(held)
        return at == self.size


class Content:
    """
    The content of *path* on *drive*, to be given to `Drive.write`.

    It can be asked again from its beginning, so that a wrapper may repeat a
    write whose connection broke; `digests` (*twice*, see there) are those of the last time.  Close it when the write is over.
    """

    def __init__(
        self, drive: Drive, path: Path, expect: str | None, moved: Callable[[int], None], *, twice: bool
    ) -> None:
        self._drive, self._path, self._expect, self._moved = drive, path, expect, moved
        self._twice = twice
        self._begun: ExitStack | None = None
        self.digests = Digests(twice=twice)

    def begin(self) -> Entry:
        """Open the content before it is asked for, and tell what the drive says of it."""
        self._begun = stack = ExitStack()
        self._reader = stack.enter_context(self._drive.read(self._path, expect=self._expect))
        return self._reader.entry

    def close(self) -> None:
        """Give back what was begun and never asked for; twice is no error."""
        begun, self._begun = self._begun, None
        if begun is not None:
            begun.close()

    def __iter__(self) -> Iterator[bytes]:
        return self.again()

    def again(self) -> Iterator[bytes]:
        """The content from its beginning."""
        self.digests = Digests(twice=self._twice)
        self._proof: Proving | None = None
        for data in self._pieces():
            self.digests.add(data)
            # Before the last piece is given away: a drive that has counted them may not ask again.
            if self._proof is not None and self.digests.size >= self._reader.entry.size:
                self._proof.prove(self.digests.sha256)
            yield data
            self._moved(len(data))

    def _pieces(self) -> Iterator[bytes]:
        begun, self._begun = self._begun, None
        with begun or ExitStack() as stack:
            if begun is None:
                self._reader = stack.enter_context(self._drive.read(self._path, expect=self._expect))
            self._proof = proof_left_by(self._reader)
            yield from chunks(self._reader)


def proof_left_by(reader: Reader) -> Proving | None:
    """*reader*, if it holds its content against a digest that is known: it leaves that to the caller, who has to call `prove`."""
    # `isinstance` of a protocol takes longer than it takes to read a small file.
    if not hasattr(reader, "leave_proof"):
        return None
    proof = cast("Proving", reader)
    proof.leave_proof()
    return proof


def chunks(reader: Reader) -> Iterator[bytes]:
    """What is left in *reader*."""
    while data := reader.read(CHUNK):
        yield data


def blake3_of(reader: Reader) -> tuple[bytes, int]:
    """BLAKE3 and length of what is left in *reader*."""
    digest, size = blake3(), 0
    for data in chunks(reader):
        digest.update(data)
        size += len(data)
    return digest.digest(), size


def digests_of(drive: Drive, path: Path, expect: str | None = None) -> Digests:
    """Both digests of the content of *path*, read anew."""
    return taken(drive, path, expect)[1]


def taken(drive: Drive, path: Path, expect: str | None = None) -> tuple[Entry, Digests]:
    """What *drive* says of *path* while it is read, and both digests of its content."""
    digests = Digests()
    with drive.read(path, expect=expect) as reader:
        for data in chunks(reader):
            digests.add(data)
        return reader.entry, digests
