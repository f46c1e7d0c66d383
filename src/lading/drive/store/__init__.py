"""
The store: contents of files, each once, by its SHA-256.

It knows digests and bytes; names, versions and rights are rows in the database.
A content is first put here, then recorded (`record`) in the transaction of the
change that needs it: a crash between the two leaves a content too many, never
one too few.  `docs/formats/drive-store.md` is the layout.
"""

from lading.drive.store.base import SMALL, Item, Reading, Store, Stored
from lading.drive.store.chosen import store
from lading.drive.store.recording import record, record_many

__all__ = ["SMALL", "Item", "Reading", "Store", "Stored", "record", "record_many", "store"]
