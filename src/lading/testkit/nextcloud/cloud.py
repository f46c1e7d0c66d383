"""The cloud as a whole: what all its doors share."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .people import UNLIMITED, People
from .store import Row, Store
from .tree import Tree
from .views import Place, View, received

VERSION = (33, 0, 1, 2)


@dataclass(frozen=True)
class Options:
    """How strict and how slow the double is; the seeding door may change it."""

    attempts: int = 10  # wrong logins from one address after which it is turned away
    forgotten: float = 1800.0  # seconds after which a wrong login no longer counts
    slow_passwords: bool = False
    lenient_chunks: bool = False  # as a real server without Redis and S3: any names and sizes
    smallest_chunk: int = 5 << 20
    # Documented: what is in the upload folder cannot be downloaded; the present source refuses it whatever
    # the store and the headers (405). Releases before that check gave it; none of them is what is imitated here.
    readable_chunks: bool = False
    timezone: str = (
        "UTC"  # told of every account ("": it has none of its own); the days of the double are those of UTC
    )
    day_ends: str = (
        "23:59:59"  # the time of day that the end of a share is told with; before 33.0.1 "00:00:00"
    )


class Cloud:
    """One Nextcloud below *home*."""

    def __init__(self, home: Path, options: Options) -> None:
        self.store = Store(home)
        self.options = options
        self.tree = Tree(self.store)
        self.people = People(self.store, slow=options.slow_passwords)
        self.calls: Counter[str] = (
            Counter()
        )  # "PROPFIND remote.php/dav/files", since the start or the last look

    def view(self, user: str) -> View:
        return View(self.store, self.tree, self.people, user)

    @property
    def maintenance(self) -> bool:
        return bool(self.store.value("SELECT value FROM meta WHERE key='maintenance'") == "on")

    def file_id(self, node: int) -> str:
        """oc:id: the number, eight digits at least, and the id of this installation."""
        return f"{node:08d}{self.store.instance}"

    def free(self, place: Place) -> int:
        """Bytes left where *place* is; -3 without a limit."""
        if place.mount.folder is not None:
            quota, used = place.mount.folder["quota"], self.tree.get(place.mount.folder["node"])["size"]
        else:
            owner = self.owner(place)
            found = self.people.get(owner)
            quota = found["quota"] if found else UNLIMITED
            used = self.tree.root("home", owner)["size"]
        return UNLIMITED if quota < 0 else max(0, quota - used)

    def owner(self, place: Place) -> str:
        """Who owns a node; in team folders and external storages it is told as the one who looks."""
        kind, owner = self.tree.holder(place.node)
        return owner if kind == "home" else place.user

    def tell(self, place: Place, type_: str, subject: str, *, app: str = "files") -> None:
        """Write into the activity log of everybody who reaches *place*."""
        for user, path in self._audience(place).items():
            self.store.run(
                "INSERT INTO activity(affected, actor, app, type, subject, node, path, time) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                user,
                place.user,
                app,
                type_,
                subject,
                place.node["id"],
                path,
                int(time.time()),
            )

    def _audience(self, place: Place) -> Mapping[str, str]:
        """The people who reach *place*, and where each sees it."""
        found = {place.user: f"/{place.path}"}
        line = self.tree.lineage(place.node)
        names = [it["name"] for it in line]
        kind, owner = self.tree.holder(place.node)
        if kind == "home":
            found.setdefault(owner, "/" + "/".join(reversed(names[:-1])))
        for number, above in enumerate(line):
            inside = "/".join(reversed(names[:number]))
            for user, target in self._receivers(above):
                found.setdefault(user, "/" + "/".join(filter(None, [target.strip("/"), inside])))
        return found

    def _receivers(self, node: Row) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for share in self.store.rows(
            "SELECT * FROM share WHERE node=? AND type IN (0, 1, 7, 10)", node["id"]
        ):
            kind = {1: "group", 7: "circle", 10: "room"}.get(share["type"])
            users = self.people.members(kind, share["recipient"]) if kind else [share["recipient"]]
            for user in users:
                held = [self.people.containers(user, it) for it in ("group", "circle", "room")]
                mine = [it for it in received(self.store, user, *held) if it["id"] == share["id"]]
                found += [(user, it["own_target"] or it["target"]) for it in mine]
        for folder in self.store.rows("SELECT * FROM teamfolder WHERE node=?", node["id"]):
            for group in self.store.rows("SELECT kind, id FROM teamgroup WHERE folder=?", folder["id"]):
                found += [(user, folder["mount"]) for user in self.people.members(group["kind"], group["id"])]
        return found
