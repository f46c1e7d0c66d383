"""
Keep people from changing a drive while it is backed up, and let them again in every case.

A freeze that somebody else has set is respected and stays.  One of ours that a killed run has left is known by its message, so
the same backup, given again, takes it over and ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lading.connectors.api import Drive
from lading.connectors.listing import list_all
from lading.model.entry import Kind
from lading.model.errors import DriveError, NotFound, StillFrozen
from lading.model.paths import ROOT, shown
from lading.model.text import Text

_MESSAGE = (
    "正在备份，稍后即可继续修改。 A backup is being taken; changes will be possible again shortly. [{mark}]"
)
_HERE = ""
"""The space that a drive was opened at."""

Warn = Callable[[str], None]
"""Is told the name of a space that is about to be frozen, so that somebody knows it if we are killed."""


@contextmanager
def frozen(drive: Drive, mark: str, warn: Warn) -> Iterator[tuple[str, ...] | None]:
    """
    Freeze all spaces of *drive* for the time of the block; their names, or None where the drive cannot do that.

    *mark* is the same for the same backup, and for no other.

    Raises:
        DriveError: a space cannot be frozen; those that were are thawed.
        StillFrozen: a space could not be thawed; the work in the block may have been done all the same.
    """
    if drive.freeze is None:
        yield None
        return
    message = _MESSAGE.format(mark=mark)
    ours: list[str] = []
    spaces = _spaces(drive)
    try:
        for space in spaces:
            said = drive.freeze.frozen(space)
            if said in ("", message):
                warn(_name(drive, space))
                # Noted first: an answer that is lost may have frozen it.
                ours.append(space)
                drive.freeze.freeze(space, message=message)
        yield tuple(_name(drive, space) for space in spaces)
    finally:
        _thaw(drive, ours, message)


def _spaces(drive: Drive) -> list[str]:
    """The space that *drive* was opened at, or all of them where it was opened above them."""
    assert drive.freeze is not None
    try:
        drive.freeze.frozen(_HERE)
    except NotFound:
        return [entry.path[0] for entry in list_all(drive, ROOT) if entry.kind is Kind.FOLDER]
    return [_HERE]


def _thaw(drive: Drive, spaces: list[str], message: str) -> None:
    """Thaw all *spaces* that are still frozen with *message*, also when one of them fails; what others set meanwhile stays."""
    assert drive.freeze is not None
    failed: list[str] = []
    why = Text("", "")
    for space in spaces:
        try:
            if drive.freeze.frozen(space) == message:
                drive.freeze.thaw(space)
        except DriveError as problem:
            failed.append(_name(drive, space))
            why = problem.details
    if failed:
        raise StillFrozen(", ".join(failed), why)


def _name(drive: Drive, space: str) -> str:
    return shown((space,)) if space else drive.profile.address
