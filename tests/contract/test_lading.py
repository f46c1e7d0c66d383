"""Our own drive, over the wire, keeps the contract of a drive."""

from __future__ import annotations

import base64
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import quote, unquote
from urllib.request import Request, urlopen

import pytest

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.lading import open as open_lading
from lading.model.access import Grant, Link, Principal, PrincipalKind, Role, Version
from lading.model.errors import Unable
from lading.model.paths import ROOT
from lading.testkit.contract import DriveContract, OpenDrive
from lading.testkit.servers import require_server
from lading.testkit.servers.lading_drive import SPACE, LadingDriveServer
from lading.testkit.servers.local import HOST

_COUNT = itertools.count()


_PEOPLE = """
from lading.drive.actor import SYSTEM
from lading.drive.people import admins, principals
admins.give_admin_role(SYSTEM, principals.find("alice").id, "system")
one = principals.add(SYSTEM, "person", "1001", name="李伟", mail="li@firm.example")
two = principals.add(SYSTEM, "person", "1002", name="Wang Fang")
left = principals.add(SYSTEM, "person", "1003", name="Left")
principals.leave(SYSTEM, left.id)
guest = principals.add(SYSTEM, "guest", "g-1", name="Counsel", owner=one.id, until=4 * 10**18)
office = principals.add(SYSTEM, "department", "d-1", name="项目融资部")
desk = principals.add(SYSTEM, "department", "d-2", name="一处", parent=office.id)
team = principals.add(SYSTEM, "group", "g-deal", name="Deal team")
for member in (principals.find("alice"), two, guest, desk):
    principals.join(SYSTEM, member.id, team.id)
principals.join(SYSTEM, two.id, desk.id)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[LadingDriveServer]:
    """The running server, whose drive knows a few people of every kind; the account is a system admin, like a mover's."""
    with require_server(LadingDriveServer) as server:
        server.run(_PEOPLE)
        yield server


class TestLading(DriveContract):
    """Opened at a folder of its own for each test."""

    @pytest.fixture
    def open_drive(self, server: LadingDriveServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenDrive]:
        """Fresh clients onto a folder that no other test uses."""
        monkeypatch.setenv("LADING_TEST_TOKEN", server.token)
        options = {"token": "env:LADING_TEST_TOKEN", "create": "yes"}
        number = next(_COUNT)
        place = f"http://{HOST}:{server.port}/{SPACE}/%E6%A1%88 {number}"
        address = Address("lading", place, options, f"contract {number}")
        drives: list[Drive] = []

        def open_one() -> Drive:
            drives.append(open_lading(address))
            return drives[-1]

        yield open_one
        for drive in drives:
            drive.close()

    @pytest.fixture
    def known(self, drive: Drive) -> Sequence[Principal]:
        """Without the account itself and the group it is in."""
        assert drive.people is not None
        return tuple(one for one in drive.people.principals() if one.id not in ("alice", "g-deal"))

    def test_the_account_is_told_all(self, drive: Drive) -> None:
        """Who manages the space is told every grant, those handed down to the folder from above too."""
        assert drive.grants is not None
        assert drive.profile.access is not None
        above = [(grant.principal.id, grant.role, grant.source) for grant in drive.grants.list(ROOT)]

        assert drive.profile.access.complete
        assert [("alice", Role.MANAGE, "inherited")] == above

    def test_grants_that_cannot_be(self, drive: Drive) -> None:
        """What our drive refuses of a grant or link is told as something it cannot hold."""
        assert drive.grants is not None
        assert drive.links is not None
        guest = Principal(PrincipalKind.GUEST, "g-1")
        everybody = Principal(PrincipalKind.EVERYBODY, "everybody")
        drive.make_folder(("a",))
        for grant in (
            Grant(("a",), guest, frozenset(), role=Role.MANAGE),
            Grant(("a",), everybody, frozenset(), role=Role.EDIT),
            Grant(("a",), guest, frozenset(), role=Role.EDIT, expires=1),
        ):
            with pytest.raises(Unable):
                drive.grants.set(grant)
        link = Link(("a",), "", frozenset(), role=Role.PREVIEW)
        for wanted, password in (
            (replace(link, expires=1), None),
            (link, "short"),
            (replace(link, limit=0), None),
        ):
            with pytest.raises(Unable):
                drive.links.make(wanted, password=password)

        assert () == drive.grants.list(("a",))
        assert () == drive.links.list(("a",))

    def test_locks_are_told(self, server: LadingDriveServer, drive: Drive) -> None:
        """A WebDAV lock is told with its holder, where it stands, until when."""
        assert drive.locks is not None
        path = ("文件.docx",)
        drive.write(path, [b"x"], expect=ABSENT)
        _lock(server, f"{drive.profile.address.rpartition('/')[2]}/文件.docx")
        found = list(drive.locks.all())

        assert [(path, "alice", True)] == [(lock.path, lock.owner, lock.exclusive) for lock in found]
        assert (found[0].expires or 0) > time.time_ns()

    def test_a_token_for_less_promises_less(
        self, server: LadingDriveServer, drive: Drive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without `share` no grants are told or given, without `import` versions have the time of their coming."""
        drive.write(("a",), [b"x"], expect=ABSENT)
        code = (
            "from lading.drive.actor import SYSTEM, Scope\n"
            "from lading.drive.people import principals, tokens\n"
            "of = principals.find('alice').id\n"
            "print(tokens.make_token(SYSTEM, 't', [Scope.READ, Scope.WRITE], None, of=of)[1])\n"
        )
        monkeypatch.setenv("LADING_LESS", server.run(code).strip())
        place = drive.profile.address.removeprefix("lading:")
        with open_lading(Address("lading", place, {"token": "env:LADING_LESS"}, "less")) as less:
            features = less.profile.features
            assert less.versions is not None
            less.versions.add(("a",), [b"yz"], Version("", 5, 2, author="1001", label="two"), expect=ANYTHING)
            newest = list(less.versions.list(("a",)))[-1]

        assert frozenset({"order", "modified", "label"}) == features.versions
        assert not features.effects | features.link_roles
        assert less.profile.access is not None
        assert not less.profile.access.complete
        assert ("alice", "two") == (newest.author, newest.label)


def _lock(server: LadingDriveServer, path: str) -> None:
    body = (
        b'<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
        b"<D:locktype><D:write/></D:locktype></D:lockinfo>"
    )
    secret = base64.b64encode(f"{server.user}:{server.password}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/xml", "Timeout": "Second-600"}
    url = server.url + quote(unquote(path))
    with urlopen(Request(url, body, headers, method="LOCK")) as answer:
        assert 200 == answer.status
