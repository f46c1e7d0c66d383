"""
What the drive says went wrong, as errors of the family.

The drive names a stable code; an answer without one comes from something in
between (a proxy, a firewall) and is read by its status.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from lading.connectors.http.session import Answer
from lading.connectors.http.trouble import Subject, refused
from lading.model.errors import (
    BadAnswer,
    DriveError,
    Forbidden,
    Internal,
    NameRefused,
    NotFound,
    ReadOnly,
    Throttled,
    Unable,
    Unavailable,
    known,
)
from lading.model.text import Text

# Codes that only a drive of ours has, by what they mean to whoever moves files into it.
_OURS: Mapping[str, type[DriveError]] = {
    "frozen": ReadOnly,
    "gone": NotFound,
    "held": Forbidden,
    "internal": Unavailable,
    "locked": Forbidden,
    "too_deep": NameRefused,
    "unfit": NameRefused,
    "walled": Forbidden,
}

# What of a version was refused as unfit; the drive names the value.
_UNFIT: Mapping[str, type[DriveError]] = {
    "author": NotFound,
    "label": Unable,
    "saved": Unable,
    "modified": Unable,
}


def problem_of(answer: Answer, subject: Subject) -> DriveError:
    """The error that *answer*, whose status is no success, means for *subject*."""
    told = _told(answer)
    if told is None:
        return refused(answer.status, answer.headers, subject, now=time.time())
    if told["code"] == Throttled.code:
        return refused(429, answer.headers, subject, now=time.time())
    return error_of(told, subject)


def error_of(told: Mapping[str, Any], subject: Subject) -> DriveError:
    """The error that a problem object of the drive means for *subject*."""
    code = str(told.get("code", ""))
    unfit = _UNFIT.get(str(told.get("subject"))) if code == "unfit" else None
    kind = unfit or _OURS.get(code) or known().get(code)
    if kind is None or kind is Internal or not issubclass(kind, DriveError):
        kind = BadAnswer
    return kind(subject, _detail(told))


def _told(answer: Answer) -> dict[str, Any] | None:
    if "json" not in answer.headers.get("content-type", ""):
        return None
    try:
        told = json.loads(answer.body)
    except ValueError:
        return None
    return told if isinstance(told, dict) and isinstance(told.get("code"), str) else None


def _detail(told: Mapping[str, Any]) -> Text:
    said = told.get("detail") or told.get("message")
    if isinstance(said, dict):
        return Text(str(said.get("en", "")), str(said.get("zh", "")))
    return Text(str(said or ""), str(said or ""))
