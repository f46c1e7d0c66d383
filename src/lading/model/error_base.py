"""
What every error has: a sentence in both languages, a stable code, an advice, and what to do next.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Self

from lading.model.paths import Path, shown
from lading.model.text import Language, Text


class Advice(StrEnum):
    """What the caller of a failed operation should do."""

    RETRY = "retry"
    SKIP_ITEM = "skip_item"
    STOP_DRIVE = "stop_drive"
    ASK = "ask"


class LadingError(Exception):
    """
    The base of all errors that a person is meant to read.

    *subject* is the object it happened to (a path, an address); *detail* says
    more, best as a `Text` in both languages; *facts* fill the places in `says`
    and `remedy`.
    """

    code: ClassVar[str] = "error"
    advice: ClassVar[Advice] = Advice.ASK
    exit_code: ClassVar[int] = 1
    says: ClassVar[Text] = Text("{subject}: {detail}", "{subject}：{detail}")
    remedy: ClassVar[Text] = Text("Run the command again.", "请重新运行该命令。")

    def __init__(self, subject: Path | str = "", detail: str | Text = "", **facts: object) -> None:
        self.subject = shown(subject) if isinstance(subject, tuple) else subject
        self.detail = detail.en if isinstance(detail, Text) else detail
        self._detail = detail if isinstance(detail, Text) else Text(detail, detail)
        self.facts = facts
        super().__init__(self.message(Language.EN))

    def message(self, language: Language) -> str:
        """What happened, as one sentence in *language*."""
        text = self.says.to(language, subject=self.subject, detail=self._in(language), **self.facts)
        return text.rstrip(" :：,，")

    def next_step(self, language: Language) -> str:
        """What to do about it, in *language*."""
        return self.remedy.to(language, subject=self.subject, detail=self._in(language), **self.facts)

    @property
    def details(self) -> Text:
        """`detail` in both languages."""
        return self._detail

    def about(self, subject: Path | str) -> Self:
        """The same error with another subject."""
        return type(self)(subject, self._detail, **self.facts)

    def _in(self, language: Language) -> str:
        return self._detail.zh if language is Language.ZH else self._detail.en

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders; the default would lose the facts.
        return (_restore, (type(self), self.subject, self._detail, self.facts))


def _restore(kind: type[LadingError], subject: str, detail: Text, facts: dict[str, object]) -> LadingError:
    return kind(subject, detail, **facts)
