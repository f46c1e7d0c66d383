"""
What the person decided about a pass, as plain data.

The rules are written beside the pass when it starts: a pass that is resumed
goes on under the rules it was started with.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from lading.model.paths import Path, decode, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """
    Objects that may fail.

    *pattern* is held against the path as shown (`/Deal/…`, `*` crosses slashes); *until* is
    the last day, as YYYY-MM-DD.  Two people stand for it.
    """

    pattern: str
    reason: str
    by: tuple[str, str]
    until: str

    def covers(self, path: Path, today: str) -> bool:
        """Whether the failure of *path* is waived on the day *today* (YYYY-MM-DD)."""
        return today <= self.until and fnmatch.fnmatchcase(shown(path), self.pattern)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How a pass decides."""

    exclude: tuple[str, ...] = ()
    """Patterns over paths as shown; what they match stays behind and is reported as excluded."""
    overwrite: bool = False
    """Replace files in NEW that are not what an earlier pass put there."""
    delete: bool = False
    """Remove from NEW what earlier passes put there and OLD no longer has."""
    delete_at_most: float = 0.05
    """The share of what earlier passes put there beyond which `delete` stops the run."""
    waivers: tuple[Waiver, ...] = ()
    features: tuple[str, ...] = ()
    """What goes along with the files: of `versions`, `grants`, `links`."""
    archive: str | None = None
    """A local folder that takes the versions which NEW does not."""

    def to_json(self) -> dict[str, Any]:
        """The rules as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> Rules:
        """The rules that `to_json` wrote."""
        waivers = tuple(Waiver(**{**row, "by": tuple(row["by"])}) for row in facts["waivers"])
        lists = {name: tuple(facts.get(name, ())) for name in ("exclude", "features")}
        return cls(**{**facts, **lists, "waivers": waivers})


def excluded_by(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Tells of an encoded path whether one of *patterns* matches it as shown, or something it lies in."""
    anyone = re.compile("|".join(f"(?:{fnmatch.translate(it)[:-2]}(?:/.*)?)" for it in patterns), re.DOTALL)
    return lambda path: anyone.fullmatch(shown(decode(path))) is not None
