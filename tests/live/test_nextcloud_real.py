"""
A real Nextcloud keeps the contract of a drive.

`LADING_LIVE_NEXTCLOUD` is its address with references to a login, such as
`nextcloud:https://cloud.example.com/?user=mover&password=env:MOVER`: an admin who may fill a
folder `lading-contract` of their own files, and who knows another person at least.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from lading.connectors.address import Address, parse
from lading.connectors.api import Drive
from lading.connectors.nextcloud.drive import NextcloudDrive
from lading.connectors.registry import open_drive
from lading.model.access import Principal, PrincipalKind
from lading.model.errors import DriveError
from lading.model.paths import ROOT
from support.nextcloud_contract import NextcloudContract

_NAMED = "LADING_LIVE_NEXTCLOUD"

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not os.environ.get(_NAMED), reason=f"{_NAMED} names no Nextcloud"),
]


class TestNextcloudReal(NextcloudContract):
    """Opened at a folder of its own for each test, which is removed afterwards."""

    @pytest.fixture
    def address(self) -> Iterator[Address]:
        """A folder that nobody else uses."""
        named = parse(os.environ[_NAMED], owner="contract")
        own = f"{named.place.rstrip('/')}/lading-contract-{secrets.token_hex(6)}"
        address = replace(named, place=own, options={**named.options, "create": "yes"})
        yield address
        with contextlib.suppress(DriveError), open_drive(address) as drive:
            assert isinstance(drive, NextcloudDrive)
            drive.wire.call("DELETE", ROOT, folder=True)

    @pytest.fixture
    def known(self, drive: Drive) -> Sequence[Principal]:
        """At most three people and groups, without the account itself and the groups that it is in."""
        assert isinstance(drive, NextcloudDrive)
        people, me = drive.people, drive.wire.cloud.user
        assert people is not None
        mine = {one.group for one in people.memberships() if one.member == me}
        others = [one for one in people.principals() if one.active and one.id not in {me, *mine}]
        kinds = (PrincipalKind.PERSON, PrincipalKind.GROUP)
        return [one for kind in kinds for one in [each for each in others if each.kind is kind][:3]]
