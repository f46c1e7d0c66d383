"""Access logs of every known format tell the same calls; what is broken is counted and never stops anybody."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.model.errors import BadTable, NoLog
from lading.stages.readiness.gather.agents import agent_of, windows_of
from lading.stages.readiness.gather.clients import Clients
from lading.stages.readiness.gather.logs import Call, calls_in
from lading.stages.readiness.gather.operations import operation_of
from lading.stages.readiness.gather.tables import devices_in, people_in
from lading.stages.readiness.systems.matrix import OURS, matrix_in

AT = datetime(2026, 11, 20, 1, 0, 5, tzinfo=UTC)
CALL = Call("anna", "10.0.0.1", "GET", "/dav/a%20b.txt", 200, "rclone/v1.75.0", AT)
COMBINED = (
    '10.0.0.1 - anna [20/Nov/2026:09:00:05 +0800] "GET /dav/a%20b.txt HTTP/1.1" 200 5 "-" "rclone/v1.75.0"'
)
NGINX = json.dumps(
    {
        "remote_addr": "10.0.0.1",
        "remote_user": "anna",
        "request": "GET /dav/a%20b.txt HTTP/1.1",
        "status": "200",
        "http_user_agent": "rclone/v1.75.0",
        "time_iso8601": "2026-11-20T09:00:05+08:00",
    }
)
NEXTCLOUD = json.dumps(
    {
        "reqId": "x",
        "level": 1,
        "time": "2026-11-20T01:00:05+00:00",
        "remoteAddr": "10.0.0.1",
        "user": "anna",
        "app": "files",
        "method": "GET",
        "url": "/dav/a%20b.txt",
        "message": "m",
        "userAgent": "rclone/v1.75.0",
    }
)
IIS = (
    "#Software: Microsoft Internet Information Services 10.0\n"
    "#Fields: date time cs-method cs-uri-stem cs-username c-ip cs(User-Agent) sc-status\n"
    "2026-11-20 01:00:05 GET /dav/a%20b.txt anna 10.0.0.1 rclone/v1.75.0 200"
)


def _written(folder: Path, text: str | bytes) -> str:
    file = folder / "access.log"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(file)


@pytest.mark.parametrize(
    "text",
    [COMBINED, f"drive.example:443 {COMBINED}", NGINX, NEXTCLOUD, IIS],
    ids=["combined", "vhost", "nginx-json", "nextcloud", "iis"],
)
def test_each_format_tells_the_same_call(tmp_path: Path, text: str) -> None:
    """The same call is read out of every format, packed or not."""
    for content in (text.encode(), gzip.compress(text.encode())):
        assert [CALL] == list(calls_in(_written(tmp_path, content)))


def test_a_broken_line_is_counted(tmp_path: Path) -> None:
    """Nonsense, zero bytes, a line of 1 MB and a nested bomb are told as None, and the rest is read."""
    nasty = ["nonsense", "\0\0", "x" * 1_000_000, '{"a":' + "[" * 20_000, '{"status": {}}', "{}"]

    calls = list(calls_in(_written(tmp_path, "\n".join([*nasty, COMBINED]))))

    assert [None] * len(nasty) + [CALL] == calls


def test_what_is_no_log_is_said(tmp_path: Path) -> None:
    """A file of another kind, and a damaged archive, end in a sentence; an empty file is an empty log."""
    for content in (b"a,b\n1,2\n", gzip.compress(COMBINED.encode() * 100)[:30]):
        with pytest.raises(NoLog):
            list(calls_in(_written(tmp_path, content)))

    assert [] == list(calls_in(_written(tmp_path, b"")))


@given(st.binary(max_size=400))
def test_no_bytes_end_in_a_traceback(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    """Whatever stands in a log, it is read, counted as broken, or told to be none."""
    file = _written(tmp_path_factory.mktemp("noise"), noise + b"\n" + COMBINED.encode())
    try:
        calls = list(calls_in(file))
    except NoLog:
        return
    assert all(call is None or isinstance(call, Call) for call in calls)


def test_a_refused_login_is_nobody(tmp_path: Path) -> None:
    """A name typed by an attacker is not a user."""
    (call,) = calls_in(_written(tmp_path, COMBINED.replace(" 200 ", " 401 ")))

    assert call is not None
    assert "" == call.user


@pytest.mark.parametrize(
    ("text", "name", "kind", "version", "system"),
    [
        ("Microsoft-WebDAV-MiniRedir/10.0.19045", "Windows WebDAV", "mount", "10.0.19045", "Windows 10"),
        (
            "Microsoft-WebDAV-MiniRedir/10.0.17763",
            "Windows WebDAV",
            "mount",
            "10.0.17763",
            "Windows 10 or Server 2019",
        ),
        ("davfs2/1.6.1 neon/0.32.2", "davfs2", "mount", "1.6.1", ""),
        ("rclone/v1.75.0", "rclone", "sync", "1.75.0", ""),
        ("WebDAVFS/3.0.0 (03008000) Darwin/21.6.0 (x86_64)", "macOS Finder", "mount", "3.0.0", None),
        ("gvfs/1.50.3", "gvfs", "mount", "1.50.3", ""),
        ("Microsoft Office Word 2014", "Microsoft Office", "office", "2014", ""),
        (
            "Mozilla/5.0 (Windows) mirall/3.13.0stable-Win64 (Nextcloud, windows-10.0.22631 x)",
            "Nextcloud desktop",
            "sync",
            "3.13.0",
            "Windows 11",
        ),
        ("Mozilla/5.0 (iOS) Nextcloud-iOS/5.2.0", "Nextcloud iOS", "sync", "5.2.0", None),
        ("python-requests/2.31.0", "python-requests", "script", "2.31.0", ""),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
            "Chrome",
            "browser",
            "120.0",
            "Windows 10 or 11",
        ),
        (
            "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko",
            "IE",
            "browser",
            "11.0",
            "Windows 7",
        ),
        ("", "(no user agent)", "other", "", ""),
    ],
)
def test_agents_are_known(text: str, name: str, kind: str, version: str, system: str | None) -> None:
    """Clients of drives, browsers and systems are told by what they call themselves."""
    agent = agent_of(text)

    assert (name, kind, version) == agent[:3]
    if system is not None:
        assert system == f"{agent.system} {agent.system_version}".strip()


def test_a_server_is_not_taken_for_an_old_desktop() -> None:
    """A build that servers share is not told as a Windows 10 that ended."""
    assert ["10", "11", "10 or Server 2016", "7", ""] == [
        windows_of(it) for it in ("10.0.19045", "10.0.22631", "10.0.14393", "6.1.7601", "x")
    ]


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("REPORT", "/remote.php/dav/files/anna/x", "REPORT webdav"),
        ("GET", "/ocs/v2.php/apps/files_sharing/api/v1/shares?x=1", "GET ocs:files_sharing"),
        ("PROPFIND", "/anything", "PROPFIND webdav"),
        ("GET", "/index.php/s/AbC123", "GET link"),
        ("GET", "/files/12345/content", "GET /files/…"),
        ("GET", "//[", "GET /"),
    ],
)
def test_calls_are_grouped_by_what_they_ask_for(method: str, path: str, operation: str) -> None:
    """An object's name never makes a kind of call of its own."""
    assert operation == operation_of(method, path)


def _clients(*calls: tuple[str, str, int]) -> Clients:
    clients = Clients()
    for user, agent, count in calls:
        for number in range(count):
            at = datetime(2026, 11, 1 + number % 28, number % 24, tzinfo=UTC)
            clients.add(Call(user, "h", "REPORT", "/dav/", 207, agent, at))
    return clients


def test_machines_are_told_from_people(tmp_path: Path) -> None:
    """A service account with a script is an integration with its missing calls; a person and their sync client are none."""
    table = tmp_path / "people.csv"
    table.write_text("login,department,branch,critical\nANNA,Finance,北京,wave-1\n", encoding="utf-8")
    clients = _clients(
        ("svc-backup", "python-requests/2.1", 48), ("anna", "rclone/v1.75.0", 48), ("bob", "curl/8.0", 3)
    )

    facts = clients.facts(matrix_in(str(OURS)), date(2026, 11, 26), people_in(str(table)))

    assert [("svc-backup", ("REPORT webdav",))] == [(it.account, it.missing) for it in facts.integrations]
    assert (2, 1, 0) == (facts.people, facts.unplaced, facts.broken)
    (rclone,) = (it for it in facts.used if it.name == "rclone")
    assert [(1, "Finance", "北京", 1)] == [
        (it.people, it.department, it.branch, it.critical) for it in rclone.users
    ]


def test_tables_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    """A table without its column, one that is no text, and a file about a system with a mistake end in a sentence."""
    file = tmp_path / "t"
    for content, read in (
        (b"name\nanna\n", people_in),
        (b"\xff\xfe\x00a", people_in),
        (b"login\nanna\n", devices_in),
        (b"name = 'x'\n[[program]]\nname='y'\nends='2025-10-14'\n", matrix_in),
        (b"name = 3", matrix_in),
        (b"[", matrix_in),
        (b"name='x'\nprogram=[1]", matrix_in),
        (b"name='x'\ncall=[{place='/'}]", matrix_in),
    ):
        file.write_bytes(content)
        with pytest.raises(BadTable):
            read(str(file))  # type: ignore[operator]


def test_what_is_said_of_our_drive_has_a_source() -> None:
    """Every ruling of the file that comes along has a source, and a note in both languages or in none."""
    matrix = matrix_in(str(OURS))

    for ruling in (*matrix.programs.values(), *matrix.systems.values()):
        assert ruling.source
        assert bool(ruling.note_en) == bool(ruling.note_zh)
