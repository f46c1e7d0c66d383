"""
Uploads in parts: one object out of many requests, seen by nobody before it is complete.

Each part goes out with its SHA-256, which the server checks and tells back.  The entity tag of the whole is the
MD5 of the tags of its parts; that it is the one of the parts we sent shows that the object is made of just these.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple
from xml.sax.saxutils import escape

from lading.connectors.http.session import Answer
from lading.connectors.s3.answers import document, local, texts
from lading.connectors.s3.facts import etag_of
from lading.connectors.s3.trouble import error_of
from lading.connectors.s3.wire import Ask, Wire
from lading.model.errors import BadAnswer, DriveError, NotFound
from lading.model.paths import Path
from lading.model.text import Text

PART = 8 << 20
"""Bytes of a part, and the most that is sent in one request; S3 wants 5 MiB at least."""
MOST = 10_000
"""Parts that S3 takes for one object."""
LARGEST = 5 << 40
"""Bytes of the largest object (Amazon S3 since 2026: 50 TB; compatible servers 5 TiB)."""
_NO_ID = Text("it began an upload and told no id", "服务器开始了上传但未返回编号")


class Part(NamedTuple):
    """A part that the server has."""

    etag: str
    checksum: str | None
    """SHA-256 in base64 as the server told it; None if it did not."""


class Upload:
    """
    An upload to *key*, with *headers* of the object to be.

    Calls for different parts may be made from several threads.
    """

    def __init__(self, wire: Wire, key: str, path: Path, headers: Mapping[str, str]) -> None:
        self._wire, self._key, self._path = wire, key, path
        self.parts: dict[int, Part] = {}
        begun = {**headers, "x-amz-checksum-algorithm": "SHA256"}
        answer = wire.demand(Ask("POST", key, path, (("uploads", ""),), begun))
        self._id = texts(document(answer.body, path)).get("UploadId", "")
        if not self._id:
            raise BadAnswer(path, _NO_ID)

    def put(self, number: int, body: bytes) -> None:
        """Send part *number*, counted from 1."""
        digest = hashlib.sha256(body)
        checksum = base64.b64encode(digest.digest()).decode()
        headers = {"x-amz-checksum-sha256": checksum}
        answer = self._wire.demand(
            Ask("PUT", self._key, self._path, self._query(number), headers, body, digest.hexdigest())
        )
        told = answer.headers.get("x-amz-checksum-sha256")
        self.parts[number] = Part(etag_of(answer.headers) or "", told if told == checksum else None)

    def copying(self, number: int, source: str, etag: str) -> Ask:
        """The request that makes the object at the escaped *source*, which has *etag*, part *number*."""
        headers = {"x-amz-copy-source": source, "x-amz-copy-source-if-match": f'"{etag}"'}
        return Ask("PUT", self._key, self._path, self._query(number), headers)

    def copied(self, number: int, answer: Answer | DriveError) -> None:
        """Note the *answer* to `copying`."""
        if isinstance(answer, DriveError):
            raise answer
        root = document(answer.body, self._path) if answer.body.strip() else None
        # An error may come behind a status of success: the copy takes longer than the server keeps silent.
        if answer.status != 200 or root is None or local(root) == "Error":
            raise error_of(answer, self._path)
        facts = texts(root)
        self.parts[number] = Part(facts.get("ETag", "").strip('"'), facts.get("ChecksumSHA256"))

    def completed(self, condition: Mapping[str, str]) -> Answer:
        """Ask for the object to appear if *condition* holds; the answer still has to be looked at."""
        lines = ["<CompleteMultipartUpload>"]
        for number, part in sorted(self.parts.items()):
            checksum = f"<ChecksumSHA256>{escape(part.checksum)}</ChecksumSHA256>" if part.checksum else ""
            lines.append(
                f"<Part><PartNumber>{number}</PartNumber><ETag>&quot;{escape(part.etag)}&quot;</ETag>{checksum}</Part>"
            )
        lines.append("</CompleteMultipartUpload>")
        body = "".join(lines).encode()
        ask = Ask("POST", self._key, self._path, (("uploadId", self._id),), {**condition}, body)
        answer = self._wire.call(ask)
        if answer.status == 200 and answer.body.strip():
            root = document(answer.body, self._path)
            if local(root) == "Error":
                code = texts(root).get("Code", "")
                return answer._replace(status=412 if code == "PreconditionFailed" else 500)
        return answer

    def abort(self) -> None:
        """Have the server forget the upload; one that is complete or unknown is no error."""
        with suppress(NotFound):
            self._wire.demand(Ask("DELETE", self._key, self._path, (("uploadId", self._id),)))

    def proved(self, etag: str) -> bool:
        """Whether the server checked every part, and *etag* is the one of an object made of just these."""
        if not self.parts or any(part.checksum is None for part in self.parts.values()):
            return False
        try:
            tags = b"".join(bytes.fromhex(part.etag) for _, part in sorted(self.parts.items()))
        except ValueError:
            return False
        return etag == f"{hashlib.md5(tags, usedforsecurity=False).hexdigest()}-{len(self.parts)}"

    def _query(self, number: int) -> tuple[tuple[str, str], ...]:
        return (("partNumber", str(number)), ("uploadId", self._id))


def tag_in(answer: Answer, path: Path) -> str:
    """The entity tag of the object that an upload has become."""
    if not answer.body.strip():
        return ""
    return texts(document(answer.body, path)).get("ETag", "").strip('"')


def part_size(size: int | None, number: int) -> int:
    """Bytes of part *number* of an object of *size* bytes (None: nobody knows): all fit into `MOST` parts."""
    if size is None:
        return PART * (1 + number // 1000)
    return max(PART, -(-size // (MOST - 1000)))
