"""
The flow of a pass: scans, plans, partitions, account.

Each step leaves a file of its own, written whole or not at all, when it has ended: a scan its manifest,
a plan its keys, a partition its result, the account itself.  A run that was killed is taken up by
looking at these files, and by nothing else (docs/decisions/0012-flow-by-files.md).

The caller holds the lock of the job: two runs on one job would both work.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lading.connectors.crew import Crew
from lading.model.errors import WorkerLost
from lading.model.failpoints import failpoint
from lading.stages.transfer.state import Pass, Stages, read_stages, write_json
from lading.stages.transfer.work import run_task
from lading.stages.transfer.worker import Task

VERSION = 6
"""Raised when the order of steps, or what a plan holds, change: a plan made by another version is not taken up."""


@dataclass(frozen=True, slots=True)
class Steps:
    """What the flow does, bound to the drives and folders of one run."""

    scan_old: Callable[[], None]
    scan_new: Callable[[], None]
    plan: Callable[[], Stages]
    """Gives the plan that stands, or makes one."""
    task: Callable[[str], Task]
    settle: Callable[[], None]
    account: Callable[[], None]
    record: Callable[[], None]
    later: tuple[tuple[str, Callable[[], list[list[str]]]], ...] = ()
    """Plans that can be made only when all content is there, each with its name."""


def run_pass(it: Pass, crew: Crew, steps: Steps) -> dict[str, float]:
    """
    Run the pass *it* on *crew*, or take it up where it was; how many seconds were spent on each stage of its plans.

    Raises:
        WorkerLost: a worker was killed from outside.
        LadingError: what stopped it; running again goes on where it was.
    """
    spent: dict[str, float] = defaultdict(float)
    steps.scan_old()
    steps.scan_new()
    for stage in steps.plan():
        spent[stage.stage] += _do(it, crew, steps, stage.keys)
    for name, make in steps.later:
        for stage in _planned(it, name, make):
            spent[stage.stage] += _do(it, crew, steps, stage.keys)
    crew.dismiss()
    steps.settle()
    steps.account()
    steps.record()
    return dict(spent)


def _planned(it: Pass, name: str, make: Callable[[], list[list[str]]]) -> Stages:
    """
    The later plan *name*: made once, since what came of its partitions would change it.

    Raises:
        BadState: the file that has it is damaged.
    """
    noted = it.later(name)
    if not noted.exists():
        stages = [{"stage": name, "parts": keys} for keys in make()]
        write_json(noted, {"format": 1, "stages": stages})
        failpoint("plan.noted")
    return read_stages(noted)


def _do(it: Pass, crew: Crew, steps: Steps, keys: Iterable[str]) -> float:
    """Have the crew do what is left of the partitions *keys*, in so many seconds; after the first error none is begun."""
    started = time.monotonic()
    begun: dict[Future[Any], str] = {}
    for key in _left(it, keys):
        # As many as there are workers, and one more that waits, so that no worker waits for us.
        if len(begun) > crew.size:
            _end(begun, wait(begun, return_when=FIRST_COMPLETED).done)
        task = steps.task(key)
        # It may have been killed while there was nothing for it to do.
        with _worker_of(key):
            begun[crew.submit(run_task, task)] = key
    while begun:
        _end(begun, wait(begun, return_when=FIRST_COMPLETED).done)
    return time.monotonic() - started


def _left(it: Pass, keys: Iterable[str]) -> Iterator[str]:
    return (key for key in keys if not it.result_of(key).exists())


def _end(begun: dict[Future[Any], str], done: Iterable[Future[Any]]) -> None:
    for future in done:
        with _worker_of(begun.pop(future)):
            future.result()


@contextmanager
def _worker_of(key: str) -> Iterator[None]:
    """Tell with the partition *key* that a worker was killed."""
    try:
        yield
    except BrokenProcessPool:
        raise WorkerLost("", key) from None
