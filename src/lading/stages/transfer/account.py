"""
Close the account of a pass.

Every object found in OLD is in exactly one bucket, and the sums are equal to
what the manifest of OLD counted on its own; anything else is a fault of Lading
and fails the run.  The table of what has landed is written here too: the next
pass builds on it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path as LocalPath
from typing import Any

import pyarrow.parquet as pq

from lading.connectors.profile import Profile
from lading.manifest.engine import duckdb, engine
from lading.model.errors import AccountOpen, LadingError, known
from lading.model.failpoints import failpoint
from lading.model.paths import decode, shown
from lading.model.text import Language, Text
from lading.stages.transfer.buckets import load_pass
from lading.stages.transfer.decide import Reason
from lading.stages.transfer.ends import Ends, close_features, failed_features
from lading.stages.transfer.landed import write_landed
from lading.stages.transfer.plan import Sides
from lading.stages.transfer.rules import Rules
from lading.stages.transfer.state import Pass, as_text, read_json, write_json
from lading.stages.transfer.tables import MEMORY

BUCKETS = ("moved", "same", "renamed", "excluded", "waived", "failed")

_BATCH = 20_000

CODES = {
    Reason.KIND_DIFFERS: "wrong_kind",
    Reason.NOT_OURS: "already_exists",
    Reason.EDITED_IN_NEW: "already_exists",
    Reason.NAME_TAKEN: "name_refused",
    Reason.PATH_TOO_LONG: "name_refused",
    Reason.TOO_LARGE: "too_large",
    Reason.UNREADABLE: "unreadable",
}
"""The error that stands for a plan's decision to fail an object."""

WHY_FAILED = {
    Reason.KIND_DIFFERS: Text("a file on one side, a folder on the other", "一侧是文件，另一侧是文件夹"),
    Reason.NOT_OURS: Text("with another content, which is not ours", "内容不同，且并非由我们写入"),
    Reason.EDITED_IN_NEW: Text("edited there since it landed", "写入之后在该处被修改"),
    Reason.NAME_TAKEN: Text("another object has the name it would get", "其映射名称已被另一对象占用"),
    Reason.PATH_TOO_LONG: Text("the path is too long or too deep", "路径过长或过深"),
    Reason.TOO_LARGE: Text("the drive names a limit", "网盘设有上限"),
    Reason.UNREADABLE: Text("seen while scanning", "扫描时发现"),
}
"""What the sentence of a failure of the plan says in brackets."""
_UNKNOWN = Text("not done", "未完成")
_NOT_DONE_ALONG = Text("see the other failures of this pass", "请参见本轮的其他失败项")

WHY_EXCLUDED = {
    Reason.SYMLINK: Text("a symbolic link; links are reported, never followed", "符号链接；只报告，从不跟随"),
    Reason.SPECIAL: Text(
        "a socket, pipe or device; it has no content to move", "套接字、管道或设备，没有可迁移的内容"
    ),
    Reason.BY_RULE: Text("excluded by --exclude", "由 --exclude 排除"),
}

# Deletions and times of folders: no objects of OLD, so they stand in no bucket.
_BESIDE = """
    SELECT p.new AS path, p.kind, r.code, r.detail, p.action FROM planned AS p JOIN results AS r USING (seq)
    WHERE p.action IN ('delete', 'time') AND r.bucket = 'failed'
"""


@dataclass(frozen=True, slots=True)
class Times:
    """When a pass began and ended, in seconds since 1970 UTC, and the day it ended (YYYY-MM-DD)."""

    started: float
    finished: float
    today: str


def close_account(
    sides: Sides, rules: Rules, it: Pass, times: Times, landed: LocalPath, ends: Ends | None = None
) -> dict[str, Any]:
    """
    Sum up the pass *it*, write `account.json`, the lists beside it, and what has landed to *landed*.

    With *ends*, what goes along with the files is summed up, too.

    Raises:
        AccountOpen: an object is in no bucket or in two, or the sums differ from what was found.
    """
    failpoint("account.before")
    with engine(str(it.folder), memory_limit=MEMORY) as db:
        load_pass(db, sides, it)
        _waive(db, rules, times.today)
        _check_closed(db, sides)
        account = _summary(db, sides, it, times)
        if ends is not None:
            account |= close_features(db, sides, it, ends)
            account["failures"] += account["feature_failures"]
        _write_lists(db, it, hung=ends is not None)
        write_landed(db, sides.landed, landed)
    failpoint("account.landed")
    write_json(it.account, account)
    failpoint("account.written")
    return account


def _waive(db: duckdb.DuckDBPyConnection, rules: Rules, today: str) -> None:
    if not rules.waivers:
        return
    failed = db.execute("SELECT path FROM b WHERE bucket = 'failed'").fetchall()
    waived = [(path,) for (path,) in failed if any(it.covers(decode(path), today) for it in rules.waivers)]
    if waived:
        db.execute("CREATE TEMP TABLE waived (path VARCHAR)")
        db.executemany("INSERT INTO waived VALUES (?)", waived)
        db.execute("UPDATE b SET bucket = 'waived' WHERE path IN (SELECT path FROM waived)")


def _check_closed(db: duckdb.DuckDBPyConnection, sides: Sides) -> None:
    (open_,) = db.execute(f"""
        SELECT count(*) FROM o FULL JOIN (SELECT path, count(*) AS times, count(bucket) AS named, any_value(bucket) AS bucket FROM b GROUP BY path) AS c
        USING (path) WHERE o.kind IS NULL OR c.times IS NULL OR c.times <> 1 OR c.named <> 1 OR c.bucket NOT IN {BUCKETS}
    """).fetchall()[0]
    if open_:
        raise AccountOpen("", f"{open_} objects are in no bucket or in several")
    (objects, size) = db.execute(
        "SELECT count(*), coalesce(sum(o.size), 0)::BIGINT FROM b JOIN o USING (path)"
    ).fetchall()[0]
    counted = (sides.old.objects, sides.old.bytes)
    if (objects, size) != counted:
        raise AccountOpen(
            "", f"{objects} objects with {size} bytes accounted for, {counted[0]} with {counted[1]} found"
        )


def _summary(db: duckdb.DuckDBPyConnection, sides: Sides, it: Pass, times: Times) -> dict[str, Any]:
    spaces = _by_space(db)
    buckets = {bucket: _sum(space["buckets"][bucket] for space in spaces) for bucket in BUCKETS}
    (sent,) = db.execute("SELECT coalesce(sum(sent), 0)::BIGINT FROM results").fetchall()[0]
    return {
        "format": 1,
        "pass": it.number,
        "started": times.started,
        "finished": times.finished,
        "old": as_text(sides.old_profile.address),
        "new": as_text(sides.new_profile.address),
        "found": {"objects": sides.old.objects, "bytes": sides.old.bytes},
        "buckets": buckets,
        "closed": True,
        "extra": _extra(db),
        "held_back": read_json(it.planned)["held_back"],
        "sent_bytes": sent,
        "retries": sum(_retries(path) for path in it.result.glob("part-*.parquet")),
        "losses": _losses(db, sides.new_profile),
        "spaces": spaces,
        "fingerprints": {"old": sides.old.fingerprint, "new_before": sides.new.fingerprint},
        "failures": buckets["failed"]["objects"],
        "beside_failures": db.execute(f"SELECT count(*) FROM ({_BESIDE})").fetchall()[0][0],
        "mapped": db.execute("SELECT count(*) FROM mapped").fetchall()[0][0],
    }


def _retries(result: LocalPath) -> int:
    return int((pq.read_schema(result).metadata or {}).get(b"retries", 0))


def _by_space(db: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    rows = db.execute("""
        SELECT CASE WHEN o.kind = 'folder' OR contains(path, '/') THEN split_part(path, '/', 1) ELSE '' END AS space,
               bucket, count(*), coalesce(sum(o.size), 0)::BIGINT
        FROM b JOIN o USING (path) GROUP BY 1, 2 ORDER BY 1
    """).fetchall()
    spaces: dict[str, dict[str, dict[str, int]]] = {}
    for space, bucket, objects, size in rows:
        empty = {name: {"objects": 0, "bytes": 0} for name in BUCKETS}
        spaces.setdefault(space, empty)[bucket] = {"objects": objects, "bytes": size}
    return [
        {"space": shown(decode(space)).removeprefix("/"), "found": _sum(buckets.values()), "buckets": buckets}
        for space, buckets in spaces.items()
    ]


def _sum(counts: Iterator[dict[str, int]] | Any) -> dict[str, int]:
    rows = list(counts)
    return {"objects": sum(row["objects"] for row in rows), "bytes": sum(row["bytes"] for row in rows)}


def _extra(db: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """What was in NEW and is not in OLD: kept, or deleted as ruled."""
    objects, size = db.execute("""
        SELECT count(*), coalesce(sum(p.size), 0)::BIGINT FROM planned AS p JOIN results USING (seq)
        WHERE p.action = 'delete' AND bucket = 'deleted'
    """).fetchall()[0]
    query = """
        SELECT count(*), coalesce(sum(n.size), 0)::BIGINT FROM n_after AS n
        WHERE path NOT IN (SELECT target FROM same) AND path NOT IN (SELECT new FROM decided)
          AND path NOT IN (SELECT coalesce(renamed_from, '') FROM decided)
    """
    all_objects, all_size = db.execute(query).fetchall()[0]
    return {
        "kept": {"objects": all_objects - objects, "bytes": all_size - size},
        "deleted": {"objects": objects, "bytes": size},
    }


def _losses(db: duckdb.DuckDBPyConnection, profile: Profile) -> list[dict[str, Any]]:
    """What NEW does not keep of what was moved."""
    losses = []
    if not profile.keeps_modified:
        (count,) = db.execute("SELECT count(*) FROM b WHERE bucket = 'moved'").fetchall()[0]
        note = Text(
            "the new drive sets times itself; the old ones stand in the manifest",
            "新网盘自行设定时间；原有时间保存在清单中",
        )
        losses.append({"feature": "modified", "count": count, "note": both(note)})
    return losses


def _write_lists(db: duckdb.DuckDBPyConnection, it: Pass, *, hung: bool) -> None:
    failures = chain(_failures(db), map(_failure_hung, failed_features(db)) if hung else ())
    write_lines(it.folder / "failures.jsonl", failures)
    excluded = db.execute(
        "SELECT path, o.kind, o.size, reason FROM b JOIN o USING (path) WHERE bucket = 'excluded' ORDER BY path"
    )
    write_lines(
        it.folder / "excluded.jsonl",
        (
            {
                "path": shown(decode(path)),
                "kind": kind,
                "size": size,
                "reason": both(WHY_EXCLUDED[Reason(reason)]),
            }
            for path, kind, size, reason in _rows(excluded)
        ),
    )
    mapped = db.execute("SELECT path, target, why FROM mapped ORDER BY path")
    write_lines(
        it.folder / "mapped.jsonl",
        (
            {"old": shown(decode(path)), "new": shown(decode(new)), "why": why.split("; ")}
            for path, new, why in _rows(mapped)
        ),
    )


def _failures(db: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    failed = "SELECT path, o.kind, o.size, code, detail, reason, bucket FROM b JOIN o USING (path)"
    failures = db.execute(f"{failed} WHERE bucket IN ('failed', 'waived') ORDER BY path")
    yield from map(_failure, _rows(failures))
    beside = db.execute(f"SELECT * FROM ({_BESIDE}) ORDER BY path")
    yield from map(_failure_beside, _rows(beside))


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := result.fetchmany(_BATCH):
        yield from rows


def _failure(row: tuple[Any, ...]) -> dict[str, Any]:
    path, kind, size, code, detail, reason, bucket = row
    code = code or CODES.get(Reason(reason), "internal")
    facts = {"kind": kind, "size": size, "code": code, "waived": bucket == "waived"}
    return _told(path, facts, Text(*detail) if detail else WHY_FAILED.get(Reason(reason), _UNKNOWN))


def _failure_beside(row: tuple[Any, ...]) -> dict[str, Any]:
    path, kind, code, detail, action = row
    facts = {"kind": kind, "size": 0, "code": code, "waived": False, "beside": True, "action": action}
    return _told(path, facts, Text(*detail) if detail else _UNKNOWN)


def _failure_hung(row: tuple[Any, ...]) -> dict[str, Any]:
    feature, path, what, code, detail = row
    facts = {"kind": feature, "size": 0, "code": code, "waived": False, "what": what}
    return _told(path, facts, Text(*detail) if detail else _NOT_DONE_ALONG)


def _told(path: str, facts: dict[str, Any], detail: Text) -> dict[str, Any]:
    error = known().get(facts["code"], LadingError)(decode(path), detail)
    return {
        "path": shown(decode(path)),
        **facts,
        "message": {language.value: error.message(language) for language in Language},
        "remedy": {language.value: error.next_step(language) for language in Language},
    }


def write_lines(path: LocalPath, rows: Iterator[dict[str, Any]]) -> None:
    """Write *rows* as JSON lines at *path*, whole or not at all."""
    draft = path.with_name(path.name + ".part")
    with open(draft, "w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    os.replace(draft, path)


def both(text: Text) -> dict[str, str]:
    """*text* as JSON, in both languages."""
    return {language.value: text.to(language) for language in Language}
