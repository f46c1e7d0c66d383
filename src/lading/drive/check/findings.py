"""
What a check can find, as values.

Each kind has a stable code, a severity, and words in both languages.  A
finding names no person; names of files stand only in the facts of contents
that are lost, because somebody has to bring them back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from lading.model.text import Language, Text

SHOWN = 1000
"""So many findings of a report are kept with their facts; all are counted."""


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    """Somebody cannot read what they saved, or it is not what they saved."""
    WARNING = "warning"
    """A number or a place is wrong; every content is there."""
    NOTICE = "notice"
    """Something is left over; nobody misses anything."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding; *repair* says what `--repair` does about it, or what a person can do."""

    severity: Severity
    says: Text
    repair: Text


_BACKUP = Text(
    "Bring the file back from a backup, or save it again; putting the same content once heals every version of it.",
    "请从备份恢复该文件，或重新保存；只要再次存入相同内容，所有相关版本即恢复。",
)
_TIDY = Text("“lading drive tidy” removes it.", "“lading drive tidy” 会将其清除。")
_SET_RIGHT = Text("Repairing sets it right.", "修复时会更正。")
_BY_HAND = Text("Ask the maintainers; nothing is changed.", "请联系维护者；不会作任何更改。")

KINDS: Mapping[str, Kind] = {
    "content.missing": Kind(
        Severity.ERROR,
        Text(
            "{subject}: the content is missing; versions hit: {versions}",
            "{subject}：内容缺失；受影响的版本数：{versions}",
        ),
        _BACKUP,
    ),
    "content.wrong": Kind(
        Severity.ERROR,
        Text(
            "{subject}: the content is damaged; versions hit: {versions}",
            "{subject}：内容已损坏；受影响的版本数：{versions}",
        ),
        Text(
            "Repairing moves it to “damaged”. Then bring the file back from a backup or save it again.",
            "修复时会将其移至“damaged”。随后请从备份恢复或重新保存该文件。",
        ),
    ),
    "content.unreadable": Kind(
        Severity.ERROR,
        Text("{subject}: the disk cannot read the content", "{subject}：磁盘无法读取该内容"),
        Text("Look after the disk first; nothing is changed.", "请先检查磁盘；不会作任何更改。"),
    ),
    "content.swept": Kind(
        Severity.WARNING,
        Text("{subject}: needed, but among what was taken out", "{subject}：仍被需要，却位于已移出区"),
        Text("Repairing brings it back; it is read all the while.", "修复时会将其移回；期间仍可读取。"),
    ),
    "content.unrecorded": Kind(
        Severity.WARNING,
        Text("{subject}: versions need a content that is not recorded", "{subject}：有版本引用未登记的内容"),
        Text("Repairing records it.", "修复时会登记。"),
    ),
    "content.unfounded": Kind(
        Severity.NOTICE,
        Text(
            "{subject}: recorded, not in the store, and needed by nothing",
            "{subject}：已登记但不在存储中，且无人需要",
        ),
        Text("Repairing removes the record.", "修复时会删除该登记。"),
    ),
    "content.orphan": Kind(
        Severity.NOTICE,
        Text(
            "{subject}: a content that nothing needs ({size} bytes)",
            "{subject}：无人需要的内容（{size} 字节）",
        ),
        _TIDY,
    ),
    "unfinished.left": Kind(
        Severity.NOTICE,
        Text(
            "{subject}: left over from an upload ({size} bytes)", "{subject}：上传遗留的文件（{size} 字节）"
        ),
        Text("Repairing removes it.", "修复时会删除。"),
    ),
    "unfinished.lost": Kind(
        Severity.WARNING,
        Text("{subject}: an upload under way has lost its bytes", "{subject}：进行中的上传丢失了数据"),
        Text("Repairing forgets it; its sender begins anew.", "修复时会放弃该上传，由发送方重新开始。"),
    ),
    "space.used": Kind(
        Severity.WARNING,
        Text(
            "{subject}: {used} bytes counted, {right} there", "{subject}：计 {used} 字节，实为 {right} 字节"
        ),
        _SET_RIGHT,
    ),
    "space.clock": Kind(
        Severity.WARNING,
        Text(
            "{subject}: the clock says {clock}, an event {right}", "{subject}：时钟为 {clock}，事件为 {right}"
        ),
        _SET_RIGHT,
    ),
    "space.tops": Kind(
        Severity.ERROR,
        Text("{subject}: the space has no root or no bin", "{subject}：空间缺少根或回收箱"),
        _BY_HAND,
    ),
    "node.trail": Kind(
        Severity.ERROR,
        Text(
            "node {subject}: the trail does not lead to its folder",
            "节点 {subject}：路径记录与所在文件夹不符",
        ),
        _SET_RIGHT,
    ),
    "node.place": Kind(
        Severity.ERROR,
        Text(
            "node {subject}: it lies nowhere, in a file, or in another space",
            "节点 {subject}：无所属位置、位于文件之中或另一空间",
        ),
        _BY_HAND,
    ),
    "node.facts": Kind(
        Severity.ERROR,
        Text(
            "file {subject}: its facts are not those of its newest version",
            "文件 {subject}：信息与最新版本不符",
        ),
        _SET_RIGHT,
    ),
    "node.empty": Kind(
        Severity.ERROR,
        Text("file {subject}: it has no version", "文件 {subject}：没有任何版本"),
        _BY_HAND,
    ),
    "trash.place": Kind(
        Severity.WARNING,
        Text("node {subject}: in the trash by one table only", "节点 {subject}：仅一张表记录其在回收站中"),
        Text(
            "Repairing makes the other agree: what is in the bin is listed.", "修复时以回收箱为准，补全记录。"
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing found.

    *subject* is a digest, a key or an id; *facts* fill the places of the words and say more: numbers,
    and for lost contents `hits`, up to 20 of the versions concerned.  *repaired* if it is right now.
    """

    code: str
    subject: str
    facts: Mapping[str, object] = field(default_factory=dict)
    repaired: bool = False

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return KINDS[self.code].severity

    def message(self, language: Language) -> str:
        """What was found, as one sentence."""
        return KINDS[self.code].says.to(language, subject=self.subject, **self.facts)

    def remedy(self, language: Language) -> str:
        """What a repair does about it, or what a person can do."""
        return KINDS[self.code].repair.to(language)


class Found(NamedTuple):
    """A finding, and what puts it right (None: nothing here may); that says whether it is right then."""

    finding: Finding
    mend: Callable[[], bool] | None = None


class Hit(NamedTuple):
    """A version that needs a lost content; *path* (below its space) is for a person, *space* a key."""

    space: str
    node: int
    number: int
    path: str


@dataclass
class Report:
    """
    What a check looked at and found: *contents* with their *bytes*, of which *read* were read through.

    *counts* and *repaired* are by code; *findings* are the first `SHOWN` of all.
    """

    contents: int = 0
    bytes: int = 0
    read: int = 0
    nodes: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    repaired: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Count *finding* and keep it, if there is room."""
        self.counts[finding.code] = self.counts.get(finding.code, 0) + 1
        if finding.repaired:
            self.repaired[finding.code] = self.repaired.get(finding.code, 0) + 1
        if len(self.findings) < SHOWN:
            self.findings.append(finding)

    def left(self, severity: Severity) -> int:
        """How many findings of *severity* are not repaired."""
        return sum(
            count - self.repaired.get(code, 0)
            for code, count in self.counts.items()
            if KINDS[code].severity is severity
        )

    @property
    def sound(self) -> bool:
        """Whether every content is there and every number right; notices do not count."""
        return not self.left(Severity.ERROR) and not self.left(Severity.WARNING)
