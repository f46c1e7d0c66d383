"""
Save many files in one transaction.

Each item is decided alone: what is refused is told in its place and touches no
other.  Only what ends the transaction itself (the database, a freeze) fails for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from lading.drive.quick import quick
from lading.drive.rights.need import missing
from lading.drive.rights.sight import Sight, sight
from lading.drive.store import Stored, record
from lading.drive.tree.expect import ANYTHING, Expect, Same
from lading.drive.tree.find import locate, no_space
from lading.drive.tree.folders import add_folder
from lading.drive.tree.names import check_depth, check_name
from lading.drive.tree.place import Again, place_in
from lading.drive.tree.row import FOLDER, Seen
from lading.drive.tree.saving import (
    Facts,
    Saved,
    add_versions,
    allow_save,
    check_author,
    check_facts,
    put,
)
from lading.drive.writing import Writing, epoch, writing
from lading.model.errors import LadingError, NameRefused, NoSpace
from lading.model.paths import ROOT, Path
from lading.model.text import Text

_ROOM = "SELECT quota, used FROM drive_space WHERE id = %s"
_NO_FACTS = Facts()


class Item(NamedTuple):
    """One file to save: its *path* within the space; with *parents* missing folders above are made."""

    path: Path
    stored: Stored
    expect: Expect = ANYTHING
    facts: Facts = _NO_FACTS
    parents: bool = False


def save_many(viewer: Sight, space: int, items: Iterable[Item]) -> list[Saved | LadingError]:
    """
    Save *items* in their order, several of which may be versions of one path; what became of each.

    Errors of single items are those of `save`, `NoSpace` too: what still fits is saved.  Once an item with a
    time of its own (`saved`) was refused, so are those after it on the same path, with the same error.

    Raises:
        NotFound, Frozen, Unavailable: nothing was saved.
    """
    asked = list(items)
    if not viewer.space_role(space):
        raise no_space("")
    with writing(viewer.actor, space) as work, quick() as cursor:
        now = viewer if epoch() == viewer.epoch else sight(viewer.actor)
        batch = _Batch(cursor, work, now, space)
        batch.record({item.stored for item in asked})
        done = [batch.save(item) for item in asked]
        batch.finish()
    return done


class _Batch:
    """The items of one transaction; folders are looked at once."""

    def __init__(self, cursor: Any, work: Writing, viewer: Sight, space: int) -> None:
        self._cursor = cursor
        self._work = work
        self._viewer = viewer
        self._space = space
        self._folders: dict[Path, Seen] = {}
        self._versions: list[Sequence[Any]] = []
        self._lost: dict[Stored, LadingError] = {}
        self._refused: dict[Path, LadingError] = {}
        self._taken = 0
        cursor.execute(_ROOM, [space])
        quota, used = cursor.fetchone()
        self._room = None if quota is None else quota - used

    def record(self, contents: Iterable[Stored]) -> None:
        """Record all contents first, in one order for everybody: two batches never wait for each other."""
        for stored in sorted(contents):
            try:
                record(self._cursor, stored, self._work.now)
            except LadingError as refusal:
                self._lost[stored] = refusal

    def save(self, item: Item) -> Saved | LadingError:
        """What became of *item*; a version of the past whose earlier one was refused would take its place."""
        past = item.facts.saved is not None
        if past and (refusal := self._refused.get(item.path)) is not None:
            return refusal
        try:
            return self._save(item)
        except LadingError as refusal:
            if past:
                self._refused[item.path] = refusal
            return refusal

    def finish(self) -> None:
        add_versions(self._cursor, self._versions)
        if self._taken:
            self._work.more(self._space, self._taken)

    def _save(self, item: Item) -> Saved:
        self._check(item)
        folder = self._folder_of(item)
        spot = place_in(self._cursor, Again(self._viewer, folder), item.path[-1])
        allow_save(spot, item.expect, item.facts)
        check_author(self._cursor, item.facts)
        self._make_room(item)
        saved, version = put(self._cursor, self._work, spot, item.stored, item.facts)
        self._versions.append(version)
        self._taken += item.stored.size
        return saved

    def _check(self, item: Item) -> None:
        if not item.path:
            raise NameRefused(ROOT, Text("it is the root of a space", "它是空间的根目录"))
        for at, name in enumerate(item.path):
            check_name(name, item.path[:at])
        check_facts(item.facts)
        if (refusal := self._lost.get(item.stored)) is not None:
            raise refusal

    def _make_room(self, item: Item) -> None:
        if self._room is not None and item.stored.size and self._taken + item.stored.size > self._room:
            raise NoSpace(item.path, Text("its quota is used up", "空间配额已用完"))

    def _folder_of(self, item: Item) -> Seen:
        path = item.path[:-1]
        known = self._known(path)
        if known is None:
            # Refused before any folder is made for it: nothing is left of what is not saved.
            if not item.parents or isinstance(item.expect, Same):
                raise missing(path)
            self._check_nearest(item)
            self._make_room(item)
            check_depth(len(item.path), item.path)
            known = self._made(path)
        return known

    def _check_nearest(self, item: Item) -> None:
        """Ask for the rights that the folder above all that is to be made will hand down."""
        path = item.path[:-1]
        while (nearest := self._known(path)) is None:
            if not path:
                raise missing(path)
            path = path[:-1]
        if nearest.row.kind == FOLDER:
            spot = place_in(self._cursor, Again(self._viewer, nearest), item.path[len(path)])
            if spot.target is None:
                allow_save(spot, ANYTHING, item.facts)
        check_author(self._cursor, item.facts)

    def _known(self, path: Path) -> Seen | None:
        known = self._folders.get(path)
        if known is None:
            row = locate(self._cursor, self._space, path)
            role = self._viewer.role(row.trail, row.id) if row else None
            if row and role:
                known = self._folders[path] = Seen(row, role, path)
        return known

    def _made(self, path: Path) -> Seen:
        if not path:
            raise missing(path)
        above = self._known(path[:-1]) or self._made(path[:-1])
        spot = place_in(self._cursor, Again(self._viewer, above), path[-1])
        made = self._folders[path] = add_folder(self._cursor, self._work, spot)
        return made
