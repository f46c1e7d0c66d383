"""
Assessments and waivers in the state folder of a job: each kept under its date, its digest in the ledger.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from lading.evidence.chain import records
from lading.evidence.ledger import NAME, Ledger, verify
from lading.manifest.files import UNFINISHED, local_errors, publish_file
from lading.stages.readiness.waivers import WAIVED, Waiver, from_facts, to_facts

FOLDER = "assessments"
MADE = "assess.made"
"""The kind of an assessment's record in the ledger."""


def earlier(job: str) -> Mapping[str, Any] | None:
    """
    The last assessment kept below *job* that can be read; None if there is none.

    Raises:
        DriveError: the folder cannot be read.
    """
    folder = os.path.join(job, FOLDER)
    if not os.path.isdir(folder):
        return None
    with local_errors(folder):
        names = sorted((name for name in os.listdir(folder) if name.endswith(".json")), reverse=True)
        for name in names:
            with open(os.path.join(folder, name), encoding="utf-8") as stream:
                document = _read(stream.read())
            if document is not None:
                return document
    return None


def _read(text: str) -> Mapping[str, Any] | None:
    """The assessment in *text*; None where it is none: what one changed by hand says is no ground for "since"."""
    try:
        document = json.loads(text)
        keys = [str(it["key"]) for it in document["findings"]]
        return {**document, "at": str(document["at"])} if all(keys) else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def waivers(job: str) -> tuple[Waiver, ...]:
    """
    The waivers that the ledger of *job* holds.

    Raises:
        BadLedger: the ledger was changed by somebody else.
        DriveError: it cannot be read.
    """
    ledger = os.path.join(job, NAME)
    if not os.path.exists(ledger):
        return ()
    verify(ledger)
    with local_errors(ledger), open(ledger, "rb") as stream:
        told = [record.facts for record in records(stream) if record.kind == WAIVED]
    return tuple(from_facts(facts) for facts in told)


def keep_waivers(job: str, given: Iterable[Waiver], *, actor: str, at: datetime) -> None:
    """
    Note that *actor* entered the waivers *given*; they are on the disk on return.

    Raises:
        BadLedger: the ledger was changed by somebody else.
        DriveError: the folder cannot be written.
    """
    with local_errors(job):
        os.makedirs(job, mode=0o700, exist_ok=True)
    for waiver in given:
        Ledger(os.path.join(job, NAME)).append(WAIVED, to_facts(waiver), actor=actor, at=at)


def keep(job: str, document: Mapping[str, Any], *, actor: str, at: datetime) -> str:
    """
    Keep *document* under its date below *job*, and its digest in the ledger; the file.

    Raises:
        BadLedger: the ledger was changed by somebody else.
        DriveError: the folder cannot be written.
    """
    folder = os.path.join(job, FOLDER)
    file = os.path.join(folder, at.astimezone(UTC).strftime("%Y-%m-%dT%H-%M-%S.%fZ.json"))
    raw = (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
    with local_errors(folder):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with open(file + UNFINISHED, "wb") as stream:
            stream.write(raw)
        publish_file(file + UNFINISHED, file)
    found = document["verdict"]
    facts = {
        "assessment": hashlib.sha256(raw).hexdigest(),
        "level": found["level"],
        "counts": {name: found[name] for name in ("blockers", "risks", "advice", "waived")},
    }
    Ledger(os.path.join(job, NAME)).append(MADE, facts, actor=actor, at=at)
    return file
