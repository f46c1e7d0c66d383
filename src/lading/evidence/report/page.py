"""
The report as one HTML page that needs nothing else: no network, no fonts, no files beside it.

Everything that comes from the state folder is escaped by the template engine and stripped of
what is invisible; the page forbids itself every script but its own and every request.
"""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from lading import __version__
from lading.evidence.report.facts import Count, Facts, Pass
from lading.evidence.report.lists import Group, Listing, text_of, whole
from lading.evidence.report.plot import chart
from lading.evidence.report.texts import ACTIONS, EVENTS, FEATURES, KINDS, LABELS
from lading.evidence.report.verdict import Verdict
from lading.evidence.report.words import (
    about,
    both,
    exact,
    harmless,
    label,
    lasting,
    moment,
    rated,
    share,
    sized,
)
from lading.model.text import Language, Text

CHARTS = 6
WORD = 60
"""Characters of a code or kind we do not know."""
SECTIONS = (
    "account", "speed", "passes", "failures", "excluded_title", "mapped", "along", "losses", "verification", "ledger", "versions",
)  # fmt: skip
OF_AN_ACCOUNT = frozenset({"failures", "excluded_title", "mapped", "losses"})
ROWS = 100
"""Failures, passes and spaces that the page shows at most."""


@dataclass(frozen=True, slots=True)
class Style:
    """For whom the page is: the language it opens in, the time zone of its times, the moment it is written."""

    language: Language
    zone: tzinfo
    at: datetime


def page(facts: Facts, verdict: Verdict, beside: Mapping[str, str], style: Style) -> str:
    """
    The page about *facts*.

    *beside* names the file that stands beside the page for each list of the state folder.
    """
    script = asset("page.js")
    names = {
        "L": LABELS, "ACTIONS": ACTIONS, "KINDS": KINDS, "FEATURES": FEATURES, "EVENTS": EVENTS,
        "t": _label, "label": lambda name: _named(LABELS, name), "named": _named, "difference": _difference,
        "both": both, "WORD": WORD, "exact": exact, "harmless": harmless, "share": share, "sized": sized, "duration": lasting, "about": about, "objects": _objects, "quoted": _quoted,
        "text_of": text_of, "whole": whole, "moment": lambda seconds: moment(seconds, style.zone),
        "nothing": Count(), "css": Markup(asset("page.css")), "script": Markup(script),  # noqa: S704 — files of ours
        "script_hash": csp_hash(script), "version": __version__, "language": style.language.value,
        "written": moment(style.at.timestamp(), style.zone),
    }  # fmt: skip
    template = _environment().get_template("page.html")
    return template.render(**names, facts=facts, verdict=verdict, beside=beside, **_selected(facts, style))


def _selected(facts: Facts, style: Style) -> dict[str, Any]:
    """What of the facts the page has room for."""
    settled = next((it for it in reversed(facts.passes) if it.account), None)
    spaces = settled.account.spaces if settled and settled.account else ()
    drawn = [it for it in reversed(facts.passes) if it.speed][:CHARTS]
    problem = facts.ledger.problem
    return {
        "settled": settled,
        "sections": [name for name in SECTIONS if _is_there(name, settled)],
        "spaces": sorted(spaces, key=lambda it: -it.found.objects)[:ROWS] if len(spaces) > ROWS else spaces,
        "charts": [_charts(it, style.zone) for it in sorted(drawn, key=_weight, reverse=True)],
        "failures": _failures(settled.failures) if settled else None,
        "shown_passes": facts.passes[: -ROWS - 1 : -1],
        "shown_verifications": facts.verifications[: -ROWS - 1 : -1],
        "begun": _begun(facts),
        "sums": _sums(facts),
        "problem": Text(*(problem.message(it) for it in (Language.EN, Language.ZH))) if problem else None,
    }


def _is_there(section: str, settled: Pass | None) -> bool:
    """Whether the page has that *section*."""
    if section == "along":
        return bool(settled and settled.account and settled.account.along)
    return settled is not None or section not in OF_AN_ACCOUNT


def _failures(listing: Listing) -> dict[str, Any]:
    """The groups with as many of their rows as there is room for."""
    groups: list[tuple[Group, list[Mapping[str, Any]]]] = []
    left = ROWS
    for group in listing.ranked():
        rows = group.first[:left]
        groups.append((group, rows))
        left -= len(rows)
    return {"groups": groups, "shown": ROWS - left}


def _weight(it: Pass) -> tuple[bool, int]:
    """A pass at work first, then the one that moved most."""
    return it.account is None, it.last.bytes if it.last else 0


def _charts(it: Pass, zone: tzinfo) -> dict[str, Any]:
    def clock(seconds: float) -> str:
        return moment(seconds, zone)[:19]

    def said(value: float) -> str:
        return f"{sized(value)}/s"

    names = {name: "{0.en} / {0.zh}".format(LABELS[f"plot_{name}"]) for name in ("objects", "bytes")}
    return {
        "number": it.number,
        "objects": chart(
            it.speed, lambda point: point.objects, said=rated, clock=clock, label=names["objects"]
        ),
        "bytes": chart(
            it.speed, lambda point: point.bytes, said=said, clock=clock, label=names["bytes"], base=1024
        ),
    }


def _begun(facts: Facts) -> dict[int, float]:
    """When each pass began, from the ledger."""
    return {
        event.facts["pass"]: datetime.fromisoformat(event.time).timestamp()
        for event in reversed(facts.ledger.events)
        if event.kind == "copy.started" and isinstance(event.facts.get("pass"), int)
    }


def _sums(facts: Facts) -> dict[str, Any]:
    accounts = [it.account for it in facts.passes if it.account]
    retries = [it.retries for it in accounts if it.retries is not None]
    return {
        "seconds": sum(it.finished - it.started for it in accounts) if accounts else None,
        "sent": sum(it.sent_bytes for it in accounts) if accounts else None,
        "retries": sum(retries) if retries else None,
    }


def _quoted(path: str) -> str:
    """*path* as a word of a shell command."""
    return shlex.quote(harmless(path))


def _objects(count: int) -> Markup:
    return label(LABELS["one_object" if count == 1 else "objects_unit"], count=f"{count:,}")


def _label(name: str, /, **facts: object) -> Markup:
    return label(LABELS[name], **facts)


def _named(texts: Mapping[str, Text], name: object) -> Markup:
    return (
        label(texts[name])
        if isinstance(name, str) and name in texts
        else Markup("{}").format(harmless(name, WORD))
    )


def _difference(what: object) -> Markup:
    return _named(LABELS, "surplus" if what == "extra" else what)


def _environment() -> Environment:
    # Autoescape is on for everything: only what is wrapped in Markup here stays as it is.
    return Environment(
        loader=FunctionLoader(asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def asset(name: str) -> str:
    """The file *name* of this package: `page.css` and `page.js` serve other pages too."""
    return files(__package__ or "").joinpath(name).read_text(encoding="utf-8")


def csp_hash(script: str) -> str:
    """What a content security policy calls *script*."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
