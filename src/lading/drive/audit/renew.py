"""
Begin the ledger anew after a disaster.

Where the folder of the audit was lost, or came back from a backup that is older than the
database, nothing can be sealed any more.  An audit admin may then begin a new ledger: what
is left of the old one is set aside, never removed; every event that the database has is sealed
anew; and the first thing told is who did this, and why.  Reads that stood in the lost part are lost.
"""

from __future__ import annotations

import os

from django.db import connection

from lading.drive.actor import Actor
from lading.drive.audit.places import audit_folder, make_folder
from lading.drive.audit.reading import checked_reason, need_audit
from lading.drive.audit.segments import segments
from lading.drive.audit.settled import forget, id_of_audit
from lading.drive.audit.turn import turn
from lading.drive.writing import writing
from lading.evidence.files import sync_folder, translated


def renew(actor: Actor, reason: str) -> str:
    """
    Set the ledger aside and begin a new one with the next seal; the name of the folder it lies in now.

    Doing it again after a kill does the rest.

    Raises:
        Forbidden: *actor* is no audit admin.
        Unfit: no reason is given.
        DriveError: the files cannot be moved.
    """
    need_audit(actor)
    checked_reason(reason)
    with turn(wait=True):
        aside = _free_name()
        with translated(audit_folder()):
            _set_aside(make_folder(aside))
        with writing(actor) as work, connection.cursor() as cursor:
            cursor.execute("UPDATE drive_event SET sealed = NULL WHERE sealed IS NOT NULL")
            work.event("audit.renewed", reason=reason, aside=aside, audit=id_of_audit())
            forget(cursor)
    return aside


def _free_name() -> str:
    number = 1
    while os.path.lexists(audit_folder(f"before-{number}")):
        number += 1
    return f"before-{number}"


def _set_aside(folder: str) -> None:
    names = {segment.name for segment in segments()}
    for name in sorted(os.listdir(audit_folder())):
        if name.partition(".")[0] in names:
            os.rename(audit_folder(name), os.path.join(folder, name))
    sync_folder(os.path.join(folder, "its files"))
    sync_folder(folder)
