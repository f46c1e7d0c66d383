"""
Where each record lies: read whole when a vault is opened, held as rows of one width in the order of their ids.

A million records take 58 MB.  An index names only packs that were stored
before it; packs that no index names are left over from a writer that ended,
and count for nothing.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import accumulate
from struct import Struct
from typing import Any, NamedTuple

from lading.model.errors import BadVault
from lading.model.text import Text
from lading.vault.pack_table import PackTable, read_table
from lading.vault.packs import START, Pack
from lading.vault.sealing import Master, new_salt
from lading.vault.words import HOWS, ID, INDEX, KINDS, RECORD, SALT, TAG, Record

MAGIC = b"LDGINDX\x01"
_PACK = Struct("<32sQI")
_ROW = Struct("<32sIQIIIBB")
_PACK_NUMBER = Struct("<I")
_DRAWERS = 1 << 16
"""Ids are digests, so their first two bytes part them evenly: a search begins among few rows."""
_NO_ROWS = array("I", bytes(4 * (_DRAWERS + 1)))
MOST = 50_000
"""Records in one index object, more or less."""
_NO_INDEX = Text("it is no index of this format", "不是此格式的索引")


class Spot(NamedTuple):
    """Where a record is: the name of its pack, the byte where it begins, its number there, and what it says."""

    pack: bytes
    offset: int
    number: int
    record: Record


class Index:
    """The records of all packs that were told."""

    def __init__(self, packs: Iterable[Pack] = ()) -> None:
        self.packs: list[Pack] = []
        """Every pack, without its records."""
        told: set[bytes] = set()
        self._new: dict[bytes, bytes] = {}
        """Rows that were added one by one, by their ids."""
        self._settle([row for pack in packs if _first(pack, told) for row in self._rows_of(pack)])

    def __len__(self) -> int:
        return self._count + len(self._new)

    def __contains__(self, id: bytes) -> bool:
        return id in self._new or self._at(id) is not None

    def find(self, id: bytes) -> Spot | None:
        """Where the record *id* is; None if it is in no pack."""
        if (row := self._new.get(id)) is not None:
            return self._spot(_ROW.unpack(row))
        at = self._at(id)
        return None if at is None else self._spot(_ROW.unpack_from(self._rows, at * _ROW.size))

    def rows(self, id: bytes) -> range:
        """The numbers of the rows, among those in order, that tell of the record *id*; most often one."""
        first = self._at(id)
        if first is None:
            return range(0)
        end = first + 1
        while end < self._count and self._rows[end * _ROW.size : end * _ROW.size + ID] == id:
            end += 1
        return range(first, end)

    def row(self, number: int) -> Spot:
        """What the row *number* tells."""
        return self._spot(_ROW.unpack_from(self._rows, number * _ROW.size))

    def pack_at(self, number: int) -> int:
        """The place in `packs` of the pack that the row *number* tells of."""
        (pack,) = _PACK_NUMBER.unpack_from(self._rows, number * _ROW.size + ID)
        return int(pack)

    def add(self, pack: Pack) -> None:
        """Know what is in *pack*."""
        self._keep(self._rows_of(pack))

    def learn(self, packs: Iterable[Pack]) -> None:
        """
        Know what is in all of *packs*.

        Where they tell of more records than were known, all are put into order anew, which takes a quarter of the memory of
        rows that were added one by one.
        """
        rows = [row for pack in packs for row in self._rows_of(pack)]
        if len(rows) <= len(self):
            self._keep(rows)
            return
        rows += map(self._row_at, range(self._count))
        rows += self._new.values()
        self._new = {}
        self._settle(rows)

    def spots(self) -> Iterator[Spot]:
        """Every record that is known, those told twice as often."""
        yield from map(self.row, range(self._count))
        yield from map(self._spot, map(_ROW.unpack, self._new.values()))

    def _keep(self, rows: Iterable[bytes]) -> None:
        for row in rows:
            self._new.setdefault(row[:ID], row)

    def _settle(self, rows: list[bytes]) -> None:
        """Have *rows*, in no order, be those that are in order."""
        rows.sort()
        self._rows = b"".join(rows)
        self._count = len(rows)
        self._starts = _starts(self._rows)

    def _rows_of(self, pack: Pack) -> Iterator[bytes]:
        number = len(self.packs)
        self.packs.append(pack._replace(records=PackTable()))
        offset = START
        for at, (kind, how, id, stored, raw) in enumerate(RECORD.iter_unpack(pack.records.plain)):
            yield _ROW.pack(id, number, offset, at, stored, raw, kind, how)
            offset += stored + TAG

    def _at(self, id: bytes) -> int | None:
        rows, width = self._rows, _ROW.size
        drawer = id[0] << 8 | id[1]
        first, end = self._starts[drawer], self._starts[drawer + 1]
        if end - first > 1:
            first = bisect_left(
                range(end), id, first, end, key=lambda row: rows[row * width : row * width + ID]
            )
        return first if first < end and rows[first * width : first * width + ID] == id else None

    def _row_at(self, at: int) -> bytes:
        return self._rows[at * _ROW.size : (at + 1) * _ROW.size]

    def _spot(self, row: tuple[Any, ...]) -> Spot:
        id, pack, offset, number, stored, raw, kind, how = row
        return Spot(self.packs[pack].name, offset, number, Record(KINDS[kind], HOWS[how], id, stored, raw))


def _starts(rows: bytes) -> array[int]:
    """Where the rows of each drawer begin among the sorted *rows*; after the last drawer comes their number."""
    if not rows:
        # Most indexes are made before what they tell is read; nobody writes to this.
        return _NO_ROWS
    held = array("I", bytes(4 * (_DRAWERS + 1)))
    for high, low in zip(rows[:: _ROW.size], rows[1 :: _ROW.size], strict=True):
        held[(high << 8 | low) + 1] += 1
    return array("I", accumulate(held))


def sealed_indexes(master: Master, packs: Iterable[Pack]) -> Iterator[bytes]:
    """The index objects that tell of *packs*."""
    held: list[Pack] = []
    records = 0
    for pack in packs:
        held.append(pack)
        records += len(pack.records)
        if records >= MOST:
            yield _sealed(master, held)
            held, records = [], 0
    if held:
        yield _sealed(master, held)


def packs_of(master: Master, content: bytes) -> list[Pack]:
    """
    The packs that an index object tells of.

    Raises:
        BadVault: it is damaged.
    """
    return list(each_pack_of(master, content))


def each_pack_of(master: Master, content: bytes) -> Iterator[Pack]:
    """
    As `packs_of`, one after the other: nobody need hold the tables of all of them beside their rows in an index.

    Raises:
        BadVault: it is damaged, perhaps behind the packs that were told already.
    """
    name = f"{INDEX}/{sha256(content).hexdigest()}"
    if not content.startswith(MAGIC) or len(content) < len(MAGIC) + SALT:
        raise BadVault(name, _NO_INDEX)
    salt, sealed = content[len(MAGIC) : len(MAGIC) + SALT], content[len(MAGIC) + SALT :]
    yield from _packs_in(master.sealer(salt, "index").open(0, sealed, MAGIC, name=name), name)


def _first(pack: Pack, told: set[bytes]) -> bool:
    """Whether *pack* was not *told* before: an index that was written anew and the old one may both be there."""
    if pack.name in told:
        return False
    told.add(pack.name)
    return True


def _sealed(master: Master, packs: Sequence[Pack]) -> bytes:
    salt = new_salt()
    plain = b"".join(
        _PACK.pack(pack.name, pack.size, len(pack.records)) + pack.records.plain for pack in packs
    )
    return MAGIC + salt + master.sealer(salt, "index").seal(0, plain, MAGIC)


def _packs_in(plain: bytes, name: str) -> Iterator[Pack]:
    at = 0
    while at < len(plain):
        if at + _PACK.size > len(plain):
            raise BadVault(name, _NO_INDEX)
        pack, size, count = _PACK.unpack_from(plain, at)
        at += _PACK.size
        end = at + count * RECORD.size
        if end > len(plain):
            raise BadVault(name, _NO_INDEX)
        yield Pack(pack, size, read_table(plain[at:end], name))
        at = end
