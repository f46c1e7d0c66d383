"""
What is written down, and said, when a rollback cannot go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from lading.model.errors import LadingError, RollbackStopped
from lading.model.text import Language, Text
from lading.stages.cutover.state import Home, write_facts

_NEXT = Text(
    "nothing was overwritten or deleted, both drives stay readable; {remedy}"
    " Then give the same command again: it goes on where it was. `lading rollback status` says this again",
    "没有覆盖或删除任何内容，两侧网盘均可照常读取；{remedy}然后重新运行同一命令，会从中断处继续。`lading rollback status` 会再次显示此说明",
)


@contextmanager
def telling_stops(home: Home, now: Callable[[], float]) -> Iterator[None]:
    """
    Note what stops the work within, and the next safe action.

    Raises:
        RollbackStopped: something stopped it.
    """
    try:
        write_facts(home.last, {"state": "running", "at": now()})
        yield
    except LadingError as error:
        stopped = Stopped(error, now())
        # Where the disk of the state folder is what is full, the person is told all the same.
        with suppress(LadingError):
            write_facts(home.last, stopped.to_json())
        raise stopped.error() from error


class Stopped(NamedTuple):
    """Why a run stopped, and the next safe action."""

    cause: LadingError
    at: float

    def to_json(self) -> dict[str, Any]:
        """As the state folder holds it."""
        message = {it.value: self.cause.message(it) for it in Language}
        following = {"en": self.following.en, "zh": self.following.zh}
        return {
            "state": "stopped",
            "at": self.at,
            "code": self.cause.code,
            "message": message,
            "next": following,
        }

    @property
    def following(self) -> Text:
        """What to do next."""
        return Text(*(_NEXT.to(it, remedy=self.cause.next_step(it)) for it in (Language.EN, Language.ZH)))

    def error(self) -> RollbackStopped:
        """The error for a person."""
        detail = Text(self.cause.message(Language.EN), self.cause.message(Language.ZH))
        return RollbackStopped(
            self.cause.subject, detail, next_en=self.following.en, next_zh=self.following.zh
        )
