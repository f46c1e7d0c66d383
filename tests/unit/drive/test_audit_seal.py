"""
Sealing: all that happened stands in the ledger, once, in the form anybody can check.
"""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from lading.drive import audit
from lading.drive.actor import Actor
from lading.drive.audit.seal import Sealer, seal
from lading.drive.audit.spool import let_go
from lading.drive.models import Event, Meta, Space, Wall, WallSide
from lading.drive.writing import writing
from lading.evidence import chain
from lading.model.errors import BadLedger

ANNA = Actor(7, "anna", via="dav")
NOV, DEC, JAN = (
    int(datetime(year, month, 20, tzinfo=UTC).timestamp()) * 10**9
    for year, month in ((2026, 11), (2026, 12), (2027, 1))
)


def tell(kind: str = "file.saved", *, space: int | None = None, path: str = "", **facts: Any) -> None:
    with writing(ANNA) as work:
        work.event(kind, space=space, node=5, path=path, **facts)


def records(home: Path) -> list[chain.Record]:
    found = []
    for file in sorted((home / "audit").glob("20*.jsonl")):
        with open(file, "rb") as stream:
            found += list(chain.records(stream))
    return found


def told(home: Path) -> list[chain.Record]:
    return [record for record in records(home) if not record.kind.startswith("audit.")]


def test_an_event_becomes_a_record_and_knows_its_number(home: Path):
    """
    The record holds who, what, where and when; the event holds the number of the record.
    """
    tell(path="交易/a.docx", number=3, big=2**60, share=0.5)
    event = Event.objects.get()

    assert 1 == seal(now=NOV)
    (record,) = told(home)
    assert ("anna", "file.saved") == (record.actor, record.kind)
    assert {
        "event": event.id,
        "at": str(event.at),
        "principal": 7,
        "node": 5,
        "path": "交易/a.docx",
        "facts": {"via": "dav", "number": 3, "big": str(2**60), "share": "0.5"},
    } == record.facts
    assert 202611 * 10**10 + record.seq == Event.objects.get().sealed


def test_reads_of_the_spool_are_carried_over_and_their_file_goes(home: Path):
    """
    Each noted read is one record; the spool is empty afterwards, but for who is still writing.
    """
    for n in range(3):
        audit.note_read(ANNA, "file.read", space=1, node=n, path="a/b")
    assert 0 == seal(now=NOV)

    let_go()
    assert 3 == seal(now=NOV)
    assert [0, 1, 2] == [record.facts["node"] for record in told(home)]
    assert [] == list((home / "audit" / "spool").iterdir())
    assert 0 == seal(now=NOV)


def test_months_are_files_of_their_own_and_one_chain(home: Path):
    """
    The first record of a month names the file before with its length and head, and that one says it is closed.
    """
    for now in (NOV, JAN):
        tell()
        seal(now=now)
    november, january = (home / "audit" / f"{month}.jsonl" for month in ("2026-11", "2027-01"))

    with open(november, "rb") as stream:
        old = list(chain.records(stream))
    with open(january, "rb") as stream:
        new = list(chain.records(stream))
    assert ["audit.started", "file.saved", "audit.closed"] == [record.kind for record in old]
    assert ["audit.continued", "file.saved"] == [record.kind for record in new]
    assert {"segment": "2026-11", "records": 3, "head": old[-1].digest} == new[0].facts["previous"]


def test_a_clock_that_was_set_back_writes_into_the_newest_file(home: Path):
    """
    After a seal in December, one in November goes on in December's file.
    """
    for now in (DEC, NOV):
        tell()
        seal(now=now)

    assert ["2026-12.jsonl"] == [file.name for file in (home / "audit").glob("*.jsonl")]
    assert 2 == len(told(home))


def test_an_auditor_checks_a_segment_with_one_file_of_python(home: Path):
    """
    `python3 chain.py SEGMENT` says that it holds, without anything else of ours.
    """
    tell()
    seal(now=NOV)

    said = subprocess.run(
        [sys.executable, "-I", chain.__file__, str(home / "audit" / "2026-11.jsonl")],
        capture_output=True,
        text=True,
    )
    assert (0, True) == (said.returncode, said.stdout.startswith("holds: 2 records"))


def test_names_of_a_space_under_a_wall_are_withheld(home: Path):
    """
    Of a space under a wall the ledger holds ids and a mark, and no name, neither from events nor from reads.
    """
    space = Space.objects.create(key="k", name="Project Falcon", created=1)
    WallSide.objects.create(wall=Wall.objects.create(name="w", created=1), side=0, space=space)
    tell(space=space.id, path="Falcon/offer.docx", to="Falcon AG", number=2, role="edit")
    audit.note_read(ANNA, "file.read", space=space.id, node=5, path="Falcon/offer.docx", number=2)
    let_go()
    seal(now=NOV)

    found = told(home)
    assert 2 == len(found)
    assert {"via": "dav", "number": 2, "role": "edit"} == next(
        r for r in found if r.kind == "file.saved"
    ).facts["facts"]
    assert all(space.id == record.facts["space"] and len(record.facts["withheld"]) == 64 for record in found)
    assert b"alcon" not in (home / "audit" / "2026-11.jsonl").read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "Authorization: Basic notes.docx",
        "-----BEGIN RSA PRIVATE KEY",
        "x" * 300_000,
        "http:/a:b@c",
        "AUTHORıZATION: x",
    ],
    ids=["header", "key", "long", "url", "dotless"],
)
def test_a_name_that_the_ledger_refuses_does_not_stop_the_audit(home: Path, path: str):
    """
    A file named like a secret, or with a very long path, is told without its name.
    """
    tell(path=path)
    tell(path="next", token="laptop")
    tell("Odd Kind!")

    assert 3 == seal(now=NOV)
    assert 3 == len(records(home)) - 1
    assert b"laptop" not in (home / "audit" / "2026-11.jsonl").read_bytes()


def test_torn_lines_of_the_spool_are_kept_aside_and_told(home: Path):
    """
    A line that a power cut tore or zeroed is kept as it is, and a record says where; its neighbours are sealed.
    """
    audit.note_read(ANNA, "file.read", space=1, node=1)
    let_go()
    (file,) = (home / "audit" / "spool").iterdir()
    whole = file.read_bytes()
    torn = [b"\0" * 50 + b"\n", b"[]\n", whole[:30]]
    file.write_bytes(whole + torn[0] + torn[1] + whole + torn[2])

    assert 5 == seal(now=NOV)
    assert ["file.read", "audit.torn", "audit.torn", "file.read", "audit.torn"] == [
        record.kind for record in records(home)[1:]
    ]
    asides = [record.facts["facts"]["file"] for record in records(home) if record.kind == "audit.torn"]
    assert torn == [(home / "audit" / "torn" / name).read_bytes() for name in asides]


def test_a_row_of_a_rolled_back_database_is_not_taken_for_another(home: Path):
    """
    When a power cut took back events whose records are on the disk, the records are named as unmatched and
    the new events with the same ids get records of their own.
    """
    tell(path="lost")
    seal(now=NOV)
    (lost,) = told(home)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE drive_event SET sealed = NULL, path = 'new'")
    Meta.objects.filter(key="audit.sealed").update(value=202611 * 10**10 + 1)

    assert 1 == seal(now=NOV)
    assert ["lost", "new"] == [record.facts["path"] for record in told(home)]
    (unmatched,) = [record for record in records(home) if record.kind == "audit.unmatched"]
    assert [202611 * 10**10 + lost.seq] == unmatched.facts["records"]


def test_events_that_commit_late_are_not_skipped(home: Path):
    """
    An event with a lower id than sealed ones, as another transaction may commit it, is sealed too.
    """
    for _ in range(3):
        tell()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE drive_event SET id = id + 10 WHERE id > 1")
    seal(now=NOV)
    tell()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE drive_event SET id = 5 WHERE sealed IS NULL")

    assert 1 == seal(now=NOV)
    assert 4 == Event.objects.exclude(sealed=None).count()


@pytest.mark.parametrize("hurt", ["gone", "other", "cut", "changed"])
def test_a_broken_ledger_stalls_the_audit_loudly_and_nothing_else(
    home: Path, hurt: str, caplog: pytest.LogCaptureFixture
):
    """
    A missing, foreign, cut off or changed ledger is refused; an event and the log say so, the drive goes on.
    """
    tell()
    tell()
    seal(now=NOV)
    ledger = home / "audit" / "2026-11.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    if hurt == "gone":
        ledger.unlink()
    elif hurt == "other":
        Meta.objects.filter(key="audit.id").update(value=5)
    elif hurt == "cut":
        ledger.write_bytes(b"".join(lines[:-1]))
        ledger.with_suffix(".head").unlink()
    else:
        ledger.write_bytes(b"".join(lines[:-1]) + lines[-1].replace(b"anna", b"otto"))

    tell()
    for _ in range(2):
        with pytest.raises(BadLedger):
            seal(now=NOV)
    assert "the audit is stalled" in caplog.text
    assert 1 == Event.objects.filter(kind="audit.stalled", sealed=None).count()
    tell()


def test_the_sealer_seals_by_itself_and_lives_through_a_broken_ledger(home: Path):
    """
    A thread seals what comes, also once more at its end, and a broken ledger does not end it.
    """
    sealer = Sealer(0.01)
    sealer.start()
    tell()
    sealer.stop()
    assert 0 == Event.objects.filter(sealed=None).count()

    next((home / "audit").glob("20*.jsonl")).unlink()
    sealer = Sealer(0.01)
    sealer.start()
    tell()
    sealer.stop()
    assert Event.objects.filter(kind="audit.stalled").exists()


def test_the_files_of_the_audit_are_for_nobody_else(home: Path):
    """
    Neither the folders nor the files of the audit can be read by other users of the machine.
    """
    audit.note_read(ANNA, "file.read", space=1, node=1)
    tell()
    seal(now=NOV)

    found = [home / "audit", *(home / "audit").rglob("*")]
    assert [] == [path for path in found if path.suffix != ".head" and os.stat(path).st_mode & 0o077]
    assert json.loads((home / "audit" / "2026-11.head").read_bytes())["seq"] == 2
