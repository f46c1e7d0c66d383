"""
What a run that was cut off in a rename left in the dark: whether it was done.
"""

from __future__ import annotations

from lading.connectors.api import Drive
from lading.model.errors import NotFound
from lading.model.paths import Path, decode
from lading.stages.cutover.state import Home, Lines, lines_of


def settle_renames(drive: Drive, home: Home) -> None:
    """Find out which rename was done when a run was cut off in it, and note that."""
    lines = list(lines_of(home.carried))
    waiting = [line["moving"] for line in lines if "moving" in line]
    moved = [line["moved"] for line in lines if "moved" in line]
    for names in waiting[-1:]:
        if names in moved and waiting.count(names) <= moved.count(names):
            continue
        if not is_there(drive, decode(names[0])) and is_there(drive, decode(names[1])):
            notes = Lines(home.carried)
            notes.add({"moved": names})
            notes.close()


def is_there(drive: Drive, path: Path) -> bool:
    """Whether anything stands at *path*."""
    try:
        drive.stat(path)
    except NotFound:
        return False
    return True
