"""
What becomes of what hangs on files: versions, grants, links, locks, labels, comments, settings.

Things that look alike to a translation are counted together and translated once, by the same functions that the
transfer uses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lading.manifest.engine import duckdb
from lading.manifest.translate.carried import carry_grants
from lading.manifest.translate.links import carry_link
from lading.manifest.translate.target import Target
from lading.manifest.translate.versions import carry_version, facts_gone
from lading.model.access import REMOVAL, REMOVED_VERSION, Link, Role, Version
from lading.model.fidelity import Account
from lading.model.losses import Feature
from lading.model.paths import ROOT
from lading.stages.planning.counting import EXAMPLES, Group, Ranked, account

EFFECTS: Mapping[Feature, tuple[str, ...]] = {
    Feature.GRANTS: ("allow",),
    Feature.DENIALS: ("deny",),
    Feature.BREAKS: ("break", "reset"),
}
_PREFIX = {Feature.GRANTS: "grant", Feature.DENIALS: "denial", Feature.BREAKS: "break"}
_MARKS = {
    Feature.LOCKS: "'lock.lost'",
    Feature.LABELS: "'label.lost'",
    Feature.COMMENTS: "'comment.lost'",
    Feature.SETTINGS: f"if(name in ('{REMOVAL}', '{REMOVED_VERSION}'), 'setting.removal', 'setting.lost')",
}
"""SQL: what becomes of such a mark."""
_ROLES = "[" + ", ".join(f"'{role.name.lower()}'" for role in Role) + "][role + 1]"
_TOP = f"arg_min({{{{'rank': {{rank}}, 'path': path, 'what': {{what}}}}}}, ({{rank}}, path), {EXAMPLES})"
_DEEP = "length(path) - length(replace(path, '/', ''))"


# A grant in words that every language knows: effect, kind, name, id, role, reach.
_TOLD = f"""
create or replace temp view told as
select path, effect, losses, if(effect in ('break', 'reset'), effect, concat_ws(
    ' ', effect, who.kind, name, if(who.kind = 'everybody', null, '(' || who.id || ')'), {_ROLES}, nullif(reach, 'all')
)) as what
from (
    select path, effect, kind, id, role, reach, losses from carried where effect is not null
    union all
    select path, effect, principal_kind, principal, role, reach,
        [case effect when 'allow' then 'grant' when 'deny' then 'denial' else 'break' end || '.no_entry']
    from old_grants where path in (select path from gone)
) as who
left join (select kind, id, min(name) as name from old_principals where name <> '' group by kind, id) as known
    on known.kind = who.kind and known.id = who.id
"""


def grants(db: duckdb.DuckDBPyConnection, to: Target, unknown: Mapping[Feature, str]) -> Iterator[Account]:
    """The accounts of grants, denials and breaks, out of `old_grants`."""
    carry_grants(db, to)
    db.execute(_TOLD)
    top = _TOP.format(rank=_DEEP, what="what")
    for feature, effects in EFFECTS.items():
        rows = db.execute(
            f"select losses, count(*), {top} from told where effect in ? group by losses", [effects]
        ).fetchall()
        (found,) = db.execute("select count(*) from old_grants where effect in ?", [effects]).fetchall()[0]
        yield account(feature, _groups(rows), found, unknown.get(feature))


def _groups(rows: Sequence[tuple[Any, ...]]) -> list[Group]:
    return [
        Group(tuple(losses), count, [Ranked(**it) for it in examples]) for losses, count, examples in rows
    ]


# One row for all versions that fare alike; `newer` is 0 for the current one, 1 for others, the limit beyond it.
_VERSIONS = """
select
    gone, newer, author, label <> '' as labelled, any_value(size) as size, any_value(saved) as saved,
    any_value(modified) as modified, count(*) as count, {top} as examples
from (
    select *, path in (select path from gone) as gone,
        case when place = 0 then 0 when place >= {limit} then {limit} else 1 end as newer
    from (select *, row_number() over (partition by path order by ordinal desc) - 1 as place from old_versions)
)
group by gone, newer, author, labelled, modified is null, size > {largest}, {saved_kept}, {modified_kept}
"""
_FAR = 2**31


def versions(db: duckdb.DuckDBPyConnection, to: Target, unknown: Mapping[Feature, str]) -> Iterator[Account]:
    """The accounts of versions and their facts, out of `old_versions`."""
    profile = to.profile
    limit = profile.features.version_limit
    query = _VERSIONS.format(
        top=_TOP.format(rank="-size", what="concat('#', ordinal, ', ', size, ' B')"),
        limit=_FAR if limit is None else max(limit, 1),
        largest=2**63 - 1 if profile.size_limit is None else profile.size_limit,
        saved_kept=_kept("saved", to),
        modified_kept=_kept("modified", to),
    )
    earlier, times, authors, labels = [], [], [], []
    found = db.execute(query)
    names = [column[0] for column in found.description or ()]
    for row in found.fetchall():
        told = dict(zip(names, row, strict=True))
        group = _version_group(told, to)
        times.append(group)
        earlier += [group] if told["newer"] else []
        authors += [group] if told["author"] else []
        labels += [group] if told["labelled"] else []
    for feature, groups in (
        (Feature.VERSIONS, earlier),
        (Feature.VERSION_TIMES, times),
        (Feature.VERSION_AUTHORS, authors),
        (Feature.VERSION_LABELS, labels),
    ):
        count = db.execute(f"select count(*) from old_versions where {_OF[feature]}").fetchall()[0][0]
        yield account(feature, groups, count, unknown.get(feature))


_OF = {
    Feature.VERSIONS: "not current",
    Feature.VERSION_TIMES: "true",
    Feature.VERSION_AUTHORS: "author <> ''",
    Feature.VERSION_LABELS: "label <> ''",
}


def _kept(column: str, to: Target) -> str:
    """SQL: whether the clock of NEW holds the time in *column* as it is."""
    grain = to.profile.clock_grain
    first, last = to.profile.modified_range or (-(2**63), 2**63 - 1)
    return f"coalesce({column} % {grain} = 0 and {column} between {first} and {last}, true)"


def _version_group(told: Mapping[str, Any], to: Target) -> Group:
    facts = {name: told[name] for name in ("saved", "size", "author", "modified")}
    version = Version("", **facts, label="x" if told["labelled"] else "")
    if told["gone"]:
        losses = (("version.no_entry",) if told["newer"] else ()) + facts_gone(version)
    else:
        losses = carry_version(version, told["newer"], to).losses
    return Group(losses, told["count"], [Ranked(**it) for it in told["examples"]])


# Links that fare alike: only whether a limit is there counts, not where it lies; of an end, how NEW can hold it.
_LINKS = """
select
    path in (select path from gone) as gone, role, rights, "by", has_password, inside,
    any_value(expires) as expires, any_value("limit") as "limit", any_value(used) as used,
    any_value(version) as version, count(*) as count, {top} as examples
from old_links
group by
    gone, role, rights, "by", has_password, inside, expires is null, "limit" is null, version is null,
    used = 0, coalesce(used >= "limit", false), coalesce(expires <= {now}, false),
    coalesce({held} = expires, true), coalesce({held} <= {now}, false)
"""


def links(db: duckdb.DuckDBPyConnection, to: Target, unknown: Mapping[Feature, str]) -> Account:
    """The account of links, out of `old_links`."""
    grain, offset = to.features.expiry_grain, to.features.expiry_offset
    # Never below the offset: what ended before has ended, however it is rounded.
    held = f"(expires - (greatest(expires, {offset}) - {offset}) % {grain})"
    found = db.execute(
        _LINKS.format(
            now=to.now, held=held, top=_TOP.format(rank="-role", what="""concat_ws(' ', id, "by")""")
        )
    )
    names = [column[0] for column in found.description or ()]
    groups = [_link_group(dict(zip(names, row, strict=True)), to) for row in found.fetchall()]
    (count,) = db.execute("select count(*) from old_links").fetchall()[0]
    return account(Feature.LINKS, groups, count, unknown.get(Feature.LINKS))


def _link_group(told: Mapping[str, Any], to: Target) -> Group:
    limits = {
        name: told[name] for name in ("expires", "has_password", "limit", "used", "version", "inside", "by")
    }
    link = Link(ROOT, "", frozenset(told["rights"]), role=Role(told["role"]), **limits)
    losses = ("link.no_entry",) if told["gone"] else carry_link(link, to).losses
    return Group(losses, told["count"], [Ranked(**it) for it in told["examples"]])


def marks(db: duckdb.DuckDBPyConnection, unknown: Mapping[Feature, str]) -> Iterator[Account]:
    """The accounts of locks, labels, comments and settings: no drive can be given them."""
    told = {
        Feature.LOCKS: "owner",
        Feature.LABELS: "label",
        Feature.COMMENTS: "concat_ws(' ', author, id)",
        Feature.SETTINGS: "name || '=' || value",
    }
    for feature, what in told.items():
        top = _TOP.format(rank=_DEEP, what=what)
        rows = db.execute(
            f"select [{_MARKS[feature]}], count(*), {top} from old_{feature} group by 1"
        ).fetchall()
        (found,) = db.execute(f"select count(*) from old_{feature}").fetchall()[0]
        yield account(feature, _groups(rows), found, unknown.get(feature))
