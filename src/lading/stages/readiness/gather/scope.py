"""
Hold the spaces of a drive against the waves of a plan.
"""

from __future__ import annotations

from lading.manifest.engine import engine
from lading.manifest.read import Manifest, entries_of
from lading.model.paths import decode, shown
from lading.stages.readiness.facts.plan import Scope
from lading.stages.readiness.facts.rights import Some
from lading.stages.readiness.gather.content import EXAMPLES, Looking


def scope_facts(old: Manifest, looking: Looking, *, directory: str | None = None) -> Scope:
    """Which spaces of *old* are in no wave, and which spaces of waves *old* does not have; names by *looking*."""
    with engine(directory) as db:
        entries_of(db, old.files).create_view("o")
        rows = db.execute(
            "select path from o where kind = 'folder' and not contains(path, '/') and path <> '' order by path"
        ).fetchall()
    spaces = {path for (path,) in rows}
    return Scope(
        _some(sorted(spaces - looking.waves.keys()), looking),
        _some(sorted(looking.waves.keys() - spaces), looking),
    )


def _some(spaces: list[str], looking: Looking) -> Some:
    told = [space for space in spaces if space not in looking.hidden]
    return Some(len(spaces), tuple(shown(decode(it)) for it in told[:EXAMPLES]), len(spaces) - len(told))
