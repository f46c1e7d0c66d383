"""
WeCom WeDrive (企业微盘) over its server API.

Written by the published pages of that API and tried against an emulator of it;
nothing here was ever tried against the vendor's servers.
"""

from lading.connectors.kinds import DriveKind
from lading.connectors.wedrive.drive import FEATURES, WedriveDrive
from lading.connectors.wedrive.drive import open as open  # noqa: A004 — every connector is opened by this name
from lading.model.text import Text

KIND = DriveKind(
    about=Text("WeCom WeDrive, by its published API.", "企业微盘，依据其公开接口。"), features=FEATURES
)

__all__ = ["KIND", "WedriveDrive", "open"]
