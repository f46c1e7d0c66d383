"""
Two people save one file at the same moment, one over WebDAV and one by the API: nobody's work is lost.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.rough_drive import RoughDrive, Said, digest

TIMES = 50
Save = Callable[..., Said]


@pytest.fixture
def drive(home: Path) -> Iterator[RoughDrive]:
    drive = RoughDrive(home)
    with drive.serving():
        yield drive
    drive.demand_sound()


def doors(drive: RoughDrive, name: str) -> tuple[Save, Save]:
    """A way to save the file *name* by each door."""
    where = f"api/v1/spaces/{drive.key}/content?path={name}"
    return (
        lambda content, **headers: drive.put(name, content, **headers),
        lambda content, **headers: drive.ask("PUT", where, content, **headers),
    )


def at_once(saves: tuple[Save, Save], contents: tuple[bytes, bytes], **headers: str) -> list[Said]:
    """Save both *contents* by both doors at the same moment."""
    start = threading.Barrier(2)

    def save(door: Save, content: bytes) -> Said:
        start.wait()
        return door(content, **headers)

    with ThreadPoolExecutor(2) as both:
        return list(both.map(save, saves, contents))


def test_both_become_versions_in_the_order_of_their_commits(drive: RoughDrive) -> None:
    """
    Each answer names a number of its own, the version of that number is the content that was sent, and the
    numbers, the times and the events of the saves have one order.
    """
    saves = doors(drive, "file")
    sent: dict[int, bytes] = {}
    for time in range(TIMES):
        contents = (b"dav %d" % time, b"api %d" % time)
        for content, said in zip(contents, at_once(saves, contents), strict=True):
            assert said.status in (200, 201, 204)
            sent[int(said.headers["etag"].strip('"').partition("-")[2])] = content

    assert [*range(1, 2 * TIMES + 1)] == sorted(sent)
    assert [(number, digest(sent[number])) for number in sorted(sent)] == drive.versions("file")
    assert sent[2 * TIMES] == drive.get("file").body
    node = drive.api("GET", "entry?path=file").json["id"]
    times = [row["stored"] for row in drive.ask("GET", f"api/v1/nodes/{node}/versions").json["versions"]]
    assert sorted(times) == times


def test_with_a_condition_exactly_one_wins(drive: RoughDrive) -> None:
    """
    Of two saves over the same etag one is a version and one is 412; of two that make a new file, too.
    """
    saves = doors(drive, "file")
    etag = drive.put("file", b"first").headers["etag"]
    for time in range(TIMES):
        contents = (b"dav %d" % time, b"api %d" % time)
        said = at_once(saves, contents, If_Match=etag)
        (won,) = (n for n, one in enumerate(said) if one.status < 300)
        assert 412 == said[1 - won].status
        assert contents[won] == drive.get("file").body
        etag = said[won].headers["etag"]
        made = at_once(doors(drive, f"new{time}"), contents, If_None_Match="*")
        # The API says `already_exists` with 409.
        assert sorted(one.status for one in made) in ([201, 409], [201, 412])

    assert TIMES + 1 == len(drive.versions("file"))
