"""
Whatever a target does behind our back, verification sees it; and it sees nothing where nothing is.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path as LocalPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.connectors.address import Address
from lading.connectors.crew import Crew
from lading.connectors.wrap.faults import Fault, Harm
from lading.connectors.wrap.policy import Policy
from lading.model.errors import DriveError, Unavailable
from lading.model.paths import encode
from lading.stages.verification.order import Extent, Order, Side
from lading.stages.verification.state import Job, locked, make_job
from lading.stages.verification.tally import Tally
from lading.stages.verification.verifying import verify

HOSTILE = [
    "合同/项目融资协议.pdf".encode(),
    "合同".encode() + b"/" + "名".encode() * 80 + b".txt",
    b"deal/e\xcc\x81t\xc3\xa9.txt",
    b"deal/\xc3\xa9te\xcc\x81.txt",
    b"deal/caf\xc3\xa9",
    b"deal/cafe\xcc\x81",
    b"deal/Report.TXT",
    b"deal/report.txt",
    b"deal/report.txt.",
    b"deal/report.txt ",
    b"deal/line\nbreak\x01\x7f",
    b"deal/not-utf8-\xff\xfe",
    b"deal/\xf0\x9f\x98\x80\xe2\x80\xae.txt",
    b"deal/back\\x01slash",
    b"deal/" + b"n" * 255,
    b"deal/%2e%2e",
    b"deal/*?[glob]",
    b"deal/'; drop table o; --",
    b"loose file",
]
REPORT = "deal/report.txt"
TWIN = "deal/Report.TXT"


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    with Crew(2) as crew:
        yield crew


class World:
    """OLD with hostile names, a true copy of it as NEW, and a way to verify."""

    def __init__(self, folder: LocalPath, crew: Crew, *, plant: bool = True) -> None:
        self.old, self.new, self.state = folder / "old", folder / "new", folder / "state"
        self._crew = crew
        self.attempts = 1
        self.lies: dict[str, tuple[Fault, ...]] = {"old": (), "new": ()}
        if plant:
            self._plant()

    def _plant(self) -> None:
        for number, name in enumerate(HOSTILE):
            place = os.path.join(os.fsencode(self.old), name)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            content = b"" if number == 4 else b"%d of the cargo\n" % number * (40 + number)
            with open(place, "wb") as stream:
                stream.write(content)
            os.utime(place, ns=(10**18, [1_700_000_000 * 10**9 + number, -86_400 * 10**9][number == 6]))
        (self.old / "empty").mkdir()
        shutil.copytree(self.old, self.new, symlinks=True)

    @property
    def job(self) -> Job:
        return make_job(
            os.fspath(self.state), *(Address("folder", os.fspath(it)) for it in (self.old, self.new))
        )

    def verify(self, **order: Any) -> dict[str, Any]:
        """The facts of a verification, with all its lines under `lines`."""
        sides = {
            name: Side(
                Address("folder", os.fspath(place)),
                Policy(read_only=True, attempts=self.attempts, faults=self.lies[name]),
            )
            for name, place in (("old", self.old), ("new", self.new))
        }
        with locked(self.job):
            verified = verify(Order(**sides, **order), self.job, self._crew, Tally(), now=time.time)
        with open(os.path.join(verified.folder, "differences.jsonl"), encoding="utf-8") as stream:
            return {**verified.facts, "lines": [json.loads(line) for line in stream]}

    def landed(self, path: str, sha256: str) -> None:
        """Have an earlier pass say that *path* landed with *sha256*."""
        table = pa.table({"old_path": [path], "new_path": [path], "sha256": [sha256]})
        (LocalPath(self.job.folder) / "landed").mkdir()
        pq.write_table(table, LocalPath(self.job.folder) / "landed" / "0001.parquet")

    def pass_file(self, *names: str) -> LocalPath:
        """A place in the folder of pass 1."""
        place = LocalPath(self.job.folder, "passes", "0001", *names)
        place.parent.mkdir(parents=True, exist_ok=True)
        return place


@pytest.fixture
def world(tmp_path: LocalPath, crew: Crew) -> World:
    return World(tmp_path, crew)


def found(facts: dict[str, Any]) -> list[tuple[str, str]]:
    return [(line["what"], line["path"]) for line in facts["lines"]]


def test_true_copy_gives_no_alarm(world: World) -> None:
    """
    A true copy of hostile names, empty files and times before 1970 differs in nothing.
    """
    facts = world.verify()

    assert [] == facts["lines"]
    assert {} == facts["differences"]
    assert facts["ok"]
    # Three folders beside the files.
    assert len(HOSTILE) + 3 == facts["found"]["objects"] == facts["checked"]["objects"] == facts["equal"]
    assert len(HOSTILE) == facts["read"]["objects"]
    assert facts["found"]["bytes"] == facts["read"]["bytes"]


def keeping_time(place: LocalPath, change: Callable[[LocalPath], None]) -> None:
    before = os.stat(place)
    change(place)
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))


def truncate(world: World) -> None:
    keeping_time(world.new / REPORT, lambda it: os.truncate(it, 100))


def grow(world: World) -> None:
    keeping_time(world.new / REPORT, lambda it: os.truncate(it, 10_000))


def rewrite(world: World) -> None:
    keeping_time(world.new / REPORT, flip_last)


def flip_last(place: LocalPath) -> None:
    content = bytearray(place.read_bytes())
    content[-1] ^= 1
    place.write_bytes(content)


def drop(world: World) -> None:
    (world.new / REPORT).unlink()


def drop_folder(world: World) -> None:
    (world.new / "empty").rmdir()


def rename(world: World) -> None:
    (world.new / REPORT).rename(world.new / "deal/other.txt")


def rename_form(world: World) -> None:
    (world.new / "loose file").rename(world.new / "LOOSE file ")


def add(world: World) -> None:
    (world.new / "deal/planted").write_bytes(b"?")


def swap(world: World) -> None:
    # Sizes are made equal first, so that the names alone tell which is which.
    for side in (world.old, world.new):
        (side / REPORT).write_bytes(b"a" * 500)
        (side / TWIN).write_bytes(b"b" * 500)
        for name in (REPORT, TWIN):
            os.utime(side / name, ns=(10**18, 10**18))
    (world.new / REPORT).rename(world.new / "aside")
    (world.new / TWIN).rename(world.new / REPORT)
    (world.new / "aside").rename(world.new / TWIN)


def change_kind(world: World) -> None:
    (world.new / REPORT).unlink()
    (world.new / REPORT).mkdir()


def link_instead(world: World) -> None:
    (world.new / REPORT).unlink()
    (world.new / REPORT).symlink_to(world.old / REPORT)


def change_time(world: World) -> None:
    before = os.stat(world.new / REPORT)
    os.utime(world.new / REPORT, ns=(before.st_atime_ns, before.st_mtime_ns + 1))


def change_source(world: World) -> None:
    keeping_time(world.old / REPORT, flip_last)


def remove_source(world: World) -> None:
    (world.old / REPORT).unlink()


@pytest.mark.parametrize(
    "harm, expected",
    [
        (truncate, [("size", "/" + REPORT)]),
        (grow, [("size", "/" + REPORT)]),
        (rewrite, [("content", "/" + REPORT)]),
        (drop, [("missing", "/" + REPORT)]),
        (drop_folder, [("missing", "/empty")]),
        (rename, [("extra", "/deal/other.txt"), ("missing", "/" + REPORT)]),
        (rename_form, [("name", "/loose file")]),
        (add, [("extra", "/deal/planted")]),
        (swap, [("content", "/" + TWIN), ("content", "/" + REPORT)]),
        (change_kind, [("kind", "/" + REPORT)]),
        (link_instead, [("kind", "/" + REPORT)]),
        (change_time, [("modified", "/" + REPORT)]),
        (change_source, [("content", "/" + REPORT)]),
        (remove_source, [("extra", "/" + REPORT)]),
    ],
    ids=lambda it: getattr(it, "__name__", ""),
)
def test_each_harm_is_found(
    world: World, harm: Callable[[World], None], expected: list[tuple[str, str]]
) -> None:
    """
    One thing changed behind our back is told, as what it is, and nothing else is.
    """
    harm(world)

    facts = world.verify()

    assert expected == found(facts)
    assert len(expected) == sum(facts["differences"].values())
    assert not facts["ok"]
    for line in facts["lines"]:
        assert set(line["note"]) == {"en", "zh"} and all(line["note"].values())


@pytest.mark.parametrize(
    "lie, expected",
    [
        (Fault(harm=Harm.FLIP, call="read", path=("deal", "report.txt"), at=7), ("content", 7)),
        (Fault(harm=Harm.FLIP, call="read", path=("deal", "report.txt"), at=0), ("content", 0)),
        (Fault(harm=Harm.DROP, call="list", path=("deal", "report.txt")), ("missing", None)),
        (Fault(harm=Harm.UNAVAILABLE, call="read", path=("deal", "report.txt")), ("unreadable", None)),
        (Fault(harm=Harm.UNAVAILABLE, call="read", path=("deal", "report.txt"), at=9), ("unreadable", None)),
    ],
    ids=["flips", "flips first", "drops", "refuses", "breaks off"],
)
def test_lying_drive_is_caught(world: World, lie: Fault, expected: tuple[str, int | None]) -> None:
    """
    A drive that lies only while it is listed or read is caught as well.
    """
    world.lies["new"] = (lie,)

    facts = world.verify()

    assert [expected] == [(line["what"], line.get("at")) for line in facts["lines"]]
    assert not facts["ok"]


def test_content_that_ends_early_is_caught(world: World) -> None:
    """
    A drive that tells the right size and gives less is caught at the byte where it stops.
    """
    world.lies["new"] = (Fault(harm=Harm.CUT, call="read", path=("deal", "report.txt"), at=12),)

    facts = world.verify()

    assert [("content", 12)] == [(line["what"], line["at"]) for line in facts["lines"]]


def test_both_sides_lie_alike(world: World) -> None:
    """
    Two drives that both hold back the end of a file are not called equal.
    """
    cut = (Fault(harm=Harm.CUT, call="read", path=("deal", "report.txt"), at=12),)
    world.lies.update(old=cut, new=cut)

    facts = world.verify()

    assert ["unreadable"] == [line["what"] for line in facts["lines"]]
    assert not facts["ok"]


def test_renamed_in_listing(world: World) -> None:
    """
    An entry that is listed under another name is missing, and the other one is extra.
    """
    world.lies["new"] = (Fault(harm=Harm.RENAME, call="list", path=("deal", "report.txt")),)

    facts = world.verify()

    assert {("missing", "/deal/report.txt"), ("extra", "/deal/report.txt~1")} == set(found(facts))


def test_old_unreadable(world: World) -> None:
    """
    A file of OLD that cannot be read is a difference that says which side and why.
    """
    world.lies["old"] = (Fault(harm=Harm.UNAVAILABLE, call="read", path=("deal", "report.txt")),)

    (line,) = world.verify()["lines"]

    assert ("unreadable", "old", Unavailable.code) == (line["what"], line["side"], line["code"])


def test_drive_that_goes_away_is_no_difference(world: World) -> None:
    """
    When a whole drive goes away there is an error and no verdict, and no half result stays.
    """
    world.lies["new"] = (
        Fault(harm=Harm.UNAVAILABLE, call="read"),
        Fault(harm=Harm.UNAVAILABLE, call="stat"),
    )

    with pytest.raises(DriveError):
        world.verify()

    assert [] == os.listdir(os.path.join(world.job.folder, "verifications"))


def test_nothing_is_changed(world: World) -> None:
    """
    Verifying changes neither side: not a time, not a name.
    """

    def state() -> list[tuple[str, int, int, int]]:
        places = [top for side in (world.old, world.new) for top in sorted(side.rglob("*"))]
        facts = [(str(place), os.lstat(place)) for place in [world.old, world.new, *places]]
        return [(name, it.st_mtime_ns, it.st_ctime_ns, it.st_size) for name, it in facts]

    before = state()
    world.verify()

    assert before == state()


def test_changed_side_is_named(world: World) -> None:
    """
    With a digest recorded at landing, a difference says which side has changed since.
    """
    from hashlib import sha256

    world.landed(REPORT, sha256((world.old / REPORT).read_bytes()).hexdigest())
    rewrite(world)
    (line,) = world.verify()["lines"]
    assert "so NEW was changed" in line["note"]["en"]

    shutil.copy2(world.new / REPORT, world.old / REPORT)
    rewrite(world)
    (line,) = world.verify()["lines"]
    assert "OLD is not what had landed any more" in line["note"]["en"]


def test_both_changed_alike_since_landing(world: World) -> None:
    """
    Equal contents that are not what was recorded at landing are told.
    """
    world.landed(REPORT, "00" * 32)

    facts = world.verify()

    assert [("record", "/" + REPORT)] == found(facts)
    assert not facts["ok"]


def test_records_of_an_earlier_pass_are_not_held_against_a_later_one(world: World) -> None:
    """
    Once a later pass has begun, digests of an earlier one prove nothing and raise no alarm.
    """
    world.landed(REPORT, "00" * 32)
    (LocalPath(world.job.folder) / "passes" / "0002").mkdir(parents=True)

    facts = world.verify()

    assert facts["ok"] and not facts["against_records"]


def test_mapped_names_are_followed(world: World) -> None:
    """
    What a pass stored under another name, and all below it, is found there and compared.
    """
    rows = {
        "path": ["deal", "deal/report.txt."],
        "target": ["_deal", "_deal/report ~1.txt"],
        "why": ["x", "y"],
    }
    pq.write_table(pa.table(rows), world.pass_file("plan", "mapped.parquet"))
    (world.new / "deal").rename(world.new / "_deal")
    (world.new / "_deal/report.txt.").rename(world.new / "_deal/report ~1.txt")
    assert [] == world.verify()["lines"]

    flip_last(world.new / "_deal/report ~1.txt")
    facts = world.verify()
    assert {("content", "/deal/report.txt."), ("modified", "/deal/report.txt.")} == set(found(facts))


def test_given_list_of_mapped_names(world: World, tmp_path: LocalPath) -> None:
    """
    A list of mapped names as a person can read it is followed, hostile names included.
    """
    names = {"/deal/line\\x0abreak\\x01\\x7f": "/deal/line_", "/loose file": "/合同/loose"}
    listed = tmp_path / "mapped.jsonl"
    listed.write_text("".join(json.dumps({"old": a, "new": b}) + "\n" for a, b in names.items()))
    (world.new / "deal/line\nbreak\x01\x7f").rename(world.new / "deal/line_")
    (world.new / "loose file").rename(world.new / "合同/loose")

    assert [] == world.verify(mapped=os.fspath(listed))["lines"]
    assert 4 == len(world.verify()["lines"])


def test_one_place_proves_one_object(world: World) -> None:
    """
    A list that sends two objects of OLD to one place in NEW hides the loss of neither.
    """
    (world.old / "copy").write_bytes((world.old / REPORT).read_bytes())
    rows = {"path": ["copy"], "target": [REPORT], "why": ["x"]}
    pq.write_table(pa.table(rows), world.pass_file("plan", "mapped.parquet"))

    assert [("missing", "/copy")] == found(world.verify())


def test_excluded_is_not_missing(world: World) -> None:
    """
    What a pass left behind on purpose is told as excluded; what else is missing is missing.
    """
    drop(world)
    (world.new / TWIN).unlink()
    world.pass_file("excluded.jsonl").write_text(
        json.dumps({"path": "/" + REPORT, "reason": {"en": "by rule", "zh": "按规则"}}) + "\n"
    )

    facts = world.verify()

    assert [("missing", "/" + TWIN)] == found(facts)
    assert 1 == facts["excluded"]
    assert facts["checked"]["objects"] == facts["found"]["objects"] - 1


def test_lookalike_is_not_excused(world: World) -> None:
    """
    Two missing objects that look alike to a person are not both explained by one exclusion.
    """
    for name in ("deal/a\x01", "deal/a\\x01"):
        (world.old / name).write_bytes(b"x")
    world.pass_file("excluded.jsonl").write_text(json.dumps({"path": "/deal/a\\x01"}) + "\n")

    facts = world.verify()

    assert 2 == facts["differences"]["missing"]
    assert 0 == facts["excluded"]


def test_links_are_told_apart(world: World) -> None:
    """
    Symbolic links are never moved: they are told as excluded, on one side or on both.
    """
    (world.old / "link").symlink_to("loose file")
    (world.old / "both").symlink_to("loose file")
    (world.new / "both").symlink_to("elsewhere")

    facts = world.verify()

    assert facts["ok"]
    assert 2 == facts["excluded"]


def test_extra_can_be_ignored(world: World) -> None:
    """
    What is in NEW only is listed and counts as a difference unless the person says otherwise.
    """
    add(world)

    facts = world.verify(ignore_extra=True)

    assert facts["ok"]
    assert {"extra": 1} == facts["differences"]
    rewrite(world)
    assert not world.verify(ignore_extra=True)["ok"]


def test_sample_lists_structure_whole(world: World) -> None:
    """
    A sample of one file still finds what is missing, extra, of another size, kind or time.
    """
    for harm in (change_time, add, drop_folder):
        harm(world)
    os.truncate(world.new / TWIN, 3)
    (world.new / "loose file").unlink()
    (world.new / "loose file").mkdir()

    facts = world.verify(extent=Extent(files=1, seed="s"))

    assert {"extra": 1, "kind": 1, "missing": 1, "modified": 1, "size": 1} == facts["differences"]


def test_sample_takes_largest_and_each_space(world: World) -> None:
    """
    The largest file and one of each space are in every sample, whatever is drawn.
    """
    (world.old / "deal/big").write_bytes(b"x" * 100_000)
    shutil.copy2(world.old / "deal/big", world.new / "deal/big")
    keeping_time(world.new / "deal/big", flip_last)
    keeping_time(world.new / "loose file", flip_last)

    for seed in "abc":
        facts = world.verify(extent=Extent(files=1, seed=seed))
        assert {("content", "/deal/big"), ("content", "/loose file")} <= set(found(facts))
        assert facts["confidence"]["read"] == facts["read"]["objects"] <= 5
        assert facts["confidence"]["most"] >= 2


def test_sample_depends_on_its_seed_only(world: World) -> None:
    """
    The same seed draws the same files again, another seed draws others.
    """
    for name in HOSTILE:
        place = LocalPath(os.fsdecode(os.path.join(os.fsencode(world.new), name)))
        if place.stat().st_size:
            keeping_time(place, flip_last)

    once, again, other = (world.verify(extent=Extent(files=6, seed=it)) for it in ("1", "1", "2"))

    assert found(once) == found(again)
    assert found(once) != found(other)


def test_digests_are_kept(world: World) -> None:
    """
    A full verification keeps the SHA-256 of each file that it found equal, and of no other.
    """
    from hashlib import sha256

    rewrite(world)
    world.verify()

    folder = os.path.join(world.job.folder, "verifications", "0001", "digests")
    rows = {row["path"]: row for row in pq.read_table(folder).to_pylist()}
    assert len(HOSTILE) - 1 == len(rows)
    assert sha256((world.old / TWIN).read_bytes()).digest() == rows[TWIN]["sha256"]


def test_lists_that_make_no_sense(world: World) -> None:
    """
    A damaged list beside the drives ends in one sentence, not in a verdict.
    """
    from lading.model.errors import BadRequest

    world.pass_file("plan", "mapped.parquet").write_bytes(b"not parquet")

    with pytest.raises(BadRequest):
        world.verify()


def test_stumbling_drive_is_not_called_different(world: World) -> None:
    """
    A drive that breaks off once and goes on when asked again is not called different.
    """
    world.lies["new"] = (
        Fault(harm=Harm.UNAVAILABLE, call="read", path=("deal", "report.txt"), at=9, nth=(1,)),
        Fault(harm=Harm.UNAVAILABLE, call="list", path=("deal",), nth=(1,)),
    )
    world.attempts = 3

    facts = world.verify()

    assert [] == facts["lines"]
    assert facts["ok"]


def test_leftovers_of_a_killed_verification(world: World) -> None:
    """
    What a killed verification left behind is removed by the next one, which takes the next number.
    """
    left = LocalPath(world.job.folder, "verifications", "0001", "work", "old")
    left.mkdir(parents=True)

    assert world.verify()["ok"]

    assert ["0002"] == os.listdir(os.path.join(world.job.folder, "verifications"))


Tree = dict[tuple[str, ...], bytes | None]
"""Contents by path; None is a folder."""

names = st.sampled_from(["a", "A", "a.", "é", "e\u0301", "合同", "\udcff", "x\n"])
contents = st.sampled_from([b"", b"1", b"2", b"22"])
paths = st.lists(names, min_size=1, max_size=2).map(tuple)


def planted(files: dict[tuple[str, ...], bytes]) -> Tree:
    """A tree with *files*, as far as no file lies in another."""
    tree: Tree = {}
    for path, content in sorted(files.items(), key=lambda it: len(it[0])):
        if tree.get(path[:1]) is None:
            if len(path) == 2:
                tree[path[:1]] = None
            tree[path] = content
    return tree


def grown(tree: Tree, top: LocalPath) -> None:
    top.mkdir(parents=True)
    for path, content in tree.items():
        place = os.path.join(top, *path)
        if content is None:
            os.makedirs(place, exist_ok=True)
        else:
            with open(place, "wb") as stream:
                stream.write(content)
            os.utime(place, ns=(0, 0))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(paths, contents, max_size=6), st.dictionaries(paths, contents, max_size=3), st.data())
def test_any_two_trees(
    tmp_path_factory: pytest.TempPathFactory,
    crew: Crew,
    files: dict[tuple[str, ...], bytes],
    others: dict[tuple[str, ...], bytes],
    data: st.DataObject,
) -> None:
    """
    Of any two trees, exactly the paths of OLD that are not the same in NEW are told, and all that is in NEW only.
    """
    kept = {path: it for path, it in files.items() if data.draw(st.sampled_from([True, True, False]))}
    old, new = planted(files), planted({**kept, **others})
    top = tmp_path_factory.mktemp("trees")
    grown(old, top / "old")
    grown(new, top / "new")

    facts = World(top, crew, plant=False).verify()

    told = {line["old"].get("exact", line["old"]["path"][1:]) for line in facts["lines"] if line["old"]}
    assert {encode(path) for path in old if path not in new or new[path] != old[path]} == told
    added = {line["new"].get("exact", line["new"]["path"][1:]) for line in facts["lines"] if line["new"]}
    assert {encode(path) for path in new if path not in old} == added - {encode(path) for path in old}
    assert (old == new) == facts["ok"]
