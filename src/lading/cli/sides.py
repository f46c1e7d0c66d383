"""
Sides of a command that takes drives and manifests alike: a drive is scanned first.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from lading.cli.meter import Meter
from lading.cli.options import address
from lading.cli.output import progress_bar
from lading.cli.scan import Depth, written
from lading.cli.scan_options import processors
from lading.connectors.address import Address
from lading.connectors.crew import Crew
from lading.manifest.parts import FOLDER
from lading.manifest.read import HEADER, Manifest, open_manifest


class Given(NamedTuple):
    """A side as it was typed, and where its manifest goes, with what in it, if it is a drive."""

    text: str
    options: tuple[str, ...]
    scratch: str
    depth: Depth

    @property
    def is_manifest(self) -> bool:
        """Whether a manifest is meant; `folder:PATH` always means the folder."""
        return os.path.isfile(os.path.join(self.text, HEADER)) and os.path.isdir(
            os.path.join(self.text, FOLDER)
        )


def opened(sides: Sequence[Given], *, quiet: bool, workers: int | None, limit: str = "") -> list[Manifest]:
    """
    The manifests of *sides*, those of drives made under one *limit* each.

    Raises:
        BadAddress, BadManifest: one is neither a drive nor a whole manifest.
        DriveError: a drive is not there or refuses.
    """
    # Every address and manifest is looked at before a long scan begins.
    known: dict[Given, Manifest] = {side: open_manifest(side.text) for side in sides if side.is_manifest}
    places: dict[Given, Address] = {
        side: address(side.text, side.options) for side in sides if side not in known
    }
    if places:
        meter = Meter()
        with (
            Crew(workers or processors(), publish=meter.add, drives=places.values()) as crew,
            progress_bar(quiet=quiet) as show,
        ):
            meter.show = show
            for side, place in places.items():
                known[side] = written(place, side.scratch, crew=crew, depth=side.depth, limit=limit)
    return [known[side] for side in sides]
