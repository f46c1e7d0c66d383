"""
What memory drives share: the tree, the partials and the facts about both.

A store is the server, a `MemoryDrive` a client of it.  It knows nothing of
preconditions and sources; whoever uses it holds its `lock` meanwhile.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict, Unpack

from lading.connectors.names import folded
from lading.connectors.profile import AccessRules, Features, NameRules, Profile
from lading.model.access import (
    Comment,
    Effect,
    Grant,
    Label,
    Link,
    Lock,
    Membership,
    Principal,
    PrincipalKind,
    Reach,
    Role,
    Setting,
    Version,
)
from lading.model.entry import Entry, Kind
from lading.model.errors import CursorExpired, NoSpace, NotFound, WrongKind
from lading.model.paths import Path

from .content import Content


class Facts(TypedDict, total=False):
    """Facts of the profile that a store can be given, see `Profile`."""

    names: NameRules
    keeps_modified: bool
    clock_grain: int
    modified_range: tuple[int, int] | None
    size_limit: int | None
    calls_per_second: float | None
    concurrency: int
    access: AccessRules | None
    features: Features
    batch_content: int


class Settings(Facts, total=False):
    """How a store behaves beyond its profile."""

    page_size: int
    """Entries on a page of a listing."""
    quota_bytes: int | None
    """Bytes of content, partials included, that the store takes."""
    cursor_lifetime: int | None
    """Listing calls (of all clients) that a cursor outlives; None: as long as the store."""
    clock: Callable[[], int]
    """Now, in nanoseconds since 1970 UTC."""
    offers: Collection[str]
    """Names of the facets there are; without one, its abilities in `Profile` go too."""
    bulk: bool
    """False: versions, grants and links are told entry by entry only."""
    account: str
    """The id of the principal that clients of the store act as; `""` is nobody."""


FACETS = frozenset(
    {
        "brief",
        "ranges",
        "moves",
        "partials",
        "settle",
        "versions",
        "grants",
        "links",
        "people",
        "locks",
        "labels",
        "comments",
        "settings",
        "capacity",
        "batch",
    }
)

ALL_FEATURES = Features(
    versions=frozenset({"order", "saved", "modified", "author", "label"}),
    roles=frozenset(Role) - {Role.NONE},
    effects=frozenset(Effect),
    reaches=frozenset(Reach),
    expiry=True,
    principals=frozenset(PrincipalKind),
    links=frozenset({"password", "expires", "limit", "version", "inside"}),
    link_roles=frozenset({Role.PREVIEW, Role.DOWNLOAD, Role.UPLOAD, Role.EDIT}),
)
"""What a store can be given unless its settings say less."""


@dataclass(slots=True, eq=False)
class Node:
    """A file (it has content) or a folder (it has children, by their folded names)."""

    name: str
    id: str
    modified: int
    content: Content | None = None
    etag: str | None = None
    children: dict[str, Node] = field(default_factory=dict)
    versions: list[tuple[Version, Content]] = field(default_factory=list)
    """All contents, oldest first, the present one last; without the facet only that."""
    grants: list[Grant] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    locks: list[Lock] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)

    @property
    def is_folder(self) -> bool:
        """Whether it can hold others."""
        return self.content is None

    def entry(self, path: Path) -> Entry:
        """What a drive says about it at *path*."""
        if self.content is None:
            return Entry(path, Kind.FOLDER, 0, self.modified, self.id)
        digests = (("sha256", self.content.sha256),)
        return Entry(path, Kind.FILE, self.content.size, self.modified, self.id, self.etag, digests)


class MemoryStore:
    """A tree of files, shared by any number of `MemoryDrive` clients."""

    def __init__(self, **settings: Unpack[Settings]) -> None:
        if unknown := settings.keys() - Settings.__annotations__.keys():
            raise TypeError(f"no such settings: {', '.join(sorted(unknown))}")
        self.page_size = settings.get("page_size", 1000)
        self.quota_bytes = settings.get("quota_bytes")
        self.cursor_lifetime = settings.get("cursor_lifetime")
        self.clock = settings.get("clock", time.time_ns)
        facts = {name: settings[name] for name in Facts.__annotations__ if name in settings}  # type: ignore[literal-required]
        self.offers = frozenset(settings.get("offers", FACETS))
        self.bulk = settings.get("bulk", True)
        self.account = settings.get("account", "")
        self.profile = _without(replace(_PLAIN, **facts), self.offers)
        self.lock = threading.RLock()
        self.partials: dict[tuple[str, str], Content] = {}
        self.settled = 0
        """How many changes had been made when `settle` was last called."""
        self.people: dict[str, Principal] = {}
        """Who there is, by id."""
        self.members: list[Membership] = []
        """Who belongs to whom, without the departments below departments."""
        self.changes = 0
        """How many changes have been made."""
        self._numbers = itertools.count(1)
        self._listings = 0
        self._expired_at = -1
        self.root = self.new_node("", None)

    def new_node(self, name: str, modified: int | None) -> Node:
        """A folder that is not yet in the tree; it becomes a file by getting content."""
        return Node(name, self.number(), self.time(modified))

    def number(self) -> str:
        """A text that was never given before: an id, an etag."""
        return f"{next(self._numbers):x}"

    def time(self, modified: int | None) -> int:
        """The time that is kept for an entry that was given *modified*."""
        given = modified is not None and self.profile.keeps_modified
        return self.profile.kept_time(modified if given and modified is not None else self.clock())

    def key(self, name: str) -> str:
        """What tells *name* from others in a folder."""
        return folded(name, self.profile.names)

    def find(self, path: Path) -> tuple[Path, Node]:
        """
        The node at *path*, and its path as the store spells it.

        Raises:
            NotFound: nothing is there.
        """
        node, spelled = self.root, []
        for name in path:
            child = node.children.get(self.key(name))
            if child is None:
                raise NotFound(path, "no such entry")
            node = child
            spelled.append(node.name)
        return tuple(spelled), node

    def folder(self, path: Path) -> tuple[Path, Node]:
        """
        The folder that *path* lies in.

        Raises:
            NotFound: there is none.
            WrongKind: it is a file.
        """
        try:
            spelled, node = self.find(path[:-1])
        except NotFound:
            raise NotFound(path, "its folder does not exist") from None
        if not node.is_folder:
            raise WrongKind(path, "its folder is a file")
        return spelled, node

    def look(self, path: Path) -> tuple[Path, Node | None]:
        """What is at *path*, None if nothing is."""
        try:
            return self.find(path)
        except NotFound:
            return path, None

    def used(self) -> int:
        """Bytes of all content, partials included."""
        total = sum(content.size for content in self.partials.values())
        return total + sum(content.size for _, node in self.nodes() for _, content in node.versions)

    def nodes(self) -> Iterator[tuple[Path, Node]]:
        """All nodes with their paths, each folder before what it holds."""
        waiting: list[tuple[Path, Node]] = [((), self.root)]
        while waiting:
            path, node = waiting.pop()
            yield path, node
            waiting.extend(((*path, child.name), child) for child in node.children.values())

    def room(self, path: Path | str, size: int) -> None:
        """
        Make sure that *size* more bytes fit.

        Raises:
            NoSpace: they do not.
        """
        if self.quota_bytes is not None and self.used() + size > self.quota_bytes:
            raise NoSpace(path, f"quota of {self.quota_bytes} bytes")

    def know(self, *principals: Principal) -> None:
        """Let there be *principals*; one with a known id takes its place."""
        with self.lock:
            self.people.update({one.id: one for one in principals})

    def join(self, group: str, *members: str) -> None:
        """Let *members* belong to *group*; twice is no error."""
        with self.lock:
            new = [Membership(group, member) for member in members]
            self.members.extend(one for one in new if one not in self.members)

    def hang(self, *marks: Grant | Link | Lock | Label | Comment | Setting) -> None:
        """Hang *marks* on their entries as they are, whatever the store could be given by a client."""
        with self.lock:
            for mark in marks:
                held: list[Any] = getattr(self.find(mark.path)[1], _HELD[type(mark)])
                held.append(mark)

    def cursor(self, key: str) -> str:
        """A cursor for what comes after *key* in a folder."""
        return f"{self._listings}:{key.encode('utf-8', 'surrogatepass').hex()}"

    def after(self, folder: Path, cursor: str | None) -> str:
        """
        The key after which a listing goes on; every listing call comes by here.

        Raises:
            CursorExpired: the cursor is too old, or none of ours.
        """
        self._listings += 1
        if cursor is None:
            return ""
        given, _, key = cursor.partition(":")
        try:
            at, found = int(given), bytes.fromhex(key).decode("utf-8", "surrogatepass")
        except ValueError:
            raise CursorExpired(folder, "no such cursor") from None
        lived = self._listings - at
        if at <= self._expired_at or (self.cursor_lifetime is not None and lived > self.cursor_lifetime):
            raise CursorExpired(folder, "the cursor is too old")
        return found

    def expire_cursors(self) -> None:
        """Forget all cursors given so far."""
        with self.lock:
            self._expired_at = self._listings


_HELD = {
    Grant: "grants", Link: "links", Lock: "locks", Label: "labels", Comment: "comments", Setting: "settings",
}  # fmt: skip

_PLAIN = Profile(
    kind="memory",
    address="memory:",
    digests=("sha256",),
    stable_ids=True,
    access=AccessRules(),
    features=ALL_FEATURES,
    batch_content=4 << 20,
)


def _without(profile: Profile, offers: Collection[str]) -> Profile:
    """*profile* without the abilities of facets that are not offered."""
    features = profile.features
    if "versions" not in offers:
        features = replace(features, versions=frozenset())
    if "grants" not in offers:
        nothing: frozenset[Any] = frozenset()
        features = replace(features, roles=nothing, effects=nothing, principals=nothing, expiry=False)
    if "links" not in offers:
        features = replace(features, links=frozenset(), link_roles=frozenset())
    access = profile.access if "grants" in offers else None
    return replace(profile, features=features, access=access)
