"""Hrefs become names or nothing: what servers and proxies spell differently is the same, and nothing escapes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.connectors.dav.href import Names, NoName, Odd, place_of
from lading.connectors.names import check_names
from lading.model.errors import BadAddress, NameRefused
from lading.model.paths import name_bytes, name_from

PLACE = place_of("https://host.example/dav/合同/")


def names(*path: str) -> Names:
    return Names(frozenset({PLACE.decoded(path)}))


@pytest.mark.parametrize(
    "href",
    [
        "/dav/%e5%90%88%e5%90%8c/a%20b",
        "/dav/%E5%90%88%E5%90%8C/a%20b",
        "/dav/%E5%90%88%E5%90%8C/a%20b/",
        "https://host.example/dav/%E5%90%88%E5%90%8C/a%20b",
        "http://inner:8080/dav/%E5%90%88%E5%90%8C/a%20b",
        "//host.example/dav/%E5%90%88%E5%90%8C/%61%20b",
        "/dav/合同/a b",
        "a%20b",
        "a%20b/",
    ],
)
def test_spellings_of_one_name(href: str) -> None:
    """Hosts, cases of hex, bare characters and last slashes make no difference."""
    assert names().of(href) == "a b"


@pytest.mark.parametrize(
    "href",
    ["/dav/%E5%90%88%E5%90%8C/", "/dav/%e5%90%88%e5%90%8c", "https://host.example/dav/合同/", "/d%61v/合同"],
)
def test_the_folder_itself(href: str) -> None:
    """The folder that was asked for is known by its decoded bytes, with or without the last slash."""
    assert NoName.ITSELF is names().of(href)


@pytest.mark.parametrize(
    "href",
    ["/etc/passwd", "/dav/x", "/", "", "/dav/合同/a/b", "/dav/合同/../x", "/dav/合同//x", "/dav/合同x/y"],
)
def test_strangers(href: str) -> None:
    """What does not lie directly in the folder is no entry of it, whatever dots and slashes say."""
    assert NoName.STRANGER is names().of(href)


@pytest.mark.parametrize("segment", ["..", ".", "%2e%2E", "a%2Fb", "..%2f..%2fetc", "a%00b", "%2F"])
def test_odd_names_keep_their_spelling(segment: str) -> None:
    """What no path can hold is told under a spelling that is a harmless name."""
    found = names("deep").of(f"/dav/合同/deep/{segment}")

    assert isinstance(found, Odd)
    check_names((found.text,))


@given(st.text(st.characters(codec=None), min_size=1) | st.binary(min_size=1).map(name_from))
def test_urls_lead_back_to_the_name(name: str) -> None:
    """Every name that is one comes back from its own URL, byte for byte."""
    try:
        check_names((name,))
    except NameRefused:
        return

    for folder in (False, True):
        assert name_bytes(name) == name_bytes(str(names("a;b").of(PLACE.url(("a;b", name), folder=folder))))


@given(st.text(max_size=40))
def test_no_href_escapes(href: str) -> None:
    """Whatever a server calls an entry, it becomes one harmless name or none at all."""
    found = names().of(href)
    if not isinstance(found, NoName):
        check_names((found.text if isinstance(found, Odd) else found,))


@pytest.mark.parametrize(
    "text",
    [
        "ftp://host/",
        "http:///x",
        "http://host/?a=b",
        "http://host/#x",
        "http://host:port/",
        "http://host/a/%2e%2e/b/",
    ],
)
def test_what_is_no_place(text: str) -> None:
    """A place is a plain http(s) URL of a folder."""
    with pytest.raises(BadAddress):
        place_of(text)


def test_a_password_in_the_url_is_not_repeated() -> None:
    """A URL with a secret is refused without showing it."""
    with pytest.raises(BadAddress) as caught:
        place_of("https://alice:hunter2@host/dav")

    assert "hunter2" not in str(caught.value)
