"""
Adds up what the workers tell, stage by stage.
"""

from __future__ import annotations

import threading

from lading.model.progress import Progress, Publish, nobody_listens


class Tally:
    """Turns increments into sums; may be called by any thread."""

    def __init__(self) -> None:
        self.publish: Publish = nobody_listens
        self._sums: dict[str, Progress] = {}
        self._guard = threading.Lock()

    def told(self, more: Progress) -> None:
        """*more* was done in its stage."""
        with self._guard:
            known = self._sums.get(more.stage, Progress(more.stage, 0, 0))
            known = known._replace(objects=known.objects + more.objects, bytes=known.bytes + more.bytes)
            self._sums[more.stage] = known
            self.publish(known)

    def expect(self, stage: str, objects: int, size: int) -> None:
        """So much is to be done in *stage*."""
        with self._guard:
            known = self._sums.get(stage, Progress(stage, 0, 0))
            self._sums[stage] = known._replace(objects_total=objects, bytes_total=size)
