"""
An assessment for the person at the terminal: the verdict, then what each owner has to do, worst first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lading.cli.findings_telling import line, plainly, tell_finding
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
_EXPIRED = Text("Waiver ended on {until}: {code}", "豁免已于 {until} 到期：{code}")


def tell(document: Mapping[str, Any]) -> None:
    """Print *document*."""
    level = plainly(words.LEVELS[document["verdict"]["level"]])
    new = harmless(document["new"]) if document["new"] else speak(_NOWHERE)
    line(speak(_TITLE, old=harmless(document["old"]), new=new, level=level))
    line("  " + plainly(words.counts(document["verdict"])))
    for wave, stand in document["waves"].items():
        said = {"level": plainly(words.LEVELS[stand["level"]]), "counts": plainly(words.counts(stand))}
        line(speak(_WAVE, wave=harmless(wave), **said))
    line(speak(_TAKES, takes=harmless(plainly(words.takes(document["estimate"])))))
    line(speak(_CHANGED, changed=plainly(words.changed(document["changes"]))))
    for waiver in document["expired_waivers"]:
        line(speak(_EXPIRED, until=waiver["until"], code=waiver["code"]))
    for owner, findings in words.by_owner(document).items():
        name = document["owners"].get(owner)
        person = f" ({harmless(name)})" if name else ""
        line("")
        line(speak(_OWNER, owner=plainly(words.OWNERS[owner]), person=person, count=len(findings)))
        for finding in findings:
            tell_finding(finding)
