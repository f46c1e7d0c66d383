"""
Notes: small sealed objects about a vault, written by whoever works on it and removed again.

Locks, keeps and the records of removed key slots are notes, each kind in a
folder of its own.  Sealed, because names of people and machines are nobody
else's business, and so that nobody without the key can write one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from lading.model.errors import BadVault, NotFound
from lading.model.text import Text
from lading.vault.sealing import Master, new_salt
from lading.vault.store import Store
from lading.vault.words import MOST_SMALL, SALT

MAGIC = b"LDGNOTE\x01"
_NO_NOTE = Text("it is no note of this format", "不是此格式的记录")


class Note(NamedTuple):
    """A note: the name of its object and what it tells."""

    name: str
    told: dict[str, Any]


def write(store: Store, master: Master, folder: str, told: Mapping[str, Any]) -> Note:
    """Keep a note in *folder*."""
    salt = new_salt()
    plain = json.dumps(told, ensure_ascii=False, sort_keys=True).encode(errors="backslashreplace")
    sealed = master.sealer(salt, folder).seal(0, plain, MAGIC)
    return Note(store.put(folder, MAGIC + salt + sealed), dict(told))


def read_all(store: Store, master: Master, folder: str) -> Iterator[Note]:
    """
    The notes of *folder*, in the order of their names; one that goes meanwhile is left out.

    Raises:
        BadVault: one is damaged, or was never this vault's.
    """
    for name, _ in sorted(store.names(folder)):
        try:
            content = store.whole(folder, name, most=MOST_SMALL)
        except NotFound:
            continue
        yield Note(name, _told(master, folder, content, f"{folder}/{name}"))


def _told(master: Master, folder: str, content: bytes, name: str) -> dict[str, Any]:
    if not content.startswith(MAGIC) or len(content) < len(MAGIC) + SALT:
        raise BadVault(name, _NO_NOTE)
    salt, sealed = content[len(MAGIC) : len(MAGIC) + SALT], content[len(MAGIC) + SALT :]
    told = json.loads(master.sealer(salt, folder).open(0, sealed, MAGIC, name=name))
    assert isinstance(told, dict)
    return told
