"""
Nextcloud as a drive: files by WebDAV, and what hangs on them by OCS and the properties of its apps.

ownCloud 10 speaks the same where it has the same.  Nothing is written to a
server that is only read.
"""

from lading.connectors.nextcloud.opening import open  # noqa: A004 (every connector is opened by this name)

__all__ = ["open"]
