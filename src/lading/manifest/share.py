"""
Keep a crew busy with jobs that come out of each other's results.

It never repeats a job: what a failed run left undone is the next run's work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lading.connectors.address import Address
from lading.connectors.crew import Crew
from lading.connectors.profile import Profile
from lading.connectors.wrap.policy import Policy
from lading.model.errors import LadingError, WorkerLost
from lading.model.progress import Publish
from lading.model.text import Text

Job = tuple[Callable[[Any], Any], Any]
"""A function at the top of a module, and its task."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a scan works with: the drive, the workers, and the folder it writes to."""

    address: Address
    policy: Policy
    profile: Profile
    crew: Crew
    directory: str
    publish: Publish
    singly: bool = False
    """Ask entry by entry what can be asked so, also of a drive that tells it in few calls."""
    brief: bool = False
    """Have the drive list briefly."""

    @property
    def threads(self) -> int:
        """Calls at once in each worker: local ones keep a processor busy, the others wait for an answer."""
        return 1 if self.profile.local else max(1, -(-self.profile.concurrency // self.crew.size))


def share(crew: Crew, next_job: Callable[[], Job | None], took: Callable[[Any], None]) -> None:
    """
    Run what *next_job* gives, and hand each result to *took*, until there is nothing left.

    After a failure no further job is begun, but results of those under way still count.

    Raises:
        LadingError: the first one that a job ended with.
        WorkerLost: a worker process died.
    """
    running: set[Future[Any]] = set()
    failure: LadingError | None = None
    while True:
        # One job waits in the queue, so that no worker waits for us.
        while failure is None and len(running) <= crew.size and (job := next_job()) is not None:
            work, task = job
            with worker_alive():
                running.add(crew.submit(work, task))
        if not running:
            break
        for ended in wait(running, return_when=FIRST_COMPLETED).done:
            running.discard(ended)
            try:
                with worker_alive():
                    took(ended.result())
            except LadingError as error:
                failure = failure or error
    if failure is not None:
        raise failure


@contextmanager
def worker_alive() -> Iterator[None]:
    """
    Give the crew work of a scan, and take its results.

    Raises:
        WorkerLost: a worker process died.
    """
    try:
        yield
    except BrokenExecutor:
        raise WorkerLost("", Text("while scanning", "扫描期间")) from None
