"""
An export opened: archive, tables, and what is to be said about them before anybody begins.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from lading.connectors.address import Address
from lading.connectors.export.acl import Lists, read_acl
from lading.connectors.export.facts import Facts, read_facts
from lading.connectors.export.folders import Folder
from lading.connectors.export.matching import Matched, Mismatch, match
from lading.connectors.export.members import Source
from lading.connectors.export.options import Options
from lading.connectors.export.people import People, read_people
from lading.connectors.export.table import BadTable
from lading.connectors.export.tars import Tar
from lading.connectors.export.tree import Tree
from lading.connectors.export.trouble import translated
from lading.connectors.export.zips import Zip
from lading.connectors.ntfs import RULES
from lading.connectors.profile import AccessRules
from lading.model.access import Grant, Link
from lading.model.errors import BadAddress
from lading.model.paths import Path, shown
from lading.model.text import Text

NO_FACTS = Facts((), frozenset(), ())


class Tables(NamedTuple):
    """The tables beside the files, as far as they were given."""

    facts: Facts
    lists: Lists | None
    people: People


class Opened(NamedTuple):
    """All that an export tells; *access* is None where no table tells grants."""

    source: Source
    tree: Tree
    matched: Matched
    people: People
    grants: dict[Path, tuple[Grant, ...]]
    links: dict[Path, tuple[Link, ...]]
    access: AccessRules | None
    notes: tuple[Text, ...]


def opened(address: Address, options: Options) -> Opened:
    """
    The export that *options* describe.

    Raises:
        BadAddress: a table cannot be understood, or does not fit the files and `rows=partial` was not said.
        NotFound, Forbidden, Unreadable: as they say.
    """
    try:
        tables = _tables(address, options)
        source = _source(options)
        try:
            return _matched(address, options, tables, source)
        except BaseException:
            source.close()
            raise
    except BadTable as problem:
        raise BadAddress(str(address), problem.said) from None


def _tables(address: Address, options: Options) -> Tables:
    encoding = options.encoding
    facts = NO_FACTS
    if options.facts:
        with translated(options.facts):
            facts = read_facts(options.facts, encoding=encoding, zone=options.zone, dates=options.dates)
    lists = None
    if options.acl:
        if any(fact.grants for fact in facts.rows):
            said = Text("grants stand in facts and in acl: give one", "facts 与 acl 中都有权限：请只给出一个")
            raise BadAddress(str(address), said)
        with translated(options.acl):
            lists = read_acl(options.acl, encoding=encoding, root=options.aclroot)
    people = People(())
    if options.people:
        with translated(options.people):
            people = read_people(options.people, encoding=encoding)
    return Tables(facts, lists, people)


def _source(options: Options) -> Source:
    with translated(options.place):
        facts = os.stat(options.place)
    if stat.S_ISDIR(facts.st_mode):
        tables = filter(None, (options.facts, options.acl, options.people))
        return Folder(options.place, beside=frozenset(map(os.path.realpath, tables)))
    if zipfile.is_zipfile(options.place):
        return Zip(options.place, names=options.names, zone=options.zone)
    return Tar(options.place, names=options.names)


def _matched(address: Address, options: Options, tables: Tables, source: Source) -> Opened:
    tree = Tree(source.members())
    matched = match(tree, tables.facts)
    if tables.facts is NO_FACTS:
        matched.mismatch.files.clear()
    lists, people = tables.lists, tables.people
    loose = [] if lists is None else [shown(path) for path in lists.of if path not in tree.nodes]
    bare = [] if lists is None else list(_folders_without(lists, tree))
    faults = [*_faults(matched.mismatch), *_list_faults(loose, bare)]
    if faults and not options.partial:
        raise BadAddress(str(address), _joined([*faults, _SAY_PARTIAL]))
    _name_authors(tables.facts, people)
    return Opened(
        source,
        tree,
        matched,
        people,
        _grants(tree, matched, lists, people),
        _links(tree, matched),
        _access(tables, matched.mismatch, bare),
        (*faults, *_notes(source, tables.facts, matched.mismatch, lists)),
    )


def _grants(
    tree: Tree, matched: Matched, lists: Lists | None, people: People
) -> dict[Path, tuple[Grant, ...]]:
    if lists is None:
        told = {path: fact.grants for path, fact in matched.current.items()}
    else:
        told = {
            path: lists.grants(path, people.trustee, folder=tree.nodes[path].entry.is_folder)
            for path in lists.of
            if path in tree.nodes
        }
    return {
        path: tuple(replace(grant, principal=people.meant(grant.principal)) for grant in grants)
        for path, grants in told.items()
        if grants
    }


def _links(tree: Tree, matched: Matched) -> dict[Path, tuple[Link, ...]]:
    return {path: fact.links for path, fact in matched.current.items() if fact.links and path in tree.nodes}


def _access(tables: Tables, mismatch: Mismatch, bare: list[str]) -> AccessRules | None:
    if tables.lists is not None:
        return replace(RULES, complete=not bare)
    if "grants" in tables.facts.columns:
        return AccessRules(complete=not mismatch.files)
    return None


def _folders_without(lists: Lists, tree: Tree) -> Iterator[str]:
    """Folders whose list is not told; the drive itself is one, where not even its root has a list."""
    for path, node in tree.nodes.items():
        if node.entry.is_folder and path not in lists.of:
            yield shown(path)


def _name_authors(facts: Facts, people: People) -> None:
    """Let everybody who is named be known from the beginning, whoever asks first."""
    for fact in facts.rows:
        if fact.author:
            people.author(fact.author)


_SAY_PARTIAL = Text("rows=partial goes on all the same", "如仍要继续，请指定 rows=partial")
_ROWS = Text(
    "{count:,} rows name what is not in the archive (first: {first})",
    "{count:,} 行所指内容不在归档中（首个：{first}）",
)
_FILES = Text("{count:,} files have no row (first: {first})", "{count:,} 个文件没有对应的行（首个：{first}）")
_CONTENTS = Text(
    "{count:,} earlier versions have no content (first: {first})",
    "{count:,} 个历史版本没有内容（首个：{first}）",
)
_LOOSE = Text(
    "{count:,} access lists are about what is not in the archive (first: {first})",
    "{count:,} 个访问控制列表所指内容不在归档中（首个：{first}）",
)
_BARE = Text(
    "{count:,} folders have no access list (first: {first})",
    "{count:,} 个文件夹没有访问控制列表（首个：{first}）",
)


def _faults(mismatch: Mismatch) -> Iterator[Text]:
    yield from _counted(_ROWS, mismatch.rows)
    yield from _counted(_FILES, mismatch.files)
    yield from _counted(_CONTENTS, mismatch.contents)


def _list_faults(loose: list[str], bare: list[str]) -> Iterator[Text]:
    yield from _counted(_LOOSE, loose)
    yield from _counted(_BARE, bare)


def _counted(text: Text, found: list[str]) -> Iterator[Text]:
    if found:
        yield Text(*(said.format(count=len(found), first=found[0]) for said in text))


def _joined(said: Iterable[Text]) -> Text:
    said = list(said)
    return Text("; ".join(one.en for one in said), "；".join(one.zh for one in said))


def _notes(source: Source, facts: Facts, mismatch: Mismatch, lists: Lists | None) -> Iterator[Text]:
    """What somebody should know, though nothing is wrong with it."""
    if source.marked:
        count, encoding = source.marked, source.encoding
        yield Text(f"{count:,} names were read as {encoding}", f"{count:,} 个名称按 {encoding} 解码")
    if facts.unused:
        named = ", ".join(facts.unused)
        yield Text(f"columns that are not used: {named}", f"未使用的列：{named}")
    if mismatch.deleted:
        count = mismatch.deleted
        yield Text(f"{count:,} rows are about what was deleted", f"{count:,} 行所指内容已被删除")
    if lists is not None and lists.untold:
        count = lists.untold
        yield Text(
            f"{count:,} lines of access lists deny nothing that a role knows",
            f"{count:,} 条访问控制项所拒绝的内容不属于任何角色",
        )
