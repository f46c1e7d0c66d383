"""
A drive with files in it, made straight in the tables and the store, for tests of the checker.
"""

from __future__ import annotations

import hashlib
from itertools import count

from lading.drive.actor import SYSTEM
from lading.drive.models import Kind, Node, Space, Version
from lading.drive.store import Stored, record, store
from lading.drive.writing import writing

_numbers = count(1)


class Ground:
    """One space, *space*, with a folder *deals*."""

    def __init__(self) -> None:
        number = next(_numbers)
        self.space = Space.objects.create(key=f"space{number}", name="Deals", created=1)
        self.root = self.node(None, "")
        self.bin = self.node(None, "")
        Space.objects.filter(id=self.space.id).update(root=self.root, bin=self.bin)
        self.deals = self.node(self.root, "deals")

    def node(self, parent: Node | None, name: str, **facts: object) -> Node:
        """A folder, unless *facts* say otherwise."""
        trail = f"{parent.trail}{parent.id}/" if parent else ""
        given = {"kind": Kind.FOLDER, "saved": 1, "created": 1, **facts}
        return Node.objects.create(space=self.space, parent=parent, name=name, trail=trail, **given)

    def save(self, name: str, content: bytes, *, parent: Node | None = None, now: int | None = None) -> Node:
        """Save *content* as the next version of a file, as the drive does: first the store, then the tables."""
        stored = store().put_bytes(content)
        parent = parent or self.deals
        with writing(SYSTEM, self.space.id, room=stored.size, now=now) as work:
            record(None, stored, work.now)
            file = Node.objects.filter(parent=parent, name=name).first() or self.node(
                parent, name, kind=Kind.FILE
            )
            file.number, file.size, file.digest = file.number + 1, stored.size, stored.digest
            file.modified = file.saved = work.now
            file.save()
            Version.objects.create(
                node=file, number=file.number, digest=stored.digest, size=stored.size,
                modified=work.now, saved=work.now, stored=work.now,
            )  # fmt: skip
            work.event("file.saved", space=self.space.id, node=file.id)
        return file

    def remove(self, file: Node) -> None:
        """Remove a file with its versions, as a purge of the trash does."""
        size = sum(file.versions.values_list("size", flat=True))
        with writing(SYSTEM, self.space.id, room=-size):
            file.delete()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read(one: Stored | str) -> bytes:
    """A content of the store."""
    with store().open(one if isinstance(one, str) else one.digest) as reading:
        return reading.read()
