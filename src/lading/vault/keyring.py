"""
Which secrets open a vault: slots added, removed, and given another secret.

What a removal leaves is a record, so that a slot that is gone without one is
known to be lost.  All slots give the same master key: whoever once had it, or
a copy of a slot and its secret, keeps it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from lading.model.errors import BadRequest, NotFound
from lading.model.failpoints import failpoint
from lading.model.text import Text
from lading.vault.keys import Slot, new_slot
from lading.vault.notes import read_all, write
from lading.vault.store import Store
from lading.vault.vault import Opened, slots
from lading.vault.words import KEYS, MOST_SLOTS, REMOVED

FAILPOINTS = ("vault.key_added", "vault.key_recorded")
_LAST = Text(
    "it is the only slot: without it nobody opens the vault",
    "这是唯一的密钥槽：没有它，任何人都无法打开保管库",
)
_NONE = Text("no key slot begins like this", "没有以此开头的密钥槽")
_MANY = Text("several key slots begin like this", "有多个密钥槽以此开头")
_FULL = Text(f"there are {MOST_SLOTS} slots already", f"已有 {MOST_SLOTS} 个密钥槽")


class State(StrEnum):
    """What is known of a slot."""

    THERE = "there"
    REMOVED = "removed"
    LOST = "lost"


class Known(NamedTuple):
    """A slot that is or was: its *name*, *state*, *label*, and when it was made or removed (ns; 0: not known)."""

    name: str
    state: State
    label: str
    when: int


def add_key(store: Store, opened: Opened, secret: bytes, *, label: str, now: int | None = None) -> str:
    """
    Let *secret* open the vault too; the name of the new slot.

    Raises:
        BadRequest: there are as many slots as there may be.
    """
    if sum(1 for _ in store.names(KEYS)) >= MOST_SLOTS:
        raise BadRequest(KEYS, _FULL)
    made = time.time_ns() if now is None else now
    name = store.put(KEYS, new_slot(opened.master, secret, opened.id, label=label, made=made).content())
    store.settle()
    return name


def remove_key(store: Store, opened: Opened, name: str, *, who: str) -> None:
    """
    Let the slot *name* open the vault no more.

    Raises:
        BadRequest: no other slot is whole.
    """
    whole = slots(store, [])
    if not whole.keys() - {name}:
        raise BadRequest(name, _LAST)
    label = whole[name].label if name in whole else ""
    told = {"slot": name, "label": label, "who": who, "when": time.time_ns()}
    # The record first: a slot that is there and recorded as removed is removed again, one without a record is lost.
    write(store, opened.master, REMOVED, told)
    store.settle()
    failpoint("vault.key_recorded")
    store.remove(KEYS, name)


def rotate_key(store: Store, opened: Opened, name: str, secret: bytes, *, who: str) -> str:
    """Give the slot *name* another secret; the name of the slot that takes its place."""
    whole = slots(store, [])
    label = whole[name].label if name in whole else ""
    new = add_key(store, opened, secret, label=label)
    failpoint("vault.key_added")
    remove_key(store, opened, name, who=who)
    return new


def named(store: Store, wanted: str) -> str:
    """
    The name of the slot that begins with *wanted*.

    Raises:
        NotFound: none does, or several do.
    """
    found = [name for name, _ in store.names(KEYS) if wanted and name.startswith(wanted)]
    if len(found) != 1:
        raise NotFound(wanted, _MANY if found else _NONE)
    return found[0]


def known_keys(store: Store, opened: Opened, seen: Iterable[str] = ()) -> list[Known]:
    """All slots there are, were removed, or are lost: *seen* by a snapshot and neither there nor removed."""
    there: dict[str, Slot] = slots(store, [])
    removed = {str(note.told["slot"]): note.told for note in read_all(store, opened.master, REMOVED)}
    found = [Known(name, State.THERE, it.label, it.made) for name, it in there.items()]
    found += [
        Known(name, State.REMOVED, str(told["label"]), int(told["when"]))
        for name, told in removed.items()
        if name not in there
    ]
    lost = sorted(set(seen) - there.keys() - removed.keys())
    return found + [Known(name, State.LOST, "", 0) for name in lost]
