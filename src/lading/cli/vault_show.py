"""
`lading vault show`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from itertools import islice
from typing import Any

import click

from lading.cli.options import json_option
from lading.cli.output import answer, say, speak
from lading.cli.vault_options import opened, vault_address, vault_options
from lading.cli.vault_telling import facts_of, tell, time_of
from lading.cli.vault_which import as_of_option, chosen
from lading.manifest.read import Manifest
from lading.manifest.tables import PROBLEMS
from lading.model.paths import decode, shown
from lading.model.text import Text
from lading.vault.extract import manifest_of
from lading.vault.snapshots import LATEST
from lading.vault.words import SNAPSHOTS
from lading.vault.worm import locked_until

_SHOW = Text(
    """Say what a snapshot holds, and what could not be read when it was taken.

    SNAPSHOT is the beginning of its name, or latest.

    Exit codes: 0 told; 21 there is no such snapshot; others as for list.""",
    """说明快照的内容，以及制作时无法读取的条目。

    SNAPSHOT 为快照名的开头，或 latest。

    退出码：0 已说明；21 没有此快照；其余同 list。""",
)
_LOCKED = Text("Nobody can remove it before {until}.", "{until} 之前任何人不可删除。")
_PROBLEM = Text("not read: {path}: {code}", "未读取：{path}：{code}")
FIRST = 20
"""Problems that are printed."""


@click.command("show", help=speak(_SHOW))
@click.argument("vault")
@click.argument("snapshot", default=LATEST)
@as_of_option
@vault_options
@json_option
def show(vault: str, snapshot: str, as_of: str | None, as_json: bool, **given: Any) -> int:
    """Say what a snapshot holds."""
    with (
        opened(vault_address(vault, given)) as it,
        tempfile.TemporaryDirectory(prefix="lading-show-") as folder,
    ):
        found = chosen(it, snapshot, as_of)
        it.load()
        manifest = manifest_of(it, found, folder, lasting=False)
        until = locked_until(it, SNAPSHOTS, [found.name], now=time.time_ns()).get(found.name)
        tables = {name: facts["rows"] for name, facts in manifest.tables.items()}
        problems = [
            {"path": shown(decode(path)), "problem": code} for path, code in islice(_problems(manifest), 1000)
        ]
    if as_json:
        end = None if until is None else time_of(until)
        answer("vault show", {**facts_of(found), "locked_until": end, "tables": tables, "problems": problems})
        return 0
    tell(found)
    if until is not None:
        say(_LOCKED, until=time_of(until))
    for name, rows in tables.items():
        sys.stdout.write(f"  {name:<12}{rows:>12,}\n")
    for one in problems[:FIRST]:
        say(_PROBLEM, path=one["path"], code=one["problem"])
    return 0


def _problems(manifest: Manifest) -> Any:
    for batch in manifest.batches(["path", "problem"]):
        for row in batch.to_pylist():
            if row["problem"] is not None:
                yield row["path"], row["problem"]
    if manifest.has(PROBLEMS):
        for row in manifest.values(PROBLEMS):
            yield row["path"], row["problem"]
