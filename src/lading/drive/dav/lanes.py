"""Which lane answers which method."""

from __future__ import annotations

from collections.abc import Callable

from lading.drive.dav.get import get
from lading.drive.dav.locking import lock, unlock
from lading.drive.dav.propfind import propfind
from lading.drive.dav.put import put
from lading.drive.dav.request import Answer, Request
from lading.drive.dav.together import Pending
from lading.drive.dav.verbs import VERBS, perform

HOT = frozenset({"GET", "HEAD", "PUT"})
"""Methods whose lanes look at the epoch of the drive themselves; see `glance`."""

LANES: dict[str, Callable[[Request], Answer | Pending]] = {
    "GET": get,
    "HEAD": get,
    "PUT": put,
    "PROPFIND": propfind,
    "LOCK": lock,
    "UNLOCK": unlock,
    **dict.fromkeys(VERBS, perform),
}
