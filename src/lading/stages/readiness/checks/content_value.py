"""What need not move: stale, equal and huge files, with what leaving them behind saves."""

from __future__ import annotations

from lading.model.text import Text
from lading.stages.readiness.findings import Owner, Rule, Severity
from lading.stages.readiness.tallies import Line, check_of

_RULE = Text(
    "Engineering rule: what does not move cannot fail to arrive, and takes no time",
    "工程规则：不迁移的内容不会丢失，也不占时间",
)
STALE = Rule(
    "content.stale",
    Severity.ADVICE,
    Owner.DEPARTMENT_HEAD,
    Text("Files that nobody has changed for years", "多年未修改的文件"),
    Text(
        "They take transfer time and space, and hide what is in use.",
        "它们占用传输时间和空间，并掩盖仍在使用的内容。",
    ),
    Text(
        "Decide with the retention rules of the firm: move, archive, or leave behind.",
        "请依据公司的保留制度决定：迁移、归档或舍弃。",
    ),
    _RULE,
)
EQUAL = Rule(
    "content.equal",
    Severity.ADVICE,
    Owner.DEPARTMENT_HEAD,
    Text("Files with equal content", "内容相同的文件"),
    Text(
        "Copies of one content take time and space, and later nobody knows which one counts.",
        "同一内容的多个副本占用时间和空间，日后也无人知道以哪一份为准。",
    ),
    Text(
        "Keep one where they are copies by accident; templates and filings may stay.",
        "若系无意的副本则保留一份；模板和归档可以保留。",
    ),
    _RULE,
)
HUGE = Rule(
    "content.huge",
    Severity.ADVICE,
    Owner.DEPARTMENT_HEAD,
    Text("Very large files", "特大文件"),
    Text(
        "One of them holds a line for long; after a break without resumption it begins anew.",
        "单个文件会长时间占用线路；若不支持续传，中断后须从头开始。",
    ),
    Text(
        "Send them in the first passes, over the fastest line, or leave disk images and recordings behind.",
        "请在最初几轮经最快的线路传送，或舍弃磁盘映像和录像。",
    ),
    _RULE,
)

CHECK = check_of(
    Line(
        "stale",
        STALE,
        Text("{count:,} {count:file|files}, {size}{saving}", "{count:,} 个文件，共 {size}{saving}"),
    ),
    Line(
        "equal",
        EQUAL,
        Text("{count:,} surplus copies, {size}{saving}", "{count:,} 个多余副本，共 {size}{saving}"),
    ),
    Line(
        "huge",
        HUGE,
        Text("{count:,} {count:file|files}, {size}{saving}", "{count:,} 个文件，共 {size}{saving}"),
    ),
)
