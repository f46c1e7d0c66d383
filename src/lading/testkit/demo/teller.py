"""
How the demonstration speaks: headings, lines and figures for a person at a terminal.
"""

from __future__ import annotations

import sys
import time
import unicodedata
from collections.abc import Callable, Sequence

from lading.model.text import Language, Text

_UNITS = ("B", "kB", "MB", "GB")


class Teller:
    """Writes to standard output in one language; headings carry the seconds since the start."""

    def __init__(self, language: Language, clock: Callable[[], float] = time.monotonic) -> None:
        self._language = language
        self._clock = clock
        self._start = clock()
        self._color = sys.stdout.isatty()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._start

    def say(self, text: Text, **facts: object) -> str:
        """*text* in the person's language."""
        return text.to(self._language, **facts)

    def heading(self, text: Text, **facts: object) -> None:
        """Begin a part."""
        self._write(f"\n{self._bold('== ' + self.say(text, **facts))}  [{self.seconds:.0f} s]")

    def line(self, text: Text, **facts: object) -> None:
        """Tell a fact."""
        self._write(f"   {self.say(text, **facts)}")

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Show *rows* in columns, the first one left, the others right, whatever script they are in."""
        widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
        for first, *others in rows:
            cells = [
                " " * (width - _width(cell)) + cell for cell, width in zip(others, widths[1:], strict=True)
            ]
            self._write("   " + "   ".join([first + " " * (widths[0] - _width(first)), *cells]).rstrip())

    def command(self, words: str) -> None:
        """Show a command as a person types it."""
        self._write(self._bold(f"$ {words}"))

    def verdict(self, text: Text, **facts: object) -> None:
        """Tell the end."""
        self._write(f"\n{self._bold(self.say(text, **facts))}")

    def show_cursor(self) -> None:
        """Bring back the cursor that a killed progress bar had hidden."""
        if self._color:
            self._write("\x1b[?25h")

    def _bold(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self._color else text

    def _write(self, text: str) -> None:
        sys.stdout.write(text + "\n")
        # Commands write to the same terminal by themselves.
        sys.stdout.flush()


def amount(size: float) -> str:
    """*size* bytes for a person."""
    unit = 0
    while abs(size) >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if unit else f"{size:.0f} B"


def _width(text: str) -> int:
    """Columns that *text* takes on a terminal."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
