"""
Weekly timetables of how fast a drive may be used.

    mon-fri 08:00-18:30 2MiB/s 20calls/s; sat,sun off; else 50MiB/s; tz=Asia/Shanghai

Rules are separated by `;`.  A rule says on which days and at which hours (both
may be left out) which limits hold; the first rule that fits decides, and where
none fits nothing is limited.  `docs/manual/limits.md` is the whole syntax.

Pure functions over plain values: the clock is the caller's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from lading.model.errors import BadTimetable
from lading.model.loading import on_use

if TYPE_CHECKING:
    import zoneinfo
else:
    zoneinfo = on_use("zoneinfo")

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = frozenset(range(7))
MINUTES = 24 * 60

_BYTES = {
    "b": 1.0,
    "kb": 1e3,
    "mb": 1e6,
    "gb": 1e9,
    "kib": 2.0**10,
    "mib": 2.0**20,
    "gib": 2.0**30,
    "kbit": 1e3 / 8,
    "mbit": 1e6 / 8,
    "gbit": 1e9 / 8,
}
_PER = {"s": 1, "min": 60, "h": 3600}
_WORD = re.compile(r"[^\s;]+|;")
_HOURS = re.compile(r"(\d\d?):(\d\d)-(\d\d?):(\d\d)")
_RATE = re.compile(r"(\d+(?:\.\d+)?)([a-z]+)/([a-z]+)")

_EXPECTED_WHEN = "mon-fri | sat,sun | 08:00-18:30 | else"
_EXPECTED_LIMIT = "2MiB/s | 16Mbit/s | 20calls/s | off | stop"


class Limit(NamedTuple):
    """How fast a drive may be used; None is no limit.  *stop*: not at all."""

    bytes_per_second: float | None = None
    calls_per_second: float | None = None
    stop: bool = False


UNLIMITED = Limit()


@dataclass(frozen=True, slots=True)
class Rule:
    """
    *limit* holds on *days* (Monday is 0) during *hours*.

    *hours* are pairs of minutes since midnight, the end excluded.  One that ends before it
    begins lasts until the next morning and belongs to the day on which it begins.
    """

    limit: Limit
    days: frozenset[int] = EVERY_DAY
    hours: tuple[tuple[int, int], ...] = ((0, MINUTES),)

    def fits(self, day: int, minute: int) -> bool:
        """Whether the rule holds at *minute* of *day*."""
        return any(self._within(begin, end, day, minute) for begin, end in self.hours)

    def _within(self, begin: int, end: int, day: int, minute: int) -> bool:
        if begin < end:
            return day in self.days and begin <= minute < end
        return (day in self.days and minute >= begin) or ((day - 1) % 7 in self.days and minute < end)


@dataclass(frozen=True, slots=True)
class Timetable:
    """Rules in order, and the time zone they speak of (None: that of this machine)."""

    rules: tuple[Rule, ...] = ()
    zone: tzinfo | None = None


def parse_timetable(text: str) -> Timetable:
    """
    The timetable written as *text*; the empty text limits nothing.

    Raises:
        BadTimetable: with the position (the first character is 1) of what is not understood.
    """
    words = [_Word(found.group().lower(), found.start() + 1) for found in _WORD.finditer(text)]
    zone: tzinfo | None = None
    rules: list[Rule] = []
    for part in _parts(words):
        if part[0].text.startswith("tz="):
            zone = _zone(text, part)
        else:
            rules.append(_rule(text, part))
    return Timetable(tuple(rules), zone)


def limit_at(timetable: Timetable, when: datetime) -> Limit:
    """The limit that holds at *when*, which knows its time zone."""
    wall = when.astimezone(timetable.zone)
    day, minute = wall.weekday(), wall.hour * 60 + wall.minute
    for rule in timetable.rules:
        if rule.fits(day, minute):
            return rule.limit
    return UNLIMITED


def next_change(timetable: Timetable, when: datetime) -> datetime | None:
    """
    The first moment after *when* at which another limit holds, in UTC; None if none ever does.

    A change inside the hour that a change to summer time skips is told at most that much late.
    """
    now = limit_at(timetable, when)
    for moment in sorted(set(_moments(timetable, when))):
        if moment > when and limit_at(timetable, moment) != now:
            return moment
    return None


class _Word(NamedTuple):
    text: str
    position: int


def _moments(timetable: Timetable, when: datetime) -> Iterator[datetime]:
    wall = when.astimezone(timetable.zone)
    minutes = {0} | {edge % MINUTES for rule in timetable.rules for pair in rule.hours for edge in pair}
    for ahead in range(9):
        date = (wall + timedelta(days=ahead)).date()
        for minute in minutes:
            for fold in (0, 1):  # an hour that comes twice
                there = datetime.combine(date, time(minute // 60, minute % 60, fold=fold), timetable.zone)
                yield there.astimezone(UTC)


def _parts(words: list[_Word]) -> Iterator[list[_Word]]:
    part: list[_Word] = []
    for word in [*words, _Word(";", 0)]:
        if word.text != ";":
            part.append(word)
        elif part:
            yield part
            part = []


def _zone(text: str, part: list[_Word]) -> tzinfo:
    if len(part) > 1:
        _refuse(text, part[1], ";")
    word = part[0]
    # Names of zones are the only place where case counts.
    name = text[word.position - 1 :][: len(word.text)][3:]
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        _refuse(text, word, "tz=Asia/Shanghai")


def _rule(text: str, part: list[_Word]) -> Rule:
    words = list(part)
    days = EVERY_DAY
    hours: tuple[tuple[int, int], ...] = ((0, MINUTES),)
    if words[0].text == "else":
        words.pop(0)
    else:
        if words[0].text[:3] in DAYS:
            days = _days(text, words.pop(0))
        if words and ":" in words[0].text:
            hours = _hours(text, words.pop(0))
    if not words:
        _refuse(text, _Word("", part[-1].position + len(part[-1].text)), _EXPECTED_LIMIT)
    return Rule(_limit(text, words), days, hours)


def _days(text: str, word: _Word) -> frozenset[int]:
    found: set[int] = set()
    for piece in _pieces(word):
        first, dash, last = piece.text.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            _refuse(text, piece, _EXPECTED_WHEN)
        begin, end = DAYS.index(first), DAYS.index(last or first)
        found |= {(begin + step) % 7 for step in range((end - begin) % 7 + 1)}
    return frozenset(found)


def _hours(text: str, word: _Word) -> tuple[tuple[int, int], ...]:
    pairs = []
    for piece in _pieces(word):
        found = _HOURS.fullmatch(piece.text)
        if not found:
            _refuse(text, piece, "08:00-18:30")
        hour, minute, end_hour, end_minute = map(int, found.groups())
        begin, end = hour * 60 + minute, end_hour * 60 + end_minute
        if minute > 59 or end_minute > 59 or begin >= MINUTES or end > MINUTES or begin == end:
            _refuse(text, piece, "00:00-24:00")
        pairs.append((begin, end))
    return tuple(pairs)


def _pieces(word: _Word) -> Iterator[_Word]:
    position = word.position
    for piece in word.text.split(","):
        yield _Word(piece, position)
        position += len(piece) + 1


def _limit(text: str, words: list[_Word]) -> Limit:
    if words[0].text in ("off", "stop"):
        if len(words) > 1:
            _refuse(text, words[1], ";")
        return Limit(stop=words[0].text == "stop")
    rates: dict[str, float] = {}
    for word in words:
        what, rate = _rate(text, word)
        if what in rates:
            _refuse(text, word, ";")
        rates[what] = rate
    return Limit(rates.get("bytes"), rates.get("calls"))


def _rate(text: str, word: _Word) -> tuple[str, float]:
    found = _RATE.fullmatch(word.text)
    if not found or float(found[1]) <= 0 or found[3] not in _PER:
        _refuse(text, word, _EXPECTED_LIMIT)
    amount, unit, per = float(found[1]), found[2], _PER[found[3]]
    if unit in ("call", "calls"):
        return "calls", amount / per
    if unit not in _BYTES:
        _refuse(text, word, _EXPECTED_LIMIT)
    return "bytes", amount * _BYTES[unit] / per


def _refuse(text: str, word: _Word, expected: str) -> NoReturn:
    raise BadTimetable(text, word.text, position=word.position, expected=expected)
