"""
The command `python -m lading.testkit.demo`.

Exit codes: 0 everything held, 1 something did not, 130 stopped by request.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
from pathlib import Path
from types import FrameType

from lading.model.text import language_of
from lading.testkit.demo import words
from lading.testkit.demo.scene import DemoFailed
from lading.testkit.demo.story import Story, Wish
from lading.testkit.demo.teller import Teller
from lading.testkit.servers import ServerFailed, ServerMissing


def main(arguments: list[str] | None = None) -> int:
    """Play the demonstration that *arguments* ask for and return the exit code."""
    options = _parser().parse_args(arguments)
    seed = random.SystemRandom().randrange(10_000) if options.seed is None else options.seed
    teller = Teller(language_of())
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGHUP, _stop)
    teller.verdict(words.TITLE)
    teller.line(words.SEED, seed=seed)
    try:
        Story(Wish(options.folder, seed, options.files), teller).tell()
    except DemoFailed as failure:
        teller.verdict(words.FAILED, why=teller.say(failure.why, **failure.facts))
        return 1
    except (ServerFailed, ServerMissing, OSError) as problem:
        teller.verdict(words.FAILED, why=problem)
        return 1
    except KeyboardInterrupt:
        teller.show_cursor()
        teller.verdict(words.STOPPED)
        return 130
    teller.verdict(words.HELD, seconds=teller.seconds)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lading.testkit.demo", description=__doc__)
    parser.add_argument("--seed", type=int, help="repeat the run with this seed")
    parser.add_argument("--files", type=int, default=1200, help="ordinary files of the firm, at least 100")
    parser.add_argument("--folder", type=Path, default=Path("build/demo"), help="made anew at every start")
    return parser


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
