"""The way to log in follows from the options and from what the server offers; secrets stay out of sight."""

import pytest

from lading.connectors.address import Address
from lading.connectors.http.login import Login, login_of, settled
from lading.model.errors import BadAddress

BASIC, DIGEST = 'Basic realm="x"', 'Digest realm="x", nonce="y"'


@pytest.mark.parametrize(
    ("challenges", "secure", "way"),
    [
        (BASIC, True, "basic"),
        (BASIC, False, "basic"),
        (f"{BASIC}\n{DIGEST}", True, "basic"),
        (f"{BASIC}\n{DIGEST}", False, "digest"),
        (DIGEST, True, "digest"),
        ("", True, "basic"),
    ],
)
def test_auto_is_settled(challenges: str, secure: bool, way: str) -> None:
    """Digest is taken where it is the only way or keeps the password off a plain connection."""
    assert way == settled(Login("auto", "anna", "pw"), challenges, secure=secure).way


def test_a_chosen_way_stays() -> None:
    """Nothing that a server says makes us log in in another way than we were told to."""
    for way in ("none", "basic", "digest", "bearer"):
        assert way == settled(Login(way), f"{DIGEST}\n{BASIC}", secure=False).way


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the login nor an error about it shows the secret."""
    monkeypatch.setenv("LADING_TEST_PASSWORD", "hunter2\x07")
    with pytest.raises(BadAddress) as caught:
        login_of(Address("webdav", "https://h/", {"user": "anna", "password": "env:LADING_TEST_PASSWORD"}))

    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(Login("basic", "anna", "hunter2"))


@pytest.mark.parametrize(
    "options",
    [{"user": "anna"}, {"password": "env:LADING_TEST_PASSWORD"}, {"login": "digest"}, {"login": "basic"}],
)
def test_half_a_login(options: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """User and password go together, and a way to log in needs both."""
    monkeypatch.setenv("LADING_TEST_PASSWORD", "pw")
    with pytest.raises(BadAddress):
        login_of(Address("webdav", "https://h/", options))
