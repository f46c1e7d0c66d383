"""
The new drive of the demonstration: Lading's own, served from an empty folder.

It is made and set up by the commands a person would type.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lading.testkit.badnet import HOST
from lading.testkit.demo import words
from lading.testkit.demo.door import Door
from lading.testkit.demo.scene import Commands, DemoFailed
from lading.testkit.demo.truth import UNFINISHED, Holding
from lading.testkit.servers.local import GUARD

TOKEN = "LADING_DEMO_TOKEN"
MOVER = "mover"
SPACE = "deals"
_FILES = "SELECT count(*) FROM drive_node WHERE kind = 2"


class NewDrive:
    """`lading drive serve` on *home* in a process of its own, inside `with`; a kill of ours ends it too."""

    def __init__(self, home: Path, commands: Commands) -> None:
        self.home = home
        self._commands = commands
        self.address = ""
        self.token = ""

    def __enter__(self) -> Self:
        program = self._commands.program
        words_ = [program, "drive", "serve", str(self.home), "--listen", f"{HOST}:0", "--json"]
        self._commands.show("drive", "serve", str(self.home))
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(GUARD), *words_],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        told = self._told()
        if not told.get("ok"):
            self._end()
            raise DemoFailed(words.NO_DRIVE, detail=told.get("error", told))
        self.address = told["address"].rstrip("/")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def set_up(self) -> None:
        """Make somebody who moves, a space of theirs, and a token for the move."""
        home = ("--home", str(self.home))
        self._commands.run("drive", "person", "add", MOVER, *home)
        self._commands.run("drive", "space", "make", SPACE, "--admin", MOVER, *home)
        scopes = [word for scope in ("read", "write", "share", "import") for word in ("--scope", scope)]
        self.token = self._commands.answer("drive", "token", "make", MOVER, *scopes, *home)["token"]

    @property
    def place(self) -> str:
        """The space as `lading copy` takes it."""
        return f"lading:{self.address}/{SPACE}"

    @property
    def dav(self) -> str:
        """The space as a WebDAV folder."""
        return f"{self.address}/dav/{SPACE}/"

    def count(self) -> int:
        """How many files have their name by now, by the drive's own table: cheap enough to ask all the time."""
        with closing(sqlite3.connect(f"file:{self.home}/drive.sqlite?mode=ro", uri=True)) as tables:
            (files,) = tables.execute(_FILES).fetchone()
        return int(files)

    def holding(self) -> Holding:
        """All that the space holds, read through its WebDAV door."""
        with Door(self.dav, MOVER, self.token) as door:
            return door.holding(hidden=UNFINISHED, parts=self._parts())

    def _parts(self) -> tuple[int, ...]:
        """The sizes of uploads that were not finished."""
        with os.scandir(self.home / "store" / "partial") as entries:
            return tuple(entry.stat().st_size for entry in entries if entry.is_file())

    def _told(self) -> dict[str, Any]:
        """The one document that the server writes once it is ready."""
        assert self._guard.stdout is not None
        text = ""
        for line in self._guard.stdout:
            text += line.decode()
            if line.rstrip() == b"}":
                break
        return dict(json.loads(text or "{}"))

    def _end(self) -> None:
        self._guard.communicate(b"stop\n")
