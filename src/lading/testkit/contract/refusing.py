"""
What a drive that takes no changes promises to those who try.
"""

from __future__ import annotations

import pytest

from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.model.errors import ReadOnly

from .reading import ReadContract
from .support import OpenDrive, walked


class RefusesChanges(ReadContract):
    """The reading half, and `ReadOnly` for everything else."""

    def test_every_change_is_refused(self, filled: OpenDrive, reading: Drive) -> None:
        """Writing, making, removing and moving raise `ReadOnly`, and nothing has changed."""
        before = walked(reading)
        known = before[0].path

        with pytest.raises(ReadOnly):
            reading.write(("new",), [b"x"], expect=ABSENT)
        with pytest.raises(ReadOnly):
            reading.make_folder(("new",))
        with pytest.raises(ReadOnly):
            reading.remove(known, expect=ANYTHING)
        if reading.moves is not None:
            with pytest.raises(ReadOnly):
                reading.moves.move(known, ("new",), expect=ABSENT)
        if reading.partials is not None:
            with pytest.raises(ReadOnly):
                reading.partials.append("token", [b"x"], start=0)
        assert before == walked(filled())
