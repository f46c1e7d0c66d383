"""What a person may type as an address, and what of it is never told or kept."""

from __future__ import annotations

import pytest

from lading.connectors.address import parse
from lading.model.errors import BadAddress
from lading.model.text import Language


@pytest.mark.parametrize("scheme", ["http", "HTTP", "Https", "webdav:https", "ftp"])
def test_a_password_in_a_url_is_refused_and_not_told(scheme: str) -> None:
    """However the scheme is spelt, and even where no connector has that name."""
    with pytest.raises(BadAddress) as refused:
        parse(f"{scheme}://anna:hush@host/dav/")

    assert not any("hush" in refused.value.message(language) for language in Language)


@pytest.mark.parametrize("url", ["http://host:abc/", "http://[bad/", "http://host:99999/"])
def test_a_url_that_makes_no_sense_is_a_bad_address(url: str) -> None:
    """It is told in both languages, without a traceback."""
    with pytest.raises(BadAddress) as refused:
        parse(url)

    assert refused.value.message(Language.EN) != refused.value.message(Language.ZH)


def test_a_scheme_may_be_typed_in_capitals() -> None:
    """It is a WebDAV server all the same, and the same one."""
    assert parse("http://host/dav/") == parse("HTTP://host/dav/")
