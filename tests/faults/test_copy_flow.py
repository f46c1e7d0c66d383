"""
Trouble inside the durable flow itself: its file, not the drives.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from lading.stages.transfer import flow

STAGES: list[list[str]] = [[]] * 300_000
"""A plan whose record takes megabytes, and that leaves nothing to be done."""


class Disk:
    """The disk of the flow's file: full once, until the first write that it refused."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._connections: list[sqlite3.Connection] = []
        connect = sqlite3.connect

        def noting(*given: Any, **named: Any) -> sqlite3.Connection:
            self._connections.append(connect(*given, **named))
            return self._connections[-1]

        monkeypatch.setattr(sqlite3, "connect", noting)

    def fill(self) -> None:
        """From now on the file cannot grow."""
        self._let_grow_to(1)

    def make_room(self, _refused: object) -> None:
        """Somebody has cleared away something."""
        self._let_grow_to(1_000_000)

    def _let_grow_to(self, pages: int) -> None:
        for connection in self._connections:
            connection.execute(f"PRAGMA max_page_count={pages}")


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """A disk that is full when told so."""
    it = Disk(monkeypatch)
    sqlalchemy.event.listen(sqlalchemy.Engine, "handle_error", it.make_room)
    yield it
    sqlalchemy.event.remove(sqlalchemy.Engine, "handle_error", it.make_room)


def test_a_disk_that_was_full_for_a_moment_ends_no_pass_for_good(disk: Disk, tmp_path: Path) -> None:
    """What the flow could not note is done again by the next run, and nothing before it."""
    done: list[str] = []

    def plan() -> list[list[str]]:
        done.append("plan")
        if done.count("plan") == 1:
            disk.fill()
        return STAGES

    def run() -> None:
        named = {
            name: lambda name=name: done.append(name) for name in ("scan_old", "settle", "account", "record")
        }
        steps = flow.Steps(crew=_OneAtATime(), scan_new=lambda: None, plan=plan, task=_nothing, **named)  # type: ignore[arg-type]
        flow.run_pass(tmp_path / "flow.sqlite", "pass", steps)

    with pytest.raises(sqlalchemy.exc.OperationalError, match="full"):
        run()
    before = list(done)
    run()

    assert ["scan_old", "plan"] == before
    assert ["plan", "settle", "account", "record"] == done[len(before) :]


class _OneAtATime:
    size = 1


def _nothing(_key: str) -> Any:
    raise AssertionError
