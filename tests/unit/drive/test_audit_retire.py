"""
Retention: what is younger than 180 days stays, what is older goes by whole months, and the rest still holds.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from lading.drive import audit
from lading.drive.actor import SYSTEM, Actor
from lading.drive.audit.retire import retire
from lading.drive.audit.seal import seal
from lading.drive.audit.spool import let_go
from lading.drive.audit.verify import verify
from lading.drive.errors import Unfit
from lading.drive.feed import pruned_key
from lading.drive.models import Event, Meta, Space
from lading.drive.writing import writing
from lading.model.errors import BadLedger, Forbidden

ANNA = Actor(7, "anna", via="dav")


def at(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp()) * 10**9


@pytest.fixture
def space() -> int:
    return Space.objects.create(key="k", name="Deals", created=1).id


@pytest.fixture
def year(home: Path, space: int) -> Path:
    """An audit from January to June 2026: two changes, a read and a torn read each month."""
    for month in range(1, 7):
        now = at(2026, month, 15)
        for _ in range(2):
            with writing(ANNA, space, now=now) as work:
                work.event("file.saved", space=space, node=5, path="a")
        audit.note_read(ANNA, "file.read", space=space, node=5)
        let_go()
        (file,) = (home / "audit" / "spool").iterdir()
        file.write_bytes(file.read_bytes() + b"torn")
        seal(now=now)
    return home


def months(home: Path) -> list[str]:
    return sorted(file.stem[5:] for file in (home / "audit").glob("20*.jsonl"))


def test_months_that_ended_180_days_ago_go_and_the_rest_holds(year: Path, space: int):
    """
    On the first of September, January and February are older than 180 days; March, which ended later, stays.
    """
    now = at(2026, 9, 1)

    assert ["2026-01", "2026-02"] == retire(now=now)
    assert ["03", "04", "05", "06", "09"] == months(year)
    assert 8 == Event.objects.filter(kind="file.saved").count()
    assert 4 == len(list((year / "audit" / "torn").iterdir()))
    assert 4 == Meta.objects.get(key=pruned_key(space)).value
    checked = verify(now=now)
    assert ("2026-03", 8, 4) == (checked.since, checked.events, checked.torn)
    assert [] == retire(now=now)


@pytest.mark.parametrize("days", [179, 0, -1])
def test_less_than_180_days_is_refused(year: Path, days: int):
    """
    Neither by argument nor by configuration can records go sooner.
    """
    with pytest.raises(Unfit, match="180 days at least"):
        retire(days=days, now=at(2026, 9, 1))
    settings.LADING_DRIVE = {**settings.LADING_DRIVE, "audit_days": days}
    try:
        with pytest.raises(Unfit):
            retire(now=at(2026, 9, 1))
    finally:
        settings.LADING_DRIVE = {**settings.LADING_DRIVE, "audit_days": 180}

    assert ["01", "02", "03", "04", "05", "06"] == months(year)


def test_longer_retention_keeps_more(year: Path):
    """
    With 215 days only January is old enough in the middle of September.
    """
    assert ["2026-01"] == retire(days=215, now=at(2026, 9, 15))


def test_only_the_drive_itself_and_audit_admins_may(year: Path):
    """
    A system admin cannot make records go.
    """
    with pytest.raises(Forbidden):
        retire(Actor(1, "sys", admin="system"), now=at(2026, 9, 1))
    assert ["2026-01", "2026-02"] == retire(Actor(1, "rosa", admin="audit"), now=at(2026, 9, 1))


def test_a_month_with_a_young_record_stays(home: Path):
    """
    What a wrong clock put into an old month is not old.
    """
    with writing(SYSTEM, now=at(2026, 8, 20)) as work:
        work.event("file.saved")
    seal(now=at(2026, 1, 20))

    assert [] == retire(now=at(2026, 9, 1))


def test_a_month_taken_away_by_hand_is_still_missed(year: Path):
    """
    Only what was told to be retired may be absent.
    """
    retire(now=at(2026, 9, 1))
    (year / "audit" / "2026-03.jsonl").unlink()

    with pytest.raises(BadLedger, match="2026-03: this month is missing"):
        verify(now=at(2026, 9, 1))
