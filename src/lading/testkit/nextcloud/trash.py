"""What was deleted: one bin per owner, and one per team folder that all its members see."""

import time

from .cloud import Cloud
from .store import Row
from .views import Place


def discard(cloud: Cloud, place: Place) -> None:
    """Put a node into the bin of whoever owns the storage it lies in; another deleter gets a copy of it."""
    kind, owner = cloud.tree.holder(place.node)
    node = place.node
    if kind == "home" and owner != place.user:
        own = cloud.tree.root("trash", place.user)
        name, time_ = _free(cloud, own, node["name"])
        copied = cloud.tree.copy(node, own, name, place.user)
        _note(cloud, copied["id"], cloud.tree.root("home", place.user)["id"], place.path, time_, place.user)
    bin_kind, holder = ("trash-group", owner) if kind == "group" else ("trash", owner)
    bin_root = cloud.tree.root(bin_kind, place.user if kind == "external" else holder)
    location = "/".join(it["name"] for it in reversed(cloud.tree.lineage(node)[:-1]))
    name, time_ = _free(cloud, bin_root, node["name"])
    cloud.tree.move(node, bin_root, name)
    _note(cloud, node["id"], node["root"], location, time_, place.user)


def _free(cloud: Cloud, bin_root: Row, name: str) -> tuple[str, int]:
    """The name that says when it was deleted, a second or more later if that is taken, and this time."""
    now = int(time.time())
    while cloud.tree.child(bin_root["id"], f"{name}.d{now}") is not None:
        now += 1
    return f"{name}.d{now}", now


def _note(cloud: Cloud, node: int, origin: int, location: str, when: int, deleter: str) -> None:
    name = location.rpartition("/")[2]
    cloud.store.run(
        "INSERT OR REPLACE INTO trash VALUES(?, ?, ?, ?, ?, ?)", node, origin, name, location, when, deleter
    )


def bins(cloud: Cloud, user: str) -> list[Row]:
    """The roots of all bins that *user* sees."""
    teams = [mount.node for mount in cloud.view(user).mounts if mount.kind == "group"]
    return [
        cloud.tree.root("trash", user),
        *(cloud.tree.root("trash-group", cloud.tree.holder(node)[1]) for node in teams),
    ]


def listed(cloud: Cloud, user: str) -> list[tuple[Row, Row]]:
    """What lies in the user's bins: each node and what is known of its deletion."""
    found = []
    for root in bins(cloud, user):
        for node in cloud.tree.children(root["id"]):
            about = cloud.store.row("SELECT * FROM trash WHERE node=?", node["id"])
            if about is not None:
                found.append((node, about))
    return found


def find(cloud: Cloud, user: str, path: str) -> tuple[Row, Row | None] | None:
    """A node in the bins by its path there; what is known of the deletion only for what was deleted itself."""
    names = path.split("/")
    for node, about in listed(cloud, user):
        if node["name"] == names[0]:
            inner: Row | None = node
            for name in names[1:]:
                inner = cloud.tree.child(inner["id"], name) if inner is not None else None
            if inner is not None:
                return inner, about if len(names) == 1 else None
    return None


def restore(cloud: Cloud, node: Row, about: Row) -> None:
    """Put it back where it was, or into the root if that folder is gone; a taken name gets a number."""
    folder, _, name = about["location"].rpartition("/")
    parent: Row | None = cloud.tree.get(about["origin"])
    for each in folder.split("/") if folder else ():
        parent = cloud.tree.child(parent["id"], each) if parent is not None else None
    if parent is None or not parent["folder"]:
        parent = cloud.tree.get(about["origin"])
    if cloud.tree.child(parent["id"], name) is not None:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem} (restored){dot}{ending}" if stem else f"{name} (restored)"
    cloud.tree.move(node, parent, cloud.tree.free_name(parent["id"], name))
    cloud.store.run("DELETE FROM trash WHERE node=?", node["id"])
