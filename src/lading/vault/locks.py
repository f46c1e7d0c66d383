"""
Locks: writers and readers share a vault, whoever removes from it is alone.

A lock says who holds it and is removed by who made it.  It never expires: a
lock of a process of this host that is certainly dead is removed by whoever
comes next, any other one by a person (`lading vault unlock`).  A lock is
written first and the others are looked at afterwards, so of two that come at
once at least one sees the other; this needs a store that lists what was written.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from lading.model.errors import BadVault, Busy, Forbidden, ReadOnly
from lading.model.text import Text
from lading.vault.machine import Process, is_dead, this_process
from lading.vault.notes import Note, read_all, write
from lading.vault.sealing import Master
from lading.vault.store import Store
from lading.vault.words import LOCKS

_HELD = Text(
    "{purpose} of {who} on {host}, process {number}, since {since}",
    "{who} 在 {host} 上的 {purpose}，进程 {number}，始于 {since}",
)
_GONE = Text("our own lock was removed: start again", "本任务的锁已被移除：请重新开始")
_NO_LOCK = Text("it is no lock of this format", "不是此格式的锁")


class Mode(StrEnum):
    """How a lock is held."""

    SHARED = "shared"
    """By who reads, and by who adds."""
    ALONE = "alone"
    """By who removes or rebuilds."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock: its *name*, its *mode*, *who* holds it for which *purpose*, in which *process*, and since when (ns)."""

    name: str
    mode: Mode
    who: str
    purpose: str
    since: int
    process: Process

    @property
    def says(self) -> Text:
        """Who holds it, as a sentence."""
        since = datetime.fromtimestamp(self.since // 10**9, UTC).strftime("%Y-%m-%d %H:%M UTC")
        facts = {
            "purpose": self.purpose,
            "who": self.who,
            "host": self.process.host,
            "number": str(self.process.number),
            "since": since,
        }
        return Text(_HELD.en.format(**facts), _HELD.zh.format(**facts))


class Held:
    """A lock of ours, while we work."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self.name = name

    def confirm(self) -> None:
        """
        Make sure that nobody took the lock away; to be asked before anything is removed for good.

        Raises:
            Busy: it is gone.
        """
        if self.name not in {name for name, _ in self._store.names(LOCKS)}:
            raise Busy(self._store.drive.profile.address, _GONE)


@contextmanager
def locked(
    store: Store, master: Master, mode: Mode, *, who: str, purpose: str, needed: bool = True
) -> Iterator[Held]:
    """
    Hold a lock on the vault for the time of the block; if it is not *needed*, do without where nothing can be written.

    Raises:
        Busy: somebody else holds one that does not go together with it.
        BadVault: a lock cannot be read.
    """
    _refuse(store, master, mode, "")
    own = this_process()
    told = {"mode": mode, "who": who, "purpose": purpose, "since": time.time_ns(), **own._asdict()}
    try:
        name = write(store, master, LOCKS, told).name
    except (ReadOnly, Forbidden):
        if needed:
            raise
        yield Held(store, "")
        return
    try:
        _refuse(store, master, mode, name)
        yield Held(store, name)
    finally:
        store.remove(LOCKS, name)


def locks(store: Store, master: Master) -> Iterator[Lock]:
    """
    All locks.

    Raises:
        BadVault: one cannot be read.
    """
    for note in read_all(store, master, LOCKS):
        yield _lock(note)


def unlock(store: Store, name: str) -> None:
    """Remove a lock whose holder, as a person has made sure, is no more."""
    store.remove(LOCKS, name)


def _refuse(store: Store, master: Master, mode: Mode, own: str) -> None:
    us = this_process()
    for lock in locks(store, master):
        if lock.name == own:
            continue
        if is_dead(lock.process, us):
            store.remove(LOCKS, lock.name)
        elif Mode.ALONE in (mode, lock.mode):
            raise Busy(store.drive.profile.address, lock.says)


def _lock(note: Note) -> Lock:
    told = note.told
    try:
        process = Process(
            str(told["host"]),
            str(told["machine"]),
            str(told["boot"]),
            str(told["space"]),
            int(told["number"]),
            str(told["began"]),
        )
        return Lock(
            note.name,
            Mode(told["mode"]),
            str(told["who"]),
            str(told["purpose"]),
            int(told["since"]),
            process,
        )
    except (KeyError, ValueError, TypeError):
        raise BadVault(f"{LOCKS}/{note.name}", _NO_LOCK) from None
