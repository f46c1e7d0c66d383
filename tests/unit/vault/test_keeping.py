"""Workers of a backup know what the vault holds now: neither more, after packs were lost, nor less than the process that forked them read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from lading.connectors.address import Address
from lading.connectors.crew import Crew, close_drives, drive_for
from lading.connectors.wrap.policy import Policy
from lading.stages.backup.keeping import Keeping
from lading.vault.vault import make_vault

CONTENT = b"contract" * 100
DIGEST = sha256(CONTENT).digest()


@pytest.fixture
def keeping(tmp_path: Path) -> Iterator[Keeping]:
    """A vault in a folder that holds one content."""
    address = Address("folder", str(tmp_path / "vault"), {"create": "yes"})
    opened = make_vault(drive_for(address, Policy()), b"secret")
    keeping = Keeping(address, Policy(), opened)
    with keeping.begin() as take:
        take([CONTENT])
    yield keeping
    close_drives()


def known_here(keeping: Keeping) -> tuple[bool, bytes, int]:
    """Whether this process knows the content, what it reads of it, and which process this is."""
    vault = keeping.vault()
    return vault.holds(DIGEST), b"".join(vault.content(DIGEST)), os.getpid()


def test_workers_know_what_their_parent_read(keeping: Keeping) -> None:
    """The index comes with the fork, the store is opened anew: the content can be read in the worker."""
    keeping.fresh()
    with Crew(1) as crew:
        known, read, process = crew.submit(known_here, keeping).result()

    assert (True, CONTENT) == (known, read)
    assert os.getpid() != process


def test_a_new_run_forgets_what_was_lost_meanwhile(keeping: Keeping, tmp_path: Path) -> None:
    """A pack that went between two backups of one process is missed, so that its contents are kept again."""
    assert keeping.vault().holds(DIGEST)
    for pack in (tmp_path / "vault" / "packs").rglob("*"):
        if pack.is_file():
            pack.unlink()

    assert not keeping.fresh().holds(DIGEST)
