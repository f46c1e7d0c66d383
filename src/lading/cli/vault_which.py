"""
Which snapshot, and which part of it: `--as-of`, `--path`, `--space`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any, TypeVar

import click

from lading.cli.output import speak
from lading.model.errors import BadRequest
from lading.model.text import Text
from lading.vault.snapshots import LATEST, Snapshot, find
from lading.vault.vault import Vault

F = TypeVar("F", bound=Callable[..., Any])

_AS_OF = Text(
    "The last snapshot that was begun by TIME (ISO 8601, UTC unless it says otherwise; a day alone means its end).",
    "截至 TIME 开始的最后一个快照（ISO 8601，未注明时区则为 UTC；仅给出日期表示当日结束）。",
)
_PATH = Text(
    "Only this entry and what lies below it, as `lading vault browse` shows it; may be repeated.",
    "仅此条目及其下级，写法同 `lading vault browse` 所示；可重复给出。",
)
_SPACE = Text("Only this space; may be repeated.", "仅此空间；可重复给出。")
_NO_TIME = Text("it is no time such as 2026-05-01T12:00", "不是有效时间，例如 2026-05-01T12:00")
_NOT_BOTH = Text("with a time, SNAPSHOT can only be latest", "给出时间时，SNAPSHOT 只能为 latest")


def as_of_option(function: F) -> F:
    """`--as-of TIME`: the argument of `chosen`."""
    return click.option("--as-of", default=None, metavar="TIME", help=speak(_AS_OF))(function)


def part_options(function: F) -> F:
    """`--path` and `--space`: the arguments of `narrowed`."""
    function = click.option("--space", "spaces", multiple=True, metavar="SPACE", help=speak(_SPACE))(function)
    return click.option("--path", "paths", multiple=True, metavar="PATH", help=speak(_PATH))(function)


def chosen(vault: Vault, snapshot: str, as_of: str | None) -> Snapshot:
    """
    The snapshot that is meant.

    Raises:
        BadRequest: *as_of* is no time, or stands beside the name of a snapshot.
        NotFound: there is none.
    """
    until = None if as_of is None else moment(as_of)
    if until is not None and snapshot != LATEST:
        raise BadRequest("--as-of", _NOT_BOTH)
    return find(vault.store, vault.master, snapshot, until=until)


def moment(typed: str) -> int:
    """
    The time that was *typed*, in nanoseconds since 1970 UTC.

    Raises:
        BadRequest: it is none.
    """
    try:
        told = datetime.fromisoformat(typed)
        if len(typed) == len("2026-05-01"):
            told = datetime.combine(told.date(), time.max)
        told = told if told.tzinfo else told.replace(tzinfo=UTC)
        whole = int(told.timestamp()) * 10**9
        # A time without a fraction, as `list` shows it, means all of its second.
        return whole + (told.microsecond * 1000 if told.microsecond else 10**9 - 1)
    except (ValueError, OverflowError):
        raise BadRequest(typed, _NO_TIME) from None
