"""
A small firm with a bit of everything, and ways in which a move of it can go wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lading.connectors.profile import AccessRules
from lading.model.access import ANYBODY, Effect, Grant, Link, Principal, PrincipalKind, Role
from lading.model.paths import Path
from unit.access.ground import NOW, tree
from unit.access.oracle import World

LATER = NOW + 1_000
RULES = AccessRules(caps=((PrincipalKind.GUEST, Role.EDIT),), owned_guests=True)


def one(kind: str, name: str, **facts: object) -> Principal:
    return Principal(PrincipalKind(kind), name, name.title(), **facts)


EVERYBODY = one("everybody", "all")
ANNA, BEN, CARL, DORA, EMIL = (one("person", name) for name in ("anna", "ben", "carl", "dora", "emil"))
LEFT = one("person", "left", active=False)
GUEST = one("guest", "guest", owner="anna", until=LATER)
FIRM = one("department", "firm")
DEALS = one("department", "deals", parent="firm")
FALCON = one("group", "falcon team")
HAWK = one("group", "hawk team")
SENIOR = one("group", "senior")


def at(text: str) -> Path:
    return tuple(text.split("/")) if text else ()


def allow(path: str, who: Principal, role: Role, **facts: object) -> Grant:
    return Grant(at(path), who, frozenset(), role=role, **facts)


def deny(path: str, who: Principal, role: Role, **facts: object) -> Grant:
    return allow(path, who, role, effect=Effect.DENY, **facts)


def ends(path: str) -> Grant:
    return Grant(at(path), ANYBODY, frozenset(), Effect.BREAK)


def firm() -> World:
    """Two deals with a wall between them, a place for all, and a restricted folder."""
    world = World(
        entries=tree(
            "Falcon/contracts/a.docx",
            "Falcon/contracts/b.docx",
            "Falcon/board/secret.docx",
            "Falcon/board/minutes.docx",
        )
        | tree(
            "Hawk/model.xlsx",
            "Hawk/drafts/x.docx",
            "Common/handbook.pdf",
            "Common/forms/leave.docx",
            "Common/salaries/2026.xlsx",
        ),
        principals=[EVERYBODY, ANNA, BEN, CARL, DORA, EMIL, LEFT, GUEST, FIRM, DEALS, FALCON, HAWK, SENIOR],
        members={
            ("deals", "anna"),
            ("deals", "ben"),
            ("firm", "dora"),
            ("firm", "left"),
            ("falcon team", "anna"),
            ("falcon team", "senior"),
        }
        | {("senior", "ben"), ("hawk team", "carl"), ("hawk team", "left")},
        rules=RULES,
    )
    world.grants = [
        allow("Falcon", FALCON, Role.EDIT),
        allow("Falcon/contracts", GUEST, Role.DOWNLOAD),
        ends("Falcon/board"),
        allow("Falcon/board", ANNA, Role.MANAGE),
        deny("Falcon/contracts/b.docx", BEN, Role.DOWNLOAD),
        allow("Hawk", HAWK, Role.MANAGE),
        allow("Hawk/drafts", DORA, Role.PREVIEW, expires=LATER),
        allow("Hawk/drafts", EMIL, Role.EDIT, expires=NOW - 1),
        allow("Common", EVERYBODY, Role.PREVIEW),
        allow("Common/forms", FIRM, Role.DOWNLOAD),
        deny("Common/salaries", EVERYBODY, Role.PREVIEW),
    ]
    world.links = [
        Link(
            at("Common/handbook.pdf"),
            "l1",
            frozenset(),
            LATER,
            True,
            Role.DOWNLOAD,
            10,
            2,
            "v1",
            True,
            "anna",
        ),
        Link(
            at("Falcon/contracts"), "l2", frozenset(), LATER, True, Role.PREVIEW, None, 0, None, False, "anna"
        ),
    ]
    return world


Fault = Callable[[World], None]


def _grant(world: World, old: Grant, *new: Grant) -> None:
    world.grants = [*(it for it in world.grants if it != old), *new]


def _person(world: World, who: Principal, **facts: object) -> None:
    world.principals = [replace(it, **facts) if it.id == who.id else it for it in world.principals]


def _link(world: World, name: str, **facts: object) -> None:
    world.links = [replace(it, **facts) if it.id == name else it for it in world.links]


def _allow_turned_to_inherit(world: World) -> None:
    _grant(world, ends("Falcon/board"))


def _deny_lost(world: World) -> None:
    _grant(world, deny("Falcon/contracts/b.docx", BEN, Role.DOWNLOAD))


def _deny_of_all_lost(world: World) -> None:
    _grant(world, deny("Common/salaries", EVERYBODY, Role.PREVIEW))


def _deny_for_one_only(world: World) -> None:
    _grant(
        world, deny("Common/salaries", EVERYBODY, Role.PREVIEW), deny("Common/salaries", FIRM, Role.PREVIEW)
    )


def _deny_weaker(world: World) -> None:
    _grant(
        world,
        deny("Falcon/contracts/b.docx", BEN, Role.DOWNLOAD),
        deny("Falcon/contracts/b.docx", BEN, Role.EDIT),
    )


def _deny_ends(world: World) -> None:
    lost = deny("Falcon/contracts/b.docx", BEN, Role.DOWNLOAD)
    _grant(world, lost, replace(lost, expires=LATER))


def _group_with_one_too_many(world: World) -> None:
    _grant(
        world,
        allow("Falcon", FALCON, Role.EDIT),
        *(allow("Falcon", it, Role.EDIT) for it in (ANNA, BEN, DORA)),
    )


def _member_added(world: World) -> None:
    world.members.add(("falcon team", "carl"))


def _nested_group_widened(world: World) -> None:
    world.members.add(("senior", "emil"))


def _department_above_given(world: World) -> None:
    _grant(world, allow("Common/forms", FIRM, Role.DOWNLOAD), allow("Common/forms", EVERYBODY, Role.DOWNLOAD))


def _expiry_lost(world: World) -> None:
    _grant(
        world,
        allow("Hawk/drafts", DORA, Role.PREVIEW, expires=LATER),
        allow("Hawk/drafts", DORA, Role.PREVIEW),
    )


def _expired_comes_back(world: World) -> None:
    _grant(
        world, allow("Hawk/drafts", EMIL, Role.EDIT, expires=NOW - 1), allow("Hawk/drafts", EMIL, Role.EDIT)
    )


def _expiry_later(world: World) -> None:
    old = allow("Hawk/drafts", DORA, Role.PREVIEW, expires=LATER)
    _grant(world, old, replace(old, expires=LATER + 1))


def _guest_becomes_person(world: World) -> None:
    _person(world, GUEST, kind=PrincipalKind.PERSON)


def _guest_stays(world: World) -> None:
    _person(world, GUEST, until=None)


def _guest_reaches_further(world: World) -> None:
    _grant(world, allow("Falcon/contracts", GUEST, Role.DOWNLOAD), allow("Falcon", GUEST, Role.DOWNLOAD))


def _left_comes_back(world: World) -> None:
    _person(world, LEFT, active=True)


def _stranger(world: World) -> None:
    world.principals.append(one("person", "stranger"))


def _namesake(world: World) -> None:
    _grant(world, allow("Falcon/board", ANNA, Role.MANAGE), allow("Falcon/board", DORA, Role.MANAGE))


def _role_raised(world: World) -> None:
    _grant(
        world, allow("Falcon/contracts", GUEST, Role.DOWNLOAD), allow("Falcon/contracts", GUEST, Role.EDIT)
    )


def _grant_one_folder_up(world: World) -> None:
    _grant(world, allow("Common/forms", FIRM, Role.DOWNLOAD), allow("Common", FIRM, Role.DOWNLOAD))


def _out_of_restricted(world: World) -> None:
    world.entries = (world.entries - tree("Falcon/board/secret.docx")) | tree(
        "Falcon/board/minutes.docx", "Falcon/contracts/secret.docx"
    )


def _hidden_grant(world: World) -> None:
    world.grants.append(allow("Hawk/model.xlsx", EMIL, Role.DOWNLOAD))


FAULTS: dict[str, tuple[Fault, str]] = {
    "allow turned to inherit": (_allow_turned_to_inherit, "break"),
    "denial lost": (_deny_lost, "denial"),
    "denial of everybody lost": (_deny_of_all_lost, "denial"),
    "denial for some only": (_deny_for_one_only, "denial"),
    "denial of a higher role": (_deny_weaker, "denial"),
    "denial ends": (_deny_ends, "denial"),
    "group flattened with one too many": (_group_with_one_too_many, "grant"),
    "one member too many": (_member_added, "member"),
    "one member too many in a group of the group": (_nested_group_widened, "member"),
    "department becomes everybody": (_department_above_given, "grant"),
    "expiry lost": (_expiry_lost, "expired"),
    "expired grant alive again": (_expired_comes_back, "expired"),
    "expiry later": (_expiry_later, "expired"),
    "guest becomes a person": (_guest_becomes_person, "member"),
    "guest without an end": (_guest_stays, "inactive"),
    "guest a folder further up": (_guest_reaches_further, "grant"),
    "who left is active": (_left_comes_back, "inactive"),
    "somebody of nowhere": (_stranger, "person"),
    "namesake": (_namesake, "grant"),
    "role raised": (_role_raised, "role"),
    "grant a folder further up": (_grant_one_folder_up, "grant"),
    "moved out of a restricted folder": (_out_of_restricted, "entry"),
    "a grant nobody listed": (_hidden_grant, "grant"),
}
"""What goes wrong in the move, and the word for the cause that must be named."""

LINK_FAULTS: dict[str, tuple[Fault, str]] = {
    "password lost": (lambda world: _link(world, "l1", has_password=False), "password"),
    "expiry of a link lost": (lambda world: _link(world, "l1", expires=None), "longer"),
    "expiry of a link later": (lambda world: _link(world, "l2", expires=LATER + 1), "longer"),
    "downloads without limit": (lambda world: _link(world, "l1", limit=None), "limit"),
    "downloads counted anew": (lambda world: _link(world, "l1", used=0), "limit"),
    "not pinned to its version": (lambda world: _link(world, "l1", version=None), "version"),
    "open to outsiders": (lambda world: _link(world, "l1", inside=False), "inside"),
    "link with a higher role": (lambda world: _link(world, "l2", role=Role.DOWNLOAD), "role"),
    "link on the folder above": (lambda world: _link(world, "l2", path=at("Falcon")), "new"),
    "a link more": (lambda world: world.links.append(replace(world.links[0], id="l3")), "new"),
    "more below a link": (lambda world: world.entries.update(tree("Falcon/contracts/c.docx")), "entries"),
}

LOSSES: dict[str, Fault] = {
    "grant lost": lambda world: _grant(world, allow("Falcon/contracts", GUEST, Role.DOWNLOAD)),
    "member lost": lambda world: world.members.discard(("senior", "ben")),
    "entry lost": lambda world: world.entries.discard(at("Hawk/model.xlsx")),
    "link lost": lambda world: world.links.pop(),
    "person lost": lambda world: _person_gone(world, CARL),
}


def _person_gone(world: World, who: Principal) -> None:
    world.principals = [it for it in world.principals if it.id != who.id]
    world.members = {pair for pair in world.members if pair[1] != who.id}
