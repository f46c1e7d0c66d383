"""
Make sure that the two drives, and our own state, do not lie inside each other.
"""

from __future__ import annotations

import os
from pathlib import Path as LocalPath
from urllib.parse import unquote, urlsplit

from lading.connectors.address import Address, parse
from lading.model.errors import Overlapping


def check_apart(old: Address, new: Address, state: LocalPath) -> None:
    """
    Check that neither drive holds the other, and none of them the folder *state*.

    Raises:
        Overlapping: one does.
    """
    for inner, outer in ((old, new), (new, old)):
        if _inside(_place(inner), _place(outer)):
            raise Overlapping(str(inner), str(outer))
    for drive in (old, new):
        if _inside(("folder", *os.path.realpath(state).split(os.sep)), _place(drive)):
            raise Overlapping(str(state), str(drive))


def _place(address: Address) -> tuple[str, ...]:
    """Where a drive is, from the widest to the narrowest; a vault is where its store is."""
    if address.kind == "vault":
        return _place(parse(address.place))
    if address.kind == "folder":
        return ("folder", *os.path.realpath(address.place).rstrip(os.sep).split(os.sep))
    if address.kind == "webdav":
        url = urlsplit(address.place)
        port = url.port or {"http": 80, "https": 443}.get(url.scheme)
        names = [name for name in unquote(url.path).split("/") if name]
        return ("web", (url.hostname or "").lower(), str(port), *names)
    return (address.kind, address.place)


def _inside(inner: tuple[str, ...], outer: tuple[str, ...]) -> bool:
    return inner[: len(outer)] == outer
