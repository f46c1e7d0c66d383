"""
What ends when somebody leaves.
"""

from __future__ import annotations

from lading.drive.models import OneTime, Principal
from lading.drive.people.tokens import revoke_all
from lading.drive.writing import Writing


def let_go(work: Writing, principal: int, kind: str) -> None:
    """
    Nothing of *principal* is heard any more, and their guests wait for a new owner.

    Part of a transaction that has moved the epoch and has asked all there is to ask.
    """
    Principal.objects.filter(id=principal).update(active=False)
    revoke_all(principal, work.now)
    OneTime.objects.filter(principal_id=principal, used=None).update(used=work.now)
    for guest in Principal.objects.filter(owner_id=principal).values_list("id", flat=True):
        work.event("guest.changed", of=guest, changed=["owner"])
    Principal.objects.filter(owner_id=principal).update(owner=None)
    work.event(f"{kind}.left", of=principal)
