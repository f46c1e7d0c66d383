"""
Write the index anew from the packs alone.

No pack is trusted because it is there: each is read whole and held against its
name, its table and the names of its records.  What is still good in a damaged
pack goes into a new one; the damaged one stays where it is, and no index tells
of it any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lading.model.errors import BadVault, NotFound
from lading.model.failpoints import failpoint
from lading.model.progress import Progress, Publish, nobody_listens
from lading.vault.findings import Finding
from lading.vault.index import sealed_indexes
from lading.vault.locks import Held
from lading.vault.packed import look, salvaged, told_by_index, whole_pack
from lading.vault.packs import Pack, Packer
from lading.vault.vault import Vault
from lading.vault.words import INDEX, PACKS

FAILPOINTS = ("rebuild.written", "rebuild.removed")


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild did: *packs* and *records* that the index tells of now, *rescued* records out of damaged packs."""

    packs: int = 0
    records: int = 0
    rescued: int = 0
    findings: list[Finding] = field(default_factory=list)


def rebuild(vault: Vault, held: Held, publish: Publish = nobody_listens) -> Rebuilt:
    """
    Write the index of *vault* anew; to be done alone, under the lock *held*.

    Raises:
        Busy: the lock was taken away meanwhile; the old index is still there.
        DriveError: the store failed; the same.
    """
    store, done = vault.store, Rebuilt()
    old = [name for name, _ in store.names(INDEX)]
    new = {
        store.put(INDEX, content) for content in sealed_indexes(vault.master, _sound(vault, done, publish))
    }
    store.settle()
    failpoint("rebuild.written")
    held.confirm()
    for name in old:
        if name not in new:
            store.remove(INDEX, name)
            failpoint("rebuild.removed")
    vault.load()
    return done


def _sound(vault: Vault, done: Rebuilt, publish: Publish) -> Iterator[Pack]:
    """Every pack that is whole, and new ones with what is good in the others."""
    _, packer = vault.writer()
    told = 0
    for number, (name, size) in enumerate(sorted(vault.store.names(PACKS))):
        pack = _looked(vault, name, size, packer, done)
        if pack is not None:
            done.packs, done.records = done.packs + 1, done.records + len(pack.records)
            told += pack.size
            yield pack
        publish(Progress("packs", number + 1, told))
    packer.flush()
    vault.store.settle()
    for pack in packer.made:
        done.packs, done.records = done.packs + 1, done.records + len(pack.records)
        yield pack


def _looked(vault: Vault, name: str, size: int, packer: Packer, done: Rebuilt) -> Pack | None:
    shown = f"{PACKS}/{name}"
    try:
        content = whole_pack(vault.store, name, size)
    except (BadVault, NotFound) as problem:
        done.findings.append(Finding("pack_damaged", shown, problem.details))
        return None
    looked = look(vault, name, content)
    if looked.pack is None:
        looked = look(vault, name, content, told_by_index(vault, name))
    if looked.sound:
        return looked.pack
    done.findings.append(Finding("pack_damaged", shown, looked.faults[0].details))
    if looked.pack is not None:
        for it, raw in salvaged(vault, looked, content):
            packer.add(it.kind, it.id, raw)
            done.rescued += 1
    return None
