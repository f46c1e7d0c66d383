"""
Two hours of a whole firm on the new drive, and the way back with all of it.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from lading.connectors.address import Address
from lading.connectors.lading import open as open_lading
from lading.connectors.lading.drive import LadingDrive
from lading.model.access import Grant, PrincipalKind
from lading.testkit.firm import build_firm
from lading.testkit.servers.lading_drive import LOGIN, SPACE, LadingDriveServer
from lading.testkit.servers.local import HOST
from support.command import lading
from support.firm_at_work import planted, worked
from support.rollbacks import switch, walked

TOKEN = "ROLLBACK_FIRM"
FILES, THINGS = 90, 45


def held(drive: LadingDrive) -> Counter[str]:
    """Digests of every version of every file."""
    assert drive.versions is not None
    told = drive.versions.all()
    return Counter(dict(one.digests)["sha256"] for _, versions in told or () for one in versions)


def rights(drive: LadingDrive) -> set[tuple[object, ...]]:
    """Who may or may not do what, where."""
    assert drive.grants is not None
    return {_says(it) for it in drive.grants.all() or () if it.path}


def _says(it: Grant) -> tuple[object, ...]:
    return it.path, it.principal.kind, it.principal.id, it.effect, it.role


@pytest.mark.slow
def test_two_hours_of_a_firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Many people edit, rename, move, delete, and give and deny rights for two hours by the drive's clock: OLD then holds every
    content that anybody saved and all it had, every right of NEW, and a second run changes nothing.
    """
    with LadingDriveServer(tmp_path / "home", workers=1) as server:
        staff = json.loads(server.run(planted(("旧", "新"), FILES)))
        monkeypatch.setenv(TOKEN, server.token)
        where = f"http://{HOST}:{server.port}/{SPACE}"
        old, new = (Address("lading", f"{where}/{name}", {"token": f"env:{TOKEN}"}) for name in ("旧", "新"))
        (tmp_path / "state").mkdir()
        it = switch(old, new, tmp_path / "state" / "job", _themselves(staff))
        with open_lading(old) as drive:
            before = held(drive)
        said: list[str] = []
        done: Counter[str] = Counter()
        for hour in (0, 1):
            told = json.loads(server.run(worked("新", hour, THINGS)))
            said += told["said"]
            done.update(told["done"])
            it.journal()
        words = ("rollback", "--rights", "carry", "--state", tmp_path / "state", "--json")
        ended = lading(*words)
        with open_lading(old) as drive:
            after, places, given = held(drive), {entry.path for entry in walked(drive)}, rights(drive)
        with open_lading(new) as drive:
            wanted = rights(drive)
            there = {entry.path for entry in walked(drive)}
        again = lading(*words)

    assert {"edit", "make", "folder", "rename", "move", "rename folder", "delete", "give", "deny"} <= set(
        done
    )
    assert 0 == ended.code, ended.out + ended.err
    assert (set(before) | set(said)) <= set(after)
    assert all(after[digest] >= count for digest, count in before.items())
    assert there <= places
    assert wanted <= given
    assert ended.json["proof"]["holds"]
    assert (0, 0) == (again.code, again.json["changed"])


def _themselves(staff: list[str]) -> dict[str, str]:
    """Everybody is who they are on both sides, guests, groups and departments, too."""
    firm = build_firm(seed=3, people=40)
    kinds = {
        PrincipalKind.PERSON: [LOGIN, *staff],
        PrincipalKind.GUEST: [it.key for it in firm.guests],
        PrincipalKind.GROUP: [it.key for it in firm.groups],
        PrincipalKind.DEPARTMENT: [it.key for it in firm.departments],
    }
    return {f"{kind.value}:{key}": f"{kind.value}:{key}" for kind, keys in kinds.items() for key in keys}
