"""
Standard output that cannot be written.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


@pytest.mark.parametrize("environment", [BUFFERED, {**BUFFERED, "PYTHONUNBUFFERED": "1"}])
def test_a_reader_that_went_away_is_no_fault_of_ours(environment: dict[str, str]) -> None:
    """The exit code is that of a broken pipe, whether output is buffered or not, and nothing is said."""
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "lading", "scan", "--help"],
        stdout=writing,
        stderr=subprocess.PIPE,
        env=environment,
        timeout=60,
    )
    os.close(writing)

    assert (141, b"") == (ended.returncode, ended.stderr)


@pytest.mark.parametrize("environment", [BUFFERED, {**BUFFERED, "PYTHONUNBUFFERED": "1"}])
def test_a_full_disk_under_the_output_is_told_in_a_sentence(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """With --json too: the sentence goes to standard error, and there is no traceback."""
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(
            [
                sys.executable,
                "-m",
                "lading",
                "compare",
                "generated:entries=1",
                "generated:entries=1",
                "--json",
            ],
            stdout=full,
            stderr=subprocess.PIPE,
            env={**environment, "TMPDIR": str(tmp_path)},
            timeout=60,
        )

    assert 70 == ended.returncode
    assert b"No space left" in ended.stderr
    assert b"Traceback" not in ended.stderr
