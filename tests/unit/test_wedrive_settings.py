"""What WeDrive has switched on spaces and files, and how much a firm may store, as facts of the drive."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lading.connectors.conditions import ABSENT
from lading.connectors.facets import Room
from lading.connectors.wedrive import WedriveDrive
from lading.connectors.wedrive import open as open_wedrive
from lading.connectors.wedrive.settings import entry_settings
from lading.model.access import Setting
from lading.model.errors import NotFound
from lading.model.paths import ROOT
from lading.testkit.servers import require_server
from lading.testkit.servers.wedrive import WeDriveEmulator
from support.wedrive import Firm

FILE = ("合同.docx",)


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    with require_server(WeDriveEmulator) as server:
        yield Firm(server, tmp_path_factory.mktemp("state"))


@pytest.fixture
def drive(firm: Firm) -> Iterator[WedriveDrive]:
    """A space with one file, its settings untouched."""
    firm.server.control("configure", professional=True, capacity_rest=False, sparse=False)
    with open_wedrive(firm.address(firm.space(), quota="none")) as drive:
        drive.write(FILE, [b"signed"], expect=ABSENT)
        yield drive


def told(drive: WedriveDrive, path: tuple[str, ...]) -> dict[str, str]:
    assert drive.settings is not None
    found = drive.settings.list(path)
    assert {path} == {one.path for one in found} or not found
    return {one.name: one.value for one in found}


def test_a_space_tells_all_its_switches(firm: Firm, drive: WedriveDrive) -> None:
    """Nobody publishes how they stand untouched, so whether on or off each is told, by its name there."""
    before = told(drive, ROOT)
    space = drive.profile.address.partition(":")[2].partition("?")[0]
    firm.call("space_setting", spaceid=space, enable_watermark=True, default_file_scope=2)
    with open_wedrive(firm.address(space, quota="none")) as again:
        after = told(again, ROOT)

    assert 12 == len(before)
    assert {"enable_watermark": "false", "default_file_scope": "1"}.items() <= before.items()
    assert {"enable_watermark", "default_file_scope"} == {it for it in before if before[it] != after[it]}
    assert ("true", "2") == (after["enable_watermark"], after["default_file_scope"])


@pytest.mark.parametrize("sparse", [False, True])
def test_a_file_tells_what_its_space_does_not(firm: Firm, drive: WedriveDrive, sparse: bool) -> None:
    """A ban that the whole space has is told there; a mark, or a rule of its own, on the file."""
    assert {} == told(drive, FILE)
    file = drive.stat(FILE).id
    firm.call("file_secure_setting", fileid=file, watermark={"text": "机密", "show_text": True})
    firm.call("file_setting", fileid=file, auth_scope=4)
    firm.server.control("secure", fileid=file, modify_only_by_admin=True)
    firm.server.control("configure", sparse=sparse)
    space = drive.profile.address.partition(":")[2].partition("?")[0]
    with open_wedrive(firm.address(space, quota="none")) as again:
        assert {
            "watermark": "机密",
            "modify_only_by_admin": "true",
            "corp_internal_approve_only_by_admin": "true",
        } == told(again, FILE)


def test_a_ban_on_a_file_of_an_open_space_is_its_own() -> None:
    """Where the space lets people share outside, or does not say, a file that may not be is told."""
    ban = {"secure_setting": {"ban_share_external": True, "enable_readonly_copy": False}}

    assert [("enable_readonly_copy", False)] == list(entry_settings(ban, {"enable_share_external": False}))
    for space in ({"enable_share_external": True}, {}):
        assert ("ban_share_external", True) in entry_settings(ban, space)
    assert [] == list(entry_settings({"secure_setting": [], "watermark": None, "share_range": 5}, {}))


def test_what_is_not_there_has_no_settings(drive: WedriveDrive) -> None:
    assert drive.settings is not None
    with pytest.raises(NotFound):
        drive.settings.list(("nothing",))
    assert drive.settings.all() is None
    assert Setting(ROOT, "enable_confidential_mode", "false") in drive.settings.list(ROOT)


def test_the_capacity_is_told_with_its_rest_if_wedrive_still_tells_it(
    firm: Firm, drive: WedriveDrive
) -> None:
    """The newest pages list the total only; what is not told is not guessed."""
    assert drive.capacity is not None
    assert Room(1 << 40, None) == drive.capacity.room()

    firm.server.control("configure", capacity_rest=True)
    room = drive.capacity.room()
    assert room.total is not None and room.left is not None
    assert 0 < room.left < room.total
