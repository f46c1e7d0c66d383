"""
What a system without an interface gives away: a zip, a tar or a folder, with tables beside it.

Read-only.  A stranger made the archive: names that lead out of it are never followed, and what cannot be
read, named or matched is told, never left out.
"""

from lading.connectors.export.drive import ExportDrive, open  # noqa: A004 — every connector is opened by this name
from lading.connectors.kinds import DriveKind
from lading.connectors.profile import Features
from lading.model.text import Text

__all__ = ["KIND", "ExportDrive", "open"]

KIND = DriveKind(
    about=Text(
        "A zip, a tar or a folder that a system without an interface gave away, with tables beside it.",
        "无接口系统导出的 zip、tar 或文件夹，附带说明表格。",
    ),
    features=Features(),
)
