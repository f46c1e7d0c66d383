"""
The numbers and names of the format, as `docs/formats/vault.md` gives them.
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct
from typing import NamedTuple

FORMAT = 1
HISTORY = "history.parquet"
"""The file beside a manifest that says which content each earlier version had."""
CONFIG = "vault.json"
PACKS, INDEX, SNAPSHOTS, KEYS, LOCKS = "packs", "index", "snapshots", "keys", "locks"

PACK_SIZE = 16 << 20
"""Bytes of records after which a pack is closed."""
WHOLE = 1 << 20
"""Contents up to this size are one record; larger ones are cut."""
CUT_LEAST, CUT_MEAN, CUT_MOST = 256 << 10, 1 << 20, 8 << 20
"""Bytes of the pieces of a large content."""

SALT, TAG, ID = 32, 16, 32


class Kind(IntEnum):
    """What a record holds."""

    FILE = 1
    """A whole content."""
    PIECE = 2
    """A piece of a larger one."""
    LIST = 3
    """The ids of the pieces of a content, in order."""


class How(IntEnum):
    """How a record is stored."""

    PLAIN = 0
    ZSTD = 1


class Record(NamedTuple):
    """A record of a pack as its table tells it; *stored* and *raw* are bytes, the first without its tag."""

    kind: Kind
    how: How
    id: bytes
    stored: int
    raw: int


RECORD = Struct("<BB32sII")
"""How a `Record` stands in tables."""
