"""
Snapshots, told.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lading.cli.output import say
from lading.model.text import Text
from lading.vault.snapshots import Snapshot

_SNAPSHOT = Text(
    "snapshot {name}: {files:,} files, {folders:,} folders, {bytes:,} bytes; {new:,} bytes new in the vault",
    "快照 {name}：文件 {files:,}，文件夹 {folders:,}，共 {bytes:,} 字节；保管库新增 {new:,} 字节",
)
_STILL = Text(
    "The drive was the same at the last two of {looks} looks.", "共查看 {looks} 次，最后两次网盘内容相同。"
)
_MOVED = Text(
    "The drive changed while it was read ({looks} looks): the snapshot is not of one moment. Freeze it, or back up when it is quiet.",
    "读取期间网盘有变化（查看 {looks} 次）：快照并非同一时刻。请冻结网盘，或在空闲时备份。",
)
_FROZEN = Text("Nobody could change it meanwhile: {spaces}.", "备份期间以下空间处于冻结状态：{spaces}。")
_HOLES = Text(
    "Some entries could not be read; `lading vault show` lists them.",
    "有条目无法读取；`lading vault show` 可列出。",
)


def facts_of(it: Snapshot) -> dict[str, Any]:
    """*it* as `--json` tells it."""
    return {
        "snapshot": it.name,
        "drive": dict(it.drive),
        "taken": time_of(it.taken),
        "ended": time_of(it.ended),
        "counts": dict(it.counts),
        "bytes": it.bytes,
        "new": it.new,
        "previous": it.previous,
        "complete": it.complete,
        **dict(it.moment),
    }


def tell(it: Snapshot) -> None:
    """Say what was kept."""
    counts = {"file": 0, "folder": 0, **it.counts}
    say(
        _SNAPSHOT,
        name=it.name[:12],
        files=counts["file"],
        folders=counts["folder"],
        bytes=it.bytes,
        new=it.new,
    )
    looks = it.moment.get("looks", 1)
    say(_STILL if it.moment.get("still") else _MOVED, looks=looks)
    if it.moment.get("frozen"):
        say(_FROZEN, spaces=", ".join(map(str, it.moment["frozen"])))
    if not it.complete:
        say(_HOLES)


def time_of(moment: int) -> str:
    """*moment* (ns) as people write it, in UTC."""
    return datetime.fromtimestamp(moment // 10**9, UTC).isoformat()
