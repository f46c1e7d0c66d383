"""
Faults that a move can make, one at a time, in the new drive of `moved_firm`; and what each check has to find.

A fault is what one careless line in somebody's migration script does.  A check that is not named in `finds` has to
be silent about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.memory.access import MemoryGrants
from lading.connectors.memory.content import Content
from lading.connectors.memory.store import Node
from lading.model.access import Effect, Grant, Link, Principal, PrincipalKind, Reach, Role
from lading.model.paths import Path
from lading.testkit.firm import adviser_key, team_key
from support.moved_firm import (
    BOARD,
    COMMON,
    CRAMPED,
    DAY,
    DRAFT,
    FALCON,
    HANDBOOK,
    HAWK,
    LOAN,
    MEMO,
    MEMO_TWIN,
    MINUTES,
    MODEL,
    NOW,
    OTHER,
    SALARIES,
    SERVICE,
    SIGNED,
    SOON,
    TWINS,
    allow,
    deal,
    new_id,
)

LEAVE = (*CRAMPED, "leave.docx")
ADVISERS, TEAM, RIVAL_TEAM = adviser_key(FALCON), team_key(FALCON), team_key(HAWK)
COUNSEL = f"G-{FALCON.code}-counsel"
INSURER = f"G-{FALCON.code}-insurance"
HAWK_CONTRACTS = deal(HAWK, "合同 Contracts")


class Hiding(MemoryGrants):
    """Grants of which the listing of all leaves out those on *hidden*; who asks about the entry is told."""

    def __init__(self, store: MemoryStore, hidden: Path) -> None:
        super().__init__(store)
        self._hidden = hidden

    def all(self) -> Iterator[Grant] | None:
        """All but the hidden ones."""
        return (grant for grant in super().all() or () if grant.path != self._hidden)


@dataclass(frozen=True)
class Fault:
    """What was *done* to the new drive, and what each check has to find, by its name; the first is the one to rely on."""

    code: str
    done: Callable[[MemoryDrive], None]
    finds: dict[str, set[str]]


def node(new: MemoryDrive, path: Path) -> Node:
    """What the store holds at *path*."""
    return new.store.find(path)[1]


def who(new: MemoryDrive, old_id: str) -> Principal:
    """Who they are on the new drive."""
    return new.store.people[new_id(old_id)]


def regrant(path: Path, of: Effect = Effect.ALLOW, /, **facts: Any) -> Callable[[MemoryDrive], None]:
    """The first grant on *path* with effect *of* says something else, or with no *facts* is gone."""

    def done(new: MemoryDrive) -> None:
        grants = node(new, path).grants
        at = next(at for at, grant in enumerate(grants) if grant.effect is of)
        grants[at : at + 1] = [replace(grants[at], **facts)] if facts else []

    return done


def person(old_id: str, **facts: Any) -> Callable[[MemoryDrive], None]:
    """Something else is said of somebody."""
    return lambda new: new.store.know(replace(who(new, old_id), **facts))


def link(path: Path, **facts: Any) -> Callable[[MemoryDrive], None]:
    """The link on *path* has other limits."""

    def done(new: MemoryDrive) -> None:
        held = node(new, path)
        held.links = [replace(one, **facts) for one in held.links]

    return done


def version(path: Path, ordinal: int, **facts: Any) -> Callable[[MemoryDrive], None]:
    """One version of *path* says something else."""

    def done(new: MemoryDrive) -> None:
        held = node(new, path).versions
        held[ordinal] = (replace(held[ordinal][0], **facts), held[ordinal][1])

    return done


def _reach_widened(new: MemoryDrive) -> None:
    held = node(new, deal(OTHER))
    held.grants = [replace(grant, reach=Reach.ALL) for grant in held.grants]


def given(path: Path, old_id: str, role: Role) -> Callable[[MemoryDrive], None]:
    """Somebody gets a grant on *path*."""
    return lambda new: node(new, path).grants.append(replace(allow(path, who(new, old_id), role), path=()))


def _a_folder_further_up(new: MemoryDrive) -> None:
    regrant(LOAN)(new)
    given(deal(FALCON), ADVISERS, Role.DOWNLOAD)(new)


def _to_the_namesake(new: MemoryDrive) -> None:
    regrant(BOARD, principal=who(new, TWINS[1]))(new)


def _joined(group: str, member: str) -> Callable[[MemoryDrive], None]:
    return lambda new: new.store.join(new_id(group), new_id(member))


def _left_group(new: MemoryDrive) -> None:
    new.store.members = [
        one for one in new.store.members if one.member != new_id(TWINS[0]) or one.group != new_id(TEAM)
    ]


def _flattened(new: MemoryDrive) -> None:
    """Everybody who is in the team now gets what the team had."""
    held = node(new, deal(FALCON))
    team = next(grant for grant in held.grants if grant.principal.id == new_id(TEAM))
    people = [new.store.people[one.member] for one in new.store.members if one.group == new_id(TEAM)]
    held.grants = [grant for grant in held.grants if grant is not team]
    held.grants += [replace(team, principal=one) for one in people]


def _namesakes_exchanged(new: MemoryDrive) -> None:
    one, two = (who(new, twin) for twin in TWINS)
    new.store.know(replace(one, mail=two.mail), replace(two, mail=one.mail))


def _link_on_the_folder(new: MemoryDrive) -> None:
    node(new, CRAMPED).links, node(new, LEAVE).links = node(new, LEAVE).links, []


def _open_link_more(new: MemoryDrive) -> None:
    new.links.make(Link(MINUTES, "", frozenset(), role=Role.PREVIEW), password=None)


def _order_swapped(new: MemoryDrive) -> None:
    versions = node(new, DRAFT).versions
    versions[0], versions[1] = versions[1], versions[0]


def _version_missing(new: MemoryDrive) -> None:
    del node(new, DRAFT).versions[1]


def _altered(path: Path, ordinal: int) -> Callable[[MemoryDrive], None]:
    """A version has another content of the same length."""

    def done(new: MemoryDrive) -> None:
        held = node(new, path)
        facts, old = held.versions[ordinal]
        content = Content()
        content.add(b"?" * old.size)
        held.versions[ordinal] = (replace(facts, digests=(("sha256", content.sha256),)), content)
        held.content = held.versions[-1][1]

    return done


def _all_by_the_service(new: MemoryDrive) -> None:
    for _, held in new.store.nodes():
        held.versions = [
            (replace(facts, author=new_id(SERVICE)), content) for facts, content in held.versions
        ]


def _renamed(path: Path, to: Path) -> Callable[[MemoryDrive], None]:
    def done(new: MemoryDrive) -> None:
        held = node(new, path[:-1]).children.pop(path[-1])
        held.name = to[-1]
        node(new, to[:-1]).children[to[-1]] = held

    return done


def _twins_merged(new: MemoryDrive) -> None:
    """The one takes the place of the other, as on a drive that does not tell case."""
    _altered(MEMO, 0)(new)
    del node(new, (COMMON,)).children[MEMO_TWIN[-1]]


NAMES = "gain names"
"""The names of the folders above what is seen now."""
MORE = "link opens more: "
WIDER = {"identity": {"mapped wider"}, "fidelity": {"group.wider", "grant.wider"}}
"""A group of the new drive has people whom it had not: nothing would be granted to it."""

FAULTS = (
    # Grants.
    Fault(
        "reach of an allowance widened",
        _reach_widened,
        {"access": {"gain reach"}, "compare": {"grants missing", "grants extra"}},
    ),
    Fault(
        "allow turned to inherit",
        regrant(BOARD, Effect.BREAK),
        {"access": {"gain break"}, "compare": {"grants missing"}},
    ),
    Fault(
        "denial lost", regrant(DRAFT, Effect.DENY), {"access": {"gain denial"}, "compare": {"grants missing"}}
    ),
    Fault(
        "denial of everybody lost",
        regrant(SALARIES, Effect.DENY),
        {"access": {"gain denial"}, "compare": {"grants missing"}},
    ),
    Fault(
        "denial turned to allowance",
        regrant(DRAFT, Effect.DENY, effect=Effect.ALLOW),
        {"access": {"gain denial"}, "compare": {"grants missing", "grants extra"}},
    ),
    Fault(
        "denial of a higher role only",
        regrant(DRAFT, Effect.DENY, role=Role.EDIT),
        {"access": {"gain denial"}, "compare": {"grants role"}},
    ),
    Fault(
        "expiry lost",
        regrant(HAWK_CONTRACTS, expires=None),
        {"access": {"gain expired", NAMES}, "compare": {"grants expires"}},
    ),
    Fault(
        "expiry a day later",
        regrant(HAWK_CONTRACTS, expires=SOON + DAY),
        {"access": {"gain expired", NAMES}, "compare": {"grants expires"}},
    ),
    Fault(
        "ended grant alive again",
        regrant(deal(OTHER, "model.xlsx"), expires=None),
        {"access": {"gain expired", NAMES}, "compare": {"grants expires"}},
    ),
    Fault(
        "role widened", regrant(LOAN, role=Role.EDIT), {"access": {"gain role"}, "compare": {"grants role"}}
    ),
    Fault(
        "grant lost", regrant(LOAN), {"access": {"loss grant", "loss names"}, "compare": {"grants missing"}}
    ),
    Fault(
        "grant a folder further up",
        _a_folder_further_up,
        {"access": {"gain grant"}, "compare": {"grants missing", "grants extra"}},
    ),
    Fault(
        "namesake given the grant",
        _to_the_namesake,
        {"access": {"gain grant", NAMES, "loss grant"}, "compare": {"grants missing", "grants extra"}},
    ),
    # People.
    Fault("group flattened into its people", _flattened, {"compare": {"grants missing", "grants extra"}}),
    Fault(
        "one person too many in a group",
        _joined(TEAM, TWINS[1]),
        {"access": {"gain member"}, "compare": {"members extra"}, **WIDER},
    ),
    Fault(
        "one group too many in a group",
        _joined(ADVISERS, "ic"),
        {
            "access": {"gain member", NAMES},
            "compare": {"members extra"},
            "walls": {"1 on both sides in b"},
            **WIDER,
        },
    ),
    Fault(
        "one person lost from a group",
        _left_group,
        {
            "access": {"loss member"},
            "compare": {"members missing"},
            "identity": {"mapped fewer"},
            "fidelity": {"group.fewer", "member.absent"},
        },
    ),
    Fault(
        "namesakes exchanged in the directory",
        _namesakes_exchanged,
        {
            "identity": {"ambiguous login_differs", "mapped wider fewer"},
            "fidelity": {
                "person.ambiguous",
                "member.nobody",
                "grant.nobody",
                "grant.wider",
                "group.wider",
                "group.fewer",
            },
            "compare": {"principals mail"},
        },
    ),
    Fault(
        "guest made a person",
        person(INSURER, kind=PrincipalKind.PERSON, owner=None, until=None),
        {
            "access": {"gain inactive", "gain member", NAMES},
            "identity": {"outside", "mapped wider fewer"},
            "fidelity": {"guest.outside", "group.wider", "group.fewer", "grant.wider", "member.nobody"},
            "compare": {"bad_map"},
        },
    ),
    Fault(
        "guest without an end",
        person(INSURER, until=None),
        {"access": {"gain inactive", NAMES}, "compare": {"principals until"}, **WIDER},
    ),
    Fault(
        "ended guest alive again",
        person(COUNSEL, until=NOW + 100 * DAY),
        {"access": {"gain inactive", NAMES}, "compare": {"principals until"}, **WIDER},
    ),
    # Links.
    Fault(
        "link password lost",
        link(HANDBOOK, has_password=False),
        {"access": {MORE + "password"}, "compare": {"links password"}},
    ),
    Fault(
        "link expiry lost",
        link(HANDBOOK, expires=None),
        {"access": {MORE + "longer"}, "compare": {"links expires"}},
    ),
    Fault(
        "link limit lost",
        link(HANDBOOK, limit=None),
        {"access": {MORE + "limit"}, "compare": {"links limit"}},
    ),
    Fault(
        "link downloads counted anew",
        link(HANDBOOK, limit=10),
        {"access": {MORE + "limit"}, "compare": {"links limit"}},
    ),
    Fault(
        "link follows the newest version",
        link(HANDBOOK, version=None),
        {"access": {MORE + "version"}, "compare": {"links version"}},
    ),
    Fault(
        "link open to outsiders",
        link(LEAVE, inside=False),
        {"access": {MORE + "inside"}, "compare": {"links inside"}},
    ),
    Fault(
        "link with a higher role",
        link(LEAVE, role=Role.EDIT),
        {"access": {MORE + "role"}, "compare": {"links role"}},
    ),
    Fault(
        "link to the folder",
        _link_on_the_folder,
        {"access": {MORE + "new", "link opens less: new"}, "compare": {"links missing", "links extra"}},
    ),
    Fault("link more", _open_link_more, {"access": {MORE + "new"}, "compare": {"links extra"}}),
    # Versions.
    Fault("version order swapped", _order_swapped, {"compare": {"versions order"}}),
    Fault("version missing", _version_missing, {"compare": {"versions missing"}}),
    Fault("author replaced by the service account", _all_by_the_service, {"compare": {"versions author"}}),
    Fault(
        "author of an only version replaced",
        version(SIGNED, 0, author=new_id(SERVICE)),
        {"compare": {"versions author"}},
    ),
    Fault(
        "time of a version is that of the move", version(MODEL, 0, saved=NOW), {"compare": {"versions saved"}}
    ),
    Fault(
        "content of an old version altered",
        _altered(DRAFT, 1),
        {"compare": {"versions missing", "versions extra"}},
    ),
    Fault("label of a version lost", version(DRAFT, 0, label=""), {"compare": {"versions label"}}),
    # Entries, and walls.
    Fault(
        "newest content altered",
        _altered(SIGNED, 0),
        {"compare": {"entries content", "versions missing", "versions extra"}},
    ),
    Fault(
        "file moved out of a restricted folder",
        _renamed(MINUTES, (*LOAN, "minutes.docx")),
        {"access": {"gain entry", "loss entry"}, "compare": {"entries missing", "entries extra"}},
    ),
    Fault(
        "case twins merged",
        _twins_merged,
        {
            "compare": {"entries missing", "entries content", "versions missing", "versions extra"},
            "access": {"loss entry"},
        },
    ),
    Fault(
        "person on both sides of a wall",
        given(HAWK_CONTRACTS, TWINS[0], Role.PREVIEW),
        {"walls": {"1 on both sides in b"}, "access": {"gain grant", NAMES}, "compare": {"grants extra"}},
    ),
    Fault(
        "team on both sides of a wall",
        _joined(RIVAL_TEAM, TEAM),
        {
            "walls": {"13 on both sides in b"},
            "access": {"gain member"},
            "compare": {"members extra"},
            **WIDER,
        },
    ),
)
