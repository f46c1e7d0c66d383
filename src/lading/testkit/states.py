"""
State folders of jobs as a run leaves them, for whoever reads them: finished, in flight, killed, damaged.

They hold what the engine writes, in its formats, with sums that are right.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path as LocalPath
from typing import Any

from lading.evidence.ledger import Ledger
from lading.model.errors import LadingError, known
from lading.model.text import Language

BEGIN = 1_795_330_000.0
"""When the first pass of every state starts, in seconds since 1970."""
BUCKETS = ("moved", "same", "renamed", "excluded", "waived", "failed")
OLD = "https://drive.firm.example/dav/"
NEW = "/srv/drive/项目融资"

FAILURES: tuple[tuple[str, str], ...] = (
    ("/Hainan LNG 海南液化/03 融资协议/Facility Agreement v12 (signed).pdf", "truncated"),
    ("/Hainan LNG 海南液化/04 模型/Base Case 2026-11.xlsx", "unreadable"),
    ("/Gobi Wind 戈壁风电/尽调/Scan 0417.tif", "unreadable"),
    ("/Gobi Wind 戈壁风电/尽调/权限受限/董事会决议.docx", "forbidden"),
    ("/Delta Toll Road/Drawings/Bridge 7 … elevation.dwg", "too_large"),
)


@dataclass
class JobState:
    """The state folder of a job, filled one run after another."""

    folder: LocalPath
    now: float = BEGIN

    @classmethod
    def begin(cls, folder: LocalPath) -> JobState:
        """A fresh state folder in *folder*."""
        folder.mkdir(parents=True)
        sides = {
            "old": {
                "kind": "webdav",
                "place": OLD,
                "options": {"user": "anna", "password": "env:DRIVE_PASSWORD"},
            },
            "new": {"kind": "folder", "place": NEW, "options": {}},
        }
        _write(folder / "job.json", {"format": 1, "job": "5f1d0c9a7be24e33", **sides})
        (folder / "lock").touch()
        return cls(folder)

    def start(self, *, objects: int, size: int, parts: int = 12) -> LocalPath:
        """Start a pass and plan it; its folder."""
        number = len(list((self.folder / "passes").glob("*"))) + 1
        folder = self.folder / "passes" / f"{number:04d}"
        for name in ("plan", "work", "result", "old"):
            (folder / name).mkdir(parents=True)
        _write(folder / "old" / "manifest.json", {"format": 1})
        actions = {"copy": count(objects, size), "make_folder": count(120), "same": count(0)}
        _write(folder / "plan.json", {"actions": actions, "partitions": parts})
        self.record("copy.started", {"pass": number, "old": OLD, "new": NEW})
        return folder

    def work(self, folder: LocalPath, seconds: int, *, per_second: int, size: int, pause: float = 0) -> None:
        """Note *seconds* of progress, a sample a second, then stay silent for *pause* seconds."""
        path = folder / "rates.jsonl"
        done = json.loads(path.read_text().splitlines()[-1]) if path.exists() else {"objects": 0, "bytes": 0}
        done.pop("t", None)
        with open(path, "a", encoding="utf-8") as stream:
            for second in range(seconds + 1):
                wave = 1 + 0.35 * math.sin(second / 7) + 0.2 * math.sin(second / 2.3)
                done["objects"] += int(per_second * wave)
                done["bytes"] += int(size * wave * (1 + 0.3 * math.sin(second / 11)))
                stream.write(json.dumps({"t": self.now + second, **done}) + "\n")
        self.now += seconds + pause

    def finish(
        self, folder: LocalPath, spaces: Mapping[str, Mapping[str, Any]], **lists: Any
    ) -> dict[str, Any]:
        """Close the account of a pass over *spaces*; *lists* are rows for failures, excluded, mapped, and losses."""
        number = int(folder.name)
        rows = [space_row(name, buckets) for name, buckets in spaces.items()]
        account = {
            "format": 1, "pass": number, "started": BEGIN if number == 1 else self.now - 5, "finished": self.now,
            "old": OLD, "new": NEW, "found": added(row["found"] for row in rows),
            "buckets": {name: added(row["buckets"][name] for row in rows) for name in BUCKETS}, "closed": True,
            "extra": {"kept": count(14, 3_400_000), "deleted": count(0)},
            "sent_bytes": sum(row["buckets"]["moved"]["bytes"] for row in rows), "retries": lists.get("retries", 0),
            "losses": lists.get("losses", []), "spaces": rows,
            "fingerprints": {"old": "3a" * 32, "new_before": "c4" * 32},
            "failures": len(lists.get("failures", ())), "mapped": len(lists.get("mapped", ())),
        }  # fmt: skip
        for name in ("failures", "excluded", "mapped"):
            lines(folder / f"{name}.jsonl", lists.get(name, ()))
        _write(folder / "account.json", account)
        digest = hashlib.sha256((folder / "account.json").read_bytes()).hexdigest()
        self.record("copy.finished", {"pass": number, "account": digest, "buckets": account["buckets"]})
        return account

    def verify(self, differences: Iterable[Mapping[str, Any]] = (), **more: Any) -> None:
        """Verify both drives again, with these *differences* found."""
        number = len(list((self.folder / "verifications").glob("*"))) + 1
        folder = self.folder / "verifications" / f"{number:04d}"
        folder.mkdir(parents=True)
        found = list(differences)
        lines(folder / "differences.jsonl", found)
        kinds = sorted({row["what"] for row in found})
        facts = {
            "format": 1, "started": self.now + 30, "finished": self.now + 154, "old": OLD, "new": NEW, "mode": "full",
            "checked": count(18_204, 9_100_000_000), "equal": 18_204 - len(found), "confidence": None,
            "differences": {kind: sum(row["what"] == kind for row in found) for kind in kinds}, "ok": not found, **more,
        }  # fmt: skip
        self.now += 160
        _write(folder / "verification.json", facts)
        digest = hashlib.sha256((folder / "verification.json").read_bytes()).hexdigest()
        self.record("verify.finished", {"verification": number, "result": digest, "ok": not found})

    def record(self, kind: str, facts: Mapping[str, Any]) -> None:
        """Add a record to the ledger."""
        at = datetime.fromtimestamp(self.now, UTC)
        Ledger(self.folder / "ledger.jsonl").append(kind, facts, actor="anna", at=at)


def firm(folder: LocalPath, *, failed: bool = True) -> JobState:
    """
    A firm's drive after two passes, the first one killed and paused in between, and a verification.

    With *failed* some objects failed and the verification finds a few differences.
    """
    job = JobState.begin(folder)
    first = job.start(objects=18_000, size=9_000_000_000)
    job.work(first, 90, per_second=80, size=38_000_000, pause=41)
    job.record("copy.resumed", {"pass": 1})
    job.work(first, 60, per_second=95, size=44_000_000, pause=61_200)
    job.record("copy.resumed", {"pass": 1})
    job.work(first, 50, per_second=70, size=30_000_000)
    losses = [{"feature": "modified", "count": 17_310, "note": LOSS}]
    lists = {"excluded": excluded_rows(30), "mapped": MAPPED, "losses": losses}
    spaces = SPACES if failed else {name: {**row, "failed": (0, 0)} for name, row in SPACES.items()}
    failures = [failure(path, code) for path, code in FAILURES] if failed else []
    job.finish(first, spaces, failures=failures, retries=37, **lists)
    second = job.start(objects=40, size=90_000_000, parts=1)
    job.work(second, 8, per_second=5, size=9_000_000)
    again = {name: {**row, "moved": (4, 9_000_000), "same": row["moved"]} for name, row in spaces.items()}
    job.finish(second, again, failures=failures, **lists)
    job.verify(DIFFERENCES if failed else ())
    return job


def failure(path: str, code: str, size: int = 48_120_004) -> dict[str, Any]:
    """A row of `failures.jsonl`."""
    error = known().get(code, LadingError)(path, "reading stopped")
    message = {it.value: error.message(it) for it in Language}
    remedy = {it.value: error.next_step(it) for it in Language}
    return {"path": path, "kind": "file", "size": size, "code": code, "message": message, "remedy": remedy}


def excluded_rows(number: int) -> list[dict[str, Any]]:
    """Rows of `excluded.jsonl`."""
    by_rule = {"en": "excluded by --exclude", "zh": "由 --exclude 排除"}
    link = {"en": "a symbolic link; links are reported, never followed", "zh": "符号链接；只报告，从不跟随"}
    rows = [
        {"path": f"/Archive/~$draft {n}.docx", "kind": "file", "size": 162, "reason": by_rule}
        for n in range(number)
    ]
    return [*rows, {"path": "/Archive/latest", "kind": "symlink", "size": 0, "reason": link}]


def space_row(name: str, buckets: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the account's spaces from (objects, bytes) by bucket."""
    full = {bucket: count(*buckets.get(bucket, (0, 0))) for bucket in BUCKETS}
    return {"space": name, "found": added(full.values()), "buckets": full}


def added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The sum of counts."""
    rows = list(counts)
    return count(sum(row["objects"] for row in rows), sum(row["bytes"] for row in rows))


def count(objects: int, size: int = 0) -> dict[str, int]:
    """Objects and bytes as the account has them."""
    return {"objects": objects, "bytes": size}


def lines(path: LocalPath, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write JSON lines."""
    with open(path, "w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _write(path: LocalPath, facts: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")
    os.utime(path, (BEGIN, BEGIN))


SPACES: dict[str, dict[str, tuple[int, int]]] = {
    "Hainan LNG 海南液化": {
        "moved": (6_210, 3_900_000_000),
        "excluded": (12, 2_000),
        "failed": (2, 96_240_008),
    },
    "Gobi Wind 戈壁风电": {
        "moved": (5_014, 2_700_000_000),
        "excluded": (9, 1_458),
        "failed": (2, 96_240_008),
    },
    "Delta Toll Road": {"moved": (3_902, 1_800_000_000), "excluded": (6, 972), "failed": (1, 48_120_004)},
    "Archive": {"moved": (2_184, 700_000_000), "same": (860, 120_000_000), "excluded": (4, 648)},
    "": {"moved": (3, 81_000)},
}
LOSS = {
    "en": "the new drive sets times itself; the old ones stand in the manifest",
    "zh": "新网盘自行设定时间；原有时间保存在清单中",
}
MAPPED = [
    {"old": "/Archive/CON.txt", "new": "/Archive/CON_.txt", "why": ["reserved name"]},
    {
        "old": "/Gobi Wind 戈壁风电/会议纪要 10:30.docx",
        "new": "/Gobi Wind 戈壁风电/会议纪要 10：30.docx",
        "why": ["forbidden character"],
    },
    {"old": "/Archive/report.", "new": "/Archive/report._", "why": ["trailing dot"]},
]
DIFFERENCES = [
    {"path": path, "what": what, "old": {}, "new": {}, "note": {"en": en, "zh": zh}}
    for path, what, en, zh in (
        (FAILURES[0][0], "missing", "not on the new drive", "新网盘上没有"),
        (FAILURES[1][0], "missing", "not on the new drive", "新网盘上没有"),
        ("/Archive/2019/租约.pdf", "content", "the same size, another digest", "大小相同，摘要不同"),
    )
]
