"""
What the master key of a vault does: sealing, and naming contents so that nobody without it learns from the names.

Each object has a key of its own, derived from the master key and the object's
random salt; within it nonces count up, so none is ever used twice.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from blake3 import blake3
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lading.model.errors import BadVault
from lading.model.text import Text
from lading.vault.words import SALT, Kind

MASTER = 64
"""Bytes of a master key."""
_NONCE = 12
LAST = (1 << 8 * _NONCE) - 1
"""The nonce of what stands at the end of an object."""
_BROKEN = Text("its seal is broken: it was changed or damaged", "封印已损坏：内容被改动或受损")


@dataclass(frozen=True, slots=True)
class Master:
    """The master key of a vault: 32 bytes that seal, 32 that name."""

    key: bytes = field(repr=False)

    @classmethod
    def new(cls) -> Master:
        """A random one."""
        return cls(os.urandom(MASTER))

    def sealer(self, salt: bytes, what: str) -> Sealer:
        """What seals the object of kind *what* with *salt*."""
        return Sealer(_derived(self.key[:32], salt, what))

    @property
    def cutting(self) -> int:
        """A secret number that says where contents are cut, so that lengths of pieces tell nothing of known files."""
        return int.from_bytes(_derived(self.key[32:], b"", "cut")[:4], "little")

    def id_of(self, kind: Kind, digest: bytes) -> bytes:
        """The id of a content by its SHA-256, or of its list."""
        return blake3(bytes((kind,)) + digest, key=self.key[32:]).digest()

    def id_of_piece(self, piece: bytes | memoryview) -> bytes:
        """The id of a piece."""
        named = blake3(bytes((Kind.PIECE,)), key=self.key[32:])
        named.update(piece)
        return named.digest()


class Sealer:
    """Seals and opens the parts of one object, each with a number of its own."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, number: int, plain: bytes | memoryview, about: bytes = b"") -> bytes:
        """*plain*, sealed together with what it is *about*."""
        return self._cipher.encrypt(number.to_bytes(_NONCE, "big"), plain, about)

    def open(self, number: int, sealed: bytes | memoryview, about: bytes = b"", *, name: str) -> bytes:
        """
        What was sealed, of the object *name*.

        Raises:
            BadVault: it is not what was sealed.
        """
        try:
            return self._cipher.decrypt(number.to_bytes(_NONCE, "big"), sealed, about)
        except InvalidTag:
            raise BadVault(name, _BROKEN) from None


def new_salt() -> bytes:
    """The salt of a new object."""
    return os.urandom(SALT)


def _derived(key: bytes, salt: bytes, what: str) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, b"lading vault 1 " + what.encode()).derive(key)
