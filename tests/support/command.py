"""
The command line, called as a user calls it: in a process of its own, or in ours.
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from unittest import mock

from lading.cli.main import main


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


def inside(*words: object) -> Answer:
    """Run `lading` with *words* in this process, for what is asked a hundred times; its language is ours."""
    out, err, before = io.StringIO(), io.StringIO(), signal.getsignal(signal.SIGTERM)
    code = None
    with (
        redirect_stdout(out),
        redirect_stderr(err),
        mock.patch.object(sys, "argv", ["lading", *map(str, words)]),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        finally:
            signal.signal(signal.SIGTERM, before)
    assert isinstance(code, int)
    return Answer(code, out.getvalue(), err.getvalue())


def _word(word: object) -> Any:
    return word if isinstance(word, os.PathLike | str | bytes) else str(word)
