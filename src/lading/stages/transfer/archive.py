"""
Keep the versions that NEW does not take, in a local folder: each content once, by its SHA-256.

`docs/formats/archive.md` describes the folder.  A content appears under its name whole or not at all, so a partition
that was cut off is done again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path as LocalPath
from typing import Any

import pyarrow as pa

from lading.connectors.api import Drive
from lading.connectors.crew import drive_for
from lading.manifest.files import local_errors
from lading.manifest.obstacle import stands_in_the_way
from lading.manifest.parts import read_table
from lading.model.access import Version
from lading.model.errors import DriveError
from lading.model.failpoints import failpoint
from lading.model.paths import decode
from lading.stages.transfer.carrier import VersionContent
from lading.stages.transfer.parts import table_of, write_table
from lading.stages.transfer.succession import Wanted
from lading.stages.transfer.worker import Task, counted

CONTENTS = "contents"

KEPT = pa.schema(
    [
        ("path", pa.string()),
        ("ordinal", pa.int32()),
        ("id", pa.string()),
        ("outcome", pa.string()),
        ("sha256", pa.string()),
        ("code", pa.string()),
        ("detail", pa.list_(pa.string())),
    ]
)
"""What became of a version: `kept` or `failed`."""


def keep_versions(task: Task) -> dict[str, int]:
    """
    Keep the versions of *task*.

    Raises:
        DriveError: OLD is not there any more.
        NoSpace, ReadOnly, Forbidden: the archive cannot be written.
    """
    result = task.folder / "result" / f"{task.key}.parquet"
    if result.exists():
        return counted(read_table(result, columns=["outcome"]).column(0).to_pylist())
    assert task.archive is not None
    rows = read_table(task.folder / "plan" / f"{task.key}.parquet").to_pylist()
    drive, folder = drive_for(task.old, task.old_policy), LocalPath(task.archive)
    told = [_kept(drive, folder, row) for row in rows]
    failpoint("archive.before_result")
    write_table(result, table_of(told, KEPT))
    return counted([row[3] for row in told])


def place_of(folder: LocalPath, sha256: str) -> LocalPath:
    """Where in the archive *folder* the content with that digest is."""
    return folder / CONTENTS / sha256[:2] / sha256


def _kept(drive: Drive, folder: LocalPath, row: Mapping[str, Any]) -> tuple[Any, ...]:
    what = (row["path"], row["ordinal"], row["id"])
    if row["sha256"] and place_of(folder, row["sha256"]).exists():
        return (*what, "kept", row["sha256"], None, None)
    version = Version(row["id"], 0, row["size"])
    content = VersionContent(
        drive,
        decode(row["path"]),
        Wanted(row["ordinal"], row["id"], version, row["sha256"]),
        lambda _size: None,
    )
    try:
        sha256 = _stored(folder, content)
    except DriveError as error:
        if stands_in_the_way(drive, error):
            raise
        return (*what, "failed", None, error.code, list(error.details))
    failpoint("archive.kept")
    return (*what, "kept", sha256, None, None)


def _stored(folder: LocalPath, content: VersionContent) -> str:
    """The digest of *content*, once it is in the archive."""
    contents = folder / CONTENTS
    draft = contents / f"{os.getpid()}.part"
    digest = hashlib.sha256()
    with local_errors(str(folder)):
        contents.mkdir(parents=True, exist_ok=True)
        with open(draft, "wb") as stream:
            for data in content:
                digest.update(data)
                stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        target = place_of(folder, digest.hexdigest())
        target.parent.mkdir(exist_ok=True)
        os.replace(draft, target)
    return digest.hexdigest()
