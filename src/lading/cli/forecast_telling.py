"""
A forecast of a copy, told.
"""

from __future__ import annotations

from collections.abc import Mapping

from lading.cli.durations import spoken
from lading.cli.output import say
from lading.model.text import Text, language_of
from lading.stages.readiness.facts.forecast import ForecastFacts

_WHOLE = Text(
    "The whole copy would take {time} (from {least} to {most}): {files:,} files, {folders:,} folders, {bytes:,} bytes{versions}.",
    "完整复制预计需要 {time}（{least} 至 {most}）：{files:,} 个文件，{folders:,} 个文件夹，{bytes:,} 字节{versions}。",
)
_VERSIONS = Text(", {count:,} earlier versions", "，{count:,} 个历史版本")
_BINDS = Text("Most of it is {what}.", "其中主要为{what}。")
_TRIED = Text(
    "Tried: {portions} portions in {time}; the folder of the trial is removed.",
    "试复制：{portions} 个批次，用时 {time}；试复制文件夹已清除。",
)
_FAILED = Text(
    "{count:,} objects of the sample could not be copied; `lading copy` will list such failures.",
    "样本中有 {count:,} 个对象无法复制；`lading copy` 会列出此类失败。",
)
BINDS: Mapping[str, Text] = {
    "fixed": Text("what a copy costs however little it moves", "与数量无关的固定开销"),
    "file": Text("what each file costs, whatever its size", "每个文件的开销，与大小无关"),
    "folder": Text("what each folder costs", "每个文件夹的开销"),
    "byte": Text("the bytes", "数据量"),
    "version": Text("what each earlier version costs", "每个历史版本的开销"),
    "row": Text("grants and links", "权限与链接"),
}


def tell(facts: ForecastFacts, failed: int) -> None:
    """Say what the trial showed."""
    versions = _VERSIONS.to(language_of(), count=facts.versions) if facts.versions else ""
    say(
        _WHOLE,
        time=spoken(facts.seconds),
        least=spoken(facts.least),
        most=spoken(facts.most),
        files=facts.files,
        folders=facts.folders,
        bytes=facts.bytes,
        versions=versions,
    )
    say(_BINDS, what=BINDS[facts.binds].to(language_of()))
    say(_TRIED, portions=facts.portions, time=spoken(facts.tried))
    if failed:
        say(_FAILED, count=failed)
