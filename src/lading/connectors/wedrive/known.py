"""
What this process knows of the folders of a space, so that a path need not be looked up for each call.

A listing is believed for a minute.  All drives of a process share it, and
each change made through them is noted; what others change meanwhile is seen a minute later, except where
a call asks anew (`stat`, `list`, and all that expects a certain content).
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from lading.connectors.wedrive.items import Item

TRUST = 60.0
"""Seconds for which a listing is believed."""
FOLDERS = 512
"""Listings that are kept."""
_TURNS = 64
_BIG = 50_000
"""Entries of a folder beyond which its listing is not kept."""


class Known:
    """The listings of one space, by the id of the folder."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._listings: OrderedDict[str, tuple[float, dict[str, Item]]] = OrderedDict()
        self._lock = threading.Lock()
        self._turns = [threading.Lock() for _ in range(_TURNS)]

    def turn(self, folder: str) -> threading.Lock:
        """What is held while *folder* is listed for all who want to know at once; never nested."""
        return self._turns[hash(folder) % _TURNS]

    def since(self, folder: str) -> float | None:
        """When *folder* was last listed, by the clock; None if that is not known."""
        with self._lock:
            found = self._listings.get(folder)
            return None if found is None else found[0]

    def children(self, folder: str) -> dict[str, Item] | None:
        """What lies in *folder*, by name; None if that is not known well enough."""
        with self._lock:
            found = self._listings.get(folder)
            if found is None or self._clock() - found[0] > TRUST:
                return None
            return dict(found[1])

    def child(self, folder: str, name: str) -> tuple[bool, Item | None]:
        """Whether *folder* is known, and what is called *name* in it."""
        with self._lock:
            found = self._listings.get(folder)
            if found is None or self._clock() - found[0] > TRUST:
                return False, None
            return True, found[1].get(name)

    def learn(self, folder: str, children: dict[str, Item]) -> None:
        """*folder* was listed just now."""
        with self._lock:
            self._listings.pop(folder, None)
            if len(children) <= _BIG:
                self._listings[folder] = (self._clock(), dict(children))
            while len(self._listings) > FOLDERS:
                self._listings.popitem(last=False)

    def put(self, folder: str, name: str, item: Item) -> None:
        """*item* lies in *folder* now, as *name*."""
        with self._lock:
            if folder in self._listings:
                self._listings[folder][1][name] = item

    def drop(self, folder: str, name: str) -> None:
        """Nothing is called *name* in *folder* any more."""
        with self._lock:
            if folder in self._listings:
                self._listings[folder][1].pop(name, None)

    def forget(self) -> None:
        """Believe nothing any more."""
        with self._lock:
            self._listings.clear()


_KNOWN: dict[tuple[str, ...], Known] = {}
_GUARD = threading.Lock()


def known_of(*space: str) -> Known:
    """What this process knows of *space*: host, firm and id."""
    with _GUARD:
        return _KNOWN.setdefault(space, Known())


def _begin_anew() -> None:
    global _GUARD
    _KNOWN.clear()
    _GUARD = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
