"""The command `python -m lading.testkit.badnet`: a bad network that outlives the process it is there to trouble."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
from dataclasses import asdict, fields

from lading.testkit.badnet.network import BadNetwork
from lading.testkit.badnet.rules import Rules


def main(arguments: list[str] | None = None) -> int:
    """
    Run a bad network until SIGTERM or SIGINT; SIGUSR1 switches the rules off, SIGUSR2 on again.

    The first line on standard output is the port, the last one the counts as JSON.
    """
    options = _parser().parse_args(arguments)
    host, _, port = options.target.rpartition(":")
    rules = Rules(**{field.name: getattr(options, field.name) for field in fields(Rules)})
    signals = {signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2}
    # Blocked before the thread starts, so that none is lost and sigwait alone receives them.
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        with BadNetwork((host, int(port)), rules, seed=options.seed, port=options.port) as network:
            print(network.port, flush=True)
            while (got := signal.sigwait(signals)) not in (signal.SIGTERM, signal.SIGINT):
                network.switch(got == signal.SIGUSR2)
            with contextlib.suppress(BrokenPipeError):
                print(json.dumps(asdict(network.counts)), flush=True)
    except (OSError, ValueError) as error:
        print(f"badnet: cannot forward to {options.target}: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lading.testkit.badnet", description=main.__doc__)
    parser.add_argument("--target", required=True, metavar="HOST:PORT")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    for field in fields(Rules):
        kind = int if "int" in str(field.type) else float
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, default=field.default)
    return parser


if __name__ == "__main__":
    sys.exit(main())
