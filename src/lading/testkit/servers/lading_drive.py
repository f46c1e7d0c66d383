"""
Our own drive, in processes of its own, as `lading drive serve` runs it.

Its home has one space and one person who manages it; `seed` makes them before
the server starts.  WebDAV is at ``dav``; ``url`` is the address of the space there.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from .local import HOST, LocalServer, ServerFailed, ServerMissing

SPACE = "Deals"
LOGIN = "alice"
PASSWORD = "correct horse: 电池"


_SEED = """
import json, sys
from lading.site.home import made_home
home, space, login, password = sys.argv[1:]
with made_home(home):
    from lading.drive.actor import EVERYTHING, SYSTEM, Actor
    from lading.drive.models import Principal
    from lading.drive.people.accounts import make_account
    from lading.drive.people.tokens import make_token
    from lading.drive.tree.spaces import make_space
    person = Principal.objects.create(kind="person", key=login, name="Alice 王", created=1)
    make_account(SYSTEM, person.id, login, password)
    make_space(SYSTEM, space, admins=[person.id])
    print(json.dumps(make_token(Actor(person.id, login), "tests", EVERYTHING, None)[1]))
"""
_OPEN = "import sys; from lading.site.home import open_home; open_home(sys.argv[1])\n"


class LadingDriveServer(LocalServer):
    """
    `lading drive serve` on a home that is made for it, or on *root* as its home.

    ``token`` is one of ``user`` with every scope.  *sync* is the setting of that name: whether contents
    and the database reach the disk before an answer.  *settings* are more lines of `drive.toml`.
    """

    name = "lading-drive"

    def __init__(
        self, root: Path | None = None, *, workers: int = 2, sync: bool = False, settings: str = ""
    ) -> None:
        for module in ("django", "httptools", "wsgidav"):
            if importlib.util.find_spec(module) is None:
                raise ServerMissing(f"{module} is not installed: it is on PyPI")
        super().__init__(root)
        self.workers = workers
        self.user, self.password, self.token = LOGIN, PASSWORD, ""
        (self.root / "drive.toml").write_text(f"sync = {str(sync).lower()}\n{settings}", encoding="utf-8")
        self._seeded = False

    @property
    def url(self) -> str:
        return f"{self.dav}{quote(SPACE)}/"

    @property
    def dav(self) -> str:
        """The list of spaces."""
        return f"http://{HOST}:{self.port}/dav/"

    def start(self) -> None:
        if not self._seeded:
            self.token = self.seed()
            self._seeded = True
        super().start()

    def seed(self) -> str:
        """Make the home with its space and its person; the text of their token."""
        done = subprocess.run(
            [sys.executable, "-c", _SEED, str(self.root), SPACE, LOGIN, PASSWORD],
            env=dict(self.environment()),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ServerFailed(f"{self.name} cannot be prepared:\n{done.stderr[-3000:]}")
        return str(json.loads(done.stdout))

    def run(self, code: str) -> str:
        """What *code* prints, run as Python with Django set up on this home, beside the server."""
        done = subprocess.run(
            [sys.executable, "-c", _OPEN + code, str(self.root)],
            env=dict(self.environment()),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ServerFailed(done.stderr[-3000:])
        return done.stdout

    def command(self) -> Sequence[str]:
        words = ["drive", "serve", str(self.root), "--listen", f"{HOST}:{self.port}"]
        return [sys.executable, "-m", "lading", *words, "--workers", str(self.workers)]

    def environment(self) -> Mapping[str, str]:
        python = os.environ.get("PYTHONPATH")
        return {**super().environment(), **({"PYTHONPATH": python} if python else {})}
