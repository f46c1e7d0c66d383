"""What a server tells of itself, and what is made of it."""

from __future__ import annotations

import http.server
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lading.cli.server_check import hours_between
from lading.connectors.address import parse
from lading.model.errors import BadRequest, NotProbed
from lading.stages.readiness.checks.servers_room import needed_bytes
from lading.stages.readiness.factfile import read_facts, write_facts
from lading.stages.readiness.facts.servers import (
    Certificate,
    Database,
    Disk,
    HeavyJob,
    Needs,
    ServerFacts,
    Unit,
)
from lading.stages.readiness.findings import Severity
from lading.stages.readiness.gather.databases import database_at
from lading.stages.readiness.gather.metrics import facts_of_metrics
from lading.stages.readiness.gather.server_answers import facts_of, hours_of, sections_of
from lading.stages.readiness.gather.servers import asked, asked_metrics
from lading.stages.readiness.judging import judge

GIB = 1 << 30
AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
NEEDS = Needs(100 * GIB, 20 * GIB, 120 * GIB, 5 * GIB, 1_000_000, (22, 23, 0, 1), 2)
CONTENT = Disk("/srv", "content", "/dev/sda1 /", 1000 * GIB, 800 * GIB, 60_000_000)
GOOD = ServerFacts(
    host="new",
    how="ssh",
    at=AT,
    window=10.0,
    disks=(CONTENT, Disk("/vault", "vault", "/dev/sdb1 /vault", 1000 * GIB, 800 * GIB, None)),
    processors=8,
    load=0.5,
    busy=0.1,
    disk_busy=0.05,
    stalled_io=0.0,
    stalled_memory=0.0,
    memory=32 * GIB,
    memory_free=20 * GIB,
    open_files=65_536,
    clock_off=0.4,
    clock_synchronised=True,
    jobs=(HeavyJob("restic", "cron", (4,)),),
    units=(Unit("drive.service", True, 65_536),),
    certificates=(Certificate("/etc/ssl/drive.pem", AT + timedelta(days=90)),),
    databases=(Database("postgresql", "env:DSN", "17.2", GIB, 10, 100),),
    needs=NEEDS,
)


def _codes(facts: ServerFacts) -> list[tuple[str, Severity]]:
    return [(it.rule.code.partition(".")[2], it.severity) for it in judge([facts])]


def test_a_server_with_room_and_rest_has_no_finding() -> None:
    """Nothing is said about a server that has what it needs."""
    assert [] == _codes(GOOD)


BLOCKER, RISK, ADVICE = Severity.BLOCKER, Severity.RISK, Severity.ADVICE


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"disks": (replace(CONTENT, free=129 * GIB),)}, ("room", BLOCKER)),
        ({"disks": (replace(CONTENT, free=200 * GIB),)}, ("room", RISK)),
        ({"disks": (replace(CONTENT, inodes_free=1_000_000),)}, ("inodes", BLOCKER)),
        ({"unreadable": ("/x",)}, ("unknown", RISK)),
        ({"disks": ()}, ("unknown", RISK)),
        ({"memory_free": 100 << 20}, ("memory", BLOCKER)),
        ({"memory_free": None}, ("memory", RISK)),
        ({"stalled_memory": 0.5}, ("memory", RISK)),
        ({"busy": 0.95}, ("load", RISK)),
        ({"disk_busy": 0.9}, ("load", RISK)),
        ({"stalled_io": 0.5}, ("load", RISK)),
        ({"busy": None}, ("load", RISK)),
        ({"window": 1.0}, ("load", RISK)),
        ({"jobs": (HeavyJob("clamscan", "cron", (23,)),)}, ("other_jobs", RISK)),
        ({"jobs": (HeavyJob("clamd", "process"),)}, ("other_jobs", ADVICE)),
        ({"jobs": None}, ("other_jobs", RISK)),
        ({"open_files": 1024}, ("limits", ADVICE)),
        ({"units": (Unit("drive.service", True, 1024),)}, ("limits", RISK)),
        ({"units": (Unit("drive.service", False),)}, ("service", BLOCKER)),
        ({"clock_off": -40.0}, ("clock", RISK)),
        ({"clock_off": None}, ("clock", RISK)),
        ({"clock_synchronised": False}, ("clock", ADVICE)),
        ({"certificates": (Certificate("c", AT - timedelta(days=1)),)}, ("certificate", BLOCKER)),
        ({"certificates": (Certificate("c", AT + timedelta(days=9)),)}, ("certificate", RISK)),
        ({"certificates": (Certificate("c"),)}, ("certificate", RISK)),
        ({"databases": (Database("sqlite", "d", "3.45", 30 * GIB),)}, ("database", RISK)),
        ({"databases": (Database("postgresql", "d", "17.1", 1, 95, 100),)}, ("database", RISK)),
        ({"databases": (Database("postgresql", "d", "12.9", 1, 5, 100),)}, ("database", RISK)),
    ],
)
def test_one_bad_fact_is_one_finding(changed: dict[str, object], expected: tuple[str, Severity]) -> None:
    """Each bad fact alone is found with its weight, and nothing beside it."""
    assert [expected] == _codes(replace(GOOD, **changed))  # type: ignore[arg-type]


def test_two_roles_on_one_disk_share_its_room() -> None:
    """Content and vault that each fit alone do not fit together."""
    shared = replace(CONTENT, free=200 * GIB)

    assert [("room", BLOCKER)] == _codes(replace(GOOD, disks=(shared, replace(shared, role="vault"))))


def test_needs_are_pure_figures() -> None:
    """Content takes its versions and twice the largest file; scratch one largest file for each worker."""
    assert [130 * GIB, 120 * GIB, 10 * GIB] == [
        needed_bytes(it, NEEDS) for it in ("content", "vault", "scratch")
    ]


def test_this_machine_tells_of_itself(tmp_path: Path) -> None:
    """The script runs under the system's sh, and a path that will be made is held against the disk above it."""
    facts = asked([f"content={tmp_path}/a b/'new'", "unit=no-such-unit", "cert=/nowhere"], 1.0)

    assert 1 == len(facts.disks)
    assert (f"{tmp_path}/a b/'new'",) == facts.absent
    assert 0 < facts.disks[0].free <= facts.disks[0].size
    assert facts.memory is not None
    assert facts.clock_off is not None
    assert abs(facts.clock_off) < 30
    assert (False, None) == (facts.units[0].active, facts.certificates[0].ends)
    write_facts(str(tmp_path / "f"), facts, AT)
    assert facts == read_facts(str(tmp_path / "f")).fact


def test_a_host_that_cannot_be_reached_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused login, a missing ssh and a host that looks like an option end in a sentence."""
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\necho 'Permission denied (publickey).' >&2\nexit 255\n")
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(NotProbed, match="Permission denied"):
        asked([], 1.0, "somewhere")
    with pytest.raises(NotProbed):
        asked([], 1.0, "-oProxyCommand=true")


def test_words_reach_the_script_unchanged_over_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the far shell would expand arrives as it was typed."""
    ssh = tmp_path / "ssh"
    # As sshd does: the command line goes to a shell.
    ssh.write_text('#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift 2\nexec sh -c "$*"\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    facts = asked([f"content={tmp_path}/$(touch {tmp_path}/evil);x"], 1.0, "far")

    assert "ssh" == facts.how
    assert f"{tmp_path}/$(touch {tmp_path}/evil);x" == facts.disks[0].path
    assert not (tmp_path / "evil").exists()


def test_nonsense_from_a_server_is_unknown() -> None:
    """Text of another shape gives facts that say that nothing is known."""
    noise = "\n@@ host\n\n@@ load\nx y\n@@ memory\nMemTotal: lots\n@@ stat\ncpu 1 2\n@@ df content=/x\nnothing\n@@ clock\nnow\n@@ disks\n8 0 sda\n"

    facts = facts_of(sections_of(noise), "ssh", 1.0, AT)

    assert (None, None, None, None, None) == (
        facts.load,
        facts.memory,
        facts.busy,
        facts.clock_off,
        facts.disk_busy,
    )
    assert (("/x",), None) == (facts.unreadable, facts.jobs)


def test_cron_lines_are_read_without_their_secrets() -> None:
    """A backup in a table of cron is told with its hours; its command, which may hold a password, is not."""
    text = "@@ cron\n# m h\n30 22-23,2 * * * root /usr/bin/restic backup --password hunter2\n0 5 * * * root /bin/true\n"

    facts = facts_of(sections_of(text), "ssh", 1.0, AT)

    assert (HeavyJob("restic", "cron", (2, 22, 23)),) == facts.jobs
    assert "hunter2" not in repr(facts)


@pytest.mark.parametrize(
    ("field", "hours"),
    [
        ("*", tuple(range(24))),
        ("*/6", (0, 6, 12, 18)),
        ("1,3-5", (1, 3, 4, 5)),
        ("99", ()),
        ("x", ()),
        ("*/0", tuple(range(24))),
    ],
)
def test_hours_of_cron(field: str, hours: tuple[int, ...]) -> None:
    """The hour field of cron means what crontab(5) says."""
    assert hours == hours_of(field)


METRICS = """# HELP node_load1 1m load average.
node_load1 0.5
node_memory_MemTotal_bytes 3.3e+10
node_memory_MemAvailable_bytes 2.2e+10
node_time_seconds {time}
node_timex_sync_status 1
node_cpu_seconds_total{{cpu="0",mode="idle"}} {idle}
node_cpu_seconds_total{{cpu="0",mode="user"}} {user}
node_disk_io_time_seconds_total{{device="sda"}} {disk}
node_filesystem_avail_bytes{{device="/dev/sda1",fstype="ext4",mountpoint="/"}} 1e+11
node_filesystem_size_bytes{{device="/dev/sda1",fstype="ext4",mountpoint="/"}} 2e+11
node_filesystem_files{{device="/dev/sda1",fstype="ext4",mountpoint="/"}} 1e+07
node_filesystem_files_free{{device="/dev/sda1",fstype="ext4",mountpoint="/"}} 9e+06
node_filesystem_avail_bytes{{device="x",fstype="btrfs",mountpoint="/srv"}} 5e+11
broken{{
node_nan NaN
"""


def test_metrics_become_facts() -> None:
    """Two readings tell the use between them; a path belongs to the nearest mount point above it."""
    first = METRICS.format(time=AT.timestamp(), idle=100, user=50, disk=10)
    last = METRICS.format(time=AT.timestamp(), idle=108, user=52, disk=11)

    facts = facts_of_metrics(first, last, [("content", "/srv/new"), ("vault", "/srvx")], "h", 10.0, AT)

    assert (0.2, 0.1, 0.0, True, 1) == (
        pytest.approx(facts.busy),
        pytest.approx(facts.disk_busy),
        facts.clock_off,
        facts.clock_synchronised,
        facts.processors,
    )
    assert [("/srv/new", 500_000_000_000, None), ("/srvx", 100_000_000_000, 9_000_000)] == [
        (it.path, it.free, it.inodes_free) for it in facts.disks
    ]


@pytest.fixture
def exporter() -> Iterator[tuple[str, list[str]]]:
    """A server that answers with what stands in the list."""
    says = [METRICS.format(time=AT.timestamp(), idle=1, user=1, disk=1)]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(says[0].encode())

        def log_message(self, *_: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/metrics", says
        server.shutdown()
        thread.join()


def test_an_exporter_is_read_over_http(exporter: tuple[str, list[str]]) -> None:
    """Metrics come over HTTP; a page that is no exporter is told."""
    url, says = exporter

    assert 33_000_000_000 == asked_metrics(parse(url), [], 0.0).memory
    says[0] = "<html>login</html>"
    with pytest.raises(NotProbed):
        asked_metrics(parse(url), [], 0.0)


def test_a_database_is_asked(tmp_path: Path) -> None:
    """A file of SQLite is read without changing it; another file, and a missing one, are told."""
    file = tmp_path / "drive?.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE t (a)")
    connection.close()

    assert ("sqlite", file.stat().st_size) == (database_at(str(file)).kind, database_at(str(file)).size)
    (tmp_path / "x").write_text("no database at all, but long enough to be read as one" * 40)
    with pytest.raises(NotProbed):
        database_at(str(tmp_path / "x"))


def test_hours_of_a_run_may_cross_midnight() -> None:
    """`22-6` are eight hours; nonsense is refused."""
    assert (22, 23, 0, 1, 2, 3, 4, 5) == hours_between("22-6")
    assert 24 == len(hours_between("0-24"))
    for text in ("x", "25-3", "1-", "-5", "3"):
        with pytest.raises(BadRequest):
            hours_between(text)
