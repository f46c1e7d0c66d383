"""`lading forecast`: a sample is copied, measured and gone again; what it foretells goes into an assessment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.command import lading

FILES = 400


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A drive with small files in folders, an empty folder, and two large files."""
    for number in range(FILES):
        file = tmp_path / "old" / f"d{number // 20:02d}" / f"合同 {number:03d}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * (number * 13))
    (tmp_path / "old" / "leer").mkdir()
    for number in range(2):
        with open(tmp_path / "old" / f"large {number}.bin", "wb") as stream:
            stream.truncate(9 << 20)
    return tmp_path / "old"


def test_a_forecast_leaves_nothing_and_counts_for_an_assessment(old: Path, tmp_path: Path) -> None:
    """Counts are those of OLD, the bounds hold the forecast, NEW is not even made; an assessment takes it as its estimate."""
    state, facts = ("--state", tmp_path / "state"), tmp_path / "forecast.json"
    told = lading("forecast", old, tmp_path / "new", "--seconds", 1, "-o", facts, *state, "--json").json

    assert (FILES + 2, 21, 0) == (told["files"], told["folders"], told["left"])
    assert 0 < told["least"] <= told["seconds"] <= told["most"]
    assert len(told["measured"]) >= 4
    assert 0 < sum(it["files"] for it in told["measured"]) < FILES
    assert not (tmp_path / "new").exists()
    assert [] == os.listdir(tmp_path / "state" / "forecasts")

    assessed = lading("assess", old, "--facts", facts, *state, "--json").json["assessment"]["estimate"]
    # An assessment tells tenths of seconds.
    assert pytest.approx(told["seconds"], rel=0.01, abs=0.051) == assessed["likely"]
    assert pytest.approx(told["most"], rel=0.01, abs=0.051) == assessed["most"]


def test_what_a_killed_forecast_left_is_removed_by_the_next_and_nothing_else(
    old: Path, tmp_path: Path
) -> None:
    """After a kill the folder of the trial is there; the next forecast removes it, says so, and touches nothing of NEW."""
    new, state = tmp_path / "new", ("--state", tmp_path / "state")
    new.mkdir()
    (new / "mine.txt").write_text("mine")
    words = [sys.executable, "-m", "lading", "forecast", old, new, "--seconds", "60", *state]
    running = subprocess.Popen([*map(str, words)], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while len(os.listdir(new)) < 2 and running.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert 2 == len(os.listdir(new))

    told = lading("forecast", old, new, "--seconds", 1, *state)
    assert 0 == told.code, told.err
    assert "was cut off" in told.err
    assert ["mine.txt"] == os.listdir(new)


def test_what_makes_no_sense_is_told(old: Path, tmp_path: Path) -> None:
    """Nothing to try, a place inside OLD, and features that would open something are refused in a sentence."""
    (tmp_path / "empty").mkdir()
    state = ("--state", tmp_path / "state")

    assert 90 == lading("forecast", tmp_path / "empty", tmp_path / "new", *state).code
    assert 4 == lading("forecast", old, old / "d00", *state).code
    refused = lading("forecast", old, tmp_path / "new", "--with", "links", *state, "--json")
    assert 2 == refused.code
    assert "只能" in json.dumps(refused.json["error"], ensure_ascii=False)
