"""
After a disaster: a new ledger is begun, the old one is kept aside, and all the database knows is in the new one.
"""

from pathlib import Path

import pytest

from lading.drive import audit
from lading.drive.actor import Actor
from lading.drive.audit.renew import renew
from lading.drive.audit.seal import seal
from lading.drive.audit.verify import verify
from lading.drive.errors import Unfit
from lading.drive.models import Event
from lading.drive.writing import writing
from lading.model.errors import BadLedger, Forbidden

ANNA, ROSA = Actor(7, "anna"), Actor(8, "rosa", admin="audit")


def test_a_lost_ledger_is_begun_anew_by_an_audit_admin(home: Path):
    """
    Nothing can be sealed until it is; then every event is sealed anew, what was left lies aside, a reader goes on.
    """
    for _ in range(3):
        with writing(ANNA) as work:
            work.event("file.saved")
    seal()
    audit.note_read(ANNA, "file.read", space=1, node=1)
    (segment,) = (home / "audit").glob("20*.jsonl")
    left = b"".join(segment.read_bytes().splitlines(keepends=True)[:2])
    segment.write_bytes(left)
    with pytest.raises(BadLedger):
        seal()

    aside = renew(ROSA, "the disk was lost")
    audit.note_read(ANNA, "file.read", space=1, node=2)
    checked = verify()

    assert left == (home / "audit" / aside / segment.name).read_bytes()
    assert {"audit.renewed", "audit.stalled", "file.saved"} == set(
        Event.objects.values_list("kind", flat=True)
    )
    assert 5 == checked.events
    assert 1 == len(list((home / "audit" / "spool").iterdir()))


def test_only_an_audit_admin_with_a_reason_may(home: Path):
    """
    Nobody else, and not without saying why; nothing is touched.
    """
    seal()
    with pytest.raises(Forbidden):
        renew(Actor(1, "sys", admin="system"), "because")
    with pytest.raises(Unfit):
        renew(ROSA, " ")

    assert 1 == len(list((home / "audit").glob("20*.jsonl")))
