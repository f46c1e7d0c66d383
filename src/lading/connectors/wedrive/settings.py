"""
The switches of spaces and files, and how much the firm may store.

The published pages name these switches and describe few of them, and say of none how it stands untouched: so a space tells
all of its own.  A file tells what is stricter than that, or marked on it alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from lading.connectors.facets import Room
from lading.connectors.wedrive.ground import Ground
from lading.connectors.wedrive.rights import WedriveGrants
from lading.connectors.wedrive.trouble import senseless
from lading.connectors.wedrive.wire import Wire
from lading.model.access import Setting
from lading.model.paths import ROOT, Path

EXTERNAL, BAN = "enable_share_external", "ban_share_external"
APPROVED = ("corp_internal_approve_only_by_admin", "corp_external_approve_only_by_admin")
_FRESH = 30.0


class WedriveSettings:
    """What is switched on spaces, folders and files; one call for each, which grants and links share."""

    def __init__(self, ground: Ground, grants: WedriveGrants) -> None:
        self._ground, self._grants = ground, grants
        self._spaces: dict[str, tuple[float, Mapping[str, Any]]] = {}
        self._lock = threading.Lock()

    def list(self, path: Path) -> tuple[Setting, ...]:
        """The switches of a space, or those of an entry that its space has not set as strictly."""
        if self._ground.is_top(path):
            return ()
        spot = self._ground.spot(path)
        space = self._of_space(spot.tree.space, path)
        if not spot.within:
            return tuple(Setting(path, name, _word(value)) for name, value in sorted(space.items()))
        told = self._grants.permission(path)
        return tuple(Setting(path, name, _word(value)) for name, value in entry_settings(told, space))

    def all(self) -> Iterator[Setting] | None:
        """Not in few calls: WeDrive has to be asked entry by entry."""
        return None

    def _of_space(self, space: str, path: Path) -> Mapping[str, Any]:
        with self._lock:
            kept = self._spaces.get(space)
            if kept is not None and time.monotonic() - kept[0] < _FRESH:
                return kept[1]
        told = self._ground.wire.call("new_space_info", {"spaceid": space}, path).get("space_info")
        found = told.get("secure_setting") if isinstance(told, dict) else None
        if not isinstance(found, dict):
            raise senseless(path, "secure_setting")
        with self._lock:
            self._spaces[space] = time.monotonic(), found
        return found


class WedriveCapacity:
    """The capacity of the firm; the pages since April 2025 no longer list the rest of it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def room(self) -> Room:
        """What `mng_capacity` says, one call."""
        told = self._wire.call("mng_capacity", {}, ROOT)
        return Room(_bytes(told.get("total_capacity_for_all")), _bytes(told.get("rest_capacity_for_all")))


def entry_settings(told: Mapping[str, Any], space: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """
    What an entry has switched by itself: *told* is the answer of `get_file_permission`, *space* the switches of its space.

    What is left out of an answer is not guessed at.
    """
    secure = _object(told.get("secure_setting"))
    if secure.get(BAN) is True and space.get(EXTERNAL) is not False:
        yield BAN, True
    if secure.get("modify_only_by_admin") is True:
        yield "modify_only_by_admin", True
    for name in ("enable_readonly_comment", "enable_readonly_copy"):
        if secure.get(name) is False:
            yield name, False
    reach = _object(told.get("share_range"))
    yield from ((name, True) for name in APPROVED if reach.get(name) is True)
    mark = _object(told.get("watermark"))
    if mark.get("text") or mark.get("show_text") is True or mark.get("show_visitor_name") is True:
        yield "watermark", mark.get("text") or "on"
    yield from ((name, True) for name in ("force_by_admin", "force_by_space_admin") if mark.get(name) is True)


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _object(told: object) -> Mapping[str, Any]:
    return told if isinstance(told, dict) else {}


def _bytes(told: object) -> int | None:
    return told if isinstance(told, int) and not isinstance(told, bool) and told >= 0 else None
