"""
One bucket as signed requests: what all calls of the drive are made of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from lading.connectors.http.line import Request
from lading.connectors.http.many import AHEAD, answers
from lading.connectors.http.session import Answer, Session, Stream
from lading.connectors.s3.options import Options
from lading.connectors.s3.signing import EMPTY, Query, escaped, query_of, signed
from lading.connectors.s3.trouble import error_of
from lading.model.errors import DriveError
from lading.model.paths import ROOT, Path

AT_ONCE = 16
"""Small requests of one call that are under way at once."""
_NOTHING: Mapping[str, str] = {}


class Ask(NamedTuple):
    """One request: a *key* below the bucket (None: the bucket itself), and what errors are *about*."""

    method: str
    key: str | None
    about: Path | str = ROOT
    query: Query = ()
    headers: Mapping[str, str] = _NOTHING
    body: bytes | None = None
    digest: str | None = None
    """SHA-256 of the body in hex, where it is known already."""


class Wire:
    """The bucket that *options* describe, spoken to through *session*."""

    def __init__(
        self, session: Session, options: Options, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.session = session
        self.options = options
        self.prefix = options.prefix
        self._now = now
        parts = urlsplit(options.endpoint)
        host = parts.netloc
        # Ports that go without saying are not sent, so they are not signed.
        default = {"http": ":80", "https": ":443"}[parts.scheme]
        host = host.removesuffix(default)
        self._host = f"{options.bucket}.{host}" if options.virtual else host
        self._origin = f"{parts.scheme}://{self._host}"
        self._base = "" if options.virtual else "/" + escaped(options.bucket)

    def call(self, ask: Ask) -> Answer:
        """Send *ask* and take the whole answer, whatever its status."""
        return self.session.call(self._request(ask))

    def demand(self, ask: Ask) -> Answer:
        """Like `call`; every status but success is an error."""
        answer = self.call(ask)
        if not 200 <= answer.status < 300:
            raise error_of(answer, ask.about)
        return answer

    def stream(self, ask: Ask) -> Stream:
        """Send *ask* and return when the body of the answer begins."""
        return self.session.stream(self._request(ask))

    def many(
        self, asks: Iterable[Ask], at_once: int = AT_ONCE, ahead: int = AHEAD
    ) -> Iterator[Answer | DriveError]:
        """The answer to each of *asks*, or why there is none, in order; *at_once* are under way, see `many.answers`."""
        return answers(self.session, map(self._request, asks), at_once, ahead)

    def heads(self, asks: Iterable[tuple[str, Path, Query]]) -> Iterator[Answer | DriveError]:
        """What the server says about each of the keys, in order."""
        return self.many(self.head(key, path, query) for key, path, query in asks)

    def head(self, key: str, path: Path, query: Query = ()) -> Ask:
        """The question for all that is known about an object, its digests included."""
        return Ask("HEAD", key, path, query, {"x-amz-checksum-mode": "ENABLED"})

    def _request(self, ask: Ask) -> Request:
        path = f"{self._base}/{escaped(ask.key, slashes=True)}" if ask.key is not None else self._base or "/"
        query = query_of(ask.query)
        headers = {"host": self._host, **ask.headers}
        keys = self.options.keys
        if keys is not None:
            digest = ask.digest or (hashlib.sha256(ask.body).hexdigest() if ask.body else EMPTY)
            region, now = self.options.region, self._now()
            headers = signed(ask.method, path, query, headers, digest, keys=keys, region=region, at=now)
        lines = [f"{name}: {value}" if value else f"{name};" for name, value in headers.items()]
        if ask.body is not None and "content-type" not in headers:
            lines.append("Content-Type:")
        url = f"{self._origin}{path}{'?' + query if query else ''}"
        body = ask.body if ask.body is not None or ask.method not in ("PUT", "POST") else b""
        return Request(ask.method, url, ask.about, lines, body)
