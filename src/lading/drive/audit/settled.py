"""What the database remembers about its ledger."""

from __future__ import annotations

from typing import Any

from django.db import connection

from lading.drive.actor import SYSTEM
from lading.drive.models import Meta, WallSide
from lading.drive.writing import writing

_ID, _SETTLED = "audit.id", "audit.sealed"


def id_of_audit() -> str | None:
    """The id of the ledger that belongs to this database; None if none was begun."""
    value = Meta.objects.filter(key=_ID).values_list("value", flat=True).first()
    return None if value is None else f"{value:014x}"


def begin(identity: str) -> None:
    """From now on the ledger with this id, 14 hex digits, belongs to this database."""
    with writing(SYSTEM):
        Meta.objects.create(key=_ID, value=int(identity, 16))


def forget(cursor: Any) -> None:
    """No ledger belongs to this database any more; within a transaction."""
    cursor.execute("DELETE FROM drive_meta WHERE key IN (%s, %s)", [_ID, _SETTLED])


def settled() -> int:
    """The number of the last record whose source is marked or removed; 0 for none."""
    return Meta.objects.filter(key=_SETTLED).values_list("value", flat=True).first() or 0


def remember(number: int) -> None:
    """All records up to *number* are settled."""
    if number != settled():
        with writing(SYSTEM), connection.cursor() as cursor:
            set_settled(cursor, number)


def set_settled(cursor: Any, number: int) -> None:
    """The same within a transaction."""
    cursor.execute(
        "INSERT INTO drive_meta (key, value) VALUES (%s, %s)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [_SETTLED, number],
    )


def walled() -> frozenset[int]:
    """The spaces that lie under a wall: their names are not told."""
    return frozenset(WallSide.objects.values_list("space_id", flat=True))
