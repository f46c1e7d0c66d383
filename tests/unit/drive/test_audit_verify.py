"""
Verifying the audit: whatever was changed is found and named; what is whole is not accused.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection

from lading.drive import audit
from lading.drive.actor import Actor
from lading.drive.audit.reading import acknowledge
from lading.drive.audit.seal import seal
from lading.drive.audit.spool import let_go
from lading.drive.audit.verify import Verified, verify
from lading.drive.models import Event, Meta, Space, Wall, WallSide
from lading.drive.writing import writing
from lading.evidence import chain
from lading.model.errors import BadLedger
from lading.model.text import Language

ANNA = Actor(7, "anna", via="dav")
MONTHS = [int(datetime(2026, month, 20, tzinfo=UTC).timestamp()) * 10**9 for month in (9, 10, 11)]


@pytest.fixture
def three_months(home: Path) -> Path:
    """An audit with three months, each with four events, one of them of a walled space, and two reads."""
    space = Space.objects.create(key="k", name="Falcon", created=1)
    WallSide.objects.create(wall=Wall.objects.create(name="w", created=1), side=0, space=space)
    for month in MONTHS:
        for n in range(3):
            with writing(ANNA) as work:
                work.event("file.saved", node=n, path=f"A/{n}", number=n)
        with writing(ANNA) as work:
            work.event("file.saved", space=space.id, node=9, path="Falcon/offer")
        for n in range(2):
            audit.note_read(ANNA, "file.read", space=1, node=n, path="x")
        let_go()
        seal(now=month)
    return home


def check() -> Verified:
    return verify(now=MONTHS[-1])


def lines(home: Path, month: str) -> tuple[Path, list[bytes]]:
    file = home / "audit" / f"2026-{month}.jsonl"
    return file, file.read_bytes().splitlines(keepends=True)


def events(query: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query, values)


def test_a_whole_audit_holds(three_months: Path):
    """
    Three months, their events and reads are counted, and the newest record is named.
    """
    checked = check()

    _, november = lines(three_months, "11")
    last = json.loads(november[-1])
    assert ("2026-09", 3, 12, 0, 0) == (
        checked.since, checked.segments, checked.events, checked.torn, checked.acknowledged,
    )  # fmt: skip
    assert (202611 * 10**10 + len(november), last["digest"]) == (checked.number, checked.head)
    assert checked == verify(head=checked.head, now=MONTHS[-1])


def test_an_empty_drive_has_an_audit_that_holds(home: Path):
    """
    Verifying begins the audit of a new drive.
    """
    assert (1, 1, 0) == (check().segments, check().records, check().events)


def _changed(month: str, number: int) -> Callable[[Path], None]:
    def hurt(home: Path) -> None:
        file, found = lines(home, month)
        found[number] = found[number].replace(b'"anna"', b'"otto"').replace(b"system", b"sistem")
        file.write_bytes(b"".join(found))

    return hurt


def _removed(home: Path) -> None:
    file, found = lines(home, "10")
    file.write_bytes(b"".join(found[:2] + found[3:]))


def _swapped(home: Path) -> None:
    file, found = lines(home, "10")
    file.write_bytes(b"".join([found[0], found[2], found[1], *found[3:]]))


def _inserted(home: Path) -> None:
    file, found = lines(home, "10")
    file.write_bytes(b"".join([*found[:2], found[1], *found[2:]]))


def _cut_old(home: Path) -> None:
    file, found = lines(home, "10")
    file.write_bytes(b"".join(found[:-2]))


def _cut_new(home: Path) -> None:
    file, found = lines(home, "11")
    file.write_bytes(b"".join(found[:-2]))
    file.with_suffix(".head").unlink()


def _no_middle(home: Path) -> None:
    lines(home, "10")[0].unlink()


def _no_first(home: Path) -> None:
    lines(home, "09")[0].unlink()


def _no_last(home: Path) -> None:
    file, _ = lines(home, "11")
    file.unlink()
    file.with_suffix(".head").unlink()


def _other_head(home: Path) -> None:
    file, _ = lines(home, "10")
    file.with_suffix(".head").write_bytes(b'{"digest":"%s","seq":3}\n' % (b"0" * 64))


def _rewritten(home: Path) -> None:
    """A middle month written anew from its third record on, with right digests, and its head too."""
    file, found = lines(home, "10")
    made, previous = [], chain.START
    for line in found:
        fields = json.loads(line)
        if fields["seq"] == 3:
            fields["actor"] = "otto"
        record = chain.sealed(
            fields["seq"], fields["time"], fields["actor"], fields["kind"], fields["facts"], previous
        )
        made.append(record.line())
        previous = record.digest
    file.write_bytes(b"".join(made))
    file.with_suffix(".head").write_bytes(b'{"digest":"%s","seq":%d}\n' % (previous.encode(), len(made)))


LEDGER = [
    (_changed("10", 2), "2026-10: line 3 was changed"),
    (_changed("09", 0), "2026-09: line 1 was changed"),
    (_removed, "2026-10: line 3 does not follow"),
    (_swapped, "2026-10: line 2 does not follow"),
    (_inserted, "2026-10: line 3 does not follow"),
    (_cut_old, "2026-10: its end is cut off"),
    (_cut_new, "the newest records are missing|claims a record it does not have"),
    (_no_middle, "2026-10: this month is missing"),
    (_no_first, "2026-09: this month is missing"),
    (_no_last, "claims a record it does not have|newest records are missing"),
    (_other_head, "2026-10: its end is cut off or rewritten"),
    (_rewritten, "2026-11: it does not follow 2026-10"),
]


@pytest.mark.parametrize(("hurt", "said"), LEDGER, ids=[str(n) for n in range(len(LEDGER))])
def test_a_ledger_that_was_changed_is_found_and_named(
    three_months: Path, hurt: Callable[[Path], None], said: str
):
    """
    A record changed, removed, moved or inserted, an end cut off, a month missing or written anew.
    """
    hurt(three_months)

    with pytest.raises(BadLedger, match=said) as broken:
        check()
    assert broken.value.message(Language.ZH) != broken.value.message(Language.EN)


DATABASE = [
    ("UPDATE drive_event SET path = 'B' WHERE id = 2", "event 2 was changed"),
    ("UPDATE drive_event SET actor = 'otto' WHERE id = 2", "event 2 was changed"),
    ("UPDATE drive_event SET at = at + 1 WHERE id = 2", "event 2 was changed"),
    ("UPDATE drive_event SET node = 77 WHERE id = 2", "event 2 was changed"),
    ("UPDATE drive_event SET facts = '{}' WHERE id = 2", "event 2 was changed"),
    ("UPDATE drive_event SET path = 'Falcon/other' WHERE id = 4", "event 4 was changed"),
    ("DELETE FROM drive_event WHERE id = 6", "event 6 was removed"),
    ("UPDATE drive_event SET sealed = sealed + 1 WHERE id = 6", "event 6 says its record is"),
    ("UPDATE drive_event SET sealed = NULL WHERE id = 2", "event 2 says its record is"),
    ("UPDATE drive_event SET sealed = NULL, path = 'B' WHERE id = 2", "event 2 was changed"),
    (
        "INSERT INTO drive_event (at, kind, actor, path, facts, sealed) VALUES (1, 'x.y', 'anna', '', '{}', 2026100000000003)",
        "event 13 claims a record it does not have",
    ),
    (
        "INSERT INTO drive_event (at, kind, actor, path, facts, sealed) VALUES (1, 'x.y', 'anna', '', '{}', 2026120000000003)",
        "2026-12: event 13 claims a record it does not have",
    ),
]


@pytest.mark.parametrize(("query", "said"), DATABASE, ids=[str(n) for n in range(len(DATABASE))])
def test_an_event_that_was_changed_since_it_was_sealed_is_found_and_named(
    three_months: Path, query: str, said: str
):
    """
    Any change of an event, its removal, another number, and an event with somebody else's number or a made up one;
    also of a space under a wall, whose names the ledger does not hold.
    """
    events(query)

    with pytest.raises(BadLedger, match=said):
        check()


def test_a_record_added_to_the_end_by_hand_is_found(three_months: Path):
    """
    A record about an event that was sealed already, made with right digests, is not believed.
    """
    file, found = lines(three_months, "11")
    last, old = json.loads(found[-1]), json.loads(found[-2])
    made = chain.sealed(
        last["seq"] + 1, old["time"], "otto", old["kind"], {**old["facts"], "event": 1}, last["digest"]
    )
    file.write_bytes(b"".join(found) + made.line())

    with pytest.raises(BadLedger, match="event 1 was changed"):
        check()


def test_a_head_noted_elsewhere_finds_what_was_all_written_anew(three_months: Path):
    """
    Where ledger, heads and database agree with each other, the head somebody noted still finds the forgery.
    """
    head = check().head

    assert head == verify(head=head.upper(), now=MONTHS[-1]).head
    with pytest.raises(BadLedger, match="noted elsewhere"):
        verify(head=hashlib.sha256(b"x").hexdigest(), now=MONTHS[-1])


def test_what_a_restored_database_lost_is_found_until_an_audit_admin_explains_it(three_months: Path):
    """
    Events that are gone together with the note that they were sealed are found; once explained, they are counted.
    """
    events("DELETE FROM drive_event WHERE id > 10")
    Meta.objects.filter(key="audit.sealed").update(value=2026110000000001)
    with pytest.raises(BadLedger, match="event 11 was removed"):
        check()

    lost = [record.seq for record in records_of(three_months, "11") if record.facts.get("event") in (11, 12)]
    acknowledge(
        Actor(1, "rosa", admin="audit"), [202611 * 10**10 + seq for seq in lost], "restored from a backup"
    )
    assert 2 == check().acknowledged


def records_of(home: Path, month: str) -> list[chain.Record]:
    with open(lines(home, month)[0], "rb") as stream:
        return list(chain.records(stream))


def test_many_findings_are_counted_and_some_are_told(three_months: Path):
    """
    All events are gone: five findings are told, the others counted.
    """
    Event.objects.all().delete()

    with pytest.raises(BadLedger, match="and 7 more") as broken:
        check()
    assert 12 == len(broken.value.facts["findings"])


def test_unsealed_events_are_sealed_first(three_months: Path):
    """
    What waits is sealed by the check itself.
    """
    with writing(ANNA) as work:
        work.event("file.saved")

    assert 13 == check().events


def test_a_stalled_audit_is_told_even_if_all_files_hold(three_months: Path):
    """
    A ledger of another drive holds in itself, and is refused all the same.
    """
    Meta.objects.filter(key="audit.id").update(value=1)

    with pytest.raises(BadLedger, match="another drive"):
        check()


def test_verifying_reads_in_batches_over_a_large_ledger(home: Path):
    """
    More records than a batch holds are all compared.
    """
    rows = [(n, "a.b", "anna", "", "{}") for n in range(1, 1801)]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO drive_event (at, kind, actor, path, facts) VALUES (%s, %s, %s, %s, %s)", rows
        )

    assert 1800 == check().events
