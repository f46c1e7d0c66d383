"""
The tables of the drive.

All times are whole nanoseconds since 1970-01-01 UTC.  Names of files are kept
in the reversible form of `lading.model.paths.encode`, so that any name a drive
ever had fits a text column.  Nothing here decides: rules live in the packages
beside this one, and rows are written only inside `lading.drive.writing`.
"""

from lading.drive.models.doors import Answer, Lock, Partial, Property
from lading.drive.models.links import Link
from lading.drive.models.people import (
    Account,
    BreakGlass,
    Membership,
    Meta,
    OneTime,
    Principal,
    Throttle,
    Token,
)
from lading.drive.models.record import Event
from lading.drive.models.rights import Grant, Wall, WallSide
from lading.drive.models.tree import Content, Hold, Kind, Node, Space, Trash, Version

__all__ = [
    "Account",
    "Answer",
    "BreakGlass",
    "Content",
    "Event",
    "Grant",
    "Hold",
    "Kind",
    "Link",
    "Lock",
    "Membership",
    "Meta",
    "Node",
    "OneTime",
    "Partial",
    "Principal",
    "Property",
    "Space",
    "Throttle",
    "Token",
    "Trash",
    "Version",
    "Wall",
    "WallSide",
]
