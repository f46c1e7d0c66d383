"""
Options with which commands find out who of one drive is who of another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import click

from lading.cli.options import drive_option
from lading.cli.output import speak
from lading.cli.scan import Depth
from lading.cli.scan_options import WORKERS
from lading.cli.sides import Given, opened
from lading.cli.who_options import who_options
from lading.manifest.files import local_errors
from lading.manifest.read import Manifest
from lading.manifest.row_rules import Who
from lading.manifest.tables import Feature
from lading.model.errors import BadRequest
from lading.model.identity import By, IdentityMap
from lading.model.text import Text
from lading.stages.planning.contract import Side, identities, side
from lading.stages.planning.mapfile import LARGEST, decisions
from lading.stages.planning.matching import How
from lading.stages.planning.rules import Rule, rule

F = TypeVar("F", bound=Callable[..., Any])
Whose = Callable[[Manifest, Manifest], Who]
"""Tells who of the first manifest is who of the second."""
STEPS = (By.ID, By.MAIL, By.LOGIN, By.RULE, By.NAME)


def people_options(function: F) -> F:
    """`--by`, `--rule`, `--map`, and the options of both drives."""
    for option in (
        click.option("--workers", type=click.IntRange(1, 64), default=None, metavar="N", help=speak(WORKERS)),
        drive_option("--new-opt", Text("new drive", "新网盘")),
        drive_option("--old-opt", Text("old drive", "旧网盘")),
        who_options,
    ):
        function = option(function)
    return function


class Finding(NamedTuple):
    """Finds who of one drive is who of another as was typed; *raw* is the corrected map."""

    order: tuple[By, ...]
    rules: tuple[Rule, ...]
    file: str
    raw: bytes | None

    def of(self, old: Side, new: Side) -> IdentityMap:
        """
        The identity map of *old* and *new*.

        Raises:
            BadMap: the corrected map does not fit them.
        """
        people = old.circles.principals.values(), new.circles.principals.values()
        decided = decisions(self.raw, self.file, *people) if self.raw is not None else {}
        return identities(old, new, How(order=self.order, rules=self.rules, decided=decided))


def who_given(given: Mapping[str, Any]) -> Finding:
    """
    What `who_options` were given.

    Raises:
        BadRequest, DriveError: an option makes no sense, or the map cannot be read.
    """
    file = given["map_file"] or ""
    return Finding(_order(given["by"]), tuple(map(rule, given["rules"])), file, _read(file) if file else None)


ONLY_PEOPLE = Depth(False, (Feature.PEOPLE,))


class Pair(NamedTuple):
    """Both drives, and who is who."""

    old: Side
    new: Side
    people: IdentityMap


def pair(
    old: str,
    new: str,
    scratch: str,
    depth: Depth,
    *,
    quiet: bool,
    new_depth: Depth = ONLY_PEOPLE,
    **given: Any,
) -> Pair:
    """
    Both sides as they were typed, OLD with *depth*, NEW with *new_depth*, and the identity map of them.

    Raises:
        BadRequest, BadMap: an option or the map makes no sense.
        LadingError: a side cannot be read.
    """
    who = who_given(given)
    sides = (
        Given(old, given["old_opt"], f"{scratch}/old", depth),
        Given(new, given["new_opt"], f"{scratch}/new", new_depth),
    )
    ours, theirs = map(side, opened(sides, quiet=quiet, workers=given["workers"]))
    return Pair(ours, theirs, who.of(ours, theirs))


def _order(typed: str) -> tuple[By, ...]:
    words = [word.strip() for word in typed.split(",") if word.strip()]
    known = [step.value for step in STEPS]
    if not words or len(set(words)) < len(words) or not set(words) <= set(known):
        listed = ", ".join(known)
        said = Text(f"it lists some of {listed}, each once", f"应为 {listed} 中的若干项，每项一次")
        raise BadRequest("--by", said)
    return tuple(map(By, words))


def who_by(file: str) -> Whose:
    """
    Read the map in *file* now; what is returned tells by it who of one manifest is who of another.

    Raises:
        DriveError: the file cannot be read.
        BadMap: (when it is held against the manifests) it makes no sense.
    """
    raw = _read(file)

    def who(a: Manifest, b: Manifest) -> Who:
        people = (side.values("principals") if side.has("principals") else () for side in (a, b))
        return {old: it.new for old, it in decisions(raw, file, *people).items() if it.new is not None}

    return who


def _read(file: str) -> bytes:
    with local_errors(file), open(file, "rb") as stream:
        return stream.read(LARGEST + 1)
