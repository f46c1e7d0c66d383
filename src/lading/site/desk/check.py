"""Check and tidy a drive, from the command line."""

from __future__ import annotations

from lading.drive.check import Report, check
from lading.drive.check.tidy import Tidied, tidy
from lading.model.progress import Publish


def look(publish: Publish, *, read_data: bool, repair: bool) -> Report:
    """What is wrong with the tables and the store."""
    return check(read_data, repair, publish)


def clear(publish: Publish) -> Tidied:
    """Remove what has had its time."""
    return tidy(progress=publish)
