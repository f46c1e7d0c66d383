"""
Grants as a scan gathers them: a list for each entry, of which most say what the list of their folder says.

Where a drive tells the lists of a whole folder at once (`GrantsWithin`), files that say the same as their folder
leave no rows at all: the table of grants has none for them either (see `tabling`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from hashlib import sha256
from itertools import groupby
from typing import Any

from lading.connectors.api import Drive
from lading.connectors.facets import Told
from lading.manifest.obstacle import stands_in_the_way
from lading.manifest.rows import Row, grant_row
from lading.manifest.tables import Feature, raw_schema
from lading.model.access import Grant, Reach
from lading.model.errors import DriveError
from lading.model.paths import ROOT, Path, encode

Mark = bytes
"""What a list of grants says, as a digest of the words of the vocabulary alone; who is named counts by kind and id."""

Within = Callable[[Path, Sequence[str]], Sequence[Told] | None]


def grants_asked(drive: Drive, path: Path, *, folder: bool) -> list[Row]:
    """
    The raw rows of one entry, or the one that says why it cannot tell them.

    Raises:
        DriveError: the drive is not there any more.
    """
    return rows_told(drive, path, told_on(drive, path), folder=folder)


def files_granted(drive: Drive, folder: Path, names: Sequence[str], above: Mark | None) -> list[list[Row]]:
    """
    The raw rows of each of the files *names* in *folder*; none for a file that says *above*, which is what the row of its folder has to say.

    Raises:
        DriveError: the drive is not there any more.
    """
    told = _together(drive, folder, names)
    if told is None:
        return [grants_asked(drive, (*folder, name), folder=False) for name in names]
    same: dict[int, bool] = {}
    rows = []
    for name, it in zip(names, told, strict=True):
        # Lists are shared, and all of them are held while we look.
        if (like := same.get(id(it))) is None:
            like = same[id(it)] = not isinstance(it, DriveError) and marks_of(it)[0] == above
        rows.append([] if like else rows_told(drive, (*folder, name), it, folder=False))
    return rows


def entries_granted(drive: Drive, entries: Iterable[tuple[Path, bool]]) -> Iterator[list[Row]]:
    """
    The raw rows of each of *entries* (path, whether it is a folder) in their order; files of one folder are asked together.

    None is left out: their folder is asked at another time, and may say something else by then.
    """
    for folder, group in groupby(entries, key=lambda entry: entry[0][:-1]):
        held = list(group)
        names = [path[-1] for path, is_folder in held if path and not is_folder]
        files = iter(files_granted(drive, folder, names, None) if names else ())
        for path, is_folder in held:
            yield grants_asked(drive, path, folder=True) if is_folder or not path else next(files)


def told_on(drive: Drive, path: Path) -> Told:
    """The list of *path*, or why it cannot be told."""
    assert drive.grants is not None
    try:
        return drive.grants.list(path)
    except DriveError as error:
        return error


def mark_of(drive: Drive, told: Told) -> Mark | None:
    """
    What a list that the *drive* *told* says here; None if it could not tell it.

    Raises:
        DriveError: the drive is not there any more.
    """
    if isinstance(told, DriveError):
        if stands_in_the_way(drive, told):
            raise told
        return None
    return marks_of(told)[0]


def rows_told(drive: Drive, path: Path, told: Told, *, folder: bool) -> list[Row]:
    """The raw rows of an entry of which the drive *told* this."""
    where = encode(path)
    if not isinstance(told, DriveError):
        return _rows(where, encode(path[:-1]) if path else None, told, folder=folder)
    if stands_in_the_way(drive, told):
        raise told
    return [_row(path=where, problem=told.code)]


def marks_of(grants: Iterable[Grant]) -> tuple[Mark, Mark]:
    """What a list of *grants* says for the entry itself, and for what is made in it later."""
    here, later, _ = _listed(*map(_but_place, grants))
    return here, later


def mark_of_words(words: Iterable[tuple[object, ...]]) -> Mark:
    """The mark of grants, each as (effect, kind, id, role, rank, expires)."""
    return sha256("\n".join(sorted(map(repr, set(words)))).encode()).digest()


def _together(drive: Drive, folder: Path, names: Sequence[str]) -> Sequence[Told] | None:
    """What is granted on each of *names* in *folder*; None if each has to be asked."""
    within: Within | None = getattr(drive.grants, "within", None)
    try:
        return within(folder, names) if within else None
    except DriveError as error:
        if stands_in_the_way(drive, error):
            raise
        return None


def _rows(where: str, above: str | None, grants: tuple[Grant, ...], *, folder: bool) -> list[Row]:
    """
    A head, which says what the list says in two marks, and its grants.

    Most entries have one of few lists; what is made of a list is kept.
    """
    here, later, rows = _listed(*map(_but_place, grants))
    head = _row(path=where, folder=above, here=here, later=later if folder else None)
    return [head, *[(where, *row) for row in rows]]


def _but_place(it: Grant) -> tuple[Any, ...]:
    """All that *it* says, but for where, in the order of `Grant`."""
    return it.principal, it.rights, it.effect, it.reach, it.source, it.role, it.rank, it.expires


@lru_cache(maxsize=1_000)
def _listed(*told: tuple[Any, ...]) -> tuple[Mark, Mark, tuple[Row, ...]]:
    """Of a list of grants: the mark of those that hold here, that of those that hold for what comes later, and its rows without a path."""
    grants = [Grant(ROOT, *one) for one in told]
    here = mark_of_words(_words(grant) for grant in grants if grant.reach is not Reach.LATER)
    later = mark_of_words(_words(grant) for grant in grants if grant.reach is Reach.LATER)
    return here, later, tuple(grant_row(grant)[1:] for grant in grants)


def _words(it: Grant) -> tuple[object, ...]:
    who = it.principal.kind.value, it.principal.id
    return it.effect.value, *who, int(it.role), it.rank, it.expires


def _row(**facts: object) -> Row:
    return tuple(map(facts.get, _names()))


@cache
def _names() -> tuple[str, ...]:
    return tuple(raw_schema(Feature.GRANTS).names)
