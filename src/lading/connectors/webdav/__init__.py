"""
A WebDAV server as a drive: any server, with what is known of the more common ones.

It never follows a redirect, never sends a login to another origin, and writes
nothing at all to a server that is only read.
"""

from lading.connectors.webdav.drive import WebdavDrive, open  # noqa: A004 (every connector is opened by this name)

__all__ = ["WebdavDrive", "open"]
