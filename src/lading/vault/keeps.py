"""
Keeps: why a snapshot may not go, or what people call it.

A keep for a campaign holds a snapshot whatever the rules of retention say; a
tag is a word that those rules can name.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from lading.model.errors import BadVault
from lading.model.text import Text
from lading.vault.notes import Note, read_all, write
from lading.vault.sealing import Master
from lading.vault.store import Store
from lading.vault.words import KEEPS

_NO_KEEP = Text("it is no keep of this format", "不是此格式的保留记录")


class Why(StrEnum):
    """What a keep is."""

    CAMPAIGN = "campaign"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Keep:
    """A keep: its *name*, the name of the *snapshot*, *why*, the *word* (id of the campaign, or the tag), by *who*, when (ns)."""

    name: str
    snapshot: str
    why: Why
    word: str
    who: str
    made: int


def keep(store: Store, master: Master, snapshot: str, why: Why, word: str, *, who: str) -> Keep:
    """Note that *snapshot* has to stay for the campaign *word*, or that it is tagged with *word*."""
    made = time.time_ns()
    told = {"snapshot": snapshot, "why": why, "word": word, "who": who, "made": made}
    note = write(store, master, KEEPS, told)
    store.settle()
    return Keep(note.name, snapshot, why, word, who, made)


def keeps(store: Store, master: Master) -> Iterator[Keep]:
    """
    All keeps.

    Raises:
        BadVault: one cannot be read.
    """
    for note in read_all(store, master, KEEPS):
        yield _keep(note)


def release(store: Store, master: Master, why: Why, word: str, *, snapshot: str | None = None) -> int:
    """Remove the keeps for *word*, of one *snapshot* or of all; how many there were."""
    found = [
        it
        for it in keeps(store, master)
        if (it.why, it.word) == (why, word) and snapshot in (None, it.snapshot)
    ]
    for it in found:
        store.remove(KEEPS, it.name)
    return len(found)


def _keep(note: Note) -> Keep:
    try:
        told = note.told
        return Keep(
            note.name,
            str(told["snapshot"]),
            Why(told["why"]),
            str(told["word"]),
            str(told["who"]),
            int(told["made"]),
        )
    except (KeyError, ValueError, TypeError):
        raise BadVault(f"{KEEPS}/{note.name}", _NO_KEEP) from None
