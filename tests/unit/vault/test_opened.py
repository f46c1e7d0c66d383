"""A vault is opened in a thread, beside which code is loaded; whoever is interrupted meanwhile does not wait for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lading.cli import vault_options
from lading.connectors.address import Address
from lading.connectors.crew import drive_for
from lading.connectors.wrap.policy import Policy
from lading.model.errors import WrongKey
from lading.vault.vault import make_vault

KEY = b"secret" * 8


@pytest.fixture
def vault(tmp_path: Path) -> Address:
    """A vault in a folder, and the file that opens it."""
    store = Address("folder", str(tmp_path / "vault"), {"create": "yes"})
    make_vault(drive_for(store, Policy()), KEY)
    (tmp_path / "key").write_bytes(KEY)
    return Address("vault", str(tmp_path / "vault"), {"key-file": str(tmp_path / "key")})


@pytest.fixture
def interrupting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a module during whose loading the person interrupts."""
    (tmp_path / "interrupting_module.py").write_text("raise KeyboardInterrupt")
    monkeypatch.syspath_prepend(tmp_path)
    yield "interrupting_module"


def test_no_thread_is_left_when_it_is_open(vault: Address) -> None:
    """Workers can be forked then."""
    before = threading.active_count()

    with vault_options.opened(vault, ["json"]) as it:
        assert before == threading.active_count()
        assert 0 == it.opened.lock_days


def test_another_secret_is_told(vault: Address, tmp_path: Path) -> None:
    """As it would be without a thread."""
    (tmp_path / "key").write_bytes(KEY[::-1])

    with pytest.raises(WrongKey), vault_options.opened(vault, ["json"]):
        pass


def test_an_interruption_does_not_wait_for_a_store_that_does_not_answer(
    vault: Address, interrupting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is heard at once."""
    answers = threading.Event()
    monkeypatch.setattr(vault_options, "unlocked", lambda drive, address: answers.wait(30))

    with pytest.raises(KeyboardInterrupt), vault_options.opened(vault, [interrupting]):
        pass

    (thread,) = [it for it in threading.enumerate() if it.name == "unlock"]
    assert thread.daemon
    answers.set()
    thread.join()
