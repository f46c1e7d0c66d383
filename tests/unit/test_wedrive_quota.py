"""The count of WeDrive's calls: kept, shared, and told when it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from lading.connectors.wedrive.clock import CHINA, ServerClock, month_of, next_month
from lading.connectors.wedrive.quota import Quota
from lading.model.errors import Advice, CallsUsedUp, DriveError, TooLarge
from lading.model.text import Language

LAST_SECOND = datetime(2026, 11, 30, 23, 59, 59, tzinfo=CHINA)


class Hand:
    """A clock set by hand."""

    def __init__(self, when: datetime) -> None:
        self.seconds = when.timestamp()

    def __call__(self) -> float:
        return self.seconds


def test_calls_are_counted_until_the_limit(tmp_path: Path) -> None:
    """The last call of the month is made, the next one is refused with the moment to go on."""
    quota = Quota(tmp_path / "calls.json", 3, ServerClock(Hand(LAST_SECOND)))
    for _ in range(3):
        quota.take(("a",))
    with pytest.raises(CallsUsedUp) as caught:
        quota.take(("a",))

    assert 3 == quota.used()
    assert Advice.STOP_DRIVE is caught.value.advice
    assert "2026-12-01 00:00 (UTC+8)" == caught.value.until
    assert "3 of 3 made in 2026-11" in caught.value.message(Language.EN)
    assert "2026-12-01 00:00" in caught.value.next_step(Language.ZH)


def test_a_new_month_begins_by_the_clock_of_the_server(tmp_path: Path) -> None:
    """A second later, in China, there are new calls; what this machine thinks of the time does not matter."""
    clock = ServerClock(Hand(datetime(1999, 1, 1, tzinfo=CHINA)))
    quota = Quota(tmp_path / "calls.json", 1, clock)
    clock.heard({"date": "Mon, 30 Nov 2026 15:59:59 GMT"})
    quota.take("")
    with pytest.raises(CallsUsedUp):
        quota.take("")
    clock.heard({"date": "Mon, 30 Nov 2026 16:00:00 GMT"})
    quota.take("")

    assert 1 == quota.used()
    assert {"month": "2026-12", "calls": 1} == json.loads((tmp_path / "calls.json").read_text())


def test_months() -> None:
    """The month after December is January."""
    assert "2026-11" == month_of(LAST_SECOND)
    assert datetime(2027, 1, 1, tzinfo=CHINA) == next_month(datetime(2026, 12, 31, 23, 0, tzinfo=CHINA))
    assert datetime(2028, 3, 1, tzinfo=CHINA) == next_month(datetime(2028, 2, 1, tzinfo=CHINA))


def test_threads_and_processes_share_the_count(tmp_path: Path) -> None:
    """No call is lost when many count at once."""
    file = tmp_path / "calls.json"
    script = (
        "import sys;from pathlib import Path;from lading.connectors.wedrive.clock import ServerClock;"
        "from lading.connectors.wedrive.quota import Quota;"
        f"q=Quota(Path({str(file)!r}), None, ServerClock(lambda: {LAST_SECOND.timestamp()!r}));"
        "[q.take('') for _ in range(100)]"
    )
    others = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(2)]
    quota = Quota(file, None, ServerClock(Hand(LAST_SECOND)))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(quota.take, [""] * 100))

    assert [0, 0] == [other.wait() for other in others]
    assert 300 == quota.used()


def test_what_belongs_together_is_asked_for_before_it_begins(tmp_path: Path) -> None:
    """A file that no longer fits into this month waits, one that fits into none is too large."""
    quota = Quota(tmp_path / "calls.json", 10, ServerClock(Hand(LAST_SECOND)))
    quota.take("", 5)
    quota.demand(5, ("fits",))
    with pytest.raises(CallsUsedUp, match="6 are needed"):
        quota.demand(6, ("waits",))
    with pytest.raises(TooLarge):
        quota.demand(11, ("never",))

    assert 5 == quota.used()


def test_a_damaged_count_is_not_taken_for_none(tmp_path: Path) -> None:
    """A file that cannot be understood stops the drive and says which file it is."""
    file = tmp_path / "calls.json"
    file.write_text("{")
    with pytest.raises(DriveError, match=r"calls\.json"):
        Quota(file, 10, ServerClock(Hand(LAST_SECOND))).take("")
