"""
A WebDAV server as a drive: any server, with what is known of the more common ones.

It never follows a redirect, never sends a login to another origin, and writes
nothing at all to a server that is only read.
"""

from lading.connectors.kinds import DriveKind
from lading.connectors.profile import Features
from lading.connectors.webdav.drive import WebdavDrive, open  # noqa: A004 (every connector is opened by this name)
from lading.model.text import Text

__all__ = ["KIND", "WebdavDrive", "open"]

KIND = DriveKind(about=Text("Any WebDAV server.", "任意 WebDAV 服务器。"), features=Features())
