"""
An assessment as one HTML page that needs nothing else: no network, no fonts, no files beside it.

It looks like the report of an upgrade; whatever comes from drives and files is escaped and stripped of what is invisible.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from lading import __version__
from lading.evidence.report.page import asset, csp_hash
from lading.evidence.report.words import both, harmless, label
from lading.model.text import Language, Text
from lading.stages.readiness.report import words

_TONE = {"ready": "good", "risks": "attention", "not_ready": "bad"}
_SEVERITY_TONE = {"blocker": "bad", "risk": "attention", "advice": "good"}
LABELS: Mapping[str, Text] = {
    "title": Text("Assessment before the start", "迁移前评估"),
    "old": Text("Old drive", "旧网盘"),
    "new": Text("New drive", "新网盘"),
    "not_named": Text("not named", "未指定"),
    "at": Text("Assessed", "评估时间"),
    "takes": Text("How long it takes", "预计时长"),
    "changed": Text("What changed", "变化"),
    "waves": Text("Waves", "批次"),
    "wave": Text("wave", "批次"),
    "verdict": Text("verdict", "结论"),
    "blockers": Text("blockers", "阻断"),
    "risks": Text("risks", "风险"),
    "advice": Text("advice", "建议"),
    "waived": Text("waived", "已豁免"),
    "why": Text("Why it matters", "为何重要"),
    "remedy": Text("What to do", "处理办法"),
    "taught": Text("Source", "依据"),
    "people": Text("Who is hit", "影响人员"),
    "examples": Text("Examples", "示例"),
    "details": Text("Reason and source", "原因与依据"),
    "gone": Text("Gone since the last assessment", "自上次评估后消失的问题"),
    "facts": Text("What this rests on", "评估依据"),
    "no_findings": Text("Nothing was found.", "未发现问题。"),
    "expired": Text("Waivers that have ended", "已到期的豁免"),
    "contents": Text("Contents", "目录"),
    "source": Text("source", "来源"),
    "kind": Text("kind", "种类"),
    "gathered": Text("gathered", "收集时间"),
}


def page(document: Mapping[str, Any], language: Language) -> str:
    """The page about *document* (`lading.stages.readiness.assessment.to_document`); it opens in *language*."""
    script = asset("page.js")
    names = {
        "css": Markup(asset("page.css") + _own("page.css")), "script": Markup(script),  # noqa: S704 — files of ours
        "script_hash": csp_hash(script), "version": __version__, "language": language.value,
        "L": LABELS, "t": lambda name: label(LABELS[name]), "both": both, "said": lambda told: label_of(words.text(told)),
        "harmless": harmless, "owners": words.OWNERS, "severities": words.SEVERITIES, "levels": words.LEVELS,
        "tone": _TONE, "severity_tone": _SEVERITY_TONE, "groups": words.by_owner(document), "words": words, "name": label_of,
    }  # fmt: skip
    environment = Environment(
        loader=FunctionLoader(_own),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(**names, it=document)


def label_of(text: Text) -> Markup:
    """*text* in both languages, never cut; figures and names in it are filled already and made harmless."""
    return label(Text("{en}", "{zh}"), en=harmless(text.en, 4000), zh=harmless(text.zh, 4000))


def _own(name: str) -> str:
    return files(__package__ or "").joinpath(name).read_text(encoding="utf-8")
