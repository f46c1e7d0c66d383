"""
How the command line speaks: sentences in the person's language, or one JSON document.

With `--json` a command writes exactly one document to standard output,
`{"command", "ok", "exit_code", ...}`, whatever happens; progress and warnings
go to standard error in both cases.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lading.cli.meter import counted
from lading.model.errors import LadingError
from lading.model.loading import on_use
from lading.model.progress import Progress, Publish, nobody_listens
from lading.model.text import Language, Text, language_of

if TYPE_CHECKING:
    from rich import cells

    from lading.cli import bars
else:
    bars, cells = on_use("lading.cli.bars"), on_use("rich.cells")

PLAIN_EVERY = 2.0
"""Seconds between two lines of progress where there is no terminal."""


def speak(text: Text, **facts: object) -> str:
    """*text* in the language of the person at the terminal."""
    return text.to(language_of(), **facts)


def person() -> str:
    """The name of whoever runs this, for the records."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that has no name.
        return str(os.getuid())


def answer(command: str, result: Mapping[str, Any], *, exit_code: int = 0) -> None:
    """Write the one JSON document of a command that ran."""
    document = {"command": command, "ok": exit_code == 0, "exit_code": exit_code, **result}
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def say(text: Text, **facts: object) -> None:
    """Write one sentence to standard output."""
    sys.stdout.write(speak(text, **facts) + "\n")


def right(word: str, columns: int) -> str:
    """*word* at the right of so many *columns* of a terminal, of which a Chinese character takes two."""
    return " " * (columns - cells.cell_len(word)) + word


def hint(text: Text, **facts: object) -> None:
    """Write one sentence to standard error."""
    sys.stderr.write(speak(text, **facts) + "\n")


def fail(error: LadingError, *, as_json: bool, exit_code: int | None = None) -> int:
    """Tell the person about *error* and return the exit code."""
    code = error.exit_code if exit_code is None else exit_code
    if as_json:
        facts = {
            "code": error.code,
            "advice": error.advice.value,
            "subject": error.subject,
            "message": {language.value: error.message(language) for language in Language},
            "remedy": {language.value: error.next_step(language) for language in Language},
        }
        sys.stdout.write(
            json.dumps({"ok": False, "exit_code": code, "error": facts}, ensure_ascii=False, indent=2) + "\n"
        )
    else:
        language = language_of()
        sys.stderr.write(f"lading: {error.message(language)} [{error.code}]\n{error.next_step(language)}\n")
    return code


@contextmanager
def progress_bar(*, quiet: bool = False) -> Iterator[Publish]:
    """
    Show progress on standard error: a bar on a terminal, plain lines elsewhere, nothing if *quiet*.

    What is published are totals since the beginning of each stage.
    """
    if quiet:
        yield nobody_listens
    elif sys.stderr.isatty():
        with bars.bars() as publish:
            yield publish
    else:
        yield _Lines()


class _Lines:
    """Plain lines, at most one each `PLAIN_EVERY` seconds."""

    def __init__(self) -> None:
        self._next = time.monotonic() + PLAIN_EVERY

    def __call__(self, progress: Progress) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + PLAIN_EVERY
        sys.stderr.write(f"{progress.stage}: {counted(progress)}, {progress.bytes:,} B\n")
        sys.stderr.flush()
