"""
An assessment for the person at the terminal: the verdict, then what each owner has to do, worst first.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from lading.cli.output import speak
from lading.evidence.report.words import harmless
from lading.model.text import Text
from lading.stages.readiness.report import words

_TITLE = Text("{old} → {new}: {level}", "{old} → {new}：{level}")
_NOWHERE = Text("(no new drive named)", "（未指定新网盘）")
_WAVE = Text("  wave {wave}: {level} — {counts}", "  批次 {wave}：{level} — {counts}")
_TAKES = Text("Duration: {takes}", "预计时长：{takes}")
_CHANGED = Text("Changes: {changed}", "变化：{changed}")
_OWNER = Text("{owner}{person}: {count}", "{owner}{person}：{count} 项")
_LINE = Text(
    "  {severity} · {title}{where}: {says} [{code}]", "  {severity} · {title}{where}：{says} [{code}]"
)
_EXPIRED = Text("Waiver ended on {until}: {code}", "豁免已于 {until} 到期：{code}")


def tell(document: Mapping[str, Any]) -> None:
    """Print *document*."""
    level = _said(words.LEVELS[document["verdict"]["level"]])
    new = harmless(document["new"]) if document["new"] else speak(_NOWHERE)
    _line(speak(_TITLE, old=harmless(document["old"]), new=new, level=level))
    _line("  " + _said(words.counts(document["verdict"])))
    for wave, stand in document["waves"].items():
        said = {"level": _said(words.LEVELS[stand["level"]]), "counts": _said(words.counts(stand))}
        _line(speak(_WAVE, wave=harmless(wave), **said))
    _line(speak(_TAKES, takes=harmless(_said(words.takes(document["estimate"])))))
    _line(speak(_CHANGED, changed=_said(words.changed(document["changes"]))))
    for waiver in document["expired_waivers"]:
        _line(speak(_EXPIRED, until=waiver["until"], code=waiver["code"]))
    for owner, findings in words.by_owner(document).items():
        name = document["owners"].get(owner)
        person = f" ({harmless(name)})" if name else ""
        _line("")
        _line(speak(_OWNER, owner=_said(words.OWNERS[owner]), person=person, count=len(findings)))
        for finding in findings:
            _tell_finding(finding)


def _tell_finding(it: Mapping[str, Any]) -> None:
    where = "".join(f" · {harmless(it[name])}" for name in ("wave", "subject") if it[name])
    severity, title = _said(words.SEVERITIES[it["severity"]]), _said(words.text(it["title"]))
    says = harmless(_said(words.text(it["says"])), 1000)
    _line(speak(_LINE, severity=severity, title=title, where=where, says=says, code=it["code"]))
    for hit in it["hits"]:
        _line(f"      {harmless(_said(words.hit(hit)))}")
    for example in it["evidence"].get("examples", ())[:3]:
        _line(f"      {harmless(example)}")
    if hidden := it["evidence"].get("hidden"):
        _line(f"      {_said(words.more(hidden))}")
    if it["waived"]:
        _line(f"    ✓ {harmless(_said(words.waived(it['waived'])), 500)}")
    else:
        _line(f"    → {_said(words.text(it['remedy']))}")


def _said(text: Text) -> str:
    return speak(Text("{en}", "{zh}"), en=text.en, zh=text.zh)


def _line(text: str) -> None:
    sys.stdout.write(text + "\n")
