"""
Signature Version 4 of requests to S3: pure functions over what is sent.

The rules are those of "Signature Version 4 for API requests" in the IAM User Guide and of
"Authenticating Requests: Using the Authorization Header" in the API reference of Amazon S3, whose published
examples are the tests.  Paths are signed as they are sent: S3 neither decodes twice nor joins dots.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
EMPTY = hashlib.sha256(b"").hexdigest()
_SAFE = "-_.~"

Query = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Keys:
    """An access key, its secret, and the token of temporary ones; the secrets never show in its text."""

    key: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


def escaped(text: str | bytes, *, slashes: bool = False) -> str:
    """*text* as S3 wants it in URLs; *slashes* stay as they are in paths."""
    raw = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return quote(raw, safe=_SAFE + "/" if slashes else _SAFE)


def query_of(pairs: Query) -> str:
    """*pairs* as a query, in the order in which they are signed."""
    return "&".join(sorted(f"{escaped(name)}={escaped(value)}" for name, value in pairs))


def signed(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    payload: str,
    *,
    keys: Keys,
    region: str,
    at: datetime,
) -> dict[str, str]:
    """
    *headers* (names in lower case, `host` among them) with those that sign the request.

    *path* is escaped, *query* as `query_of` makes it; *payload* is the SHA-256 of the body in hex, or `UNSIGNED`.
    """
    stamp = _stamp(at)
    sent = {**headers, "x-amz-content-sha256": payload, "x-amz-date": stamp}
    if keys.token:
        sent["x-amz-security-token"] = keys.token
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    names = sorted(sent)
    listed = ";".join(names)
    canonical = canonical_request(method, path, query, sent, names, payload)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{ALGORITHM}\n{stamp}\n{scope}\n{digest}"
    signature = hmac.digest(signing_key(keys.secret, stamp[:8], region), text.encode(), "sha256").hex()
    credential = f"Credential={keys.key}/{scope}"
    sent["authorization"] = f"{ALGORITHM} {credential},SignedHeaders={listed},Signature={signature}"
    return sent


def _stamp(at: datetime) -> str:
    # Not strftime, which takes as long as all the hashing.
    text = at.astimezone(UTC).isoformat(timespec="seconds")
    return f"{text[:4]}{text[5:7]}{text[8:13]}{text[14:16]}{text[17:19]}Z"


def canonical_request(
    method: str, path: str, query: str, headers: Mapping[str, str], names: Sequence[str], payload: str
) -> str:
    """The text that stands for a request; runs of blanks inside of values count as one."""
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names)
    return f"{method}\n{path}\n{query}\n{lines}\n{';'.join(names)}\n{payload}"


@lru_cache(maxsize=16)
def signing_key(secret: str, day: str, region: str) -> bytes:
    """The key of one *day* (YYYYMMDD) in one *region*."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
