"""The audit of a drive, from the command line."""

from __future__ import annotations

from typing import BinaryIO

from lading.drive.actor import Actor
from lading.drive.audit import reading
from lading.drive.audit.verify import Verified
from lading.drive.audit.verify import verify as verified
from lading.drive.models import Account
from lading.model.errors import Forbidden
from lading.model.text import Text


def verify(head: str) -> Verified:
    """
    Check every record, and every event against its record.

    Raises:
        BadLedger: something was changed.
    """
    return verified(head=head)


def export(by: str, since: int | None, until: int | None, out: BinaryIO) -> int:
    """
    Write records as lines of JSON, in the name of the audit admin whose key is *by*; how many they are.

    Raises:
        Forbidden: they are no audit admin.
    """
    account = Account.objects.filter(
        principal__key=by, principal__active=True, admin=Account.Admin.AUDIT
    ).first()
    if account is None:
        raise Forbidden(by, Text("only an audit admin may", "仅限审计管理员"))
    return reading.export(Actor(account.principal_id, by, account.admin), since, until, out)
