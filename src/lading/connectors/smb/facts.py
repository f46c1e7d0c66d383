"""
What a server says of a file, as an entry.
"""

from __future__ import annotations

from lading.connectors.smb.packets import A_DIRECTORY, A_REPARSE, Facts
from lading.model.entry import Entry, Kind
from lading.model.paths import Path

GRAIN = 100
"""Nanoseconds in a step of the server's times."""
_EPOCH = 11_644_473_600 * 10_000_000
"""1970 in steps since 1601."""
EARLIEST = (1 - _EPOCH) * GRAIN
"""The first time that can be set, in nanoseconds since 1970: 0 means that nothing is to be set."""
LATEST = (2**63 - 1 - _EPOCH) * GRAIN

# [MS-FSCC] 2.1.2.1: this bit says that the file stands for another name; links of DFS lack it.
_SURROGATE = 0x20000000
_DFS = frozenset({0x8000000A, 0x80000012})


def nanoseconds(time: int) -> int | None:
    """A time of the server in nanoseconds since 1970; None for one that is not known."""
    return (time - _EPOCH) * GRAIN if time else None


def steps(modified: int) -> int:
    """Nanoseconds since 1970 as a time of the server; the inverse of `nanoseconds`."""
    return modified // GRAIN + _EPOCH


def is_link(facts: Facts) -> bool:
    """Whether it stands for another name: a symlink, a junction, a link of DFS."""
    return bool(facts.attributes & A_REPARSE and (facts.tag & _SURROGATE or facts.tag in _DFS))


def is_folder(facts: Facts) -> bool:
    """Whether it can hold others."""
    return bool(facts.attributes & A_DIRECTORY)


def etag_of(facts: Facts) -> str:
    """What changes with the content: number, size, and the times of making, writing and changing."""
    return f"{facts.id:x}-{facts.size:x}-{facts.created:x}-{facts.written:x}-{facts.changed:x}"


def entry_of(path: Path, facts: Facts) -> Entry:
    """The entry at *path*."""
    identity = f"{facts.id:x}" if facts.id else None
    modified = nanoseconds(facts.written)
    if is_link(facts):
        return Entry(path, Kind.SYMLINK, modified=modified, id=identity)
    if is_folder(facts):
        return Entry(path, Kind.FOLDER, modified=modified, id=identity)
    return Entry(path, Kind.FILE, facts.size, modified, identity, etag_of(facts))
