"""
Local folders for what is read of a snapshot, in the system's folder for temporary files.

Each is locked as long as the process lives that made it, or one that was forked from that.  What a killed one
left tells the names of people's files: whoever makes a folder removes it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress

PREFIX = "lading-vault-"
_YOUNG = 60.0
"""Seconds for which a folder that nobody holds may be one whose maker has not locked it yet."""
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

_held: dict[str, int] = {}


def new_folder() -> str:
    """A new folder of this process, for its account alone; `remove_folder` takes it away."""
    _sweep()
    folder = tempfile.mkdtemp(prefix=PREFIX)
    _held[folder] = held = os.open(folder, _OPEN)
    with suppress(OSError):
        # Where a file system has no locks, nobody gets the one that removing what is left takes.
        fcntl.flock(held, fcntl.LOCK_SH)
    return folder


def remove_folder(folder: str) -> None:
    """Remove the *folder* and what is in it; twice is no error."""
    shutil.rmtree(folder, ignore_errors=True)
    if (held := _held.pop(folder, None)) is not None:
        os.close(held)


def _sweep() -> None:
    place = tempfile.gettempdir()
    for name in os.listdir(place):
        if name.startswith(PREFIX):
            with suppress(OSError):
                _remove_left(os.path.join(place, name))


def _remove_left(folder: str) -> None:
    held = os.open(folder, _OPEN)
    try:
        facts = os.fstat(held)
        if facts.st_uid == os.geteuid() and time.time() - facts.st_mtime > _YOUNG:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(held)
