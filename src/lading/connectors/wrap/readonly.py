"""
A drive that cannot be changed through this object.

Every change is refused before it reaches the drive, those of the facets
included; whether the server would have allowed it is not asked.  Facets stay
visible: the drive can do these things, we may not.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from lading.connectors.facets import Reader
from lading.connectors.wrap.calls import Call
from lading.connectors.wrap.forward import Forwarding
from lading.connectors.wrap.forward_facets import Opens
from lading.model.errors import ReadOnly
from lading.model.paths import Path

T = TypeVar("T")


class ReadOnlyDrive(Forwarding):
    """The inner drive without its changes; each raises `ReadOnly`."""

    def _call(self, call: Call, path: Path, thunk: Callable[[], T]) -> T:
        if call.changes:
            raise ReadOnly(path, f"{call.name}: opened for reading only")
        return thunk()

    def _open(self, call: Call, path: Path, start: int, opens: Opens) -> AbstractContextManager[Reader]:
        # Nothing that is read changes the drive: no detour.
        return opens()
