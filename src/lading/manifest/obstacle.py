"""
What a failed call says about: one object, or the whole drive.
"""

from __future__ import annotations

from lading.connectors.api import Drive
from lading.model.errors import Advice, DriveError
from lading.model.paths import ROOT


def stands_in_the_way(drive: Drive, error: DriveError) -> bool:
    """
    Whether *error* is about the whole drive and not about one object.

    A call that failed in spite of its repetitions may be the object's fault (a server that
    stumbles over one name); if the root answers, it is.
    """
    if error.advice is not Advice.RETRY:
        return error.advice is Advice.STOP_DRIVE
    try:
        drive.stat(ROOT)
    except DriveError:
        return True
    return False
