"""
Versions, as lossy as the real ones.

A version's id is the modification time of the content in seconds, and the time
is the only key: contents of one second push each other out.  The list is the
kept contents and the present one together.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from .cloud import Cloud
from .store import Row


@dataclass(frozen=True)
class Version:
    """One entry of the list; *blob* is what a download gives."""

    mtime: int
    size: int
    blob: str
    etag: str
    author: str
    label: str

    def size_of(self, cloud: Cloud) -> int:
        """The bytes that a download gives, which are others than the list tells where two share a time."""
        return cloud.store.path(self.blob).stat().st_size


def keep(cloud: Cloud, node: Row) -> None:
    """Take the present content of *node* over into its history, before it is replaced; an empty one is not kept."""
    if not node["size"]:
        cloud.store.drop(node["blob"])
        return
    cloud.store.drop(
        cloud.store.value("SELECT blob FROM version WHERE node=? AND mtime=?", node["id"], node["mtime"])
    )
    cloud.store.run(
        "INSERT OR REPLACE INTO version VALUES(?, ?, ?, ?, ?, ?, ?)",
        node["id"],
        node["mtime"],
        node["size"],
        node["blob"],
        node["etag"],
        node["author"],
        node["label"],
    )


def listed(cloud: Cloud, node: Row) -> list[Version]:
    """All entries, newest first; where an old content has the present one's time, both are one entry."""
    found: dict[int, Version] = {}
    for row in cloud.store.rows("SELECT * FROM version WHERE node=?", node["id"]):
        found[row["mtime"]] = _version(row)
    old = found.get(node["mtime"])
    # Measured: the shared entry downloads the older content, though it tells of the present one.
    found[node["mtime"]] = Version(
        node["mtime"],
        node["size"],
        old.blob if old else node["blob"],
        node["etag"],
        node["author"],
        node["label"],
    )
    return sorted(found.values(), key=lambda it: -it.mtime)


def find(cloud: Cloud, node: Row, mtime: str) -> Version | None:
    return next((it for it in listed(cloud, node) if str(it.mtime) == mtime), None)


def name(cloud: Cloud, node: Row, version: Version, label: str) -> None:
    """Give a version a label."""
    if version.mtime == node["mtime"]:
        cloud.store.run("UPDATE node SET label=? WHERE id=?", label, node["id"])
    cloud.store.run("UPDATE version SET label=? WHERE node=? AND mtime=?", label, node["id"], version.mtime)


def forget(cloud: Cloud, node: Row, version: Version) -> bool:
    """Remove an old version; the present content is none."""
    found = cloud.store.value("SELECT blob FROM version WHERE node=? AND mtime=?", node["id"], version.mtime)
    cloud.store.drop(found)
    cloud.store.run("DELETE FROM version WHERE node=? AND mtime=?", node["id"], version.mtime)
    return found is not None


def restore(cloud: Cloud, node: Row, version: Version, user: str) -> None:
    """Make an old version the present content, with its own time; what was present becomes a version."""
    row = cloud.store.row("SELECT * FROM version WHERE node=? AND mtime=?", node["id"], version.mtime)
    if row is None:
        return
    cloud.store.run("DELETE FROM version WHERE node=? AND mtime=?", node["id"], version.mtime)
    if node["mtime"] != version.mtime:
        keep(cloud, node)
    else:
        cloud.store.drop(node["blob"])
    cloud.tree.replace(node, row["blob"], row["size"], user)
    cloud.tree.touch(node["id"], version.mtime)


def thin(cloud: Cloud, steps: Mapping[int, int] | None = None) -> int:
    """
    Expire versions as the background job does, and return how many went.

    *steps* is age in seconds up to which one version is kept per so many
    seconds; without it, Nextcloud's documented pattern.  Labelled ones stay.
    """
    steps = steps or {10: 2, 60: 10, 3600: 60, 86400: 3600, 30 * 86400: 86400, 1 << 40: 7 * 86400}
    gone, now = 0, int(time.time())
    for owner in cloud.store.rows("SELECT DISTINCT node FROM version"):
        last: int | None = None
        for row in cloud.store.rows("SELECT * FROM version WHERE node=? ORDER BY mtime DESC", owner["node"]):
            step = next(it for age, it in steps.items() if now - row["mtime"] < age)
            if last is not None and last - row["mtime"] < step and not row["label"]:
                cloud.store.drop(row["blob"])
                cloud.store.run("DELETE FROM version WHERE node=? AND mtime=?", row["node"], row["mtime"])
                gone += 1
            else:
                last = row["mtime"]
    return gone


def _version(row: Row) -> Version:
    return Version(row["mtime"], row["size"], row["blob"], row["etag"], row["author"], row["label"])
