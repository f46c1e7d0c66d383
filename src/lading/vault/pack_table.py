"""
The table of a pack: what is in it, in one block of memory.

As an object for each record it takes five times as much, and packs are told of by the thousand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lading.model.errors import BadVault
from lading.model.text import Text
from lading.vault.words import HOWS, KINDS, RECORD, Record

NO_TABLE = Text("its table cannot be read", "其目录表无法读取")


class PackTable:
    """The records of a pack, in order; *plain* is the table as it is sealed."""

    __slots__ = ("plain",)

    def __init__(self, plain: bytes = b"") -> None:
        self.plain = plain

    @classmethod
    def of(cls, records: Iterable[Record]) -> PackTable:
        """The table of *records*."""
        return cls(b"".join(RECORD.pack(*it) for it in records))

    def __len__(self) -> int:
        return len(self.plain) // RECORD.size

    def __iter__(self) -> Iterator[Record]:
        for kind, how, id, stored, raw in RECORD.iter_unpack(self.plain):
            yield Record(KINDS[kind], HOWS[how], id, stored, raw)

    def __getitem__(self, number: int) -> Record:
        kind, how, id, stored, raw = RECORD.unpack_from(self.plain, number * RECORD.size)
        return Record(KINDS[kind], HOWS[how], id, stored, raw)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PackTable) and self.plain == other.plain

    def __hash__(self) -> int:
        return hash(self.plain)


def read_table(plain: bytes, name: str) -> PackTable:
    """
    The table that *plain* is, of the pack *name*.

    Raises:
        BadVault: a word of it is unknown.
    """
    width = RECORD.size
    # The first two bytes of a record say of what kind it is, and how it is stored.
    known = set(plain[::width]) <= KINDS.keys() and set(plain[1::width]) <= HOWS.keys()
    if len(plain) % width or not known:
        raise BadVault(name, NO_TABLE)
    return PackTable(plain)
