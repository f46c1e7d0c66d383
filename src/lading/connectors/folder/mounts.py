"""
Which file systems are mounted where, as far as the kernel tells (Linux: /proc/self/mountinfo).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from lading.connectors.folder.system import by_descriptor
from lading.model.paths import Path, name_from

_TABLE = "/proc/self/mountinfo"
_ESCAPED = re.compile(rb"\\([0-7]{3})")


class Mount(NamedTuple):
    """A mounted file system."""

    device: int
    type: str
    place: bytes
    """The absolute path of its root."""


def mounts_in(table: bytes) -> Iterator[Mount]:
    """The mounts that *table*, in the form of proc(5) `mountinfo`, tells, in its order."""
    for line in table.splitlines():
        before, _, after = line.partition(b" - ")
        fields = before.split(b" ")
        if len(fields) < 6 or not after:
            continue
        major, _, minor = fields[2].partition(b":")
        place = _ESCAPED.sub(lambda found: bytes([int(found.group(1), 8)]), fields[4])
        yield Mount(
            os.makedev(int(major), int(minor)), after.split(b" ")[0].decode("ascii", "replace"), place
        )


def type_of(folder: int) -> str:
    """The type of the file system that *folder* (a descriptor) is on; "" if nobody can tell."""
    device = os.fstat(folder).st_dev
    place = _place(folder)
    found = ""
    longest = -1
    for mount in _mounts():
        # Subvolumes have device numbers of their own that the table does not know.
        if mount.device == device:
            return mount.type
        if _lies_in(place, mount.place) and len(mount.place) >= longest:
            found, longest = mount.type, len(mount.place)
    return found


def mounts_below(folder: int) -> list[Path]:
    """Paths, relative to *folder* (a descriptor), of the file systems mounted below it."""
    place = _place(folder)
    if not place:
        return []
    below = {
        mount.place[len(place.rstrip(b"/")) + 1 :] for mount in _mounts() if _lies_in(mount.place, place)
    }
    return [tuple(map(name_from, names.split(b"/"))) for names in sorted(below - {b""})]


def _mounts() -> Iterator[Mount]:
    try:
        with open(_TABLE, "rb") as stream:
            table = stream.read()
    except OSError:
        return
    yield from mounts_in(table)


def _place(folder: int) -> bytes:
    try:
        return os.readlink(os.fsencode(by_descriptor(folder)))
    except OSError:
        return b""


def _lies_in(place: bytes, folder: bytes) -> bool:
    return place == folder or place.startswith(folder.rstrip(b"/") + b"/")
