"""
What a status means when a change was refused and nothing is wrong with what is there.
"""

from __future__ import annotations

from lading.connectors.conditions import ABSENT, Precondition
from lading.connectors.http.trouble import Subject
from lading.model.errors import AlreadyExists, DriveError, NameRefused, ReadOnly
from lading.model.text import Text


def remaining(path: Subject, expect: Precondition, status: int) -> DriveError | None:
    """What *status* means when nothing is wrong with what is there."""
    if status == 412 and expect == ABSENT:
        return AlreadyExists(path, "somebody was quicker")
    if status == 400:
        return NameRefused(
            path, Text("the server does not take this name (400)", "服务器不接受此名称（400）")
        )
    if status in (405, 501):
        text = f"the server takes no changes here ({status})", f"服务器在此不接受更改（{status}）"
        return ReadOnly(path, Text(*text))
    return None
