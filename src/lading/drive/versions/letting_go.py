"""
Let go of the versions that the keep rule of a space gives up.

The rule is pure and stands in `keep`; here it meets the tables.  Each file is
decided on what is there inside the transaction, held or not.  Frozen and deleted
spaces lose nothing.
"""

from __future__ import annotations

from typing import Any

from lading.drive.actor import SYSTEM
from lading.drive.errors import Frozen
from lading.drive.quick import quick, reading
from lading.drive.rights.roles import Role
from lading.drive.tree.find import path_of
from lading.drive.tree.row import Row, Seen, columns, row_of
from lading.drive.versions.holds import held
from lading.drive.versions.keep import EVERYTHING, Rule, keep
from lading.drive.versions.versions import VersionRow, remove_row, rows_of
from lading.drive.writing import Writing, writing
from lading.model.errors import NotFound

_RULES = "SELECT id, keep_count, keep_days, keep_thin FROM drive_space WHERE deleted IS NULL AND frozen = ''"
_FILES = (
    "SELECT n.id FROM drive_node n WHERE n.space_id = %s AND n.kind = 2 AND n.number > 1 AND n.id > %s"
    " AND (SELECT count(*) FROM drive_version v WHERE v.node_id = n.id) > 1 ORDER BY n.id LIMIT %s"
)
_NODE = f"SELECT {columns('n')} FROM drive_node n WHERE n.id = %s AND n.space_id = %s"
_AT_ONCE = 200


def let_go(now: int) -> int:
    """Remove what the rules of all spaces give up at *now* (ns); how many versions."""
    return sum(let_go_in(space, rule, now) for space, rule in rules() if rule != EVERYTHING)


def rules() -> list[tuple[int, Rule]]:
    """The spaces that can change now, and their rules."""
    with reading() as cursor:
        cursor.execute(_RULES)
        return [(space, Rule(count, days, bool(thin))) for space, count, days, thin in cursor.fetchall()]


def let_go_in(space: int, rule: Rule, now: int) -> int:
    """As `let_go`, in one space."""
    gone = last = 0
    while files := _files(space, last):
        last = files[-1]
        try:
            with writing(SYSTEM, space) as work, quick() as cursor:
                gone += sum(_let_go(cursor, work, (space, file), rule, now) for file in files)
        except (Frozen, NotFound):
            break
    return gone


def _files(space: int, after: int) -> list[int]:
    with reading() as cursor:
        cursor.execute(_FILES, [space, after, _AT_ONCE])
        return [row[0] for row in cursor.fetchall()]


def _let_go(cursor: Any, work: Writing, place: tuple[int, int], rule: Rule, now: int) -> int:
    space, file = place
    cursor.execute(_NODE, [file, space])
    found = cursor.fetchone()
    if found is None:
        return 0
    row = row_of(found)
    old = _given_up(cursor, row, rule, now)
    if old:
        seen = Seen(row, Role.MANAGE, path_of(cursor, row))
        for version in old:
            remove_row(cursor, work, seen, version)
    return len(old)


def _given_up(cursor: Any, row: Row, rule: Rule, now: int) -> list[VersionRow]:
    decided = keep(rows_of(cursor, row.id), rule, held=held(cursor, row) is not None, now=now)
    return [version for version, kept, _ in decided if not kept]
