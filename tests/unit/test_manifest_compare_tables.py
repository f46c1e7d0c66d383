"""Comparing what hangs on files: each row of either side is accounted for once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path as LocalPath
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.connectors.api import Drive, Page
from lading.connectors.profile import Profile
from lading.manifest.compare_tables import RowDifference, RowWhat, TableComparison, compare_tables
from lading.manifest.read import Manifest
from lading.manifest.row_rules import Who
from lading.manifest.tables import Feature
from lading.model.access import (
    Comment,
    Effect,
    Grant,
    Label,
    Link,
    Lock,
    Membership,
    Principal,
    PrincipalKind,
    Reach,
    Role,
    Setting,
    Version,
)
from lading.model.entry import Entry, Kind
from lading.model.errors import Forbidden
from lading.model.paths import ROOT, Path
from support.scanning import scan_of

FILE: Path = ("deal\u0301", "合同.docx")
LI = Principal(PrincipalKind.PERSON, "li")
STAFF = Principal(PrincipalKind.GROUP, "staff")
PART = Principal(PrincipalKind.DEPARTMENT, "wind", parent="power")
GUEST = Principal(PrincipalKind.GUEST, "counsel", owner="li", until=9)
EVERYBODY = Principal(PrincipalKind.EVERYBODY, "everybody")
NOTHING: frozenset[str] = frozenset()
HOUR = 3_600_000_000_000


class Told(Drive):
    """A drive without entries that tells *values*, and one file with *versions*."""

    def __init__(
        self, *values: Any, versions: Sequence[Version] = (), grain: int = 1, refused: Sequence[Path] = ()
    ) -> None:
        self._values = values
        self._versions = versions
        self._grain = grain
        self._refused = refused
        self.grants = self.links = self.locks = self.labels = self.comments = self.people = self.settings = (
            None
        )
        for name, kind in {
            "locks": Lock,
            "labels": Label,
            "comments": Comment,
            "links": Link,
            "settings": Setting,
        }.items():
            setattr(self, name, Facet(lambda kind=kind: self._of(kind)))
        self.grants = ByEntry(self)
        self.people = self
        self.versions = Facet(lambda: [(FILE, tuple(versions))] if versions else [])

    @property
    def profile(self) -> Profile:
        return Profile(kind="told", address="here", local=True, clock_grain=self._grain)

    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        paths = {value.path for value in self._of(Grant)} | set(self._refused) | {FILE}
        below = {path[: len(folder) + 1] for path in paths if path[: len(folder)] == folder != path}
        return Page([Entry(path, Kind.FILE if path in paths else Kind.FOLDER) for path in sorted(below)])

    def stat(self, path: Path) -> Entry:
        return Entry(path, Kind.FOLDER)

    def principals(self) -> Any:
        return iter(self._of(Principal))

    def memberships(self) -> Any:
        return iter(self._of(Membership))

    def granted(self, path: Path) -> tuple[Grant, ...]:
        if path in self._refused:
            raise Forbidden(path)
        return tuple(value for value in self._of(Grant) if value.path == path)

    def _of(self, kind: type) -> list[Any]:
        return [value for value in self._values if isinstance(value, kind)]

    def read(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    write = make_folder = remove = read


class Facet:
    """A facet that tells what *tell* gives."""

    def __init__(self, tell: Callable[[], Any]) -> None:
        self._tell = tell

    def all(self) -> Any:
        return iter(self._tell())


class ByEntry:
    """Grants entry by entry."""

    def __init__(self, drive: Told) -> None:
        self._drive = drive

    def all(self) -> None:
        return None

    def list(self, path: Path) -> tuple[Grant, ...]:
        return self._drive.granted(path)


Compared = tuple[dict[str, TableComparison], list[RowDifference]]


@pytest.fixture
def compared(tmp_path_factory: Any) -> Callable[..., Compared]:
    def run(a: Drive, b: Drive, *, who: Who | None = None) -> Compared:
        folder = tmp_path_factory.mktemp("compared")
        told: list[RowDifference] = []
        with pytest.MonkeyPatch.context() as patch:
            one, other = (_scan(patch, drive, folder / name) for drive, name in ((a, "a"), (b, "b")))
        return compare_tables(one, other, who=who, take=told.append), told

    return run


def _scan(patch: pytest.MonkeyPatch, drive: Drive, folder: LocalPath) -> Manifest:
    return scan_of(patch, drive, folder, features=tuple(Feature))


GRANT = Grant(FILE, LI, NOTHING, role=Role.EDIT, expires=HOUR, source="acl")
LINK = Link(FILE, "l1", frozenset("r"), HOUR, True, Role.DOWNLOAD, 5, 2, "v1", True, "li", 3)
LOCK = Lock(FILE, "li", expires=HOUR)
COMMENT = Comment(FILE, "c1", "li", 5, "好")
MISSING, EXTRA, CHANGED = RowWhat.MISSING, RowWhat.EXTRA, RowWhat.CHANGED


@pytest.mark.parametrize(
    ("table", "a", "b", "expected"),
    [
        ("grants", [GRANT], [replace(GRANT, rights=frozenset("w"), source="own")], []),
        ("grants", [GRANT], [], [MISSING]),
        ("grants", [], [GRANT], [EXTRA]),
        ("grants", [GRANT], [replace(GRANT, role=Role.MANAGE)], [(CHANGED, "role")]),
        ("grants", [GRANT], [replace(GRANT, expires=None)], [(CHANGED, "expires")]),
        ("grants", [GRANT], [replace(GRANT, expires=None, role=Role.PASS)], [(CHANGED, "role", "expires")]),
        ("grants", [GRANT], [replace(GRANT, effect=Effect.DENY)], [EXTRA, MISSING]),
        ("grants", [GRANT], [replace(GRANT, reach=Reach.BELOW)], [EXTRA, MISSING]),
        ("grants", [GRANT], [replace(GRANT, rank=1)], [EXTRA, MISSING]),
        ("grants", [GRANT], [replace(GRANT, principal=STAFF)], [EXTRA, MISSING]),
        ("grants", [GRANT], [replace(GRANT, principal=Principal(PrincipalKind.GROUP, "li"))], [EXTRA, MISSING]),
        ("grants", [replace(GRANT, principal=EVERYBODY)], [replace(GRANT, principal=Principal(PrincipalKind.EVERYBODY, "*"))], []),
        ("grants", [GRANT, replace(GRANT, role=Role.PASS)], [replace(GRANT, role=Role.PASS), GRANT], []),
        ("grants", [GRANT, replace(GRANT, role=Role.PASS)], [GRANT], [MISSING]),
        ("links", [LINK], [replace(LINK, id="other", by="service", created=9, version="7", rights=NOTHING)], []),
        ("links", [LINK], [replace(LINK, limit=3, used=0)], []),
        ("links", [LINK], [replace(LINK, used=0)], [(CHANGED, "limit")]),
        ("links", [LINK], [replace(LINK, limit=None)], [(CHANGED, "limit")]),
        ("links", [LINK], [replace(LINK, limit=2**63 - 1, used=-(2**63))], [(CHANGED, "limit")]),
        ("links", [LINK], [replace(LINK, has_password=False)], [(CHANGED, "password")]),
        ("links", [LINK], [replace(LINK, version=None)], [(CHANGED, "version")]),
        ("links", [LINK], [replace(LINK, inside=False, role=Role.EDIT)], [(CHANGED, "role", "inside")]),
        ("links", [LINK, replace(LINK, id="l2", inside=False)], [replace(LINK, id="x", inside=False)], [MISSING]),
        ("links", [LINK], [replace(LINK, path=ROOT)], [EXTRA, MISSING]),
        ("principals", [LI], [replace(LI, name="李", mail="li@firm.example", login="li.x")], []),
        ("principals", [LI], [], [MISSING]),
        ("principals", [], [STAFF], [EXTRA]),
        ("principals", [LI], [replace(LI, kind=PrincipalKind.GUEST)], [EXTRA, MISSING]),
        ("principals", [LI], [replace(LI, active=False)], [(CHANGED, "active")]),
        ("principals", [replace(LI, name="李", mail="li@a.example")], [replace(LI, name="王", mail="Li@A.example")], [(CHANGED, "name")]),
        ("principals", [replace(LI, mail="li@a.example")], [LI], [(CHANGED, "mail")]),
        ("principals", [PART], [replace(PART, parent=None)], [(CHANGED, "parent")]),
        ("principals", [GUEST], [replace(GUEST, owner="wang", until=None)], [(CHANGED, "owner", "until")]),
        ("principals", [replace(GUEST, owner=None)], [GUEST], []),
        ("principals", [EVERYBODY], [replace(EVERYBODY, id="*")], []),
        ("members", [Membership("staff", "li")], [Membership("staff", "li")], []),
        ("members", [Membership("staff", "li")], [Membership("staff", "wang")], [EXTRA, MISSING]),
        ("locks", [LOCK], [replace(LOCK, exclusive=False, expires=None)], [(CHANGED, "exclusive", "expires")]),
        ("labels", [Label(FILE, "x", "li")], [Label(FILE, "x", "service")], [(CHANGED, "by")]),
        ("comments", [COMMENT], [replace(COMMENT, id="9")], []),
        ("settings", [Setting(FILE, "x", "1")], [Setting(FILE, "x", "2")], [(CHANGED, "value")]),
        ("comments", [COMMENT], [replace(COMMENT, at=6)], [(CHANGED, "at")]),
        ("comments", [COMMENT], [replace(COMMENT, text="好\0")], [EXTRA, MISSING]),
    ],
)  # fmt: skip
def test_each_row(compared: Any, table: str, a: list[Any], b: list[Any], expected: list[Any]) -> None:
    """
    Each way in which a row can differ has its own word, and what differs between any two drives has none.
    """
    found, told = compared(Told(*a), Told(*b))
    words = [(row.what, *row.fields) for row in told]

    assert sorted(word if isinstance(word, tuple) else (word,) for word in expected) == sorted(words)
    assert (not expected) == found[table].equal
    assert Counter(word[0] for word in words) == Counter(
        {what: count for what, count in found[table].differences.items() if count}
    )
    assert {table} >= {row.table for row in told}
    assert all(one.equal for name, one in found.items() if name != table)


def version(number: int, **facts: Any) -> Version:
    content = facts.pop("content", number)
    return Version(
        f"v{number}",
        number * 10,
        5,
        "li",
        (("sha256", f"{content:064x}"),),
        number,
        f"label {number}",
        **facts,
    )


HISTORY = [version(number) for number in range(5)]


@pytest.mark.parametrize(
    ("b", "expected"),
    [
        ([replace(one, id=f"n{one.id}") for one in HISTORY], {}),
        ([replace(one, author="service") for one in HISTORY], {("changed", "author"): 5}),
        ([HISTORY[0], HISTORY[2], HISTORY[1], *HISTORY[3:]], {("changed", "order"): 2}),
        (HISTORY[1:], {("missing",): 1}),
        (HISTORY[:-1], {("missing",): 1}),
        ([], {("missing",): 4}),
        ([*HISTORY, version(9)], {("extra",): 1}),
        ([HISTORY[0], version(1, content=99), *HISTORY[2:]], {("missing",): 1, ("extra",): 1}),
        ([replace(HISTORY[0], saved=1), *HISTORY[1:]], {("changed", "saved"): 1}),
        ([replace(HISTORY[0], modified=None), *HISTORY[1:]], {("changed", "modified"): 1}),
        ([replace(HISTORY[0], label=""), *HISTORY[1:]], {("changed", "label"): 1}),
        ([replace(one, digests=()) for one in HISTORY], {}),
        ([replace(HISTORY[0], digests=(), size=6), *HISTORY[1:]], {("missing",): 1, ("extra",): 1}),
    ],
)  # fmt: skip
def test_each_version(compared: Any, b: list[Version], expected: dict[tuple[str, ...], int]) -> None:
    """
    Versions are known again by their content; order, author, times and label are held against each other.
    """
    found, told = compared(Told(versions=HISTORY), Told(versions=b))

    assert expected == Counter((row.what, *row.fields) for row in told)
    assert (not expected) == found["versions"].equal
    lost = expected.get(("missing",), 0) + sum(n for key, n in expected.items() if key[0] == "changed")
    assert (5 if b else 4) - lost == found["versions"].same


def test_versions_compared_by_size_are_counted(compared: Any) -> None:
    """
    Where a digest is unknown on one side, the versions of that file are matched by size, and it is said.
    """
    found, _ = compared(
        Told(versions=HISTORY), Told(versions=[replace(HISTORY[0], digests=()), *HISTORY[1:]])
    )

    assert 5 == found["versions"].by_size


def test_what_the_first_side_does_not_know_is_no_difference(compared: Any) -> None:
    """
    A time that only the new drive tells is nothing that was lost.
    """
    found, _ = compared(
        Told(versions=[replace(one, modified=None) for one in HISTORY]), Told(versions=HISTORY)
    )

    assert found["versions"].equal
    assert 5 == found["versions"].same


@pytest.mark.parametrize(("later", "equal"), [(999, True), (1000, False), (-1, False)])
def test_times_lie_on_the_coarser_clock(compared: Any, later: int, equal: bool) -> None:
    """
    A drive that keeps microseconds has not changed a time by cutting it, but by any whole step.
    """
    for base in (5000, -5000):
        moved = [replace(one, saved=base + later) for one in HISTORY[:2]]
        a = [replace(one, saved=base) for one in HISTORY[:2]]
        found, _ = compared(Told(versions=a), Told(versions=moved, grain=1000))

        assert equal == found["versions"].equal


WHO: Who = {
    (PrincipalKind.PERSON, "1000"): (PrincipalKind.PERSON, "li"),
    (PrincipalKind.GROUP, "1000"): (PrincipalKind.DEPARTMENT, "staff"),
    (PrincipalKind.GUEST, "g"): (PrincipalKind.PERSON, "wang"),
}


def test_ids_are_translated(compared: Any) -> None:
    """
    With a mapping the same people count as the same, also where a person and a group have one number.
    """
    person, group = Principal(PrincipalKind.PERSON, "1000"), Principal(PrincipalKind.GROUP, "1000")
    department = Principal(PrincipalKind.DEPARTMENT, "staff")
    history = [replace(one, author="1000") for one in HISTORY]
    a = Told(
        replace(GRANT, principal=person), replace(GRANT, principal=group), Membership("1000", "1000"),
        replace(LOCK, owner="1000"), Label(FILE, "x", "g"), Label(FILE, "y"), replace(COMMENT, author="g"), versions=history,
    )  # fmt: skip
    b = Told(
        GRANT, replace(GRANT, principal=department), Membership("staff", "li"),
        LOCK, Label(FILE, "x", "wang"), Label(FILE, "y"), replace(COMMENT, author="wang"), versions=HISTORY,
    )  # fmt: skip
    found, told = compared(a, b, who=WHO)

    assert [] == told
    assert all(one.equal for one in found.values())
    # Nobody but the labels without an author is the same by chance.
    assert {
        "labels": 1,
        "versions": 0,
        "grants": 0,
        "locks": 0,
        "comments": 0,
        "settings": 0,
        "members": 0,
        "principals": 0,
    } == {name: one.same for name, one in compared(a, b)[0].items() if name != "links"}


def test_of_the_people_those_on_the_map_are_compared(compared: Any) -> None:
    """
    Whom the map gives nobody and whom it does not name have been decided about; what became of the others is told.
    """
    person, group = (
        Principal(PrincipalKind.PERSON, "1000", "李"),
        Principal(PrincipalKind.GROUP, "1000", "Staff"),
    )
    left = Principal(PrincipalKind.PERSON, "left", "旧")
    named = Principal(PrincipalKind.DEPARTMENT, "staff", "Staff")
    found, told = compared(
        Told(person, group, left),
        Told(replace(LI, name="王"), named, Principal(PrincipalKind.PERSON, "1000", "李")),
        who=WHO,
    )

    assert (1, 1) == (found["principals"].same, found["principals"].differences[CHANGED])
    assert [("principals", CHANGED, ("name",))] == [row[:3] for row in told]
    assert ("1000", "li") == (told[0].a["id"], told[0].b["id"])  # type: ignore[index]


def test_a_namesake_is_not_the_same(compared: Any) -> None:
    """
    Somebody whom the mapping does not know has no counterpart, even if somebody else has their id in the new drive.
    """
    a = Told(GRANT, Membership("staff", "li"), Label(FILE, "x", "li"), versions=HISTORY)
    b = Told(GRANT, Membership("staff", "li"), Label(FILE, "x", "li"), versions=HISTORY)
    found, told = compared(a, b, who=WHO)

    assert {"grants", "members", "labels", "versions"} == {row.table for row in told}
    assert {"author": 5} == found["versions"].fields
    assert [0, 0, 0, 0] == [found[name].same for name in ("grants", "members", "labels", "versions")]


def test_what_could_not_be_asked_is_not_comparable(compared: Any) -> None:
    """
    An entry that one side could not ask is neither missing nor extra, and the tables are not called equal.
    """
    found, told = compared(Told(GRANT), Told(refused=[FILE]))

    assert [] == told
    assert {RowWhat.UNKNOWN: 1, MISSING: 0, EXTRA: 0, CHANGED: 0} == found["grants"].differences
    assert not found["grants"].equal
    assert found["links"].equal


def test_only_tables_of_both_sides_are_compared(tmp_path: LocalPath, monkeypatch: Any) -> None:
    """
    A table that one side lacks is not compared and not called equal.
    """
    a = scan_of(monkeypatch, Told(GRANT), tmp_path / "a", features=(Feature.GRANTS, Feature.LABELS))
    b = scan_of(monkeypatch, Told(), tmp_path / "b", features=(Feature.LABELS,))

    assert ["labels"] == list(compare_tables(a, b))


def test_differences_come_in_the_order_of_paths(compared: Any) -> None:
    """
    Differences are told table by table, in the order of paths, with both rows.
    """
    labels = [Label((name,), "x", "li") for name in "cab"]
    _, told = compared(Told(*labels), Told(Label(("b",), "x", "wang"), COMMENT))

    assert [("labels", "a"), ("labels", "b"), ("labels", "c"), ("comments", None)] == [
        (row.table, row.a and row.a["path"]) for row in told
    ]
    assert ({"path": "b", "label": "x", "by": "li"}, {"path": "b", "label": "x", "by": "wang"}) == told[1][3:]


ROWS = st.lists(
    st.builds(
        Link,
        st.sampled_from([ROOT, FILE, ("x",)]),
        st.uuids().map(str),
        st.just(NOTHING),
        st.sampled_from([None, 5]),
        role=st.sampled_from([Role.PREVIEW, Role.EDIT]),
        limit=st.sampled_from([None, 3]),
        used=st.integers(0, 2),
    ),
    max_size=8,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, ROWS)
def test_every_row_is_in_one_bucket(compared: Any, a: list[Link], b: list[Link]) -> None:
    """
    The rows of each side are the same, changed, missing or extra, each exactly once; what can be the same is.
    """
    found = compared(Told(*a), Told(*b))[0]["links"]
    counts = found.differences
    both = Counter(map(_limits, a)) & Counter(map(_limits, b))

    assert len(a) == found.same + counts[CHANGED] + counts[MISSING]
    assert len(b) == found.same + counts[CHANGED] + counts[EXTRA]
    assert both.total() == found.same


def _limits(link: Link) -> tuple[Any, ...]:
    return link.path, link.role, link.expires, None if link.limit is None else link.limit - link.used
