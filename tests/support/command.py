"""
The command line, called as a user calls it: in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @cached_property
    def json(self) -> dict[str, Any]:
        """The one document that it wrote with `--json`."""
        document = json.loads(self.out)
        assert isinstance(document, dict)
        return document


def lading(*words: object, environment: Mapping[str, str] | None = None, cwd: object = None) -> Answer:
    """Run `lading` with *words*; a traceback anywhere fails the test."""
    ended = subprocess.run(
        [sys.executable, "-m", "lading", *map(os.fspath, map(_word, words))],
        capture_output=True,
        env={**os.environ, "LADING_LANG": "en", **(environment or {})},
        cwd=None if cwd is None else os.fspath(_word(cwd)),
        timeout=300,
    )
    err = ended.stderr.decode("utf-8", "replace")
    assert "Traceback" not in err, err
    return Answer(ended.returncode, ended.stdout.decode("utf-8"), err)


def _word(word: object) -> Any:
    return word if isinstance(word, os.PathLike | str | bytes) else str(word)
