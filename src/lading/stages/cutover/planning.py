"""
Decide what a rollback does with each object that changed in NEW, and why.

Pure: what changed in NEW, and two questions about OLD as it is now, in; a list of actions out.  No action removes
anything, and none puts one content over another that is not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from lading.connectors.names import folded
from lading.connectors.profile import NameRules
from lading.model.entry import Kind
from lading.model.paths import Path, within
from lading.stages.cutover.deeds import Because, Deed, Do
from lading.stages.cutover.naming import beside, holdable
from lading.stages.cutover.state import Facts
from lading.stages.cutover.tracing import Content, Traced


class Old(NamedTuple):
    """What is asked about OLD as it is now, and what it can do."""

    at: Callable[[Path], Facts | None]
    """What stands at a path."""
    holds: Callable[[Path], str]
    """The SHA-256 of the file at a path."""
    place: Callable[[Facts], Path | None]
    """Where the entry that was so is, if it was moved in OLD; None: not known."""
    rules: NameRules
    moves: bool = True
    guards: Callable[[Path], bool] = lambda _path: True
    """Whether a new object at this path of NEW may be put into OLD: nobody sees it there whom NEW keeps out."""
    ours: Mapping[Path, Collection[str]] = {}
    """Digests of what earlier runs put upon files, or set out to, by path."""


class Planner:
    """Makes the deeds for the changed objects, folders first."""

    def __init__(self, old: Old, folders: Mapping[Path, Path]) -> None:
        """*folders* are places in OLD of folders of NEW that did not change, by their path in NEW."""
        self._old = old
        self._places: dict[Path, Path] = {(): (), **folders}
        self._moved: list[tuple[Path, Path]] = []
        self._taken: set[Path] = set()
        self._names: set[Path] = set()
        """What is taken, in the form in which OLD tells names apart."""
        self._refused: list[Path] = []

    def plan(self, objects: Iterable[Traced]) -> list[Deed]:
        """All deeds, in the order in which they can be done."""
        return [deed for it in _in_order(objects) for deed in self._of(it)]

    def _of(self, it: Traced) -> list[Deed]:
        if it.unread:
            return [Deed(Do.FAIL, Because.UNREAD, it.path, self._target(it), traced=it, detail=it.unread)]
        if any(within(it.path, path) for path in self._refused) or (
            it.row is None and it.now is not None and not self._old.guards(it.path)
        ):
            self._refused.append(it.path)
            return [
                Deed(Do.FAIL, Because.UNGUARDED, it.path, self._target(it), traced=it, detail="unguarded")
            ]
        return self._folder(it) if it.is_folder else self._file(it)

    # Folders

    def _folder(self, it: Traced) -> list[Deed]:
        if it.now is None:
            here = self._here(it)
            return [Deed(Do.TELL, Because.DELETED, it.path, here or it.path, traced=it)] if here else []
        here, target = self._here(it), self._target(it)
        if here is not None:
            self._places[it.path] = here
            if not self._moves_it(it, here, target):
                return [Deed(Do.SETTLED, Because.ALONG, it.path, here, traced=it)]
            free = self._at(target) is None and not self._has_taken(target) and not within(target, here)
            if free and self._old.moves:
                return self._rename(it, here, target)
        return self._make(it, target)

    def _make(self, it: Traced, target: Path) -> list[Deed]:
        found = self._at(target)
        because = Because.MADE if it.row is None else Because.RENAMED
        if found is not None and found.kind == Kind.FOLDER:
            self._places[it.path] = target
            return [Deed(Do.SETTLED, Because.THERE, it.path, target, traced=it)]
        if found is not None or target in self._taken:
            target = self._free(target, at=it.now.modified if it.now else None)
            because = Because.NAME_TAKEN
            if self._at(target) is not None:
                # A run that was cut off made it.
                self._take(target)
                self._places[it.path] = target
                return [Deed(Do.SETTLED, Because.THERE, it.path, target, traced=it, was_because=because)]
        self._places[it.path] = target
        self._take(target)
        return [Deed(Do.FOLDER, because, it.path, target, traced=it)]

    def _rename(self, it: Traced, here: Path, target: Path, etag: str | None = None) -> list[Deed]:
        self._moved.append((here, target))
        self._places = {
            new: target + old[len(here) :] if within(old, here) else old for new, old in self._places.items()
        }
        self._places[it.path] = target
        self._take(target)
        return [Deed(Do.RENAME, Because.RENAMED, it.path, target, here, expect=etag, traced=it)]

    # Files

    def _file(self, it: Traced) -> list[Deed]:
        here = self._here(it)
        belongs = self._target(it)
        if (here is None or not self._old.moves) and here != belongs and self._is_ours(it, belongs):
            here = belongs  # a run that was cut off put it there
        if here is None or (it.contents and self._went_along(it, here, belongs)):
            return self._fresh(it)
        deeds: list[Deed] = []
        target = belongs if it.now is not None else here
        found = self._at(here)
        assert found is not None
        etag, held, rest, conflict = self._compared(it, here, found)
        where = here
        if it.now is not None and self._moves_it(it, here, target):
            moved = self._file_moves(it, here, target, etag, held)
            deeds += moved
            if moved and moved[0].do in (Do.RENAME, Do.COPY):
                where = target
        if rest and conflict:
            deeds.append(self._put_beside(it, where, rest, Because.BOTH_EDITED))
        elif rest:
            because = Because.EDITED if it.now is not None else Because.DELETED_LATER
            deeds.append(Deed(Do.VERSION, because, it.path, where, None, rest, etag, held, it))
        if it.now is None:
            deeds.append(Deed(Do.TELL, Because.DELETED, it.path, where, traced=it))
        return deeds or [Deed(Do.SETTLED, Because.THERE, it.path, where, traced=it)]

    def _went_along(self, it: Traced, here: Path, belongs: Path) -> bool:
        """Whether it goes in OLD with a folder with which it did not go in NEW: there it was deleted and made again."""
        row = it.row
        assert row is not None
        stays = it.now is not None and row.new_path == it.path and here != belongs
        return stays and here != row.old_path and here == self._relocated(row.old_path or ())

    def _is_ours(self, it: Traced, target: Path) -> bool:
        """Whether what OLD has at *target* is the object already, with a content that it had."""
        row = it.row
        if row is None or row.old_path is None or row.new_path == it.path:
            return False
        found = self._at(target)
        if found is None or found.kind != Kind.FILE:
            return False
        return self._old.holds(self._before(target) or target) in {
            row.sha256,
            *(c.sha256 for c in it.contents),
        }

    def _file_moves(self, it: Traced, here: Path, target: Path, etag: str | None, held: str) -> list[Deed]:
        assert it.row is not None
        if it.row.old_path is not None and self._relocated(it.row.old_path) != here:
            return [Deed(Do.TELL, Because.BOTH_RENAMED, it.path, here, traced=it)]
        if self._at(target) is not None or self._has_taken(target):
            return [Deed(Do.TELL, Because.NAME_TAKEN, it.path, here, traced=it)]
        if not self._old.moves:
            self._take(target)
            return [Deed(Do.COPY, Because.RENAMED, it.path, target, here, expect=etag, holds=held, traced=it)]
        return self._rename(it, here, target, etag)

    def _compared(
        self, it: Traced, here: Path, found: Facts
    ) -> tuple[str | None, str, tuple[Content, ...], bool]:
        """Etag and digest of what OLD holds, the contents to carry, and whether OLD was edited, too."""
        row, rest = it.row, tuple(it.contents)
        assert row is not None and row.old is not None
        if row.sha256 is not None and found.same(row.old):
            return found.etag, row.sha256, rest, False
        # Without anything to be put upon it, its content is nobody's question.
        if not rest and self._old.moves:
            return found.etag, "", rest, False
        held = self._old.holds(self._before(here) or here)
        left = self._left(here, held, rest)
        if left is not None:
            return found.etag, held, left, False
        if held == row.sha256:
            # Only touched in OLD, or edited in NEW and set back: all of it once more rather than less.
            return found.etag, held, rest, False
        # Somebody may have put the same content there: only what else there is, is still to be carried.
        rest = tuple(content for content in rest if content.sha256 != held)
        return found.etag, held, rest, True

    def _left(self, path: Path, held: str, rest: tuple[Content, ...]) -> tuple[Content, ...] | None:
        """What of *rest* a run that was cut off at *path* has not put there; None: no run was."""
        ours, left = self._old.ours.get(self._before(path) or path, ()), None
        for number, content in enumerate(rest, 1):
            if content.sha256 not in ours:
                break
            if content.sha256 == held:
                left = rest[number:]
        return left

    def _fresh(self, it: Traced) -> list[Deed]:
        """A file that OLD does not have, or not any more."""
        gone = it.row is not None and it.row.old_path is not None
        rest = tuple(it.contents)
        if not rest:
            return [Deed(Do.TELL, Because.GONE_FROM_OLD, it.path, it.path, traced=it)] if gone else []
        because = Because.MADE if it.now is not None else Because.DELETED_LATER
        because = Because.GONE_FROM_OLD if gone else because
        target = self._target(it)
        found = None if self._has_taken(target) else self._at(target)
        if self._has_taken(target) or (found is not None and found.kind != Kind.FILE):
            return [self._put_beside(it, target, rest, Because.NAME_TAKEN)]
        if found is None:
            self._take(target)
            return [Deed(Do.ADD, because, it.path, target, contents=rest, traced=it)]
        held = self._old.holds(self._before(target) or target)
        left = self._left(target, held, rest)
        if left:
            return [Deed(Do.VERSION, because, it.path, target, None, left, found.etag, held, it)]
        rest = tuple(content for content in rest if content.sha256 != held)
        if left is not None or not rest:
            return [Deed(Do.SETTLED, Because.THERE, it.path, target, traced=it)]
        return [self._put_beside(it, target, rest, Because.NAME_TAKEN)]

    def _put_beside(self, it: Traced, where: Path, rest: tuple[Content, ...], because: Because) -> Deed:
        last = rest[-1]
        # A run that was cut off may have put it there: what holds the last content is not written again.
        number = 1
        while True:
            target = beside(where, self._old.rules, at=last.saved, author=last.author, number=number)
            found = self._at(target)
            if found is None and not self._has_taken(target):
                self._take(target)
                return Deed(Do.BESIDE, because, it.path, target, where, rest, traced=it)
            if (
                found is not None
                and found.kind == Kind.FILE
                and self._old.holds(self._before(target) or target) == last.sha256
            ):
                return Deed(Do.SETTLED, Because.THERE, it.path, target, where, traced=it, was_because=because)
            number += 1

    # Places

    def _target(self, it: Traced) -> Path:
        """Where in OLD the object belongs."""
        return (*self._place(it.path[:-1]), self._name(it))

    def _name(self, it: Traced) -> str:
        row = it.row
        if row is not None and row.old_path and row.new_path[-1:] == it.path[-1:]:
            return row.old_path[-1]
        return holdable(it.path[-1], self._old.rules)

    def _place(self, folder: Path) -> Path:
        if folder in self._places:
            return self._places[folder]
        return (*self._place(folder[:-1]), holdable(folder[-1], self._old.rules))

    def _moves_it(self, it: Traced, here: Path, target: Path) -> bool:
        row = it.row
        return row is not None and row.new_path != it.path and here != target

    def _here(self, it: Traced) -> Path | None:
        """Where in OLD the object is now; None: it is not there."""
        row = it.row
        if row is None or row.old_path is None or row.old is None:
            return None
        here = self._relocated(row.old_path)
        found = self._at(here)
        if found is not None and found.kind == row.old.kind:
            return here
        moved = self._old.place(row.old)
        return None if moved is None else self._relocated(moved)

    def _relocated(self, path: Path) -> Path:
        for source, target in self._moved:
            if within(path, source):
                path = target + path[len(source) :]
        return path

    def _before(self, path: Path) -> Path | None:
        """Where *path* was before the renames planned so far; None: it comes with one of them or is new."""
        for source, target in reversed(self._moved):
            if within(path, target):
                path = source + path[len(target) :]
            elif within(path, source):
                return None
        return path

    def _take(self, path: Path) -> None:
        self._taken.add(path)
        self._names.add(self._folded(path))

    def _has_taken(self, path: Path) -> bool:
        return self._folded(path) in self._names

    def _folded(self, path: Path) -> Path:
        return tuple(folded(name, self._old.rules) for name in path)

    def _at(self, path: Path) -> Facts | None:
        before = self._before(path)
        return None if before is None else self._old.at(before)

    def _free(self, target: Path, *, at: int | None) -> Path:
        """A name beside *target* that nothing has, or a folder that was made there for the same reason."""
        number = 1
        while True:
            name = beside(target, self._old.rules, at=at, author="", number=number)
            found = self._at(name)
            if not self._has_taken(name) and (found is None or found.kind == Kind.FOLDER):
                return name
            number += 1


def _in_order(objects: Iterable[Traced]) -> Iterable[Traced]:
    """Folders first; before each object what lies above it, and what has to leave its place."""
    objects = sorted(objects, key=lambda it: (not it.is_folder, it.now is None, len(it.path), it.path))
    there = {it.path: it for it in objects if it.now is not None}
    leaving = {it.row.new_path: it for it in there.values() if it.row and it.row.new_path != it.path}
    done: dict[int, Traced] = {}
    begun: set[int] = set()
    for start in objects:
        stack = [start]
        while stack:
            it = stack[-1]
            if id(it) in begun:
                done.setdefault(id(stack.pop()), it)
                continue
            begun.add(id(it))
            stack += [other for other in _before(it, there, leaving) if id(other) not in begun]
    return done.values()


def _before(it: Traced, there: Mapping[Path, Traced], leaving: Mapping[Path, Traced]) -> Iterator[Traced]:
    if it.now is not None and it.path in leaving:
        yield leaving[it.path]
    yield from (there[it.path[:depth]] for depth in range(1, len(it.path)) if it.path[:depth] in there)
