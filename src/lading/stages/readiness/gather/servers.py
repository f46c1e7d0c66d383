"""
Ask a server about itself: here, over SSH, or by the metrics that its node_exporter publishes.

Nothing is installed and nothing is changed: a script is sent over standard input and read.
"""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path as LocalPath

from lading.connectors.address import Address
from lading.connectors.http.line import Request, Settings
from lading.connectors.http.login import login_of
from lading.connectors.http.options import authorities_of, timeout_of
from lading.connectors.http.session import Session
from lading.model.errors import NotProbed
from lading.model.text import Text
from lading.stages.readiness.facts.servers import ServerFacts
from lading.stages.readiness.gather.metrics import facts_of_metrics
from lading.stages.readiness.gather.server_answers import facts_of, sections_of

SCRIPT = LocalPath(__file__).with_name("server_probe.sh")
PATIENCE = 60
"""Seconds beyond the window after which a server is given up."""
_SSH = ("ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=20")


def asked(words: Sequence[str], window: float, host: str = "", config: str = "") -> ServerFacts:
    """
    The facts of *host* over SSH, of this machine if it is ""; *config* is a file for `ssh -F`.

    *words* are `content=PATH`, `vault=PATH`, `scratch=PATH`, `unit=NAME`, `cert=FILE`.

    Raises:
        NotProbed: the login is refused, or nothing came back.
    """
    if host.startswith("-"):
        raise NotProbed(host, Text("a host does not begin with a dash", "主机名不能以短横线开头"))
    arguments = ["sh", "-s", "--", f"{window:g}", *words]
    told_how = ("-F", config) if config else ()
    command = [*_SSH, *told_how, "--", host, shlex.join(arguments)] if host else arguments
    try:
        done = subprocess.run(
            command, input=SCRIPT.read_bytes(), capture_output=True, timeout=window + PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise NotProbed(host or "localhost", Text("it took too long", "等待超时")) from None
    except OSError as problem:
        raise NotProbed(host or "localhost", f"{command[0]}: {problem.strerror}") from None
    now = datetime.now(UTC)
    told = sections_of(done.stdout.decode("utf-8", "replace"))
    if "end" not in told:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NotProbed(host or "localhost", said[-1][:300] if said else f"exit {done.returncode}")
    return facts_of(told, "ssh" if host else "local", window, now)


def asked_metrics(address: Address, paths: Sequence[tuple[str, str]], window: float) -> ServerFacts:
    """
    The facts that the node_exporter at *address* publishes, read twice, *window* seconds apart; *paths* are role and path.

    Raises:
        NotProbed: it answers something else.
        DriveError: it does not answer.
    """
    settings = Settings(login_of(address), authorities_of(address), timeout_of(address))
    session = Session(settings)
    try:
        first = _metrics(session, address)
        time.sleep(window)
        last = _metrics(session, address)
    finally:
        session.close()
    return facts_of_metrics(first, last, paths, address.place, window, datetime.now(UTC))


def _metrics(session: Session, address: Address) -> str:
    answer = session.call(Request("GET", address.place, address.place))
    text = answer.body.decode("utf-8", "replace")
    if answer.status != 200:
        raise NotProbed(address.place, f"HTTP {answer.status}")
    if "\nnode_" not in f"\n{text}":
        raise NotProbed(
            address.place, Text("it tells no metrics of node_exporter", "没有 node_exporter 的指标")
        )
    return text
