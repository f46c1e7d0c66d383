"""
Putting content in its place in the tree of a store.
"""

from __future__ import annotations

from lading.connectors.conditions import Absent, Precondition, check
from lading.model.access import Version
from lading.model.entry import Entry
from lading.model.errors import AlreadyExists, TooLarge, Truncated, WrongKind
from lading.model.paths import Path

from .content import Content
from .store import MemoryStore, Node


def fits(store: MemoryStore, path: Path | str, length: int, size: int | None) -> None:
    """Stop a source as soon as it has given too much: it may be endless."""
    if size is not None and length > size:
        raise Truncated(path, f"more than {size} bytes")
    if store.profile.size_limit is not None and length > store.profile.size_limit:
        raise TooLarge(path, f"more than {store.profile.size_limit} bytes")
    if store.quota_bytes is not None and length > store.quota_bytes:
        store.room(path, length)


def target_of(store: MemoryStore, path: Path, expect: Precondition) -> Node | None:
    """The file that content put at *path* would replace, None if there is none."""
    spelled, node = store.look(path)
    if node is None:
        store.folder(path)
        check(expect, None, path)
        return None
    if node.is_folder:
        raise (AlreadyExists if isinstance(expect, Absent) else WrongKind)(path, "a folder")
    check(expect, node.entry(spelled), path)
    return node


def put(
    store: MemoryStore,
    path: Path,
    content: Content,
    expect: Precondition,
    modified: int | None,
    version: Version | None = None,
) -> Entry:
    """Give *path* its content, with the facts of *version* that the store keeps; the caller holds the lock."""
    node = target_of(store, path, expect)
    parent_path, parent = store.folder(path)
    if node is None:
        node = store.new_node(path[-1], modified)
        parent.children[store.key(path[-1])] = node
    node.content, node.etag, node.modified = content, store.number(), store.time(modified)
    if "versions" not in store.offers:
        node.versions.clear()
    node.versions.append((_facts(store, node, version), content))
    store.changes += 1
    return node.entry((*parent_path, node.name))


def _facts(store: MemoryStore, node: Node, given: Version | None) -> Version:
    """What is kept of the content that *node* has just got; what the store cannot be *given* is its own."""
    assert node.content is not None
    assert node.etag is not None
    kept = store.profile.features.versions if given else frozenset()
    saved = given.saved if given and "saved" in kept else store.clock()
    return Version(
        id=node.etag,
        saved=store.profile.kept_time(saved),
        size=node.content.size,
        author=given.author if given and "author" in kept else store.account,
        digests=(("sha256", node.content.sha256),),
        modified=node.modified,
        label=given.label if given and "label" in kept else "",
    )
