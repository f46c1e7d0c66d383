"""
The report as one JSON document; `docs/formats/report.md` lists its keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lading import __version__
from lading.evidence.report.facts import Account, Count, Facts, Pass, Space, Verification
from lading.evidence.report.lists import Listing
from lading.evidence.report.records import LedgerFacts
from lading.evidence.report.verdict import Verdict
from lading.model.text import Language, Text

FORMAT = 1


def document(facts: Facts, verdict: Verdict, beside: Mapping[str, str], at: datetime) -> dict[str, Any]:
    """The report about *facts*, written *at* this moment; *beside* as for the page."""
    return {
        "format": FORMAT,
        "written": _time(at.timestamp()),
        "tool": {"name": "lading", "version": __version__},
        "formats": dict(facts.formats),
        "job": facts.job,
        "old": facts.old,
        "new": facts.new,
        "running": facts.running,
        "verdict": {
            "level": verdict.level.name.lower(),
            "code": verdict.code,
            "headline": _both(verdict.headline),
            "reasons": [
                {"level": it.level.name.lower(), "code": it.code, "text": _both(it.text)}
                for it in verdict.reasons
            ],
        },
        "passes": [_pass(it, beside) for it in facts.passes],
        "verifications": [_verification(it, beside) for it in facts.verifications],
        "ledger": _ledger(facts.ledger),
    }


def _pass(it: Pass, beside: Mapping[str, str]) -> dict[str, Any]:
    return {
        "pass": it.number,
        "ended": it.account is not None,
        "account": _account(it.account) if it.account else None,
        "account_sealed": it.sealed,
        "planned": _counts(it.planned) if it.planned is not None else None,
        "partitions": {"done": it.parts[0], "planned": it.parts[1]},
        "progress": {"objects": it.last.objects, "bytes": it.last.bytes} if it.last else None,
        "rates": [
            [
                {
                    "start": _time(p.start),
                    "end": _time(p.end),
                    "objects_per_s": _short(p.objects),
                    "bytes_per_s": _short(p.bytes),
                }
                for p in stretch
            ]
            for stretch in it.speed
        ],
        "failures": _listing(it.failures, beside),
        "excluded": _listing(it.excluded, beside),
        "mapped": {"total": it.mapped.total, "file": beside.get(it.mapped.path)},
    }


def _account(it: Account) -> dict[str, Any]:
    return {
        "started": _time(it.started),
        "finished": _time(it.finished),
        "closed": it.closed,
        **_space(it.whole),
        "spaces": [{"space": space.name, "closed": space.closed, **_space(space)} for space in it.spaces],
        "extra": _counts(it.extra),
        "sent_bytes": it.sent_bytes,
        "retries": it.retries,
        "along": [
            {"feature": one.feature, "found": one.found, "buckets": one.buckets, "codes": one.codes}
            for one in it.along
        ],
        "unannounced": [
            {"code": code, "count": count, "allowed": allowed} for code, count, allowed in it.unannounced
        ],
        "losses": [
            {"feature": feature, "count": count, "note": _both(note)} for feature, count, note in it.losses
        ],
        "fingerprints": dict(it.fingerprints),
        "digest": it.digest,
    }


def _space(it: Space) -> dict[str, Any]:
    return {"found": _count(it.found), "buckets": _counts(it.buckets)}


def _verification(it: Verification, beside: Mapping[str, str]) -> dict[str, Any]:
    return {
        "verification": it.number,
        "started": _time(it.started),
        "finished": _time(it.finished),
        "mode": it.mode,
        "checked": _count(it.checked),
        "equal": it.equal,
        "statement": _both(it.statement) if it.statement else None,
        "differences": dict(it.differences),
        "ok": it.ok,
        "sealed": it.sealed,
        "file": beside.get(it.listing.path),
    }


def _ledger(it: LedgerFacts) -> dict[str, Any]:
    problem = {language.value: it.problem.message(language) for language in Language} if it.problem else None
    return {
        "holds": not it.problem and it.records > 0,
        "records": it.records,
        "head": it.head,
        "problem": problem,
    }


def _listing(it: Listing, beside: Mapping[str, str]) -> dict[str, Any]:
    groups = [
        {"name": g.name, "objects": g.objects, "bytes": g.bytes, "waived": g.waived, "text": _both(g.text)}
        for g in it.ranked()
    ]
    return {"total": it.total, "file": beside.get(it.path), "groups": groups}


def _both(text: Text) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}


def _count(it: Count) -> dict[str, int]:
    return {"objects": it.objects, "bytes": it.bytes}


def _counts(counts: Mapping[str, Count]) -> dict[str, dict[str, int]]:
    return {name: _count(count) for name, count in counts.items()}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _short(value: float) -> float:
    return round(value, 2)
