"""
What a check of a vault can find, in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from lading.model.text import Language, Text


class Words(NamedTuple):
    """What is said of a kind of finding: whether it is *wrong* (or only to be known), what *says* it, and the *remedy*."""

    wrong: bool
    says: Text
    remedy: Text


_REBUILD = Text(
    "Run `lading vault repair`, then back up again: contents that are still on the drive come back.",
    "请运行 `lading vault repair`，然后重新备份：仍在网盘上的内容会补回。",
)
_BACK = Text(
    "Put the object back from a copy of the vault, or make another snapshot while the drive still has these files.",
    "请从保管库副本中放回该对象，或趁网盘仍有这些文件时另做快照。",
)
_KEY = Text(
    "Put the slot back from a copy, or add a key with `lading vault key add`.",
    "请从副本放回该密钥槽，或用 `lading vault key add` 添加密钥。",
)
_NOTE = Text(
    "Nobody without the key wrote it. See who had access to the store, then remove the object.",
    "它并非由持有密钥者写入。请查明谁能访问存储，然后移除该对象。",
)

KINDS: Mapping[str, Words] = {
    "index_damaged": Words(
        True, Text("{subject}: the index is damaged ({why})", "{subject}：索引已损坏（{why}）"), _REBUILD
    ),
    "pack_lost": Words(True, Text("{subject}: the pack is not there", "{subject}：数据包不存在"), _REBUILD),
    "pack_size": Words(
        True,
        Text(
            "{subject}: the pack has {found} bytes, not {expected}",
            "{subject}：数据包为 {found} 字节，应为 {expected} 字节",
        ),
        _REBUILD,
    ),
    "pack_damaged": Words(
        True, Text("{subject}: the pack is damaged ({why})", "{subject}：数据包已损坏（{why}）"), _REBUILD
    ),
    "pack_other": Words(
        True,
        Text("{subject}: the index tells something else of the pack", "{subject}：索引与数据包不一致"),
        _REBUILD,
    ),
    "pack_unknown": Words(
        False,
        Text(
            "{subject}: no index knows this pack; an interrupted run left it",
            "{subject}：没有索引记载此数据包；由中断的任务遗留",
        ),
        Text("`lading vault prune` removes it.", "`lading vault prune` 会将其移除。"),
    ),
    "snapshot_damaged": Words(
        True,
        Text("{subject}: the snapshot cannot be read ({why})", "{subject}：快照无法读取（{why}）"),
        _BACK,
    ),
    "snapshot_hit": Words(
        True,
        Text(
            "{subject}: {count} of its contents are lost: {where}", "{subject}：丢失内容 {count} 份：{where}"
        ),
        _BACK,
    ),
    "slot_damaged": Words(
        True, Text("{subject}: the key slot is damaged ({why})", "{subject}：密钥槽已损坏（{why}）"), _KEY
    ),
    "slot_lost": Words(
        True,
        Text(
            "{subject}: the key slot is gone, and nobody removed it",
            "{subject}：密钥槽已丢失，且没有移除记录",
        ),
        _KEY,
    ),
    "note_damaged": Words(
        True, Text("{subject}: the note cannot be read ({why})", "{subject}：记录无法读取（{why}）"), _NOTE
    ),
    "lock_there": Words(
        False,
        Text("{subject}: locked: {who}", "{subject}：已锁定：{who}"),
        Text(
            "Wait for it to end; if it ended already, `lading vault unlock`.",
            "请等待其结束；若确已结束，请用 `lading vault unlock`。",
        ),
    ),
}


_NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found: its *code* (a key of `KINDS`), the object it is about, *why*, and *facts* that fill the words."""

    code: str
    subject: str
    why: Text = _NOTHING
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def wrong(self) -> bool:
        """Whether something has to be done."""
        return KINDS[self.code].wrong

    def message(self, language: Language) -> str:
        """What was found, as one sentence."""
        facts = {name: _shown(value, language) for name, value in self.facts.items()}
        return KINDS[self.code].says.to(
            language, subject=self.subject, why=_shown(self.why, language), **facts
        )

    def remedy(self, language: Language) -> str:
        """What to do about it."""
        return KINDS[self.code].remedy.to(language)


def _shown(value: object, language: Language) -> object:
    if isinstance(value, Text):
        return value.zh if language is Language.ZH else value.en
    if isinstance(value, list | tuple):
        return ", ".join(str(it) for it in value)
    return value
