"""
Whole lists of every entry, as a POSIX folder has them, become few rows that say exactly the same.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path as LocalPath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.connectors.address import Address
from lading.connectors.api import Drive, Page
from lading.connectors.folder import open as open_folder
from lading.connectors.profile import Profile
from lading.manifest.read import Manifest
from lading.manifest.tables import Feature
from lading.model.access import Effect, Grant, Principal, PrincipalKind, Reach, Role
from lading.model.entry import Entry, Kind
from lading.model.errors import Forbidden
from lading.model.paths import ROOT, Path
from support.scanning import scan_of

PEOPLE = {"li": {"staff"}, "wang": {"staff", "deal"}, "chen": set()}
WHO = (
    [Principal(PrincipalKind.PERSON, name) for name in PEOPLE]
    + [Principal(PrincipalKind.GROUP, name) for name in ("staff", "deal", "li")]
    + [Principal(PrincipalKind.EVERYBODY, "everybody")]
)
NOTHING: frozenset[str] = frozenset()


@dataclass
class Listed(Drive):
    """Entries with a list each; of those in *refused* it is not told."""

    lists: dict[Path, tuple[Grant, ...]]
    files: set[Path]
    refused: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.grants = Lists(self)

    @property
    def profile(self) -> Profile:
        return Profile(kind="listed", address="here", local=True)

    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        return Page([self.stat(path) for path in self.lists if path and path[:-1] == folder])

    def stat(self, path: Path) -> Entry:
        return Entry(path, Kind.FILE if path in self.files else Kind.FOLDER)

    def read(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    write = make_folder = remove = read


class Lists:
    """The grants facet of *drive*."""

    def __init__(self, drive: Listed) -> None:
        self._drive = drive

    def list(self, path: Path) -> tuple[Grant, ...]:
        if path in self._drive.refused:
            raise Forbidden(path)
        return self._drive.lists[path]

    def all(self) -> None:
        return None

    def set(self, grant: Grant) -> None:
        raise NotImplementedError

    def unset(self, grant: Grant) -> None:
        raise NotImplementedError


GRANTS = st.builds(
    Grant,
    st.just(ROOT),
    st.sampled_from(WHO),
    st.just(NOTHING),
    st.sampled_from([Effect.ALLOW, Effect.ALLOW, Effect.DENY]),
    st.sampled_from([Reach.HERE, Reach.HERE, Reach.LATER]),
    role=st.sampled_from(Role),
    rank=st.integers(0, 3),
    expires=st.sampled_from([None, None, 5]),
)


@st.composite
def drives(draw: st.DrawFn) -> Listed:
    """A tree whose lists come out of a small pool, so that many are alike."""
    pool = draw(st.lists(st.lists(GRANTS, max_size=5).map(tuple), min_size=1, max_size=3))
    entries: list[Path] = [ROOT]
    files: set[Path] = set()
    for number in range(draw(st.integers(0, 14))):
        folder = draw(st.sampled_from([path for path in entries if path not in files]))
        entries.append((*folder, f"é{number}"))
        if draw(st.booleans()):
            files.add(entries[-1])
    lists = {path: _own(draw(st.sampled_from(pool)), path, path in files) for path in entries}
    return Listed(lists, files, draw(st.sets(st.sampled_from(entries), max_size=2)))


def _own(grants: Iterable[Grant], path: Path, is_file: bool) -> tuple[Grant, ...]:
    """*grants* as the list of *path*; the own words of files are others than those of folders."""
    words = frozenset("r" if is_file else "rx")
    return tuple(
        replace(grant, path=path, rights=words)
        for grant in grants
        if not is_file or grant.reach is Reach.HERE
    )


def words(grants: Iterable[Grant]) -> set[tuple[Any, ...]]:
    """What *grants* say in the vocabulary, wherever they are."""
    return {
        (grant.effect, grant.principal.kind, grant.principal.id, grant.role, grant.rank, grant.expires)
        for grant in grants
    }


def decided(grants: Iterable[Grant], person: str, groups: set[str] | None = None) -> Role:
    """The role that *grants*, all of which reach an entry, give *person* in *groups*: the words of `AccessRules`."""
    groups = PEOPLE[person] if groups is None else groups
    mine = [grant for grant in grants if _names(grant.principal, person, groups)]
    if not mine:
        return Role.NONE
    first = [grant for grant in mine if grant.rank == min(other.rank for other in mine)]
    allowed = max((grant.role for grant in first if grant.effect is Effect.ALLOW), default=Role.NONE)
    denied = [grant.role for grant in first if grant.effect is Effect.DENY]
    return Role(min(allowed, max(min(denied) - 1, 0))) if denied else allowed


def _names(principal: Principal, person: str, groups: set[str]) -> bool:
    if principal.kind is PrincipalKind.PERSON:
        return principal.id == person
    return principal.kind is PrincipalKind.EVERYBODY or principal.id in groups


def reaching(rows: list[Grant], path: Path, *, later: bool = False) -> list[Grant]:
    """Of the *rows* of a table those that reach *path*, or what is made in it later."""
    found: list[Grant] = []
    for depth in range(len(path) + 1):
        here = [grant for grant in rows if grant.path == path[:depth]]
        if any(grant.effect is Effect.RESET for grant in here):
            found = []
        found += [grant for grant in here if grant.effect is not Effect.RESET]
    wanted = [Reach.LATER] if later else [Reach.ALL]
    return [grant for grant in found if grant.reach in wanted]


def scanned(drive: Listed) -> list[Grant]:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        return list(_scan(patch, drive, folder).values("grants"))


def _scan(patch: pytest.MonkeyPatch, drive: Listed, folder: str) -> Manifest:
    return scan_of(patch, drive, LocalPath(folder) / "m", features=[Feature.GRANTS])


@settings(max_examples=25, deadline=None)
@given(drives())
def test_few_rows_say_what_the_whole_lists_say(drive: Listed) -> None:
    """
    For everybody and every entry whose list is known, the table gives the role that the list gives, and will give.
    """
    rows = scanned(drive)
    for path in drive.lists.keys() - drive.refused:
        raw = drive.lists[path]
        here = [grant for grant in raw if grant.reach is Reach.HERE]
        now = reaching(rows, path)
        for person in PEOPLE:
            assert decided(here, person) == decided(now, person), (path, person)
        assert words(here) == words(now)
        if path not in drive.files:
            assert words(set(raw) - set(here)) == words(reaching(rows, path, later=True))


@settings(max_examples=15, deadline=None)
@given(drives())
def test_lists_stand_only_where_something_changes(drive: Listed) -> None:
    """
    An entry has rows exactly if its list says something else than that of its folder, or nobody knows that one.
    """
    rows = scanned(drive)

    assert set(_different(drive)) == {grant.path for grant in rows}
    assert {grant.path for grant in rows} - {ROOT} == {
        grant.path for grant in rows if grant.effect is Effect.RESET
    }
    assert {Reach.ALL, Reach.LATER} >= {grant.reach for grant in rows}


def _different(drive: Listed) -> Iterator[Path]:
    known = drive.lists.keys() - drive.refused
    if ROOT in known and drive.lists[ROOT]:
        yield ROOT
    for path in known - {ROOT}:
        if (
            path[:-1] in drive.refused
            or _says(drive, path, Reach.HERE) != _says(drive, path[:-1], Reach.HERE)
            or (
                path not in drive.files
                and _says(drive, path, Reach.LATER) != _says(drive, path[:-1], Reach.LATER)
            )
        ):
            yield path


def _says(drive: Listed, path: Path, reach: Reach) -> set[tuple[Any, ...]]:
    return words(grant for grant in drive.lists[path] if grant.reach is reach)


def test_own_words_and_source_come_from_the_entry() -> None:
    """
    The rows of a list keep the drive's own words; a file that is alike in the vocabulary is not repeated.
    """
    li = WHO[0]
    folder = Grant(ROOT, li, frozenset("rwx"), reach=Reach.HERE, source="acl", role=Role.EDIT)
    file = Grant(("a",), li, frozenset("rw"), reach=Reach.HERE, source="mode", role=Role.EDIT)
    rows = scanned(Listed({ROOT: (folder,), ("a",): (file,)}, {("a",)}))

    assert [(ROOT, Effect.ALLOW, frozenset("rwx"), Reach.ALL, "acl")] == [
        (grant.path, grant.effect, grant.rights, grant.reach, grant.source) for grant in rows
    ]


def test_an_empty_list_lets_nobody_in() -> None:
    """
    An entry whose list is empty is cut off from what its folder hands down.
    """
    grant = Grant(ROOT, WHO[-1], NOTHING, reach=Reach.HERE, role=Role.EDIT)
    rows = scanned(Listed({ROOT: (grant,), ("a",): ()}, {("a",)}))

    assert [(("a",), Effect.RESET)] == [(row.path, row.effect) for row in rows if row.path]
    assert [] == reaching(rows, ("a",))


@pytest.mark.parametrize("reach", [Reach.ALL, Reach.BELOW])
def test_a_drive_that_hands_down_by_itself_is_taken_at_its_word(reach: Reach) -> None:
    """
    Where grants reach further, an entry without a list inherits, and nothing is added or left out.
    """
    grant = Grant(ROOT, WHO[0], NOTHING, reach=reach, role=Role.EDIT)
    again = replace(grant, path=("a",))
    rows = scanned(Listed({ROOT: (grant,), ("a",): (again,), ("a", "b"): ()}, set()))

    assert {ROOT: reach, ("a",): reach} == {row.path: row.reach for row in rows}
    assert 2 == len(rows)


FILE_MODES = (0o750, 0o755, 0o640, 0o644, 0o604, 0o070, 0o711, 0o000)
FOLDER_MODES = (0o750, 0o755, 0o711, 0o705, 0o532, 0o700)


def test_rows_of_a_real_folder_say_what_its_modes_say(tmp_path: LocalPath) -> None:
    """
    For owner, group and others each entry of a folder on the disk has the role that its own bits give, out of few rows.
    """
    luck = random.Random(5)
    root = tmp_path / "drive"
    for number in range(60):
        folder = root / f"d{number % 7}" / f"e{number % 3}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"f{number}").touch()
    entries = sorted(root.rglob("*"), reverse=True)
    for entry in entries:
        modes = FOLDER_MODES if entry.is_dir() else FILE_MODES
        entry.chmod(0o750 if luck.random() < 0.7 else luck.choice(modes))
    with open_folder(Address("folder", str(root))) as drive, pytest.MonkeyPatch.context() as patch:
        rows = list(_scan(patch, drive, str(tmp_path)).values("grants"))

    mine, group = str(os.getuid()), f"g{os.getgid()}"
    for entry in entries:
        path, facts = entry.relative_to(root).parts, entry.stat()
        for person, groups, shift in ((mine, set(), 6), ("77777", {group}, 3), ("88888", set(), 0)):
            expected = _role_of(facts.st_mode >> shift & 7, entry.is_dir())
            assert expected == decided(reaching(rows, path), person, groups), (entry, oct(facts.st_mode))
    assert len(entries) > len({row.path for row in rows})


def _role_of(bits: int, folder: bool) -> Role:
    if folder:
        return [Role.NONE, Role.PASS, Role.NONE, Role.PASS, Role.NONE, Role.DOWNLOAD, Role.NONE, Role.EDIT][
            bits
        ]
    return {0b11: Role.EDIT, 0b10: Role.DOWNLOAD}.get(bits >> 1, Role.NONE)
