"""
Narrow a snapshot to a part of it.
"""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import replace
from pathlib import Path as LocalPath
from typing import Any

from lading.cli.output import hint, speak
from lading.connectors.address import Address
from lading.manifest.files import local_errors
from lading.model.errors import BadRequest
from lading.model.paths import encode
from lading.model.text import Text
from lading.vault.face import SnapshotDrive
from lading.vault.face import open as open_snapshot
from lading.vault.part import Part, resolve

_EMPTY = Text(
    "it is empty; leave the option out to restore the whole snapshot, or name an entry",
    "取值为空；恢复整个快照时请省略该选项，否则请指定条目",
)
_ABOVE = Text(
    "{grants:,} grants on {folders:,} folders above the part hold for it, too; {what}.",
    "该部分上级的 {folders:,} 个文件夹上有 {grants:,} 项权限同样对其生效；{what}。",
)
_CARRIED = Text("they are carried along", "将一并恢复")
_STAYS = Text("without --with grants no rights come along", "未使用 --with grants，不恢复任何权限")


def narrowed(source: Address, state: LocalPath, given: dict[str, Any]) -> tuple[Address, LocalPath]:
    """
    The snapshot at *source* narrowed to what was asked for, and the folder for the state of that job, which no other part shares.

    Raises:
        BadRequest: one is empty; a script whose variable is not set would otherwise restore everything.
        NotFound: a path is not in the snapshot.
    """
    typed = [*given["paths"], *given["spaces"]]
    if "" in typed:
        raise BadRequest("--path" if "" in given["paths"] else "--space", _EMPTY)
    if not typed:
        return source, state
    with closing(open_snapshot(source)) as drive:
        part = Part([resolve(drive.manifest, one) for one in typed])
        _tell_above(drive, part, given["wanted"].strip() == "all" or "grants" in given["wanted"])
    key = hashlib.sha256("\0".join([source.options["snapshot"], *map(encode, part.paths)]).encode())
    folder = (state / "parts" / key.hexdigest()[:16]).absolute()
    with local_errors(str(folder)):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part.write(str(folder / "part.json"))
    return replace(source, options={**source.options, "part": str(folder / "part.json")}), folder


def _tell_above(drive: SnapshotDrive, part: Part, carried: bool) -> None:
    if drive.grants is None:
        return
    found = [encode(grant.path) for grant in drive.grants.all() or () if encode(grant.path) in part.above]
    if found:
        what = speak(_CARRIED if carried else _STAYS)
        hint(_ABOVE, grants=len(found), folders=len(set(found)), what=what)
