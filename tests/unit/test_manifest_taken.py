"""What an earlier manifest saves, and which names are looked at one by one: found among many without looking at each."""

from __future__ import annotations

from pathlib import Path as LocalPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.connectors.names import problems
from lading.connectors.profile import NameRules, NameUnit
from lading.manifest.earlier import Earlier
from lading.manifest.parts import PartWriter
from lading.manifest.places import places_of
from lading.manifest.schema import Columns
from lading.model.entry import Entry, Kind
from lading.model.paths import Path, encode, normal

DIGEST = bytes(range(32))
FILE = Entry(("plans", "file"), Kind.FILE, 7, 5, "id", '"etag"', (), None)
RULES = [
    NameRules(reserved=frozenset({".lading-parts"}), length=40),
    NameRules(
        endings=frozenset(". "), reserved_stems=frozenset({"con", "aux"}), unit=NameUnit.UTF16, length=60
    ),
    NameRules(characters=frozenset("/\0:*"), controls=False, reserved=frozenset({"forms"}), length=50),
]
names = st.text(
    st.characters(exclude_characters="/\0") | st.sampled_from("con.aux :*\n\x01\udcff é融"),
    min_size=1,
    max_size=70,
).filter(lambda it: it not in (".", "..")) | st.sampled_from(
    ["con", "AUX.txt", "forms", ".lading-parts", "ends.", "融" * 30]
)
paths = st.lists(names, min_size=1, max_size=3).map(tuple)


@pytest.fixture
def earlier(tmp_path: LocalPath) -> Earlier:
    """A manifest in two parts, in which one file was read, one could not be, and one was not."""
    files = []
    told = [
        [(FILE, DIGEST), (FILE._replace(path=("plans", "unread")), None)],
        [
            (FILE._replace(path=("plans", "failed"), problem="unreadable"), DIGEST),
            (FILE._replace(path=("plans", "bare"), modified=None, etag=None), DIGEST),
        ],
    ]
    for number, rows in enumerate(told):
        files.append(str(tmp_path / f"part-{number}.parquet"))
        columns = Columns()
        columns.add(("plans",), [entry for entry, _ in rows], [digest for _, digest in rows])
        with PartWriter(files[-1]) as part:
            part.add(columns)
            part.finish()
    return Earlier(files, None)


def content(earlier: Earlier, entry: Entry) -> bytes | None:
    """What *earlier* tells of *entry*."""
    return earlier.content(encode(entry.path), entry)


def test_a_file_that_looks_as_it_did_need_not_be_read(earlier: Earlier) -> None:
    """Its digest is that of then."""
    assert DIGEST == content(earlier, FILE)


@pytest.mark.parametrize(
    "now",
    [
        FILE._replace(size=8),
        FILE._replace(modified=6),
        FILE._replace(modified=None),
        FILE._replace(etag='"other"'),
        FILE._replace(etag=None),
        FILE._replace(etag="\udcff"),
        FILE._replace(id="other"),
        FILE._replace(id=None),
        FILE._replace(path=("plans", "new")),
        FILE._replace(path=("plans",)),
        FILE._replace(path=("plans", "unread")),
        FILE._replace(path=("plans", "failed")),
        FILE._replace(path=("plans", "failed"), problem="unreadable"),
        FILE._replace(path=("plans", "bare"), modified=None, etag=None),
    ],
)
def test_whatever_is_not_certain_is_read_again(earlier: Earlier, now: Entry) -> None:
    """Another look, another place, nothing that would tell a change, or no content that was read then."""
    assert content(earlier, now) is None


@given(told=st.lists(paths, unique=True, max_size=8), rules=st.sampled_from(RULES))
def test_no_name_that_a_drive_refuses_is_passed_over(told: list[Path], rules: NameRules) -> None:
    """Whichever path it stands in, at its beginning, its end or between: it gets another name, or none."""
    encoded = sorted(map(encode, told))
    places = places_of(encoded, [encode(normal(path)) for path in told], rules)

    for path in told:
        if any(problems(name, rules) for name in path):
            assert encode(path) in {*places.mapped, *places.refused}
