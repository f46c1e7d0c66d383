"""What the tests of the vault share: several packs in little content, and passphrases that cost little."""

import pytest

from lading.vault import keys, packs


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packs of 4 KiB, and 64 KiB of memory for a passphrase."""
    monkeypatch.setattr(packs, "PACK_SIZE", 4096)
    monkeypatch.setattr(keys, "PASSES", 1)
    monkeypatch.setattr(keys, "MEMORY", 64)
