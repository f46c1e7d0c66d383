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
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path as LocalPath
from typing import Any

import pyarrow.parquet as pq

from lading.connectors.profile import Profile
from lading.manifest.engine import engine
from lading.model.errors import LadingError, known
from lading.model.failpoints import failpoint
from lading.model.paths import decode, shown
from lading.model.text import Language, Text
from lading.stages.transfer.decide import Reason
from lading.stages.transfer.ends import Ends, close_features, failed_features
from lading.stages.transfer.fresh import is_fresh
from lading.stages.transfer.fresh_account import settle_fresh
from lading.stages.transfer.landed import write_landed, write_rows
from lading.stages.transfer.plan import Sides
from lading.stages.transfer.rules import Rules
from lading.stages.transfer.settled import BUCKETS, Settled, settle
from lading.stages.transfer.state import Pass, as_text, read_json, write_json
from lading.stages.transfer.tables import MEMORY

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
    if ends is None and is_fresh(sides.old, sides.new, sides.landed):
        account = _closed_in_memory(sides, rules, it, times, landed)
    else:
        account = _closed_by_database(sides, rules, it, times, landed, ends)
    failpoint("account.landed")
    write_json(it.account, account)
    failpoint("account.written")
    return account


def _closed_in_memory(
    sides: Sides, rules: Rules, it: Pass, times: Times, landed: LocalPath
) -> dict[str, Any]:
    settled = settle_fresh(sides.old, it, rules, times.today)
    rows = settled.landed()
    with ThreadPoolExecutor(1, thread_name_prefix="landed") as thread:
        # Arrow leaves Python alone while it writes.
        writing = thread.submit(write_rows, rows, landed)
        account = _summary(settled, sides, it, times)
        _write_lists(settled, it)
        writing.result()
    return account


def _closed_by_database(
    sides: Sides, rules: Rules, it: Pass, times: Times, landed: LocalPath, ends: Ends | None
) -> dict[str, Any]:
    with engine(str(it.folder), memory_limit=MEMORY) as db:
        settled = settle(db, sides, it, rules, times.today)
        account = _summary(settled, sides, it, times)
        if ends is not None:
            account |= close_features(db, sides, it, ends)
            account["failures"] += account["feature_failures"]
        _write_lists(settled, it, () if ends is None else failed_features(db))
        write_landed(db, sides.landed, landed)
    return account


def _summary(settled: Settled, sides: Sides, it: Pass, times: Times) -> dict[str, Any]:
    figures, spaces = settled.figures(), _by_space(settled.sums())
    buckets = {bucket: _sum(space["buckets"][bucket] for space in spaces) for bucket in BUCKETS}
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
        "extra": {"kept": figures.kept._asdict(), "deleted": figures.deleted._asdict()},
        "held_back": read_json(it.planned)["held_back"],
        "sent_bytes": figures.sent,
        "retries": sum(_retries(path) for path in it.result.glob("part-*.parquet")),
        "losses": _losses(buckets["moved"]["objects"], sides.new_profile),
        "spaces": spaces,
        "fingerprints": {"old": sides.old.fingerprint, "new_before": sides.new.fingerprint},
        "failures": buckets["failed"]["objects"],
        "beside_failures": figures.beside,
        "mapped": figures.mapped,
    }


def _retries(result: LocalPath) -> int:
    return int((pq.read_schema(result).metadata or {}).get(b"retries", 0))


def _by_space(sums: Iterable[tuple[str, str, int, int]]) -> list[dict[str, Any]]:
    spaces: dict[str, dict[str, dict[str, int]]] = {}
    for space, bucket, objects, size in sums:
        empty = {name: {"objects": 0, "bytes": 0} for name in BUCKETS}
        spaces.setdefault(space, empty)[bucket] = {"objects": objects, "bytes": size}
    return [
        {"space": shown(decode(space)).removeprefix("/"), "found": _sum(buckets.values()), "buckets": buckets}
        for space, buckets in spaces.items()
    ]


def _sum(counts: Iterator[dict[str, int]] | Any) -> dict[str, int]:
    rows = list(counts)
    return {"objects": sum(row["objects"] for row in rows), "bytes": sum(row["bytes"] for row in rows)}


def _losses(moved: int, profile: Profile) -> list[dict[str, Any]]:
    """What NEW does not keep of the *moved* objects."""
    if profile.keeps_modified:
        return []
    note = Text(
        "the new drive sets times itself; the old ones stand in the manifest",
        "新网盘自行设定时间；原有时间保存在清单中",
    )
    return [{"feature": "modified", "count": moved, "note": both(note)}]


def _write_lists(settled: Settled, it: Pass, hung: Iterable[tuple[Any, ...]] = ()) -> None:
    """Write the lists; *hung* are the failures of what goes along with the files."""
    failures = chain(
        map(_failure, settled.failed()), map(_failure_beside, settled.beside()), map(_failure_hung, hung)
    )
    write_lines(it.folder / "failures.jsonl", failures)
    write_lines(it.folder / "excluded.jsonl", map(_excluded, settled.excluded()))
    write_lines(it.folder / "mapped.jsonl", map(_mapped, settled.mapped()))


def _excluded(row: tuple[Any, ...]) -> dict[str, Any]:
    path, kind, size, reason = row
    why = both(WHY_EXCLUDED[Reason(reason)])
    return {"path": shown(decode(path)), "kind": kind, "size": size, "reason": why}


def _mapped(row: tuple[Any, ...]) -> dict[str, Any]:
    path, new, why = row
    return {"old": shown(decode(path)), "new": shown(decode(new)), "why": why.split("; ")}


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
