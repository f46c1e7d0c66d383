"""
Many small objects at once: as many requests as objects, but all under way together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from lading.connectors.facets import Upload, Wanted
from lading.connectors.http.headers import content_range
from lading.connectors.http.session import Answer
from lading.connectors.names import check_names
from lading.connectors.s3.facts import etag_of, file_entry
from lading.connectors.s3.keys import CONTENT, file_key
from lading.connectors.s3.multipart import PART
from lading.connectors.s3.reading import OTHER, if_match, is_met, reading
from lading.connectors.s3.trouble import error_of
from lading.connectors.s3.versions import S3Versions
from lading.connectors.s3.wire import Ask, Wire
from lading.connectors.s3.writing import Writing
from lading.model.entry import Entry
from lading.model.errors import Changed, DriveError, TooLarge, Unable, WrongKind
from lading.model.paths import Path
from lading.model.text import Text

CONTENT_LIMIT = 1 << 20
"""Bytes of the largest content that is given."""
_TOGETHER = 256
_AT_ONCE = 4
"""Uploads of one batch under way at once: several threads send batches."""
_MD5_OF_NOTHING = "d41d8cd98f00b204e9800998ecf8427e"
_NO_VERSIONS = Text("the bucket keeps no versions", "存储桶未启用版本控制")


_Place = tuple[int, Upload]
"""An upload and its number in the group."""


class S3Batch:
    """Small objects, each stored under the promises of a single write."""

    def __init__(self, wire: Wire, writing: Writing, versions: S3Versions | None) -> None:
        self._wire, self._writing, self._versions = wire, writing, versions

    def write(self, uploads: Iterable[Upload]) -> Iterator[Entry | Exception]:
        """Store each, or say what failed for it, in order."""
        failed: dict[Path, DriveError] = {}
        waiting = iter(uploads)
        while group := list(islice(waiting, _TOGETHER)):
            answers: dict[int, Entry | DriveError] = {}
            left = [*enumerate(group)]
            while left:
                # One path once at a time: its versions follow each other.
                wave, later, seen = list[_Place](), list[_Place](), set[Path]()
                for number, upload in left:
                    (later if upload.path in seen else wave).append((number, upload))
                    seen.add(upload.path)
                answers |= self._stored(wave, failed)
                left = later
            yield from (answers[number] for number in range(len(group)))

    def read(self, wanted: Iterable[Wanted]) -> Iterator[bytes | Exception]:
        """The content of each, or what failed for it, in order."""
        waiting = iter(wanted)
        while group := list(islice(waiting, _TOGETHER)):
            asks = [self._asking(one) for one in group]
            answers = iter(self._wire.many(ask for ask in asks if isinstance(ask, Ask)))
            for one, ask in zip(group, asks, strict=True):
                yield ask if isinstance(ask, DriveError) else self._content(one, ask, next(answers))

    def _stored(self, wave: list[_Place], failed: dict[Path, DriveError]) -> dict[int, Entry | DriveError]:
        found: dict[int, Entry | DriveError] = {}
        sent: list[tuple[int, Upload, str, Ask]] = []
        for number, upload in wave:
            try:
                made = self._prepared(upload, failed)
            except DriveError as error:
                found[number] = error
                continue
            if isinstance(made, Entry):
                found[number] = made
            else:
                sent.append((number, upload, *made))
        for (number, upload, key, ask), answer in zip(
            sent, self._wire.many((it[3] for it in sent), _AT_ONCE), strict=True
        ):
            found[number] = self._settled(upload, key, ask, answer)
        for number, upload in wave:
            answer_ = found[number]
            if upload.version is not None and isinstance(answer_, DriveError):
                failed.setdefault(upload.path, answer_)
        return found

    def _prepared(self, upload: Upload, failed: dict[Path, DriveError]) -> tuple[str, Ask] | Entry:
        """The request that stores *upload*; the entry if it cannot be stored with others."""
        path, version = upload.path, upload.version
        if version is not None and path in failed:
            raise failed[path]
        if version is None:
            words = self._writing.words(upload.modified)
        elif self._versions is None:
            raise Unable(path, _NO_VERSIONS)
        else:
            words = self._versions.words(path, version)
        key = self._writing.target(path)
        if len(upload.content) > PART or path[-1] == CONTENT:
            return self._writing.write(path, [upload.content], upload.expect, None, words)
        condition = self._writing.condition(key, path, upload.expect)
        return key, self._writing.putting(key, path, upload.content, condition, words)

    def _settled(self, upload: Upload, key: str, ask: Ask, answer: Answer | DriveError) -> Entry | DriveError:
        if isinstance(answer, DriveError):
            return answer
        try:
            return self._writing.stored(key, upload.path, ask, answer, upload.expect)
        except DriveError as error:
            return error

    def _asking(self, one: Wanted) -> Ask | DriveError:
        try:
            check_names(one.path)
            if not one.path:
                raise WrongKind(one.path, Text("the root is a folder", "根目录是文件夹"))
            key = self._wire.prefix + file_key(one.path)
        except DriveError as error:
            return error
        headers = {"range": f"bytes=0-{CONTENT_LIMIT}"}
        if one.version is not None:
            return Ask("GET", key, one.path, (("versionId", one.version),), headers)
        return Ask("GET", key, one.path, (), headers | if_match(one.etag))

    def _content(self, one: Wanted, ask: Ask, answer: Answer | DriveError) -> bytes | DriveError:
        if isinstance(answer, DriveError):
            return answer
        if answer.status == 416:
            return self._nothing(one, ask)
        if answer.status not in (200, 206):
            return error_of(answer, one.path)
        # A server may know no conditions; which content it gave, it says in any case.
        if one.version is None and not is_met(one.etag, etag_of(answer.headers)):
            return Changed(one.path, OTHER)
        told = content_range(answer.headers.get("content-range"))
        size = told[2] if told and told[2] is not None else len(answer.body)
        if size > CONTENT_LIMIT or len(answer.body) > CONTENT_LIMIT:
            return TooLarge(one.path, f"{size} bytes, at most {CONTENT_LIMIT}")
        self._tell(one, answer.headers)
        return answer.body

    def _nothing(self, one: Wanted, ask: Ask) -> bytes | DriveError:
        """The content of an object that has no first byte; such an answer tells no etag."""
        plain = one.version is not None or one.etag is None or is_met(one.etag, _MD5_OF_NOTHING)
        if plain and one.tell is None:
            return b""
        try:
            with reading(self._wire, ask.key or "", one.path, expect=one.etag) as reader:
                if one.tell is not None:
                    one.tell(reader.entry)
                return reader.read(CONTENT_LIMIT)
        except DriveError as error:
            return error

    def _tell(self, one: Wanted, headers: Mapping[str, str]) -> None:
        if one.tell is not None and one.version is None:
            one.tell(file_entry(one.path, headers, server_times=self._wire.options.server_times))
