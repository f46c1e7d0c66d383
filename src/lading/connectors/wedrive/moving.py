"""
The facet `moves`: files and folders get another name or folder without being copied.

WeDrive renames in a folder and moves between folders, in two calls.  What needs both is
moved first if the name is free there, renamed first if the new name is free here.  What they do with a
name that is taken is asked beforehand, and read back from the answer.
"""

from __future__ import annotations

from contextlib import suppress

from lading.connectors.conditions import Precondition, check
from lading.connectors.names import check_holdable, check_names
from lading.connectors.profile import NameRules
from lading.connectors.turns import alone
from lading.connectors.wedrive.ground import Ground, Spot
from lading.connectors.wedrive.items import Item, entry_of
from lading.connectors.wedrive.tree import Tree
from lading.model.entry import Entry
from lading.model.errors import AlreadyExists, DriveError, NotFound, Unable, WrongKind
from lading.model.paths import ROOT, Path, within
from lading.model.text import Text

_QUICKER = Text("somebody was quicker", "他人已先行占用该名称")
_STAYS = Text("the root stays where it is", "根目录不能移动")
_ACROSS = Text("nothing is moved from one space to another", "不能在空间之间移动")
_BOTH_TAKEN = Text("both names are taken on the way", "途经位置的名称均被占用")


class WedriveMoves:
    """Moves by `file_move` and `file_rename`."""

    def __init__(self, ground: Ground, rules: NameRules) -> None:
        self._ground, self._rules = ground, rules

    def move(self, source: Path, target: Path, *, expect: Precondition) -> Entry:
        """Give *source* the name *target*; see `Moves.move`."""
        check_names(source)
        check_holdable(target, self._rules)
        if ROOT in (source, target):
            raise WrongKind(source, _STAYS)
        if self._ground.is_space(source) or self._ground.is_space(target):
            raise Unable(source, _STAYS)
        here, there = self._ground.spot(source), self._ground.spot(target)
        if here.tree is not there.tree:
            raise Unable(source, _ACROSS)
        tree = here.tree
        with alone(tree.key(here.within), tree.key(there.within)):
            moved = self._demanded(here, source)
            found = self._met(there, moved, source, target, expect)
            if source == target:
                return entry_of(moved, target)
            now = _moved(tree, moved, here, there, target, found)
            return entry_of(now, target)

    def _demanded(self, here: Spot, source: Path) -> Item:
        moved = here.tree.look(here.within)
        if moved is None:
            raise NotFound(source, Text("nothing is there", "该处没有内容"))
        return moved

    def _met(self, there: Spot, moved: Item, source: Path, target: Path, expect: Precondition) -> Item | None:
        found = there.tree.look(there.within)
        check(expect, None if found is None else entry_of(found, target), target)
        if found is not None and not (found.is_file and moved.is_file):
            raise WrongKind(target, Text("it is a folder", "它是文件夹"))
        if moved.is_folder and within(target, source):
            raise WrongKind(target, Text("it lies inside of what is moved", "目标位于被移动的文件夹之内"))
        return found


def _moved(tree: Tree, moved: Item, here: Spot, there: Spot, target: Path, found: Item | None) -> Item:
    """Bring *moved* from *here* to *there*, where *found* gives its place."""
    new_name = there.within[-1]
    source, folder = (
        tree.folder(here.within[:-1], target),
        tree.folder(there.within[:-1], target),
    )
    if source.id == folder.id or (found is None and new_name != here.within[-1]):
        now = _renamed_and_moved(tree, moved, source, folder, new_name, target, found)
    else:
        now = _replacing(tree, moved, source, folder, new_name, target, found)
    tree.known.drop(source.id, here.within[-1])
    if found is not None:
        tree.known.drop(folder.id, new_name)
    tree.known.put(folder.id, new_name, now)
    return now


def _renamed_and_moved(
    tree: Tree, moved: Item, source: Item, folder: Item, name: str, target: Path, found: Item | None
) -> Item:
    if source.id == folder.id:
        if found is not None:
            # No call renames over a file: what is replaced goes first.
            tree.delete(found.id, target)
        return _right(tree, tree.rename(moved.id, name, target), moved.name, target)
    if tree.listed(folder.id, target).get(moved.name) is None:
        now = tree.move(moved.id, folder.id, target, replace=False)
        return _right(tree, tree.rename(now.id, name, target), moved.name, target, name)
    if tree.listed(source.id, target).get(name) is not None:
        raise Unable(target, _BOTH_TAKEN)
    now = tree.rename(moved.id, name, target)
    return _right(tree, tree.move(now.id, folder.id, target, replace=False), moved.name, target, name)


def _replacing(
    tree: Tree, moved: Item, source: Item, folder: Item, name: str, target: Path, found: Item | None
) -> Item:
    if moved.name != name:
        if tree.listed(source.id, target).get(name) is not None:
            raise Unable(target, _BOTH_TAKEN)
        tree.rename(moved.id, name, target)
    now = tree.move(moved.id, folder.id, target, replace=found is not None)
    return _right(tree, now, moved.name, target, name)


def _right(tree: Tree, now: Item, before: str, target: Path, name: str = "") -> Item:
    """*now*, if it was given the name that was asked for; else it gets its old one back."""
    if now.name == (name or target[-1]):
        return now
    with suppress(DriveError):
        tree.rename(now.id, before, target)
    tree.known.forget()
    raise AlreadyExists(target, _QUICKER)
