"""
WeCom WeDrive (企业微盘) over its server API.

Written by the published pages of that API and tried against an emulator of it;
nothing here was ever tried against the vendor's servers.
"""

from lading.connectors.wedrive.drive import WedriveDrive
from lading.connectors.wedrive.drive import open as open  # noqa: A004 — every connector is opened by this name

__all__ = ["WedriveDrive", "open"]
