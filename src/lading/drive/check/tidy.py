"""
Remove what has had its time: versions by keep rule, old trash, what doors remember, unfinished uploads, contents.

It may run at any time, often, on many machines at once, and be killed anywhere.
Legal holds, frozen spaces and labelled versions stay as they are.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from lading.drive.actor import SYSTEM
from lading.drive.check.contents import look_at_unfinished
from lading.drive.check.rows import pages
from lading.drive.check.sweeping import Swept, sweep
from lading.drive.models import Answer, Lock, OneTime, Partial
from lading.drive.people import throttle, tokens
from lading.drive.store import Store, store
from lading.drive.store.recording import DAY
from lading.drive.tree.admin_trash import expire
from lading.drive.versions.letting_go import let_go
from lading.drive.writing import writing
from lading.model.progress import Progress, Publish, nobody_listens

ANSWERS = DAY
"""How long an answer is given again for the same idempotency key."""
UPLOADS = 7 * DAY
"""How long an upload in several sittings may rest."""
ONE_TIMES = 30 * DAY
"""How long a one-time secret is remembered after its end: whoever uses it late is told why it fails."""
_ROUNDS = 10_000
_RESTING = "SELECT key FROM drive_partial WHERE touched < %s AND key > %s ORDER BY key LIMIT %s"


@dataclass
class Tidied:
    """What was removed, in numbers; *trash* counts moves from people's trash to the admin's as well."""

    versions: int = 0
    trash: int = 0
    uploads: int = 0
    unfinished: int = 0
    locks: int = 0
    answers: int = 0
    one_times: int = 0
    throttles: int = 0
    tokens: int = 0
    swept: Swept = field(default_factory=Swept)


def tidy(
    now: int | None = None, progress: Publish = nobody_listens, *, contents: Store | None = None
) -> Tidied:
    """
    Remove all that has had its time at *now* (ns); *contents* is the store of the settings unless given.

    Raises:
        Unavailable: the database or the store went away; the next time goes on.
    """
    now = time.time_ns() if now is None else now
    contents = contents or store()
    done = Tidied()
    done.versions = let_go(now)
    progress(Progress("tidy", done.versions, 0))
    done.trash = _expire_trash(now)
    progress(Progress("tidy", done.versions + done.trash, 0))
    done.locks = _delete(Lock, expires__lt=now)
    done.answers = _delete(Answer, created__lt=now - ANSWERS)
    done.one_times = _delete(OneTime, expires__lt=now - ONE_TIMES)
    done.throttles = throttle.forget(now)
    done.tokens = tokens.forget(now)
    done.uploads = _forget_uploads(contents, now - UPLOADS)
    done.unfinished = sum(found.mend() for found in look_at_unfinished(contents, now) if found.mend)
    done.swept = sweep(contents, now)
    progress(Progress("tidy", done.swept.removed, done.swept.bytes, done.swept.removed, done.swept.bytes))
    return done


def _expire_trash(now: int) -> int:
    said = settings.LADING_DRIVE
    done = 0
    # A part at a time; what is held or frozen is not counted, so this ends.
    for _ in range(_ROUNDS):
        moved = expire(now, trash_days=said["trash_days"], admin_days=said["admin_trash_days"])
        done += moved
        if not moved:
            break
    return done


def _delete(model: Any, **which: Any) -> int:
    with writing(SYSTEM):
        return int(model.objects.filter(**which).delete()[0])


def _forget_uploads(contents: Store, before: int) -> int:
    gone = 0
    for (key,) in list(pages(_RESTING, "", before)):
        # Its owner may go on with it this very moment.
        if _delete(Partial, key=key, touched__lt=before):
            contents.partial_drop(key)
            gone += 1
    return gone
