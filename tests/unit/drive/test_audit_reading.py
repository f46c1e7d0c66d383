"""
Reading the audit: for audit admins alone, told as well, and without names of walled spaces.
"""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lading.drive.actor import Actor, Scope
from lading.drive.audit.reading import Wanted, acknowledge, export, records
from lading.drive.audit.seal import seal
from lading.drive.errors import Unfit
from lading.drive.models import Event, Space, Wall, WallSide
from lading.drive.writing import writing
from lading.model.errors import Forbidden

ANNA = Actor(7, "anna", via="dav")
ROSA = Actor(8, "rosa", admin="audit")
DAY = 24 * 3600 * 10**9
NOW = int(datetime(2025, 11, 20, tzinfo=UTC).timestamp()) * 10**9


def tell(kind: str, at: int = NOW, *, actor: Actor = ANNA, space: int | None = None, path: str = "") -> None:
    with writing(actor, now=at) as work:
        work.event(kind, space=space, node=5, path=path, name=path)


def exported(since: int | None = None, until: int | None = None) -> list[dict]:
    out = io.BytesIO()
    count = export(ROSA, since, until, out)
    found = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(found) == count
    return found


@pytest.mark.parametrize(
    "actor",
    [
        ANNA,
        Actor(8, "sys", admin="system"),
        Actor(8, "sec", admin="security"),
        Actor(8, "rosa", admin="audit", scopes=frozenset({Scope.READ})),
    ],
    ids=lambda actor: actor.name,
)
def test_only_an_audit_admin_reads_the_audit(actor: Actor):
    """
    Neither people nor the other admins, nor a token without the scope; and nothing is told of it.
    """
    for read in (
        lambda: export(actor, None, None, io.BytesIO()),
        lambda: records(actor),
        lambda: acknowledge(actor, [1], "because"),
    ):
        with pytest.raises(Forbidden):
            read()
    assert not Event.objects.exists()


def test_an_export_holds_the_records_of_its_time_and_is_told_itself(home: Path):
    """
    From its beginning up to, not including, its end; also what was not sealed yet; and that it was made.
    """
    for day in range(4):
        tell("file.saved", NOW + day * DAY, path=f"{day}")

    found = exported(NOW + DAY, NOW + 3 * DAY)
    assert ["1", "2"] == [record["facts"]["path"] for record in found]
    assert all(record["number"] == Event.objects.get(id=record["facts"]["event"]).sealed for record in found)
    told = Event.objects.get(kind="audit.exported")
    assert "rosa" == told.actor
    assert {"since": NOW + DAY, "until": NOW + 3 * DAY} == json.loads(told.facts)["asked"]


def test_names_written_before_a_wall_was_made_are_left_out(home: Path):
    """
    The ledger holds the name from before the wall; neither export nor page shows it any more.
    """
    space = Space.objects.create(key="k", name="Falcon", created=1)
    tell("file.saved", space=space.id, path="Falcon/offer")
    seal(now=NOW)
    WallSide.objects.create(wall=Wall.objects.create(name="w", created=1), side=0, space=space)

    found = exported()
    shown = records(ROSA, Wanted(space=space.id))
    assert "Falcon" not in json.dumps(found) + json.dumps(shown)
    assert [space.id] == [record.facts["space"] for _, record in shown]
    assert b"Falcon" in min((home / "audit").glob("20*.jsonl")).read_bytes()


def test_records_are_chosen_and_paged_by_number(home: Path):
    """
    By kind, actor, node and time, a page behind the last number of the page before.
    """
    for n in range(5):
        tell("file.saved", path=str(n))
    tell("grant.added")
    tell("file.saved", actor=Actor(9, "bert"))

    first = records(ROSA, Wanted(kind="file.saved", actor="anna"), limit=3)
    rest = records(ROSA, Wanted(kind="file.saved", actor="anna"), behind=first[-1][0], limit=3)
    assert ["0", "1", "2", "3", "4"] == [record.facts["path"] for _, record in [*first, *rest]]
    assert ["bert"] == [record.actor for _, record in records(ROSA, Wanted(actor="bert"))]
    assert [] == records(ROSA, Wanted(node=6))
    assert 4 == Event.objects.filter(kind="audit.viewed").count()


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001], ids=["none", "blank", "long"])
def test_an_explanation_needs_words(home: Path, reason: str):
    """
    Nothing is acknowledged without a reason.
    """
    with pytest.raises(Unfit):
        acknowledge(ROSA, [1], reason)
