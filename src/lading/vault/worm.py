"""
Objects that nobody can remove before a time, where the store can lock them (WORM).

At the end of a backup all that its snapshot needs is locked: packs, the snapshot, the key slots and the description of the vault.
An index can be made again from packs and is left open, and so are notes.
"""

from __future__ import annotations

from collections.abc import Iterable

from lading.model.errors import BadRequest, NotFound
from lading.model.progress import Progress, Publish, nobody_listens
from lading.vault.contents import ids_of
from lading.vault.needs import contents_needed
from lading.vault.snapshots import Snapshot
from lading.vault.store import place
from lading.vault.vault import NO_LOCK, Vault
from lading.vault.words import CONFIG, KEYS, PACKS, SNAPSHOTS

DAY = 86_400 * 10**9
"""Nanoseconds."""


def lock(vault: Vault, snapshot: Snapshot, *, now: int, publish: Publish = nobody_listens) -> int:
    """
    Lock all that *snapshot* needs for the days that the vault asks for, from *now* (ns) on; until when.

    What was locked for longer stays so.

    Raises:
        BadRequest: the store cannot lock anything (any more).
        DriveError: the store refused; some objects may be locked.
    """
    until = now + vault.opened.lock_days * DAY
    retention = vault.store.drive.retention
    if retention is None:
        raise BadRequest(vault.store.drive.profile.address, NO_LOCK)
    paths = [place(PACKS, pack.hex()) for pack in sorted(packs_needed(vault, snapshot))]
    paths += [place(KEYS, name) for name, _ in vault.store.names(KEYS)]
    # The snapshot comes last: if it is locked, all else is.
    paths += [(CONFIG,), place(SNAPSHOTS, snapshot.name)]
    for number, path in enumerate(paths, 1):
        retention.keep(path, until)
        publish(Progress("locking", number, 0))
    return until


def packs_needed(vault: Vault, snapshot: Snapshot) -> set[bytes]:
    """
    The names of the packs that hold what *snapshot* needs; of a record that is there twice, each.

    Raises:
        BadVault: something is missing.
    """
    index, found = vault.index, set()
    for need in contents_needed(vault, snapshot):
        for id in ids_of(vault.master, need.digest, vault.fetch, index.__contains__):
            spot = index.find(id)
            found |= {spot.pack} if spot is not None else set()
            found |= {index.packs[index.pack_at(row)].name for row in index.rows(id)}
    return found


def locked_until(vault: Vault, folder: str, names: Iterable[str], *, now: int) -> dict[str, int]:
    """Which of the objects *names* of a folder are locked beyond *now* (ns), and until when."""
    retention = vault.store.drive.retention
    found: dict[str, int] = {}
    for name in names if retention is not None else ():
        try:
            until = retention.until(place(folder, name)) if retention is not None else None
        except NotFound:
            continue
        if until is not None and until > now:
            found[name] = until
    return found
