"""
The generated firm on a drive in memory, with a bit of everything, and a faithful move of it to a second one.

The move knows nothing of Lading's own transfer: it asks the facets of the one drive and tells those of the other.
Everybody has another id on the new drive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from lading.connectors.conditions import ANYTHING
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.profile import AccessRules
from lading.model.access import ANYBODY, Effect, Grant, Link, Principal, PrincipalKind, Reach, Role, Version
from lading.model.entry import Kind
from lading.model.paths import ROOT, Path
from lading.testkit.firm import RIVALS, Firm, adviser_key, build_firm, team_key
from lading.testkit.world.deals import DEALS, Deal

K = PrincipalKind
RULES = AccessRules(caps=((K.GUEST, Role.EDIT),), owned_guests=True)
SECOND = 1_000_000_000
DAY = 86_400 * SECOND


def day(text: str) -> int:
    """Midnight of an ISO date, in nanoseconds since 1970 UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


NOW = day("2026-01-01")
"""The day of the move."""
SOON = day("2026-06-30")
"""The day on which grants and links of the firm end."""
SERVICE = "service"
"""The account that moves."""
TWINS = ("N1", "N2")
"""Two people of one name."""
FALCON, HAWK = RIVALS
OTHER = DEALS[3]
COMMON = "公共 Common"


def deal(of: Deal, *names: str) -> Path:
    """What lies in the folder of a deal."""
    return (of.folder, *names)


BOARD, LOAN, MODEL = (deal(FALCON, name) for name in ("董事会 Board", "合同 Contracts", "model.xlsx"))
DRAFT, SIGNED, MINUTES = (*LOAN, "贷款协议 draft.docx"), (*LOAN, "signed.pdf"), (*BOARD, "minutes.docx")
HANDBOOK, SALARIES, MEMO = (COMMON, "handbook.pdf"), (COMMON, "薪酬 Salaries"), (COMMON, "Memo.txt")
MEMO_TWIN = (COMMON, "memo.txt")
CRAMPED = (COMMON, "forms")


def new_id(old: str) -> str:
    """The id on the new drive."""
    return f"n-{old}"


def old_drive() -> MemoryDrive:
    """The firm before the move."""
    firm = build_firm(people=60)
    drive = MemoryDrive(clock=lambda: NOW, access=RULES, account=SERVICE)
    _people(drive.store, firm)
    for of in (FALCON, HAWK, OTHER):
        _deal(drive, firm, of)
    _common(drive, firm)
    _grants(drive, firm)
    _links(drive)
    return drive


def moved(old: MemoryDrive) -> MemoryDrive:
    """A faithful copy of *old* on a new drive."""
    new = MemoryDrive(clock=lambda: NOW + DAY, access=RULES, account=new_id(SERVICE))
    for _ in range(1_000):
        new.store.number()
    for one in old.people.principals():
        parent, owner = (new_id(it) if it else it for it in (one.parent, one.owner))
        new.store.know(replace(one, id=new_id(one.id), parent=parent, owner=owner))
    for group, member in ((it.group, it.member) for it in old.store.members):
        new.store.join(new_id(group), new_id(member))
    for path, kind in _entries(old):
        if kind is Kind.FOLDER:
            new.make_folder(path, modified=old.stat(path).modified)
        else:
            _versions(old, new, path)
        for grant in old.grants.list(path):
            new.grants.set(replace(grant, principal=_theirs(grant.principal)))
        for link in old.links.list(path):
            _link(old, new, link)
    return new


def _entries(drive: MemoryDrive, folder: Path = ROOT) -> Iterator[tuple[Path, Kind]]:
    for entry in drive.list(folder).entries:
        yield entry.path, entry.kind
        if entry.kind is Kind.FOLDER:
            yield from _entries(drive, entry.path)


def _theirs(who: Principal) -> Principal:
    return who if who.kind is K.EVERYBODY else replace(who, id=new_id(who.id))


def _versions(old: MemoryDrive, new: MemoryDrive, path: Path) -> None:
    for version in old.versions.list(path):
        with old.versions.read(path, version.id) as reader:
            content = reader.read(version.size + 1)
        author = new_id(version.author) if version.author else ""
        new.versions.add(path, [content], replace(version, author=author), expect=ANYTHING)


def _link(old: MemoryDrive, new: MemoryDrive, link: Link) -> None:
    """Made anew: another id, what is left of its downloads, and the version that has this place there."""
    pinned = link.version
    if pinned is not None:
        place = [version.id for version in old.versions.list(link.path)].index(pinned)
        pinned = list(new.versions.list(link.path))[place].id
    left = None if link.limit is None else link.limit - link.used
    password = "another one" if link.has_password else None
    new.links.make(replace(link, version=pinned, limit=left), password=password)


def _people(store: MemoryStore, firm: Firm) -> None:
    store.know(
        *(Principal(K.DEPARTMENT, it.key, it.name, parent=it.parent or None) for it in firm.departments)
    )
    store.know(*(Principal(K.GROUP, it.key, it.name) for it in firm.groups))
    store.know(*(Principal(K.PERSON, it.key, it.name, it.mail, it.login) for it in firm.people))
    store.know(
        *(
            Principal(K.GUEST, it.key, it.name, it.mail, it.mail, owner=it.owner, until=day(it.until))
            for it in firm.guests
        )
    )
    store.know(
        *(
            Principal(K.PERSON, it, "王伟 Wang Wei", f"{it}@firm.example".lower(), f"w{it}".lower())
            for it in TWINS
        ),
        Principal(K.PERSON, SERVICE, "Lading", "lading@firm.example", "lading"),
    )
    for it in firm.groups:
        for group in it.groups:
            store.join(group, it.key)
    for person in firm.people:
        for group in (*person.departments, *person.groups):
            store.join(group, person.key)
    for guest in firm.guests:
        store.join(guest.groups[0], guest.key)
    store.join(team_key(FALCON), TWINS[0])


def _write(drive: MemoryDrive, path: Path, authors: tuple[str, ...], *, label: str = "") -> None:
    """A version by each of *authors*, one a week, the first with *label*."""
    for number, author in enumerate(authors):
        content = f"{path[-1]} {number}".encode()
        saved = day("2024-03-01") + 7 * DAY * number
        version = Version(
            "", saved, len(content), author, modified=saved - SECOND, label="" if number else label
        )
        drive.versions.add(path, [content], version, expect=ANYTHING)


def _deal(drive: MemoryDrive, firm: Firm, of: Deal) -> None:
    one, two = (it.key for it in firm.team(of)[:2])
    for folder in ((), ("董事会 Board",), ("合同 Contracts",)):
        drive.make_folder(deal(of, *folder))
    _write(
        drive,
        deal(of, "合同 Contracts", "贷款协议 draft.docx"),
        (one, two, one, two),
        label="给银团 to banks",
    )
    _write(drive, deal(of, "合同 Contracts", "signed.pdf"), (two,))
    _write(drive, deal(of, "董事会 Board", "minutes.docx"), (one,))
    _write(drive, deal(of, "model.xlsx"), (one, two))


def _common(drive: MemoryDrive, firm: Firm) -> None:
    for folder in ((COMMON,), SALARIES, CRAMPED):
        drive.make_folder(folder)
    authors = [it.key for it in firm.people]
    _write(drive, HANDBOOK, tuple(authors[:3]))
    _write(drive, (*SALARIES, "2026.xlsx"), (authors[3],))
    _write(drive, (*CRAMPED, "leave.docx"), (authors[4],))
    _write(drive, MEMO, (authors[5],))
    _write(drive, MEMO_TWIN, (authors[6],))


def allow(path: Path, who: Principal, role: Role, **facts: object) -> Grant:
    """A grant as people give it."""
    return Grant(path, who, frozenset(), role=role, **facts)  # type: ignore[arg-type]


def _grants(drive: MemoryDrive, firm: Firm) -> None:
    people = drive.store.people
    everybody = Principal(K.EVERYBODY, "")
    wanted = [
        *(allow(deal(of), people[team_key(of)], Role.EDIT) for of in (FALCON, HAWK, OTHER)),
        allow(LOAN, people[adviser_key(FALCON)], Role.DOWNLOAD),
        Grant(BOARD, ANYBODY, frozenset(), Effect.BREAK),
        allow(BOARD, people[TWINS[0]], Role.MANAGE),
        allow(DRAFT, people[firm.team(FALCON)[0].key], Role.DOWNLOAD, effect=Effect.DENY),
        allow(deal(HAWK, "合同 Contracts"), people["accounts"], Role.DOWNLOAD, expires=SOON),
        allow(deal(OTHER), people["credit"], Role.PREVIEW, reach=Reach.HERE),
        allow(deal(OTHER, "model.xlsx"), people["model"], Role.EDIT, expires=day("2025-06-30")),
        allow((COMMON,), everybody, Role.PREVIEW),
        allow(SALARIES, everybody, Role.PREVIEW, effect=Effect.DENY),
        allow(CRAMPED, people["firm"], Role.DOWNLOAD),
        allow(CRAMPED, people["heads"], Role.EDIT),
    ]
    for grant in wanted:
        drive.grants.set(grant)


def _links(drive: MemoryDrive) -> None:
    pinned = next(iter(drive.versions.list(HANDBOOK))).id
    limits = Link(HANDBOOK, "", frozenset(), SOON, role=Role.DOWNLOAD, limit=10, version=pinned)
    drive.links.make(limits, password="first")
    drive.links.make(
        Link((*CRAMPED, "leave.docx"), "", frozenset(), role=Role.DOWNLOAD, inside=True), password=None
    )
    node = drive.store.find(HANDBOOK)[1]
    node.links = [replace(link, used=3) for link in node.links]
