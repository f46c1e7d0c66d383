"""
A folder of this machine as a drive: a local disk, or a mounted SMB or NFS share.

Linux and other Unix systems.  It never follows a symlink, never leaves its
root, and writes nothing at all to a drive that is only read.
"""

from lading.connectors.folder.drive import FolderDrive, open  # noqa: A004 — every connector is opened by this name

__all__ = ["FolderDrive", "open"]
