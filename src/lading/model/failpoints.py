"""
Named places at which a test can have the process killed.

`LADING_KILL_AT=NAME:N` kills the whole run (SIGKILL, parent process first) the
N-th time a process comes to the place NAME.  Nothing else is possible here: a
failure point cannot change what the code does.  The list of names is what the
fault tests go through.
"""

from __future__ import annotations

import multiprocessing
import os
import signal

FAILPOINTS = (
    "scan.old.done",
    "scan.new.done",
    "plan.parts",
    "plan.done",
    "copy.before_write",
    "copy.after_write",
    "copy.before_journal",
    "copy.after_journal",
    "large.block_sent",
    "large.before_finish",
    "large.after_finish",
    "partition.before_result",
    "partition.after_result",
    "pass.settled",
    "account.before",
    "account.landed",
    "account.written",
    "ledger.before_finish",
    "ledger.after_finish",
)
ALONG = (
    "version.before_add",
    "version.after_add",
    "rounds.before_write",
    "rounds.after_write",
    "guard.row_set",
    "grants.set",
    "grants.before_result",
    "late.planned",
    "links.planned",
    "links.before_make",
    "links.made",
    "links.noted",
    "links.before_result",
    "links.sealed",
    "archive.kept",
    "archive.before_result",
)
"""Places that only a copy comes to with which versions, rights or links go along."""

ROLLBACK = (
    "rollback.journal.scanned",
    "rollback.journal.content",
    "rollback.journal.noted",
    "rollback.journal.before_seal",
    "rollback.journal.sealed",
    "rollback.planned",
    "rollback.before_rename",
    "rollback.renamed",
    "rollback.kept",
    "rollback.intended",
    "rollback.before_write",
    "rollback.after_write",
    "rollback.done",
    "rollback.noted",
    "rollback.restricted",
    "rollback.link_made",
    "rollback.right_set",
    "rollback.proving",
    "rollback.expired",
    "rollback.before_record",
)
"""Places that `lading rollback` comes to; those of marking are `MARKING`."""
MARKING = ("rollback.scanned", "rollback.before_mark")

_NAME, _, _COUNT = os.environ.get("LADING_KILL_AT", "").partition(":")
_left = int(_COUNT or 1)


def failpoint(name: str) -> None:
    """Go on, unless the test asked for the process to be killed here."""
    if _NAME and name == _NAME:
        _reached()


def _reached() -> None:
    global _left
    _left -= 1
    if _left == 0:
        if parent := multiprocessing.parent_process():
            os.kill(parent.pid or 0, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
