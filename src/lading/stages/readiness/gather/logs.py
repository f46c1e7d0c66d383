"""
Access logs, line by line: combined, JSON, IIS W3C, and Nextcloud's own.

Each line says by itself which format it has, so that files may be mixed; only IIS names its columns beforehand.  A line
that cannot be read is counted and passed over.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import unquote_plus

from lading.manifest.files import local_errors
from lading.model.errors import NoLog
from lading.model.text import Text

LONGEST_LINE = 64 << 10
"""Bytes of a line; the rest of a longer one is passed over, and it counts as broken."""
_COMBINED = re.compile(
    r'(?:\S+:\d+ )?(?P<host>\S+) \S+ (?P<user>\S.*?|) ?\[(?P<time>[^\]]{10,40})\] "(?P<request>(?:[^"\\]|\\.)*)"'
    r' (?P<status>\d{3}) \S+(?: "(?:[^"\\]|\\.)*" "(?P<agent>(?:[^"\\]|\\.)*)")?'
)
_ESCAPED = re.compile(r'\\x([0-9A-Fa-f]{2})|\\(["\\])')
_NAMES = {
    # What JSON logs call a field: nginx's and Apache's own names, and those of common set-ups.
    "user": ("remote_user", "user", "auth", "username"),
    "host": ("remote_addr", "remoteAddr", "client_ip", "remote_host", "remoteHost", "client"),
    "method": ("request_method", "method", "verb"),
    "path": ("request_uri", "uri", "url", "path"),
    "status": ("status", "response", "status_code"),
    "agent": ("http_user_agent", "userAgent", "user_agent", "agent"),
    "time": ("time_iso8601", "time_local", "time", "timestamp", "@timestamp", "ts", "msec"),
}


class Call(NamedTuple):
    """One request: *user* is "" where nobody signed in, *at* None where the time cannot be read."""

    user: str
    host: str
    method: str
    path: str
    status: int
    agent: str
    at: datetime | None


def calls_in(file: str) -> Iterator[Call | None]:
    """
    Every line of the log *file* as a call; None for one that cannot be read.

    Raises:
        DriveError: the file cannot be read.
        NoLog: it has lines, and none of them is of a known format; or its compression is damaged.
    """
    reader, understood, seen = _Reader(), False, False
    with local_errors(file), open(file, "rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        try:
            for line in _lines(gzip.GzipFile(fileobj=raw) if packed else raw):  # type: ignore[arg-type]
                if line is not None and (line.startswith("#") or not line.strip()):
                    reader.heading(line)
                    continue
                call = None if line is None else reader.call(line)
                seen, understood = True, understood or call is not None
                yield call
        except (EOFError, gzip.BadGzipFile, zlib.error):
            if not understood:
                raise NoLog(file, Text("its compression is damaged", "压缩数据已损坏")) from None
            yield None
    if seen and not understood:
        raise NoLog(file, Text("no line has a known format", "没有任何一行符合已知格式"))


def _lines(stream: BinaryIO) -> Iterator[str | None]:
    while line := stream.readline(LONGEST_LINE):
        if line.endswith(b"\n") or len(line) < LONGEST_LINE:
            yield line.decode("utf-8-sig", "backslashreplace").rstrip("\r\n")
            continue
        while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
            pass
        yield None


class _Reader:
    """Reads lines; remembers the columns that IIS named last."""

    def __init__(self) -> None:
        self._columns: dict[str, int] = {}
        self._kept: tuple[str, datetime | None] = ("", None)

    def heading(self, line: str) -> None:
        """Take the columns out of a remark of IIS."""
        if line.lower().startswith("#fields:"):
            self._columns = {name.lower(): at for at, name in enumerate(line.split()[1:])}

    def call(self, line: str) -> Call | None:
        """The call that *line* tells."""
        if line.startswith("{"):
            return self._json(line)
        return self._w3c(line) if self._columns else self._combined(line)

    def _combined(self, line: str) -> Call | None:
        found = _COMBINED.match(line)
        if found is None:
            return None
        method, path = _request(_plain(found["request"]))
        agent = _plain(found["agent"] or "")
        return _call(
            found["user"], found["host"], method, path, found["status"], agent, self._time(found["time"])
        )

    def _json(self, line: str) -> Call | None:
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            return None
        value = {name: _first(told, names) for name, names in _NAMES.items()}
        method, path = value["method"], value["path"]
        if not method and isinstance(told.get("request"), str):
            method, path = _request(told["request"])
        if not method or not (value["agent"] or value["host"]):
            return None
        # Nextcloud's own log has no status: what it tells of was answered somehow.
        status = value["status"] or "200"
        return _call(
            value["user"], value["host"], method, path, status, value["agent"], self._time(value["time"])
        )

    def _w3c(self, line: str) -> Call | None:
        words = line.split(" ")
        if len(words) < len(self._columns):
            return None

        def column(name: str) -> str:
            at = self._columns.get(name)
            return "" if at is None or words[at] == "-" else words[at]

        if not column("cs-method"):
            return None
        at = self._time(f"{column('date')}T{column('time')}Z")
        agent = unquote_plus(column("cs(user-agent)"))
        user, host, path = column("cs-username"), column("c-ip"), column("cs-uri-stem")
        return _call(user, host, column("cs-method"), path, column("sc-status") or "200", agent, at)

    def _time(self, text: str) -> datetime | None:
        # Neighbouring lines mostly share their second.
        if text != self._kept[0]:
            self._kept = text, _moment(text)
        return self._kept[1]


def _call(
    user: str, host: str, method: str, path: str, status: str, agent: str, at: datetime | None
) -> Call | None:
    if not status.isdigit() or len(status) > 3:
        return None
    # A refused login names whoever was typed, not who it was.
    named = "" if user in ("-", "--", '""') or status == "401" else user.strip('"')
    return Call(named, host, method.upper()[:20], path, int(status), "" if agent == "-" else agent, at)


def _request(text: str) -> tuple[str, str]:
    method, _, rest = text.partition(" ")
    return (method, rest.rpartition(" ")[0] or rest) if method.isalpha() else ("", "")


def _first(told: Mapping[str, Any], names: tuple[str, ...]) -> str:
    found = next((told[name] for name in names if told.get(name) not in (None, "")), "")
    return str(found) if isinstance(found, str | int | float) else ""


def _plain(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda it: it[2] or chr(int(it[1], 16)), text)


def _moment(text: str) -> datetime | None:
    try:
        if re.fullmatch(r"\d{9,11}(\.\d+)?", text):
            return datetime.fromtimestamp(float(text), UTC)
        if "/" in text[:12]:
            return datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z")
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
