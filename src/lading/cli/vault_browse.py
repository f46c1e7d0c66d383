"""
`lading vault browse`: look into a snapshot.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import click

from lading.cli.options import json_option
from lading.cli.output import answer, say, speak
from lading.cli.vault_options import opened, vault_address, vault_options
from lading.cli.vault_telling import time_of
from lading.cli.vault_which import as_of_option, chosen
from lading.model.access import Effect, Grant
from lading.model.entry import Entry, Kind
from lading.model.errors import NotFound
from lading.model.paths import Path, shown
from lading.model.text import Text
from lading.vault.face import SnapshotDrive
from lading.vault.face import open as open_snapshot
from lading.vault.part import resolve
from lading.vault.snapshots import LATEST

_BROWSE = Text(
    """List what lies at PATH in SNAPSHOT of VAULT: kind, size, time, versions, and the grants given right there.

    Grants from above are told once, before the list. What is invisible or misleading in a name is spelled out; the shown form can be
    given as PATH, and to `lading vault restore --path`.

    Exit codes: 0 listed; 21 no such snapshot or path; others as for `lading vault list`.""",
    """列出保管库 VAULT 的快照 SNAPSHOT 中 PATH 处的内容：种类、大小、时间、版本数，以及直接授予的权限。

    来自上级的权限在列表之前一次性说明。名称中不可见或易误导的字符会以转义形式写出；所示形式可用作 PATH，也可用于 `lading vault restore --path`。

    退出码：0 已列出；21 没有此快照或路径；其余同 `lading vault list`。""",
)
_ABOVE = Text("from above: {grants}", "来自上级：{grants}")
_EMPTY = Text("Nothing lies there.", "此处没有内容。")


@click.command("browse", help=speak(_BROWSE))
@click.argument("vault")
@click.argument("snapshot", default=LATEST)
@click.argument("path", default="")
@as_of_option
@vault_options
@json_option
def browse(vault: str, snapshot: str, path: str, as_of: str | None, as_json: bool, **given: Any) -> int:
    """Look into a snapshot."""
    where = vault_address(vault, given)
    with opened(where) as it:
        name = chosen(it, snapshot, as_of).name
    with closing(open_snapshot(replace(where, options={**where.options, "snapshot": name}))) as drive:
        place = resolve(drive.manifest, path)
        grants = _grants(drive)
        above = [told for depth in range(len(place)) for told in grants.get(place[:depth], ())]
        above += grants.get(place, ()) if drive.stat(place).is_folder else ()
        rows = [_row(drive, entry, grants) for entry in _entries(drive, place)]
    if as_json:
        facts = {"snapshot": name, "path": shown(place), "from_above": above, "entries": rows}
        answer("vault browse", facts)
        return 0
    if above:
        say(_ABOVE, grants=", ".join(above))
    if not rows:
        say(_EMPTY)
    sys.stdout.writelines(map(_line, rows))
    return 0


def _entries(drive: SnapshotDrive, place: Path) -> Iterator[Entry]:
    """What the folder at *place* holds; a file is listed alone."""
    entry = drive.stat(place)
    if not entry.is_folder:
        yield entry
        return
    cursor = None
    while True:
        page = drive.list(place, cursor=cursor)
        yield from page.entries
        cursor = page.cursor
        if cursor is None:
            return


def _grants(drive: SnapshotDrive) -> Mapping[Path, Sequence[str]]:
    """The grants of each path, as a person reads them."""
    found: dict[Path, list[str]] = defaultdict(list)
    if drive.grants is not None:
        for grant in drive.grants.all() or ():
            found[grant.path].append(_told(grant))
    return found


def _told(grant: Grant) -> str:
    who = shown((grant.principal.name or grant.principal.id,))[1:]
    what = (
        grant.role.name.lower()
        if grant.effect is Effect.ALLOW
        else f"{grant.effect.value} {grant.role.name.lower()}"
    )
    return f"{grant.principal.kind.value}:{who} {what}"


def _row(drive: SnapshotDrive, entry: Entry, grants: Mapping[Path, Sequence[str]]) -> dict[str, Any]:
    versions = 0
    if drive.versions is not None and entry.kind is Kind.FILE:
        try:
            versions = sum(1 for _ in drive.versions.list(entry.path))
        except NotFound:
            # The drive told no versions of this one.
            versions = 1
    return {
        "path": shown(entry.path),
        "kind": entry.kind.value,
        "size": entry.size,
        "modified": None if entry.modified is None else _time(entry.modified),
        "versions": versions,
        "grants": list(grants.get(entry.path, ())),
        "problem": entry.problem,
    }


def _time(moment: int) -> str:
    try:
        return time_of(moment)
    except (ValueError, OverflowError, OSError):
        # Beyond the years that a calendar has here.
        return f"{moment // 10**9} s"


def _line(row: Mapping[str, Any]) -> str:
    name = row["path"] + ("/" if row["kind"] == "folder" else "")
    told = "; ".join(row["grants"])
    return (
        f"{row['kind']:<8}{row['size']:>16,} B  {row['modified'] or '-':<25}  {row['versions']:>4}  {name}"
        + (f"  [{told}]" if told else "")
        + "\n"
    )
