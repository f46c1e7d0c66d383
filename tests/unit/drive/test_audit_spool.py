"""
Reads are noted in a file per process, cheaply and without losing one.
"""

import json
import os
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from lading.drive import audit
from lading.drive.actor import Actor
from lading.drive.audit.spool import let_go

ANNA = Actor(7, "anna", via="dav", address="127.0.0.9")


def noted(home: Path) -> list[dict[str, Any]]:
    files = sorted((home / "audit" / "spool").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_bytes().splitlines()]


def test_a_read_is_one_line_with_who_what_and_from_where(home: Path):
    """
    The line holds the kind, the reader, the place and the door.
    """
    audit.note_read(ANNA, "file.read", space=1, node=5, path="交易/a.docx", number=2)

    (line,) = noted(home)
    at = line.pop("at")
    assert {
        "kind": "file.read",
        "actor": "anna",
        "principal": 7,
        "space": 1,
        "node": 5,
        "path": "交易/a.docx",
        "facts": {"number": 2, "via": "dav", "address": "127.0.0.9"},
    } == line
    assert at > 1_700_000_000 * 10**9


def test_many_threads_and_a_fork_lose_no_line_and_tear_none(home: Path):
    """
    Every line of every thread and of a forked child is there once and whole.
    """

    def work(who: int) -> None:
        for n in range(200):
            audit.note_read(ANNA, "file.read", space=who, node=n)

    work(9)
    threads = [threading.Thread(target=work, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    if (child := os.fork()) == 0:
        work(100)
        os._exit(0)
    for thread in threads:
        thread.join()

    assert 0 == os.waitpid(child, 0)[1]
    assert {9: 200, 0: 200, 1: 200, 2: 200, 3: 200, 100: 200} == Counter(
        line["space"] for line in noted(home)
    )


def test_a_file_given_away_gets_no_further_line(home: Path):
    """
    After a process let go of its file, the next read begins another.
    """
    audit.note_read(ANNA, "file.read", space=1, node=1)
    let_go()
    audit.note_read(ANNA, "file.read", space=1, node=2)

    assert 2 == len(list((home / "audit" / "spool").iterdir()))
    assert [1, 2] == sorted(line["node"] for line in noted(home))
