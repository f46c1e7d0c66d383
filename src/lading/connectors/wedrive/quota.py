"""
How many calls a firm has made in this month, counted in a file that all processes share.

WeDrive allows a firm so many calls in a calendar month (error 640019 beyond them).  They are counted here
before they are made, so that a copy stops in good order instead of in the middle
of a file, and so that the count survives the run.  Calls of other programs are not seen: when the
server itself says that the calls are used up, it is believed.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as LocalPath
from typing import NamedTuple

from lading.connectors.http.trouble import Subject
from lading.connectors.wedrive.clock import ServerClock, month_of, next_month
from lading.model.errors import CallsUsedUp, DriveError, TooLarge
from lading.model.text import Text

PAID, FREE = 100_000, 1_000
"""Calls in a calendar month by edition, as published in 2021 to 2023; today's figures are not confirmed."""


class Used(NamedTuple):
    """*calls* made in *month*."""

    month: str
    calls: int


class Quota:
    """
    The calls of one firm, of which *limit* are allowed in a month (None: they are only counted).

    *file* keeps `{"month", "calls"}`; it is replaced whole, under a lock beside it.
    """

    def __init__(self, file: LocalPath, limit: int | None, clock: ServerClock) -> None:
        self.file, self._limit, self._clock = file, limit, clock

    def used(self) -> int:
        """The calls made in the present month."""
        return _used_in(self._read(), month_of(self._clock.now()))

    def fits(self, calls: int) -> bool:
        """Whether so many *calls* are left in the present month."""
        return self._limit is None or self.used() + calls <= self._limit

    def take(self, subject: Subject, calls: int = 1) -> None:
        """
        Count *calls* about *subject* that are about to be made.

        Raises:
            CallsUsedUp: the month has no so many left.
        """
        with self._alone():
            now = self._clock.now()
            used = _used_in(self._read(), month_of(now))
            if self._limit is not None and used + calls > self._limit:
                raise self._used_up(subject, used, calls)
            self._write(Used(month_of(now), used + calls))

    def demand(self, calls: int, subject: Subject) -> None:
        """
        Make sure that *calls*, which belong together, can be made in this month; they are not counted yet.

        Raises:
            TooLarge: no month has so many.
            CallsUsedUp: this one has no so many left.
        """
        if self._limit is not None and calls > self._limit:
            said = Text(
                f"it takes {calls:,} calls, and a month has {self._limit:,}",
                f"需要 {calls:,} 次调用，而每月只有 {self._limit:,} 次",
            )
            raise TooLarge(subject, said)
        self.spare(calls, subject)

    def spare(self, calls: int, subject: Subject) -> None:
        """
        Make sure that *calls* are left in this month; they are not counted yet.

        Raises:
            CallsUsedUp: they are not.
        """
        if not self.fits(calls):
            raise self._used_up(subject, self.used(), calls)

    def refused(self, subject: Subject) -> CallsUsedUp:
        """The error where the server says so: other programs of the firm make calls, too."""
        month, used = month_of(self._clock.now()), self.used()
        said = Text(
            f"the server says so; we made {used:,} in {month}",
            f"服务器如此答复；我们在 {month} 用了 {used:,} 次",
        )
        return self._error(subject, said)

    def _used_up(self, subject: Subject, used: int, needed: int) -> CallsUsedUp:
        month = month_of(self._clock.now())
        more_en = f", {needed:,} are needed for it" if needed > 1 else ""
        more_zh = f"，此项需要 {needed:,} 次" if needed > 1 else ""
        said = Text(
            f"{used:,} of {self._limit:,} made in {month}{more_en}",
            f"{month} 已用 {used:,} / {self._limit:,} 次{more_zh}",
        )
        return self._error(subject, said)

    def _error(self, subject: Subject, said: Text) -> CallsUsedUp:
        until = next_month(self._clock.now())
        return CallsUsedUp(subject, said, until=f"{until:%Y-%m-%d %H:%M} (UTC+8)")

    def _read(self) -> Used:
        try:
            told = json.loads(self.file.read_bytes())
            return Used(str(told["month"]), int(told["calls"]))
        except FileNotFoundError:
            return Used("", 0)
        except (OSError, ValueError, KeyError, TypeError) as problem:
            said = Text(
                f"the count of calls cannot be read: {type(problem).__name__}; mend or remove the file",
                f"无法读取调用计数：{type(problem).__name__}；请修复或删除该文件",
            )
            raise DriveError(str(self.file), said) from None

    def _write(self, used: Used) -> None:
        fresh = self.file.with_name(self.file.name + ".new")
        try:
            fresh.write_text(json.dumps(used._asdict()), encoding="ascii")
            os.replace(fresh, self.file)
        except OSError as problem:
            said = Text(
                f"the count of calls cannot be kept: {problem.strerror}",
                f"无法保存调用计数：{problem.strerror}",
            )
            raise DriveError(str(self.file), said) from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with locked(self.file.with_name(self.file.name + ".lock")):
            yield


@contextmanager
def locked(file: LocalPath) -> Iterator[None]:
    """
    Hold the lock *file*, which is made with its folder if it is missing, against threads and processes.

    Raises:
        DriveError: the disk refuses.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Opened anew each time: a lock belongs to the open file, so threads are kept apart too.
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        said = Text(f"the state cannot be kept: {problem.strerror}", f"无法保存状态：{problem.strerror}")
        raise DriveError(str(file), said) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _used_in(used: Used, month: str) -> int:
    return used.calls if used.month == month else 0
