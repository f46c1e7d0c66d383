"""
What a rollback keeps in the folder of its job: see `docs/formats/rollback.md`.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path as LocalPath
from typing import Any, NamedTuple

from lading.connectors.address import Address
from lading.manifest.files import local_errors, sha256_of, write_json
from lading.model.errors import BadRollback, NotMarked
from lading.model.text import Text

FORMAT = 1
MARK = "mark.json"
FOLDER = "rollback"
TABLES = ("base.parquet", "digests.parquet")
"""What every run reads of the switch."""
_STATES = ("running", "stopped", "finished", "not_whole")
_CHANGED = Text("it was changed", "已被改动")


@dataclass(frozen=True)
class Home:
    """The folder of one rollback, below that of the job."""

    folder: LocalPath

    @property
    def mark(self) -> LocalPath:
        """There once the switch is written down whole."""
        return self.folder / MARK

    @property
    def switch(self) -> LocalPath:
        """Both drives at the switch."""
        return self.folder / "switch"

    @property
    def base(self) -> LocalPath:
        """Which object of NEW is which of OLD, at the switch."""
        return self.switch / "base.parquet"

    @property
    def journal(self) -> LocalPath:
        """The sealed entries."""
        return self.folder / "journal"

    @property
    def contents(self) -> LocalPath:
        """Contents of NEW that came after the switch."""
        return self.folder / "contents"

    @property
    def carried(self) -> LocalPath:
        """What has been carried into OLD, line by line."""
        return self.folder / "carried.jsonl"

    @property
    def last(self) -> LocalPath:
        """How the last run ended."""
        return self.folder / "last.json"

    @property
    def clients(self) -> LocalPath:
        """How much had been carried when the cursors of OLD expired last."""
        return self.folder / "clients.json"

    @property
    def decisions(self) -> LocalPath:
        """Rights and links that changed in NEW, for people to decide."""
        return self.folder / "decisions.csv"

    @property
    def links(self) -> LocalPath:
        """Links that were made in OLD, with their URLs and passwords; its owner alone can read it."""
        return self.folder / "links.jsonl"

    @property
    def rates(self) -> LocalPath:
        """How long what was done took."""
        return self.folder / "rates.jsonl"

    @property
    def messages(self) -> LocalPath:
        """Who is to be told what."""
        return self.folder / "messages.jsonl"

    @property
    def ledger(self) -> LocalPath:
        """The chain of records of the job."""
        return self.folder.parent / "ledger.jsonl"


@dataclass(frozen=True)
class Mark:
    """The switch, as it was written down."""

    home: Home
    facts: Mapping[str, Any]

    @property
    def old(self) -> Address:
        """The drive that people left."""
        return _address(self.facts["old"], self.home)

    @property
    def new(self) -> Address:
        """The drive that people work on."""
        return _address(self.facts["new"], self.home)

    @cached_property
    def at(self) -> datetime:
        """When the switch was."""
        return datetime.fromtimestamp(self.facts["marked"], UTC)

    @property
    def until(self) -> str:
        """The last day on which rolling back is possible (YYYY-MM-DD); empty: no day is set."""
        return str(self.facts.get("until") or "")

    @property
    def people(self) -> Mapping[str, str]:
        """Ids of people of OLD by their ids in NEW."""
        people: Mapping[str, str] = self.facts.get("people") or {}
        return people

    def changed(self, **facts: Any) -> Mark:
        """The same mark with other *facts*, written down."""
        changed = {**self.facts, **facts}
        write_facts(self.home.mark, changed)
        return Mark(self.home, changed)


def write_facts(path: LocalPath, facts: Mapping[str, Any]) -> None:
    """
    Write *facts* as JSON at *path*, all or nothing.

    Raises:
        NoSpace, ReadOnly, Forbidden: the disk refuses.
    """
    with local_errors(str(path)):
        write_json(os.fspath(path), dict(facts))


def home_of(job: LocalPath) -> Home:
    """Where the rollback of the job in the folder *job* is kept."""
    return Home(job / FOLDER)


def mark_in(home: Home) -> Mark:
    """
    The mark of *home*.

    Raises:
        NotMarked: there is none.
        BadRollback: it cannot be read.
    """
    try:
        facts = json.loads(home.mark.read_bytes())
        if facts["format"] != FORMAT:
            raise ValueError(f"format {facts['format']}")
        for side in ("old", "new"):
            _address(facts[side], home)
        datetime.fromtimestamp(facts["marked"], UTC)
    except FileNotFoundError:
        raise NotMarked(str(home.folder), Text("no switch is marked", "尚未标记切换")) from None
    except (ValueError, KeyError, TypeError, OverflowError) as problem:
        raise BadRollback(str(home.mark), repr(problem)) from None
    return Mark(home, facts)


def last_of(home: Home) -> dict[str, Any]:
    """
    How the last run of *home* ended; `{"state": "never_run"}` if there was none.

    Raises:
        BadRollback: it cannot be read.
    """
    try:
        last = json.loads(home.last.read_bytes())
        if last["state"] not in _STATES or (
            last["state"] == "stopped" and not {"message", "next"} <= set(last)
        ):
            raise ValueError(last["state"])
    except FileNotFoundError:
        return {"state": "never_run"}
    except (ValueError, KeyError, TypeError) as problem:
        raise BadRollback(str(home.last), repr(problem)) from None
    assert isinstance(last, dict)
    return last


def digests_of(home: Home) -> dict[str, str]:
    """The SHA-256 of each table of the switch, by its name."""
    with local_errors(str(home.switch)):
        return {name: sha256_of(os.fspath(home.switch / name)) for name in TABLES}


def check_switch(mark: Mark) -> None:
    """
    Make sure that the tables of the switch are as they were written.

    Raises:
        BadRollback: one is missing or was changed.
    """
    told = mark.facts.get("tables")
    known: dict[str, Any] = told if isinstance(told, dict) else {}
    for name in TABLES if known else ():
        file = mark.home.switch / name
        try:
            same = sha256_of(os.fspath(file)) == known.get(name)
        except OSError as problem:
            raise BadRollback(str(file), problem.strerror or "") from None
        if not same:
            raise BadRollback(str(file), _CHANGED)


def marked_below(state: LocalPath) -> list[Home]:
    """Every job below the folder *state* whose switch is marked."""
    return [Home(it.parent) for it in sorted(state.glob(f"*/{FOLDER}/{MARK}"))]


def address_facts(it: Address) -> dict[str, Any]:
    """*it* as JSON holds it; secrets are in it only as references."""
    return {"kind": it.kind, "place": it.place, "options": dict(it.options)}


def _address(facts: Mapping[str, Any], home: Home) -> Address:
    # Unfinished files of a rollback are its own: it sweeps them, and no copy does.
    return Address(
        facts["kind"], facts["place"], dict(facts["options"]), f"rollback-{home.folder.parent.name}"
    )


class Lines:
    """
    A file of JSON lines that only grows; a torn end, which a kill leaves, is cut off when it is opened.

    Threads may add at once.
    """

    def __init__(self, path: LocalPath) -> None:
        self._guard = threading.Lock()
        with local_errors(str(path)):
            whole = sum(len(line) for line in _whole(path))
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            os.ftruncate(self._file, whole)
            os.lseek(self._file, 0, os.SEEK_END)
        self._path = path

    def add(self, *rows: Mapping[str, Any]) -> None:
        """Add *rows*; a full disk leaves none or whole ones."""
        text = b"".join(_line(row) for row in rows)
        with self._guard, local_errors(str(self._path)):
            start = os.lseek(self._file, 0, os.SEEK_CUR)
            try:
                written = os.write(self._file, text)
                while written < len(text):
                    written += os.write(self._file, text[written:])
            except OSError:
                os.ftruncate(self._file, start)
                os.lseek(self._file, start, os.SEEK_SET)
                raise

    def sync(self) -> None:
        """Return when what was added survives a power cut."""
        with local_errors(str(self._path)):
            os.fsync(self._file)

    def close(self) -> None:
        """Make what was added last."""
        self.sync()
        os.close(self._file)


def lines_of(path: LocalPath) -> Iterator[dict[str, Any]]:
    """
    The whole lines of the file *path*; none if it is not there.

    Raises:
        BadRollback: one in its midst cannot be read.
    """
    for line in _whole(path):
        yield json.loads(line)


def write_lines(path: LocalPath, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write *rows* at *path*, all or none."""
    draft = path.with_name(path.name + ".part")
    with local_errors(str(path)):
        with open(draft, "wb") as stream:
            for row in rows:
                stream.write(_line(row))
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, path)


def _line(row: Mapping[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def _whole(path: LocalPath) -> Iterator[bytes]:
    try:
        stream = open(path, "rb")  # noqa: SIM115 — closed below
    except FileNotFoundError:
        return
    with stream:
        for number, line in enumerate(stream, 1):
            if _is_row(line):
                yield line
            elif stream.read(1):
                # A kill tears the last line and no other.
                raise BadRollback(str(path), Text(f"line {number}", f"第 {number} 行"))


def _is_row(line: bytes) -> bool:
    try:
        return line.endswith(b"\n") and isinstance(json.loads(line), dict)
    except ValueError:
        return False


class Facts(NamedTuple):
    """What a drive says about an object."""

    kind: str
    size: int = 0
    modified: int | None = None
    etag: str | None = None
    id: str | None = None

    def same(self, other: Facts) -> bool:
        """Whether *other* tells the same content: the etag decides where both have one, else the time."""
        if self.kind != other.kind:
            return False
        if self.kind != "file":
            return True
        if self.size != other.size:
            return False
        if self.etag is not None and other.etag is not None:
            return self.etag == other.etag
        return self.modified == other.modified
