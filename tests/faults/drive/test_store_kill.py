"""
Saving and sweeping under SIGKILL: nothing that was answered is ever lost, whatever dies where.
"""

import os
import random
import resource
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from lading.drive.actor import EVERYTHING, Actor
from lading.drive.check import check, sweep, sweeping
from lading.drive.models import Principal
from lading.drive.rights.sight import sight
from lading.drive.store import Stored, base, store
from lading.drive.store.base import Area
from lading.drive.tree import find
from lading.drive.tree.admin_trash import expire
from lading.drive.tree.change import delete
from lading.drive.tree.saving import save
from lading.drive.tree.spaces import make_space
from lading.model import failpoints
from lading.model.errors import NoSpace, NotFound

DAY = 86_400 * 10**9
BOSS = Actor(None, "boss", admin="system")
CALLS = ("open", "write", "rename", "unlink", "fdatasync", "fsync", "utime", "makedirs", "close")
LARGE = [b"%07d" % n * 20_000 for n in range(8)]
"""One content of some megabytes, in pieces."""

ANY = pytest.param("any call", marks=pytest.mark.slow)


class Drive:
    """A space on the drive of the test, and one person who works in it."""

    def __init__(self) -> None:
        ann = Principal.objects.create(kind="person", key="ann", created=1)
        self.actor = Actor(ann.id, "ann", scopes=EVERYTHING)
        self.space = make_space(BOSS, "Deals", admins=[ann.id])

    def save(self, name: str, stored: Stored) -> None:
        viewer = sight(self.actor)
        save(viewer, find.at(viewer, self.space, ()), name, stored)

    def delete(self, name: str) -> None:
        """Into the trash, and out of it for good."""
        viewer = sight(self.actor)
        delete(viewer, find.at(viewer, self.space, (name,)))
        for days in (1, 2):
            expire(time.time_ns() + days * DAY, trash_days=0, admin_days=0)

    def read(self, name: str) -> bytes:
        digest = find.at(sight(self.actor), self.space, (name,)).row.digest
        with store().open(digest) as reading:
            return reading.read()


@pytest.fixture
def drive(home: Path) -> Drive:
    return Drive()


def later(days: int) -> int:
    return time.time_ns() + days * DAY


def age_swept(days: int) -> None:
    """Let what was taken out have rested for *days*."""
    for item in store().all(Area.SWEPT):
        path = f"{store().root}/swept/{item.digest[:2]}/{item.digest[2:]}"  # type: ignore[attr-defined]
        os.utime(path, ns=(0, item.modified - days * DAY))


def killed(work: Callable[[Callable[[str], None]], object]) -> tuple[bool, list[str]]:
    """
    Do *work* in a process of its own; whether it was killed, and what it said before.

    *work* gets the function it says things with.
    """
    connections.close_all()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        say = os.write
        try:
            work(lambda text: say(writer, text.encode() + b"\n") and None)
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writer)
    with open(reader) as stream:
        said = stream.read().split()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL), code
    return code != 0, said


def arm(point: str, count: int) -> None:
    """Kill this process when it comes to the failure point *point* for the *count*th time."""
    failpoints._NAME, failpoints._left = point, count


def arm_call(count: int) -> None:
    """Kill this process before the *count*th call to the disk, every second time half way through a write."""
    left = [count]
    for name in CALLS:
        real = getattr(os, name)

        def call(*arguments: Any, real: Callable[..., Any] = real, **more: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                if real.__name__ == "write" and count % 2:
                    real(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **more)

        setattr(os, name, call)


def every_moment(arming: Callable[[int], None], work: Callable[..., object]) -> Iterator[list[str]]:
    """Kill *work* at its first moment, its second …, until it outlives the choice; what it said each time."""
    for moment in range(1, 500):
        was_killed, said = killed(lambda say, moment=moment: (arming(moment), work(say)))
        yield said
        if not was_killed:
            return
    pytest.fail("it never ended")


def save_all_ways(drive: Drive, tag: str, say: Callable[[str], None]) -> None:
    """Save small, large and in sittings, and say what was answered."""
    kept = store()
    drive.save(f"small{tag}", kept.put_bytes(f"small{tag}".encode()))
    say(f"small{tag}")
    drive.save(f"large{tag}", kept.put([*LARGE, tag.encode()]))
    say(f"large{tag}")
    kept.partial_append(f"key{tag}", [b"first,"], start=0)
    kept.partial_append(f"key{tag}", [tag.encode()], start=6)
    drive.save(f"sittings{tag}", kept.partial_finish(f"key{tag}"))
    say(f"sittings{tag}")


def content(name: str) -> bytes:
    """What `save_all_ways` saved under *name*."""
    if name.startswith("small"):
        return name.encode()
    if name.startswith("large"):
        return b"".join(LARGE) + name.removeprefix("large").encode()
    return b"first," + name.removeprefix("sittings").encode()


def demand_sound() -> None:
    """Nothing is missing or wrong; what is left over may be."""
    report = check(read_data=True)
    assert report.sound, report.findings


@pytest.mark.parametrize("point", [*base.FAILPOINTS, ANY])
def test_a_save_killed_anywhere_loses_nothing_that_was_answered(drive: Drive, point: str) -> None:
    """
    Every answered file is there and whole, no other half is, and what is left over goes by sweep and repair.
    """
    names = iter(range(1000))
    answered: list[str] = []
    arming = arm_call if point == "any call" else lambda count: arm(point, count)
    moments = 0
    for said in every_moment(arming, lambda say: save_all_ways(drive, f"-{next(names)}", say)):
        next(names)
        answered += said
        moments += 1
        demand_sound()
    for name in answered:
        assert content(name) == drive.read(name)

    assert moments > (30 if point == "any call" else 3)
    sweep(store(), later(2))
    age_swept(3)
    sweep(store(), later(2))
    check(repair=True, now=later(2))
    assert not check(read_data=True, now=later(2)).counts
    assert [] == [*store().left()]
    for name in answered:
        assert content(name) == drive.read(name)


def prepare_sweep(drive: Drive, tag: str) -> None:
    """Contents to take out, to remove, to bring back, and never recorded."""
    kept = store()
    for what in ("removed", "out", "back"):
        drive.save(f"{what}{tag}", kept.put_bytes(f"{what}{tag}".encode()))
        drive.delete(f"{what}{tag}")
        if what == "removed":
            sweep(kept, later(2))
            age_swept(3)
    kept.put_bytes(f"orphan{tag}".encode())
    drive.save(f"kept{tag}", kept.put_bytes(f"kept{tag}".encode()))


@pytest.mark.parametrize("point", [*sweeping.FAILPOINTS, ANY])
def test_a_sweep_killed_anywhere_loses_nothing(drive: Drive, point: str) -> None:
    """
    Whatever a dead sweeper left half done: what is needed is there, what is saved next is too, the next sweep ends it.
    """
    arming = arm_call if point == "any call" else lambda count: arm(point, count)
    saved: list[str] = []
    prepare_sweep(drive, "-0")
    for moment, _ in enumerate(every_moment(arming, lambda say: sweep(store(), later(2)))):
        demand_sound()
        # Somebody needs again what the dead sweeper was about to take.
        drive.save(f"again-{moment}", store().put_bytes(f"back-{moment}".encode()))
        drive.save(f"found-{moment}", store().put_bytes(f"orphan-{moment}".encode()))
        saved += [f"back-{moment}", f"orphan-{moment}"]
        demand_sound()
        prepare_sweep(drive, f"-{moment + 1}")
    age_swept(3)
    for _ in range(2):
        sweep(store(), later(2))
        age_swept(3)

    for moment in range(len(saved) // 2):
        assert saved[2 * moment].encode() == drive.read(f"again-{moment}")
        assert saved[2 * moment + 1].encode() == drive.read(f"found-{moment}")
        assert f"kept-{moment}".encode() == drive.read(f"kept-{moment}")
    assert not check(read_data=True, now=later(2)).counts
    assert len([*store().all()]) == len(saved) + len(saved) // 2 + 1
    assert [] == [*store().all(Area.SWEPT)]


def test_a_purge_of_the_trash_killed_anywhere_loses_nothing_else(drive: Drive) -> None:
    """
    Two files of one content, one purged: the other keeps it through kills of the purge and of sweeps.
    """
    drive.save("other", store().put_bytes(b"shared"))

    def work(_: Callable[[str], None]) -> None:
        drive.save("one", store().put_bytes(b"shared"))
        drive.delete("one")
        sweep(store(), later(2), kept=0)

    for _ in every_moment(arm_call, work):
        demand_sound()
        assert b"shared" == drive.read("other")


SECONDS = 2.0


def save_and_delete(drive: Drive, seed: int) -> None:
    """Save a few contents again and again under names of our own, and remove most of them for good."""
    dice = random.Random(seed)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        number = dice.randrange(4)
        name = f"file-{seed}-{number}"
        stored = store().put_bytes(b"content %d" % number)
        dice.random() < 0.5 or time.sleep(0.002)
        drive.save(name, stored)
        # Not among what was swept: from there it would go tomorrow.
        assert store().exists(stored.digest)
        assert b"content %d" % number == drive.read(name)
        if dice.random() < 0.9:
            viewer = sight(drive.actor)
            delete(viewer, find.at(viewer, drive.space, (name,)))
            for days in (1, 2):
                expire(time.time_ns() + days * DAY, trash_days=0, admin_days=0)


def sweep_on(drive: Drive, seed: int) -> None:
    """Take out at once whatever nothing needs."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        sweep(store(), time.time_ns(), unneeded=0)


def test_savers_and_sweepers_at_once_lose_nothing(drive: Drive) -> None:
    """
    Three processes save and remove the same few contents, two sweep without any rest, one more is killed all the time.
    """
    connections.close_all()
    works = [save_and_delete, save_and_delete, save_and_delete, sweep_on, sweep_on]
    children = [forked(work, drive, seed) for seed, work in enumerate(works)]
    end = time.monotonic() + SECONDS
    dice = random.Random(7)
    while time.monotonic() < end:
        point = dice.choice([*base.FAILPOINTS, *sweeping.FAILPOINTS])
        killed(
            lambda say, point=point: (arm(point, 1 + dice.randrange(3)), save_once(drive), sweep_on_once())
        )

    assert [0] * len(works) == [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    demand_sound()


def test_a_check_beside_savers_and_sweepers_finds_nothing(drive: Drive) -> None:
    """
    What looks wrong because it changes under the eyes of the checker is no finding.
    """
    connections.close_all()
    works = [save_and_delete, save_and_delete, sweep_on]
    children = [forked(work, drive, seed) for seed, work in enumerate(works)]
    end = time.monotonic() + SECONDS
    reports = []
    while time.monotonic() < end:
        reports.append(check(read_data=True))

    assert [0] * len(works) == [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert reports
    assert [] == [report.findings for report in reports if report.findings]


def save_once(drive: Drive) -> None:
    for number in range(4):
        drive.save("killed", store().put_bytes(b"content %d" % number))


def sweep_on_once() -> None:
    sweep(store(), time.time_ns(), unneeded=0)


def forked(work: Callable[[Drive, int], None], drive: Drive, seed: int) -> int:
    child = os.fork()
    if child == 0:
        try:
            work(drive, seed)
            os._exit(0)
        finally:
            os._exit(1)
    return child


def test_a_disk_that_takes_no_more_loses_nothing(drive: Drive) -> None:
    """
    The system itself stops files from growing: NoSpace, no half file, and the drive goes on.
    """

    def work(say: Callable[[str], None]) -> None:
        kept = store()
        drive.save("small", kept.put_bytes(b"small"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
        for put in (lambda: kept.put_bytes(b"x" * 200_000), lambda: kept.put(LARGE)):
            try:
                put()
            except NoSpace:
                say("full")
        try:
            kept.partial_append("key", [b"a" * 90_000, b"b" * 90_000], start=0)
        except NoSpace:
            say(str(kept.partial_size("key")))

    assert (False, ["full", "full", "100000"]) == killed(work)
    assert 100_000 + 90_000 == store().partial_append("key", [b"b" * 90_000], start=100_000)
    assert b"small" == drive.read("small")
    assert [5] == [item.size for item in store().all()]
    with pytest.raises(NotFound):
        drive.read("other")
