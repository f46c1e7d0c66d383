"""
The ledger under SIGKILL: at every call to the disk, and half way through every write.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lading.evidence.ledger import Ledger, verify

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CALLS = ("open", "pwrite", "ftruncate", "fsync", "replace")


class Killer:
    """Stands before the calls to the disk and kills the process at the *chosen* one."""

    def __init__(self, chosen: int, half: bool) -> None:
        self.left, self.half = chosen, half
        for name in CALLS:
            setattr(os, name, self.before(getattr(os, name)))

    def before(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                if self.half and real.__name__ == "pwrite":
                    descriptor, data, offset = arguments
                    real(descriptor, data[: len(data) // 2], offset)
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **more)

        return call


def killed(path: Path, count: int, chosen: int, half: bool) -> tuple[bool, int]:
    """Append *count* records in a process killed at a call; whether it was, and how many it was told are there."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        Killer(chosen, half)
        for n in range(count):
            Ledger(path).append("work.done", {"n": n}, actor="child", at=NOON)
            os.write(writer, b".")
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as stream:
        acknowledged = len(stream.read())
    return os.WIFSIGNALED(os.waitpid(child, 0)[1]), acknowledged


def every_moment(path: Path, prepare: Callable[[], None], half: bool) -> Iterator[tuple[int, int]]:
    """Prepare, kill at the first call, prepare, kill at the second ..., until the work outlives the choice."""
    for chosen in range(1, 200):
        for old in path.parent.iterdir():
            old.unlink()
        prepare()
        was_killed, acknowledged = killed(path, 3, chosen, half)
        if not was_killed:
            return
        yield chosen, acknowledged


@pytest.mark.parametrize("half", [False, True], ids=["before", "half-way"])
@pytest.mark.parametrize("torn", [b"", b'{"torn', b'{"torn' * 200], ids=["clean", "short", "long"])
def test_kill_at_any_moment_loses_nothing_that_was_promised(tmp_path: Path, torn: bytes, half: bool) -> None:
    """
    Wherever the process is killed: every record it was told about is there, the next append heals the
    ledger, the chain holds, and each file set aside is named by a record.
    """
    path = tmp_path / "ledger.jsonl"

    def prepare() -> None:
        Ledger(path).append("work.done", {"n": -1}, actor="before", at=NOON)
        with open(path, "ab") as stream:
            stream.write(torn)

    moments = 0
    for moment, acknowledged in every_moment(path, prepare, half):
        Ledger(path).append("work.done", {"n": 99}, actor="after", at=NOON)

        assert verify(path).records >= acknowledged + 2, moment
        records = [json.loads(line) for line in path.read_bytes().splitlines()]
        work = [record["facts"]["n"] for record in records if record["kind"] == "work.done"]
        assert [-1, *range(len(work) - 2), 99] == work, moment
        assert acknowledged <= len(work) - 2, moment
        named = {
            (aside["file"], aside["digest"])
            for record in records
            if record["kind"] == "ledger.recovered"
            for aside in record["facts"]["set_aside"]
        }
        aside = [file for file in tmp_path.glob("*.torn-*") if file.suffix != ".new"]
        assert {(file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in aside} == named, moment
        assert torn == b"" or any(torn in file.read_bytes() for file in aside), moment
        moments += 1

    assert moments > 20
