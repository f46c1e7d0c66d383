"""
Decide about links, and plan them: last of all, when everything that they lead to is as it shall be.

A link cannot be moved: it is made anew with the same limits, or not at all.  What was made is remembered, so that a later
pass ends what OLD has ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from itertools import groupby
from pathlib import Path as LocalPath
from typing import Any, NamedTuple

import pyarrow as pa

from lading.manifest.engine import engine
from lading.manifest.parts import read_table
from lading.manifest.tables import PROBLEMS, Feature
from lading.manifest.translate.links import carry_link
from lading.manifest.translate.target import Target
from lading.model.access import Link
from lading.model.failpoints import failpoint
from lading.model.paths import ROOT, Path, decode, encode
from lading.stages.transfer import ground
from lading.stages.transfer.buckets import load_pass
from lading.stages.transfer.hanging import ROWS, write_parts
from lading.stages.transfer.parts import table_of, write_table
from lading.stages.transfer.people import target_of
from lading.stages.transfer.plan import Sides
from lading.stages.transfer.state import Pass
from lading.stages.transfer.tables import MEMORY


class Why(StrEnum):
    """Why."""

    SAME = "same"
    NEW = "new"
    CHANGED = "changed"
    """Its limits in OLD are others now, or tighter than what is left in NEW."""
    GONE = "gone"
    """OLD has it no longer, or it is not made any more."""
    ENDED_IN_NEW = "ended_in_new"
    """Somebody ended it in NEW; it stays ended."""
    NOT_MADE = "not_made"


class Landed(NamedTuple):
    """A link that an earlier pass made: its ids, its place in NEW, and the limits it was made with."""

    old_id: str
    new_id: str
    place: str
    role: int
    expires: int | None
    has_password: bool
    counted: bool
    version: str | None
    inside: bool


LANDED = pa.schema(
    [
        ("old_id", pa.string()),
        ("new_id", pa.string()),
        ("place", pa.string()),
        ("role", pa.int32()),
        ("expires", pa.int64()),
        ("has_password", pa.bool_()),
        ("counted", pa.bool_()),
        ("version", pa.string()),
        ("inside", pa.bool_()),
    ]
)

LINK = pa.schema(
    [
        ("lid", pa.int64()),
        ("why", pa.string()),
        ("make", pa.bool_()),
        ("revoke", pa.string()),
        ("path", pa.string()),
        ("place", pa.string()),
        ("old_id", pa.string()),
        ("role", pa.int32()),
        ("expires", pa.int64()),
        ("has_password", pa.bool_()),
        ("limit", pa.int64()),
        ("version", pa.string()),
        ("inside", pa.bool_()),
        ("by", pa.string()),
        ("maker", pa.string()),
        ("known", pa.list_(pa.string())),
        ("losses", pa.list_(pa.string())),
    ]
)
"""
A link of OLD (or, without `path`, one that an earlier pass made and OLD has no longer): whether to `make` it with these
limits, and the id of the one in NEW to `revoke` first.  `known` are ids of links that stood on the entry before.
"""


class Decided(NamedTuple):
    """What to do about a link."""

    make: bool
    revoke: bool
    why: Why


def decide_link(wanted: Link | None, landed: Landed | None, found: Link | None) -> Decided:
    """What is to be done: *wanted* has its place in NEW; *found* is the link of *landed*, if it is still in NEW."""
    if wanted is None:
        return Decided(False, found is not None, Why.NOT_MADE if landed is None else Why.GONE)
    if landed is None:
        return Decided(True, False, Why.NEW)
    if found is None:
        return Decided(False, False, Why.ENDED_IN_NEW)
    if terms_of(wanted, landed.old_id, landed.new_id) != landed or _more_left(found, wanted):
        return Decided(True, True, Why.CHANGED)
    return Decided(False, False, Why.SAME)


def terms_of(wanted: Link, old_id: str, new_id: str) -> Landed:
    """What is remembered of *wanted* once it has been made."""
    return Landed(
        old_id,
        new_id,
        encode(wanted.path),
        int(wanted.role),
        wanted.expires,
        wanted.has_password,
        wanted.limit is not None,
        wanted.version,
        wanted.inside,
    )


def _more_left(found: Link, wanted: Link) -> bool:
    """Whether more downloads are left in NEW than in OLD."""
    if found.limit is None or wanted.limit is None:
        return found.limit is not wanted.limit
    return found.limit - found.used > wanted.limit


def plan_links(sides: Sides, it: Pass, landed: LocalPath | None) -> list[list[str]]:
    """
    Decide about all links and write partitions of those to be touched, whole entries in each; their keys.

    Leaves `links.parquet` (as `LINK`) with all of them.
    """
    to = target_of(it.folder, sides.old, sides.old_profile, sides.new_profile)
    rows = list(_Planned(sides, to, landed).rows(_stands(sides, it)))
    write_table(it.plan / "links.parquet", table_of(rows, LINK))
    keys = []
    for number, part in enumerate(_parts([row for row in rows if row[2] or row[3]])):
        keys += write_parts(it.plan, f"links-{number:05d}", part, LINK)
    failpoint("links.planned")
    return [keys] if keys else []


def _parts(rows: list[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """*rows* in partitions; those of one place stay together, for what is on an entry is looked at as a whole."""
    part: list[tuple[Any, ...]] = []
    for _, same in groupby(sorted(rows, key=lambda row: (row[5], row[0])), key=lambda row: row[5]):
        part += same
        if len(part) >= ROWS // 2:
            yield part
            part = []
    if part:
        yield part


def _stands(sides: Sides, it: Pass) -> dict[str, tuple[str, bool]]:
    """The place in NEW of each entry of OLD that has a link, and whether it is there."""
    with engine(str(it.folder), memory_limit=MEMORY) as db:
        load_pass(db, sides, it)
        ground.load_tables(db, sides.old, sides.new)
        found = db.execute(
            "SELECT DISTINCT path, coalesce(target, path), path = '' OR b.bucket IN ('moved', 'same', 'renamed')"
            " FROM old_links LEFT JOIN places USING (path) LEFT JOIN b USING (path)"
        ).fetchall()
    return {path: (place, bool(there)) for path, place, there in found}


class _Planned:
    """Links of OLD held against those of NEW and what landed."""

    def __init__(self, sides: Sides, to: Target, landed: LocalPath | None) -> None:
        self._sides, self._to = sides, to
        old, new = sides.old, sides.new
        self._landed = {one.old_id: one for one in read_landed(landed)}
        self._found: dict[str, Link] = (
            {link.id: link for link in new.values("links")} if new.has("links") else {}
        )
        self._on: dict[Path, list[str]] = {}
        for link in self._found.values():
            self._on.setdefault(link.path, []).append(link.id)
        problems = old.values(PROBLEMS) if old.has(PROBLEMS) else ()
        self._certain = not any(row["feature"] == Feature.LINKS for row in problems)
        self._names = {one.id: one.name for one in old.values("principals")} if old.has("principals") else {}

    def rows(self, stands: dict[str, tuple[str, bool]]) -> Iterator[tuple[Any, ...]]:
        """A row of `LINK` for each link of OLD, and for each that landed and is to be ended."""
        seen, lid = set(), 0
        for link in self._sides.old.values("links") if self._sides.old.has("links") else ():
            seen.add(link.id)
            yield (lid, *self._row(link, *stands[encode(link.path)]))
            lid += 1
        for landed in self._landed.values():
            # While some entry could not be asked, nothing is known to be gone.
            if landed.old_id not in seen and landed.new_id in self._found and self._certain:
                place = self._found[landed.new_id].path
                yield (
                    lid, Why.GONE.value, False, landed.new_id, None, encode(place), landed.old_id,
                    0, None, False, None, None, False, "", "", [], [],
                )  # fmt: skip
                lid += 1

    def _row(self, link: Link, place: str, there: bool) -> tuple[Any, ...]:
        carried = carry_link(link, self._to)
        wanted, losses = carried.new, carried.losses
        if wanted is not None and not there:
            wanted, losses = None, ()
        at = decode(place)
        wanted = None if wanted is None else replace(wanted, path=at)
        landed = self._landed.get(link.id)
        found = self._found.get(landed.new_id) if landed else None
        decided = decide_link(wanted, landed, found)
        it = wanted or replace(link, path=ROOT)
        revoke = landed.new_id if landed and decided.revoke else None
        return (
            decided.why.value, decided.make, revoke, encode(link.path), place, link.id, int(it.role), it.expires,
            it.has_password, it.limit, it.version, it.inside, it.by, self._names.get(link.by, link.by),
            self._on.get(at, []), list(losses),
        )  # fmt: skip


def read_landed(file: LocalPath | None) -> Iterator[Landed]:
    """The links that earlier passes made."""
    if file is not None:
        for row in read_table(file).to_pylist():
            yield Landed(**row)
