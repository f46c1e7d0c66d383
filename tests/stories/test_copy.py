"""
Copies from folder to folder, pass after pass, as a user runs them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
from pathlib import Path

import pytest

from lading.testkit import worlds
from support.command import Answer, lading

YEAR = 365 * 86_400 * 1_000_000_000


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A small drive with two spaces."""
    root = tmp_path / "old"
    for name, text in {
        "甲/合同.pdf": "contract",
        "甲/b/model.xlsx": "model",
        "乙/note.txt": "note",
        "loose.txt": "",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "乙" / "empty").mkdir()
    return root


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """Where it goes; not there yet."""
    return tmp_path / "new"


def copy(old: Path, new: Path, *words: str) -> Answer:
    """One pass from *old* to *new*."""
    return lading("copy", old, new, "--state", new.parent / "state", "--json", *words)


def buckets(answer: Answer) -> dict[str, int]:
    """Objects in each bucket that is not empty."""
    return {name: it["objects"] for name, it in answer.json["account"]["buckets"].items() if it["objects"]}


def facts(root: Path) -> dict[bytes, tuple[object, ...]]:
    """Kind, time, and for files size and digest, of everything below *root*, by its exact path."""
    found: dict[bytes, tuple[object, ...]] = {}
    for folder, folders, files in os.walk(os.fsencode(root)):
        for name in [*folders, *files]:
            path = os.path.join(folder, name)
            stat = os.lstat(path)
            content = hashlib.sha256(open(path, "rb").read()).hexdigest() if name in files else "folder"  # noqa: SIM115
            found[os.path.relpath(path, os.fsencode(root))] = (stat.st_mtime_ns, content)
    return found


def test_the_first_pass_brings_everything(old: Path, new: Path) -> None:
    """After one pass NEW has the same names, contents and times, and the account closes."""
    answer = copy(old, new)

    assert 0 == answer.code
    assert {"moved": 8} == buckets(answer)
    assert answer.json["account"]["closed"]
    assert facts(old) == facts(new)


def test_a_firm_with_hostile_names_arrives_whole(tmp_path: Path, new: Path) -> None:
    """Every name, time and content of a generated firm arrives exactly, hostile names included."""
    world = worlds.build(tmp_path / "firm", seed=7, files=200)
    answer = copy(world.root, new)

    assert 0 == answer.code
    assert facts(world.root) == facts(new)


def test_a_second_pass_moves_only_what_changed(old: Path, new: Path) -> None:
    """Edits and new files are moved, everything else is the same and is not sent."""
    copy(old, new)
    (old / "甲" / "合同.pdf").write_text("contract, signed")
    (old / "甲" / "c.txt").write_text("more")
    answer = copy(old, new)

    assert 0 == answer.code
    assert {"moved": 2, "same": 7} == buckets(answer)
    assert len("contract, signed") + len("more") == answer.json["account"]["sent_bytes"]
    assert facts(old) == facts(new)


def test_renames_are_followed_without_copying(tmp_path: Path, new: Path) -> None:
    """Renamed files and a moved folder are renamed in NEW; no content is sent for them."""
    world = worlds.build(tmp_path / "firm", seed=3, files=200)
    copy(world.root, new)
    changes = worlds.change(world, seed=4)
    answer = copy(world.root, new, "--delete", "--delete-at-most", "50")
    sent = answer.json["account"]["sent_bytes"]

    assert 0 == answer.code
    assert len(changes.renamed) + len(changes.carried) <= buckets(answer)["renamed"]
    assert sent == sum(
        os.lstat(os.path.join(os.fsencode(world.root), it)).st_size for it in _written(changes)
    )
    assert facts(world.root) == facts(new)


def _written(changes: worlds.Changes) -> list[bytes]:
    return [os.fsencode(it) if isinstance(it, str) else it for it in (*changes.edited, *changes.added)]


def test_a_touched_file_is_read_and_not_sent_again(old: Path, new: Path) -> None:
    """If only the etag of OLD changed (somebody's chmod), the content is compared, not moved."""
    copy(old, new)
    (old / "乙" / "note.txt").chmod(0o600)
    answer = copy(old, new)

    assert {"same": 8} == buckets(answer)
    assert 0 == answer.json["account"]["sent_bytes"]


def test_nobodys_work_in_new_is_overwritten(old: Path, new: Path) -> None:
    """A file that somebody edited in NEW, or had there before, stays as it is and is reported."""
    (new / "乙").mkdir(parents=True)
    (new / "乙" / "note.txt").write_text("somebody's own")
    first = copy(old, new)
    (new / "甲" / "合同.pdf").write_text("edited in NEW")
    second = copy(old, new)

    assert 11 == first.code == second.code
    assert {"moved": 6, "failed": 1, "same": 1} == buckets(first)
    assert 2 == buckets(second)["failed"]
    assert "somebody's own" == (new / "乙" / "note.txt").read_text()
    assert "edited in NEW" == (new / "甲" / "合同.pdf").read_text()
    assert 0 == copy(old, new, "--overwrite").code
    assert "note" == (new / "乙" / "note.txt").read_text()


def test_what_is_there_already_and_equal_is_the_same(old: Path, new: Path) -> None:
    """Files that were copied by other means are compared, not sent."""
    shutil.copytree(old, new)
    answer = copy(old, new)

    assert {"same": 8} == buckets(answer)
    assert 0 == answer.json["account"]["sent_bytes"]


def test_nothing_is_deleted_unless_so_ruled(old: Path, new: Path) -> None:
    """What vanished from OLD stays in NEW without --delete, and goes with it; other people's files always stay."""
    copy(old, new)
    (new / "theirs.txt").write_text("not ours")
    shutil.rmtree(old / "乙")
    kept = copy(old, new)
    still = (new / "乙" / "note.txt").exists()
    deleted = copy(old, new, "--delete", "--delete-at-most", "60")

    assert still
    assert {"objects": 4, "bytes": 12} == kept.json["account"]["extra"]["kept"]
    assert {"objects": 3, "bytes": 4} == deleted.json["account"]["extra"]["deleted"]
    assert not (new / "乙").exists()
    assert (new / "theirs.txt").exists()


def test_the_fuse_stops_a_deletion_that_is_too_large(old: Path, new: Path) -> None:
    """If OLD suddenly looks empty (a share that is not mounted), --delete stops before it removes anything."""
    copy(old, new)
    shutil.rmtree(old)
    old.mkdir()
    answer = copy(old, new, "--delete")

    assert 42 == answer.code
    assert "fuse" == answer.json["error"]["code"]
    assert (new / "甲" / "合同.pdf").exists()


def test_links_and_sockets_are_reported_never_followed(old: Path, new: Path, tmp_path: Path) -> None:
    """A symlink out of the drive and a socket are excluded with their reason; nothing outside is read."""
    (tmp_path / "secret.txt").write_text("outside")
    (old / "link").symlink_to(tmp_path / "secret.txt")
    (old / "folder-link").symlink_to(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(old / "socket"))
        answer = copy(old, new)
    [state] = [tmp_path / "state" / it for it in os.listdir(tmp_path / "state")]
    listed = [json.loads(line) for line in (state / "passes/0001/excluded.jsonl").read_text().splitlines()]

    assert {"moved": 8, "excluded": 3} == buckets(answer)
    assert ["/folder-link", "/link", "/socket"] == [row["path"] for row in listed]
    assert all(row["reason"]["en"] and row["reason"]["zh"] for row in listed)
    assert not os.path.lexists(new / "link")


def test_exclusions_count_as_excluded(old: Path, new: Path) -> None:
    """What --exclude matches stays behind with all below it, and is in the account."""
    answer = copy(old, new, "--exclude", "/甲/b", "--exclude", "*.txt")

    assert {"moved": 4, "excluded": 4} == buckets(answer)
    assert not (new / "甲" / "b").exists()


def test_a_dry_run_writes_nothing(old: Path, new: Path) -> None:
    """A dry run says what would be done; NEW is not even made."""
    answer = copy(old, new, "--dry-run")

    assert 0 == answer.code
    assert {"objects": 4, "bytes": 17} == answer.json["actions"]["copy"]
    assert not answer.json["new_exists"]
    assert not new.exists()


def test_two_people_can_waive_a_failure(old: Path, new: Path, tmp_path: Path) -> None:
    """A failure that two people accepted until a day counts as waived, after that day as failed."""
    (new / "乙").mkdir(parents=True)
    (new / "乙" / "note.txt").write_text("somebody's own")
    waivers = tmp_path / "waivers.toml"
    waivers.write_text(
        '[[waiver]]\npattern = "/乙/*"\nreason = "agreed"\nby = ["anna", "bo"]\nuntil = "2999-01-01"\n'
    )
    waived = copy(old, new, "--waivers", str(waivers))
    waivers.write_text(waivers.read_text().replace("2999", "2001"))
    expired = copy(old, new, "--waivers", str(waivers))
    waivers.write_text(waivers.read_text().replace('"bo"', '"anna"'))
    alone = copy(old, new, "--waivers", str(waivers))

    assert (0, 1) == (waived.code, buckets(waived)["waived"])
    assert (11, 1) == (expired.code, buckets(expired)["failed"])
    assert (2, "bad_request") == (alone.code, alone.json["error"]["code"])


def test_limits_are_kept(old: Path, new: Path) -> None:
    """A timetable with a small bandwidth is understood and the copy still ends whole."""
    answer = copy(
        old, new, "--old-limit", "mon-sun 00:00-24:00 1MiB/s 500calls/s", "--new-limit", "else 2MiB/s"
    )

    assert 0 == answer.code
    assert facts(old) == facts(new)


def test_times_at_both_ends_are_kept(old: Path, new: Path) -> None:
    """1969 and 2106 arrive as they are where the file system holds them."""
    os.utime(old / "loose.txt", ns=(0, -YEAR // 2))
    os.utime(old / "乙" / "note.txt", ns=(0, 136 * YEAR))
    copy(old, new)

    assert os.stat(old / "loose.txt").st_mtime_ns == os.stat(new / "loose.txt").st_mtime_ns
    assert os.stat(old / "乙" / "note.txt").st_mtime_ns == os.stat(new / "乙" / "note.txt").st_mtime_ns
