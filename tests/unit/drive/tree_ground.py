"""
People, spaces and files for tests of the tree, made the way the product makes them.
"""

from itertools import count

from django.db.models import F

from lading.drive.actor import SYSTEM, Actor
from lading.drive.models import Account, Event, Grant, Meta, Principal, Version
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight, sight
from lading.drive.store import Stored, store
from lading.drive.tree import find
from lading.drive.tree.change import Saved, make_folder, save
from lading.drive.tree.row import Seen
from lading.drive.tree.spaces import make_space

_numbers = count(1)


def person(key: str = "", admin: str = "") -> Actor:
    """A person who may sign in."""
    key = key or f"p{next(_numbers)}"
    made = Principal.objects.create(kind="person", key=key, name=key.title(), created=1)
    Account.objects.create(principal=made, login=key, admin=admin, created=1)
    return Actor(made.id, key, admin=admin)


def deal(*managers: Actor, name: str = "Deal", quota: int | None = None) -> int:
    """The id of a new space."""
    return make_space(SYSTEM, name, admins=[one.principal for one in managers], quota=quota)


def look(actor: Actor, space: int, *path: str) -> Seen:
    """What *actor* sees at a path."""
    return find.at(sight(actor), space, path)


def names(actor: Actor, space: int, *path: str) -> list[str]:
    """The names that *actor* sees in a folder."""
    return [one.row.name for one in find.children(sight(actor), look(actor, space, *path))]


def put(content: str) -> Stored:
    """Content that is in the store."""
    return store().put_bytes(content.encode())


def write(actor: Actor, space: int, *path: str, content: str = "text", **options: object) -> Saved:
    """Save a file at a path whose folder exists."""
    parent = look(actor, space, *path[:-1])
    return save(sight(actor), parent, path[-1], put(content), **options)


def folder(actor: Actor, space: int, *path: str) -> Seen:
    """Make a folder at a path whose parent exists."""
    return make_folder(sight(actor), look(actor, space, *path[:-1]), path[-1])


def eye(actor: Actor) -> Sight:
    """What *actor* sees now."""
    return sight(actor)


def rule(node: int, who: Actor, role: Role, *, deny: bool = False) -> None:
    """A grant or denial, straight in the tables."""
    Grant.objects.create(node_id=node, principal_id=who.principal, role=role, deny=deny, created=1)
    Meta.objects.filter(key="epoch").update(value=F("value") + 1)


def contents(node: int) -> list[str]:
    """The contents of a file's versions, oldest first."""
    found = Version.objects.filter(node=node).order_by("number").values_list("digest", flat=True)
    return [text(digest) for digest in found]


def text(digest: str) -> str:
    """A content of the store."""
    with store().open(digest) as reading:
        return reading.read(-1).decode()


def told() -> list[str]:
    """The kinds of all events, in their order."""
    return list(Event.objects.order_by("id").values_list("kind", flat=True))
