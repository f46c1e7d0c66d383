"""Comparing manifests: each entry of either side is told exactly once."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path as LocalPath

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lading.manifest.compare import Comparison, Count, Difference, What, compare
from lading.manifest.files import write_json
from lading.manifest.finish import finished_facts
from lading.manifest.parts import PartWriter
from lading.manifest.read import Manifest, open_manifest
from lading.manifest.schema import Columns
from lading.model.entry import Entry, Kind

Row = tuple[Entry, bytes | None]


def manifest(folder: LocalPath, rows: Iterable[Row]) -> Manifest:
    """A manifest of *rows* (entries, and the content of those that were read)."""
    (folder / "entries").mkdir(parents=True)
    rows = list(rows)
    columns = Columns()
    for entry, _ in rows:
        columns.add(entry.path[:-1], [entry])
    with PartWriter(str(folder / "entries" / "part.parquet")) as part:
        batch = columns.batch()
        contents = [sha256(content).digest() if content is not None else None for _, content in rows]
        place = batch.schema.get_field_index("sha256")
        batch = batch.set_column(
            place, batch.schema.field(place), pa.array(contents, batch.schema.field(place).type)
        )
        part.add_table(pa.Table.from_batches([batch]))
        facts = part.finish()
    write_json(
        str(folder / "manifest.json"), {"format": 2, **finished_facts(str(folder), [facts]), "finished": 1.0}
    )
    return open_manifest(folder)


def file(path: str, size: int = 1, content: bytes | None = None, **facts: object) -> Row:
    return Entry(tuple(path.split("/")), Kind.FILE, size, **facts), content


def compared(tmp_path: LocalPath, a: Iterable[Row], b: Iterable[Row]) -> tuple[Comparison, list[Difference]]:
    told: list[Difference] = []
    found = compare(manifest(tmp_path / "a", a), manifest(tmp_path / "b", b), take=told.append)
    return found, told


@pytest.mark.parametrize(
    ("a", "b", "what"),
    [
        ([file("x")], [file("x", modified=5, id="7", etag="e")], None),
        ([file("x", content=b"1")], [file("x", content=b"1")], None),
        ([file("x")], [], What.MISSING),
        ([], [file("x")], What.EXTRA),
        ([file("x")], [file("x", 2)], What.SIZE),
        ([file("x", 0)], [(Entry(("x",), Kind.FOLDER), None)], What.KIND),
        ([file("x", content=b"1")], [file("x", content=b"2")], What.CONTENT),
        ([file("x", content=b"1")], [file("x")], None),
        ([file("x", digests=(("md5", "00"),))], [file("x", digests=(("md5", "01"),))], What.CONTENT),
        ([file("x", digests=(("md5", "00"),))], [file("x", digests=(("sha1", "01"),))], None),
        ([file("x", digests=(("sha256", sha256(b"1").hexdigest()),))], [file("x", content=b"1")], None),
        ([file("x", digests=(("sha256", sha256(b"1").hexdigest()),))], [file("x", content=b"2")], What.CONTENT),
        ([file("á")], [file("a\u0301")], What.NAME_FORM),
        ([file("Deal/A.pdf")], [file("deal/a.pdf. ")], What.NAME_FORM),
        ([file("A", content=b"1")], [file("a", content=b"1")], What.NAME_FORM),
        ([file("x", problem="forbidden")], [file("x")], What.UNKNOWN),
        ([file("x", problem="forbidden")], [file("x", problem="forbidden")], What.UNKNOWN),
    ],
)  # fmt: skip
def test_one_entry(tmp_path: LocalPath, a: list[Row], b: list[Row], what: What | None) -> None:
    """
    Each way in which an entry can differ has its own word, and nothing else is called a difference.
    """
    found, told = compared(tmp_path, a, b)

    assert [what] * (what is not None) == [difference.what for difference in told]
    assert (what is None) == found.equal
    assert Count(int(what is None), int(what is None)) == found.same


@pytest.mark.parametrize(
    ("a", "b"), [(file("A", 1), file("a", 2)), (file("A", content=b"1"), file("a", content=b"2"))]
)
def test_another_content_is_no_name_form(tmp_path: LocalPath, a: Row, b: Row) -> None:
    """
    Names that differ in form only do not hide another size or content.
    """
    found, told = compared(tmp_path, [a], [b])

    assert [What.MISSING, What.EXTRA] == [difference.what for difference in told]
    assert not found.equal


def test_twins_are_paired_by_content(tmp_path: LocalPath) -> None:
    """
    Among twins each is paired once, with that of the same content; what is left over stays missing.
    """
    a = [file("READ", content=b"1"), file("Read", content=b"2"), file("rEAD", content=b"3")]
    b = [file("read", content=b"2"), file("reaD", content=b"1")]
    found, told = compared(tmp_path, a, b)

    assert [
        (What.NAME_FORM, "READ", "reaD"),
        (What.NAME_FORM, "Read", "read"),
        (What.MISSING, "rEAD", None),
    ] == [(difference.what, difference.a.path, difference.b and difference.b.path) for difference in told]
    assert Count(2, 2) == found.differences[What.NAME_FORM]


def test_by_size_only_is_counted(tmp_path: LocalPath) -> None:
    """
    Files that are the same by size, with no digest known on both sides, are counted.
    """
    a = [file("x", content=b"1"), file("y"), file("z", digests=(("md5", "00"),)), file("gone")]
    b = [file("x", content=b"1"), file("y", content=b"1"), file("z", digests=(("md5", "00"),))]
    found, _ = compared(tmp_path, a, b)

    assert 1 == found.by_size
    assert Count(3, 3) == found.same
    assert not found.by_fingerprint


def test_equal_fingerprints_are_enough(tmp_path: LocalPath) -> None:
    """
    Equal fingerprints are the answer, unless servers' digests or problems could still differ.
    """
    plain = compare(manifest(tmp_path / "1", [file("x")]), manifest(tmp_path / "2", [file("x")]))
    served = [manifest(tmp_path / name, [file("x", digests=(("md5", name),))]) for name in ("30", "40")]

    assert Comparison(Count(1, 1), dict.fromkeys(What, Count()), 1, True) == plain
    assert Count(1, 1) == compare(*served).differences[What.CONTENT]


NAMES = st.sampled_from(["a", "A", "a.", "á", "a\u0301", "b", "B ", "c"])
ROWS = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=2).map("/".join),
    st.tuples(
        st.integers(0, 2), st.sampled_from([None, b"1", b"2"]), st.sampled_from([None, None, "forbidden"])
    ),
    max_size=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example({"a": (0, None, None)}, {"A": (0, b"1", None), "a.": (0, None, None)})
@example({"A": (0, b"1", None), "a.": (0, None, None)}, {"a": (0, None, None)})
@given(ROWS, ROWS)
def test_accounts_close(tmp_path_factory: pytest.TempPathFactory, a: dict, b: dict) -> None:
    """
    For any two sides: what is told and what is the same add up to each side, in objects and bytes.
    """
    sides = [
        [file(path, size, content, problem=problem) for path, (size, content, problem) in side.items()]
        for side in (a, b)
    ]
    found, told = compared(tmp_path_factory.mktemp("compare"), *sides)

    for number, side in enumerate((a, b)):
        ours = [difference[1 + number] for difference in told if difference[1 + number]]
        assert len({entry.path for entry in ours}) == len(ours)
        assert len(side) == found.same.objects + len(ours)
        assert sum(size for size, _, _ in side.values()) == found.same.size + sum(
            entry.size for entry in ours
        )
    assert {what: count.objects for what, count in found.differences.items() if count.objects} == {
        what: sum(difference.what is what for difference in told)
        for what in {difference.what for difference in told}
    }
    assert found.equal == (not told)
