"""
One pack, looked at whole: its name, its table, and every record in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

from lading.model.errors import BadVault
from lading.model.text import Text
from lading.vault.index import packs_of
from lading.vault.pack_table import PackTable
from lading.vault.packs import START, Pack, PackReader, offsets, table_room
from lading.vault.store import Store
from lading.vault.vault import Vault
from lading.vault.words import INDEX, PACKS, TAG, Record

MOST_PACK = 5 << 30
"""Bytes of the largest pack that is looked at: one record of 4 GiB, and what stands beside it."""
_TOO_LARGE = Text("it is larger than a pack can be", "超出数据包的最大长度")
_OTHER = Text("its content is not the one it is named after", "内容与其名称不符")
_GAP = Text("its records and its table do not fill it", "记录与目录表未恰好填满数据包")


class Looked(NamedTuple):
    """
    What a look at a pack found.

    *pack* is what its table tells, or what the index told where the table is damaged; None if neither is
    there.  *good* are its records that are what they say, by number; *faults* is all that is wrong.
    """

    name: str
    pack: Pack | None
    good: frozenset[int]
    faults: tuple[BadVault, ...]

    @property
    def sound(self) -> bool:
        """Nothing is wrong with it."""
        return not self.faults


def whole_pack(store: Store, name: str, size: int) -> bytes:
    """
    All bytes of a pack that the store says has *size*.

    Raises:
        NotFound: there is none.
        BadVault: it is too large or ends early.
    """
    if size > MOST_PACK:
        raise BadVault(f"{PACKS}/{name}", _TOO_LARGE)
    return store.part(PACKS, name, 0, size)


def look(vault: Vault, name: str, content: bytes, told: Pack | None = None) -> Looked:
    """Look at the pack *name* with all its *content*; *told* is what an index says of it."""
    shown = f"{PACKS}/{name}"
    faults: list[BadVault] = []
    if sha256(content).hexdigest() != name:
        faults.append(BadVault(shown, _OTHER))
    try:
        reader = PackReader(vault.master, shown, content[:START])
    except BadVault as problem:
        return Looked(name, told, frozenset(), (*faults, problem))
    try:
        pack = Pack(bytes.fromhex(name), len(content), reader.table(content))
        if _length(pack.records) != len(content):
            faults.append(BadVault(shown, _GAP))
    except BadVault as problem:
        faults.append(problem)
        if told is None:
            return Looked(name, None, frozenset(), tuple(faults))
        pack = told
    good = frozenset(_good(reader, pack, content, faults))
    return Looked(name, pack, good, tuple(faults))


def salvaged(vault: Vault, looked: Looked, content: bytes) -> Iterator[tuple[Record, bytes]]:
    """The good records of a pack and what they hold."""
    assert looked.pack is not None
    if not looked.good:
        # Without its first bytes there is not even a reader.
        return
    reader = PackReader(vault.master, looked.name, content[:START])
    starts = offsets(looked.pack.records)
    for number in sorted(looked.good):
        it = looked.pack.records[number]
        yield it, reader.record(number, it, _sealed(content, starts[number], it))


def told_by_index(vault: Vault, name: str) -> Pack | None:
    """What any readable index says of the pack *name*."""
    for pack in every_pack(vault, []):
        if pack.name.hex() == name:
            return pack
    return None


def every_pack(vault: Vault, faults: list[BadVault]) -> Iterator[Pack]:
    """The packs of all index objects, with their records, each once; what cannot be read is put into *faults*."""
    seen: set[bytes] = set()
    for name, _ in sorted(vault.store.names(INDEX)):
        try:
            packs = packs_of(vault.master, vault.store.whole(INDEX, name))
        except BadVault as problem:
            faults.append(problem)
            continue
        for pack in packs:
            if pack.name not in seen:
                seen.add(pack.name)
                yield pack


def _good(reader: PackReader, pack: Pack, content: bytes, faults: list[BadVault]) -> Iterator[int]:
    whole = memoryview(content)
    for number, (it, start) in enumerate(zip(pack.records, offsets(pack.records), strict=True)):
        try:
            reader.record(number, it, whole[start : start + it.stored + TAG])
            yield number
        except BadVault as problem:
            faults.append(problem)


def _sealed(content: bytes, start: int, it: Record) -> bytes:
    return content[start : start + it.stored + TAG]


def _length(records: PackTable) -> int:
    return START + sum(it.stored + TAG for it in records) + table_room(len(records))
