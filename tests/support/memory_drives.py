"""
Drives in memory that an address can name, so that a whole pass runs inside the test.
"""

from __future__ import annotations

from lading.connectors.address import Address
from lading.connectors.memory import MemoryDrive, MemoryStore

STORES: dict[str, MemoryStore] = {}


def open(address: Address) -> MemoryDrive:  # noqa: A001 — the name that the table of connectors asks for
    """A client of the store that *address* names."""
    return MemoryDrive(STORES[address.place], owner=address.owner)
