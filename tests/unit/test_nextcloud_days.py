"""The days with which shares of a Nextcloud end: by version and time zone, and on its double."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.nextcloud import open as open_nextcloud
from lading.connectors.nextcloud.days import DAY, days_of, in_zone, zone_of
from lading.connectors.nextcloud.shares import expiry
from lading.model.access import Grant, Link, Principal, PrincipalKind, Role
from lading.model.errors import BadAddress, Unable
from lading.testkit.servers import require_server
from lading.testkit.servers.nextcloud import NextcloudDouble
from support.memory_drives import STORES
from support.passes import Passes, inside
from support.people import PEOPLE, peopled

SECOND = 10**9
NOW = datetime(2026, 11, 26, tzinfo=UTC)
LI = Principal(PrincipalKind.PERSON, "li")
LI_OF_OLD = next(one for one in PEOPLE if one.id == "1001")
__all__ = ["inside"]


def moment(text: str) -> int:
    """Nanoseconds since 1970 UTC of a time with its zone."""
    return int(datetime.fromisoformat(text).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("version", "zone", "end"),
    [
        ((33, 0, 1), "UTC", "2031-05-05T23:59:59+00:00"),
        ((33, 0, 0), "UTC", "2031-05-05T00:00:00+00:00"),
        ((34, 0, 0), "Asia/Shanghai", "2031-05-05T23:59:59+08:00"),
        ((31, 0, 6), "Asia/Shanghai", "2031-05-05T00:00:00+08:00"),
        ((33, 0, 1), "America/Bogota", "2031-05-05T23:59:59-05:00"),
        ((30, 0, 0), "Asia/Kathmandu", "2031-05-05T00:00:00+05:45"),
    ],
)
def test_a_day_ends_as_the_version_and_the_zone_say(version: tuple[int, ...], zone: str, end: str) -> None:
    """The day that is sent for an end is the one that ends then, and what is told back is that very moment."""
    days = days_of(version, zone_of(zone), NOW)
    assert days is not None

    assert (0, "2031-05-05") == ((moment(end) - days.offset) % DAY, days.day(moment(end)))
    assert moment(end) == expiry(in_zone(f"2031-05-05 {end[11:19]}", zone_of(zone)))


@pytest.mark.parametrize(
    ("version", "zone"),
    [((33, 0, 1), ""), ((33, 0, 1), "Nowhere/Atall"), ((33, 0, 1), "Europe/Berlin"), ((28, 0, 9), "UTC"), ((), "UTC")],
)  # fmt: skip
def test_what_is_not_certain_is_not_offered(version: tuple[int, ...], zone: str) -> None:
    """No zone, one whose days differ in length, an old version or an unknown one: nothing can be given an end."""
    assert days_of(version, zone_of(zone), NOW) is None


def test_a_time_that_is_none_is_left_as_it_is() -> None:
    """What the server does not tell, or tells wrongly, is no end in any zone."""
    zone = zone_of("Asia/Shanghai")

    assert [None, "", "soon"] == [in_zone(told, zone) for told in (None, "", "soon")]


@pytest.fixture
def doubles(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Open the files of an account on a fresh double with some options, and an address with others."""
    running: list[Any] = []

    def opened(options: dict[str, Any], **asked: str) -> Drive:
        seed = {"users": [{"id": "li", "password": "two", "tokens": ["t-li"]}]}
        server = NextcloudDouble(seed=seed, options=options)
        running.append(require_server(lambda: server))
        running[-1].__enter__()
        monkeypatch.setenv("LADING_TEST_PASSWORD", server.password)
        given = {"user": server.user, "password": "env:LADING_TEST_PASSWORD", **asked}
        drive = open_nextcloud(Address("nextcloud", server.url, given, "days"))
        running.append(drive)
        drive.write(("a",), [b"x"], expect=ABSENT)
        return drive

    yield opened
    for one in reversed(running):
        one.close() if isinstance(one, Drive) else one.__exit__(None, None, None)


def test_shares_end_with_a_day_of_the_account(doubles: Any) -> None:
    """A grant and a link end with a day of Shanghai; between two of these moments nothing can end."""
    drive = doubles({"timezone": "Asia/Shanghai"})
    wanted = moment("2071-05-05T23:59:59+08:00")
    for end in (wanted + 1, wanted - SECOND):
        with pytest.raises(Unable):
            drive.grants.set(Grant(("a",), LI, frozenset(), role=Role.DOWNLOAD, expires=end))
        with pytest.raises(Unable):
            drive.links.make(Link(("a",), "", frozenset(), role=Role.DOWNLOAD, expires=end), password=None)
    drive.grants.set(Grant(("a",), LI, frozenset(), role=Role.DOWNLOAD, expires=wanted))
    drive.links.make(Link(("a",), "", frozenset(), role=Role.DOWNLOAD, expires=wanted), password=None)

    assert wanted == drive.profile.features.end_until(wanted + DAY - 1)
    assert [(LI.id, wanted)] == [(one.principal.id, one.expires) for one in drive.grants.list(("a",))]
    assert [wanted] == [one.expires for one in drive.links.list(("a",))]


def test_an_end_that_has_passed_gives_nothing(doubles: Any) -> None:
    """Nothing is shared that would have ended."""
    drive = doubles({})
    past = drive.profile.features.end_until(moment("2020-05-05T23:59:59+00:00"))
    with pytest.raises(Unable):
        drive.grants.set(Grant(("a",), LI, frozenset(), role=Role.DOWNLOAD, expires=past))
    with pytest.raises(Unable):
        drive.links.make(Link(("a",), "", frozenset(), role=Role.DOWNLOAD, expires=past), password=None)

    assert ((), ()) == (drive.grants.list(("a",)), drive.links.list(("a",)))


def test_a_server_with_other_ends_than_its_version_has_is_given_none(doubles: Any) -> None:
    """What comes out with another end than asked for is taken back; what was there stays as it was."""
    drive = doubles({"day_ends": "00:00:00"})
    first = Grant(("a",), LI, frozenset(), role=Role.DOWNLOAD)
    wanted = moment("2071-05-05T23:59:59+00:00")
    ending = Grant(("a",), LI, frozenset(), role=Role.EDIT, expires=wanted)
    with pytest.raises(Unable):
        drive.grants.set(ending)
    assert () == drive.grants.list(("a",))
    drive.grants.set(first)
    with pytest.raises(Unable):
        drive.grants.set(ending)
    with pytest.raises(Unable):
        drive.links.make(Link(("a",), "", frozenset(), role=Role.DOWNLOAD, expires=wanted), password=None)

    assert [(Role.DOWNLOAD, None)] == [(one.role, one.expires) for one in drive.grants.list(("a",))]
    assert () == drive.links.list(("a",))


def test_the_zone_of_accounts_without_one_has_to_be_said(doubles: Any) -> None:
    """Without it nothing can end there; a zone that is none is refused."""
    silent = doubles({"timezone": ""})
    said = doubles({"timezone": ""}, zone="Asia/Shanghai")
    told = doubles({"timezone": "UTC"}, zone="Asia/Shanghai")

    assert (False, frozenset({"password"})) == (silent.profile.features.expiry, silent.profile.features.links)
    assert [57_599 * SECOND, 86_399 * SECOND] == [it.profile.features.expiry_offset for it in (said, told)]
    with pytest.raises(BadAddress):
        doubles({}, zone="Middle/Earth")


def test_passes_onto_days_set_each_end_once(
    inside: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A grant and a link that end at any moment arrive with the day before, and a second pass finds them so."""
    old = peopled(MemoryStore())
    drive = MemoryDrive(old)
    drive.write(("a",), [b"x"], expect=ABSENT)
    end = moment("2071-05-05T12:00:00+00:00")
    drive.grants.set(Grant(("a",), LI_OF_OLD, frozenset(), role=Role.DOWNLOAD, expires=end))
    old.hang(Link(("a",), "l", frozenset(), end, role=Role.DOWNLOAD))
    users = [{"id": LI_OF_OLD.id, "password": "two"}]
    STORES["old"] = old
    with require_server(lambda: NextcloudDouble(seed={"users": users})) as server:
        monkeypatch.setenv("LADING_TEST_PASSWORD", server.password)
        given = {"user": server.user, "password": "env:LADING_TEST_PASSWORD", "role": "target"}
        new = Address("nextcloud", server.url, given, "days")
        passes = Passes(Address("memory", "old"), new, tmp_path)
        accounts, found = [], []
        for _ in range(2):
            accounts.append(passes.run(features=("grants", "links"))["features"])
            with open_nextcloud(new) as there:
                found.append((there.grants.list(("a",)), there.links.list(("a",))))

    held = moment("2071-05-04T23:59:59+00:00")
    assert [(LI_OF_OLD.id, held)] == [(one.principal.id, one.expires) for one in found[0][0]]
    assert [held] == [one.expires for one in found[0][1]]
    assert found[0] == found[1]
    for one in accounts:
        assert (1, 1) == (one["grants"]["codes"]["grant.sooner"], one["links"]["codes"]["link.sooner"])
