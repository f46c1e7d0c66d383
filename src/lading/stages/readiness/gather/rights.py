"""
Count in the tables of a manifest, and in the map of people, what is odd in the rights.

Names of entries below hidden paths are counted and not told.
"""

from __future__ import annotations

from lading.manifest.engine import duckdb, engine
from lading.manifest.read import Manifest
from lading.model.access import PrincipalKind, Role
from lading.model.identity import GROUPS, IdentityMap, Match, Outcome, key_of
from lading.model.paths import decode, shown, shown_name
from lading.stages.readiness.facts.rights import RightsFacts, Some
from lading.stages.readiness.gather.content import EXAMPLES, Looking
from lading.stages.readiness.gather.reach import Reach

_VEILED = "exists (select 1 from hidden where path = top or starts_with(path, top || '/'))"


def rights_facts(
    old: Manifest,
    looking: Looking,
    *,
    people: IdentityMap | None = None,
    crossing: Some | None = None,
    gains: Some | None = None,
    directory: str | None = None,
) -> RightsFacts:
    """
    What is odd in the rights of *old*; *people* say who becomes whom, *crossing* who stands on both sides of a wall.

    What the manifest does not have stays None.
    """
    with engine(directory) as db:
        db.execute("create temp table hidden (top varchar)")
        if looking.hidden:
            db.executemany("insert into hidden values (?)", [[top] for top in looking.hidden])
        for name in ("principals", "grants", "links"):
            if old.has(name):
                old.rows(db, name).create_view(name)
        counted = {**_grants(db, old, looking.reach), **_links(db, old, looking.reach), **_guests(db, old)}
        total = db.execute("select count(*) from grants").fetchall()[0][0] if old.has("grants") else None
    return RightsFacts(
        place=str(old.address["place"]),
        crossing=crossing,
        gains=gains,
        grants=total,
        **counted,
        **_matches(people, looking.reach),
    )


def _grants(db: duckdb.DuckDBPyConnection, old: Manifest, reach: Reach) -> dict[str, Some]:
    if not old.has("grants"):
        return {}
    given = f"effect = 'allow' and role > {int(Role.NONE)}"
    found = {
        "everybody": _paths(
            db, reach, f"grants where {given} and principal_kind = '{PrincipalKind.EVERYBODY}'"
        ),
        "breaks": _paths(db, reach, "grants where effect in ('break', 'reset') and contains(path, '/')"),
        "single": Some(
            db.execute(f"select count(*) from grants where {given} and principal_kind = 'person'").fetchall()[
                0
            ][0]
        ),
    }
    if old.has("principals"):
        # Spaces on which somebody may manage, but nobody who is active, and no group.
        found["ownerless"] = _paths(
            db,
            reach,
            f"""(select g.path, bool_or(g.principal_kind <> 'person' or coalesce(p.active, true)) as managed
                from grants as g left join principals as p on p.kind = g.principal_kind and p.id = g.principal
                where not contains(g.path, '/') and g.path <> '' and g.effect = 'allow' and g.role >= {int(Role.MANAGE)}
                group by g.path) where not managed""",
        )
    return found


def _links(db: duckdb.DuckDBPyConnection, old: Manifest, reach: Reach) -> dict[str, Some]:
    if not old.has("links"):
        return {}
    return {
        "open_links": _paths(db, reach, "links where not inside and not has_password and expires is null"),
        "endless_links": _paths(db, reach, "links where not inside and has_password and expires is null"),
    }


def _paths(db: duckdb.DuckDBPyConnection, reach: Reach, rows: str) -> Some:
    (count, paths, hidden, spaces) = db.execute(
        f"select count(*), min(path, {EXAMPLES}) filter (not veiled), count(*) filter (veiled), "
        "list(distinct split_part(path, '/', 1)) filter (not veiled) "
        f"from (select path, {_VEILED} as veiled from {rows})"
    ).fetchall()[0]
    return Some(
        count,
        tuple(dict.fromkeys(shown(decode(path)) for path in paths or ())),
        hidden,
        reach.of_spaces(spaces or ()),
    )


def _guests(db: duckdb.DuckDBPyConnection, old: Manifest) -> dict[str, Some]:
    if not old.has("principals"):
        return {}
    guests = "principals as g where kind = 'guest' and active"
    unowned = (
        "not exists (select 1 from principals as o where o.kind = 'person' and o.id = g.owner and o.active)"
    )
    return {
        "ownerless_guests": _names(db, f"{guests} and {unowned}"),
        "endless_guests": _names(db, f"{guests} and until is null"),
    }


def _names(db: duckdb.DuckDBPyConnection, rows: str) -> Some:
    text = f"select count(*), min(if(name = '', id, name), {EXAMPLES}) from {rows}"
    count, names = db.execute(text).fetchall()[0]
    return Some(count, tuple(shown_name(name) for name in names or ()))


def _matches(people: IdentityMap | None, reach: Reach) -> dict[str, Some]:
    if people is None:
        return {}
    every = [it for it in people if it.old.kind is not PrincipalKind.EVERYBODY]
    return {
        "unmapped": _some(
            [it for it in every if it.outcome in (Outcome.MISSING, Outcome.OUTSIDE) and it.old.active], reach
        ),
        "uncertain": _some([it for it in every if it.outcome is Outcome.AMBIGUOUS], reach),
        "wider": _some(
            [it for it in every if it.outcome is Outcome.MAPPED and it.old.kind in GROUPS and it.widens],
            reach,
        ),
    }


def _some(matches: list[Match], reach: Reach) -> Some:
    named = sorted(shown_name(it.old.name or it.old.id) for it in matches)
    single = [key_of(it.old) for it in matches if it.old.kind not in GROUPS]
    return Some(len(matches), tuple(named[:EXAMPLES]), hits=reach.of_people(single))
