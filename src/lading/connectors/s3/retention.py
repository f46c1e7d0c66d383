"""
Object lock: the present version of an object that nobody can remove before a time.

What is kept is kept in the mode COMPLIANCE, which no account can lift.  A removal without a version is answered by S3 with a marker
all the same: the object is gone from listings then, and its version stays.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime

from lading.connectors.names import check_names
from lading.connectors.s3.answers import moment_of
from lading.connectors.s3.keys import file_key
from lading.connectors.s3.trouble import error_of
from lading.connectors.s3.wire import Ask, Wire
from lading.model.errors import NotFound
from lading.model.paths import Path
from lading.model.text import Text

MODE, UNTIL = "x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date"
_SECOND = 1_000_000_000
_NOTHING = Text("there is no such object", "对象不存在")


class S3Retention:
    """Keeps objects of a bucket that was made with object lock."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def keep(self, path: Path, until: int) -> None:
        """Keep the present version until *until*, rounded up to whole seconds."""
        known = self.until(path)
        if known is not None and known >= until:
            return
        body = _order(until)
        digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        ask = Ask("PUT", self._key(path), path, (("retention", ""),), {"content-md5": digest}, body)
        self._wire.demand(ask)

    def until(self, path: Path) -> int | None:
        """Until when the present version is kept."""
        answer = self._wire.call(self._wire.head(self._key(path), path))
        if answer.status == 404:
            raise NotFound(path, _NOTHING)
        if answer.status != 200:
            raise error_of(answer, path)
        return moment_of(answer.headers.get(UNTIL, "")) if answer.headers.get(MODE) else None

    def _key(self, path: Path) -> str:
        check_names(path)
        return self._wire.prefix + file_key(path)


def _order(until: int) -> bytes:
    when = datetime.fromtimestamp(-(-until // _SECOND), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        '<Retention xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Mode>COMPLIANCE</Mode><RetainUntilDate>{when}</RetainUntilDate></Retention>"
    ).encode()
