"""
The table laid over the tree: which row is about which file, which member holds which version, and what does not fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from lading.connectors.export.facts import Fact, Facts
from lading.connectors.export.members import Member
from lading.connectors.export.table import BadTable
from lading.connectors.export.tree import Node, Tree
from lading.model.entry import Entry, Kind
from lading.model.errors import NotFound, Truncated
from lading.model.paths import Path, shown
from lading.model.text import Text

_NOT_THERE = "the table names it, the archive does not hold it"


class Content(NamedTuple):
    """One version: its row, and the member that holds it."""

    fact: Fact
    member: Member


@dataclass
class Mismatch:
    """What does not fit, the first of each by name."""

    rows: list[str] = field(default_factory=list)
    """Rows that name what is not in the archive."""
    files: list[str] = field(default_factory=list)
    """Files that no row is about."""
    contents: list[str] = field(default_factory=list)
    """Earlier versions whose content is nowhere."""
    backwards: int = 0
    """Versions that are said to have been saved before the one before them."""
    deleted: int = 0


class Matched(NamedTuple):
    """The current row of each path, the versions of each file (oldest first), and what does not fit."""

    current: dict[Path, Fact]
    versions: dict[Path, tuple[Content, ...]]
    mismatch: Mismatch


def match(tree: Tree, facts: Facts) -> Matched:
    """
    Lay *facts* over *tree*, which gets the times of the table; members that hold earlier versions are taken out of it.

    Raises:
        BadTable: a version is told twice.
    """
    mismatch = Mismatch(deleted=sum(fact.deleted for fact in facts.rows))
    rows: dict[Path, list[Fact]] = {}
    for fact in facts.rows:
        if not fact.deleted:
            rows.setdefault(fact.path, []).append(fact)
    stores = _stores(tree, facts.rows)
    current: dict[Path, Fact] = {}
    versions: dict[Path, tuple[Content, ...]] = {}
    for path, told in rows.items():
        history = _in_order(told)
        current[path] = history[-1]
        found = _histories(tree, stores, path, history, mismatch)
        if found:
            versions[path] = found
    for path in stores:
        if path not in rows:
            tree.take(path)
    named = rows.keys()
    mismatch.files += [
        shown(node.entry.path)
        for node in tree.files()
        if node.entry.path not in named and not node.entry.problem
    ]
    return Matched(current, versions, mismatch)


def _stores(tree: Tree, rows: Iterable[Fact]) -> dict[Path, Member]:
    """The members that column `content` names."""
    found = {}
    for fact in rows:
        if fact.content is not None and (node := tree.nodes.get(fact.content)) and node.member:
            found[fact.content] = node.member
    return found


def _in_order(told: Sequence[Fact]) -> list[Fact]:
    """By number where all have one, else by when they were saved where all say so, else as they stand."""
    seen: dict[str, Fact] = {}
    for fact in told:
        if fact.version and fact.version in seen:
            first = seen[fact.version].where
            said = Text(
                f"version {fact.version} stands in {first}, too", f"版本 {fact.version} 已出现在 {first}"
            )
            raise BadTable(fact.where, said)
        seen[fact.version or fact.where] = fact
    if all(fact.version.isascii() and fact.version.isdigit() for fact in told):
        return sorted(told, key=lambda fact: int(fact.version))
    if all(fact.saved for fact in told):
        return sorted(told, key=lambda fact: fact.saved.at if fact.saved else 0)
    return list(told)


def _histories(
    tree: Tree, stores: dict[Path, Member], path: Path, history: Sequence[Fact], mismatch: Mismatch
) -> tuple[Content, ...]:
    """The versions of the entry at *path*, which is put right in *tree* by its last row."""
    last = history[-1]
    node = _node(tree, stores, path, last)
    if node is None:
        mismatch.rows.append(last.where)
        node = Node(_missing(path, last), None, _NOT_THERE)
    tree.put(path, _dated(node, last))
    if not node.entry.is_file or node.member is None:
        return ()
    found = []
    for fact in history[:-1]:
        member = None if fact.content is None else stores.get(fact.content)
        if member is None:
            mismatch.contents.append(fact.where)
        else:
            found.append(Content(fact, member))
    return (*found, Content(last, node.member))


def _node(tree: Tree, stores: dict[Path, Member], path: Path, last: Fact) -> Node | None:
    if last.content is not None:
        member = stores.get(last.content)
        if member is None or member.kind is not Kind.FILE:
            return None
        entry = Entry(path, Kind.FILE, member.size, member.modified, etag=member.etag, problem=member.problem)
        return Node(entry, member, member.detail)
    node = tree.nodes.get(path)
    if node is None and last.folder:
        return Node(Entry(path, Kind.FOLDER))
    return node


def _missing(path: Path, fact: Fact) -> Entry:
    return Entry(path, Kind.FILE, fact.size or 0, problem=NotFound.code)


def _dated(node: Node, fact: Fact) -> Node:
    """*node* with the time of *fact*, and with a problem where its size is another."""
    entry, detail = node.entry, node.detail
    if fact.modified is not None:
        entry = entry._replace(modified=fact.modified.at)
    if fact.size is not None and entry.is_file and not entry.problem and fact.size != entry.size:
        entry = entry._replace(problem=Truncated.code)
        detail = f"{entry.size} bytes; the table says {fact.size}"
    return Node(entry, node.member, detail)
