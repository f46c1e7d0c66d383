"""
Listings: what keys there are below a prefix, and the entries of a folder made of them.

S3 lists keys in the order of their bytes.  A listing tells no metadata, so the objects of a page are asked
singly for the times and digests that are kept there, many at once; with `times=server` nobody is asked, and briefly
only those of which the listing leaves open whether they can be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from lading.connectors.http.session import ANSWER_LIMIT, Answer
from lading.connectors.s3.answers import children, document, key_of, local, moment_of, texts
from lading.connectors.s3.facts import MTIME, Listed, file_entry, listed_entry, time_of
from lading.connectors.s3.keys import PARTS, beside_folder, file_name, name_of
from lading.connectors.s3.signing import Query
from lading.connectors.s3.storage import frozen
from lading.connectors.s3.trouble import error_of
from lading.connectors.s3.wire import Ask, Wire
from lading.model.entry import Entry, Kind
from lading.model.errors import BadAnswer, CursorExpired, DriveError
from lading.model.paths import ROOT, Path, name_bytes
from lading.model.text import Text

PAGE = 1000
_ENTRY = {"Contents": False, "Version": False, "DeleteMarker": True}


class Keys(NamedTuple):
    """A page of a listing; *more* asks for the next one, None at the end."""

    objects: list[Listed]
    folders: list[str]
    """The common prefixes, each with its slash."""
    more: Query | None


def page_of(wire: Wire, query: Query, about: Path = ROOT) -> Keys:
    """
    One page of ListObjectsV2 or ListObjectVersions, as *query* says.

    Raises:
        BadAnswer: it is none, or leads to itself.
        CursorExpired: the server does not know the token any more.
    """
    asked = dict(query)
    answer = _asked(wire, query, about)
    root = document(answer.body, about)
    facts = texts(root)
    # What was asked for is no sign: SeaweedFS encodes keys in one listing and not in the other, and says so.
    encoded = facts.get("EncodingType") == "url"
    objects = [_listed(one, encoded=encoded) for one in root if local(one) in _ENTRY]
    folders = [
        key_of(texts(one).get("Prefix", ""), encoded=encoded) for one in children(root, "CommonPrefixes")
    ]
    if facts.get("IsTruncated") != "true":
        return Keys(objects, folders, None)
    return Keys(objects, folders, _following(asked, facts, encoded, about))


def _asked(wire: Wire, query: Query, about: Path) -> Answer:
    stream = wire.stream(Ask("GET", None, about, query))
    try:
        body = []
        while block := stream.read(ANSWER_LIMIT):
            body.append(block)
        answer = Answer(stream.status, stream.headers, b"".join(body))
    finally:
        stream.close()
    if answer.status == 400 and any(name == "continuation-token" for name, _ in query):
        raise CursorExpired(about, Text("the server does not know the token", "服务器不认识该令牌"))
    if answer.status != 200:
        raise error_of(answer, about)
    return answer


def _following(asked: dict[str, str], facts: dict[str, str], encoded: bool, about: Path) -> Query:
    if "versions" in asked:
        more = {
            **asked,
            "key-marker": key_of(facts.get("NextKeyMarker", ""), encoded=encoded),
            "version-id-marker": facts.get("NextVersionIdMarker", ""),
        }
    else:
        more = {**asked, "continuation-token": facts.get("NextContinuationToken", "")}
    if more == asked:
        raise BadAnswer(about, Text("the listing leads to itself", "列表循环指向自身"))
    return [*more.items()]


def _listed(element: Any, *, encoded: bool) -> Listed:
    facts = texts(element)
    size = facts.get("Size", "0")
    return Listed(
        key_of(facts.get("Key", ""), encoded=encoded),
        int(size) if size.isdecimal() else 0,
        facts.get("ETag", "").strip('"'),
        moment_of(facts.get("LastModified", "")),
        facts.get("StorageClass", ""),
        facts.get("VersionId", ""),
        facts.get("IsLatest", "true") == "true",
        _ENTRY[local(element)],
    )


def below(wire: Wire, prefix: str, about: Path, most: int) -> list[str]:
    """Up to *most* keys that begin with *prefix*, the prefix itself among them."""
    query = [("list-type", "2"), ("encoding-type", "url"), ("prefix", prefix), ("max-keys", str(most))]
    return [it.key for it in page_of(wire, query, about).objects][:most]


def every(wire: Wire, *, versions: bool = False) -> Iterator[list[Listed]]:
    """All objects below the root, or with *versions* all versions of them, page by page."""
    kind = [("versions", "")] if versions else [("list-type", "2")]
    query: Query | None = [*kind, ("encoding-type", "url"), ("prefix", wire.prefix)]
    while query is not None:
        page = page_of(wire, query)
        yield page.objects
        query = page.more


class Folder:
    """The listing of one folder, whose keys begin with *prefix*; *brief* as `facets.Brief` says."""

    def __init__(self, wire: Wire, folder: Path, prefix: str, *, brief: bool = False) -> None:
        self._wire, self._folder, self._prefix = wire, folder, prefix
        self._brief = brief

    def page(self, token: str | None) -> tuple[list[Entry], str | None, bool]:
        """The entries of one page, what asks for the next one, and whether anything at all was on it."""
        query = [
            ("list-type", "2"),
            ("encoding-type", "url"),
            ("prefix", self._prefix),
            ("delimiter", "/"),
            ("max-keys", str(PAGE)),
        ]
        if token is not None:
            query.append(("continuation-token", token))
        keys = page_of(self._wire, query, self._folder)
        more = None if keys.more is None else dict(keys.more)["continuation-token"]
        entries = [*self._folders(keys.folders), *self._files(keys)]
        return entries, more, bool(keys.objects or keys.folders)

    def _folders(self, prefixes: list[str]) -> Iterator[Entry]:
        ours = self._wire.prefix + PARTS + "/"
        prefixes = [prefix for prefix in prefixes if prefix != ours]
        names = [name_of(prefix[len(self._prefix) : -1]) for prefix in prefixes]
        paths = [(*self._folder, name) for name in names]
        if self._wire.options.server_times:
            yield from (Entry(path, Kind.FOLDER) for path in paths)
            return
        asks = zip(prefixes, paths, [()] * len(paths), strict=True)
        for path, answer in zip(paths, self._wire.heads(asks), strict=True):
            yield folder_entry(path, answer)

    def _files(self, keys: Keys) -> Iterator[Entry]:
        objects = [it for it in keys.objects if it.key != self._prefix or it.size]
        # The greatest, not the one that comes last: SeaweedFS puts a page in the order of escaped keys.
        names = [*(it.key for it in keys.objects), *keys.folders]
        last = max(names, key=name_bytes) if names and keys.more else None
        folders = set(keys.folders)
        paths = [self._path(it.key, folders, last) for it in objects]
        asks = [(it.key, path, ()) for it, path in zip(objects, paths, strict=True) if self._asks(it)]
        answers = self._wire.heads(asks) if asks else iter(())
        for told, path in zip(objects, paths, strict=True):
            entry = _asked_entry(told, path, next(answers)) if self._asks(told) else listed_entry(path, told)
            if entry is not None:
                yield entry

    def _asks(self, told: Listed) -> bool:
        """Whether the listing alone does not tell enough of an object."""
        if self._wire.options.server_times:
            return False
        # One that is frozen may have been thawed; without an etag nobody could know it again.
        return not self._brief or frozen(told.storage) or not told.etag

    def _path(self, key: str, folders: set[str], last: str | None) -> Path:
        segment = key[len(self._prefix) :]
        if segment and (key + "/" in folders or (last is not None and self._later(key, last))):
            return (*self._folder, beside_folder(segment))
        return (*self._folder, file_name(segment))

    def _later(self, key: str, last: str) -> bool:
        """Whether a folder of the name *key* comes on a page after the key *last*."""
        # Between `a` and `a/` stand only keys that begin with `a`.
        return last.startswith(key) and bool(below(self._wire, key + "/", self._folder, 1))


def folder_entry(path: Path, answer: Answer | DriveError) -> Entry:
    """
    A folder by the answer about its marker, if it has one: the time kept there.

    Raises:
        DriveError: what the answer was instead, if that says nothing about the marker.
    """
    if isinstance(answer, DriveError):
        raise answer
    if answer.status == 200:
        return Entry(path, Kind.FOLDER, modified=time_of(answer.headers.get(MTIME)))
    if answer.status in (403, 404):
        return Entry(path, Kind.FOLDER)
    raise error_of(answer, path)


def _asked_entry(told: Listed, path: Path, answer: Answer | DriveError) -> Entry | None:
    """The file by what was said about it singly; None if it is gone; what may not be asked has a problem."""
    if isinstance(answer, DriveError):
        raise answer
    if answer.status == 200:
        return file_entry(path, answer.headers)
    if answer.status == 404:
        return None
    error = error_of(answer, path)
    if answer.status == 403:
        return listed_entry(path, told)._replace(problem=error.code)
    raise error
