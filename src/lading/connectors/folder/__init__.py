"""
A folder of this machine as a drive: a local disk, or a mounted SMB or NFS share.

Linux and other Unix systems.  It never follows a symlink, never leaves its
root, and writes nothing at all to a drive that is only read.
"""

from lading.connectors.folder.drive import FolderDrive, open  # noqa: A004 — every connector is opened by this name
from lading.connectors.kinds import DriveKind
from lading.connectors.profile import Features
from lading.model.text import Text

__all__ = ["KIND", "FolderDrive", "open"]

KIND = DriveKind(
    about=Text(
        "A folder of this machine: a disk, or a mounted SMB or NFS share.",
        "本机文件夹：磁盘，或已挂载的 SMB、NFS 共享。",
    ),
    features=Features(),
)
