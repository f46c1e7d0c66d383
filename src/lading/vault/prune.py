"""
Remove what no snapshot needs: plan, show, do.

A pack without anything needed goes; one that is needed less than half is
written anew.  New packs come first, then an index that tells of all that
stays, then the old index goes, and last the packs that nothing tells of any
more: stopped anywhere, the vault is whole, and another prune ends the work.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from lading.model.errors import BadVault
from lading.model.failpoints import failpoint
from lading.model.progress import Progress, Publish, nobody_listens
from lading.model.text import Text
from lading.vault.contents import ids_of
from lading.vault.index import sealed_indexes
from lading.vault.keeps import Why, keeps
from lading.vault.locks import Held
from lading.vault.needs import contents_needed
from lading.vault.packed import every_pack
from lading.vault.packs import Pack, Packer
from lading.vault.snapshots import snapshots
from lading.vault.vault import Vault
from lading.vault.words import INDEX, PACKS, RECORD, SNAPSHOTS, TAG, Kind
from lading.vault.worm import locked_until

FULL_ENOUGH = 0.5
"""A pack of which at least this part is needed stays as it is."""
FAILPOINTS = (
    "prune.packs_written",
    "prune.index_part",
    "prune.index_written",
    "prune.index_removed",
    "prune.pack_removed",
)
_LOST = Text(
    "snapshot {name} needs a content that is not there; nothing is removed",
    "快照 {name} 所需内容缺失；不会移除任何内容",
)

_CHANGED = Text("it tells of fewer packs than a moment ago", "所记数据包比片刻之前少")
_KEPT = Text("a campaign needs the snapshot {name}, which is not there", "迁移任务所需的快照 {name} 不存在")


@dataclass(slots=True)
class Plan:
    """
    What a prune will do; packs by their names.

    *freed* is the number of bytes that go, less those that are written anew; *needed* marks the rows of the index.
    """

    keep: set[bytes] = field(default_factory=set)
    rewrite: set[bytes] = field(default_factory=set)
    remove: set[bytes] = field(default_factory=set)
    unknown: dict[str, int] = field(default_factory=dict)
    """Packs that no index tells of, and their bytes."""
    lost: set[bytes] = field(default_factory=set)
    """Packs that the index tells of and that are gone or cut short; nothing needs them."""
    locked: dict[bytes, int] = field(default_factory=dict)
    """Packs that would go or be written anew, and until when (ns) the store keeps them."""
    freed: int = 0
    written: int = 0
    needed: bytearray = field(default_factory=bytearray)

    @property
    def idle(self) -> bool:
        """There is nothing to do."""
        return not (self.rewrite or self.remove or self.unknown or self.lost)


def plan_prune(vault: Vault, publish: Publish = nobody_listens, *, now: int | None = None) -> Plan:
    """
    Find out what no snapshot of *vault* needs, and what of it the store keeps locked beyond *now* (ns).  To be done alone.

    Raises:
        BadVault: the index, a snapshot or a content that is needed is damaged or missing: nothing may go then.
    """
    # A copy in a pack that is gone or cut short is none: the other one must not go because of it.
    vault.load(present=True)
    needed = bytearray(len(vault.index))
    wanted = {it.snapshot for it in keeps(vault.store, vault.master) if it.why is Why.CAMPAIGN}
    for number, snapshot in enumerate(snapshots(vault.store, vault.master)):
        wanted.discard(snapshot.name)
        for need in contents_needed(vault, snapshot):
            _mark(vault, need.digest, needed, snapshot.name)
        publish(Progress("snapshots", number + 1, 0))
    for kept in wanted:
        raise BadVault(f"{SNAPSHOTS}/{kept}", Text(_KEPT.en.format(name=kept), _KEPT.zh.format(name=kept)))
    plan = _planned(vault, needed, time.time_ns() if now is None else now)
    plan.lost = vault.lost
    there = dict(vault.store.names(PACKS))
    for name in plan.keep | plan.rewrite:
        if there.pop(name.hex(), None) is None:
            raise BadVault(
                f"{PACKS}/{name.hex()}", Text("a pack that is needed is not there", "所需的数据包不存在")
            )
    left = {name: size for name, size in there.items() if bytes.fromhex(name) not in plan.remove}
    held = locked_until(vault, PACKS, left, now=time.time_ns() if now is None else now)
    plan.locked |= {bytes.fromhex(name): until for name, until in held.items()}
    plan.unknown = {name: size for name, size in left.items() if name not in held}
    plan.freed += sum(plan.unknown.values())
    return plan


def prune(vault: Vault, plan: Plan, held: Held, publish: Publish = nobody_listens) -> None:
    """
    Do what *plan*, made under the same lock *held*, says.

    Raises:
        Busy: the lock was taken away; what was to go is still there.
        BadVault: a record that has to be written anew is damaged; nothing was removed.
    """
    if plan.idle:
        return
    store, old = vault.store, [name for name, _ in vault.store.names(INDEX)]
    if plan.rewrite or plan.remove or plan.lost:
        new = _write(vault, plan, publish)
        held.confirm()
        for name in old:
            if name not in new:
                store.remove(INDEX, name)
                failpoint("prune.index_removed")
        store.settle()
    held.confirm()
    for name in sorted([*(it.hex() for it in plan.rewrite | plan.remove), *plan.unknown]):
        store.remove(PACKS, name)
        failpoint("prune.pack_removed")
    vault.load()


def _mark(vault: Vault, digest: bytes, needed: bytearray, snapshot: str) -> None:
    """Mark the records of a content, one copy of each."""
    rows = vault.index.rows(vault.master.id_of(Kind.FILE, digest))
    if not rows:
        rows = vault.index.rows(vault.master.id_of(Kind.LIST, digest))
    if rows and needed[rows[0]]:
        return
    try:
        ids = ids_of(vault.master, digest, vault.fetch, vault.index.__contains__)
    except BadVault as problem:
        raise _lost(snapshot) from problem
    for id in ids:
        found = vault.index.rows(id)
        if not found:
            raise _lost(snapshot)
        needed[found[0]] = 1


def _planned(vault: Vault, needed: bytearray, now: int) -> Plan:
    index, plan = vault.index, Plan(needed=needed)
    used, live = [0] * len(index.packs), [0] * len(index.packs)
    for row in range(len(needed)):
        if needed[row]:
            number = index.pack_at(row)
            # Its row in the table counts too: where records are tiny, tables are the larger part of a pack.
            used[number] += index.row(row).record.stored + TAG + RECORD.size
            live[number] += 1
    for pack, use, count in zip(index.packs, used, live, strict=True):
        goes = not count or use < pack.size * FULL_ENOUGH
        if goes and (until := locked_until(vault, PACKS, [pack.name.hex()], now=now)):
            plan.locked[pack.name] = until[pack.name.hex()]
            plan.keep.add(pack.name)
        elif not count:
            plan.remove.add(pack.name)
            plan.freed += pack.size
        elif goes:
            plan.rewrite.add(pack.name)
            plan.freed += pack.size - use
            plan.written += use
        else:
            plan.keep.add(pack.name)
    return plan


def _write(vault: Vault, plan: Plan, publish: Publish) -> set[str]:
    """New packs with what is needed of the old ones, and an index of all that stays; the names of its objects."""
    store = vault.store
    _, packer = vault.writer()
    _rewrite(vault, plan, packer, publish)
    packer.flush()
    store.settle()
    failpoint("prune.packs_written")
    faults: list[BadVault] = []
    told: set[bytes] = set()
    stays = (pack for pack in every_pack(vault, faults) if pack.name in plan.keep)
    new = set()
    for content in sealed_indexes(vault.master, chain(_noted(stays, told), packer.made)):
        new.add(store.put(INDEX, content))
        failpoint("prune.index_part")
    if faults or told != plan.keep:
        raise faults[0] if faults else BadVault(INDEX, _CHANGED)
    store.settle()
    failpoint("prune.index_written")
    return new


def _noted(packs: Iterator[Pack], told: set[bytes]) -> Iterator[Pack]:
    for pack in packs:
        told.add(pack.name)
        yield pack


def _rewrite(vault: Vault, plan: Plan, packer: Packer, publish: Publish) -> None:
    """Carry over the records that are needed, pack by pack in the order they lie."""
    done = 0
    for row in _in_order(vault, plan):
        spot = vault.index.row(row)
        packer.add(spot.record.kind, spot.record.id, vault.read(spot))
        done += spot.record.stored
        publish(Progress("rewriting", len(plan.rewrite), done, bytes_total=plan.written))


def _in_order(vault: Vault, plan: Plan) -> Iterator[int]:
    index = vault.index
    wanted = {number for number, pack in enumerate(index.packs) if pack.name in plan.rewrite}
    rows = [row for row, mark in enumerate(plan.needed) if mark and index.pack_at(row) in wanted]
    yield from sorted(rows, key=lambda row: (index.pack_at(row), index.row(row).offset))


def _lost(snapshot: str) -> BadVault:
    return BadVault("prune", Text(_LOST.en.format(name=snapshot), _LOST.zh.format(name=snapshot)))
