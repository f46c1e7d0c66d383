"""
The identity map of a pass, as a file beside it: who became whom when the pass was planned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path as LocalPath
from typing import Any

from lading.connectors.profile import AccessRules, Profile
from lading.manifest.circles import Circles
from lading.manifest.read import Manifest
from lading.manifest.translate.target import Target
from lading.model.access import Principal, PrincipalKind
from lading.model.errors import BadState
from lading.model.identity import Accept, By, IdentityMap, Match, Outcome, Why
from lading.stages.transfer.state import read_json, write_json

FILE = "identity.json"


def write_people(folder: LocalPath, people: IdentityMap, *, endless: bool) -> None:
    """Keep *people* in the *folder* of a pass; *endless* is a term of the fidelity contract."""
    matches = [{**asdict(match), "accept": sorted(match.accept)} for match in people]
    facts = {"format": 1, "digest": people.digest, "endless": endless, "matches": matches}
    write_json(folder / FILE, facts)


def target_of(folder: LocalPath, old: Manifest, old_profile: Profile, new: Profile) -> Target:
    """
    What a translation has to know in the pass in *folder*.

    Raises:
        BadState: the identity map is damaged or gone.
    """
    facts = read_json(folder / FILE)
    rules = old_profile.access or AccessRules()
    principals = old.values("principals") if old.has("principals") else ()
    members = old.values("members") if old.has("members") else None
    circles = Circles(principals, members, owned_guests=rules.owned_guests)
    try:
        people = IdentityMap(map(_match, facts["matches"]))
        scanned = int(old.facts["finished"] * 1_000_000_000)
        return Target(new, rules, people, circles, scanned, bool(facts["endless"]))
    except (KeyError, TypeError, ValueError) as problem:
        raise BadState(str(folder / FILE), repr(problem)) from None


def _match(facts: Mapping[str, Any]) -> Match:
    return Match(
        **{
            **facts,
            "old": _principal(facts["old"]),
            "outcome": Outcome(facts["outcome"]),
            "new": None if facts["new"] is None else _principal(facts["new"]),
            "by": None if facts["by"] is None else By(facts["by"]),
            "why": None if facts["why"] is None else Why(facts["why"]),
            "candidates": tuple(map(_principal, facts["candidates"])),
            "accept": frozenset(map(Accept, facts["accept"])),
        }
    )


def _principal(facts: Mapping[str, Any]) -> Principal:
    return Principal(**{**facts, "kind": PrincipalKind(facts["kind"])})
