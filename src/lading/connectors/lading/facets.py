"""
Changes and the freeze switch of a drive of ours.
"""

from __future__ import annotations

import json
from typing import Any

from lading.connectors.facets import Change
from lading.connectors.lading.wire import Wire, route
from lading.model.errors import CursorExpired, NotFound
from lading.model.paths import ROOT
from lading.model.text import Text


class LadingChanges:
    """What changed since a cursor, which is one per space."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def cursor(self) -> str:
        """A cursor for now."""
        return json.dumps({space: self._ask(space, None)[1] for space in self._spaces()})

    def since(self, cursor: str) -> tuple[list[Change], str]:
        """Changes after *cursor*, and the next cursor."""
        try:
            known = dict(json.loads(cursor))
        except (ValueError, TypeError):
            raise CursorExpired(ROOT, Text("it is no cursor of this drive", "不是此网盘的游标")) from None
        found, following = [], {}
        for space in self._spaces():
            if space not in known:
                # A space that came since: all of it is new to whoever asks.
                raise CursorExpired(ROOT, Text("there is a new space", "出现了新空间"))
            changes, following[space] = self._ask(space, known[space])
            found += [change for told in changes if (change := self._change(space, told))]
        return found, json.dumps(following)

    def expire(self) -> None:
        """Begin a new epoch of each space: the whole space, also where the drive was opened at a folder in it."""
        for space in self._spaces():
            self._wire.call("POST", route("spaces", space, "epoch"), {}, ROOT)

    def _spaces(self) -> list[str]:
        keys = [space["key"] for space in self._wire.spaces()]
        root = self._wire.place.root
        return [self._wire.space(root[0], ROOT)] if root else sorted(keys)

    def _ask(self, space: str, since: str | None) -> tuple[list[dict[str, Any]], str]:
        place, found = route("spaces", space, "changes"), []
        while True:
            told = self._wire.large(place, {"since": since}, ROOT)
            found += told["changes"]
            if since is None or not told["changes"]:
                return found, told["cursor"]
            since = told["cursor"]

    def _change(self, space: str, told: dict[str, Any]) -> Change | None:
        path = self._wire.path(space, told["path"])
        return None if path is None else Change(path, told["removed"])


class LadingFreeze:
    """The read-only switch of a space."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def freeze(self, space: str, *, message: str) -> None:
        """Refuse changes by anybody in *space*; `""` is the space the drive was opened at."""
        self._wire.call("PUT", self._route(space), {}, ROOT, told={"message": message})

    def thaw(self, space: str) -> None:
        """Allow changes again."""
        self._wire.call("DELETE", self._route(space), {}, ROOT)

    def frozen(self, space: str) -> str:
        """The message of a freeze; `""` if there is none."""
        key = self._key(space)
        return next((str(one["frozen"]) for one in self._wire.spaces() if one["key"] == key), "")

    def _route(self, space: str) -> str:
        return route("spaces", self._key(space), "freeze")

    def _key(self, space: str) -> str:
        root = self._wire.place.root
        label = root[0] if root and not space else space
        if root and space:
            raise NotFound(
                (space,), Text("folders cannot be frozen, spaces can", "只能冻结空间，不能冻结文件夹")
            )
        return self._wire.space(label, (space,) if space else ROOT)
