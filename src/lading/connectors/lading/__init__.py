"""
Our own drive over the wire, by its JSON API: with versions, grants, links, people, changes, freeze and batch.

It shares no code with the drive itself: what is moved into it is verified by a stranger.
"""

from lading.connectors.lading.drive import LadingDrive, open  # noqa: A004 (every connector is opened by this name)

__all__ = ["LadingDrive", "open"]
