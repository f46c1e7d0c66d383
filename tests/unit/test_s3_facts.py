"""What a bucket says, as facts: digests, archive tiers, policies, errors, addresses."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from lading.connectors.address import Address, parse
from lading.connectors.http.session import Answer
from lading.connectors.s3.facts import digests_of, file_entry
from lading.connectors.s3.grants import policy_grants
from lading.connectors.s3.multipart import MOST, part_size
from lading.connectors.s3.options import options_of
from lading.connectors.s3.trouble import error_of
from lading.model.access import Effect, PrincipalKind, Role
from lading.model.errors import (
    BadAddress,
    BadAnswer,
    Forbidden,
    LoginFailed,
    NotFound,
    Throttled,
    Unavailable,
    Unreadable,
)
from lading.model.text import Language

MD5 = hashlib.md5(b"x", usedforsecurity=False).hexdigest()
SHA256 = hashlib.sha256(b"x").digest()
TOLD = base64.b64encode(SHA256).decode()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"etag": f'"{MD5}"'}, {"md5": MD5}),
        ({"etag": f'"{MD5}-3"'}, {}),
        ({"etag": f'"{MD5}"', "x-amz-server-side-encryption": "AES256"}, {"md5": MD5}),
        ({"etag": f'"{MD5}"', "x-amz-server-side-encryption": "aws:kms"}, {}),
        ({"etag": f'"{MD5}"', "x-amz-server-side-encryption-customer-algorithm": "AES256"}, {}),
        ({"x-amz-checksum-sha256": TOLD}, {"sha256": SHA256.hex()}),
        ({"x-amz-checksum-sha256": TOLD + "-2"}, {}),
        ({"x-amz-checksum-sha256": TOLD, "x-amz-checksum-type": "COMPOSITE"}, {}),
        ({"x-amz-checksum-sha256": "nonsense"}, {}),
    ],
)
def test_only_digests_of_the_content_are_told(headers: dict[str, str], expected: dict[str, str]) -> None:
    """A tag that is no MD5 of the content, or a checksum over parts, is no digest."""
    assert expected == dict(digests_of(headers))


@pytest.mark.parametrize(
    ("headers", "frozen"),
    [
        ({"x-amz-storage-class": "GLACIER"}, True),
        ({"x-amz-storage-class": "DEEP_ARCHIVE"}, True),
        ({"x-amz-storage-class": "GLACIER_IR"}, False),
        ({"x-amz-storage-class": "STANDARD_IA"}, False),
        ({"x-amz-storage-class": "ColdArchive"}, True),
        ({"x-amz-storage-class": "GLACIER", "x-amz-restore": 'ongoing-request="true"'}, True),
        (
            {"x-amz-storage-class": "GLACIER", "x-amz-restore": 'ongoing-request="false", expiry-date="x"'},
            False,
        ),
        ({"x-amz-storage-class": "INTELLIGENT_TIERING", "x-amz-archive-status": "ARCHIVE_ACCESS"}, True),
        ({"x-amz-storage-class": "INTELLIGENT_TIERING"}, False),
        ({}, False),
    ],
)
def test_archived_objects_have_a_problem(headers: dict[str, str], frozen: bool) -> None:
    """What has to be thawed is known before anybody tries to read it, and what was thawed is read."""
    entry = file_entry(("a",), {"content-length": "3", **headers})

    assert (Unreadable.code if frozen else None) == entry.problem


def _answer(status: int, code: str = "", **headers: str) -> Answer:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>s3cr3t</Message></Error>" if code else ""
    return Answer(status, headers, body.encode())


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (_answer(403, "AccessDenied"), Forbidden),
        (_answer(403, "SignatureDoesNotMatch"), LoginFailed),
        (_answer(403, "RequestTimeTooSkewed"), LoginFailed),
        (_answer(403, "InvalidObjectState"), Unreadable),
        (_answer(404, "NoSuchKey"), NotFound),
        (_answer(404), NotFound),
        (_answer(503, "SlowDown"), Throttled),
        (_answer(503), Throttled),
        (_answer(500, "InternalError"), Unavailable),
        (_answer(301, "PermanentRedirect"), BadAnswer),
        (Answer(500, {}, b"<not xml"), Unavailable),
    ],
)
def test_errors_say_what_to_do(answer: Answer, kind: type[Exception]) -> None:
    """The server's codes become errors of the family, without the server's words."""
    error = error_of(answer, ("a",))

    assert kind is type(error)
    assert "s3cr3t" not in error.message(Language.EN) + error.message(Language.ZH)


def test_an_archived_object_is_no_reason_to_repeat() -> None:
    """Reading what is archived is told with advice; nobody tries again and again."""
    error = error_of(_answer(403, "InvalidObjectState"), ("a",))

    assert "skip_item" == error.advice
    assert "归档" in error.message(Language.ZH)


def _policy(**statement: object) -> bytes:
    whole = {"Effect": "Allow", "Principal": "*", "Resource": "arn:aws:s3:::deals/*", **statement}
    return json.dumps({"Statement": [whole]}).encode()


@pytest.mark.parametrize(
    ("statement", "role"),
    [
        ({"Action": "s3:GetObject"}, Role.DOWNLOAD),
        ({"Action": "s3:*"}, Role.MANAGE),
        ({"Action": ["s3:Get*", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"]}, Role.EDIT),
        ({"Action": "s3:PutObject"}, Role.NONE),
        ({"Action": "s3:GetObject", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, Role.NONE),
        ({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::deals/public/*"}, Role.NONE),
        ({"NotAction": "s3:DeleteObject"}, Role.NONE),
    ],
)
def test_a_policy_gives_no_more_than_it_says(statement: dict[str, object], role: Role) -> None:
    """A statement is the highest role that it holds whole, for all keys and at all times; its words stay."""
    (grant,) = policy_grants(_policy(**statement), "deals", "")

    assert (role, Effect.ALLOW, PrincipalKind.EVERYBODY) == (grant.role, grant.effect, grant.principal.kind)
    assert any(word.startswith("policy:s3:") for word in grant.rights)


def test_a_policy_about_one_folder_is_about_the_drive_below_it() -> None:
    """What is granted on a prefix holds whole for a drive opened at it."""
    (grant,) = policy_grants(
        _policy(Action="s3:GetObject", Resource="arn:aws:s3:::deals/public/*"), "deals", "public/"
    )

    assert Role.DOWNLOAD == grant.role


@pytest.mark.parametrize("size", [0, 1, 8 << 20, (8 << 20) * 9000 + 1, 5 << 40])
def test_all_parts_of_an_object_fit(size: int) -> None:
    """However large an object is, it has no more parts than S3 takes."""
    assert part_size(size, 1) * MOST >= size


def test_parts_of_an_unknown_size_grow() -> None:
    """Of a content whose size nobody knows ten thousand parts hold hundreds of gigabytes."""
    assert sum(part_size(None, number) for number in range(1, MOST + 1)) > 400 << 30


def test_options_behind_a_question_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address may hold its options; options beside it win; secrets are references."""
    monkeypatch.setenv("K", "key")
    monkeypatch.setenv("S", "the secret itself")
    text = "s3:deals/2026?endpoint=http://127.0.0.1:9000&key=env:K&secret=env:S&region=cn-north-1"
    address = parse(text, {"region": "eu-west-1"})
    options = options_of(address)

    assert ("deals", "2026/", "http://127.0.0.1:9000", "eu-west-1", False) == (
        options.bucket,
        options.prefix,
        options.endpoint,
        options.region,
        options.virtual,
    )
    assert "s3:deals/2026" == str(address)
    assert "the secret itself" not in repr(options)


@pytest.mark.parametrize(
    "options",
    [
        {"secret": "in the open", "key": "env:K"},
        {"key": "env:K"},
        {"endpoint": "ftp://host"},
        {"endpoint": "http://user:hunter2@host"},
        {"endpoint": "http://host/path"},
        {"style": "odd"},
        {"colour": "red"},
    ],
)
def test_bad_options_are_refused_without_their_values(options: dict[str, str]) -> None:
    """What makes no sense is said, and no secret with it."""
    with pytest.raises(BadAddress) as caught:
        options_of(Address("s3", "deals", options))

    said = caught.value.message(Language.EN)
    assert "in the open" not in said
    assert "hunter2" not in said
