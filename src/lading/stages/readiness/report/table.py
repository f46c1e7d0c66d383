"""
The findings of each owner as a CSV table that a spreadsheet opens: UTF-8 with a mark, no cell that it takes for a formula.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping
from typing import Any

from lading.evidence.report.words import harmless
from lading.manifest.files import UNFINISHED, local_errors, publish_file
from lading.model.text import Language, Text
from lading.stages.readiness.report import words

COLUMNS: tuple[Text, ...] = (
    Text("severity", "级别"),
    Text("code", "代码"),
    Text("wave", "批次"),
    Text("subject", "对象"),
    Text("count", "数量"),
    Text("finding", "问题"),
    Text("figures", "情况"),
    Text("reason", "原因"),
    Text("what to do", "处理办法"),
    Text("who is hit", "影响人员"),
    Text("examples", "示例"),
    Text("waived", "豁免"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
LONGEST = 2_000
"""Characters of a cell."""


def write_tables(folder: str, document: Mapping[str, Any], language: Language) -> tuple[str, ...]:
    """
    Write a table for each owner of a finding of *document* into *folder*; the files.

    Raises:
        DriveError: they cannot be written.
    """
    with local_errors(folder):
        os.makedirs(folder, exist_ok=True)
    return tuple(
        _write(os.path.join(folder, f"{owner}.csv"), findings, language)
        for owner, findings in words.by_owner(document).items()
    )


def cell(value: object) -> str:
    """*value* as one line that no spreadsheet calculates."""
    said = harmless(value, LONGEST)
    return f"'{said}" if said.lstrip().startswith(_FORMULA) else said


def _write(file: str, findings: list[Mapping[str, Any]], language: Language) -> str:
    with local_errors(file):
        with open(file + UNFINISHED, "w", encoding="utf-8-sig", newline="") as stream:
            table = csv.writer(stream)
            table.writerow([name.to(language) for name in COLUMNS])
            table.writerows([cell(value) for value in _row(it, language)] for it in findings)
        publish_file(file + UNFINISHED, file)
    return file


def _row(it: Mapping[str, Any], language: Language) -> Iterator[object]:
    yield words.SEVERITIES[it["severity"]].to(language)
    yield from (it["code"], it["wave"], _said(words.subject(it), language), it["count"])
    for name in ("title", "says", "reason", "remedy"):
        yield it[name][language.value]
    yield "; ".join(_said(words.hit(hit), language) for hit in it["hits"])
    examples = [str(one) for one in it["evidence"].get("examples", ())]
    if hidden := it["evidence"].get("hidden"):
        examples.append(_said(words.more(hidden), language))
    yield "; ".join(examples)
    yield _said(words.waived(it["waived"]), language) if it["waived"] else ""


def _said(text: Text, language: Language) -> str:
    return text.zh if language is Language.ZH else text.en
