"""
`lading vault restore`: a copy out of a snapshot.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path as LocalPath
from typing import Any

import click

from lading.cli.copy import target_of, tell
from lading.cli.copy_along import along_options, along_rules
from lading.cli.options import address, drive_option, json_option
from lading.cli.output import person, progress_bar, speak
from lading.cli.people_options import who_given
from lading.cli.vault_options import opened, vault_address, vault_options
from lading.cli.vault_part import narrowed, part_options
from lading.cli.vault_which import as_of_option, chosen
from lading.connectors.address import Address
from lading.connectors.crew import Crew
from lading.manifest.engine import load_engine
from lading.model.text import Text
from lading.stages.planning.contract import side
from lading.stages.transfer.apart import check_apart
from lading.stages.transfer.copying import Copying
from lading.stages.transfer.order import Finished, Order, workers
from lading.stages.transfer.rates import Tally
from lading.stages.transfer.rules import Rules
from lading.stages.transfer.state import Job, job_at, locked
from lading.vault.face import shared
from lading.vault.locks import Mode
from lading.vault.locks import locked as locked_vault

_RESTORE = Text(
    """Restore SNAPSHOT of VAULT into the drive DRIVE, of whatever kind.

    SNAPSHOT is the beginning of its name, or latest, with --as-of the last one by then. --path and --space restore a part. It is a copy as by `lading copy`: it closes its account, goes on where it was cut off, and
    replaces nothing that it did not put there unless --overwrite says so.

    Exit codes: those of `lading copy`; 58 the vault is damaged; 59 wrong secret.""",
    """将 VAULT 中的快照 SNAPSHOT 恢复到任意种类的网盘 DRIVE。

    SNAPSHOT 为快照名的开头，或 latest；使用 --as-of 时为截至该时间的最后一个。--path 与 --space 只恢复一部分。与 `lading copy` 相同：结清账目，可从中断处继续；除非使用 --overwrite，不会替换并非由其写入的内容。

    退出码：同 `lading copy`；58 保管库损坏；59 密钥错误。""",
)
_OVERWRITE = Text("Replace files that no earlier run put there.", "替换并非由先前运行写入的文件。")
_STATE = Text("Folder that keeps the state of the job.", "保存任务状态的文件夹。")
_WORKERS = Text("Worker processes; default one per processor.", "工作进程数；默认每个处理器一个。")


@click.command("restore", help=speak(_RESTORE))
@click.argument("vault")
@click.argument("snapshot")
@click.argument("drive")
@vault_options
@drive_option("--opt", Text("drive", "网盘"))
@as_of_option
@part_options
@along_options
@click.option("--overwrite", is_flag=True, help=speak(_OVERWRITE))
@click.option(
    "--state", default=".lading", type=click.Path(path_type=LocalPath), show_default=True, help=speak(_STATE)
)
@click.option(
    "--workers", "asked", type=click.IntRange(1, 64), default=None, metavar="N", help=speak(_WORKERS)
)
@json_option
def restore(vault: str, snapshot: str, drive: str, state: LocalPath, as_json: bool, **given: Any) -> int:
    """Restore a snapshot."""
    where = vault_address(vault, given)
    target = target_of(address(drive, given["opt"]))
    # Nobody may prune what is being restored.
    with opened(where) as it, locked_vault(it.store, it.master, Mode.SHARED, who=person(), purpose="restore"):
        # A run that goes on must mean the same snapshot, whichever is the latest by then.
        name = chosen(it, snapshot, given["as_of"]).name
        source = replace(where, options={**where.options, "snapshot": name})
        check_apart(source, target, state)
        with shared(source):
            source, state = narrowed(source, state, given)
            finished, job = _copied(source, target, state, given, quiet=as_json)
    return tell(finished, job, as_json)


def _copied(
    source: Address, target: Address, state: LocalPath, given: dict[str, Any], *, quiet: bool
) -> tuple[Finished, Job]:
    job = job_at(state, source, target)
    tally = Tally()
    who = who_given(given)
    order = Order(
        rules=Rules(overwrite=given["overwrite"], **along_rules(given)),
        actor=person(),
        who=lambda old, new: who.of(side(old), side(new)),
    )
    load_engine()
    with locked(job):
        with (
            # Opened before the workers are forked: they have all that was read of it.
            shared(source),
            Crew(workers(given["asked"]), publish=tally.told, drives=(job.old, job.new)) as crew,
            progress_bar(quiet=quiet) as tally.publish,
        ):
            finished = Copying(order, job, crew, tally).run()
        tally.close()
    return finished, job
