"""
Contents into records and back.

A content of up to `WHOLE` bytes is one record, named after its SHA-256; a
larger one is cut where its bytes say so, and a list of the pieces is named
after the SHA-256 of the whole.  So a SHA-256, which manifests have anyway, is
all that is needed to find a content.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from lading.model.errors import BadVault
from lading.model.loading import on_use
from lading.model.text import Text
from lading.vault.packs import Packer
from lading.vault.sealing import Master
from lading.vault.words import CUT_LEAST, CUT_MEAN, CUT_MOST, ID, WHOLE, Kind

if TYPE_CHECKING:
    import pyfastcdc
else:
    # Who restores, or backs up small files alone, cuts nothing.
    pyfastcdc = on_use("pyfastcdc")

_SIZE = struct.Struct("<Q")
_WINDOW = CUT_MOST + (1 << 20)
"""Bytes that are cut at once: a piece ends where its content says, wherever a window does."""
_NOT_THERE = Text("the vault does not hold this content", "保管库中没有此内容")
_OTHER = Text("its pieces make another content", "各片段拼成的内容不符")

Known = Callable[[bytes], bool]
Fetch = Callable[[bytes], bytes | None]
"""The raw content of a record by its id; None if there is none."""


class Kept(NamedTuple):
    """A content that is in the vault: its SHA-256 and size, and how many bytes of it were *new*."""

    digest: bytes
    size: int
    new: int


class Writer:
    """Puts contents into packs, unless they are *known*.  Of one thread."""

    def __init__(self, master: Master, packer: Packer, known: Known) -> None:
        self._master = master
        self._packer = packer
        self._known = known
        self._own: set[bytes] = set()

    @cached_property
    def _cutter(self) -> pyfastcdc.FastCDC:
        """Made for the first large content."""
        return pyfastcdc.FastCDC(
            avg_size=CUT_MEAN, min_size=CUT_LEAST, max_size=CUT_MOST, seed=self._master.cutting
        )

    def add(self, source: Iterable[bytes]) -> Kept:
        """Keep the content that *source* gives."""
        blocks = iter(source)
        first, second = next(blocks, b""), next(blocks, None)
        if second is None and len(first) <= WHOLE:
            # Most files come in one block, which is not copied.
            return self._whole(sha256(first).digest(), first)
        return self._longer(chain((first, second or b""), blocks))

    def _longer(self, source: Iterable[bytes]) -> Kept:
        digest, held, size = sha256(), bytearray(), 0
        pieces: list[bytes] = []
        new = 0
        for block in source:
            digest.update(block)
            held += block
            size += len(block)
            if size > WHOLE and len(held) >= _WINDOW:
                new += self._cut(held, pieces, last=False)
        if size <= WHOLE:
            return self._whole(digest.digest(), bytes(held))
        new += self._cut(held, pieces, last=True)
        id = self._master.id_of(Kind.LIST, digest.digest())
        new += self._add(Kind.LIST, id, _SIZE.pack(size) + b"".join(pieces))
        return Kept(digest.digest(), size, new)

    def flush(self) -> None:
        """Close the pack at hand."""
        self._packer.flush()

    def _whole(self, digest: bytes, content: bytes) -> Kept:
        new = self._add(Kind.FILE, self._master.id_of(Kind.FILE, digest), content)
        return Kept(digest, len(content), new)

    def _cut(self, held: bytearray, pieces: list[bytes], *, last: bool) -> int:
        """Store the pieces of *held*; the last one may go on, so it stays unless it is the *last*."""
        cuts = [one.length for one in self._cutter.cut_buf(held)]
        new = at = 0
        # Nothing of it is copied: several megabytes in each process.
        with memoryview(held) as whole:
            for length in cuts if last else cuts[:-1]:
                with whole[at : at + length] as piece:
                    id = self._master.id_of_piece(piece)
                    new += self._add(Kind.PIECE, id, piece)
                pieces.append(id)
                at += length
        del held[:at]
        return new

    def _add(self, kind: Kind, id: bytes, raw: bytes | memoryview) -> int:
        if id in self._own or self._known(id):
            return 0
        self._packer.add(kind, id, raw)
        self._own.add(id)
        return len(raw)


def content_of(master: Master, digest: bytes, fetch: Fetch, *, prove: bool = True) -> Iterator[bytes]:
    """
    The content with the SHA-256 *digest*, in blocks, proven at its end.

    Without *prove* whoever asked for a content in pieces holds its digest against *digest* with `check_content`; each
    piece is what it is named after, and all of them are as long as the content, all the same.

    Raises:
        BadVault: it is not there, or damaged.
    """
    whole = fetch(master.id_of(Kind.FILE, digest))
    if whole is not None:
        yield whole
        return
    proof, size = sha256() if prove else None, 0
    wanted, pieces = _listed(master, digest, fetch)
    for id in pieces:
        piece = fetch(id)
        if piece is None:
            raise BadVault(digest.hex(), _NOT_THERE)
        if proof is not None:
            proof.update(piece)
        size += len(piece)
        yield piece
    if size != wanted:
        raise BadVault(digest.hex(), _OTHER)
    if proof is not None:
        check_content(digest, proof.digest())


def check_content(digest: bytes, found: bytes) -> None:
    """
    Hold the SHA-256 *found* of a content that was read against its *digest*.

    Raises:
        BadVault: it is another.
    """
    if found != digest:
        raise BadVault(digest.hex(), _OTHER)


def ids_of(master: Master, digest: bytes, fetch: Fetch, known: Known) -> list[bytes]:
    """
    The ids of all records that the content *digest* needs.

    Raises:
        BadVault: it is not there.
    """
    whole = master.id_of(Kind.FILE, digest)
    if known(whole):
        return [whole]
    _, pieces = _listed(master, digest, fetch)
    return [master.id_of(Kind.LIST, digest), *pieces]


def _listed(master: Master, digest: bytes, fetch: Fetch) -> tuple[int, list[bytes]]:
    told = fetch(master.id_of(Kind.LIST, digest))
    if told is None:
        raise BadVault(digest.hex(), _NOT_THERE)
    (size,) = _SIZE.unpack_from(told)
    return size, [told[at : at + ID] for at in range(_SIZE.size, len(told), ID)]
