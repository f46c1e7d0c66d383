"""
Changes of a large folder under SIGKILL, and workers that are ended at their work: done, or not begun, never half.

`LADING_ROUGH_ENTRIES` says how many entries the folder has (2,000 without it).
"""

from __future__ import annotations

import http.client
import os
import random
import signal
import threading
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from django.db import connection, connections

from lading.drive.actor import EVERYTHING, Actor
from lading.drive.models import Principal, Space
from lading.drive.rights.sight import sight
from lading.drive.store import store
from lading.drive.tree.batch import Item, save_many
from support.rough_drive import RoughDrive, digest
from support.served_drive import until

ENTRIES = int(os.environ.get("LADING_ROUGH_ENTRIES", "2000"))
LOST = (OSError, http.client.HTTPException)
CONTENT = b"a file of a large folder"

LONGEST = 0.3 * (1 + ENTRIES / 10_000)
"""Seconds until the latest moment of a kill."""


@pytest.fixture
def drive(home: Path) -> RoughDrive:
    """A drive with the folder `large`."""
    drive = RoughDrive(home)
    ann, space = Principal.objects.get(key="ann"), Space.objects.get(key=drive.key)
    stored = store().put_bytes(CONTENT)
    viewer = sight(Actor(ann.id, "ann", scopes=EVERYTHING))
    items = [
        Item(("large", f"f{n % (ENTRIES // 200)}", f"{n}.txt"), stored, parents=True) for n in range(ENTRIES)
    ]
    assert all(hasattr(saved, "seen") for saved in save_many(viewer, space.id, items))
    connections.close_all()
    return drive


class Seen(NamedTuple):
    """Where the folder is, and how many files there are anywhere."""

    here: set[str]
    trash: dict[str, int]
    files: int


def seen(drive: RoughDrive) -> Seen:
    """How things are; every folder in the space must be whole."""
    here = set(drive.names())
    for folder in here:
        below = [drive.names(f"{folder}/{name}") for name in drive.names(folder)]
        assert ENTRIES == sum(map(len, below)), folder
    (rows,) = (value for value in drive.ask("GET", "api/v1/trash").json.values() if isinstance(value, list))
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM drive_node WHERE kind = 2")
        (files,) = cursor.fetchone()
    connections.close_all()
    return Seen(here, {row["name"]: row["id"] for row in rows}, files)


def killed_during(drive: RoughDrive, verb: str, path: str, **headers: str) -> None:
    """Send a request and kill the drive at some moment, whether it was answered or not."""

    def ask() -> None:
        with suppress(*LOST):
            drive.ask(verb, path, **headers)

    asking = threading.Thread(target=ask)
    asking.start()
    asking.join(random.uniform(0.001, LONGEST))
    drive.kill()
    asking.join()
    drive.demand_sound()


def test_changes_of_a_large_folder_that_are_killed_are_done_or_not_begun(drive: RoughDrive) -> None:
    """
    Moved, copied, deleted and restored under kills, the folder is whole in one of its two places.
    """
    with drive.serving():
        killed_during(drive, "MOVE", "dav/Deals/large", Destination="/dav/Deals/moved")
    with drive.serving():
        moved = seen(drive)
        (place,) = moved.here
        killed_during(drive, "COPY", f"dav/Deals/{place}", Destination="/dav/Deals/copy")
    with drive.serving():
        copied = seen(drive)
        killed_during(drive, "DELETE", f"dav/Deals/{place}")
    with drive.serving():
        deleted = seen(drive)
        if place in deleted.here:
            assert 204 == drive.ask("DELETE", f"dav/Deals/{place}").status
        number = seen(drive).trash[place]
        killed_during(drive, "POST", f"api/v1/trash/{number}/restore")
    with drive.serving():
        restored = seen(drive)

    assert place in ("large", "moved")
    assert (ENTRIES, {}) == moved[:0:-1]
    assert (copied.here, copied.files) in (({place}, ENTRIES), ({place, "copy"}, 2 * ENTRIES))
    for after in (deleted, restored):
        assert (place in after.here) != (place in after.trash)
        assert after.here | {*after.trash} == copied.here
        assert copied.files == after.files


def test_workers_that_are_ended_finish_what_they_began(home: Path) -> None:
    """
    SIGTERM to one worker after the other under load: every request is answered well or refused whole, all
    answered ones are there, and there are as many workers as before.
    """
    drive = RoughDrive(home)
    over = threading.Event()
    answered: list[tuple[str, bytes]] = []
    odd: list[object] = []

    def work(number: int) -> None:
        sent = 0
        while not over.is_set():
            sent += 1
            name, content = f"file{number}-{sent}", b"%d-%d " % (number, sent) * (1 + sent % 3 * 20_000)
            try:
                said = drive.put(name, content)
            except LOST:
                continue
            if said.status == 201:
                answered.append((name, content))
            elif said.status != 503:
                odd.append(said)

    with drive.serving():
        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        # Each once: one that ends twice within seconds is taken for broken, and the server with it.
        for ended in workers(drive):
            more = len(answered) + 20
            until(lambda more=more: len(answered) >= more)
            os.kill(ended, signal.SIGTERM)
            until(lambda ended=ended: not alive(ended))
        more = len(answered) + 20
        until(lambda: len(answered) >= more)
        over.set()
        for thread in threads:
            thread.join()
        until(lambda: 2 == len(workers(drive)))
        for name, content in answered:
            assert digest(content) == digest(drive.get(name).body)
    drive.demand_sound()

    assert [] == odd


def workers(drive: RoughDrive) -> set[int]:
    """The processes that answer now."""
    return {int(drive.ask("GET", "ready").body.split()[1]) for _ in range(30)}


def alive(process: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
