"""What hangs on files, written into tables and read back."""

from __future__ import annotations

import dataclasses
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path as LocalPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.memory import MemoryDrive
from lading.connectors.profile import NameRules
from lading.connectors.wrap.forward import Forwarding
from lading.manifest import rows
from lading.manifest.engine import engine
from lading.manifest.fingerprint import table_print
from lading.manifest.read import Manifest, open_manifest
from lading.manifest.tables import TABLES, Feature, features_of
from lading.model.access import (
    ANYBODY,
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
from lading.model.errors import (
    BadAnswer,
    BadManifest,
    BadRequest,
    DriveError,
    Forbidden,
    LoginFailed,
    NotFound,
)
from lading.model.paths import ROOT, Path
from lading.model.progress import Progress
from support.scanning import scan_of

ALL = tuple(Feature)
LI = Principal(PrincipalKind.PERSON, "1001", "李伟", "li@example.com", "li")
GUEST = Principal(PrincipalKind.GUEST, "g1", "Guest", active=False, owner="1001", until=77)
DEPARTMENT = Principal(PrincipalKind.DEPARTMENT, "d2", "融资部", parent="d1")
HOSTILE = ("deal\u0301 ", "e\udcff\x01\n😀.docx")
FILES: tuple[Path, ...] = (("deal", "a.docx"), ("deal", "b.docx"), HOSTILE, ("loose",))
MARKS = (
    Grant(ROOT, LI, frozenset({"r", "w"}), role=Role.MANAGE, source="acl"),
    Grant(("deal",), GUEST, frozenset(), Effect.DENY, Reach.BELOW, "", Role.DOWNLOAD, 0, 99),
    Grant(("deal",), ANYBODY, frozenset(), Effect.BREAK),
    Grant(HOSTILE, DEPARTMENT, frozenset({"edit"}), role=Role.EDIT, rank=3),
    Link(ROOT, "l0", frozenset({"preview"}), role=Role.PREVIEW),
    Link(HOSTILE, "l1", frozenset(), 88, True, Role.DOWNLOAD, 5, 2, "v1", True, "1001", 3),
    Lock(("loose",), "1001", exclusive=False, deep=True, expires=2**62),
    Label(HOSTILE, "签字\0", "1001"),
    Label(("deal",), "signed"),
    Comment(("loose",), "c1", "1001", -5, "好\0\n'; drop table grants"),
    Setting(ROOT, "enable_watermark", "true"),
    Setting(HOSTILE, "watermark", "王芳\0"),
)


def firm(**settings: Any) -> MemoryDrive:
    """A small drive on which everything hangs; `loose` alone has a single content."""
    drive = MemoryDrive(**{"names": NameRules(utf8_only=False), "clock": lambda: 5, **settings})
    drive.store.know(LI, GUEST, DEPARTMENT, Principal(PrincipalKind.DEPARTMENT, "d1"))
    drive.store.join("d2", "1001", "g1")
    for path in FILES:
        for depth in range(1, len(path)):
            drive.make_folder(path[:depth])
        drive.write(path, [b"0"], expect=ABSENT)
    for path in FILES[:-1]:
        for number in range(12):
            content = b"x" * number
            version = Version("", number * 10, len(content), "1001", modified=number, label=f"v{number}")
            drive.versions.add(path, [content], version, expect=ANYTHING)
    drive.store.hang(*MARKS)
    return drive


@pytest.fixture
def scanned(monkeypatch: pytest.MonkeyPatch, tmp_path: LocalPath) -> Callable[..., Manifest]:
    def run(drive: Any, name: str = "m", **options: Any) -> Manifest:
        return scan_of(monkeypatch, drive, tmp_path / name, **{"features": ALL, **options})

    return run


def told(manifest: Manifest, table: str) -> Counter[str]:
    """What *table* tells, in no order."""
    return Counter(map(repr, manifest.values(table)))


def known(*values: Any) -> Counter[str]:
    """What is expected: of the principals of grants only kind and id, and sets are equal in any order."""
    return Counter(map(repr, map(_bare, values)))


def _bare(value: Any) -> Any:
    if isinstance(value, Grant):
        return dataclasses.replace(value, principal=Principal(value.principal.kind, value.principal.id))
    return value


@pytest.mark.parametrize("bulk", [True, False])
def test_what_hangs_on_files_comes_back(scanned: Any, bulk: bool) -> None:
    """
    Told in one go or entry by entry, every value is read back as the drive told it, under any name.
    """
    drive = firm(bulk=bulk)
    manifest = scanned(drive)
    marks = {kind: [mark for mark in MARKS if isinstance(mark, kind)] for kind in map(type, MARKS)}

    assert known(*drive.people.principals()) == told(manifest, "principals")
    assert known(Membership("d1", "d2"), Membership("d2", "1001"), Membership("d2", "g1")) == told(
        manifest, "members"
    )
    assert known(*marks[Grant]) == told(manifest, "grants")
    assert known(*marks[Link]) == told(manifest, "links")
    assert known(*marks[Lock]) == told(manifest, "locks")
    assert known(*marks[Label]) == told(manifest, "labels")
    assert known(*marks[Comment]) == told(manifest, "comments")
    assert known(*marks[Setting]) == told(manifest, "settings")
    assert known(*((path, one) for path in FILES for one in drive.versions.list(path))) == told(
        manifest, "versions"
    )
    assert [] == list(manifest.values("problems"))


def test_versions_keep_their_order(scanned: Any) -> None:
    """
    Versions are numbered from the oldest, and the last one is the current; a file with one content has one row.
    """
    manifest = scanned(firm())
    with engine() as connection:
        rows_of = manifest.rows(connection, "versions").filter("path = 'deal/a.docx'")
        found = sorted(rows_of.select("ordinal", "current", "size", "label").fetchall())

    assert [(0, False, 1, "")] + [(n + 1, n == 11, n, f"v{n}") for n in range(12)] == found
    assert ["loose"] == [path[0] for path, _ in manifest.values("versions") if len(path) == 1]


@pytest.mark.parametrize("bulk", [True, False])
def test_absent_is_not_empty(scanned: Any, bulk: bool) -> None:
    """
    What the drive cannot tell, or was not asked for, has no table; what it tells to be none has an empty one.
    """
    bare = MemoryDrive(offers={"grants", "links", "comments", "people", "versions"}, bulk=bulk)
    manifest = scanned(bare, features=features_of(["locks", "links", "comments", "versions"]))

    assert ["comments", "links", "problems", "versions"] == sorted(manifest.tables)
    assert [0] * 4 == [facts["rows"] for facts in manifest.tables.values()]
    assert not manifest.has("grants")
    assert not manifest.has("locks")
    assert manifest.table("locks") is None
    with pytest.raises(BadManifest, match="locks"):
        list(manifest.values("locks"))
    assert ["links", "versions", "locks", "comments"] == manifest.facts["features"]


def test_nothing_is_asked_unless_wanted(scanned: Any) -> None:
    """
    A scan without features asks for none and has no tables.
    """

    class Untouched(Forwarding):
        def _call(self, call: Any, path: Path, thunk: Callable[[], Any]) -> Any:
            assert call.name in ("list", "profile")
            return thunk()

    manifest = scanned(Untouched(firm()), features=())

    assert {} == manifest.tables
    assert {"entries", "lock", "manifest.json", "spaces.parquet"} == names(manifest)


def names(manifest: Manifest) -> set[str]:
    return {path.name for path in LocalPath(manifest.directory).iterdir()}


TEXT = st.text(st.characters(codec="utf-8"))
MAYBE = st.none() | st.integers(-(2**63), 2**63 - 1)
PATHS = st.lists(
    st.text(min_size=1).filter(lambda name: name not in (".", "..")), max_size=3
).map(tuple)  # fmt: skip
PRINCIPALS = st.builds(Principal, st.sampled_from(PrincipalKind), TEXT)
RIGHTS = st.frozensets(TEXT, max_size=3)
SHA = st.binary(min_size=32, max_size=32).map(lambda digest: (("sha256", digest.hex()), ("md5", "0a")))
NUMBER = st.integers(-(2**63), 2**63 - 1)
VALUES = {
    "principals": st.builds(
        Principal, st.sampled_from(PrincipalKind), TEXT, TEXT, parent=st.none() | TEXT, until=MAYBE
    ),
    "members": st.builds(Membership, TEXT, TEXT),
    "grants": st.builds(
        Grant, PATHS, PRINCIPALS, RIGHTS, st.sampled_from(Effect), st.sampled_from(Reach), TEXT,
        st.sampled_from(Role), st.integers(0, 127), MAYBE,
    ),
    "links": st.builds(
        Link, PATHS, TEXT, RIGHTS, MAYBE, role=st.sampled_from(Role), limit=MAYBE, version=st.none() | TEXT
    ),
    "locks": st.builds(Lock, PATHS, TEXT, expires=MAYBE),
    "labels": st.builds(Label, PATHS, TEXT, TEXT),
    "comments": st.builds(Comment, PATHS, TEXT, TEXT, NUMBER, TEXT),
    "settings": st.builds(Setting, PATHS, TEXT, TEXT),
    "versions": st.builds(Version, TEXT, NUMBER, st.integers(0, 2**63 - 1), TEXT, SHA, MAYBE, TEXT),
}  # fmt: skip
ROWS = {
    "principals": rows.principal_row,
    "members": rows.member_row,
    "grants": rows.grant_row,
    "links": rows.link_row,
    "locks": rows.lock_row,
    "labels": rows.label_row,
    "comments": rows.comment_row,
    "settings": rows.setting_row,
}


@pytest.mark.parametrize("table", sorted(VALUES))
@given(data=st.data())
def test_values_and_rows_are_the_same(table: str, data: st.DataObject) -> None:
    """
    Any value becomes a row of its table and comes back from it whole.
    """
    value = data.draw(VALUES[table])
    gathered = rows.Rows(TABLES[table])
    if table == "versions":
        for row in rows.version_rows(("x",), [value, value]):
            gathered.add(row)
    else:
        gathered.add(ROWS[table](value))
    back = [rows.VALUES[table](row) for row in gathered.batch().to_pylist()]

    assert [(("x",), value)] * 2 == back if table == "versions" else [value] == back


def test_what_no_column_can_hold_is_held_inside_it() -> None:
    """
    Numbers beyond a column and text that is no Unicode do not end a scan.
    """
    gathered = rows.Rows(TABLES["grants"])
    gathered.add(rows.grant_row(Grant(("a",), Principal(PrincipalKind.PERSON, "\udc80"), frozenset("\ud800"), rank=999, expires=2**70)))  # fmt: skip
    found = gathered.batch().to_pylist()[0]

    assert (127, 2**63 - 1, "\\udc80", ["\\ud800"]) == (
        found["rank"],
        found["expires"],
        found["principal"],
        found["rights"],
    )


class Refusing(Forwarding):
    """Runs *trouble* before each call."""

    trouble: Callable[[str, Path], None] = staticmethod(lambda call, path: None)

    def _call(self, call: Any, path: Path, thunk: Callable[[], Any]) -> Any:
        self.trouble(call.name, path)
        return thunk()


@pytest.mark.parametrize("error", [Forbidden, NotFound])
def test_an_entry_that_cannot_be_asked_is_a_problem(scanned: Any, error: type[DriveError]) -> None:
    """
    The entry, the feature and the reason stand in the table of problems; all others are told.
    """
    drive = Refusing(firm(bulk=False))

    def trouble(call: str, path: Path) -> None:
        if (call, path) in {("grants.list", HOSTILE), ("versions.list", FILES[0]), ("links.list", ROOT)}:
            raise error(path)

    drive.trouble = trouble
    manifest = scanned(drive)
    problems = {(row["path"], row["feature"], row["problem"]) for row in manifest.values("problems")}

    assert {
        (rows.place(HOSTILE), "grants", error.code),
        ("deal/a.docx", "versions", error.code),
        ("", "links", error.code),
    } == problems
    assert 3 == manifest.tables["problems"]["rows"]
    assert {FILES[1], HOSTILE, FILES[3]} == {path for path, _ in manifest.values("versions")}
    assert known(*(mark for mark in MARKS if isinstance(mark, Grant) and mark.path != HOSTILE)) == told(
        manifest, "grants"
    )


def test_a_feature_refused_as_a_whole_ends_the_scan(scanned: Any) -> None:
    """
    A drive that has a facet and does not tell it is an error, not an empty table.
    """
    drive = Refusing(firm())

    def trouble(call: str, path: Path) -> None:
        if call == "comments.all":
            raise Forbidden(path)

    drive.trouble = trouble
    with pytest.raises(Forbidden):
        scanned(drive)

    assert "comments" not in scanned(drive, features=features_of(["locks", "people"])).tables


def test_a_path_that_no_entry_has_is_refused(scanned: Any) -> None:
    """
    A drive that hangs something on `..` is not believed.
    """
    drive = firm()
    drive.comments = Told([Comment(("deal", ".."), "c", "", 1, "")])  # type: ignore[assignment]
    with pytest.raises(BadAnswer):
        scanned(drive)


class Told:
    """A facet that tells *values*."""

    def __init__(self, values: list[Any]) -> None:
        self._values = values

    def all(self) -> Iterator[Any]:
        return iter(self._values)


def test_a_row_told_twice_stands_once(scanned: Any) -> None:
    """
    A drive that stutters while it tells a table does not double its rows.
    """
    drive = firm()
    drive.labels = Told([Label(("deal",), "x"), Label(("deal",), "y"), Label(("deal",), "x")])

    assert known(Label(("deal",), "x"), Label(("deal",), "y")) == told(scanned(drive), "labels")


@pytest.mark.parametrize("bulk", [True, False])
def test_a_drive_that_goes_away_is_gone_on_with(scanned: Any, monkeypatch: Any, bulk: bool) -> None:
    """
    Ended by an error at every few calls, a scan ends with the same tables, and asks no finished slice again.
    """
    monkeypatch.setattr("lading.manifest.asking.SLICE", 1)
    whole = scanned(firm(bulk=bulk), "whole")
    calls: Counter[tuple[str, Path]] = Counter()
    count = 0

    def trouble(call: str, path: Path) -> None:
        nonlocal count
        count += 1
        if count % (4 if bulk else 7) == 0:
            raise LoginFailed(path)
        calls[call, path] += 1

    broken = Refusing(firm(bulk=bulk))
    broken.trouble = trouble
    stops = 0
    while True:
        try:
            resumed = scanned(broken, "resumed")
            break
        except LoginFailed:
            stops += 1
    asked = {key: times for key, times in calls.items() if key[0].endswith(".list") or key[0] == "locks.all"}

    assert 1 < stops
    assert fingerprints(whole) == fingerprints(resumed)
    # Two calls of one slice may lie on both sides of an error; a slice here is one entry.
    assert {1} == set(asked.values())
    assert names(whole) == names(resumed)


def fingerprints(manifest: Manifest) -> dict[str, str]:
    return {name: facts["fingerprint"] for name, facts in manifest.tables.items()}


def test_other_features_than_the_attempt_before(scanned: Any, monkeypatch: Any, tmp_path: LocalPath) -> None:
    """
    A scan that is gone on with for other features has the tables of these, and files of no others.
    """

    def broken(*args: Any) -> None:
        raise LoginFailed()

    with monkeypatch.context() as patch:
        patch.setattr("lading.manifest.scan._finished", broken)
        for features in (["versions", "labels"], ["labels", "grants"]):
            with pytest.raises(LoginFailed):
                scanned(firm(), features=features_of(features))
    (tmp_path / "m" / "lading-sort-abc").mkdir()
    (tmp_path / "m" / "tables" / "versions.parquet.tmp").write_bytes(b"half")
    manifest = scanned(firm(), features=features_of(["labels", "links"]))

    assert ["labels", "links", "problems"] == sorted(manifest.tables)
    assert {"entries", "lock", "manifest.json", "spaces.parquet", "tables"} == names(manifest)
    assert {f"{name}.parquet" for name in manifest.tables} == {
        path.name for path in (LocalPath(manifest.directory) / "tables").iterdir()
    }
    assert known(*(mark for mark in MARKS if isinstance(mark, Link))) == told(manifest, "links")


def test_a_finished_manifest_lacks_features(scanned: Any) -> None:
    """
    A finished manifest is returned for the features it was asked for, or fewer; for more it is refused.
    """
    scanned(firm(), features=features_of(["labels", "grants"]))

    assert "grants" in scanned(firm(), features=features_of(["labels"])).tables
    with pytest.raises(BadRequest):
        scanned(firm(), features=features_of(["labels", "versions"]))


def test_asked_singly_is_part_of_the_manifest(scanned: Any, monkeypatch: Any) -> None:
    """
    Entry by entry the tables are those of one go; neither is an interrupted scan gone on with in the other way, nor a finished one taken for the other.
    """

    def broken(*args: Any) -> None:
        raise LoginFailed()

    with monkeypatch.context() as patch:
        patch.setattr("lading.manifest.scan._finished", broken)
        with pytest.raises(LoginFailed):
            scanned(firm(), "m", singly=True)
    with pytest.raises(BadRequest):
        scanned(firm(), "m")
    whole, singly = scanned(firm(), "whole"), scanned(firm(), "m", singly=True)

    assert fingerprints(whole) == fingerprints(singly)
    assert (False, True) == (whole.facts["singly"], singly.facts["singly"])
    with pytest.raises(BadRequest):
        scanned(firm(), "whole", singly=True)


@pytest.mark.parametrize("harm", [LocalPath.unlink, lambda file: file.write_bytes(b"PAR1")])
def test_damaged_tables_are_refused(scanned: Any, harm: Callable[[LocalPath], object]) -> None:
    """
    A table that is missing or is not the one that was written makes the manifest no whole one.
    """
    folder = LocalPath(scanned(firm()).directory)
    harm(folder / "tables" / "grants.parquet")
    with pytest.raises(BadManifest, match="grants"):
        open_manifest(folder)


def test_unknown_tables_are_refused(scanned: Any) -> None:
    """
    A header cannot name a file elsewhere for a table.
    """
    folder = LocalPath(scanned(firm()).directory)
    facts = json.loads((folder / "manifest.json").read_text())
    facts["tables"]["../x"] = facts["tables"]["grants"]
    (folder / "manifest.json").write_text(json.dumps(facts))
    with pytest.raises(BadManifest):
        open_manifest(folder)


def test_progress_is_told(scanned: Any) -> None:
    """
    Each feature is a stage of its own, with the number of entries asked or rows told.
    """
    stages: dict[str, Progress] = {}
    scanned(firm(bulk=False), publish=lambda progress: stages.update({progress.stage: progress}))

    assert {*Feature} <= set(stages)
    assert 4 == stages["versions"].objects
    assert 7 == stages["grants"].objects
    assert 4 + 3 == stages["people"].objects


PAGE = LocalPath(__file__).parents[2] / "docs" / "formats" / "manifest.md"


@pytest.fixture
def page() -> list[str]:
    """The programs on the format page: for the fingerprint of all entries, and for that of a table."""
    return re.findall("```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.mark.parametrize("table", sorted(TABLES))
def test_fingerprints_can_be_made_again(
    scanned: Any, page: list[str], table: str, monkeypatch: Any, capsys: Any
) -> None:
    """
    Who runs the programs on the format page comes to the stated fingerprints; files and rows are as stated.
    """
    drive = Refusing(firm(bulk=False))

    def trouble(call: str, path: Path) -> None:
        if call == "links.list" and path == ("loose",):
            raise Forbidden(path)

    drive.trouble = trouble
    manifest = scanned(drive)
    monkeypatch.chdir(manifest.directory)
    exec("".join(page).replace("grants", table), {})
    file = pq.ParquetFile(f"tables/{table}.parquet")

    facts = manifest.tables[table]
    assert [manifest.fingerprint, facts["fingerprint"]] == capsys.readouterr().out.split()
    assert TABLES[table].equals(file.schema_arrow.remove_metadata())
    assert 0 < file.metadata.num_rows == facts["rows"]


def test_tables_without_rows_have_the_fingerprint_of_nothing(scanned: Any) -> None:
    """
    The fingerprint of an empty table is the SHA-256 of nothing.
    """
    manifest = scanned(MemoryDrive())

    assert {sha256().hexdigest()} == set(fingerprints(manifest).values())


@pytest.mark.parametrize(
    ("table", "column"), [(name, column) for name in TABLES for column in TABLES[name].names]
)
def test_every_column_counts(table: str, column: str) -> None:
    """
    Another value in any column of any table gives another fingerprint, and so does the same text in another column.
    """
    row = {field.name: _some(field.type) for field in TABLES[table]}
    other = {**row, column: _other(row[column])}

    assert printed(table, [row]) != printed(table, [other])
    assert printed(table, [row, other]) == printed(table, [other, row])


def printed(table: str, records: list[dict[str, Any]]) -> str:
    with engine() as connection:
        connection.register(table, pa.Table.from_pylist(records, schema=TABLES[table]))
        return table_print(connection, table)


def _some(kind: pa.DataType) -> Any:
    if pa.types.is_fixed_size_binary(kind):
        return b"x" * 32
    if pa.types.is_list(kind):
        return ["a", "bc"]
    return True if pa.types.is_boolean(kind) else 1 if pa.types.is_integer(kind) else "1"


def _other(value: Any) -> Any:
    if isinstance(value, list):
        return ["ab", "c"]
    if isinstance(value, bytes):
        return b"y" * 32
    return not value if isinstance(value, bool) else value + value
