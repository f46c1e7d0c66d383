"""
Make and revoke the links of one partition, one after the other.

The URL of a link is told once.  It is noted, with the password, in a file that its owner alone can read, before
anything else is done; a link that was made and not noted is revoked and made anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path as LocalPath
from typing import Any

import pyarrow as pa

from lading.connectors.api import Drive
from lading.connectors.crew import drive_for
from lading.manifest.obstacle import stands_in_the_way
from lading.manifest.parts import read_table
from lading.manifest.translate.links import new_password
from lading.model.access import Link, Role, Version
from lading.model.errors import DriveError, NotFound
from lading.model.failpoints import failpoint
from lading.model.paths import decode, shown
from lading.model.text import Text
from lading.stages.transfer.parts import table_of, write_table
from lading.stages.transfer.succession import Wanted, alike
from lading.stages.transfer.worker import Task, counted

SECRET = ".secret"  # noqa: S105 — the end of a name
"""The end of the names of files that hold URLs and passwords, as JSON lines, mode 0600."""
_NO_VERSION = Text("the version that it shows is not in NEW", "其固定的版本不在新网盘中")

MADE = pa.schema(
    [
        ("lid", pa.int64()),
        ("outcome", pa.string()),
        ("new_id", pa.string()),
        ("code", pa.string()),
        ("detail", pa.list_(pa.string())),
    ]
)
"""What became of a link: `made`, `revoked` or `failed`."""


def make_links(task: Task) -> dict[str, int]:
    """
    Do what *task* says about links.

    Raises:
        DriveError: a drive is not there any more.
    """
    result = task.folder / "result" / f"{task.key}.parquet"
    if result.exists():
        return counted(read_table(result, columns=["outcome"]).column(0).to_pylist())
    rows = read_table(task.folder / "plan" / f"{task.key}.parquet").to_pylist()
    old, new = drive_for(task.old, task.old_policy), drive_for(task.new, task.new_policy)
    with _Notes(result.with_suffix(SECRET)) as notes:
        maker = _Maker(old, new, notes)
        told = [maker.done(row) for row in rows]
    failpoint("links.before_result")
    write_table(result, table_of(told, MADE))
    return counted([row[1] for row in told])


class _Notes:
    """The secret lines of a partition, each on the disk before the next link is made."""

    def __init__(self, path: LocalPath) -> None:
        self.resumed = path.exists()
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self.made: dict[int, str] = {}
        whole = 0
        with open(path, "rb") as stream:
            for line in stream:
                if not line.endswith(b"\n"):
                    break
                row = json.loads(line)
                self.made[row["lid"]] = row["id"]
                whole += len(line)
        os.ftruncate(self._fd, whole)
        os.lseek(self._fd, 0, os.SEEK_END)

    def add(self, lid: int, id_: str, facts: Mapping[str, Any]) -> None:
        """A link was made."""
        os.write(self._fd, json.dumps({"lid": lid, "id": id_, **facts}).encode() + b"\n")
        os.fsync(self._fd)
        self.made[lid] = id_

    def __enter__(self) -> _Notes:
        return self

    def __exit__(self, *_error: object) -> None:
        os.close(self._fd)


class _Maker:
    """Makes links in *new* as rows of a plan say."""

    def __init__(self, old: Drive, new: Drive, notes: _Notes) -> None:
        self._old, self._new, self._notes = old, new, notes
        # Only the first that is not noted can have been under way when an earlier sitting was cut off.
        self._doubtful = notes.resumed

    def done(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """What became of *row*."""
        lid = row["lid"]
        try:
            if lid in self._notes.made:
                return lid, "made", self._notes.made[lid], None, None
            if row["revoke"] is not None:
                self._revoke(row, row["revoke"])
            if not row["make"]:
                return lid, "revoked", row["revoke"], None, None
            return lid, "made", self._make(row), None, None
        except DriveError as error:
            if stands_in_the_way(self._new, error):
                raise
            return lid, "failed", None, error.code, list(error.details)

    def _make(self, row: Mapping[str, Any]) -> str:
        assert self._new.links is not None
        wanted = self._wanted(row)
        if self._doubtful:
            self._sweep(row, wanted)
        password = new_password() if wanted.has_password else None
        failpoint("links.before_make")
        made, url = self._new.links.make(wanted, password=password)
        failpoint("links.made")
        told = {"path": shown(wanted.path), "by": row["by"], "maker": row["maker"], "url": url}
        limits = {"expires": row["expires"], "limit": row["limit"], "old_id": row["old_id"]}
        self._notes.add(row["lid"], made.id, {**told, "password": password, **limits})
        failpoint("links.noted")
        return made.id

    def _sweep(self, row: Mapping[str, Any], wanted: Link) -> None:
        """End what an earlier sitting made and could not note: nobody knows its URL."""
        self._doubtful = False
        assert self._new.links is not None
        known = {*row["known"], *self._notes.made.values()}
        for link in self._new.links.list(wanted.path):
            if link.id not in known and _limits(link) == _limits(wanted):
                self._new.links.revoke(link)

    def _revoke(self, row: Mapping[str, Any], id_: str) -> None:
        assert self._new.links is not None
        self._new.links.revoke(Link(decode(row["place"]), id_, frozenset()))

    def _wanted(self, row: Mapping[str, Any]) -> Link:
        return Link(
            decode(row["place"]),
            "",
            frozenset(),
            row["expires"],
            row["has_password"],
            Role(row["role"]),
            row["limit"],
            version=None if row["version"] is None else self._version(row),
            inside=row["inside"],
            by=row["by"],
        )

    def _version(self, row: Mapping[str, Any]) -> str:
        """
        The version of NEW that is the one of OLD that the link shows.

        Raises:
            NotFound: it did not arrive.
        """
        assert self._old.versions is not None
        assert self._new.versions is not None
        path, place = decode(row["path"]), decode(row["place"])
        it = next((one for one in self._old.versions.list(path) if one.id == row["version"]), None)
        if it is not None:
            wanted = Wanted(0, it.id, it, dict(it.digests).get("sha256"))
            for there in self._new.versions.list(place):
                if _certain(it, there) and alike(wanted, there, self._new.profile):
                    return there.id
        raise NotFound(place, _NO_VERSION)


def _certain(one: Version, other: Version) -> bool:
    return "sha256" in dict(one.digests) and "sha256" in dict(other.digests)


def _limits(link: Link) -> tuple[object, ...]:
    return link.role, link.expires, link.has_password, link.limit, link.version, link.inside
