"""
Nextcloud as a drive: files by WebDAV, and what hangs on them by OCS and the properties of its apps.

ownCloud 10 speaks the same where it has the same.  Nothing is written to a
server that is only read.
"""

from lading.connectors.kinds import DriveKind
from lading.connectors.nextcloud.opening import open  # noqa: A004 (every connector is opened by this name)
from lading.model.text import Text

KIND = DriveKind(about=Text("Nextcloud, one account or many.", "Nextcloud，单个或多个账号。"))

__all__ = ["KIND", "open"]
