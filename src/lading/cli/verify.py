"""
`lading verify OLD NEW`.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import Any

import click

from lading.cli.options import Percent, address, drive_option, json_option
from lading.cli.output import answer, person, progress_bar, say, speak
from lading.connectors.address import Address
from lading.connectors.crew import Crew
from lading.connectors.wrap.policy import Policy
from lading.connectors.wrap.timetable import parse_timetable
from lading.manifest.files import local_errors
from lading.model.errors import DIFFERENT, BadRequest
from lading.model.text import Text, language_of
from lading.stages.verification.order import Extent, Order, Side
from lading.stages.verification.state import Job, check_different, job_in, locked, make_job
from lading.stages.verification.tally import Tally
from lading.stages.verification.verifying import Verified, verify

HELP = Text(
    """Read the drives OLD and NEW anew and list every difference.

    Nothing is changed on either side. All files are read on both sides and compared byte by
    byte; with --sample or --sample-share only a random part of them is.

    Exit codes: 0 nothing differs; 10 something differs; 5 a copy of these drives is at work;
    others see docs/manual/errors.md.
    """,
    """重新读取网盘 OLD 与 NEW，并列出全部差异。

    不会改动任何一侧。默认读取两侧的所有文件并逐字节比较；使用 --sample 或 --sample-share
    时只读取随机抽取的一部分。

    退出码：0 无差异；10 存在差异；5 这两个网盘正在复制；其余见 docs/manual/errors.md。
    """,
)
STATE = Text(
    "Folder that keeps the state of the job; without it that of an earlier copy in .lading is used, else none is kept.",
    "保存任务状态的文件夹；未给出时使用 .lading 中已有的复制状态，否则不保留。",
)
SAMPLE = Text("Read this many files drawn at random.", "只读取随机抽取的若干个文件。")
SHARE = Text("Read this share of the files, drawn at random.", "只读取随机抽取的一定比例的文件。")
SEED = Text("Draw the same files as an earlier run with this seed.", "以此种子抽取与先前相同的文件。")
MAPPED = Text(
    "A list of names that are others in NEW: mapped.jsonl or mapped.parquet of a pass.",
    "NEW 中名称不同的对象清单：某一轮的 mapped.jsonl 或 mapped.parquet。",
)
LIST = Text("Write all differences to this file, as JSON lines.", "将全部差异以 JSON 行写入该文件。")
IGNORE = Text("Do not count what is in NEW only as a difference.", "仅存在于 NEW 的对象不计为差异。")
LIMIT = Text(
    "Limits for reading {which}, e.g. 'mon-fri 08:00-18:30 2MiB/s 20calls/s'.",
    "读取 {which} 的限速，例如 'mon-fri 08:00-18:30 2MiB/s 20calls/s'。",
)
WORKERS = Text(
    "Worker processes; default one per processor, at most 8.", "工作进程数；默认每个处理器一个，最多 8 个。"
)

MOST_WORKERS = 8
"""Beyond this many nothing gets faster unless a person knows better (--workers)."""
SHOWN = 20
"""Differences shown on the terminal; with --json `LISTED` of them."""
LISTED = 100


@click.command(help=speak(HELP))
@click.argument("old")
@click.argument("new")
@drive_option("--old-opt", Text("old drive", "旧网盘"))
@drive_option("--new-opt", Text("new drive", "新网盘"))
@click.option("--state", metavar="DIR", help=speak(STATE))
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help=speak(SAMPLE))
@click.option(
    "--sample-share",
    type=Percent(0, 100, min_open=True),
    metavar="PERCENT",
    help=speak(SHARE),
)
@click.option("--seed", metavar="TEXT", help=speak(SEED))
@click.option("--mapped", metavar="FILE", help=speak(MAPPED))
@click.option("--list", "listing", metavar="FILE", help=speak(LIST))
@click.option("--ignore-extra", is_flag=True, help=speak(IGNORE))
@click.option("--old-limit", default="", metavar="TIMETABLE", help=speak(LIMIT, which="OLD"))
@click.option("--new-limit", default="", metavar="TIMETABLE", help=speak(LIMIT, which="NEW"))
@click.option("--workers", type=click.IntRange(1, 64), help=speak(WORKERS))
@json_option
def command(old: str, new: str, as_json: bool, **given: Any) -> int:
    """Hold one drive against another."""
    extent = _extent(given)
    sides = _read_only(address(old, given["old_opt"])), _read_only(address(new, given["new_opt"]))
    check_different(*sides)
    tally = Tally()
    with _job(given["state"], *sides) as job, locked(job):
        order = Order(
            old=Side(sides[0], _policy(given["old_limit"], job, "old")),
            new=Side(sides[1], _policy(given["new_limit"], job, "new")),
            extent=extent,
            ignore_extra=given["ignore_extra"],
            mapped=given["mapped"],
            actor=person(),
        )
        # The workers are forked before the progress bar starts its thread.
        with Crew(given["workers"] or _processors(), publish=tally.told, drives=sides) as crew:
            with progress_bar(quiet=as_json) as tally.publish:
                verified = verify(order, job, crew, tally, now=time.time)
        _keep_list(verified, given["listing"])
        return _tell(verified, job, as_json)


def _extent(given: dict[str, Any]) -> Extent:
    if given["sample"] is not None and given["sample_share"] is not None:
        raise BadRequest(
            "--sample", Text("not together with --sample-share", "不能与 --sample-share 同时使用")
        )
    if given["sample"] is None and given["sample_share"] is None:
        if given["seed"] is not None:
            raise BadRequest(
                "--seed", Text("needs --sample or --sample-share", "需要 --sample 或 --sample-share")
            )
        return Extent()
    share = None if given["sample_share"] is None else given["sample_share"] / 100
    # Unforeseeable unless asked for: who knows the sample can prepare for it.
    return Extent(files=given["sample"], share=share, seed=given["seed"] or secrets.token_hex(8))


def _read_only(it: Address) -> Address:
    """Options with which a drive would be made or tried out by writing have no place here."""
    options = {name: value for name, value in it.options.items() if name not in ("create", "role")}
    return replace(it, options=options)


def _policy(limits: str, job: Job, side: str) -> Policy:
    parse_timetable(limits)
    # Shared with a copy of the same drives: what one uses up the other does not have.
    state = os.path.join(job.folder, f"limits-{side}") if limits else ""
    return Policy(read_only=True, limits=limits, limits_state=state)


@contextmanager
def _job(state: str | None, old: Address, new: Address) -> Iterator[Job]:
    """The folder to work in: the job's own, or one that is thrown away."""
    if state is not None:
        yield make_job(state, old, new)
    elif (job := job_in(".lading", old, new)) is not None:
        yield job
    else:
        with tempfile.TemporaryDirectory(prefix="lading-verify-") as scratch:
            yield make_job(scratch, old, new, kept=False)


def _keep_list(verified: Verified, listing: str | None) -> None:
    if listing is not None:
        with local_errors(listing):
            shutil.copyfile(os.path.join(verified.folder, "differences.jsonl"), listing + ".part")
            os.replace(listing + ".part", listing)


def _processors() -> int:
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST_WORKERS, there)


VERDICT = {
    True: Text("Nothing differs.", "未发现差异。"),
    False: Text("OLD and NEW differ.", "OLD 与 NEW 存在差异。"),
}
CHECKED = Text(
    "Checked {objects:,} of {found:,} objects; read {files:,} files, {bytes:,} bytes, on both sides; {equal:,} are equal.",
    "已检查 {found:,} 个对象中的 {objects:,} 个；在两侧读取 {files:,} 个文件，共 {bytes:,} 字节；{equal:,} 个一致。",
)
NAMES = {
    "missing": Text("missing", "缺失"),
    "extra": Text("extra", "多余"),
    "content": Text("content", "内容"),
    "size": Text("size", "大小"),
    "kind": Text("kind", "类型"),
    "name": Text("name", "名称"),
    "modified": Text("time", "时间"),
    "unreadable": Text("unreadable", "无法读取"),
    "record": Text("record", "记录"),
}
EXCLUDED = Text("{count:,} objects were left behind on purpose.", "{count:,} 个对象按规则未迁移。")
TIMES = Text(
    "{count:,} folders have another time in NEW; this is not counted as a difference.",
    "{count:,} 个文件夹在 NEW 中的时间不同；不计为差异。",
)
MORE = Text("… and {count:,} more", "……另有 {count:,} 条")
SEEDED = Text("Seed of the sample: {seed}", "抽样种子：{seed}")
KEPT = Text("The result is kept in {folder}", "结果保存在 {folder}")


def _tell(verified: Verified, job: Job, as_json: bool) -> int:
    facts = verified.facts
    code = 0 if verified.ok else DIFFERENT
    place = {"folder": verified.folder, "verification": verified.number} if job.kept else {}
    if as_json:
        answer("verify", {**facts, **place, "first": _first(verified.folder, LISTED)}, exit_code=code)
        return code
    say(
        CHECKED,
        objects=facts["checked"]["objects"],
        found=facts["found"]["objects"],
        files=facts["read"]["objects"],
        bytes=facts["read"]["bytes"],
        equal=facts["equal"],
    )
    _tell_differences(verified)
    for text, count in ((EXCLUDED, facts["excluded"]), (TIMES, facts["folder_times"])):
        if count:
            say(text, count=count)
    if facts["confidence"] is not None:
        sys.stdout.write(facts["confidence"]["statement"][language_of().value] + "\n")
        say(SEEDED, seed=facts["seed"])
    if job.kept:
        say(KEPT, folder=verified.folder)
    say(VERDICT[verified.ok])
    return code


def _tell_differences(verified: Verified) -> None:
    counts = verified.facts["differences"]
    for what, count in counts.items():
        sys.stdout.write(f"  {speak(NAMES[what]):>12}  {count:>12,}\n")
    first = _first(verified.folder, SHOWN)
    for row in first:
        note = row["note"][language_of().value]
        sys.stdout.write(f"  {speak(NAMES[row['what']])}  {row['path']}  {note}\n")
    if (rest := sum(counts.values()) - len(first)) > 0:
        say(MORE, count=rest)


def _first(folder: str, count: int) -> list[dict[str, Any]]:
    with open(os.path.join(folder, "differences.jsonl"), encoding="utf-8") as stream:
        return [json.loads(line) for line in islice(stream, count)]
