"""A scan that loses a worker says so, whenever that happens."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any, cast

import pytest

from lading.connectors.crew import Crew
from lading.manifest.share import share
from lading.model.errors import WorkerLost


class Broken:
    """A crew of one that has lost its worker: at the job, or before there was one."""

    size = 1

    def __init__(self, *, before: bool) -> None:
        self._before = before

    def submit(self, _work: object, _task: object) -> Future[Any]:
        if self._before:
            raise BrokenProcessPool
        future: Future[Any] = Future()
        future.set_exception(BrokenProcessPool())
        return future


@pytest.mark.parametrize("before", [False, True])
def test_a_worker_that_was_killed_is_told(before: bool) -> None:
    """A worker may be killed while it works, or while it waits for the next job."""
    jobs: Iterator[Any] = iter([(print, None)])

    with pytest.raises(WorkerLost):
        share(cast("Crew", Broken(before=before)), lambda: next(jobs, None), print)
