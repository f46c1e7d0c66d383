"""
What `lading vault restore` does once the vault is open.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path as LocalPath
from typing import Any

from lading.cli.copy import target_of
from lading.cli.copy import tell as tell
from lading.cli.copy_along import along_rules
from lading.cli.output import person, progress_bar
from lading.cli.people_options import who_given
from lading.cli.vault_part import narrowed
from lading.cli.vault_which import chosen
from lading.connectors.address import Address
from lading.connectors.crew import Crew
from lading.manifest.engine import load_engine
from lading.manifest.few import FEW
from lading.stages.planning.contract import side
from lading.stages.transfer.apart import check_apart
from lading.stages.transfer.copying import Copying
from lading.stages.transfer.fresh import load_ahead
from lading.stages.transfer.order import Finished, Order, workers
from lading.stages.transfer.rates import Tally
from lading.stages.transfer.rules import Rules
from lading.stages.transfer.state import Job, job_at, locked
from lading.vault.face import SnapshotDrive, shared
from lading.vault.locks import Mode
from lading.vault.locks import locked as locked_vault
from lading.vault.vault import Vault


def restored(
    vault: Vault,
    where: Address,
    snapshot: str,
    drive: Address,
    state: LocalPath,
    given: dict[str, Any],
    *,
    quiet: bool,
) -> tuple[Finished, Job]:
    """
    Copy *snapshot* of *vault*, which lies at *where*, or the part of it that was *given*, into *drive*.

    Raises:
        BadRequest, NotFound, Overlapping: an option makes no sense.
        LadingError: what stopped it; running again goes on where it was.
    """
    # Nobody may prune what is being restored.
    with locked_vault(vault.store, vault.master, Mode.SHARED, who=person(), purpose="restore"):
        # A run that goes on must mean the same snapshot, whichever is the latest by then.
        name = chosen(vault, snapshot, given["as_of"]).name
        source = replace(where, options={**where.options, "snapshot": name})
        target = target_of(drive)
        check_apart(source, target, state)
        # Opened before the workers are forked: they have all that was read of it.
        with shared(source):
            source, state = narrowed(source, state, given)
            with shared(source) as it:
                return _copied(it, source, target, state, given, quiet=quiet)


def _copied(
    snapshot: SnapshotDrive,
    source: Address,
    target: Address,
    state: LocalPath,
    given: dict[str, Any],
    *,
    quiet: bool,
) -> tuple[Finished, Job]:
    job = job_at(state, source, target)
    tally = Tally()
    who = who_given(given)
    order = Order(
        rules=Rules(overwrite=given["overwrite"], **along_rules(given)),
        actor=person(),
        who=lambda old, new: who.of(side(old), side(new)),
    )
    if snapshot.manifest.objects > FEW:
        load_engine()
    else:
        load_ahead(job, order.rules)
    local = snapshot.profile.local and target.kind == "folder"
    with locked(job):
        with (
            Crew(
                workers(given["asked"]), publish=tally.told, drives=(job.old, job.new), leanly=local
            ) as crew,
            progress_bar(quiet=quiet) as tally.publish,
        ):
            finished = Copying(order, job, crew, tally).run()
        tally.close()
    return finished, job
