"""
Packs: many records in one object, each sealed by itself, and a sealed table at the end.

A pack is named by the SHA-256 of all its bytes.  Its table alone says what is
in it: an index can be made again from packs.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

import zstandard

from lading.model.errors import BadVault, Internal
from lading.model.text import Text
from lading.vault.pack_table import NO_TABLE, PackTable, read_table
from lading.vault.sealing import LAST, Master, Sealer, new_salt
from lading.vault.words import (
    ID,
    MOST_RAW,
    PACK_RECORDS,
    PACK_SIZE,
    RECORD,
    SALT,
    TAG,
    How,
    Kind,
    Record,
)

MAGIC = b"LDGPACK\x01"
START = len(MAGIC) + SALT
"""Where the first record of a pack begins."""
_END = struct.Struct("<I")
LEVEL = 1
"""Of zstd: what higher levels save costs more time than it is worth beside a network."""
_BLOCK = 256 << 10
"""Bytes in which a pack is handed over: it is never there twice in memory, as its parts and as a whole."""
_SHRINKS = 0.98
"""A record is stored compressed if that leaves less than this part of it."""

_NO_PACK = Text("it is no pack of this format", "不是此格式的数据包")
_WRONG = Text("a record is not the content that it is named after", "记录内容与其名称不符")


class Pack(NamedTuple):
    """A pack that was made: its *name* (SHA-256), how many bytes it has and what is in it."""

    name: bytes
    size: int
    records: PackTable


class Packer:
    """
    Fills packs and hands each to *put* when it is full: its name and its bytes, in blocks.

    Of one thread.
    """

    def __init__(self, master: Master, put: Callable[[bytes, Sequence[bytes]], None]) -> None:
        self._master = master
        self._put = put
        self._compressor = zstandard.ZstdCompressor(level=LEVEL)
        self._held = bytearray()
        self.made: list[Pack] = []
        """Packs that were handed over."""
        self._begin()

    def add(self, kind: Kind, id: bytes, raw: bytes | memoryview) -> None:
        """Store the record *id*."""
        how, stored = self._small(raw)
        record = RECORD.pack(kind, how, id, len(stored), len(raw))
        self._held += self._sealer.seal(len(self._table) // RECORD.size, stored, record)
        self._table += record
        if len(self._held) >= _BLOCK:
            self._close_block()
        if self._size + len(self._held) >= PACK_SIZE or len(self._table) >= PACK_RECORDS * RECORD.size:
            self.flush()

    def flush(self) -> None:
        """Hand over what there is as a pack; nothing is none."""
        if not self._table:
            return
        if os.getpid() != self._process:
            # Two processes with one salt would seal two contents with the same key and nonce.
            raise Internal("", "a packer was carried into another process")
        plain = bytes(self._table)
        table = self._sealer.seal(LAST, plain, MAGIC)
        self._held += table
        self._held += _END.pack(len(table))
        self._close_block()
        name = self._digest.digest()
        self._put(name, self._blocks)
        self.made.append(Pack(name, self._size, PackTable(plain)))
        self._begin()

    def _close_block(self) -> None:
        self._digest.update(self._held)
        self._blocks.append(bytes(self._held))
        self._size += len(self._held)
        self._held = bytearray()

    def _small(self, raw: bytes | memoryview) -> tuple[How, bytes | memoryview]:
        if len(raw) <= MOST_RAW and len(small := self._compressor.compress(raw)) < len(raw) * _SHRINKS:
            return How.ZSTD, small
        return How.PLAIN, raw

    def _begin(self) -> None:
        self._process = os.getpid()
        salt = new_salt()
        self._sealer = self._master.sealer(salt, "pack")
        self._digest, self._size = sha256(), 0
        self._blocks: list[bytes] = []
        self._held = bytearray(MAGIC + salt)
        self._table = bytearray()


class PackReader:
    """Opens the records of one pack, given its first bytes."""

    def __init__(self, master: Master, name: str, head: bytes) -> None:
        """
        Raises:
            BadVault: it is no pack.
        """
        if len(head) < START or not head.startswith(MAGIC):
            raise BadVault(name, _NO_PACK)
        self._master = master
        self._name = name
        self._sealer: Sealer = master.sealer(head[len(MAGIC) : START], "pack")

    def record(
        self, number: int, it: Record, sealed: bytes | memoryview, digest: bytes | None = None
    ) -> bytes:
        """
        The content of record *number* of the pack.

        *digest* is its SHA-256, where the record was found by that.

        Raises:
            BadVault: it is damaged, or not what it says.
        """
        stored = self._sealer.open(number, sealed, RECORD.pack(*it), name=self._name)
        raw = expanded(stored, it, self._name)
        right = named_right(self._master, it, raw) if digest is None else sha256(raw).digest() == digest
        if not right:
            raise BadVault(self._name, _WRONG)
        return raw

    def table(self, end: bytes) -> PackTable:
        """
        What is in the pack, by its last bytes, of which *end* holds at least the table.

        Raises:
            BadVault: it cannot be read.
        """
        (length,) = _END.unpack(end[-_END.size :]) if len(end) >= _END.size else (0,)
        if not TAG < length <= len(end) - _END.size:
            raise BadVault(self._name, NO_TABLE)
        plain = self._sealer.open(LAST, end[-_END.size - length : -_END.size], MAGIC, name=self._name)
        return read_table(plain, self._name)


def table_room(records: int) -> int:
    """Bytes at the end of a pack that hold its table, where it has that many records."""
    return records * RECORD.size + TAG + _END.size


def offsets(records: Iterable[Record]) -> list[int]:
    """Where each of *records* begins in its pack."""
    found, at = [], START
    for it in records:
        found.append(at)
        at += it.stored + TAG
    return found


def expanded(stored: bytes, it: Record, name: str) -> bytes:
    """
    What a record holds.

    Raises:
        BadVault: it is not as long as it says.
    """
    raw = stored
    if it.how is How.ZSTD:
        try:
            # The library believes the frame about its length, whatever limit it is given.
            if it.raw > MOST_RAW or zstandard.frame_content_size(stored) != it.raw:
                raise BadVault(name, _WRONG)
            raw = zstandard.ZstdDecompressor().decompress(stored, max_output_size=it.raw)
        except zstandard.ZstdError:
            raise BadVault(name, _WRONG) from None
    if len(raw) != it.raw:
        raise BadVault(name, _WRONG)
    return raw


def named_right(master: Master, it: Record, raw: bytes) -> bool:
    """Whether *raw* is what the record is named after; of a list only its form can be told."""
    if it.kind is Kind.FILE:
        return master.id_of(Kind.FILE, sha256(raw).digest()) == it.id
    if it.kind is Kind.PIECE:
        return master.id_of_piece(raw) == it.id
    return len(raw) > 8 and len(raw) % ID == 8
