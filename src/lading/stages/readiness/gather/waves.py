"""What each wave asks of the lines of its branches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from lading.manifest.engine import engine
from lading.manifest.read import Manifest, entries_of
from lading.stages.readiness.facts.network import Need, NetworkProbe
from lading.stages.readiness.facts.plan import Branches, PlanFacts


class Load(NamedTuple):
    """The *bytes* of a wave, and those of its *largest* file."""

    bytes: int = 0
    largest: int = 0


def loads_by_wave(
    manifest: Manifest, waves: Mapping[str, str], *, directory: str | None = None
) -> dict[str, Load]:
    """What each wave carries; *waves* gives the wave of a space (encoded)."""
    with engine(directory) as db:
        entries_of(db, manifest.files).create_view("o")
        rows = db.execute(
            "select split_part(path, '/', 1), sum(size), max(size) from o where kind = 'file' group by 1"
        ).fetchall()
    found: dict[str, Load] = {}
    for space, size, largest in rows:
        if (wave := waves.get(space)) is not None:
            before = found.get(wave, Load())
            found[wave] = Load(before.bytes + int(size or 0), max(before.largest, int(largest or 0)))
    return found


def with_needs(
    probe: NetworkProbe, plan: PlanFacts, loads: Mapping[str, Load], *, whole: bool
) -> NetworkProbe:
    """
    *probe* with what the waves of *plan* that go through its branch need; *whole* says that files are sent in one request.

    Needs that were typed at the branch stay as they are.
    """
    if probe.needs:
        return probe
    needs = tuple(
        Need(
            wave=wave.name,
            bytes=load.bytes,
            window_hours=wave.hours,
            largest_body=load.largest if whole else None,
        )
        for wave in plan.waves
        if probe.branch in wave.branches and wave.hours and (load := loads.get(wave.name, Load())).bytes
    )
    return replace(probe, needs=needs)


def unprobed(plan: PlanFacts, probes: Iterable[NetworkProbe]) -> Branches:
    """Branches that waves of *plan* name and none of *probes* was run at."""
    known = {it.branch for it in probes}
    return Branches(
        tuple((wave.name, branch) for wave in plan.waves for branch in wave.branches if branch not in known)
    )
