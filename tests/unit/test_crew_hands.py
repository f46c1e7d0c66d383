"""A lean crew shares its work between processes and the one that started them."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import BrokenExecutor, CancelledError, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from lading.connectors.crew import Crew, tell
from lading.connectors.hands import Hands
from lading.model.progress import Progress


def busy(_number: int) -> int:
    """Who did it; long enough for another to take the next."""
    time.sleep(0.01)
    return os.getpid()


def refuse() -> None:
    raise ValueError("no")


def waits_for(file: Path) -> int:
    while not file.exists():
        time.sleep(0.01)
    return os.getpid()


def meets(mine: Path, other: Path) -> int:
    """Both of two tasks that call this end only if they are done at the same time."""
    mine.touch()
    return waits_for(other)


def ends_its_process(parent: int) -> None:
    if os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.01)


def test_this_process_does_its_share() -> None:
    """Two work at once, one of them here; a crew of one needs no more than one process."""
    with Crew(2, leanly=True) as crew:
        who = {future.result(60) for future in [crew.submit(busy, number) for number in range(60)]}
    with Crew(1, leanly=True) as crew:
        alone = {future.result(60) for future in [crew.submit(busy, number) for number in range(3)]}

    assert os.getpid() in who
    assert 2 == len(who)
    assert 1 == len(alone)


def test_both_work_at_the_same_time(tmp_path: Path) -> None:
    """A task that waits for another one gets it."""
    a, b = tmp_path / "a", tmp_path / "b"
    with Crew(2, leanly=True) as crew:
        both = [crew.submit(meets, a, b), crew.submit(meets, b, a)]

        assert 2 == len({future.result(60) for future in both})


def test_an_exception_comes_back_whoever_met_it() -> None:
    """The crew goes on with what else there is."""
    with Crew(2, leanly=True) as crew:
        refused = [crew.submit(refuse) for _ in range(20)]
        after = crew.submit(busy, 1)

        for future in refused:
            with pytest.raises(ValueError, match="no"):
                future.result(60)
        assert after.result(60)


def test_progress_is_told_from_here_as_from_elsewhere() -> None:
    """Nothing of it is lost."""
    told: list[Progress] = []
    with Crew(2, publish=told.append, leanly=True) as crew:
        for future in [crew.submit(tell, Progress("copy", 1, 2)) for _ in range(100)]:
            future.result(60)

    assert (100, 200) == (sum(it.objects for it in told), sum(it.bytes for it in told))


def test_stopping_at_once_gives_up_what_waits(tmp_path: Path) -> None:
    """The process is ended, what nobody began is not done, and a task of this process is not waited for for ever."""
    gate = tmp_path / "gate"
    crew = Crew(2, leanly=True)
    begun = [crew.submit(waits_for, gate) for _ in range(2)]
    waiting = [crew.submit(busy, number) for number in range(3)]
    while not all(future.running() for future in begun):
        time.sleep(0.01)
    stopping = threading.Thread(target=crew.stop, kwargs={"at_once": True}, daemon=True)
    stopping.start()
    stopping.join(60)
    stopped = not stopping.is_alive()
    gate.touch()

    assert stopped
    for future in waiting:
        with pytest.raises(CancelledError):
            future.result(60)
    broken = [error for future in begun if (error := future.exception(60)) is not None]
    assert [BrokenProcessPool] == [type(error) for error in broken]


@pytest.mark.parametrize("leanly", [False, True])
def test_whoever_waits_hears_that_the_crew_was_stopped(tmp_path: Path, leanly: bool) -> None:
    """Also of tasks that nobody had begun: a scan that waited for one of them would never end."""
    gate = tmp_path / "gate"
    crew = Crew(2, leanly=leanly)
    submitted = [crew.submit(waits_for, gate) for _ in range(20)]
    crew.stop(at_once=True)
    # One that this process itself had begun cannot be ended; it ends now.
    gate.touch()

    assert not wait(submitted, 30).not_done


def test_nothing_is_taken_that_nobody_would_do() -> None:
    """Who submits while another thread stops the crew hears of it; a future that nobody completes is waited for for ever."""
    with ProcessPoolExecutor(1) as pool:
        hands = Hands(pool, 1)
        assert hands.stop()

        with pytest.raises(BrokenExecutor):
            hands.submit(os.getpid)


def test_a_process_that_was_killed_breaks_the_crew() -> None:
    """Whoever waits for it hears of it; nothing hangs."""
    crew = Crew(2, leanly=True)
    futures = [crew.submit(ends_its_process, os.getpid()) for _ in range(20)]
    errors = [future.exception(60) for future in futures]
    crew.stop(at_once=True)

    assert BrokenProcessPool in {type(error) for error in errors}


def test_a_dismissed_crew_has_done_all_that_was_begun() -> None:
    """Its processes are gone, and ending it once more is no error."""
    with Crew(2, leanly=True) as crew:
        futures = [crew.submit(busy, number) for number in range(10)]
        done = [future.result(60) for future in futures]
        crew.dismiss()

    assert 10 == len(done)


ENDED_AMID_A_FORK = """
import os, signal
from lading.connectors.crew import Crew
signal.signal(signal.{name}, signal.default_int_handler)
os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.{name}))
try:
    with Crew(2):
        print("went on")
except KeyboardInterrupt:
    print("ended")
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_who_ends_a_run_while_its_workers_are_forked_is_heard(name: str) -> None:
    """Python forgets what is raised just then; the run went on to its end."""
    ran = subprocess.run(
        [sys.executable, "-c", ENDED_AMID_A_FORK.format(name=name)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ("ended\n", "") == (ran.stdout, ran.stderr)
    assert ran.returncode == 0


def mask() -> set[int]:
    return set(signal.pthread_sigmask(signal.SIG_BLOCK, ()))


def test_workers_can_be_ended_and_the_signals_of_this_process_stay_as_they_were() -> None:
    before = mask()
    with Crew(2) as crew:
        assert not {signal.SIGINT, signal.SIGTERM} & crew.submit(mask).result()
        assert before == mask()
