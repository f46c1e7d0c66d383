"""
Many small files in one request.

Records go out as `docs/manual/drive-api.md` says: the length of a header as four
bytes, the header as JSON, the content.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable, Iterator
from itertools import groupby

from lading.connectors.facets import Upload, Wanted
from lading.connectors.http.session import Answer
from lading.connectors.lading.batch_reading import contents
from lading.connectors.lading.problems import error_of, problem_of
from lading.connectors.lading.wire import Wire, drained, entry_of, route
from lading.connectors.lading.writing import expectation, facts_of, target
from lading.connectors.profile import Features
from lading.model.entry import Entry
from lading.model.errors import BadAnswer, DriveError
from lading.model.paths import ROOT, Path
from lading.model.text import Text

MOST_FILES = 500
MOST_BYTES = 8 << 20
"""Bytes of content that go out in one request, unless a single file has more; held in memory for it."""
TYPE = "Content-Type: application/vnd.lading.batch"


class LadingBatch:
    """Small files, stored in one transaction each few hundred; *features* tell what is kept of a version."""

    def __init__(self, wire: Wire, features: Features) -> None:
        self._wire = wire
        self._kept = features.versions

    def write(self, uploads: Iterable[Upload]) -> Iterator[Entry | Exception]:
        """Store each, or say what failed for it, in order."""
        failed: dict[Path, DriveError] = {}
        for group in _groups(uploads):
            for upload, answer in zip(group, self._store(group, failed), strict=True):
                if isinstance(answer, DriveError) and upload.version is not None:
                    failed.setdefault(upload.path, answer)
                yield answer

    def read(self, wanted: Iterable[Wanted]) -> Iterator[bytes | Exception]:
        """The content of each, or what failed for it, in order."""
        return contents(self._wire, wanted, MOST_BYTES)

    def _store(self, uploads: list[Upload], failed: dict[Path, DriveError]) -> Iterator[Entry | Exception]:
        """Each run of uploads into one space is a request; what has no place is told in between."""
        placed = [(self._place(upload, failed), upload) for upload in uploads]
        for space, run in groupby(placed, key=lambda pair: pair[0]):
            if isinstance(space, DriveError):
                yield from (space.about(upload.path) for _, upload in run)
            else:
                yield from self._send(space, [upload for _, upload in run])

    def _place(self, upload: Upload, failed: dict[Path, DriveError]) -> str | DriveError:
        if upload.version is not None and upload.path in failed:
            return failed[upload.path]
        try:
            target(self._wire, upload.path, upload.expect)
            return self._wire.spot(upload.path).space
        except DriveError as error:
            return error

    def _send(self, space: str, uploads: list[Upload]) -> Iterator[Entry | Exception]:
        body = b"".join(piece for upload in uploads for piece in self._record(upload))
        place = route("spaces", space, "batch", "write")
        stream = self._wire.stream(place, {}, ROOT, method="POST", headers=(TYPE,), body=body)
        try:
            answer = drained(stream)
        finally:
            stream.close()
        if answer.status != 200:
            raise problem_of(answer, ROOT)
        yield from _outcomes(answer, [upload.path for upload in uploads])

    def _record(self, upload: Upload) -> tuple[bytes, bytes, bytes]:
        header = {
            "path": self._wire.spot(upload.path).path,
            "size": len(upload.content),
            "modified": None if upload.modified is None else str(upload.modified),
            "expect": expectation(upload.expect),
            "sha256": hashlib.sha256(upload.content).hexdigest(),
        }
        if upload.version is not None:
            header |= facts_of(upload.version, self._kept)
        told = json.dumps(header).encode()
        return struct.pack(">I", len(told)), told, upload.content


def _outcomes(answer: Answer, paths: list[Path]) -> Iterator[Entry | Exception]:
    lines = answer.body.splitlines()
    if len(lines) != len(paths):
        said = Text(
            f"{len(lines)} answers to {len(paths)} files", f"{len(paths)} 个文件只有 {len(lines)} 个回答"
        )
        raise BadAnswer(ROOT, said)
    for line, path in zip(lines, paths, strict=True):
        told = json.loads(line)
        yield error_of(told, path) if "code" in told else entry_of(told, path)


def _groups(uploads: Iterable[Upload]) -> Iterator[list[Upload]]:
    group: list[Upload] = []
    size = 0
    for upload in uploads:
        if group and (len(group) == MOST_FILES or size + len(upload.content) > MOST_BYTES):
            yield group
            group, size = [], 0
        group.append(upload)
        size += len(upload.content)
    if group:
        yield group
