"""A first pass of few objects into an empty drive is planned and accounted for in memory: nobody can tell which way was gone."""

from __future__ import annotations

import json
import os
import random
from dataclasses import replace
from pathlib import Path as LocalPath
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.connectors.dav.quirks import NEXTCLOUD
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.names import mapped
from lading.connectors.profile import Case, Form, NameRules, NameUnit, Profile
from lading.manifest.finish import finished_facts
from lading.manifest.parts import FOLDER, PartWriter
from lading.manifest.read import HEADER, Manifest, open_manifest
from lading.manifest.schema import FORMAT, Columns
from lading.model.entry import Entry, Kind
from lading.model.errors import AccountOpen
from lading.stages.transfer.account import Times, close_account
from lading.stages.transfer.journal import Outcome
from lading.stages.transfer.parts import SCHEMA, table_of, write_table, written_beside
from lading.stages.transfer.plan import Plan, Sides, make_plan
from lading.stages.transfer.rules import Rules, Waiver
from lading.stages.transfer.state import Pass, write_json
from lading.stages.transfer.worker import SCHEMA as RESULT
from support.passes import buckets, inside, memory_passes, put, tree

__all__ = ["inside"]

FEW, MANY = 100_000, -1
"""What counts as few: everything, or nothing."""
WINDOWS = NameRules(
    case=Case.FOLDED,
    form=Form.FOLDED,
    characters=frozenset('/\0\\:*?"<>|'),
    controls=False,
    endings=frozenset(" ."),
    reserved_stems=frozenset({"con", "aux", "nul"}),
    unit=NameUnit.UTF16,
)
PROFILES = {
    "any name": Profile(kind="k", address="new", names=NameRules(utf8_only=False)),
    "Linux": Profile(kind="k", address="new", size_limit=1 << 32),
    "Windows": Profile(kind="k", address="new", names=WINDOWS, keeps_folder_times=False),
    "Nextcloud": Profile(kind="k", address="new", names=NEXTCLOUD.names, keeps_modified=False),
    "tight": Profile(kind="k", address="new", names=replace(WINDOWS, depth=2, path_length=24), size_limit=5),
    "tight in bytes": Profile(kind="k", address="new", names=NameRules(path_length=20, length=16)),
}
NAMES = [
    "a", "A", "b", "con", "CON.txt", "dot.", "dot", "dot ", "a:b", mapped("a:b", WINDOWS), mapped("A", WINDOWS), "é", "e\u0301", "\u212b",
    "line\nbreak", "合同?", "合同", "n" * 250, "m" * 17, "\udcff", "\ud800", "\x01", "draft.part", ".\ufb01lepart", "x'y", "z[1]*", "\U0001f4c4",
]  # fmt: skip
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(tuple)
YEAR = 365 * 86_400 * 10**9


class Looks(NamedTuple):
    """What a drive says of an object."""

    kind: Kind
    size: int
    modified: int | None
    id: str | None
    etag: str | None
    problem: str | None


LOOKS = st.builds(
    Looks,
    st.sampled_from([Kind.FILE, Kind.FILE, Kind.FILE, Kind.FOLDER, Kind.SYMLINK, Kind.SPECIAL]),
    st.sampled_from([0, 1, 5, 6, 5 << 30]),
    st.sampled_from([None, -YEAR, 0, 1_700_000_000_123_456_789, 136 * YEAR]),
    st.sampled_from([None, "7", "8"]),
    st.sampled_from([None, "e1", ""]),
    st.sampled_from([None, None, None, "forbidden"]),
)
TREES = st.dictionaries(PATHS, LOOKS, max_size=14)
RULES = st.builds(
    Rules,
    exclude=st.sampled_from([(), (), ("/a",), ("*.txt", "/合同*"), ("/*/*",)]),
    overwrite=st.booleans(),
    delete=st.booleans(),
    waivers=st.sampled_from(
        [(), (Waiver(pattern="/*b*", reason="r", by=("x", "y"), until="2026-12-31"),),
         (Waiver(pattern="*", reason="r", by=("x", "y"), until="2026-01-31"),)]
    ),
)  # fmt: skip
FOLDER_LOOKS = Looks(Kind.FOLDER, 0, 5, "f", None, None)


def whole(tree: dict[Any, Looks]) -> dict[Any, Looks]:
    """*tree* with all folders above each object; what has something in it is one."""
    above = {path[:depth] for path in tree for depth in range(1, len(path))}
    folders = {path: tree.get(path, FOLDER_LOOKS)._replace(kind=Kind.FOLDER) for path in above}
    return {
        path: looks._replace(size=0) if looks.kind is Kind.FOLDER else looks
        for path, looks in {**tree, **folders}.items()
    }


def manifest(directory: LocalPath, tree: dict[Any, Looks]) -> Manifest:
    """A manifest of *tree* in two parts."""
    os.makedirs(directory / FOLDER)
    parts = []
    for number, paths in enumerate((list(tree)[::2], list(tree)[1::2])):
        with PartWriter(str(directory / FOLDER / f"part-001-{number:06d}.parquet")) as part:
            columns = Columns()
            for path in reversed(paths):
                kind, size, modified, id_, etag, problem = tree[path]
                columns.add(path[:-1], [Entry(path, kind, size, modified, id_, etag, (), problem)])
            part.add(columns)
            parts.append(part.finish())
    facts = {"format": FORMAT, "drive": {"kind": "k", "place": "p", "options": {}}, "finished": 1.0}
    (directory / HEADER).write_text(json.dumps({**facts, **finished_facts(str(directory), parts)}))
    return open_manifest(directory)


class Way(NamedTuple):
    """A pass that is planned and accounted for in memory, or by DuckDB."""

    few: int
    it: Pass
    sides: Sides
    rules: Rules

    def plan(self, patch: pytest.MonkeyPatch) -> Plan:
        """Plan it."""
        self.it.prepare()
        patch.setattr("lading.manifest.few.FEW", self.few)
        plan = make_plan(self.sides, self.rules, self.it.plan)
        write_json(self.it.planned, plan.to_json())
        return plan

    def account(self, patch: pytest.MonkeyPatch) -> Any:
        """Account for it: all that is told."""
        patch.setattr("lading.manifest.few.FEW", self.few)
        landed = self.it.folder / f"landed{self.few}" / "0001.parquet"
        account = close_account(self.sides, self.rules, self.it, Times(1.0, 2.0, "2026-11-26"), landed)
        told = [
            (self.it.folder / f"{name}.jsonl").read_text("utf-8")
            for name in ("failures", "excluded", "mapped")
        ]
        assert account == json.loads(self.it.account.read_text("utf-8"))
        table = pq.read_table(landed)
        return account, told, columns_of(table), sorted(map(repr, table.to_pylist()))


def columns_of(table: Any) -> list[tuple[str, str]]:
    """Names and kinds of columns."""
    return [(field.name, str(field.type)) for field in table.schema]


def files_of(folder: LocalPath) -> dict[str, Any]:
    """All that the files of a plan say; the numbers of the times of folders are any that are different and negative."""
    told = {}
    for file in sorted(folder.rglob("*.parquet")):
        table = pq.read_table(file)
        rows = table.to_pylist()
        if any(row.get("action") == "time" for row in rows):
            numbers = {row.pop("seq") for row in rows}
            assert len(numbers) == len(rows)
            assert all(number < 0 for number in numbers)
        told[str(file.relative_to(folder))] = columns_of(table), rows
    return told


def carry_out(it: Pass, chance: random.Random) -> None:
    """Results of all partitions, as workers might leave them."""
    for part in it.plan.glob("part-*.parquet"):
        rows = [result(row, chance) for row in pq.read_table(part).to_pylist()]
        schema = RESULT.with_metadata({"retries": str(chance.randint(0, 3))})
        write_table(it.result / part.name, table_of(rows, schema))


def result(row: dict[str, Any], chance: random.Random) -> Outcome:
    """What might have become of a row."""
    if chance.random() < 0.2:
        detail = chance.choice([None, ["not so", "不行"]])
        code = chance.choice([None, "forbidden", "changed"])
        return Outcome(row["seq"], "failed", code=code, detail=detail, sent=chance.choice([0, 9]))
    bucket = "timed" if row["action"] == "time" else chance.choice(["moved", "moved", "same"])
    digest = None if row["kind"] == "folder" else "ab" * 32
    seen = chance.choice([None, row["modified"], 77])
    modified, etag = chance.choice([None, 5]), chance.choice([None, "n"])
    told = Outcome(row["seq"], bucket, digest, row["size"], modified, etag, sent=row["size"])
    return told._replace(old_modified=seen)


def sides_of(folder: LocalPath, tree: dict[Any, Looks], new: Profile) -> Sides:
    """An old drive with *tree*, an empty new one."""
    old = Profile(kind="k", address="old\udcff")
    return Sides(manifest(folder / "old", whole(tree)), manifest(folder / "new", {}), old, new, True, None)


def check_both(
    folder: LocalPath, tree: dict[Any, Looks], rules: Rules, profile: Profile, chance: random.Random
) -> Any:
    """Both ways plan and account for the same; what they come to."""
    sides = sides_of(folder, tree, profile)
    memory, database = (
        Way(few, Pass(1, folder / name), sides, rules) for few, name in ((FEW, "1"), (MANY, "2"))
    )
    with pytest.MonkeyPatch.context() as patch:
        assert database.plan(patch) == memory.plan(patch)
        assert files_of(database.it.plan) == files_of(memory.it.plan)

        carry_out(memory.it, chance)
        assert database._replace(it=memory.it).account(patch) == memory.account(patch)
    return files_of(memory.it.plan)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tree=TREES,
    rules=RULES,
    profile=st.sampled_from(sorted(PROFILES)),
    chance=st.randoms(use_true_random=False),
)
def test_both_ways_come_to_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    tree: dict[Any, Looks],
    rules: Rules,
    profile: str,
    chance: random.Random,
) -> None:
    """Hostile names and twins, patterns, links, folders that cannot be listed, sizes and times: the same plan, account and lists."""
    check_both(tmp_path_factory.mktemp("fresh"), tree, rules, PROFILES[profile], chance)


FILE = FOLDER_LOOKS._replace(kind=Kind.FILE, size=1)
TAKEN = mapped("a:b", WINDOWS)
ALL_AT_ONCE = {
    # A name that is taken, and what lies below it; names that NEW mixes up.
    **dict.fromkeys([("a:b", "x", "y"), ("a:b", "z"), (TAKEN, "z"), ("d", "A"), ("d", "a"), ("d", "\u00e9"), ("d", "e\u0301")], FILE),
    **dict.fromkeys([("con", "con.", "f"), ("\u212b", "f"), ("draft.part", "f"), ("\udcff", "\ud800"), ("n" * 250, "f")], FILE),
    # Too long or too deep, below what is mapped and by itself.
    **dict.fromkeys([("d", "d", "d", "d"), ("con", "m" * 12), ("m" * 17, "f"), ("合" * 9, "f"), ("abc",) * 6, ("合" * 5,)], FILE),
    ("d", "large"): FILE._replace(size=5 << 30),
    ("d", "before"): FILE._replace(modified=-YEAR),
    ("d", "after"): FILE._replace(modified=136 * YEAR, etag="e"),
    ("no time",): FOLDER_LOOKS._replace(modified=None),
    ("no time", "f"): FILE._replace(modified=None, id=None),
    ("shut",): FOLDER_LOOKS._replace(problem="forbidden"),
    ("shut file",): FILE._replace(problem="unreadable"),
    ("left", "f"): FILE,
    ("link",): FILE._replace(kind=Kind.SYMLINK),
    ("d", "pipe"): FILE._replace(kind=Kind.SPECIAL),
}  # fmt: skip


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_all_at_once_comes_to_the_same(profile: Profile, tmp_path: LocalPath) -> None:
    """On every kind of drive: what is refused and what lies in it, what is mapped, too large, shut, left behind."""
    waiver = Waiver(pattern="/d/*", reason="r", by=("x", "y"), until="2026-12-31")
    rules = Rules(exclude=("/left",), waivers=(waiver,))

    files = check_both(tmp_path, ALL_AT_ONCE, rules, profile, random.Random(7))
    rows = [row for name, (_, rows) in files.items() if name.startswith("decided") for row in rows]
    assert len(rows) == len(whole(ALL_AT_ONCE))
    assert {"symlink", "special", "by_rule", "unreadable", "new"} <= {row["reason"] for row in rows}


SMALL = {
    (f"d{number % 3}", f"f{number}"): FOLDER_LOOKS._replace(kind=Kind.FILE, size=number)
    for number in range(9)
}


@pytest.fixture(params=[FEW, MANY], ids=["in memory", "by DuckDB"])
def way(request: pytest.FixtureRequest, tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch) -> Way:
    """A small pass whose rows are all done."""
    it = Pass(1, tmp_path / "pass")
    way = Way(request.param, it, sides_of(tmp_path, SMALL, PROFILES["Linux"]), Rules())
    way.plan(monkeypatch)
    for part in it.plan.glob("part-*.parquet"):
        rows = pq.read_table(part).to_pylist()
        done = [Outcome(row["seq"], "moved", size=row["size"], modified=5) for row in rows]
        write_table(it.result / part.name, table_of(done, RESULT))
    return way


def test_a_result_that_is_missing_keeps_the_account_open(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """An object about which nothing is known is in no bucket."""
    files = way.it.result / "part-00001.parquet"
    write_table(files, pq.read_table(files).slice(1))

    with pytest.raises(AccountOpen, match="1 objects"):
        way.account(monkeypatch)
    assert not way.it.account.exists()


def test_a_result_told_twice_keeps_the_account_open(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """An object that is in two buckets is in none."""
    again = pq.read_table(way.it.result / "part-00001.parquet").slice(0, 1)
    write_table(way.it.result / "part-00009.parquet", again)

    with pytest.raises(AccountOpen, match="1 objects"):
        way.account(monkeypatch)


def test_an_object_that_was_not_decided_about_keeps_the_account_open(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in the manifest of OLD and not in the plan was lost on the way."""
    (file,) = (way.it.plan / "decided").glob("0*.parquet")
    write_table(file, pq.read_table(file).slice(1))

    with pytest.raises(AccountOpen, match="1 objects"):
        way.account(monkeypatch)


def test_sums_that_differ_from_what_was_counted_keep_the_account_open(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scan counted by itself: it would notice a size that changed in between."""
    counts = {**way.sides.old.counts, "file": {"objects": 9, "bytes": 1}}
    old = replace(way.sides.old, facts={**way.sides.old.facts, "counts": counts})

    with pytest.raises(AccountOpen, match="with 1 found"):
        way._replace(sides=replace(way.sides, old=old)).account(monkeypatch)


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("first", [FEW, MANY], ids=["in memory", "by DuckDB"])
def test_the_next_pass_builds_on_it(first: int, tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a first pass of either way the second finds all the same, and follows what was renamed, changed and removed."""
    old, new = MemoryStore(names=NameRules(utf8_only=False)), MemoryStore(names=WINDOWS)
    put(
        MemoryDrive(old),
        {"x/a": b"1", "x/con": b"22", "y/b:1/deep": b"333", "y/A": b"4", "y/a": b"5", "left": b"6"},
    )
    passes = memory_passes(tmp_path, old, new)
    monkeypatch.setattr("lading.manifest.few.FEW", first)

    assert {"moved": 8, "excluded": 1} == buckets(passes.run(exclude=("/left",)))
    assert {"same": 8, "excluded": 1} == buckets(passes.run(exclude=("/left",)))
    put(MemoryDrive(old), {"x/a": b"one", "y/new": b"7"})
    account = passes.run()
    assert {"moved": 3, "same": 7} == buckets(account)
    assert 10 == len(tree(MemoryDrive(new)))


def test_a_table_that_cannot_be_written_beside_is_told(tmp_path: LocalPath) -> None:
    """The others are written whole, and the error is raised when all are done."""
    table = SCHEMA.empty_table()

    with pytest.raises(FileNotFoundError), written_beside() as write:
        write(tmp_path / "one.parquet", table)
        write(tmp_path / "nowhere" / "two.parquet", table)
        write(tmp_path / "three.parquet", table)

    assert ["one.parquet", "three.parquet"] == sorted(it.name for it in tmp_path.iterdir())
