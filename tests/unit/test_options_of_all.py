"""An option that a kind of drive does not have, or a value that it does not take, is refused alike by all, in both languages."""

from __future__ import annotations

import pytest

from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT
from lading.connectors.memory import MemoryDrive
from lading.connectors.registry import open_drive
from lading.model.errors import BadAddress, NotEmpty
from lading.vault.vault import make_vault

KINDS = ("folder", "webdav", "nextcloud", "s3", "smb", "wedrive", "export")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "value"), [("colour", "blue"), ("role", "king")])
def test_what_no_kind_takes_is_refused(kind: str, name: str, value: str) -> None:
    """The message names the option and what could stand there, before anything is asked of a server."""
    with pytest.raises(BadAddress) as told:
        open_drive(Address(kind, "https://localhost:1/x", {name: value}))
    said = told.value.details

    assert name in said.en and name in said.zh and said.en != said.zh
    assert "KIND:PLACE" in told.value.remedy.en and "类型:位置" in told.value.remedy.zh


def test_a_vault_says_which_place_is_not_empty() -> None:
    """By its address, and that it has to be empty."""
    drive = MemoryDrive()
    drive.write(("x",), [b"x"], expect=ABSENT)
    with pytest.raises(NotEmpty) as told:
        make_vault(drive, b"secret secret secret secret secret")

    assert "memory:" in str(told.value) and "empty place" in str(told.value)
