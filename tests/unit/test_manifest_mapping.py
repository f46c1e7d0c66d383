"""The place in NEW for each object of OLD."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.connectors.dav.quirks import NEXTCLOUD
from lading.connectors.names import folded, problems
from lading.connectors.names import mapped as name_for
from lading.connectors.profile import Case, Form, NameRules, NameUnit
from lading.manifest.mapping import map_names
from lading.model.paths import Path, decode, encode, normal

WINDOWS = NameRules(
    case=Case.FOLDED,
    form=Form.FOLDED,
    characters=frozenset('/\0\\:*?"<>|'),
    controls=False,
    endings=frozenset(" ."),
    reserved_stems=frozenset({"con", "aux"}),
    unit=NameUnit.UTF16,
)

_DB = duckdb.connect(":memory:", config={"threads": 1})

_names = st.text(st.sampled_from("aAbé\u0065\u0301.: ~文\x01\udcff/"), min_size=1, max_size=6).filter(
    lambda it: it not in (".", "..")
)
_paths = st.lists(_names, min_size=1, max_size=3).map(tuple)


def mapped(
    paths: set[Path], rules: NameRules, landed: set[Path] = frozenset()
) -> tuple[dict[Path, Path], set[Path]]:
    """Where each of *paths* goes, and which are refused."""
    db = _DB.cursor()
    db.execute("CREATE OR REPLACE TABLE o (path VARCHAR, normal VARCHAR)")
    db.execute("CREATE OR REPLACE TABLE l (old_path VARCHAR, new_path VARCHAR)")
    if paths:
        db.executemany(
            "INSERT INTO o VALUES (?, ?)", [(encode(path), encode(normal(path))) for path in paths]
        )
    if landed:
        db.executemany("INSERT INTO l VALUES (?, ?)", [(encode(path), encode(path)) for path in landed])
    map_names(db, rules)
    changed = {
        decode(path): decode(target) for path, target in db.execute("SELECT path, target FROM m").fetchall()
    }
    refused = [decode(path) for (path,) in db.execute("SELECT path FROM refused").fetchall()]
    assert len(set(refused)) == len(refused)
    return {path: changed.get(path, path) for path in paths}, set(refused)


def tree(paths: set[Path]) -> set[Path]:
    """*paths* and all folders above them."""
    return {path[:depth] for path in paths for depth in range(1, len(path) + 1)}


@settings(max_examples=80, deadline=None)
@given(st.sets(_paths, min_size=1, max_size=12))
def test_no_two_objects_get_places_that_new_would_mix_up(paths: set[Path]) -> None:
    """On a drive that folds case and form, all places are different, allowed, and keep the tree."""
    paths = tree(paths)
    places, refused = mapped(paths, WINDOWS)
    kept = {path: target for path, target in places.items() if path not in refused}
    keys = [tuple(folded(name, WINDOWS) for name in target) for target in kept.values()]

    assert len(keys) == len(set(keys))
    assert all(not problems(name, WINDOWS) for target in kept.values() for name in target)
    assert all(places[path[:-1]] == target[:-1] for path, target in places.items() if len(path) > 1)


@settings(max_examples=40, deadline=None)
@given(st.sets(_paths, min_size=1, max_size=8))
def test_a_drive_that_takes_every_name_gets_every_name(paths: set[Path]) -> None:
    """Where NEW holds any name, nothing is mapped."""
    paths = {path for path in tree(paths) if "/" not in "".join(path)}
    places, refused = mapped(paths, NameRules(utf8_only=False))

    assert {path: path for path in paths} == places
    assert set() == refused


CLOUD = replace(
    NEXTCLOUD.names,
    reserved=frozenset({".htaccess", "архив"}),
    reserved_stems=frozenset({"con"}),
    endings=frozenset("."),
)
REFUSED = (
    "draft.part", "DRAFT.FilePart", ".\ufb01lepart", ".htacce\u00df", "АРХИВ", "con .txt", "Con  ", "cafe\u0301", "\u212b", "dot.",
    "\U0001d11e" * 63,
)  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_whatever_a_drive_refuses_is_mapped(name: str) -> None:
    """Names with a reserved ending, in another form, or reserved only when case is folded are not tried as they are."""
    assert problems(name, CLOUD)

    places, refused = mapped({(name,), (name, "in it"), ("beside",)}, CLOUD)
    assert set() == refused
    assert name != places[(name,)][0] == places[(name, "in it")][0]
    assert not problems(places[(name,)][0], CLOUD)
    assert ("beside",) == places[("beside",)]


def test_who_landed_first_keeps_the_name() -> None:
    """A twin that appears later never takes the place of what has landed."""
    first, twin = ("b.txt",), ("B.txt",)

    assert first == mapped({first}, WINDOWS)[0][first]
    places, _ = mapped({first, twin}, WINDOWS, landed={first})
    assert first == places[first]
    assert twin != places[twin]


def test_what_lies_in_a_mapped_folder_follows_it() -> None:
    """A folder whose name NEW refuses is mapped once, for everything in it."""
    places, _ = mapped(tree({("aux", "deal.pdf")}), WINDOWS)

    assert places[("aux",)] == places[("aux", "deal.pdf")][:1]
    assert "deal.pdf" == places[("aux", "deal.pdf")][1]


def test_a_name_made_to_look_mapped_is_never_overwritten() -> None:
    """If somebody's file has the very name that another would be mapped to, the mapped one is refused."""
    victim = ("a:b.txt",)
    taken = mapped({victim}, WINDOWS)[0][victim]
    _, refused = mapped({victim, taken}, WINDOWS)

    assert {victim} == refused


def test_what_lies_in_a_refused_folder_is_refused() -> None:
    """It would land in the folder that has the name already, among other people's files."""
    victim = ("a:b",)
    taken = mapped({victim}, WINDOWS)[0][victim]
    inside = {(*victim, "x"), (*victim, "deep"), (*victim, "deep", "y")}
    _, refused = mapped({victim, taken, (*taken, "z"), *inside}, WINDOWS)

    assert {victim, *inside} == refused


@pytest.mark.parametrize("path", [("a" * 200, "b" * 200), tuple("abcdefghijkl")])
def test_what_is_too_long_or_deep_is_refused(path: Path) -> None:
    """A path beyond the limits of NEW is refused before the copy."""
    rules = NameRules(path_length=300, depth=10)

    assert path in mapped(tree({path}), rules)[1]


def test_what_is_refused_for_two_reasons_is_refused_once() -> None:
    """A doubled refusal would count the object twice."""
    taken = name_for("a:", WINDOWS)
    paths = {("f",), ("f", "a:"), ("f", taken)}
    _, refused = mapped(paths, replace(WINDOWS, depth=1))

    assert {("f", "a:"), ("f", taken)} == refused
