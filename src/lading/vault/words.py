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
KEEPS, REMOVED = "keeps", "removed"
FOLDERS = (PACKS, INDEX, SNAPSHOTS, KEYS, REMOVED, LOCKS, KEEPS)

PACK_SIZE = 6 << 20
"""Bytes of records after which a pack is closed."""
PACK_RECORDS = 1 << 16
"""Records after which a pack is closed, so that no table gets large."""
WHOLE = 1 << 20
"""Contents up to this size are one record; larger ones are cut."""
CUT_LEAST, CUT_MEAN, CUT_MOST = 256 << 10, 1 << 20, 8 << 20
"""Bytes of the pieces of a large content."""

MOST_OBJECT = 256 << 20
"""Bytes of the largest object that is read as a whole."""
MOST_SMALL = 1 << 16
"""Bytes of the largest key slot, note or description."""
MOST_SLOTS = 64
"""Key slots that are tried: each costs whoever opens the vault its work."""
MOST_RAW = 64 << 20
"""Bytes that a compressed record may hold; larger ones are stored plain."""

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


KINDS: dict[int, Kind] = {kind.value: kind for kind in Kind}
HOWS: dict[int, How] = {how.value: how for how in How}
"""What the numbers stand for; to ask the classes takes several times as long, and is done for each record."""


class Record(NamedTuple):
    """A record of a pack as its table tells it; *stored* and *raw* are bytes, the first without its tag."""

    kind: Kind
    how: How
    id: bytes
    stored: int
    raw: int


RECORD = Struct("<BB32sII")
"""How a `Record` stands in tables."""
