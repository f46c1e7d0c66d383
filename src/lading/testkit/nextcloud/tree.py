"""
The nodes: homes, team folders, external storages and trash bins, each a tree of its own.

A node keeps its id for life.  Any change gives every folder above a new etag,
a newer time and another size, as Nextcloud's propagation does.
"""

import secrets
import time

from .store import Row, Store


class Tree:
    """Reading and changing nodes; rights are decided elsewhere."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def root(self, kind: str, owner: str) -> Row:
        """The root of *owner*'s tree of this *kind*, made when it is first asked for."""
        found = self.store.value("SELECT node FROM root WHERE kind=? AND owner=?", kind, owner)
        if found is None:
            found = self.store.run(
                "INSERT INTO node(parent, name, folder, mtime, etag) VALUES(NULL, '', 1, ?, ?)",
                int(time.time()),
                _etag(),
            )
            self.store.run("UPDATE node SET root=id WHERE id=?", found)
            self.store.run("INSERT INTO root VALUES(?, ?, ?)", found, kind, owner)
        return self.get(found)

    def get(self, node: int) -> Row:
        found = self.find(node)
        assert found is not None
        return found

    def find(self, node: int) -> Row | None:
        return self.store.row("SELECT * FROM node WHERE id=?", node)

    def child(self, parent: int, name: str) -> Row | None:
        return self.store.row("SELECT * FROM node WHERE parent=? AND name=?", parent, name)

    def children(self, parent: int) -> list[Row]:
        return self.store.rows("SELECT * FROM node WHERE parent=? ORDER BY id", parent)

    def lineage(self, node: Row) -> list[Row]:
        """*node* and all folders above it, the root last."""
        line = [node]
        while line[-1]["parent"] is not None:
            line.append(self.get(line[-1]["parent"]))
        return line

    def holder(self, node: Row) -> tuple[str, str]:
        """The kind and the owner of the tree that *node* is in."""
        found = self.store.row("SELECT kind, owner FROM root WHERE node=?", node["root"])
        assert found is not None
        return found["kind"], found["owner"]

    def make_folder(self, parent: Row, name: str) -> Row:
        now = int(time.time())
        made = self.store.run(
            "INSERT INTO node(root, parent, name, folder, mtime, upload, etag) VALUES(?, ?, ?, 1, ?, ?, ?)",
            parent["root"],
            parent["id"],
            name,
            now,
            now,
            _etag(),
        )
        self.changed(parent["id"], 0)
        return self.get(made)

    def make_file(self, parent: Row, name: str, blob: str, size: int, author: str) -> Row:
        now = int(time.time())
        made = self.store.run(
            "INSERT INTO node(root, parent, name, folder, size, mtime, upload, etag, blob, author)"
            " VALUES(?, ?, ?, 0, ?, ?, ?, ?, ?, ?)",
            parent["root"],
            parent["id"],
            name,
            size,
            now,
            now,
            _etag(),
            blob,
            author,
        )
        self.changed(parent["id"], size)
        return self.get(made)

    def replace(self, node: Row, blob: str, size: int, author: str) -> Row:
        """Give a file new content; the old one stays on disk for whoever takes it over."""
        now = int(time.time())
        self.store.run(
            "UPDATE node SET blob=?, size=?, mtime=?, upload=?, etag=?, author=?, label='' WHERE id=?",
            blob,
            size,
            now,
            now,
            _etag(),
            author,
            node["id"],
        )
        self.changed(node["parent"], size - node["size"])
        return self.get(node["id"])

    def touch(self, node: int, mtime: int) -> None:
        """Set a time; the folders above notice."""
        self.store.run("UPDATE node SET mtime=?, etag=? WHERE id=?", mtime, _etag(), node)
        parent = self.get(node)["parent"]
        if parent is not None:
            self.changed(parent, 0, mtime)

    def renew(self, node: int) -> None:
        """Give *node* and the folders above new etags."""
        self.changed(node, 0, 0)

    def changed(self, folder: int | None, growth: int, when: int | None = None) -> None:
        """New etags, newer times and other sizes from *folder* up to the root."""
        now = int(time.time()) if when is None else when
        while folder is not None:
            self.store.run(
                "UPDATE node SET etag=?, size=size+?, mtime=MAX(mtime, ?) WHERE id=?",
                _etag(),
                growth,
                now,
                folder,
            )
            folder = self.store.value("SELECT parent FROM node WHERE id=?", folder)

    def move(self, node: Row, parent: Row, name: str) -> Row:
        """Put *node*, with all below it, elsewhere; ids stay."""
        self.store.run(
            "UPDATE node SET parent=?, name=?, etag=? WHERE id=?", parent["id"], name, _etag(), node["id"]
        )
        if node["root"] != parent["root"]:
            for below in self.below(node):
                self.store.run("UPDATE node SET root=? WHERE id=?", parent["root"], below["id"])
        self.changed(node["parent"], -node["size"])
        self.changed(parent["id"], node["size"])
        return self.get(node["id"])

    def copy(self, node: Row, parent: Row, name: str, author: str) -> Row:
        """A copy with ids of its own, without versions, shares or properties."""
        if not node["folder"]:
            made = self.make_file(parent, name, self.store.twin(node["blob"]), node["size"], author)
            self.store.run("UPDATE node SET checksum=? WHERE id=?", node["checksum"], made["id"])
            return self.get(made["id"])
        inside = self.children(node["id"])
        made = self.make_folder(parent, name)
        for child in inside:
            self.copy(child, made, child["name"], author)
        return self.get(made["id"])

    def below(self, node: Row) -> list[Row]:
        """*node* and everything in it."""
        return self.store.rows(
            "WITH RECURSIVE inside(id) AS (SELECT ? UNION ALL SELECT node.id FROM node JOIN inside ON node.parent=inside.id)"
            " SELECT node.* FROM node JOIN inside ON node.id=inside.id",
            node["id"],
        )

    def destroy(self, node: Row) -> None:
        """Remove *node*, all below it, and what hangs on them."""
        for gone in self.below(node):
            self.store.drop(gone["blob"])
            for version in self.store.rows("SELECT blob FROM version WHERE node=?", gone["id"]):
                self.store.drop(version["blob"])
            for table in ("version", "property", "favorite", "share", "rule", "tagged", "comment", "trash"):
                self.store.run(f"DELETE FROM {table} WHERE node=?", gone["id"])
            self.store.run("DELETE FROM node WHERE id=?", gone["id"])
        self.changed(node["parent"], -node["size"])

    def free_name(self, parent: int, name: str) -> str:
        """*name*, or *name* with the first number in brackets that is free there."""
        stem, dot, ending = name.rpartition(".")
        if not stem:
            stem, dot, ending = name, "", ""
        number, tried = 1, name
        while self.child(parent, tried) is not None:
            number += 1
            tried = f"{stem} ({number}){dot}{ending}"
        return tried


def _etag() -> str:
    return secrets.token_hex(16)
