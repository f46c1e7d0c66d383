"""
What a drive that takes no changes promises to those who try.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.model.access import Grant, Link, Principal, PrincipalKind, Role, Version
from lading.model.errors import ReadOnly
from lading.model.paths import Path

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
        _refuses_what_hangs_on_files(reading, known)
        assert before == walked(filled())


def _refuses_what_hangs_on_files(drive: Drive, path: Path) -> None:
    person = Principal(PrincipalKind.PERSON, "1001")
    calls: list[Callable[[], object]] = []
    if (versions := drive.versions) is not None:
        calls.append(lambda: versions.add(("new",), [b"x"], Version("", 1, 1), expect=ABSENT))
    if (grants := drive.grants) is not None:
        grant = Grant(path, person, frozenset(), role=Role.EDIT)
        calls += [lambda: grants.set(grant), lambda: grants.unset(grant)]
    if (links := drive.links) is not None:
        link = Link(path, "1", frozenset(), role=Role.PREVIEW)
        calls += [lambda: links.make(link, password=None), lambda: links.revoke(link)]
    for call in calls:
        with pytest.raises(ReadOnly):
            call()
