"""
Which state folder a person means.

`lading copy` and `lading verify` keep the state of a job in a folder of its own
inside `.lading`; a person may name the one or the other.
"""

from __future__ import annotations

import hashlib
import os

from lading.evidence.files import translated
from lading.evidence.ledger import NAME as LEDGER
from lading.model.errors import BadRequest, NotFound
from lading.model.text import Text

MARKS = ("job.json", LEDGER)


def is_state(folder: str) -> bool:
    """Whether *folder* holds the state of a job."""
    return any(os.path.lexists(os.path.join(folder, mark)) for mark in MARKS)


def find_state(place: str) -> str:
    """
    The state folder of the one job at *place* or directly in it.

    Raises:
        NotFound: there is none.
        BadRequest: there are several; the error lists them.
    """
    with translated(place):
        inside = sorted(entry.path for entry in os.scandir(place) if entry.is_dir())
    if is_state(place):
        return place
    found = [folder for folder in inside if is_state(folder)]
    if not found:
        raise NotFound(
            place, Text("no copy or verification left its state there", "其中没有复制或校验的状态")
        )
    if len(found) > 1:
        listed = ", ".join(found)
        raise BadRequest(
            place,
            Text(f"holds several jobs, name one of them: {listed}", f"包含多个任务，请指定其一：{listed}"),
        )
    return found[0]


def job_folder(state: str, old: tuple[str, str], new: tuple[str, str]) -> str:
    """The folder of the job of two drives, each by kind and place, under the folder *state*."""
    text = "\0".join((*old, *new)).encode("utf-8", "surrogateescape")
    return os.path.join(state, hashlib.sha256(text).hexdigest()[:16])
