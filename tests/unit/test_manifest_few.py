"""Few rows are sorted and hashed in memory: nobody can tell from a manifest which way was gone."""

from __future__ import annotations

import os
from itertools import chain
from pathlib import Path as LocalPath
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.connectors.address import Address
from lading.connectors.conditions import ANYTHING
from lading.connectors.crew import close_drives
from lading.connectors.folder.acl import (
    ACCESS,
    DEFAULT,
    GROUP_OBJ,
    MASK,
    OTHER,
    USER,
    USER_OBJ,
    Rule,
    encoded,
)
from lading.connectors.memory import MemoryDrive
from lading.connectors.profile import NameRules
from lading.connectors.wrap.policy import Policy
from lading.manifest import few
from lading.manifest.read import Manifest
from lading.manifest.scan import scan
from lading.manifest.tables import Feature
from lading.model.access import (
    Comment,
    Effect,
    Grant,
    Label,
    Link,
    Lock,
    Principal,
    PrincipalKind,
    Reach,
    Role,
    Setting,
)
from lading.model.errors import DriveError
from lading.model.paths import ROOT
from support.scanning import Inline, scan_of

NAMES = st.sampled_from(["a", "b.txt", "合同", "a\u0301", "á", "z z", "x*?[", "\x01", "\udcff"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(tuple)
GRANTS = st.lists(
    st.tuples(
        st.sampled_from(["1", "10", "9", "组"]),
        st.sampled_from([Effect.ALLOW, Effect.DENY]),
        st.sampled_from(list(Reach)),
        st.sampled_from([Role.PASS, Role.DOWNLOAD, Role.EDIT]),
        st.sampled_from([None, 5, 1 << 40]),
    ),
    max_size=4,
)
HANGING = (
    Link(ROOT, "l1", frozenset({"preview", "a"}), 88, True, Role.DOWNLOAD, 5, 2, "v1", True, "1001", 3),
    Link(ROOT, "l0", frozenset(), role=Role.PREVIEW),
    Lock(ROOT, "1001", exclusive=False, deep=True, expires=2**62),
    Label(ROOT, "签字\0", "1001"),
    Comment(ROOT, "c1", "1001", -5, "好\0\n'; drop table grants"),
    Setting(ROOT, "enable_watermark", "true"),
)


def facts(manifest: Manifest) -> Any:
    """All that a manifest says, but for what its files weigh."""
    tables = {name: (it["rows"], it["fingerprint"]) for name, it in manifest.tables.items()}
    # What the first four columns do not tell apart stands in any order.
    rows = {name: sorted(map(repr, manifest.values(name))) for name in manifest.tables}
    return manifest.counts, manifest.problems, manifest.fingerprint, list(manifest.spaces()), tables, rows


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(PATHS, st.tuples(st.binary(max_size=3), GRANTS), max_size=6))
def test_both_ways_come_to_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, tree: dict[Any, Any]
) -> None:
    """Entries, grants that reach further and denials, hostile names: the same rows and fingerprints."""
    drive = MemoryDrive(names=NameRules(utf8_only=False))
    drive.store.hang(*HANGING)
    for path, (content, grants) in tree.items():
        if _put(drive, path, content):
            drive.store.hang(*(_grant(path, *told) for told in grants))
    directory = tmp_path_factory.mktemp("few")
    told = []
    for most in (0, 100_000):
        with monkeypatch.context() as patch:
            patch.setattr("lading.manifest.few.FEW", most - 1)
            told.append(
                facts(scan_of(patch, drive, directory / str(most), digest=True, features=tuple(Feature)))
            )

    assert told[0] == told[1]


def _put(drive: MemoryDrive, path: Any, content: bytes) -> bool:
    """Whether the file is there, and not a folder of that name."""
    try:
        for length in range(1, len(path)):
            drive.make_folder(path[:length])
        drive.write(path, [content], expect=ANYTHING, size=len(content))
    except DriveError:
        return False
    return True


def _grant(path: Any, who: str, effect: Effect, reach: Reach, role: Role, expires: int | None) -> Grant:
    person = Principal(PrincipalKind.PERSON, who, who)
    return Grant(path, person, frozenset({who, "read"}), effect, reach, role=role, expires=expires)


@pytest.fixture
def tree(tmp_path: LocalPath) -> LocalPath:
    """A folder whose entries have rights of their own here and there."""
    root = tmp_path / "drive"
    for number, name in enumerate(("合同/a", "合同/b/c", "plans/x", "plans/y/z")):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * number)
    (root / "合同").chmod(0o750)
    (root / "合同" / "a").chmod(0o640)
    (root / "plans" / "x").chmod(0o600)
    (root / "plans" / "y").chmod(0o700)
    (root / "plans" / "y" / "z").chmod(0o604)
    (root / "link").symlink_to("plans")
    return root


def scanned(root: LocalPath, where: LocalPath, **options: Any) -> Manifest:
    """A scan of the folder *root*."""
    try:
        address = Address("folder", str(root))
        return scan(
            address,
            Policy(),
            where,
            crew=Inline(),
            digest=True,
            features=(Feature.PEOPLE, Feature.GRANTS),
            **options,
        )
    finally:
        close_drives()


def test_whole_lists_come_to_the_same(
    tree: LocalPath, tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of lists told whole only those that differ from their folder's are written, in memory as in the database."""
    few = scanned(tree, tmp_path / "few")
    monkeypatch.setattr("lading.manifest.few.FEW", -1)
    many = scanned(tree, tmp_path / "many")
    singly = scanned(tree, tmp_path / "singly", singly=True)

    assert facts(few) == facts(many) == facts(singly)
    assert {("plans", "x"), ("plans", "y"), ("plans", "y", "z")} <= {
        grant.path for grant in few.values("grants") if grant.effect is Effect.RESET
    }


def swapped(one: LocalPath, other: LocalPath) -> None:
    """Each gets the other's name."""
    os.rename(one, one.with_name("aside"))
    os.rename(other, one)
    os.rename(one.with_name("aside"), other)


def listed(place: LocalPath, name: str, permissions: int) -> None:
    """Give *place* an ACL with one more person, where its file system knows such lists."""
    rules = (
        Rule(USER_OBJ, 7),
        Rule(USER, permissions, 4711),
        Rule(GROUP_OBJ, 5),
        Rule(MASK, 7),
        Rule(OTHER, 5),
    )
    try:
        os.setxattr(place, name, encoded(rules))
    except OSError as problem:
        pytest.skip(f"no ACL here: {problem.strerror}")


CHANGES = {
    "a list of a file": lambda tree: listed(tree / "plans" / "x", ACCESS, 4),
    "a list of a folder": lambda tree: listed(tree / "plans", ACCESS, 7),
    "what a folder hands down": lambda tree: listed(tree / "plans", DEFAULT, 7),
    "what the root hands down": lambda tree: listed(tree, DEFAULT, 5),
    "a second name": lambda tree: os.link(tree / "plans" / "x", tree / "合同" / "x"),
    "two names change places": lambda tree: swapped(tree / "plans" / "x", tree / "合同" / "a"),
    "nothing": lambda tree: None,
    "content": lambda tree: (tree / "plans" / "x").write_bytes(b"other"),
    "own rights": lambda tree: (tree / "plans" / "y" / "z").chmod(0o600),
    "rights of its folder again": lambda tree: (tree / "plans" / "x").chmod(0o644),
    "rights of a folder": lambda tree: (tree / "plans").chmod(0o700),
    "rights of a folder above": lambda tree: (tree / "合同").chmod(0o755),
    "rights of the root": lambda tree: tree.chmod(0o700),
    "moved": lambda tree: os.rename(tree / "plans" / "x", tree / "合同" / "x"),
    "gone": lambda tree: (tree / "合同" / "a").unlink(),
    "new": lambda tree: (tree / "plans" / "y" / "new").write_bytes(b"1"),
}


@pytest.mark.parametrize("few", [(-1, 100_000), (100_000, -1), (6, 6)], ids=["was many", "is many", "both"])
@pytest.mark.parametrize("change", ["content", "own rights", "rights of a folder", "rights of the root"])
def test_a_drive_may_become_few_or_many(
    tree: LocalPath, tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch, change: str, few: tuple[int, int]
) -> None:
    """What was many rows and is few now, the other way round, and some tables this way and some that: all come to the same."""
    monkeypatch.setattr("lading.manifest.few.FEW", few[0])
    before = scanned(tree, tmp_path / "before")
    CHANGES[change](tree)
    monkeypatch.setattr("lading.manifest.few.FEW", few[1])
    after = scanned(tree, tmp_path / "after", earlier=before)

    assert facts(scanned(tree, tmp_path / "whole")) == facts(after)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_taken_over_is_what_would_be_found(tree: LocalPath, tmp_path: LocalPath, change: Any) -> None:
    """After any change a scan that takes digests and rights over from the one before says what a whole one says."""
    before = scanned(tree, tmp_path / "before")
    change(tree)
    after = scanned(tree, tmp_path / "after", earlier=before)

    assert facts(scanned(tree, tmp_path / "whole")) == facts(after)


@settings(max_examples=200, deadline=None)
@given(
    values=st.lists(st.tuples(st.none() | st.text(max_size=3), st.none() | st.integers(0, 9)), min_size=1),
    data=st.data(),
    cuts=st.integers(1, 4),
)
def test_rows_are_taken_in_any_order(
    values: list[tuple[str | None, int | None]], data: Any, cuts: int
) -> None:
    """Stretches and single rows, forwards and backwards, once or often, of columns in one piece or in several."""
    texts, numbers = zip(*values, strict=True)
    whole = pa.table({"text": pa.array(texts, pa.string()), "number": pa.array(numbers, pa.int64())})
    table = pa.concat_tables([whole.slice(at, cuts) for at in range(0, len(whole), cuts)])
    within = st.integers(0, len(values) - 1)
    stretch = within.flatmap(lambda start: within.map(lambda end: list(range(start, end + 1))))
    rows = data.draw(
        st.lists(stretch | within.map(lambda row: [row])).map(lambda them: list(chain.from_iterable(them)))
    )

    taken = few.taken(table, rows)

    assert table.schema == taken.schema
    assert [values[row] for row in rows] == [(it["text"], it["number"]) for it in taken.to_pylist()]


def test_few_rows_of_a_long_column_are_taken() -> None:
    """Here and there, of values of all kinds."""
    texts = [None if row % 7 == 0 else f"text {row}" for row in range(500)]
    table = pa.table({"text": texts, "number": range(500), "none": pa.nulls(500, pa.string())})

    taken = few.taken(table, [499, 3, 7, 3, 0])

    assert {
        "text": ["text 499", "text 3", None, "text 3", None],
        "number": [499, 3, 7, 3, 0],
        "none": [None] * 5,
    } == taken.to_pydict()
    assert table.schema == taken.schema
