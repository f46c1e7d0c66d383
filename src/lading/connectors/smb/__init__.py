"""
Windows file servers and Samba, over SMB 2 and 3.

Signing, encryption and login are those of `smbprotocol`; the requests are our own, since its messages round times
to microseconds and follow symlinks.  `drive.py` holds the six calls.
"""

from lading.connectors.kinds import DriveKind
from lading.connectors.smb.drive import SmbDrive, open  # noqa: A004 — every connector is opened by this name
from lading.connectors.smb.rights import FEATURES
from lading.model.text import Text

KIND = DriveKind(
    about=Text("A Windows file server or Samba.", "Windows 文件服务器或 Samba。"),
    features=FEATURES,
)

__all__ = ["KIND", "SmbDrive", "open"]
