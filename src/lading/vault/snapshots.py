"""
Snapshots: what a drive was at one moment, as a manifest of which the vault holds every content.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import Any, NamedTuple

from lading.model.errors import BadVault, Forbidden, NotFound, Unreadable, WrongKind
from lading.model.text import Text
from lading.vault.sealing import Master, new_salt
from lading.vault.store import Store
from lading.vault.words import SALT, SNAPSHOTS

MAGIC = b"LDGSNAP\x01"
LATEST = "latest"
_LEAST = 4
"""Letters of a name that are enough to say which is meant, if only one begins so."""
_NO_SNAPSHOT = Text("it is no snapshot of this format", "不是此格式的快照")
_NONE = Text("there is no such snapshot", "没有此快照")
_MANY = Text("several snapshots begin like this", "有多个快照以此开头")


class Held(NamedTuple):
    """A file of the manifest, by its name below the folder, and its content."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """
    A snapshot: begun at *taken* and *ended* (ns), of *drive* (an address without secrets), with the *files* of its manifest.

    *counts* and *bytes* say what the drive held, *new* how many bytes of it the vault had not yet; *previous* is the snapshot that
    it was compared with, *slots* the key slots there were.  *complete* is false if an entry could not be read; *moment* says how many
    *looks* there were and whether the last two saw the same (*still*).
    *name* is given when it is kept.
    """

    taken: int
    ended: int
    drive: Mapping[str, Any]
    files: tuple[Held, ...]
    counts: Mapping[str, int]
    bytes: int
    new: int
    previous: str | None = None
    slots: tuple[str, ...] = ()
    complete: bool = True
    moment: Mapping[str, Any] = field(default_factory=dict)
    name: str = field(default="", compare=False)


def save(store: Store, master: Master, snapshot: Snapshot) -> Snapshot:
    """Keep *snapshot*; with its name.  All that it needs is stored already."""
    told = asdict(snapshot)
    del told["name"]
    told["files"] = [held._asdict() for held in snapshot.files]
    salt = new_salt()
    plain = json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
    content = MAGIC + salt + master.sealer(salt, "snapshot").seal(0, plain, MAGIC)
    name = store.put(SNAPSHOTS, content)
    store.settle()
    return _named(snapshot, name)


def snapshots(store: Store, master: Master, begins: str = "") -> Iterator[Snapshot]:
    """
    All snapshots whose name *begins* so, the oldest first.

    Raises:
        BadVault: one is damaged, or of another vault.
    """
    names = [name for name, _ in store.names(SNAPSHOTS) if name.startswith(begins)]
    found = [read(master, store.whole(SNAPSHOTS, name)) for name in names]
    yield from sorted(found, key=lambda it: (it.taken, it.name))


def readable(store: Store, master: Master) -> tuple[list[Snapshot], list[BadVault]]:
    """All snapshots that can be read, the oldest first, and what is wrong with each of the others."""
    found, damaged = [], []
    for name, _ in store.names(SNAPSHOTS):
        try:
            found.append(read(master, store.whole(SNAPSHOTS, name)))
        except BadVault as problem:
            damaged.append(problem)
        except (WrongKind, Unreadable, Forbidden) as problem:
            damaged.append(BadVault(f"{SNAPSHOTS}/{name}", problem.details))
    return sorted(found, key=lambda it: (it.taken, it.name)), damaged


def read(master: Master, content: bytes) -> Snapshot:
    """
    The snapshot that an object holds.

    Raises:
        BadVault: it is none.
    """
    name = sha256(content).hexdigest()
    shown = f"{SNAPSHOTS}/{name}"
    if not content.startswith(MAGIC) or len(content) < len(MAGIC) + SALT:
        raise BadVault(shown, _NO_SNAPSHOT)
    salt, sealed = content[len(MAGIC) : len(MAGIC) + SALT], content[len(MAGIC) + SALT :]
    plain = master.sealer(salt, "snapshot").open(0, sealed, MAGIC, name=shown)
    try:
        told = json.loads(plain)
        files = tuple(Held(str(it["name"]), str(it["sha256"]), int(it["size"])) for it in told.pop("files"))
        slots = tuple(told.pop("slots"))
        return Snapshot(**told, files=files, slots=slots, name=name)
    except (ValueError, KeyError, TypeError):
        raise BadVault(shown, _NO_SNAPSHOT) from None


def find(
    store: Store,
    master: Master,
    wanted: str,
    *,
    of: Mapping[str, Any] | None = None,
    until: int | None = None,
) -> Snapshot:
    """
    The snapshot that *wanted* means: the beginning of its name, or `latest`, perhaps only those *of* one drive, or begun not later than *until* (ns).

    Who names one can have it though others are damaged; which is the latest only all of them tell.

    Raises:
        BadVault: one that it could be is damaged.
        NotFound: there is none, or not only one.
    """
    found = [
        it
        for it in snapshots(store, master, "" if wanted == LATEST else wanted)
        if (of is None or same_drive(it.drive, of)) and (until is None or it.taken <= until)
    ]
    if wanted == LATEST:
        if not found:
            raise NotFound(wanted, _NONE)
        return found[-1]
    some = [it for it in found if len(wanted) >= _LEAST and it.name.startswith(wanted)]
    if len(some) != 1:
        raise NotFound(wanted, _MANY if some else _NONE)
    return some[0]


def same_drive(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two addresses mean the same place; how to log in does not count."""
    return (one["kind"], one["place"]) == (other["kind"], other["place"])


def _named(snapshot: Snapshot, name: str) -> Snapshot:
    return replace(snapshot, name=name)
