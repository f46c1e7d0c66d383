"""
The meaning of `lading.connectors.api`: one suite for every drive and every wrapper.

A connector's own test is a subclass that says how the drive is opened:

    class TestMemoryDrive(DriveContract):
        @pytest.fixture
        def open_drive(self) -> OpenDrive:
            store = MemoryStore(page_size=2)
            return lambda: MemoryDrive(store)

Each call of `open_drive` gives a fresh client onto the same drive, which is
empty at the start of each test.  A drive that takes no changes passes
`ReadContract`, with something in it, and `RefusesChanges`.

Tests of a facet that the drive does not offer are skipped, and say so.
"""

from lading.testkit.contract.drive import DriveContract
from lading.testkit.contract.reading import ReadContract
from lading.testkit.contract.refusing import RefusesChanges
from lading.testkit.contract.support import OpenDrive

__all__ = ["DriveContract", "OpenDrive", "ReadContract", "RefusesChanges"]
