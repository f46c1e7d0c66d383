"""
Key slots: the master key, sealed by a passphrase or by the content of a file; each slot opens the vault alone.
"""

from __future__ import annotations

import base64
import json
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from lading.model.errors import BadVault
from lading.model.text import Text
from lading.vault.sealing import MASTER, Master
from lading.vault.words import KEYS, TAG

PASSES, MEMORY, LANES = 3, 65_536, 4
"""Cost of a passphrase: passes, KiB of memory, lanes (RFC 9106, the second recommended choice)."""
_MOST_MEMORY, _MOST_PASSES, _MOST_LANES = 1 << 20, 16, 16
"""What a slot may ask for: a foreign server could have put it there."""
_NONCE, _SALT = 12, 32
LEAST_KEY, MOST_KEY = 32, 1 << 20
"""Bytes of a key file: an empty or short one would protect nothing."""
KEY_SIZE = Text(
    f"a key file has {LEAST_KEY} bytes to 1 MiB, best random ones",
    f"密钥文件应为 {LEAST_KEY} 字节至 1 MiB，最好为随机内容",
)
_NO_SLOT = Text("this is no key slot", "这不是密钥槽")


@dataclass(frozen=True, slots=True)
class Slot:
    """A key slot as it is stored: *made* is the time (ns), *label* what people call it."""

    salt: bytes
    sealed: bytes
    passes: int
    memory: int
    lanes: int
    label: str
    made: int

    def content(self) -> bytes:
        """The slot as an object of the vault."""
        told = {
            "kdf": "argon2id",
            "passes": self.passes,
            "memory_kib": self.memory,
            "lanes": self.lanes,
            "salt": _text(self.salt),
            "sealed": _text(self.sealed),
            "label": self.label,
            "made": self.made,
        }
        return json.dumps(told, ensure_ascii=False, sort_keys=True).encode() + b"\n"

    def _about(self, vault: str) -> bytes:
        """What is sealed in with the key, so that nobody gives the slot another label, time or cost."""
        told = [vault, self.passes, self.memory, self.lanes, self.label, self.made]
        return b"lading key 1 " + json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode()

    @property
    def id(self) -> str:
        """The name of the slot: the digest of its content."""
        return sha256(self.content()).hexdigest()

    def opened(self, secret: bytes, vault: str) -> Master | None:
        """The master key of the vault with the id *vault*; None if *secret* is not the one."""
        key = _stretched(secret, self.salt, self.passes, self.memory, self.lanes)
        try:
            return Master(AESGCM(key).decrypt(self.salt[:_NONCE], self.sealed, self._about(vault)))
        except InvalidTag:
            return None


def new_slot(master: Master, secret: bytes, vault: str, *, label: str, made: int) -> Slot:
    """A slot that gives *master* to whoever has *secret*."""
    empty = Slot(os.urandom(_SALT), b"", PASSES, MEMORY, LANES, label, made)
    key = _stretched(secret, empty.salt, PASSES, MEMORY, LANES)
    sealed = AESGCM(key).encrypt(empty.salt[:_NONCE], master.key, empty._about(vault))
    return replace(empty, sealed=sealed)


def slot_from(content: bytes, name: str) -> Slot:
    """
    The slot that the object *name* holds.

    Raises:
        BadVault: it is none, or asks for more work than any slot of ours does.
    """
    try:
        told = json.loads(content)
        slot = _slot(told)
        # Its name is the digest of these very bytes; another spelling of them is not ours.
        fits = told["kdf"] == "argon2id" and slot.content() == content
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise BadVault(f"{KEYS}/{name}", _NO_SLOT) from None
    if not fits or not _bearable(slot):
        raise BadVault(f"{KEYS}/{name}", _NO_SLOT)
    return slot


def secret_of(passphrase: str) -> bytes:
    """What a passphrase is as bytes: the same however its characters were composed."""
    return unicodedata.normalize("NFC", passphrase).encode()


def _slot(told: Mapping[str, Any]) -> Slot:
    return Slot(
        base64.b64decode(told["salt"], validate=True),
        base64.b64decode(told["sealed"], validate=True),
        int(told["passes"]),
        int(told["memory_kib"]),
        int(told["lanes"]),
        str(told["label"]),
        int(told["made"]),
    )


def _stretched(secret: bytes, salt: bytes, passes: int, memory: int, lanes: int) -> bytes:
    return Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory).derive(secret)


def _bearable(slot: Slot) -> bool:
    return (
        len(slot.salt) == _SALT
        and len(slot.sealed) == MASTER + TAG
        and 1 <= slot.passes <= _MOST_PASSES
        and 1 <= slot.lanes <= _MOST_LANES
        and 8 * slot.lanes <= slot.memory <= _MOST_MEMORY
    )


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
