"""
The durable flow of a pass: scans, plan, partitions, account.

The flow is a DBOS workflow on one SQLite file in the job's folder.  A step
that ended is never run again; a run that was killed is taken up where it was.
Partitions are steps of the workflow: their numbers are drawn in the order of
the plan, then they run on the worker processes in any order.

The caller holds the lock of the job: two runs on one job would both work.
"""

from __future__ import annotations

import contextvars
import itertools
import logging
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path as LocalPath
from typing import Any

import sqlalchemy

from lading.connectors.crew import Crew
from lading.model.errors import Internal, LadingError, WorkerLost
from lading.stages.transfer.durable import DBOS, SetWorkflowID
from lading.stages.transfer.work import run_task
from lading.stages.transfer.worker import Task

VERSION = "4"
"""Raised when the order or the names of steps, or what a plan holds, change: a pass begun by another version is not taken up."""
QUEUE = "passes"
ASK_EVERY = 5.0
"""Seconds between two questions for the status of the workflow; its end is told without asking."""
POLL = 0.1
"""Seconds between two looks at the state of the workflow."""
SUBSECONDS = (3, 42)
"""The SQLite that first knows `unixepoch('subsec')`, which DBOS uses from Python 3.12 on; an older one is lent it."""

_SILENT = logging.getLogger("dbos")


class Stopped(BaseException):
    """
    The run ends here and can be taken up again.

    Not an `Exception`: DBOS stores nothing of it, so the step runs again next time.
    """


@dataclass(slots=True)
class Steps:
    """What the flow does, bound to the drives and folders of one run."""

    crew: Crew
    scan_old: Callable[[], None]
    scan_new: Callable[[], None]
    plan: Callable[[], list[list[str]]]
    """Makes the plan and returns the keys of its partitions, stage by stage."""
    task: Callable[[str], Task]
    settle: Callable[[], None]
    account: Callable[[], None]
    record: Callable[[], None]
    later: tuple[tuple[str, Callable[[], list[list[str]]]], ...] = ()
    """Plans that can be made only when all content is there: each with its name; they return keys, stage by stage."""
    stop: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    failure: BaseException | None = None


_steps: Steps | None = None


def _bound() -> Steps:
    if _steps is None:
        raise Stopped
    return _steps


@DBOS.workflow(name="copy_pass", max_recovery_attempts=None)
def copy_pass(name: str) -> str:
    """The pass *name*, from the first scan to the last record."""
    steps = _bound()
    steps.over.clear()
    try:
        _at_once(2, [("scan_old", steps.scan_old), ("scan_new", steps.scan_new)])
        for plan, make in (("plan", steps.plan), *steps.later):
            for keys in _step(plan, make):
                # As many as there are workers, and one more that waits, so that no worker waits for us.
                _at_once(steps.crew.size + 1, [("partition", _Partition(steps, key)) for key in keys])
        _step("settle", steps.settle)
        _step("account", steps.account)
        _step("record", steps.record)
    finally:
        steps.over.set()
    return name


def run_pass(database: LocalPath, name: str, steps: Steps) -> None:
    """
    Run the pass *name*, or take it up where it was; nothing if it has ended.

    Raises:
        LadingError: what stopped it; running again goes on where it was.
    """
    global _steps
    _steps = steps
    try:
        with _launched(database):
            handle = _start_or_resume(name)
            _wait(handle, steps)
    finally:
        _steps = None
    if steps.failure is not None:
        raise steps.failure


def _step(name: str, work: Callable[[], Any]) -> Any:
    return DBOS.run_step({"name": name}, _stopping, work)


def _stopping(work: Callable[[], Any]) -> Any:
    """Run *work*; an error stops the run but leaves the step to be done again."""
    steps = _bound()
    if steps.stop.is_set():
        raise Stopped
    try:
        return work()
    except Exception as error:
        if steps.failure is None:
            steps.failure = error
        steps.stop.set()
        raise Stopped from error


def _at_once(width: int, works: list[tuple[str, Callable[[], Any]]]) -> None:
    """Run the named steps *works*, *width* of them at once."""
    pool = ThreadPoolExecutor(width, thread_name_prefix="step")
    try:
        # Numbers are drawn here, in order, whatever order the threads then run in.
        for job in [_begun(pool, name, work) for name, work in works]:
            job.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begun(pool: ThreadPoolExecutor, name: str, work: Callable[[], Any]) -> Future[Any]:
    step: Any = DBOS.reserve_step()
    context = contextvars.copy_context()
    return pool.submit(lambda: context.run(step.run, {"name": name}, _stopping, work))


@dataclass(frozen=True, slots=True)
class _Partition:
    steps: Steps
    key: str

    def __call__(self) -> dict[str, int]:
        try:
            job = self.steps.crew.submit(run_task, self.steps.task(self.key))
            while not job.done():
                _settled(job)
                if self.steps.stop.is_set():
                    raise Stopped
            return job.result()
        except BrokenProcessPool:
            raise WorkerLost("", self.key) from None


def _settled(job: Future[Any]) -> None:
    try:
        job.exception(timeout=0.2)
    except TimeoutError:
        return


def _start_or_resume(name: str) -> Any:
    status = DBOS.get_workflow_status(name)
    if status is None:
        with SetWorkflowID(name):
            return DBOS.start_workflow(copy_pass, name)
    if status.status == "SUCCESS":
        return DBOS.retrieve_workflow(name)
    if status.app_version != VERSION:
        raise Internal(
            name, "the pass was begun by another version of Lading; start a new one with --new-pass"
        )
    # Only now: whoever looks often takes processor time from the workers.
    DBOS.register_queue(QUEUE, worker_concurrency=1, polling_interval_sec=POLL)
    if status.status == "ENQUEUED" or status.executor_id == DBOS.executor_id:
        # A queue has it already: to resume it would run it twice.
        return DBOS.retrieve_workflow(name)
    if status.status == "ERROR":
        # The flow itself failed: its file had no room for a row, say.  Our own errors never end it.
        return DBOS.rewind_workflow(name, start_step=_first_open(name), queue_name=QUEUE)
    return DBOS.resume_workflow(name, queue_name=QUEUE)


def _first_open(name: str) -> int:
    """
    The number of the first step that did not end well.

    Steps after it are done again, those before it are not: results of partitions belong to the
    plan that stands, and a partition that ended finds its result.
    """
    ended = {step["function_id"] for step in DBOS.list_workflow_steps(name) if step["error"] is None}
    return next(number for number in itertools.count(1) if number not in ended)


def _wait(handle: Any, steps: Steps) -> None:
    """Wait until the workflow of this process is over, or was over before."""
    try:
        # To ask for the status takes processor time from the workers, so it is asked seldom.
        ended = handle.get_status().status in ("SUCCESS", "ERROR")
        while not ended and not steps.over.wait(ASK_EVERY):
            ended = handle.get_status().status in ("SUCCESS", "ERROR")
        if steps.failure is None:
            handle.get_result(polling_interval_sec=0.01)
    except (KeyboardInterrupt, SystemExit):
        steps.stop.set()
        # Steps wait for workers, and a worker may be at work for hours; what it did is kept.
        steps.crew.stop(at_once=True)
        steps.over.wait(10)
        raise
    except LadingError:
        raise
    except Stopped:
        return


@contextmanager
def _launched(database: LocalPath) -> Iterator[None]:
    # Before DBOS is made: it writes to standard error only where nobody listens.
    _SILENT.handlers[:], _SILENT.propagate = [logging.NullHandler()], False
    engine = _engine(database)
    DBOS(
        config={
            "name": "lading",
            "system_database_engine": engine,
            "application_version": VERSION,
            # New each time: nothing is recovered at launch, we take up the pass by its name.
            "executor_id": uuid.uuid4().hex,
            "log_level": "ERROR",
            "notification_listener_polling_interval_sec": POLL,
        }
    )
    try:
        DBOS.launch()
        yield
    finally:
        DBOS.destroy()
        engine.dispose()


def _engine(database: LocalPath) -> sqlalchemy.Engine:
    def connect() -> sqlite3.Connection:
        # Not by URL: a "?" or "%" in the path would break it.
        connection = sqlite3.connect(
            database, timeout=30, isolation_level="IMMEDIATE", check_same_thread=False
        )
        if sqlite3.sqlite_version_info < SUBSECONDS:
            connection.create_function("unixepoch", 1, lambda _modifier: time.time())
        for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    return sqlalchemy.create_engine(
        "sqlite://", creator=connect, poolclass=sqlalchemy.QueuePool, pool_size=20, max_overflow=0
    )
