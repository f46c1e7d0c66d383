"""
A copy that a person or the machine ends politely goes at once, and can be taken up.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.command import lading

FOLDERS = 300
PATIENCE = 9
"""Seconds; a run that waited for its workers to end by themselves would take longer."""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_interrupted_in_the_middle_of_a_scan(number: int, tmp_path: Path) -> None:
    """Workers that still have much to list are ended, none is left, and the next run goes on with the same pass."""
    old, new, state = tmp_path / "old", tmp_path / "new", tmp_path / "state"
    for folder in range(FOLDERS):
        (old / f"{folder:03d}").mkdir(parents=True)
    run = _begun([old, new, "--state", state, "--old-limit", "4calls/s"], state)
    workers = _children(run.pid)
    os.kill(run.pid, number)
    try:
        said = json.loads(run.communicate(timeout=PATIENCE)[0])
    finally:
        run.kill()
    left = [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    ended = lading("copy", old, new, "--state", state, "--json")

    assert (130, "interrupted") == (run.returncode, said["error"]["code"])
    assert [] == left
    assert workers
    assert (0, 1, True) == (ended.code, ended.json["account"]["pass"], ended.json["resumed"])
    assert FOLDERS == ended.json["account"]["buckets"]["moved"]["objects"]


def _begun(words: list[object], state: Path) -> subprocess.Popen[bytes]:
    """A copy whose flow waits for the scan of OLD."""
    run = subprocess.Popen(
        [sys.executable, "-m", "lading", "copy", *map(str, words), "--json"],
        stdout=subprocess.PIPE,
        env={**os.environ, "LADING_LANG": "en"},
    )
    while not list(state.glob("*/passes/0001/new/manifest.json")):
        assert run.poll() is None
    return run


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]
