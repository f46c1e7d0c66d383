"""What a pass may remove from NEW."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from lading.connectors.profile import Case, Form, NameRules
from lading.stages.transfer.rules import Rules
from lading.stages.transfer.sequence import _deletions


def removed(
    rules: NameRules, *, landed: str, now: str, modified: int = 1, unlisted: bool = False
) -> list[str]:
    """What goes if the file *landed* vanished from OLD, *now* is there, and the time in NEW is *modified*."""
    db = duckdb.connect()
    db.execute(
        "CREATE TABLE o AS SELECT ? AS path, 'folder' AS kind, ? AS problem", [now, "x" if unlisted else None]
    )
    db.execute("CREATE TABLE t AS SELECT path, path AS target FROM o")
    db.execute("CREATE TABLE known AS SELECT *, path AS target, false AS excluded FROM o")
    db.execute(
        "CREATE TABLE l AS SELECT 'gone' AS old_path, ? AS new_path, 'file' AS kind, 3::BIGINT AS old_size,"
        " 3::BIGINT AS new_size, 1::BIGINT AS new_modified, NULL::VARCHAR AS new_etag",
        [landed],
    )
    db.execute(
        "CREATE TABLE n AS SELECT new_path AS path, kind, new_size AS size, ?::BIGINT AS modified, new_etag AS etag FROM l",
        [modified],
    )
    db.execute("CREATE TABLE renames (path VARCHAR, source VARCHAR)")
    db.execute("CREATE TABLE decided (seq BIGINT)")
    new: Any = SimpleNamespace(names=rules, address="new")
    rows, held_back = _deletions(db, new, Rules(delete=True, delete_at_most=1))
    assert held_back == (1 if unlisted and not landed.startswith(now + "/") else 0)
    return [row[4] for row in rows]


EXACT = NameRules(case=Case.SENSITIVE, form=Form.EXACT)
FOLDED = NameRules(case=Case.FOLDED, form=Form.FOLDED)


@pytest.mark.parametrize(("landed", "now"), [("A/X.txt", "a/x.txt"), ("caf\u00e9", "cafe\u0301")])
def test_another_spelling_of_what_old_has_is_not_removed(landed: str, now: str) -> None:
    """Where NEW does not tell the two names apart, it would be the only copy."""
    assert [] == removed(FOLDED, landed=landed, now=now)
    assert [landed] == removed(EXACT, landed=landed, now=now)


def test_what_was_edited_in_a_drive_without_etags_is_not_removed() -> None:
    """Its time tells that somebody worked on it."""
    assert [] == removed(EXACT, landed="f", now="other", modified=2)


@pytest.mark.parametrize("landed", ["B/f", "f"])
def test_nothing_is_removed_while_a_folder_could_not_be_listed(landed: str) -> None:
    """What OLD holds there is not known: it may have moved there."""
    assert [] == removed(EXACT, landed=landed, now="B", unlisted=True)
    assert [landed] == removed(EXACT, landed=landed, now="B")
