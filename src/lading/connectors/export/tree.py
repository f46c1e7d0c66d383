"""
Members of an archive as a tree: what stands where, with what stands in the way told.

Nothing is dropped.  Of several members with one path the last counts, as for every program that unpacks; the earlier
ones stay visible beside it with the problem `already_exists`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lading.connectors.export.members import Member, placed, stand_in
from lading.model.entry import Entry, Kind
from lading.model.errors import AlreadyExists, NameRefused
from lading.model.paths import ROOT, Path

_OUTSIDE = "the name leads out of the archive, or is none"
_TWICE = "the archive holds this path more than once; this is an earlier one"


class Node(NamedTuple):
    """An *entry*, the *member* that holds its content (None: a folder that the archive only implies), and *detail* of its problem."""

    entry: Entry
    member: Member | None = None
    detail: str = ""


class Tree:
    """Nodes by path."""

    def __init__(self, members: Iterable[Member]) -> None:
        self.nodes: dict[Path, Node] = {ROOT: Node(Entry(ROOT, Kind.FOLDER))}
        self._children: dict[Path, dict[str, None]] = {ROOT: {}}
        for member in members:
            self._add(member)

    def children(self, folder: Path) -> list[str]:
        """The names in *folder*, in their order."""
        return sorted(self._children.get(folder, ()))

    def files(self) -> Iterator[Node]:
        """Every file."""
        return (node for node in self.nodes.values() if node.entry.is_file)

    def put(self, path: Path, node: Node) -> None:
        """Let *node* stand at *path*; folders above are implied, and a file in their place is set aside."""
        for depth in range(len(path)):
            above = self.nodes.get(path[:depth])
            if above is None or not above.entry.is_folder:
                self._make_room(path[:depth])
                self._set(path[:depth], Node(Entry(path[:depth], Kind.FOLDER)))
        self._set(path, node)

    def take(self, path: Path) -> None:
        """Take the file at *path* out, with the folders above that hold nothing else."""
        while path and not self._children.get(path):
            self.nodes.pop(path, None)
            self._children.pop(path, None)
            self._children[path[:-1]].pop(path[-1], None)
            path = path[:-1]

    def _add(self, member: Member) -> None:
        if not member.names and member.kind is Kind.FOLDER:
            return
        path = placed(member.names)
        if path is None:
            path = self._free((stand_in(member.names),))
            member = member._replace(problem=NameRefused.code, detail=_OUTSIDE, kind=Kind.FILE)
        elif self._is_there(path, member):
            return
        self.put(path, Node(_entry(path, member), member, member.detail))

    def _is_there(self, path: Path, member: Member) -> bool:
        """Whether *member* has found its place already, because a folder stands at *path*; a file there is set aside."""
        there = self.nodes.get(path)
        if there is None:
            return False
        if not there.entry.is_folder:
            self._make_room(path)
            return False
        if member.kind is not Kind.FOLDER:
            self._set_aside(path, Node(_entry(path, member), member))
        else:
            self._set(path, Node(_entry(path, member), member, member.detail))
        return True

    def _make_room(self, path: Path) -> None:
        there = self.nodes.pop(path, None)
        if there is not None:
            self._set_aside(path, there)

    def _set_aside(self, path: Path, node: Node) -> None:
        aside = self._free((*path[:-1], f"{path[-1]} ~duplicate"))
        entry = node.entry._replace(path=aside, problem=AlreadyExists.code)
        self._set(aside, Node(entry, node.member, _TWICE))

    def _free(self, path: Path) -> Path:
        found, number = path, 1
        while found in self.nodes:
            number += 1
            found = (*path[:-1], f"{path[-1]}-{number}")
        return found

    def _set(self, path: Path, node: Node) -> None:
        self.nodes[path] = node
        if path:
            self._children[path[:-1]][path[-1]] = None
        if node.entry.is_folder:
            self._children.setdefault(path, {})


def _entry(path: Path, member: Member) -> Entry:
    etag = member.etag if member.kind is Kind.FILE else None
    return Entry(path, member.kind, member.size, member.modified, etag=etag, problem=member.problem)
