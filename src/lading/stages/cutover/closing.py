"""
The point of no return: a day that is announced, or a closing by two people.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from lading.model.errors import BadRequest, PointPassed
from lading.model.text import Text
from lading.stages.cutover.state import Mark

_NO_DATE = Text("write a day as 2026-12-31", "请以 2026-12-31 的格式写日期")
_PAST = Text("the day is over already", "该日期已过")
_TWO = Text("another person must confirm it by name: --confirmed-by", "须由另一人具名确认：--confirmed-by")


def day_of(typed: str, now: datetime) -> str:
    """
    The day *typed*, which must not be over.

    Raises:
        BadRequest: it is none, or it is.
    """
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        raise BadRequest(typed, _NO_DATE) from None
    if day < now.astimezone(UTC).date():
        raise BadRequest(typed, _PAST)
    return day.isoformat()


def two_people(actor: str, other: str) -> None:
    """
    Make sure that two people stand for it.

    Raises:
        BadRequest: they are one, or one is nobody.
    """
    if not other.strip() or other.strip().casefold() == actor.strip().casefold():
        raise BadRequest("--confirmed-by", _TWO)


def check_open(mark: Mark, now: datetime) -> None:
    """
    Make sure that the point of no return has not been passed.

    Raises:
        PointPassed: it has; the error says who set it and what is still possible.
    """
    closed = mark.facts.get("closed")
    if closed:
        by = ", ".join(closed["by"])
        on = datetime.fromtimestamp(closed["at"], UTC).date().isoformat()
        detail = Text(f"closed on {on} by {by}", f"已于 {on} 由 {by} 关闭")
        raise PointPassed(str(mark.new), detail)
    if mark.until and now.astimezone(UTC).date().isoformat() > mark.until:
        by = str(mark.facts.get("until_by") or mark.facts["by"])
        detail = Text(f"possible until {mark.until}, set by {by}", f"截止日期为 {mark.until}，由 {by} 设定")
        raise PointPassed(str(mark.new), detail)
