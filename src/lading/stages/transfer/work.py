"""
Every kind of partition, and the function that does it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lading.stages.transfer.archive import keep_versions
from lading.stages.transfer.linking import make_links
from lading.stages.transfer.setting import set_grants
from lading.stages.transfer.worker import Task, run_partition

_KINDS: Mapping[str, Callable[[Task], dict[str, int]]] = {
    "part": run_partition,
    "grants": set_grants,
    "late": set_grants,
    "links": make_links,
    "archive": keep_versions,
}


def run_task(task: Task) -> dict[str, int]:
    """
    Do the partition *task*, whatever it is about, and count what became of its rows.

    Raises:
        DriveError: a drive is not there any more; what was done is kept.
    """
    return _KINDS[task.key.partition("-")[0]](task)
