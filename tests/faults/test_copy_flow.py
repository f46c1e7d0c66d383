"""
The flow of a pass stops at each of its steps, and goes on there.
"""

from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path as LocalPath
from typing import Any

import pytest

from lading.model.errors import BadState, WorkerLost
from lading.stages.transfer import flow
from lading.stages.transfer.state import Keys, Pass, Stages, write_json

KEYS = [Keys("files", ["part-00000", "part-00001"]), Keys("times", ["part-00002"])]
ALL = [
    "old",
    "new",
    "plan",
    "part-00000",
    "part-00001",
    "part-00002",
    "links",
    "links-000",
    "dismissed",
    "settle",
    "account",
    "record",
]


class Disk(Exception):
    """What a step may fail with."""


class Run:
    """Runs the flow of one pass, whose steps say that they were done; the step *bad* fails, once it has begun."""

    size = 2

    def __init__(self, folder: LocalPath) -> None:
        self.it = Pass(1, folder)
        self.it.prepare()
        self.bad = ""
        self.done: list[str] = []
        self.spent: dict[str, float] = {}

    def __call__(self, bad: str = "") -> list[str]:
        """What was done this time."""
        self.bad, self.done = bad, []
        steps = flow.Steps(
            scan_old=lambda: self.step("old"),
            scan_new=lambda: self.step("new"),
            plan=self.plan,
            task=lambda key: key,  # type: ignore[arg-type,return-value]
            settle=lambda: self.step("settle"),
            account=lambda: self.step("account"),
            record=lambda: self.step("record"),
            later=(("links", self.links),),
        )
        self.spent = flow.run_pass(self.it, self, steps)  # type: ignore[arg-type]
        return self.done

    def step(self, name: str) -> None:
        """Do the step *name*."""
        if name == self.bad:
            raise Disk(name)
        self.done.append(name)

    def plan(self) -> Stages:
        """Make the plan, or take the one that stands."""
        if not self.it.planned.exists():
            self.step("plan")
            write_json(self.it.planned, {})
        return KEYS

    def links(self) -> list[list[str]]:
        """Plan what comes later."""
        self.step("links")
        return [["links-000"]]

    def dismiss(self) -> None:
        """All partitions are done: nothing more is submitted."""
        self.step("dismissed")

    def submit(self, _work: object, key: str) -> Future[Any]:
        """What a crew does with a partition, at once."""
        if self.bad == f"gone {key}":
            raise BrokenProcessPool
        future: Future[Any] = Future()
        try:
            if self.bad == f"lost {key}":
                raise BrokenProcessPool
            self.step(key)
            self.it.result_of(key).touch()
            future.set_result(None)
        except Exception as error:
            future.set_exception(error)
        return future


@pytest.fixture
def run(tmp_path: LocalPath) -> Run:
    """A pass that has not begun."""
    return Run(tmp_path)


def test_everything_is_done_once_and_in_order(run: Run) -> None:
    """Scans, plan, its stages, later plans, the end."""
    assert ALL == run()
    assert ["files", "times", "links"] == list(run.spent)
    assert min(run.spent.values()) > 0


@pytest.mark.parametrize("bad", ALL)
def test_a_step_that_failed_is_done_next_time_and_what_ended_is_not(run: Run, bad: str) -> None:
    """
    Plans are made once and partitions done once, whatever stopped the run; scans know themselves what they have.
    """
    with pytest.raises(Disk, match=bad):
        run(bad)
    before = run.done
    after = run()

    once = [name for name in ALL if name == "plan" or "-" in name or name == "links"]
    assert once == sorted((name for name in before + after if name in once), key=ALL.index)
    assert ["settle", "account", "record"] == after[-3:]


@pytest.mark.parametrize("when", ["lost", "gone"])
def test_a_worker_that_was_killed_is_told_with_its_partition(run: Run, when: str) -> None:
    """At work, or before there was anything to do; nothing after it is begun, and another run does what is left."""
    with pytest.raises(WorkerLost, match="part-00002"):
        run(f"{when} part-00002")

    assert "links" not in run.done
    assert "part-00002" in run()


def test_a_damaged_later_plan_is_told_by_its_name(run: Run) -> None:
    """To make it anew would leave out what its partitions have done."""
    with pytest.raises(Disk):
        run("settle")
    run.it.later("links").write_text("{}")

    with pytest.raises(BadState, match="plan-links"):
        run()
