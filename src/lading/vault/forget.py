"""
Take snapshots out of a vault; what they alone needed goes with the next prune.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, tzinfo

from lading.model.errors import BadRequest
from lading.model.failpoints import failpoint
from lading.model.text import Text
from lading.vault.keeps import Keep, Why, keeps
from lading.vault.locks import Held
from lading.vault.retention import Policy, Seen, Verdict, decide
from lading.vault.snapshots import Snapshot, snapshots
from lading.vault.vault import Vault
from lading.vault.words import KEEPS, SNAPSHOTS
from lading.vault.worm import locked_until

_NEEDED = Text("a running campaign needs this snapshot: {words}", "正在进行的迁移任务需要此快照：{words}")
_LOCKED = Text("the store keeps this snapshot locked", "存储仍锁定此快照")
_NO_RULE = Text("say what is to stay, e.g. --daily 7", "请说明要保留哪些，例如 --daily 7")


def verdicts(vault: Vault, policy: Policy, *, now: int, zone: tzinfo = UTC) -> list[Verdict]:
    """
    What *policy* says of every snapshot, each drive for itself.

    Raises:
        BadRequest: the policy says nothing.
        BadVault: a snapshot or a keep cannot be read.
    """
    if policy.empty:
        raise BadRequest("forget", _NO_RULE)
    noted = list(keeps(vault.store, vault.master))
    drives: defaultdict[tuple[str, str], list[Seen]] = defaultdict(list)
    for it in snapshots(vault.store, vault.master):
        drives[str(it.drive["kind"]), str(it.drive["place"])].append(_seen(it, noted))
    return [verdict for key in sorted(drives) for verdict in decide(drives[key], policy, now=now, zone=zone)]


def forget(vault: Vault, names: Sequence[str], held: Held, *, now: int | None = None) -> None:
    """
    Remove the snapshots *names* and what was noted about them, alone under the lock *held*.

    Raises:
        BadRequest: a running campaign needs one of them, or one is locked by the store; none is removed.
        Busy: the lock was taken away.
    """
    noted = list(keeps(vault.store, vault.master))
    for name in names:
        if words := [it.word for it in noted if it.snapshot == name and it.why is Why.CAMPAIGN]:
            shown = ", ".join(words)
            raise BadRequest(name, Text(_NEEDED.en.format(words=shown), _NEEDED.zh.format(words=shown)))
    for name in locked_until(vault, SNAPSHOTS, names, now=time.time_ns() if now is None else now):
        raise BadRequest(name, _LOCKED)
    held.confirm()
    for name in names:
        vault.store.remove(SNAPSHOTS, name)
        failpoint("forget.removed")
        for it in noted:
            if it.snapshot == name:
                vault.store.remove(KEEPS, it.name)
    vault.store.settle()


def _seen(it: Snapshot, noted: Iterable[Keep]) -> Seen:
    own = [one for one in noted if one.snapshot == it.name]
    return Seen(
        name=it.name,
        taken=it.taken,
        complete=it.complete,
        tags=frozenset(one.word for one in own if one.why is Why.TAG),
        campaigns=frozenset(one.word for one in own if one.why is Why.CAMPAIGN),
    )
