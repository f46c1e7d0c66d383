"""
Increments that workers tell, added up to the totals that a progress bar shows, and how these are told.
"""

from __future__ import annotations

from lading.model.progress import Progress, Publish, nobody_listens


class Meter:
    """
    Adds up what a crew's workers tell.

    A crew has to be started before a bar, which has threads; so the meter is made first and
    *show* is set later.
    """

    def __init__(self) -> None:
        self.show: Publish = nobody_listens
        self._totals: dict[str, tuple[int, int]] = {}

    def add(self, told: Progress) -> None:
        """Count *told* and show the totals of its stage."""
        objects, size = self._totals.get(told.stage, (0, 0))
        objects, size = objects + told.objects, size + told.bytes
        self._totals[told.stage] = objects, size
        self.show(told._replace(objects=objects, bytes=size))


def counted(progress: Progress) -> str:
    """How many objects are done, and of how many where that is known."""
    if progress.objects_total is None:
        return f"{progress.objects:,}"
    return f"{progress.objects:,}/{progress.objects_total:,}"
