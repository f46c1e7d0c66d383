"""
A drill, told.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from lading.cli.durations import spoken
from lading.cli.output import say
from lading.model.text import Text, language_of

FIRST = 20
"""Reasons that are printed; the result has all of them."""

_PASSED = Text("The drill passed: snapshot {name}.", "演练通过：快照 {name}。")
_FAILED = Text(
    "The drill FAILED: snapshot {name}, {count:,} reasons.", "演练未通过：快照 {name}，共 {count:,} 项原因。"
)
_MORE = Text("… and {count:,} more", "……另有 {count:,} 项")
_COMPARED = Text(
    "Restored and compared: {entries:,} entries, {bytes:,} bytes ({critical:,} critical files){beside}.",
    "已恢复并比较：{entries:,} 个条目，{bytes:,} 字节（关键文件 {critical:,} 个）{beside}。",
)
_INSIDE = Text(
    "The scratch place cannot hold these; they were compared inside the snapshot: {tables}.",
    "临时位置无法保存以下信息，已在快照内核对：{tables}。",
)
_LIVE = Text(
    "Compared with the drive: {folders:,} folders, {files:,} unchanged files of the sample.",
    "已与网盘比较：文件夹 {folders:,} 个，样本中未变动的文件 {files:,} 个。",
)
_RPO = Text(
    "RPO {age}: so old is the snapshot; moments of its spaces lie at most {gap} apart.",
    "RPO {age}：快照的时间距今；各空间的时刻相差至多 {gap}。",
)
_RTO = Text("RTO {time} for what was drilled, compared.", "RTO {time}：本次演练内容恢复并比较完毕所需时间。")
_FORECAST = Text(
    "A full restore would take {time} (from {least} to {most}): {objects:,} objects, {bytes:,} bytes.",
    "完整恢复预计需要 {time}（{least} 至 {most}）：{objects:,} 个对象，{bytes:,} 字节。",
)
_FILE = Text("Result: {file} (seed {seed})", "结果：{file}（种子 {seed}）")


def tell(result: Mapping[str, Any], file: str) -> None:
    """Say what the drill showed."""
    language, reasons = language_of(), result["reasons"]
    name = result["snapshot"]["name"][:12]
    say(_PASSED if result["passed"] else _FAILED, name=name, count=len(reasons))
    for it in reasons[:FIRST]:
        sys.stdout.write(f"  {it['subject']}: {it['message'][language.value]} [{it['code']}]\n")
    if len(reasons) > FIRST:
        say(_MORE, count=len(reasons) - FIRST)
    _tell_compared(result)
    if result["confidence"]["files"]:
        sys.stdout.write(f"{result['confidence']['statement'][language.value]}\n")
    say(_RPO, age=spoken(result["rpo"]["seconds"]), gap=spoken(result["rpo"]["gap"]))
    say(_RTO, time=spoken(result["rto"]["seconds"]))
    if (told := result["forecast"]) is not None:
        times = {
            name: spoken(told[key])
            for name, key in (("time", "seconds"), ("least", "least"), ("most", "most"))
        }
        say(_FORECAST, **times, objects=told["objects"], bytes=told["bytes"])
    say(_FILE, file=file, seed=result["seed"])


def _tell_compared(result: Mapping[str, Any]) -> None:
    compared = result["compared"]
    if compared["scratch"]:
        counts = {name: it for name, it in compared["scratch"].items() if name not in ("entries", "bytes")}
        beside = "".join(f", {name} {count:,}" for name, count in counts.items())
        scratch = compared["scratch"]
        say(
            _COMPARED,
            entries=scratch["entries"],
            bytes=scratch["bytes"],
            critical=result["critical"],
            beside=beside,
        )
    if compared["snapshot"]:
        say(_INSIDE, tables=", ".join(f"{name} {count:,}" for name, count in compared["snapshot"].items()))
    if compared["drive"]:
        say(_LIVE, **compared["drive"])
