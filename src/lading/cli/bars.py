"""
Bars of progress on a terminal.

Apart from `output`, and loaded when there is a terminal to draw on: the library that draws takes as long to load
as a small command takes to run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as Bar

from lading.cli.meter import counted
from lading.model.progress import Progress, Publish


@contextmanager
def bars() -> Iterator[Publish]:
    """A bar on standard error for each stage; what is published are totals since its beginning."""
    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[objects]}"),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    tasks: dict[str, Any] = {}

    def publish(progress: Progress) -> None:
        if progress.stage not in tasks:
            tasks[progress.stage] = bar.add_task(progress.stage, objects="", total=None)
        bar.update(
            tasks[progress.stage],
            completed=progress.bytes,
            total=progress.bytes_total,
            objects=counted(progress),
        )

    with bar:
        yield publish
