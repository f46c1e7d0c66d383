"""
Objects being written and removed.

A content appears as a whole by the nature of S3.  Preconditions are looked at by the server where it was seen
to do so; elsewhere by us, just before, and then two writers at the same moment may both believe they came first.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property

from lading.connectors.conditions import Absent, Precondition, Unchanged, check
from lading.connectors.http.body import Body
from lading.connectors.http.session import Answer
from lading.connectors.names import check_holdable
from lading.connectors.profile import NameRules
from lading.connectors.s3.ability import MARKER_TYPE, Ability
from lading.connectors.s3.facts import MTIME, digests_of, etag_of, file_entry, time_of, time_text
from lading.connectors.s3.keys import CONTENT, FILE, PARTS, beside, file_key, folder_key
from lading.connectors.s3.listing import below
from lading.connectors.s3.multipart import Upload, part_size, tag_in
from lading.connectors.s3.places import Places
from lading.connectors.s3.trouble import code_in, error_of
from lading.connectors.s3.wire import Ask, Wire
from lading.model.entry import Entry, Kind
from lading.model.errors import (
    AlreadyExists,
    Changed,
    DriveError,
    Forbidden,
    NameRefused,
    NotEmpty,
    NotFound,
    Truncated,
    Unavailable,
    WrongKind,
)
from lading.model.paths import Path
from lading.model.text import Text

PARALLEL = 4
"""Parts of one object that are under way at once."""
_HELD = 12
"""Parts that one process holds in memory for all objects together."""
_RESERVED = Text("kept for unfinished files", "保留给未完成的文件")
_ONE_SLASH = Text("the server takes a//b for a/b", "服务器将 a//b 视同 a/b")
_EMPTY_MARKERS = Text("the server drops what markers of folders hold", "服务器会丢弃文件夹标记对象的内容")
_TAKEN = Text("something is there", "已有同名对象")
_OTHER = Text("its etag is another", "其 etag 已变化")


class Writing:
    """Changes to what *wire* reaches; *ability* is found out when something is first written."""

    def __init__(self, wire: Wire, rules: NameRules, ability: Callable[[], Ability]) -> None:
        self.wire, self.rules = wire, rules
        self.places = Places(wire)
        self._ability = ability
        self._held = threading.BoundedSemaphore(_HELD)

    @cached_property
    def ability(self) -> Ability:
        """What the server can do."""
        return self._ability()

    def words(self, modified: int | None) -> dict[str, str]:
        """The metadata that keep the time *modified*."""
        return {} if modified is None or self.wire.options.server_times else {MTIME: time_text(modified)}

    def target(self, path: Path) -> str:
        """
        The whole key of the file *path*, if one may be put there.

        Raises:
            NameRefused, WrongKind, NotFound: as `Drive.write` says.
        """
        check_holdable(path, self.rules)
        if not path:
            raise WrongKind(path, Text("the root is a folder", "根目录是文件夹"))
        if path[0] == PARTS:
            raise NameRefused(path, _RESERVED)
        self._demand_slashes(path)
        if path[-1] == CONTENT and not self.ability.marker_contents:
            raise NameRefused(path, _EMPTY_MARKERS)
        key = file_key(path)
        self.places.demand(path[:-1], path)
        if beside(path):
            if not self.places.is_folder((*path[:-1], path[-1].removeprefix(FILE))):
                raise NameRefused(path, Text("no folder has that name", "没有同名文件夹"))
        elif path[-1] != CONTENT and self.places.is_folder(path):
            raise WrongKind(path, Text("a folder has that name", "已有同名文件夹"))
        return self.wire.prefix + key

    def write(
        self,
        path: Path,
        source: Iterable[bytes],
        expect: Precondition,
        size: int | None,
        words: Mapping[str, str],
    ) -> Entry:
        """Store *source* with *words* in its metadata; see `Drive.write`."""
        key = self.target(path)
        body = Body(path, source, size)
        head = _head(body)
        if body.sent:
            return self.put(key, path, head, expect, words)
        return self._in_parts(key, path, head, body, expect, words)

    def put(
        self, key: str, path: Path, content: bytes, expect: Precondition, words: Mapping[str, str]
    ) -> Entry:
        """Store *content* in one request."""
        ask = self.putting(key, path, content, self.condition(key, path, expect), words)
        return self.stored(key, path, ask, self.wire.call(ask), expect)

    def putting(
        self, key: str, path: Path, content: bytes, condition: Mapping[str, str], words: Mapping[str, str]
    ) -> Ask:
        """The request that stores *content*."""
        if path[-1] == CONTENT and not content:
            raise NameRefused(path, Text("a marker without content is no file", "空的标记对象不是文件"))
        digest = hashlib.sha256(content)
        headers = {
            **words,
            **condition,
            "x-amz-checksum-sha256": base64.b64encode(digest.digest()).decode(),
        }
        return Ask("PUT", key, path, (), headers, content, digest.hexdigest())

    def stored(self, key: str, path: Path, ask: Ask, answer: Answer, expect: Precondition) -> Entry:
        """What the *answer* to the request *ask* says about the new entry."""
        if not 200 <= answer.status < 300:
            raise self.explained(key, path, expect, answer)
        size = len(ask.body or b"")
        return Entry(
            path,
            Kind.FILE,
            size,
            self._kept(ask.headers),
            None,
            etag_of(answer.headers),
            digests_of(answer.headers),
        )

    def condition(self, key: str, path: Path, expect: Precondition) -> dict[str, str]:
        """The headers with which the server looks at *expect*; where it does not, it is looked at here."""
        if isinstance(expect, Absent) and self.ability.creates and path[-1] != CONTENT and not beside(path):
            # Beside a folder of the name: there some servers take that folder for the object.
            return {"if-none-match": "*"}
        if isinstance(expect, Unchanged) and self.ability.replaces and expect.etag.isascii():
            return {"if-match": f'"{expect.etag.strip(chr(34))}"'}
        if isinstance(expect, (Absent, Unchanged)):
            check(_bare(expect), self.found(key, path), path)
        return {}

    def found(self, key: str, path: Path) -> Entry | None:
        """The object at *key* as the file *path*; None if there is none."""
        answer = self.wire.call(self.wire.head(key, path))
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise error_of(answer, path)
        entry = file_entry(path, answer.headers, server_times=self.wire.options.server_times)
        return None if path[-1] == CONTENT and not entry.size else entry

    def explained(self, key: str, path: Path, expect: Precondition, answer: Answer) -> DriveError:
        """Why a change was answered like that."""
        conflict = answer.status == 409 and code_in(answer) == "ConditionalRequestConflict"
        if answer.status == 412 or conflict:
            there = self.found(key, path) is not None
            if isinstance(expect, Absent) and there:
                return AlreadyExists(path, _TAKEN)
            if isinstance(expect, Absent) and below(self.wire, key + "/", path, 1):
                return WrongKind(path, Text("a folder has that name", "已有同名文件夹"))
            if isinstance(expect, Absent):
                return Unavailable(path, Text("it comes and goes", "该对象时有时无"))
            if isinstance(expect, Unchanged):
                return (
                    Changed(path, _OTHER)
                    if there
                    else NotFound(path, Text("it was there before", "之前存在"))
                )
        return error_of(answer, path)

    def make_folder(self, path: Path, modified: int | None) -> Entry:
        """Make sure that *path* is a folder; see `Drive.make_folder`."""
        check_holdable(path, self.rules)
        if path and path[0] == PARTS:
            raise NameRefused(path, _RESERVED)
        self._demand_slashes(path)
        key = self.wire.prefix + folder_key(path)
        if not path:
            return self._marked(key, path, modified) if key else Entry(path, Kind.FOLDER)
        self.places.demand(path[:-1], path)
        if self.places.is_folder(path):
            return self._marked(key, path, modified)
        if self.wire.call(self.wire.head(key[:-1], path)).status == 200:
            raise WrongKind(path, Text("a file has that name", "已有同名文件"))
        self._mark(key, path, modified)
        self.places.made(path, new=True)
        return Entry(path, Kind.FOLDER, modified=self._kept_folder(modified))

    def _marked(self, key: str, path: Path, modified: int | None) -> Entry:
        """The folder with a marker, which gets the time *modified*; one that holds something is left alone."""
        answer = self.wire.call(self.wire.head(key, path))
        if answer.status not in (200, 404):
            raise error_of(answer, path)
        there = answer.status == 200
        if not there or (modified is not None and answer.headers.get("content-length") == "0"):
            self._mark(key, path, modified)
            return Entry(path, Kind.FOLDER, modified=self._kept_folder(modified))
        return Entry(path, Kind.FOLDER, modified=self._kept(answer.headers))

    def _mark(self, key: str, path: Path, modified: int | None) -> None:
        headers = {"content-type": MARKER_TYPE, **self.words(modified)}
        self.wire.demand(Ask("PUT", key, path, (), headers, b""))

    def remove(self, path: Path, expect: Precondition) -> None:
        """Remove a file or an empty folder; see `Drive.remove`."""
        if not path:
            raise Forbidden(path, Text("the root stays", "根目录不能删除"))
        key = self.wire.prefix + file_key(path)
        folder = "" if beside(path) or path[-1] == CONTENT else key + "/"
        keys = below(self.wire, folder, path, 2) if folder else []
        if keys:
            self._remove_folder(folder, path, keys, expect)
            return
        found = self.found(key, path)
        if found is None:
            raise NotFound(path, Text("there is no such object", "对象不存在"))
        check(_bare(expect), found, path)
        guarded = self.ability.removes and found.etag
        headers = {"if-match": f'"{found.etag}"'} if guarded else {}
        answer = self.wire.call(Ask("DELETE", key, path, (), headers))
        if not 200 <= answer.status < 300:
            raise self.explained(key, path, Unchanged(found.etag or ""), answer)

    def _remove_folder(self, key: str, path: Path, keys: list[str], expect: Precondition) -> None:
        check(expect, Entry(path, Kind.FOLDER), path)
        if keys != [key]:
            raise NotEmpty(path)
        if self.wire.demand(self.wire.head(key, path)).headers.get("content-length", "0") != "0":
            raise NotEmpty(path, CONTENT)
        self.places.gone(path)
        self.wire.demand(Ask("DELETE", key, path))

    def _in_parts(
        self, key: str, path: Path, head: bytes, body: Body, expect: Precondition, words: Mapping[str, str]
    ) -> Entry:
        # Looked at before, too: nobody wants to send gigabytes for an answer that is known.
        early = self.found(key, path)
        check(_bare(expect), early, path)
        upload = Upload(self.wire, key, path, words)
        try:
            sha256 = self._send(upload, head, body)
            return self.complete(upload, key, path, expect, words, body.pulled, sha256)
        except BaseException:
            upload.abort()
            raise

    def complete(
        self,
        upload: Upload,
        key: str,
        path: Path,
        expect: Precondition,
        words: Mapping[str, str],
        size: int,
        sha256: str | None,
    ) -> Entry:
        """Have *upload* appear; *sha256* is that of what was sent."""
        condition = self.condition(key, path, expect)
        if condition and not self.ability.completes:
            check(_bare(expect), self.found(key, path), path)
            condition = {}
        answer = upload.completed(condition)
        if not 200 <= answer.status < 300:
            raise self.explained(key, path, expect, answer)
        etag = tag_in(answer, path)
        found = self.found(key, path)
        if found is None or found.etag != etag:
            raise Changed(path, _OTHER)
        if found.size != size:
            raise Truncated(path, f"{found.size} of {size} bytes are there")
        proof = () if sha256 is None or not upload.proved(etag) else (("sha256", sha256),)
        return found._replace(digests=found.digests or proof)

    def _send(self, upload: Upload, head: bytes, body: Body) -> str:
        """Send *head* and what is left in *body* in parts, several at once; the SHA-256 of all of it."""
        whole, number, piece = hashlib.sha256(), 1, head
        waiting: list[Future[None]] = []
        with ThreadPoolExecutor(PARALLEL, thread_name_prefix="s3-part") as pool:
            while piece:
                self._held.acquire()
                waiting.append(pool.submit(self._put_part, upload, number, piece))
                whole.update(piece)
                while len(waiting) > PARALLEL or (waiting and waiting[0].done()):
                    waiting.pop(0).result()
                number += 1
                piece = _filled(body, part_size(body.size, number))
            for one in waiting:
                one.result()
        return whole.hexdigest()

    def _put_part(self, upload: Upload, number: int, piece: bytes) -> None:
        try:
            upload.put(number, piece)
        finally:
            self._held.release()

    def _kept(self, words: Mapping[str, str]) -> int | None:
        return time_of(words.get(MTIME))

    def _kept_folder(self, modified: int | None) -> int | None:
        return modified if self.ability.folder_times else None

    def _demand_slashes(self, path: Path) -> None:
        if "[s3 empty]" in path and not self.ability.empty_names:
            raise NameRefused(path, _ONE_SLASH)


def _head(body: Body) -> bytes:
    """The beginning of *body*, all of it if it is no longer than a part."""
    whole = body.gather()
    if whole is None:
        return _filled(body, part_size(body.size, 1))
    return whole


def _filled(body: Body, size: int) -> bytes:
    pieces, left = [], size
    while left and (piece := body.pull(left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _bare(expect: Precondition) -> Precondition:
    return Unchanged(expect.etag.strip('"')) if isinstance(expect, Unchanged) else expect
