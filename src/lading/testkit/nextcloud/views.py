"""
What one user sees: the own home, with received shares, team folders and external storages mounted in it.

Nobody sees anybody else's home, an administrator neither.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count

from .people import People
from .rights import ALL, DELETE, READ, Rule, letters, merged
from .store import Row, Store
from .tree import Tree


@dataclass(frozen=True)
class Mount:
    """A tree, or a part of one, at *point* in a user's view; *kind* is what nc:mount-type says."""

    point: str
    kind: str
    node: Row
    bits: int
    share: Row | None = None
    folder: Row | None = None
    base: int = ALL  # what is held at its root before any advanced rule

    @property
    def movable(self) -> bool:
        return self.kind == "shared"


@dataclass(frozen=True)
class Place:
    """A node as one user reaches it."""

    user: str
    path: str
    node: Row
    mount: Mount
    bits: int

    @property
    def is_folder(self) -> bool:
        return bool(self.node["folder"])

    @property
    def is_mount_root(self) -> bool:
        return bool(self.node["id"] == self.mount.node["id"])

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def letters(self) -> str:
        inner = self.mount.kind != ""
        return letters(
            self.bits,
            folder=self.is_folder,
            shared=self.mount.kind == "shared",
            mounted=self.mount.kind in ("group", "external"),
            movable_root=inner and self.is_mount_root and self.mount.movable,
            fixed_root=inner and self.is_mount_root and not self.mount.movable,
        )

    def allows(self, bit: int) -> bool:
        return bool(self.bits & bit)


class View:
    """The files of *user* at this moment."""

    def __init__(self, store: Store, tree: Tree, people: People, user: str) -> None:
        self.store, self.tree, self.people, self.user = store, tree, people, user
        self.groups = people.containers(user, "group")
        self.circles = people.containers(user, "circle")
        self.rooms = people.containers(user, "room")
        home = tree.root("home", user)
        self.home = Mount("", "", home, ALL)
        fixed = [*self._teams(), *self._external()]
        for mount in fixed:
            self._make_room(mount.point)
        taken = {mount.point for mount in fixed}
        self.mounts = sorted([*fixed, *self._placed(self._shared(), taken)], key=lambda it: -len(it.point))
        self._rules: dict[int, list[Rule]] = {}

    def find(self, path: str) -> Place | None:
        """What is at *path*, if the user may know of it."""
        mount = self._mount_of(path)
        place = self._ruled(Place(self.user, mount.point, mount.node, mount, mount.base & mount.bits))
        inner = path[len(mount.point) :].strip("/")
        for name in inner.split("/") if inner else ():
            if place is None:
                return None
            node = self.tree.child(place.node["id"], name)
            place = None if node is None else self._below(place, node)
        return place

    def children(self, place: Place) -> list[Place]:
        """What is in a folder, as far as the user may know of it; mounts hide what they lie over."""
        mounts = {it.point: it for it in self.mounts if it.point.rpartition("/")[0] == place.path}
        inside = []
        for node in self.tree.children(place.node["id"]):
            below = self._below(place, node)
            if below is not None and below.path not in mounts:
                inside.append(below)
        for mount in mounts.values():
            root = self._ruled(Place(self.user, mount.point, mount.node, mount, mount.base & mount.bits))
            if root is not None:
                inside.append(root)
        return inside

    def by_id(self, node: int) -> Place | None:
        """The place of a node by its id, at home before elsewhere."""
        found = self.tree.find(node)
        if found is None:
            return None
        line = self.tree.lineage(found)
        for mount in (self.home, *self.mounts):
            for number, above in enumerate(line):
                if above["id"] == mount.node["id"]:
                    names = [it["name"] for it in reversed(line[:number])]
                    return self.find("/".join(filter(None, [mount.point, *names])))
        return None

    def etag(self, place: Place) -> str:
        """A folder's etag also tells of what is mounted below it."""
        prefix = f"{place.path}/" if place.path else ""
        below = [it for it in self.mounts if it.point.startswith(prefix) and it.point != place.path]
        own = str(place.node["etag"])
        if not below or not place.is_folder:
            return own
        tags = "".join(sorted(self.tree.get(it.node["id"])["etag"] for it in below))
        return hashlib.md5((own + tags).encode()).hexdigest()

    def rules(self, node: int) -> list[Rule]:
        """All advanced rules on one node."""
        if node not in self._rules:
            rows = self.store.rows("SELECT * FROM rule WHERE node=? ORDER BY kind, id", node)
            self._rules[node] = [Rule(it["kind"], it["id"], it["mask"], it["bits"]) for it in rows]
        return self._rules[node]

    def mine(self, rules: Iterable[Rule]) -> list[Rule]:
        """Those of *rules* that are about this user."""
        own = {("user", self.user)}
        own |= {("group", it) for it in self.groups} | {("circle", it) for it in self.circles}
        return [rule for rule in rules if (rule.kind, rule.id) in own]

    def manages(self, folder: Row) -> bool:
        """Whether the user may see and set all advanced rules of a team folder."""
        if self.people.is_admin(self.user):
            return True
        rows = self.store.rows("SELECT kind, id FROM manager WHERE folder=?", folder["id"])
        return bool(self.mine(Rule(row["kind"], row["id"], 0, 0) for row in rows))

    def may_empty(self, place: Place) -> bool:
        """Whether no advanced rule below *place* keeps the user from deleting it, also where the user sees nothing."""
        if place.mount.folder is None or not place.mount.folder["acl"]:
            return True
        below = [merged(self.mine(self.rules(node["id"]))) for node in self.tree.below(place.node)]
        return not any(rule.mask & DELETE and not rule.bits & DELETE for rule in below)

    def _make_room(self, point: str) -> None:
        """Make the folders above a fixed mount; what the home has under its name gets a number."""
        *above, name = point.split("/")
        at: Row = self.home.node
        for folder in above:
            at = self.tree.child(at["id"], folder) or self.tree.make_folder(at, folder)
        before = self.tree.child(at["id"], name)
        if before is not None:
            numbered = (f"{name} ({number})" for number in count(1))
            self.tree.move(before, at, next(it for it in numbered if self.tree.child(at["id"], it) is None))

    def _placed(self, mounts: list[Mount], taken: set[str]) -> list[Mount]:
        """Received shares, each under a name of its own; one that had to give way keeps its new name."""
        found = []
        for mount in mounts:
            above, _, name = mount.point.rpartition("/")
            point = self._free(
                mount.point if self._at_home(above) else name, taken, folder=mount.node["folder"]
            )
            taken.add(point)
            if point != mount.point and mount.share is not None:
                sql = "INSERT OR REPLACE INTO received VALUES(?, ?, ?, 0)"
                self.store.run(sql, mount.share["id"], self.user, f"/{point}")
            found.append(replace(mount, point=point))
        return found

    def _free(self, point: str, taken: set[str], *, folder: bool) -> str:
        """*point*, or with the first number in brackets where nothing is."""
        stem, dot, ending = (point, "", "") if folder else point.rpartition(".")
        if not stem:
            stem, dot, ending = point, "", ""
        tried = (point if number == 1 else f"{stem} ({number}){dot}{ending}" for number in count(1))
        return next(it for it in tried if it not in taken and not self._at_home(it))

    def _at_home(self, path: str) -> bool:
        """Whether the home itself has something at *path*; its root it always has."""
        at: Row | None = self.home.node
        for name in path.split("/") if path else ():
            at = self.tree.child(at["id"], name) if at is not None else None
        return at is not None

    def _mount_of(self, path: str) -> Mount:
        for mount in self.mounts:
            if path == mount.point or path.startswith(mount.point + "/"):
                return mount
        return self.home

    def _below(self, place: Place, node: Row) -> Place | None:
        path = f"{place.path}/{node['name']}" if place.path else node["name"]
        return self._ruled(replace(place, path=path, node=node))

    def _ruled(self, place: Place) -> Place | None:
        """*place* with the advanced rules of its own node applied; None where they forbid reading."""
        folder = place.mount.folder
        if folder is None or not folder["acl"]:
            return place
        # A folder's rules come on top of what was decided above, within the group's own rights.
        rule = merged(self.mine(self.rules(place.node["id"])))
        bits = rule.applied(place.bits) & place.mount.bits
        return replace(place, bits=bits) if bits & READ else None

    def _shared(self) -> list[Mount]:
        found: dict[int, Mount] = {}
        for share in received(self.store, self.user, self.groups, self.circles, self.rooms):
            node = self.tree.find(share["node"])
            if node is None or self.tree.holder(node)[0] == "trash":
                continue
            before = found.get(node["id"])
            bits = share["bits"] | (before.bits if before else 0)
            point = before.point if before else (share["own_target"] or share["target"]).strip("/")
            found[node["id"]] = Mount(point, "shared", node, bits, share)
        return list(found.values())

    def _teams(self) -> list[Mount]:
        found = []
        for folder in self.store.rows("SELECT * FROM teamfolder ORDER BY id"):
            rows = self.store.rows("SELECT kind, id, bits FROM teamgroup WHERE folder=?", folder["id"])
            mine = [
                it["bits"]
                for it in rows
                if it["id"] in (self.circles if it["kind"] == "circle" else self.groups)
            ]
            if mine:
                bits = 0
                for each in mine:
                    bits |= each
                node, base = self.tree.get(folder["node"]), self._base(folder)
                found.append(Mount(folder["mount"].strip("/"), "group", node, bits, folder=folder, base=base))
        return found

    def _base(self, folder: Row) -> int:
        """What is held in a team folder before any rule; without default rights, its managers can still look."""
        if not folder["acl"] or not folder["closed"]:
            return ALL
        return READ if self.manages(folder) else 0

    def _external(self) -> list[Mount]:
        found = []
        for row in self.store.rows("SELECT * FROM external"):
            applies = row["users"].split("\n") if row["users"] else []
            if not applies or self.user in applies:
                found.append(
                    Mount(row["mount"].strip("/"), "external", self.tree.get(row["node"]), row["bits"])
                )
        return found


def received(
    store: Store, user: str, groups: list[str], circles: list[str], rooms: Sequence[str] = ()
) -> list[Row]:
    """The shares that *user* receives, personally, by a group, a circle or a room; each with the user's own_target."""
    terms, values = ["(type=0 AND recipient=?)"], [user]
    for kind, names in ((1, groups), (7, circles), (10, rooms)):
        if names:
            terms.append(f"(type={kind} AND recipient IN ({','.join('?' * len(names))}))")
            values += names
    rows = store.rows(
        "SELECT share.*, received.target AS own_target, received.refused FROM share"
        " LEFT JOIN received ON received.share=share.id AND received.user=?"
        f" WHERE {' OR '.join(terms)} ORDER BY type, id",
        user,
        *values,
    )
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    return [
        row
        for row in rows
        if user not in (row["owner"], row["sharer"])
        and not row["refused"]
        and not (row["expires"] and row["expires"] < today)
    ]
