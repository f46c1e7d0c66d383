"""
A drive of ours that a firm works in: served as `lading drive serve` does, with its people, spaces and walls; filled over
the wire with a cargo, and looked at over the wire.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path as LocalPath
from typing import Any
from urllib.parse import quote, urlsplit

from lading.connectors.address import Address
from lading.connectors.conditions import ANYTHING
from lading.connectors.facets import Upload
from lading.connectors.lading import LadingDrive
from lading.connectors.lading import open as open_lading
from lading.model.access import Link
from lading.model.entry import Entry
from lading.model.paths import Path
from lading.testkit.firm import Firm
from lading.testkit.world.deals import DEALS
from support.firm_cargo import SPACES, WALLED, Cargo, Saved, Shared, facts
from support.served_drive import Served, serving

MOVERS = ("mover-1", "mover-2")
"""The accounts of the move, one for either side of the wall; the second has one rival alone."""
OURS = {space: MOVERS[space == WALLED[1]] for space in SPACES}
"""Which of them moves each space."""
ROOTS: dict[str, Path] = {MOVERS[0]: (), MOVERS[1]: WALLED[1:]}
"""
Where each move begins: the first moves all that its account sees.  The second is for one space, since its account sees
in the others what everybody may see.
"""

_MAKE = """
import json, sys
from lading.site.home import made_home
told = json.load(sys.stdin)
with made_home(sys.argv[1]):
    from lading.drive.actor import EVERYTHING, SYSTEM, Actor
    from lading.drive.people import principals
    from lading.drive.people.accounts import make_account
    from lading.drive.people.admins import give_admin_role
    from lading.drive.people.tokens import make_token
    from lading.drive.rights.walls import make_wall
    from lading.drive.tree.spaces import make_space
    report = principals.load_csv(SYSTEM, told["people"])
    assert not report.refused, report.refused
    for key in sorted(set(told["spaces"].values())):
        mover = principals.add(SYSTEM, "person", key, name=key, mail=f"{key}@firm.example")
        make_account(SYSTEM, mover.id, key)
        give_admin_role(SYSTEM, mover.id, "system")
    made = {
        name: make_space(SYSTEM, name, admins=[principals.find(key).id])
        for name, key in told["spaces"].items()
    }
    guard = principals.add(SYSTEM, "person", "guard", name="Guard", mail="guard@firm.example")
    make_account(SYSTEM, guard.id, "guard")
    give_admin_role(SYSTEM, guard.id, "security")
    make_wall(Actor(guard.id, "guard", "security"), "rivals", *([made[name]] for name in told["walled"]))
    tokens = {}
    for key in told["tokens"]:
        tokens[key] = make_token(SYSTEM, "story", EVERYTHING, None, of=principals.find(key).id)[1]
    print(json.dumps(tokens))
"""


@dataclass
class FirmDrive:
    """The drive that is served at *served*; *tokens* by the key of their person."""

    served: Served
    tokens: dict[str, str]
    urls: dict[str, str] = field(default_factory=dict)
    """The address of each link that was made here, by its id."""

    @contextmanager
    def opened(self, key: str, root: Path = ()) -> Iterator[LadingDrive]:
        """The drive below *root*, as the person *key* sees it."""
        options = {"token": f"file:{self._token(key)}"}
        with open_lading(Address("lading", self._place(root), options, key)) as drive:
            yield drive

    def named(self, mover: str, root: Path | None = None) -> LocalPath:
        """A file with the address that *mover* moves from or to, or with *root*, as the commands take it."""
        file = self.served.home.with_suffix(f".{mover}.toml")
        place, token = self._place(ROOTS[mover] if root is None else root), self._token(mover)
        file.write_text(f'kind = "lading"\nplace = "{place}"\ntoken = "file:{token}"\n', encoding="utf-8")
        return file

    def _place(self, root: Path) -> str:
        return "/".join([f"http://127.0.0.1:{self.served.port}", *map(quote, root)])

    def _token(self, key: str) -> LocalPath:
        file = self.served.home.with_suffix(f".{key}.token")
        file.write_text(self.tokens[key], encoding="utf-8")
        return file

    def visit(self, url: str, *, download: bool = True) -> int:
        """The status that a stranger with no cookies gets at the link *url*."""
        return self.served.ask("GET", urlsplit(url).path + ("/download" if download else ""))[0]

    def versions(self, mover: str) -> dict[Path, list[tuple[object, ...]]]:
        """The facts of all versions of each file that *mover* moves."""
        with self.opened(mover, ROOTS[mover]) as drive:
            return {ROOTS[mover] + path: list(map(facts, told)) for path, told in drive.versions.all()}

    def grants(self, mover: str) -> set[tuple[Any, ...]]:
        """All grants that *mover* moves, as rows that can be compared."""
        with self.opened(mover, ROOTS[mover]) as drive:
            return {
                (ROOTS[mover] + it.path, it.effect, it.principal.kind, it.principal.id, it.role, it.expires)
                for it in drive.grants.all()
            }

    def links(self, mover: str) -> list[tuple[Any, ...]]:
        """The limits of all links that *mover* moves; what a pinned one shows by the facts of its version."""
        with self.opened(mover, ROOTS[mover]) as drive:
            told = [(ROOTS[mover] + it.path, *_limits(drive, it)) for it in drive.links.all()]
        return sorted(told, key=repr)


@contextmanager
def firm_drive(home: LocalPath, firm: Firm) -> Iterator[FirmDrive]:
    """A drive in *home* that knows the people of *firm*, with an empty space for each deal and the wall between the rivals."""
    home.mkdir()
    (home / "drive.toml").write_text("sync = false\n", encoding="utf-8")
    told = {
        "people": firm.csv(),
        "spaces": OURS,
        "walled": WALLED,
        "tokens": [*MOVERS, *leads(firm).values()],
    }
    done = subprocess.run(
        [sys.executable, "-c", _MAKE, str(home)],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    with serving(home) as served:
        yield FirmDrive(served, json.loads(done.stdout))


def leads(firm: Firm) -> dict[str, str]:
    """Who leads the deal of each space."""
    return {deal.folder: firm.team(deal)[0].key for deal in DEALS}


def fill(drive: FirmDrive, cargo: Cargo) -> None:
    """Put *cargo* into *drive*: files and rights in the name of the movers, links in that of the leads."""
    for mover in MOVERS:
        with drive.opened(mover) as opened:
            for folder in cargo.folders:
                if OURS[folder[0]] == mover:
                    opened.make_folder(folder)
            _store(opened, [one for one in cargo.saved if OURS[one.path[0]] == mover])
            for grant in cargo.grants:
                if OURS[grant.path[0]] == mover:
                    opened.grants.set(grant)
    for space, lead in leads(cargo.firm).items():
        with drive.opened(lead) as opened:
            for shared in cargo.links:
                if shared.link.path[0] == space:
                    _share(drive, opened, shared)


def _store(opened: LadingDrive, saved: list[Saved]) -> None:
    uploads = (Upload(one.path, one.content, ANYTHING, one.version.modified, one.version) for one in saved)
    for stored in opened.batch.write(uploads):
        assert isinstance(stored, Entry), stored


def _share(drive: FirmDrive, opened: LadingDrive, shared: Shared) -> None:
    made, url = opened.links.make(shared.link, password=shared.password)
    drive.urls[made.id] = url
    for _ in range(shared.taken):
        assert 200 == drive.visit(url)


def _limits(drive: LadingDrive, link: Link) -> tuple[Any, ...]:
    left = None if link.limit is None else link.limit - link.used
    pinned = None
    if link.version is not None:
        pinned = next(facts(it) for it in drive.versions.list(link.path) if it.id == link.version)
    return link.role, link.expires, link.has_password, left, pinned, link.inside
