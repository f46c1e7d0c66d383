"""
Put the report of a state folder into a folder of its own, and record that.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from typing import Any

from lading.evidence.files import replace_file, translated
from lading.evidence.ledger import Ledger
from lading.evidence.report.document import document
from lading.evidence.report.facts import Facts, read_facts
from lading.evidence.report.lists import Listing
from lading.evidence.report.page import Style, page
from lading.evidence.report.verdict import Verdict, decide
from lading.model.errors import BadLedger

PAGE = "index.html"
DOCUMENT = "report.json"


@dataclass(frozen=True, slots=True)
class Written:
    """A report in *folder*: its files by name, its verdict, and what is wrong with the ledger, if anything."""

    folder: str
    files: tuple[str, ...]
    verdict: Verdict
    problem: BadLedger | None
    document: dict[str, Any]


def write_report(state: str, folder: str, style: Style, *, actor: str) -> Written:
    """
    Write the report about the state folder *state* into *folder*, which is made if needed.

    Each file appears whole or not at all.  `report.written` is added to the ledger, unless
    there is none, or its chain does not hold.

    Raises:
        BadRequest: a file of the state folder is damaged; nothing is written.
        DriveError: something cannot be read or written.
    """
    facts = read_facts(state)
    verdict = decide(facts)
    beside = _beside(facts)
    facts_json = document(facts, verdict, beside, style.at)
    contents = {
        PAGE: _encoded(page(facts, verdict, beside, style)),
        DOCUMENT: _encoded(json.dumps(facts_json, ensure_ascii=False, indent=1) + "\n"),
    }
    with translated(folder):
        os.makedirs(folder, exist_ok=True)
        for source, name in beside.items():
            _copy(source, os.path.join(folder, name))
        for name, content in contents.items():
            replace_file(os.path.join(folder, name), content)
    if facts.ledger.records and not facts.ledger.problem:
        files = {
            name: {"bytes": len(it), "sha256": hashlib.sha256(it).hexdigest()}
            for name, it in contents.items()
        }
        Ledger(facts.ledger.path).append(
            "report.written", {"files": files, "verdict": verdict.code}, actor=actor, at=style.at
        )
    problem = None if facts.ledger.torn else facts.ledger.problem
    return Written(folder, (*contents, *beside.values()), verdict, problem, facts_json)


def _beside(facts: Facts) -> dict[str, str]:
    """The lists that go beside the page: for each file of the state folder the name it gets there."""
    found: dict[str, str] = {}

    def add(listing: Listing, prefix: str) -> None:
        if listing.total:
            found[listing.path] = f"{prefix}-{os.path.basename(listing.path)}"

    for it in facts.passes:
        for listing in (it.failures, it.excluded, it.mapped):
            add(listing, f"pass-{it.number:04d}")
    for reading in facts.verifications:
        add(reading.listing, f"verification-{reading.number:04d}")
    return found


def _copy(source: str, target: str) -> None:
    scratch = f"{target}.new"
    shutil.copyfile(source, scratch)
    os.replace(scratch, target)


def _encoded(text: str) -> bytes:
    # A lone surrogate cannot stand in UTF-8; spelled out it can, in HTML and as an escape in JSON.
    return text.encode("utf-8", "backslashreplace")
