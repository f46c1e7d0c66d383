"""
Entries as plain values, read from the tables without objects of the ORM.

Nothing here decides or hides: who may see a row is asked by the callers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from lading.drive.rights.roles import Role
from lading.model.paths import Path, decode

FOLDER = 1
FILE = 2
"""The values of `models.Kind`, as the plain numbers that rows hold."""

COLUMNS = (
    "id",
    "space_id",
    "parent_id",
    "name",
    "kind",
    "trail",
    "breaks",
    "number",
    "size",
    "digest",
    "modified",
    "saved",
    "created",
    "author_id",
)


class Row(NamedTuple):
    """
    One node; *name* is decoded (`""` for a root), *kind* is `FOLDER` or `FILE`.

    *modified*, *saved* and *created* are nanoseconds since 1970; *author* is the id of a principal.
    *size*, *digest* and *number* are those of the newest version (0, `""`, 0 for a folder).
    """

    id: int
    space: int
    parent: int | None
    name: str
    kind: int
    trail: str
    breaks: bool
    number: int
    size: int
    digest: str
    modified: int | None
    saved: int
    created: int
    author: int | None

    @property
    def inside(self) -> str:
        """How the trails of everything below this node begin."""
        return f"{self.trail}{self.id}/"

    @property
    def root(self) -> int:
        """The id of the node without a parent that this one lies below; itself for a root."""
        return int(self.trail.split("/", 1)[0]) if self.trail else self.id

    @property
    def above(self) -> tuple[int, ...]:
        """The ids of the folders above, from the root down."""
        return tuple(map(int, self.trail.split("/")[:-1]))


class Seen(NamedTuple):
    """A node as somebody sees it: with their *role*, and its *path* within the space."""

    row: Row
    role: Role
    path: Path


def columns(table: str) -> str:
    """What to select from *table* (an alias of the nodes) so that `row_of` understands it."""
    return ", ".join(f"{table}.{column}" for column in COLUMNS)


def row_of(values: Sequence[Any]) -> Row:
    """The row that a query for `columns` gave."""
    if "\x01" not in values[3]:
        return Row._make(values)
    return Row._make((*values[:3], decode(values[3])[0], *values[4:]))


def end_of(inside: str) -> str:
    """
    The first text after all trails that begin with *inside*.

    Trails are digits and slashes in the order of bytes; "0" follows "/".
    """
    return inside[:-1] + "0"
