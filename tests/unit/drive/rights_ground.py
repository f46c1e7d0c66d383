"""
Principals, spaces and nodes for tests of rights, made straight in the tables.
"""

from dataclasses import dataclass, field
from itertools import count

from django.db.models import F

from lading.drive.actor import Actor
from lading.drive.models import Account, Grant, Kind, Membership, Meta, Node, Principal, Space
from lading.drive.rights.roles import Role

FAR = 2**62
"""A time that no test reaches."""

_numbers = count(1)


def changed() -> None:
    """Rights were changed in the tables: move the epoch, as every change of the product does."""
    Meta.objects.filter(key="epoch").update(value=F("value") + 1)


def principal(key: str, kind: str = "person", **facts: object) -> Principal:
    """A principal; a guest without an owner gets one."""
    if kind == "guest":
        facts.setdefault("until", FAR)
        if "owner" not in facts:
            facts["owner"] = Principal.objects.create(kind="person", key=f"owner-of-{key}", created=1)
    return Principal.objects.create(kind=kind, key=key, name=key.title(), created=1, **facts)


def everybody() -> Principal:
    """The principal that stands for all persons."""
    return Principal.objects.get(kind="everybody")


def join(member: Principal, group: Principal) -> None:
    """Make *member* belong to *group*."""
    Membership.objects.create(member=member, group=group)
    changed()


def space(name: str = "Deals", **facts: object) -> Space:
    """A space with its root and its bin."""
    made = Space.objects.create(key=f"s{next(_numbers)}", name=name, created=1, **facts)
    made.root = _node(made, None, "")
    made.bin = _node(made, None, "")
    made.save()
    return made


def folder(parent: Node, name: str, **facts: object) -> Node:
    """A folder in *parent*."""
    return _node(parent.space, parent, name, **facts)


def file(parent: Node, name: str, **facts: object) -> Node:
    """A file in *parent*."""
    return _node(parent.space, parent, name, kind=Kind.FILE, number=1, **facts)


def allow(node: Node, who: Principal, role: Role, **facts: object) -> Grant:
    """A grant."""
    made = Grant.objects.create(node=node, principal=who, role=role, created=1, **facts)
    changed()
    return made


def deny(node: Node, who: Principal, role: Role, **facts: object) -> Grant:
    """A denial."""
    return allow(node, who, role, deny=True, **facts)


def acting(who: Principal, **facts: object) -> Actor:
    """*who* as one who acts."""
    return Actor(who.id, who.key, **facts)


def security() -> Actor:
    """A security admin."""
    who = Principal.objects.filter(key="sec").first() or principal("sec")
    Account.objects.get_or_create(principal=who, defaults={"login": "sec", "admin": "security", "created": 1})
    return Actor(who.id, "sec", admin="security")


@dataclass
class Deal:
    """A space with one manager, one folder in it and one file in that."""

    name: str = "Deal"
    space: Space = field(init=False)

    def __post_init__(self) -> None:
        self.space = space(self.name)
        self.root = self.space.root
        self.boss = principal(f"boss-{self.space.key}")
        self.folder = folder(self.root, "Contracts")
        self.file = file(self.folder, "a.docx")
        allow(self.root, self.boss, Role.MANAGE)

    @property
    def manager(self) -> Actor:
        return acting(self.boss)


def _node(of: Space, parent: Node | None, name: str, **facts: object) -> Node:
    trail = f"{parent.trail}{parent.id}/" if parent else ""
    return Node.objects.create(
        **{"space": of, "parent": parent, "name": name, "kind": Kind.FOLDER, "trail": trail}
        | {"saved": 1, "created": 1}
        | facts
    )
