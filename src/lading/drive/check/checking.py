"""
The checker: whether every content is there and is what its name says, and every number right.

It looks and tells; with *repair* it puts right what it can, beside and never
over: a wrong content is moved to `damaged`, none is removed or replaced.  The audit gets to know of it.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from lading.drive.actor import SYSTEM
from lading.drive.check.contents import look_at_contents, look_at_unfinished, look_at_unrecorded
from lading.drive.check.findings import Found, Report
from lading.drive.check.tables import count_nodes, look_at_tables
from lading.drive.store import Store, store
from lading.drive.writing import writing
from lading.model.progress import Progress, Publish, nobody_listens

EVERY = 500
"""Contents between two words about progress."""


def check(
    read_data: bool = False,
    repair: bool = False,
    progress: Publish = nobody_listens,
    *,
    now: int | None = None,
    contents: Store | None = None,
) -> Report:
    """
    Check the drive, also while it is at work; with *read_data* every byte is read and summed.

    *now* in ns; *contents* is the store of the settings unless another is given.

    Raises:
        Unavailable: the database or the store went away; nothing is half repaired.
    """
    now = time.time_ns() if now is None else now
    contents = contents or store()
    report = Report(nodes=count_nodes())
    for found in look_at_tables():
        _tell(report, found, repair)
    for found in look_at_unrecorded(contents):
        _tell(report, found, repair)
    for look in look_at_contents(contents, now, read_data=read_data):
        report.contents += 1
        report.bytes += look.size
        report.read += look.read
        if look.found:
            _tell(report, look.found, repair)
        if report.contents % EVERY == 0:
            progress(Progress("check", report.contents, report.bytes))
    for found in look_at_unfinished(contents, now):
        _tell(report, found, repair)
    if report.repaired:
        facts: dict[str, Any] = dict(report.repaired)
        with writing(SYSTEM) as work:
            work.event("drive.repaired", **facts)
    progress(Progress("check", report.contents, report.bytes, report.contents, report.bytes))
    return report


def _tell(report: Report, found: Found, repair: bool) -> None:
    finding = found.finding
    if repair and found.mend is not None:
        finding = replace(finding, repaired=found.mend())
    report.add(finding)
