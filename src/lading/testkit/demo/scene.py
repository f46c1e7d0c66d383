"""
What the demonstration runs: a server, a bad network and the command `lading`, each a process of its own.

Whatever ends the demonstration ends them too.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lading.model.text import Text
from lading.testkit.badnet import HOST, Counts, Rules
from lading.testkit.demo import words
from lading.testkit.demo.teller import Teller
from lading.testkit.servers.local import GUARD

PASSWORD = "LADING_DEMO_PASSWORD"
MARK = ".lading-demo"
_PATIENCE = 10.0


class DemoFailed(Exception):
    """Something did not hold; *why* says what, in both languages."""

    def __init__(self, why: Text, **facts: object) -> None:
        self.why, self.facts = why, facts
        super().__init__(why.en.format(**facts))


def fresh(folder: Path) -> Path:
    """
    *folder*, empty; an earlier demonstration in it is removed.

    Raises:
        DemoFailed: it holds something else.
    """
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise DemoFailed(words.NOT_OURS, path=folder)
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    return folder


class Network:
    """A bad network in a process of its own; `with` runs it, and afterwards `counts` tell what it did."""

    def __init__(self, target: int, rules: Rules, *, seed: int, port: int = 0) -> None:
        given = {name: value for name, value in asdict(rules).items() if value is not None}
        options = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
        self._command = [
            sys.executable, "-m", "lading.testkit.badnet",
            f"--target={HOST}:{target}", f"--seed={seed}", f"--port={port}", *options,
        ]  # fmt: skip
        self.port = port
        self.counts = Counts()

    def __enter__(self) -> Network:
        # The guard ends it when our end of the pipe closes, however we die.
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(GUARD), *self._command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._guard.stdout is not None
        self.port = int(self._guard.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        told, _nothing = self._guard.communicate(b"stop\n", timeout=2 * _PATIENCE)
        self.counts = Counts(**json.loads(told))


class Commands:
    """Runs `lading` as a person would, in *folder*."""

    def __init__(self, teller: Teller, secrets: Mapping[str, str]) -> None:
        self._teller = teller
        # No proxy of the person's may stand between: everything is on this machine.
        self._environment = {**os.environ, "no_proxy": HOST, "NO_PROXY": HOST}
        self.program = str(Path(sys.executable).with_name("lading"))
        self.know(secrets)

    def know(self, secrets: Mapping[str, str]) -> None:
        """Commands find *secrets* in their environment from now on, by these names."""
        self._environment.update(secrets)

    def show(self, *arguments: str) -> None:
        """Show a command that somebody else runs."""
        self._teller.command(shlex.join(["lading", *arguments]))

    def answer(self, *arguments: str) -> dict[str, Any]:
        """
        Run to the end with `--json`; the document that was written.

        Raises:
            DemoFailed: the exit code is not 0.
        """
        self.show(*arguments)
        done = subprocess.run(
            [self.program, *arguments, "--json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=self._environment,
        )
        if done.returncode:
            raise DemoFailed(words.COMMAND_FAILED, command=arguments[0], code=done.returncode)
        return dict(json.loads(done.stdout))

    def run(self, *arguments: str) -> None:
        """
        Run to the end.

        Raises:
            DemoFailed: the exit code is not 0.
        """
        with self._started(arguments) as process:
            if code := process.wait():
                raise DemoFailed(words.COMMAND_FAILED, command=arguments[0], code=code)

    def run_and_kill(self, arguments: Sequence[str], due: Callable[[], bool]) -> None:
        """
        Run until *due* says so, then SIGKILL.

        Raises:
            DemoFailed: it ended before that.
        """
        with self._started(arguments) as process:
            while process.poll() is None and not due():
                time.sleep(0.05)
            process.kill()
            if process.wait() != -signal.SIGKILL:
                raise DemoFailed(words.TOO_FAST, code=process.returncode)
        self._teller.show_cursor()

    @contextlib.contextmanager
    def _started(self, arguments: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
        self.show(*arguments)
        # A group of its own: Ctrl-C comes to us, and we end it with all its workers.
        process = subprocess.Popen(
            [self.program, *arguments],
            stdin=subprocess.DEVNULL,
            env=self._environment,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def wait_for_quiet(job: Path) -> None:
    """
    Wait until no worker of a killed run is left: they hold the lock of the job until then.

    Raises:
        DemoFailed: one is there after ten seconds.
    """
    deadline = time.monotonic() + _PATIENCE
    with open(job / "lock", "ab") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise DemoFailed(words.NOT_QUIET) from None
                time.sleep(0.02)


def job_in(state: Path) -> Path:
    """The folder of the one job in *state*."""
    [job] = [entry for entry in state.iterdir() if (entry / "job.json").exists()]
    return job


def account_of(state: Path, number: int) -> dict[str, Any]:
    """The account of pass *number* as the command wrote it."""
    account: dict[str, Any] = json.loads((job_in(state) / f"passes/{number:04d}/account.json").read_bytes())
    return account
