"""
How long a fidelity contract takes for an estate of a given size, and how much memory.

Usage: benchmarks/fidelity.py [--entries N] [--grants N] [--people N] [--versions N] [--posix]

OLD is made up: folders of 100 files in 10 spaces, grants and denials spread over people and groups; with
`--posix` each grant is a list of its own, ranked, behind a reset.  NEW is a drive like ours, and once one without
denials and breaks, where it costs the most.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from lading.connectors.profile import AccessRules, Features, Profile
from lading.manifest.files import write_json
from lading.manifest.finish import finished_facts
from lading.manifest.parts import PartWriter
from lading.manifest.read import Manifest, open_manifest
from lading.manifest.scan import _plain
from lading.manifest.schema import ENTRIES, ROW_GROUP
from lading.manifest.tables import FOLDER, TABLES, Feature
from lading.model.access import Effect, PrincipalKind, Role
from lading.stages.planning.contract import identities, make_contract, side
from lading.stages.planning.matching import How

OURS = Features(
    versions=frozenset({"order", "saved", "modified", "author", "label"}),
    roles=frozenset(Role) - {Role.NONE, Role.PASS},
    effects=frozenset({Effect.ALLOW, Effect.DENY, Effect.BREAK}),
    expiry=True,
    principals=frozenset(PrincipalKind),
    links=frozenset({"password", "expires", "limit", "version", "inside"}),
    link_roles=frozenset({Role.PREVIEW, Role.DOWNLOAD}),
)
WEAK = Features(roles=OURS.roles, effects=frozenset({Effect.ALLOW}), principals=OURS.principals)

_ENTRIES = """
select path, path as normal, split_part(path, '/', 1) as space, kind, size, n * 1000003 as modified,
    null as id, null as etag, null::blob as sha256, []::varchar[] as digests, null as problem
from (
    select n, if(n % 101 = 0, 'folder', 'file') as kind, if(n % 101 = 0, 0, n % 100000) as size,
        's' || (n // 101 % 10) || '/' || 'd' || (n // 101) || if(n % 101 = 0, '', '/f' || n) as path
    from range({entries}) as t(n)
    union all select n, 'folder', 0, 's' || n from range(10) as t(n)
)
"""
_PRINCIPALS = """
select 'person' as kind, '{p}p' || n as id, 'Name ' || n as name, 'p' || n || '@x' as mail, '' as login, true as active,
    null as parent, null as owner, null::bigint as until from range({people}) as t(n)
union all
select 'group', '{p}g' || n, 'Group ' || n, '', '', true, null, null, null from range({people} // 10) as t(n)
"""
_MEMBERS = """
select '{p}g' || (n * 7 % ({people} // 10)) as "group", '{p}p' || (n % {people}) as member from range({people} * 3) as t(n)
"""
_GRANTS = """
select
    case when n % 100 = 1 then split_part(path, '/', 1)
        when n % 2 = 0 then array_to_string(string_split(path, '/')[1:2], '/') else path end as path,
    if(n % 50 = 0, 'deny', 'allow') as effect, if(n % 3 = 0, 'group', 'person') as principal_kind,
    if(n % 3 = 0, 'g' || (n % 40), 'p' || (n * 13 % {people})) as principal, (2 + n % 4)::tinyint as role,
    0::tinyint as rank, 'all' as reach, []::varchar[] as rights, null::bigint as expires, '' as source
from (select *, row_number() over () - 1 as n from (select path from made using sample {grants} rows (reservoir, 7)))
"""
_POSIX = """
select path, rule.effect, rule.kind as principal_kind, rule.who as principal, rule.role::tinyint as role,
    rule.rank::tinyint as rank, 'all' as reach, []::varchar[] as rights, null::bigint as expires, '' as source
from (
    select path, unnest([
        {{'effect': 'reset', 'kind': 'everybody', 'who': '', 'role': 0, 'rank': 0}},
        {{'effect': 'allow', 'kind': 'person', 'who': 'p' || (n * 13 % {people}), 'role': 5, 'rank': 0}},
        {{'effect': 'allow', 'kind': 'group', 'who': 'g' || (n % ({people} // 10)), 'role': 3, 'rank': 2}},
        {{'effect': 'allow', 'kind': 'everybody', 'who': 'everybody', 'role': if(n % 2 = 0, 3, 0), 'rank': 3}}
    ]) as rule
    from (select *, row_number() over () - 1 as n from (select path from made using sample {grants} rows (reservoir, 7)))
)
"""
_VERSIONS = """
select path, o::integer as ordinal, o = 4 as current, o::varchar as id, 5 + o as saved, null::bigint as modified,
    size, 'p' || (hash(path) % {people}) as author, '' as label, null::blob as sha256, []::varchar[] as digests
from (select path, size from made where kind = 'file' limit {versions} // 5), range(5) as t(o)
"""
_EMPTY = ("links", "locks", "labels", "comments")


def written(folder: Path, queries: dict[str, str], features: Features, access: AccessRules) -> Manifest:
    """A manifest whose entries and tables are the rows of *queries*."""
    os.makedirs(folder / "entries")
    os.makedirs(folder / FOLDER)
    with duckdb.connect() as db:
        db.execute(f"create table made as {queries['entries']}")
        part = _file(db, "select * from made", folder / "entries" / "part.parquet", ENTRIES)
        tables = {
            name: {
                "rows": _file(db, query, folder / FOLDER / f"{name}.parquet", TABLES[name]).rows,
                "fingerprint": "",
            }
            for name, query in queries.items()
            if name != "entries"
        }
    for name in _EMPTY:
        with PartWriter(str(folder / FOLDER / f"{name}.parquet"), TABLES[name]) as writer:
            writer.finish()
        tables[name] = {"rows": 0, "fingerprint": ""}
    profile = Profile(kind="made", address="", access=access, features=features, clock_grain=1000)
    facts: dict[str, Any] = finished_facts(str(folder), [part])
    facts |= {
        "format": 2,
        "finished": 1.0,
        "tables": tables,
        "features": list(Feature),
        "profile": _plain(asdict(profile)),
    }
    write_json(
        str(folder / "manifest.json"),
        {**facts, "drive": {"kind": "made", "place": folder.name, "options": {}}},
    )
    return open_manifest(folder, check=False)


def _file(db: duckdb.DuckDBPyConnection, query: str, file: Path, schema: pa.Schema) -> Any:
    with PartWriter(str(file), schema) as writer:
        for batch in db.sql(query).to_arrow_reader(ROW_GROUP):
            columns = [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)]
            writer.add_table(pa.Table.from_arrays(columns, schema=schema))
        return writer.finish()


def main() -> None:
    """Make both sides, time the contract, print one JSON document."""
    parser = argparse.ArgumentParser()
    for name, default in (
        ("entries", 1_000_000),
        ("grants", 50_000),
        ("people", 5_000),
        ("versions", 500_000),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--posix", action="store_true")
    asked = parser.parse_args()
    sizes = {
        "entries": asked.entries,
        "grants": asked.grants,
        "people": asked.people,
        "versions": asked.versions,
    }
    with tempfile.TemporaryDirectory() as scratch:
        queries = {
            "entries": _ENTRIES,
            "principals": _PRINCIPALS,
            "members": _MEMBERS,
            "grants": _POSIX if asked.posix else _GRANTS,
            "versions": _VERSIONS,
        }
        old = written(
            Path(scratch) / "old",
            {name: query.format(p="", **sizes) for name, query in queries.items()},
            Features(),
            AccessRules(passage=asked.posix),
        )
        bare = {**queries, "entries": _ENTRIES.replace("{entries}", "1")}
        for name in ("grants", "versions"):
            del bare[name]
        filled = {name: query.format(p="n", **sizes) for name, query in bare.items()}
        for label, features in (("ours", OURS), ("weak", WEAK)):
            new = written(Path(scratch) / label, filled, features, AccessRules())
            began = time.monotonic()
            ours, theirs = side(old), side(new)
            contract = make_contract(ours, theirs, identities(ours, theirs, How()), directory=scratch)
            took = time.monotonic() - began
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(
                json.dumps(
                    {
                        "to": label,
                        "seconds": round(took, 1),
                        "peak_mib": peak,
                        **sizes,
                        "counts": contract.counts,
                    }
                )
            )


if __name__ == "__main__":
    main()
