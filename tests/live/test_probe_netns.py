"""
What a probe says of a line whose truth is known.

Two network namespaces are joined by veth, with rate (tbf) and loss (nftables) made by the kernel; or, for delay, jitter,
packets that vanish and a blocked port, by TUN devices between which a process carries every packet: netem is not in every
kernel.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lading.testkit.badline import Ends, Line, laid, missing

pytestmark = pytest.mark.live
TOKEN = "a-token-of-a-test-only"


@cache
def hindered() -> str:
    return missing()


@pytest.fixture(autouse=True)
def _permitted() -> None:
    if hindered():
        # Also where live servers are required: no package brings namespaces to a machine that forbids them.
        pytest.skip(hindered())


@contextmanager
def listening(ends: Ends, *more: str) -> Iterator[None]:
    """A counterpart at the far end; *more* is a program to run there instead of the plain command."""
    command = [
        "ip",
        "netns",
        "exec",
        ends.far,
        sys.executable,
        "-c",
        "from lading.cli.main import main; main()",
    ]
    command += ["probe", "--listen", f"{ends.far_address}:8490", "--token", "env:PROBE_TOKEN", *more]
    with _running(command, "8490"):
        yield


@contextmanager
def _running(command: list[str], mark: str) -> Iterator[None]:
    process = subprocess.Popen(
        command,
        env={**os.environ, "PROBE_TOKEN": TOKEN, "LADING_LANG": "en"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        assert mark in process.stderr.readline()
        yield
    finally:
        process.terminate()
        process.wait(10)


def probed(ends: Ends, *more: str, port: int = 8490, timeout: float = 120) -> dict[str, Any]:
    """What the command says at the near end."""
    command = [
        "ip",
        "netns",
        "exec",
        ends.near,
        sys.executable,
        "-c",
        "from lading.cli.main import main; main()",
    ]
    command += [
        "probe",
        f"http://{ends.far_address}:{port}",
        "--token",
        "env:PROBE_TOKEN",
        "--json",
        "--body",
        "1",
    ]
    command += ["--patience", "0.5", "--branch", "Suzhou", *more]
    run = subprocess.run(
        command,
        env={**os.environ, "PROBE_TOKEN": TOKEN},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    answer: dict[str, Any] = json.loads(run.stdout)
    assert "findings" in answer, answer
    return answer


def codes(answer: dict[str, Any]) -> set[str]:
    return {it["code"] for it in answer["findings"]}


def target(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["probe"]["values"]["targets"][0]
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [Line(rate=2), Line(rate=20, delay=20, jitter=4, loss=2), Line(rate=200, loss=5)],
    ids=lambda it: f"{it.rate}Mbit-{it.loss}%",
)
def test_rate_delay_and_loss_are_within_a_tenth_of_the_truth(line: Line) -> None:
    """Line rate both ways, round trip and loss both ways are within 10 % of what the line was made to do."""
    assert line.rate is not None
    with laid(line) as ends, listening(ends):
        answer = probed(ends, "--seconds", "1" if line.rate < 20 else "2")
    (one,) = target(answer)["measurements"]

    assert pytest.approx(line.rate * 1e6, rel=0.1) == one["up"]["line"]
    assert pytest.approx(line.rate * 1e6, rel=0.1) == one["down"]["line"]
    assert pytest.approx(2 * line.delay / 1000, rel=0.1, abs=0.003) == one["trips"]["median"]
    # Of 200 packets exactly the share is lost; a sample ends somewhere within such a block.
    sample = 200 * line.loss / 100 / one["trips"]["sent"]
    assert pytest.approx(line.loss / 100, rel=0.1, abs=sample) == one["trips"]["lost_up"]
    assert pytest.approx(line.loss / 100, rel=0.1, abs=sample) == one["trips"]["lost_down"]
    assert ("network.loss" in codes(answer)) == (line.loss >= 1)
    if not line.loss:
        assert ([], 0) == (answer["findings"], answer["exit_code"])  # a clean line, if a slow one
    if line.jitter:
        # Two uniform wobbles added: neighbours differ by 14/15 of one's half width on the average.
        assert pytest.approx(line.jitter / 1000 * 14 / 15, rel=0.25) == one["trips"]["jitter"]


@pytest.mark.slow
def test_large_packets_that_vanish_are_named_with_the_size_that_passes() -> None:
    """Behind an MTU of 1400 that nobody tells of, the probe finds 1400, still measures, and says what to clamp."""
    with laid(Line(rate=20, mtu=1400)) as ends, listening(ends):
        answer = probed(ends, "--seconds", "1")

    assert 1400 == target(answer)["path"]["mtu"]
    assert "network.mtu_hole" in codes(answer)
    assert any("1360" in it["says"]["en"] for it in answer["findings"])
    assert target(answer)["measurements"][0]["up"]["line"] > 15e6


def test_a_blocked_port_is_named() -> None:
    """A port from which nothing comes back is told as blocked, not as slow."""
    with laid(Line(blocked=8490)) as ends, listening(ends):
        answer = probed(ends, "--seconds", "1")

    assert "network.blocked" in codes(answer)
    assert "silent" == target(answer)["connections"][0]["outcome"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (["--largest", str(10 << 20)], "network.body_limit"),
        (["--cut-after", "2"], "network.time_limit"),
        (["--refuse", "PROPFIND"], "network.method_refused"),
    ],
    ids=["bodies of 10 MB", "cuts", "no PROPFIND"],
)
def test_what_a_proxy_between_refuses_is_named(rules: list[str], code: str) -> None:
    """A proxy that limits bodies, cuts what takes long, or refuses a method, is found out."""
    proxy = [sys.executable, "-m", "lading.testkit.badproxy"]
    with laid(Line()) as ends, listening(ends):
        command = [
            "ip",
            "netns",
            "exec",
            ends.far,
            *proxy,
            f"{ends.far_address}:8491",
            f"{ends.far_address}:8490",
            *rules,
        ]
        with _running(command, "8491"):
            more = ["--seconds", "1", "--body", "16", "--patience", "4" if "--cut-after" in rules else "0.5"]
            answer = probed(ends, *more, port=8491)

    assert code in codes(answer)
    limits = target(answer)["limits"]
    if "--largest" in rules:
        assert (limits["body_passed"], limits["body_refused"]) == (10 << 20, 16 << 20)
        assert (limits["announced_passed"], limits["announced_refused"]) == (10 << 20, 16 << 20)
    elif "--cut-after" in rules:
        assert pytest.approx(2, abs=1) == limits["waits"]["seconds"]


def test_a_token_serves_one_probe(tmp_path: Path) -> None:
    """Whoever comes with the same token later is refused, with the error's own exit code."""
    with laid(Line()) as ends, listening(ends):
        probed(ends, "--seconds", "1")
        command = [
            "ip",
            "netns",
            "exec",
            ends.near,
            sys.executable,
            "-c",
            "from lading.cli.main import main; main()",
        ]
        command += ["probe", f"http://{ends.far_address}:8490", "--token", "env:PROBE_TOKEN"]
        again = subprocess.run(
            command, env={**os.environ, "PROBE_TOKEN": TOKEN}, capture_output=True, check=False
        )

    assert 84 == again.returncode
    assert TOKEN.encode() not in again.stderr + again.stdout
