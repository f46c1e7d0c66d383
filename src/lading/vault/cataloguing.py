"""
Which catalog a snapshot gets.
"""

from __future__ import annotations

from lading.manifest.few import FEW
from lading.manifest.read import Manifest
from lading.vault.catalog import Catalog
from lading.vault.catalog_few import FewEntries
from lading.vault.catalog_file import EntriesInFile
from lading.vault.part import Part


def catalog_of(manifest: Manifest, folder: str, part: Part | None = None) -> Catalog:
    """
    A catalog of *manifest* (only those of *part*); one that needs a file makes it in *folder*.

    Raises:
        BadManifest: an entry stands twice in the manifest.
    """
    if manifest.objects <= FEW and not manifest.has("versions"):
        return FewEntries(manifest, part)
    return EntriesInFile(manifest, folder, part)
