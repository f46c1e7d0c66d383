"""
What a system without an interface gives away: a zip, a tar or a folder, with tables beside it.

Read-only.  A stranger made the archive: names that lead out of it are never followed, and what cannot be
read, named or matched is told, never left out.
"""

from lading.connectors.export.drive import ExportDrive, open  # noqa: A004 — every connector is opened by this name

__all__ = ["ExportDrive", "open"]
