"""Weekly timetables: what they say at which moment, and how mistakes are told."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.connectors.wrap.timetable import (
    UNLIMITED,
    Limit,
    Timetable,
    limit_at,
    next_change,
    parse_timetable,
)
from lading.model.errors import BadTimetable
from lading.model.text import Language

MANUAL = Path(__file__).parents[2] / "docs" / "manual" / "limits.md"
OFFICE = "mon-fri 08:00-18:30 2MiB/s 20calls/s; sat,sun off; else 50MiB/s; tz=Asia/Shanghai"
DAY, NIGHT = Limit(2 << 20, 20), Limit(50 << 20)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """A moment of the week that begins on Monday, 2 November 2026."""
    day, hour = text.split()
    date = 2 + ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].index(day)
    return datetime(2026, 11, date, int(hour[:2]), int(hour[3:]), tzinfo=zone)


@pytest.mark.parametrize(
    ("when", "limit"),
    [
        ("mon 07:59", NIGHT),
        ("mon 08:00", DAY),
        ("wed 12:00", DAY),
        ("fri 18:29", DAY),
        ("fri 18:30", NIGHT),
        ("sat 12:00", UNLIMITED),
        ("sun 23:59", UNLIMITED),
    ],
)
def test_the_first_rule_that_fits_decides(when: str, limit: Limit) -> None:
    """Days and hours of the named zone decide, whatever zone the moment is told in."""
    timetable = parse_timetable(OFFICE)

    assert limit == limit_at(timetable, at(when))
    assert limit == limit_at(timetable, at(when).astimezone(UTC))


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("", UNLIMITED),
        (" ; ;", UNLIMITED),
        ("off", UNLIMITED),
        ("stop", Limit(stop=True)),
        ("10MB/s", Limit(10_000_000)),
        ("16Mbit/s", Limit(2_000_000)),
        ("1.5KiB/s", Limit(1536)),
        ("90calls/min", Limit(None, 1.5)),
        ("36GB/h 1call/s", Limit(10_000_000, 1)),
        ("MON-SUN 1b/S", Limit(1)),
    ],
)
def test_limits(text: str, limit: Limit) -> None:
    """Rates of bytes, bits and calls, per second, minute or hour; case does not matter."""
    assert limit == limit_at(parse_timetable(text), at("tue 03:00"))


@pytest.mark.parametrize(
    ("when", "stopped"),
    [
        ("fri 21:59", False),
        ("fri 22:00", True),
        ("sat 05:59", True),
        ("sat 06:00", False),
        ("thu 23:00", False),
    ],
)
def test_hours_over_midnight_belong_to_the_day_they_begin_on(when: str, stopped: bool) -> None:
    """Friday night reaches into Saturday morning."""
    timetable = parse_timetable("fri 22:00-06:00 stop; tz=Asia/Shanghai")

    assert stopped == limit_at(timetable, at(when)).stop


def test_several_hours_and_days_around_the_week() -> None:
    """Hours may be several, and days may go around the end of the week."""
    timetable = parse_timetable("sat-mon 00:00-06:00,22:00-24:00 stop")
    when = datetime(2026, 11, 1, 23, tzinfo=UTC).astimezone()
    local = when.replace(hour=23)

    assert limit_at(timetable, local).stop
    assert not limit_at(timetable, local.replace(hour=12)).stop


@pytest.mark.parametrize(
    ("text", "position", "found"),
    [
        ("fast", 1, "fast"),
        ("mon-fry 1MB/s", 1, "mon-fry"),
        ("mon,xyz 1MB/s", 5, "xyz"),
        ("mon 08:00-25:00 1MB/s", 5, "08:00-25:00"),
        ("mon 08:60-09:00 1MB/s", 5, "08:60-09:00"),
        ("mon 08:00-08:00 off", 5, "08:00-08:00"),
        ("mon 08:00 off", 5, "08:00"),
        ("off; mon 8-9 off", 10, "8-9"),
        ("1MB/s 2MB/s", 7, "2mb/s"),
        ("0calls/s", 1, "0calls/s"),
        ("1MB/day", 1, "1mb/day"),
        ("1XB/s", 1, "1xb/s"),
        ("off 1MB/s", 5, "1mb/s"),
        ("mon 08:00-09:00", 16, ""),
        ("1MB/s; tz=Mars/Base", 8, "tz=mars/base"),
        ("tz=../../etc/passwd", 1, "tz=../../etc/passwd"),
        ("tz=UTC 1MB/s", 8, "1mb/s"),
    ],
)
def test_mistakes_are_told_with_their_position(text: str, position: int, found: str) -> None:
    """Whatever is not understood is named, with its place, in both languages."""
    with pytest.raises(BadTimetable) as caught:
        parse_timetable(text)

    assert (position, found) == (caught.value.facts["position"], caught.value.detail)
    for language in Language:
        assert str(position) in caught.value.message(language)


@given(st.text(alphabet="monfri,-:0123456789 MiB/s;callstopez=\u2003\x00", max_size=40))
def test_no_text_breaks_the_parser(text: str) -> None:
    """Any text is a timetable or a `BadTimetable`."""
    try:
        assert isinstance(parse_timetable(text), Timetable)
    except BadTimetable as error:
        assert 1 <= error.facts["position"] <= len(text) + 1


@pytest.mark.parametrize(
    ("when", "change"),
    [
        ("mon 07:00", "mon 08:00"),
        ("mon 08:00", "mon 18:30"),
        ("mon 18:30", "tue 08:00"),
        ("fri 18:30", "sat 00:00"),
    ],
)
def test_next_change(when: str, change: str) -> None:
    """The next change is the first moment at which another limit holds."""
    assert at(change) == next_change(parse_timetable(OFFICE), at(when))


def test_what_never_changes() -> None:
    """A timetable that says the same all week has no next change."""
    assert next_change(parse_timetable("1MB/s"), at("mon 00:00")) is None
    assert next_change(parse_timetable("mon 1MB/s; else 1MB/s"), at("mon 00:00")) is None


ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]


@given(
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001
    hours=st.tuples(st.integers(0, 23), st.integers(0, 23)).filter(lambda pair: pair[0] != pair[1]),
    zone=st.sampled_from(ZONES),
)
def test_nothing_changes_before_the_next_change(moment: datetime, hours: tuple[int, int], zone: str) -> None:
    """Until the next change the limit is the same, and then it is another; also around summer time."""
    timetable = parse_timetable(f"tue-sat {hours[0]:02}:30-{hours[1]:02}:30 1MB/s; tz={zone}")
    when = moment.replace(tzinfo=UTC)
    change = next_change(timetable, when)
    now = limit_at(timetable, when)

    assert change is not None
    assert when < change
    assert now != limit_at(timetable, change)
    # An hour that is skipped may hide a change for as long as it lasts.
    quiet = change - timedelta(hours=1)
    steps = int((quiet - when) / timedelta(minutes=30))
    assert all(
        now == limit_at(timetable, when + timedelta(minutes=30 * step)) for step in range(max(0, steps))
    )


def test_the_manual_tells_the_truth() -> None:
    """Every timetable in the manual, in both languages, is understood."""
    examples = re.findall(r"^    (\S.*)$", MANUAL.read_text(encoding="utf-8"), re.MULTILINE)

    assert len(examples) >= 8
    assert examples[: len(examples) // 2] == examples[len(examples) // 2 :]
    for example in examples:
        parse_timetable(example)
