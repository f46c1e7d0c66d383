"""A drive is opened through a network that stumbles, and a mistake in its address is told at once."""

import pytest

from lading.connectors import opening
from lading.connectors.address import Address
from lading.connectors.wrap.backoff import Means
from lading.connectors.wrap.policy import Policy
from lading.model.errors import LoginFailed, Unavailable

HERE = Address("generated", "entries=0")


class Opening:
    """Opens a drive after the given failures."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.tries = 0
        self._open = opening.open_drive

    def __call__(self, address: Address) -> object:
        self.tries += 1
        if self.failures:
            raise self.failures.pop(0)
        return self._open(address)


def test_a_connection_that_breaks_while_opening_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two resets in a row delay the opening and do not end it."""
    drives = Opening(Unavailable("/", "reset"), Unavailable("/", "reset"))
    monkeypatch.setattr(opening, "open_drive", drives)
    waits: list[float] = []

    drive = opening.opened(HERE, Policy(), Means(sleep=waits.append, luck=lambda: 1.0))

    assert "generated" == drive.profile.kind
    assert [0.5, 1.0] == waits


def test_a_server_that_is_not_there_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """After five attempts the last error is told."""
    drives = Opening(*[Unavailable("/", f"refused {number}") for number in range(1, 10)])
    monkeypatch.setattr(opening, "open_drive", drives)

    with pytest.raises(Unavailable, match="refused 5"):
        opening.opened(HERE, Policy(), Means(sleep=lambda seconds: None))
    assert 5 == drives.tries


def test_a_refused_login_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What will not pass by itself is not tried again."""
    drives = Opening(LoginFailed("/", "401"))
    monkeypatch.setattr(opening, "open_drive", drives)

    with pytest.raises(LoginFailed):
        opening.opened(HERE, Policy(), Means(sleep=lambda seconds: None))
    assert 1 == drives.tries
