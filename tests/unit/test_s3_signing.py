"""Signature Version 4, by the examples that Amazon publishes."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from lading.connectors.s3.signing import EMPTY, Keys, escaped, query_of, signed

# "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)", API reference of Amazon S3.
KEYS = Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
AT = datetime(2013, 5, 24, tzinfo=UTC)
HOST = "examplebucket.s3.amazonaws.com"
WELCOME = hashlib.sha256(b"Welcome to Amazon S3.").hexdigest()
EXAMPLES = {
    "get object": (
        "GET",
        "/test.txt",
        (),
        {"range": "bytes=0-9"},
        EMPTY,
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
    "put object": (
        "PUT",
        "/" + escaped("test$file.text"),
        (),
        {"date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
        WELCOME,
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ),
    "get lifecycle": (
        "GET",
        "/",
        (("lifecycle", ""),),
        {},
        EMPTY,
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ),
    "list objects": (
        "GET",
        "/",
        (("prefix", "J"), ("max-keys", "2")),
        {},
        EMPTY,
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_published_examples(name: str) -> None:
    """Requests of the published examples get the published signatures."""
    method, path, query, headers, payload, signature = EXAMPLES[name]
    sent = signed(
        method,
        path,
        query_of(query),
        {"host": HOST, **headers},
        payload,
        keys=KEYS,
        region="us-east-1",
        at=AT,
    )

    assert signature == sent["authorization"].rpartition("Signature=")[2]
    assert "20130524T000000Z" == sent["x-amz-date"]


def test_a_token_is_signed() -> None:
    """The token of a temporary key goes along, and is among the signed headers."""
    keys = Keys("key", "secret", "token")
    sent = signed("GET", "/", "", {"host": HOST}, EMPTY, keys=keys, region="eu-west-1", at=AT)

    assert "token" == sent["x-amz-security-token"]
    assert "x-amz-security-token" in sent["authorization"]


def test_secrets_do_not_show() -> None:
    """Keys can stand in a log without telling what they are for."""
    told = repr(Keys("key", "se-cret", "to-ken"))

    assert "key" in told
    assert "se-cret" not in told
    assert "to-ken" not in told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b+c", "a%20b%2Bc"),
        ("贷款", "%E8%B4%B7%E6%AC%BE"),
        ("~-_.", "~-_."),
        ("a/b", "a%2Fb"),
        ("*'()!", "%2A%27%28%29%21"),
    ],
)
def test_escaping(text: str, expected: str) -> None:
    """Everything but letters, digits and four signs is escaped, in capitals."""
    assert expected == escaped(text)
