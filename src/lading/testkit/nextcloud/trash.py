"""What was deleted: one bin per owner, and one per team folder that all its members see."""

import time

from .cloud import Cloud
from .store import Row
from .views import Place


def discard(cloud: Cloud, place: Place) -> None:
    """Put a node into the bin of whoever owns the storage it lies in."""
    kind, owner = cloud.tree.holder(place.node)
    bin_kind, holder = ("trash", owner) if kind == "home" else (f"trash-{kind}", owner)
    if kind == "external":
        bin_kind, holder = "trash", place.user
    bin_root = cloud.tree.root(bin_kind, holder)
    location = "/".join(it["name"] for it in reversed(cloud.tree.lineage(place.node)[:-1]))
    now = int(time.time())
    while cloud.tree.child(bin_root["id"], f"{place.node['name']}.d{now}") is not None:
        now += 1
    origin = place.node["root"]
    name = place.node["name"]
    cloud.tree.move(place.node, bin_root, f"{name}.d{now}")
    cloud.store.run(
        "INSERT OR REPLACE INTO trash VALUES(?, ?, ?, ?, ?, ?)",
        place.node["id"],
        origin,
        name,
        location,
        now,
        place.user,
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
