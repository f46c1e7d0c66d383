"""The workers of a crew never wait for somebody who looks at their progress."""

import threading

from lading.connectors.crew import Crew, tell
from lading.model.progress import Progress


def test_a_screen_that_went_away_stops_nobody() -> None:
    """More messages than a pipe holds are told to a listener that fails, and all the work ends."""
    told: list[Progress] = []

    def broken(progress: Progress) -> None:
        told.append(progress)
        raise BrokenPipeError

    with Crew(2, publish=broken) as crew:
        ended = [crew.submit(tell, Progress("copy", 1, 1)) for _ in range(3_000)]
        for job in ended:
            job.result(timeout=60)

    assert 1 == len(told)


def test_a_crew_ends_whose_worker_was_killed_while_it_told_something() -> None:
    """The lock of the channel, which the killed worker took with it, is not waited for."""
    crew = Crew(1)
    crew._progress._wlock.acquire()
    ending = threading.Thread(target=crew.stop, kwargs={"at_once": True}, daemon=True)
    ending.start()
    ending.join(60)

    assert not ending.is_alive()
