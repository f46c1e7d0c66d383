"""
Files of facts: what a probe writes at a branch or on a server is read here, perhaps weeks later, on another machine.

A file says its kind and version and when it was gathered.
"""

from __future__ import annotations

import json
import os
import pkgutil
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, NamedTuple

from lading.manifest.files import local_errors, write_json
from lading.model.errors import BadFacts
from lading.model.text import Text
from lading.stages.readiness import facts as families
from lading.stages.readiness.plain import from_plain, to_plain

FORMAT = 1
LARGEST = 64 << 20
"""Bytes of the largest file of facts that is read."""


class Gathered(NamedTuple):
    """A fact and when it was gathered; *source* is the file that it came in."""

    fact: Any
    at: datetime
    source: str


def kinds() -> Mapping[str, type]:
    """Every class of facts that travels as a file, by its kind."""
    names = sorted(module.name for module in pkgutil.iter_modules(families.__path__))
    modules = [import_module(f"{families.__name__}.{name}") for name in names]
    return {it.KIND: it for module in modules for it in getattr(module, "FACTS", ())}


def write_facts(file: str, fact: Any, at: datetime) -> None:
    """
    Write *fact*, gathered *at*, to *file*, whole or not at all.

    Raises:
        DriveError: it cannot be written.
    """
    document = {
        "format": FORMAT,
        "facts": fact.KIND,
        "version": fact.VERSION,
        "gathered": at.astimezone(UTC).isoformat(timespec="seconds"),
        "values": to_plain(fact),
    }
    with local_errors(file):
        write_json(file, document)


def read_facts(file: str) -> Gathered:
    """
    The fact in *file*.

    Raises:
        DriveError: it cannot be read.
        BadFacts: it holds none that this program understands.
    """
    with local_errors(file):
        if os.path.getsize(file) > LARGEST:
            raise BadFacts(file, _said("it is larger than 64 MiB", "大于 64 MiB"))
        with open(file, "rb") as stream:
            raw = stream.read(LARGEST + 1)
    try:
        return _understood(json.loads(raw), file)
    except RecursionError:
        raise BadFacts(file, _said("it is nested too deeply", "嵌套过深")) from None
    except ValueError as problem:
        raise BadFacts(file, _said(str(problem), str(problem))) from None


def _understood(document: Any, file: str) -> Gathered:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise BadFacts(
            file, _said(f"it is no file of facts of format {FORMAT}", f"不是格式 {FORMAT} 的事实文件")
        )
    known = kinds()
    kind, version = document.get("facts"), document.get("version")
    made = known.get(kind) if isinstance(kind, str) else None
    if made is None:
        listed = ", ".join(known)
        raise BadFacts(file, _said(f"its kind is none of {listed}", f"其种类不是下列之一：{listed}"))
    if version != made.VERSION:  # type: ignore[attr-defined]
        raise BadFacts(
            file,
            _said("another version of Lading wrote it: probe again", "由其他版本的 Lading 写出：请重新探测"),
        )
    at = from_plain(datetime, document.get("gathered"), "gathered")
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return Gathered(from_plain(made, document.get("values")), at, file)


def _said(en: str, zh: str) -> Text:
    return Text(en, zh)
