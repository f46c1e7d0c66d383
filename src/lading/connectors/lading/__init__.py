"""
Our own drive over the wire, by its JSON API: with versions, grants, links, people, changes, freeze and batch.

It shares no code with the drive itself: what is moved into it is verified by a stranger.
"""

from lading.connectors.kinds import DriveKind
from lading.connectors.lading.drive import LadingDrive, open  # noqa: A004 (every connector is opened by this name)
from lading.connectors.lading.opening import EVERYTHING
from lading.model.text import Text

__all__ = ["KIND", "LadingDrive", "open"]

KIND = DriveKind(
    about=Text(
        "The drive that Lading brings along, or one space of it.", "Lading 自带的网盘，或其中一个空间。"
    ),
    features=EVERYTHING,
)
