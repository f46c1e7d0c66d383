"""
Vaults to test with: small packs, snapshots of a few contents, and the objects as they lie in a folder.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lading.connectors.address import parse
from lading.connectors.api import Drive
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.registry import open_drive
from lading.vault.locks import Mode, locked
from lading.vault.prune import Plan, plan_prune, prune
from lading.vault.snapshots import Held, Snapshot, save
from lading.vault.vault import Vault, make_vault, open_vault, slots

SECRET = b"correct horse battery staple"
ENTRIES = "entries/part-001-000001.parquet"


def memory() -> MemoryDrive:
    return MemoryDrive(MemoryStore())


def folder(path: Path) -> Drive:
    path.mkdir(exist_ok=True)
    return open_drive(parse(str(path)))


def new_vault(drive: Drive, secret: bytes = SECRET) -> Vault:
    return Vault(drive, make_vault(drive, secret, label="first"))


def again(vault: Vault) -> Vault:
    """The same vault, opened by somebody else."""
    other = Vault(vault.store.drive, vault.opened)
    other.load()
    return other


def reopened(drive: Drive, secret: bytes = SECRET) -> Vault:
    vault = Vault(drive, open_vault(drive, secret))
    vault.load()
    return vault


def parquet_of(files: Mapping[str, bytes]) -> bytes:
    """A manifest's table of entries that tells of *files*."""
    digests = [hashlib.sha256(content).digest() for content in files.values()]
    table = pa.table({"path": list(files), "sha256": pa.array(digests, pa.binary(32))})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def snapshot(vault: Vault, files: Mapping[str, bytes], *, taken: int = 1, place: str = "/firm") -> Snapshot:
    """Keep *files* and a snapshot of them, as a backup does."""
    writer, packer = vault.writer()
    for content in files.values():
        writer.add([content])
    table = writer.add([parquet_of(files)])
    header = writer.add([b'{"format": 2, "taken": %d}' % taken])
    writer.flush()
    vault.publish(packer.made)
    return save(
        vault.store,
        vault.master,
        Snapshot(
            taken=taken,
            ended=taken + 1,
            drive={"kind": "folder", "place": place, "options": {}},
            files=(
                Held(ENTRIES, table.digest.hex(), table.size),
                Held("manifest.json", header.digest.hex(), header.size),
            ),
            counts={"file": len(files)},
            bytes=sum(map(len, files.values())),
            new=0,
            slots=tuple(slots(vault.store)),
        ),
    )


def content(vault: Vault, raw: bytes) -> bytes:
    """What the vault has under the digest of *raw*."""
    return b"".join(vault.content(hashlib.sha256(raw).digest()))


def pruned(vault: Vault) -> Plan:
    """Prune, as the command does."""
    with locked(vault.store, vault.master, Mode.ALONE, who="ann", purpose="prune") as held:
        plan = plan_prune(vault)
        prune(vault, plan, held)
    return plan


def objects(path: Path) -> dict[str, Path]:
    """Every file of a vault that lies in the folder *path*, by its place below it."""
    return {
        os.path.relpath(os.path.join(place, name), path): Path(place) / name
        for place, _, names in os.walk(path)
        for name in names
    }


def some(count: int, size: int, tag: str = "") -> dict[str, bytes]:
    """Files whose contents neither shrink nor repeat."""
    return {f"{tag}file-{n:03}": _bytes(f"{tag}{n}", size) for n in range(count)}


def _bytes(seed: str, size: int) -> bytes:
    return hashlib.shake_256(seed.encode()).digest(size)
