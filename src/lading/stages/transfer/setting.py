"""
Set and take away the grants of one partition.

Both may be done twice, so a partition that was cut off is simply done again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path as LocalPath
from typing import Any

import pyarrow as pa

from lading.connectors.api import Drive
from lading.connectors.crew import drive_for
from lading.manifest.obstacle import stands_in_the_way
from lading.manifest.parts import read_table
from lading.model.errors import DriveError, NotFound
from lading.model.failpoints import failpoint
from lading.model.paths import Path
from lading.stages.transfer.cargo import OPEN, grant_of
from lading.stages.transfer.parts import table_of, write_table
from lading.stages.transfer.worker import Task, counted

STEP = pa.schema(
    [
        ("gid", pa.int64()),
        ("outcome", pa.string()),
        ("code", pa.string()),
        ("detail", pa.list_(pa.string())),
    ]
)
"""What became of a step: `done`, `failed`, or `absent`: its entry is not in NEW."""

_Told = tuple[int, str, str | None, list[str] | None]


def set_grants(task: Task) -> dict[str, int]:
    """
    Do the steps of *task*, and note which entries could not be shut.

    Raises:
        DriveError: NEW is not there any more.
    """
    result = task.folder / "result" / f"{task.key}.parquet"
    if result.exists():
        return counted(read_table(result, columns=["outcome"]).column(0).to_pylist())
    rows = read_table(task.folder / "plan" / f"{task.key}.parquet").to_pylist()
    drive = drive_for(task.new, task.new_policy)
    with ThreadPoolExecutor(max(1, task.threads), thread_name_prefix="grants") as pool:
        told = list(pool.map(partial(_done, drive), rows))
    _note_open(result.with_suffix(OPEN), rows, told)
    failpoint("grants.before_result")
    write_table(result, table_of(told, STEP))
    return counted([outcome for _, outcome, *_ in told])


def _done(drive: Drive, row: Mapping[str, Any]) -> _Told:
    grant = grant_of(row)
    assert drive.grants is not None
    try:
        if row["gone"]:
            drive.grants.unset(grant)
        else:
            drive.grants.set(grant)
    except DriveError as error:
        if stands_in_the_way(drive, error):
            raise
        outcome = "absent" if isinstance(error, NotFound) and not _there(drive, grant.path) else "failed"
        return row["gid"], outcome, error.code, list(error.details)
    failpoint("grants.set")
    return row["gid"], "done", None, None


def _there(drive: Drive, path: Path) -> bool:
    try:
        drive.stat(path)
    except NotFound:
        return False
    return True


def _note_open(file: LocalPath, rows: Iterable[Mapping[str, Any]], told: Iterable[_Told]) -> None:
    found = {
        row["path"]
        for row, (_, outcome, *_) in zip(rows, told, strict=True)
        if row["phase"] == "early" and outcome == "failed"
    }
    if found:
        draft = file.with_name(file.name + ".part")
        draft.write_text(json.dumps(sorted(found)), "utf-8")
        os.replace(draft, file)
