"""
Write both drives down at the moment of the switch.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path as LocalPath
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.crew import Crew, drive_for
from lading.connectors.wrap.policy import Policy
from lading.manifest.engine import compute, engine
from lading.manifest.files import local_errors, sha256_of
from lading.manifest.obstacle import stands_in_the_way
from lading.manifest.read import Manifest, literal
from lading.manifest.scan import scan
from lading.manifest.tables import Feature
from lading.model.errors import CursorExpired, DriveError
from lading.model.failpoints import failpoint
from lading.model.paths import decode
from lading.model.progress import Progress, Publish, nobody_listens
from lading.stages.cutover.base import write_base
from lading.stages.cutover.contents import digest_of
from lading.stages.cutover.state import FORMAT, Home, Mark, address_facts, digests_of, write_facts

READING = Policy(read_only=True)
WRITTEN = (Feature.PEOPLE, Feature.GRANTS, Feature.LINKS)
"""What is written down of both drives beside their entries."""
DIGESTS = pa.schema(
    [("path", pa.string()), ("id", pa.string()), ("size", pa.int64()), ("sha256", pa.string())]
)

_KNOWN = """
    SELECT o.path, o.id, o.size, CASE WHEN l.old_size = o.size AND CASE
               WHEN o.etag IS NULL OR l.old_etag IS NULL THEN o.modified IS NOT DISTINCT FROM l.old_modified
               ELSE o.etag = l.old_etag END THEN lower(l.sha256) END AS sha256
    FROM o LEFT JOIN l ON l.old_path = o.path WHERE o.kind = 'file'
"""

Whose = Callable[[Manifest, Manifest], Mapping[str, str]]
"""Ids of people of OLD by their ids in NEW, from the manifests of both."""


class Switch(NamedTuple):
    """What is known of the switch before it is written down."""

    old: Address
    new: Address
    landed: LocalPath
    """The table of what the last pass noted as it landed."""
    account: LocalPath
    """The account of the last pass."""
    whose: Whose
    actor: str
    until: str = ""


def mark(
    switch: Switch,
    home: Home,
    *,
    crew: Crew,
    publish: Publish = nobody_listens,
    now: Callable[[], float] = time.time,
) -> Mark:
    """
    Write OLD and NEW down as they are now; from here on changes of NEW are later work.

    One that was cut off is begun anew: the switch is one moment.

    Raises:
        DriveError: a drive is not there, or a file of OLD cannot be read.
    """
    with local_errors(str(home.folder)):
        shutil.rmtree(home.switch, ignore_errors=True)
        home.switch.mkdir(parents=True)
        home.journal.mkdir(exist_ok=True)
        home.folder.chmod(0o700)
    at = now()
    cursor = _cursor(drive_for(switch.new, READING))
    new = scan(switch.new, READING, home.switch / "new", crew=crew, features=WRITTEN, publish=publish)
    old = scan(switch.old, READING, home.switch / "old", crew=crew, features=WRITTEN, publish=publish)
    failpoint("rollback.scanned")
    landed = home.switch / "landed.parquet"
    with local_errors(str(home.switch)):
        shutil.copyfile(switch.landed, landed)
        shutil.copyfile(switch.account, home.switch / "account.json")
    write_base(new, landed, home.base)
    unread = _write_digests(old, landed, home, drive_for(switch.old, READING), publish)
    facts = {
        **_facts(switch, old, new),
        "marked": at,
        "cursor": cursor,
        "account": sha256_of(os.fspath(home.switch / "account.json")),
        "tables": digests_of(home),
        "unread": unread,
    }
    failpoint("rollback.before_mark")
    write_facts(home.mark, facts)
    return Mark(home, facts)


def _facts(switch: Switch, old: Manifest, new: Manifest) -> dict[str, Any]:
    """What is known of the switch from both manifests."""
    sides = (("old", old), ("new", new))
    return {
        "format": FORMAT,
        "old": address_facts(switch.old),
        "new": address_facts(switch.new),
        "by": switch.actor,
        "until": switch.until,
        "people": dict(switch.whose(old, new)),
        "found": {side: {"objects": it.objects, "bytes": it.bytes} for side, it in sides},
        "fingerprints": {side: it.fingerprint for side, it in sides},
    }


def _cursor(drive: Drive) -> str | None:
    if drive.changes is None:
        return None
    try:
        return drive.changes.cursor()
    except (CursorExpired, DriveError) as error:
        if stands_in_the_way(drive, error):
            raise
        return None


def _write_digests(
    old: Manifest, landed: LocalPath, home: Home, drive: Drive, publish: Publish
) -> list[dict[str, Any]]:
    """Write the SHA-256 of every file of OLD; those that nobody can read are returned, with the reason."""
    with engine(str(home.switch)) as db:
        old.relation(db).create_view("o")
        db.read_parquet(literal(str(landed))).create_view("l")
        rows = db.sql(_KNOWN).to_arrow_table()
        missing = rows.filter(compute.is_null(rows["sha256"]))
        read = _read(drive, missing.to_pylist(), publish)
        _laid(rows, {path: sha256 for path, sha256, _ in read if sha256}, home.switch / "digests.parquet")
    return [{"path": path, "code": code} for path, sha256, code in read if sha256 is None]


def _laid(rows: pa.Table, read: Mapping[str, str], target: LocalPath) -> None:
    values = [
        known or read.get(path)
        for path, known in zip(rows["path"].to_pylist(), rows["sha256"].to_pylist(), strict=True)
    ]
    table = rows.set_column(3, "sha256", pa.array(values, pa.string())).cast(DIGESTS)
    pq.write_table(table, target, compression="zstd")


def _read(
    drive: Drive, rows: Iterable[Mapping[str, Any]], publish: Publish
) -> list[tuple[str, str | None, str | None]]:
    """Path, digest, or the code of the error, of files whose content no pass has proven."""
    done = [0, 0]

    def one(row: Mapping[str, Any]) -> tuple[str, str | None, str | None]:
        try:
            digest = digest_of(drive.read(decode(row["path"])))
        except DriveError as error:
            if stands_in_the_way(drive, error):
                raise
            return row["path"], None, error.code
        done[0] += 1
        done[1] += row["size"]
        publish(Progress("read.old", done[0], done[1]))
        return row["path"], digest, None

    with ThreadPoolExecutor(1 if drive.profile.local else drive.profile.concurrency) as pool:
        return list(pool.map(one, rows))
