"""
Rights and links that changed in NEW after the switch: each a decision of a person.

Nothing is widened by itself: only denials, which take access away, are carried unasked.
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path as LocalPath
from typing import Any, NamedTuple

from lading.connectors.api import Drive
from lading.manifest.files import local_errors
from lading.manifest.obstacle import stands_in_the_way
from lading.manifest.read import Manifest
from lading.model.access import ANYBODY, Effect, Grant, Link, Principal, PrincipalKind, Role
from lading.model.errors import BadMap, DriveError
from lading.model.paths import Path, decode, encode, shown
from lading.model.text import Text

NOBODY = "-"


class Ask(StrEnum):
    """What becomes of rights that changed in NEW."""

    FILE = "ask-file"
    KEEP = "keep-old"
    CARRY = "carry"


class Change(StrEnum):
    """What happened to a grant or link."""

    GIVEN = "given"
    TAKEN = "taken"
    ALTERED = "altered"


COLUMNS = (
    "id", "what", "change", "path", "place_in_old", "who", "who_in_old", "effect", "reach", "was", "now", "widens",
    "decision",
)  # fmt: skip
CARRY, KEEP = "carry", "keep"
_DECISIONS = frozenset({CARRY, KEEP, ""})
_FORMULA = tuple("=+-@\t\r'")


class Point(NamedTuple):
    """One change of rights to be decided."""

    id: str
    change: Change
    place: Path | None
    """In OLD; None: what it hangs on is not there."""
    who: Principal | None
    """In OLD; None: nobody there is known to be them."""
    was: Grant | Link | None
    now: Grant | Link | None

    @property
    def it(self) -> Grant | Link:
        """The grant or link, as it is or was."""
        it = self.now or self.was
        assert it is not None
        return it

    @property
    def what(self) -> str:
        """Whether it is a grant or a link."""
        return "link" if isinstance(self.it, Link) else "grant"

    def to_json(self, code: str) -> dict[str, str]:
        """It in a list of what is not carried, with the *code* why not; *whose* is somebody of NEW, empty for a link."""
        it = self.it
        whose = f"{it.principal.kind.value}:{it.principal.id}".rstrip(":") if isinstance(it, Grant) else ""
        told = {"id": self.id, "what": self.what, "change": self.change.value, "path": shown(it.path)}
        effect = it.effect.value if isinstance(it, Grant) else ""
        return {**told, "effect": effect, "whose": whose, "code": code}

    @property
    def widens(self) -> bool:
        """Whether carrying it could let somebody do more in OLD."""
        if isinstance(self.it, Link):
            return self.change is not Change.TAKEN
        denying = self.it.effect is not Effect.ALLOW
        return denying if self.change is Change.TAKEN else not denying or self.change is Change.ALTERED


def changes(
    then: Manifest,
    now: Manifest,
    place: Callable[[Path], Path | None],
    people: Mapping[str, str],
    moved: Mapping[Path, Path],
) -> list[Point]:
    """
    Grants and links that are otherwise in NEW *now* than *then*.

    *place* tells where in OLD a path of NEW is, *people* who is who (`kind:id` to `kind:id`), *moved* where what was
    somewhere then is now.
    """
    found: list[Point] = []
    if then.has("grants") and now.has("grants"):
        was: dict[tuple[str, ...], Any] = {
            _grant_key(it, _moved(it.path, moved)): it for it in then.values("grants")
        }
        are: dict[tuple[str, ...], Any] = {_grant_key(it, it.path): it for it in now.values("grants")}
        found += _points(was, are, place, people)
    if then.has("links") and now.has("links"):
        was = {(it.id,): it for it in then.values("links")}
        are = {(it.id,): it for it in now.values("links")}
        found += _points(was, are, place, people)
    return sorted(found, key=lambda point: (encode(point.it.path), point.id))


def _grant_key(it: Grant, path: Path) -> tuple[str, ...]:
    return encode(path), it.effect.value, it.principal.kind.value, it.principal.id


def _moved(path: Path, moved: Mapping[Path, Path]) -> Path:
    for depth in range(len(path), 0, -1):
        if path[:depth] in moved:
            return moved[path[:depth]] + path[depth:]
    return path


def _points(
    was: Mapping[tuple[str, ...], Any],
    now: Mapping[tuple[str, ...], Any],
    place: Callable[[Path], Path | None],
    people: Mapping[str, str],
) -> Iterable[Point]:
    for key in was.keys() | now.keys():
        before, after = was.get(key), now.get(key)
        if before is not None and after is not None and says(before) == says(after):
            continue
        change = Change.GIVEN if before is None else Change.TAKEN if after is None else Change.ALTERED
        it: Grant | Link = after or before  # type: ignore[assignment]
        text = "\0".join((*key, repr(says(before)), repr(says(after))))
        who = who_in_old(it.principal, people) if isinstance(it, Grant) else None
        yield Point(
            hashlib.sha256(text.encode()).hexdigest()[:16], change, place(it.path), who, before, after
        )


def says(it: Grant | Link | None) -> tuple[Any, ...] | None:
    """What it gives, to hold against another."""
    if it is None:
        return None
    if isinstance(it, Grant):
        return it.role, it.reach, it.expires
    return it.role, it.expires, it.has_password, it.limit, it.version, it.inside


def who_in_old(it: Principal, people: Mapping[str, str]) -> Principal | None:
    if it.kind is PrincipalKind.EVERYBODY:
        return ANYBODY
    found = people.get(f"{it.kind.value}:{it.id}")
    if found is None:
        return None
    kind, _, name = found.partition(":")
    return Principal(PrincipalKind(kind), name)


# The file


def decided(file: LocalPath) -> dict[str, str]:
    """
    What people wrote into the file of decisions, by the id of the change.

    Raises:
        BadMap: a line cannot be understood.
    """
    if not file.exists():
        return {}
    with local_errors(str(file)), open(file, newline="", encoding="utf-8-sig", errors="replace") as stream:
        rows = list(csv.DictReader(stream))
    wrong = [
        str(number)
        for number, row in enumerate(rows, 2)
        if not row.get("id") or (row.get("decision") or "").strip().lower() not in _DECISIONS
    ]
    if wrong:
        lines = ", ".join(wrong[:20])
        said = Text(
            f"lines {lines}: a decision is carry or keep, or nothing yet",
            f"第 {lines} 行：决定应为 carry 或 keep，未决定则留空",
        )
        raise BadMap(str(file), said)
    return {row["id"]: row["decision"].strip().lower() for row in rows if (row.get("decision") or "").strip()}


def write_decisions(file: LocalPath, points: Iterable[Point], made: Mapping[str, str]) -> None:
    """Write the file of decisions; those that were *made* stay."""
    draft = file.with_name(file.name + ".part")
    with local_errors(str(file)):
        with open(draft, "w", newline="", encoding="utf-8-sig", errors="backslashreplace") as stream:
            writer = csv.writer(stream)
            writer.writerow(COLUMNS)
            writer.writerows([*map(_harmless, _columns(point)), made.get(point.id, "")] for point in points)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, file)


def _columns(point: Point) -> list[str]:
    it = point.it
    grant = it if isinstance(it, Grant) else None
    return [
        point.id,
        point.what,
        point.change.value,
        shown(it.path),
        NOBODY if point.place is None else shown(point.place),
        it.id if grant is None else f"{grant.principal.kind.value}:{grant.principal.id}",  # type: ignore[union-attr]
        f"{point.who.kind.value}:{point.who.id}" if point.who else NOBODY,
        "" if grant is None else grant.effect.value,
        "" if grant is None else grant.reach.value,
        point.was.role.name.lower() if point.was else NOBODY,
        point.now.role.name.lower() if point.now else NOBODY,
        "yes" if point.widens else "no",
    ]


def _harmless(cell: str) -> str:
    """A spreadsheet would take some texts for formulas."""
    return f"'{cell}" if cell.startswith(_FORMULA) and cell != NOBODY else cell


# Doing it


def wanted(point: Point, ask: Ask, made: Mapping[str, str]) -> str:
    """What is to be done about *point*: carry, keep, or nothing yet."""
    if ask is Ask.KEEP:
        return KEEP
    if point.id in made:
        return made[point.id]
    if ask is Ask.CARRY or not point.widens:
        return CARRY
    return ""


def carry(drive: Drive, point: Point) -> str:
    """
    Do *point* about a grant in OLD; empty if it was done, else the reason why not, as a code.

    Raises:
        DriveError: OLD is not there any more.
    """
    assert isinstance(point.it, Grant)
    if drive.grants is None:
        return "unable"
    if point.place is None or point.who is None:
        return "no_entry" if point.place is None else "nobody"
    grant = replace(point.it, path=point.place, principal=point.who, rights=frozenset(), source="", rank=0)
    try:
        if point.change is Change.TAKEN:
            drive.grants.unset(grant)
            return ""
        fitted = fit(drive, grant)
        if fitted is None:
            return "unable"
        drive.grants.set(fitted)
    except DriveError as error:
        if stands_in_the_way(drive, error):
            raise
        return error.code
    return ""


def foreseen(drive: Drive, point: Point) -> str:
    """Why *drive* cannot do *point* about a grant, as a code, without asking it; empty: nothing speaks against it."""
    assert isinstance(point.it, Grant)
    if drive.grants is None:
        return "unable"
    if point.who is None:
        return "nobody"
    return "" if point.change is Change.TAKEN or fit(drive, point.it) else "unable"


def fit(drive: Drive, grant: Grant) -> Grant | None:
    """*grant* as the drive can hold it: an allowance never more, a denial never less; None: it cannot."""
    features = drive.profile.features
    if grant.effect not in features.effects or grant.reach not in features.reaches:
        return None
    if grant.expires is not None and not features.expiry:
        return None
    if grant.effect is Effect.ALLOW:
        roles: list[Role] = sorted(role for role in features.roles if role <= grant.role)
        return replace(grant, role=roles[-1]) if roles and roles[-1] > Role.NONE else None
    if grant.effect is Effect.DENY:
        roles = sorted(role for role in features.roles if role <= grant.role)
        return replace(grant, role=roles[-1]) if roles else None
    return grant


def restricted(now: Manifest | None) -> dict[Path, tuple[bool, frozenset[Effect]]]:
    """Entries of NEW with grants that keep people out: whether each is a folder, and how they do."""
    if now is None or not now.has("grants"):
        return {}
    effects: dict[Path, set[Effect]] = {}
    for grant in now.values("grants"):
        if grant.effect is not Effect.ALLOW:
            effects.setdefault(grant.path, set()).add(grant.effect)
    folders = set()
    for batch in now.batches(["path", "kind"]) if effects else ():
        for path, kind in zip(batch["path"].to_pylist(), batch["kind"].to_pylist(), strict=True):
            if kind == "folder" and decode(path) in effects:
                folders.add(decode(path))
    return {path: (path in folders, frozenset(found)) for path, found in effects.items()}
