"""
All versions of a manifest, translated; out of core.

Versions that look alike to a translation are translated once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from lading.manifest.engine import duckdb
from lading.manifest.translate.target import Target
from lading.manifest.translate.versions import carry_version
from lading.model.access import Version

# `newer` is 0 for the current version, 1 for others, the limit beyond it.
_LIKE = """
create or replace temp table v_like as
select path, ordinal, case when place = 0 then 0 when place >= {limit} then {limit} else 1 end::integer as newer,
    author, label <> '' as labelled, modified is null as timeless, size > {largest} as large, {saved} as saved_fits,
    {modified} as modified_fits
from (select *, row_number() over (partition by path order by ordinal desc) - 1 as place from old_versions)
"""
_KEY = ("newer", "author", "labelled", "timeless", "large", "saved_fits", "modified_fits")
_FATES = pa.schema(
    [
        ("newer", pa.int32()),
        ("author", pa.string()),
        *((name, pa.bool_()) for name in _KEY[2:]),
        ("arrives", pa.bool_()),
        ("new_author", pa.string()),
        ("keeps_label", pa.bool_()),
        ("keeps_modified", pa.bool_()),
        ("losses", pa.list_(pa.string())),
    ]
)
_CARRIED = f"""
create or replace temp view carried_versions as
select v.path, v.ordinal, v.current, v.id, v.saved, if(keeps_modified, v.modified, null) as modified, v.size,
    coalesce(new_author, '') as author, if(keeps_label, v.label, '') as label, lower(hex(v.sha256)) as sha256, arrives, losses
from old_versions as v join v_like as "like" using (path, ordinal)
join v_fates as fate on {" and ".join(f'fate.{name} = "like".{name}' for name in _KEY)}
"""
_FAR = 2**31 - 1


def carry_versions(db: duckdb.DuckDBPyConnection, to: Target) -> None:
    """
    Make the view `carried_versions`: a row for each version of OLD, with the facts of it that NEW is given.

    Asks for `old_versions`.  Columns: `path`, `ordinal`, `current`, `id`, `saved`, `modified`, `size`, `author` (an
    id of NEW), `label`, `sha256` (hex, null where it is not known); `arrives`; `losses`, a list of codes.
    """
    profile = to.profile
    limit, largest = profile.features.version_limit, profile.size_limit
    db.execute(
        _LIKE.format(
            limit=_FAR if limit is None else max(limit, 1),
            largest=2**63 - 1 if largest is None else largest,
            saved=_fits("saved", to),
            modified=_fits("modified", to),
        )
    )
    alike = ", ".join(f'"like".{name}' for name in _KEY)
    found = db.execute(
        f"""select {alike}, any_value(size) as size, any_value(saved) as saved, any_value(modified) as modified
        from v_like as "like" join old_versions using (path, ordinal) group by {alike}"""
    )
    names = [column[0] for column in found.description or ()]
    fates = [_fate(dict(zip(names, row, strict=True)), to) for row in found.fetchall()]
    db.register("v_filling", pa.Table.from_pylist(fates, schema=_FATES))
    db.execute("create or replace temp table v_fates as select * from v_filling")
    db.unregister("v_filling")
    db.execute(_CARRIED)


def _fits(column: str, to: Target) -> str:
    """SQL: whether the clock of NEW holds the time in *column* as it is."""
    grain = to.profile.clock_grain
    first, last = to.profile.modified_range or (-(2**63), 2**63 - 1)
    return f"coalesce({column} % {grain} = 0 and {column} between {first} and {last}, true)"


def _fate(told: Mapping[str, Any], to: Target) -> dict[str, Any]:
    version = Version(
        "", told["saved"], told["size"], told["author"], (), told["modified"], "x" if told["labelled"] else ""
    )
    carried = carry_version(version, told["newer"], to)
    new = carried.new
    return {
        **{name: told[name] for name in _KEY},
        "arrives": new is not None,
        "new_author": new.author if new else None,
        "keeps_label": bool(new and new.label),
        "keeps_modified": bool(new and new.modified is not None),
        "losses": list(carried.losses),
    }
