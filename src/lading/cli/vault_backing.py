"""
What `lading vault backup` does once the vault is open.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from hashlib import sha256
from pathlib import Path as LocalPath
from typing import Any

from lading.cli.meter import Meter
from lading.cli.output import hint, person, progress_bar
from lading.cli.scan_options import processors
from lading.connectors.address import Address
from lading.connectors.crew import Crew, drive_for
from lading.connectors.wrap.policy import Policy
from lading.manifest.features import Feature
from lading.manifest.files import locked as folder_locked
from lading.model.text import Text
from lading.stages.backup.backup import Wish, backup
from lading.stages.backup.freezing import frozen
from lading.stages.backup.keeping import Keeping
from lading.vault.locks import Mode, locked
from lading.vault.opening import store_of
from lading.vault.snapshots import Snapshot
from lading.vault.vault import Vault

_WARNING = Text(
    "Freezing {space}. Should this run be killed, give the same command again, or thaw it with `lading drive thaw`.",
    "正在冻结 {space}。若本任务被强行终止，请再次执行同一命令，或用 `lading drive thaw` 解除冻结。",
)
_CANNOT = Text(
    "This drive cannot be frozen; it is looked at again instead.", "此网盘无法冻结，将改为再次查看。"
)


def backed_up(
    source: Address,
    where: Address,
    vault: Vault,
    given: dict[str, Any],
    wanted: tuple[Feature, ...],
    *,
    quiet: bool,
) -> Snapshot:
    """
    Back the drive at *source* up into *vault*, which lies at *where*, as *given*; the snapshot as it is kept.

    Raises:
        LadingError: what stopped it; running again goes on where it was.
    """
    store = store_of(where)
    keeping = Keeping(store, Policy(), vault.opened)
    work = _work(given["state"], vault.opened.id, str(source))
    policy = Policy(read_only=True, limits=given["limit"], limits_state=os.path.join(work, "limits"))
    wish = Wish(source, policy, wanted, os.path.join(work, "run"), given["full"], given["looks"])
    os.makedirs(work, mode=0o700, exist_ok=True)
    local = vault.store.drive.profile.local and source.kind == "folder"
    meter = Meter()
    with (
        folder_locked(work),
        locked(vault.store, vault.master, Mode.SHARED, who=person(), purpose="backup"),
        # The index is read once: the workers are forked with it.
        nullcontext(keeping.fresh()),
        Crew(
            given["workers"] or processors(), publish=meter.add, drives=(source, store), leanly=local
        ) as crew,
        progress_bar(quiet=quiet) as meter.show,
        _frozen(source, work) if given["freeze"] else nullcontext() as spaces,
    ):
        return backup(wish._replace(frozen=spaces), keeping, crew=crew)


@contextmanager
def _frozen(source: Address, work: str) -> Iterator[tuple[str, ...] | None]:
    """The drive at *source*, frozen where it can be; the folder *work* is that of this backup alone."""
    mark = os.path.basename(work)
    with frozen(drive_for(source, Policy()), mark, lambda name: hint(_WARNING, space=name)) as spaces:
        if spaces is None:
            hint(_CANNOT)
        yield spaces


def _work(state: LocalPath, vault: str, drive: str) -> str:
    """The folder for unfinished backups of one drive into one vault."""
    return str(state / "backup" / sha256(f"{vault} {drive}".encode()).hexdigest()[:16])
