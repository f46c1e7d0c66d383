"""
What commands that scan a drive are told, and how many processes they use; loads nothing that reads manifests.
"""

from __future__ import annotations

import os

from lading.model.text import Text

DIGEST = Text("Read all content and record its SHA-256.", "读取全部内容并记录其 SHA-256。")
WORKERS = Text(
    "Worker processes (default: the processors of this machine).", "工作进程数（默认：本机处理器数）。"
)
LIMIT = Text(
    "A weekly timetable of bandwidth and calls, e.g. 'mon-fri 08:00-18:00 2MiB/s; else 50MiB/s'.",
    "每周带宽与调用限额表，例如 'mon-fri 08:00-18:00 2MiB/s; else 50MiB/s'。",
)
DRIVE = Text("drive", "网盘")


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
