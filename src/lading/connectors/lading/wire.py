"""
The JSON API of a drive of ours as a few calls in terms of paths.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from lading.connectors.http.line import Request, Upload
from lading.connectors.http.session import Answer, Session, Stream
from lading.connectors.http.trouble import Subject
from lading.connectors.lading.place import Place
from lading.connectors.lading.problems import problem_of
from lading.connectors.names import check_names
from lading.model.entry import Entry, Kind
from lading.model.errors import BadAnswer, Forbidden, NotFound
from lading.model.paths import ROOT, Path, decode, encode
from lading.model.text import Text

BLOCK = 1 << 18
JSON = "Content-Type: application/json"


class Spot(NamedTuple):
    """Where a path of ours lies in the drive: the key of its space, and the encoded path within."""

    space: str
    path: str


class Wire:
    """*place* spoken to through *session*."""

    def __init__(self, session: Session, place: Place) -> None:
        self.session = session
        self.place = place
        self.scopes: frozenset[str] = frozenset()
        self.server = ""
        """What the account may do through this connection, as the drive told when it was opened."""
        self._labels: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        self._lock = threading.Lock()

    # Where things are

    def spot(self, path: Path) -> Spot:
        """
        Where *path* lies.

        Raises:
            NotFound: there is no such space.
            NameRefused: it holds what is no name.
        """
        check_names(path)
        full = self.place.root + path
        if not full:
            raise Forbidden(path, Text("the top of the drive holds spaces only", "网盘顶层仅包含空间"))
        return Spot(self.space(full[0], path), encode(full[1:]))

    def space(self, label: str, subject: Subject) -> str:
        """The key of the space that is called *label*."""
        with self._lock:
            if (key := self._labels.get(label)) is not None:
                return key
        self.spaces()
        with self._lock:
            if (key := self._labels.get(label)) is not None:
                return key
        raise NotFound(subject, Text("there is no such space", "没有此空间"))

    def node(self, path: Path) -> str:
        """The id of the entry at *path*."""
        space, within = self.spot(path)
        return str(self.ask("GET", route("spaces", space, "entry"), {"path": within}, path)["id"])

    def spaces(self) -> list[dict[str, Any]]:
        """The spaces that we may see, as the drive tells them."""
        found = self.pages("/spaces", {}, "spaces", ROOT)
        with self._lock:
            self._labels = {decode(space["label"])[0]: space["key"] for space in found}
            self._keys = {key: label for label, key in self._labels.items()}
        return found

    def path(self, space: str, path: str) -> Path | None:
        """The path by which we call *path* of the space with the key *space*; None if it lies outside."""
        label = self._keys.get(space)
        if label is None:
            return None
        full = (label, *decode(path))
        root = self.place.root
        return full[len(root) :] if full[: len(root)] == root else None

    # Asking

    def call(
        self,
        method: str,
        route: str,
        query: Mapping[str, Any],
        subject: Subject,
        *,
        told: object = None,
        headers: Sequence[str] = (),
        body: bytes | None = None,
    ) -> Answer:
        """Send a request, *told* as JSON if given; every status but success is an error."""
        if told is not None:
            body, headers = json.dumps(told).encode(), (*headers, JSON)
        answer = self.session.call(Request(method, self.url(route, query), subject, headers, body))
        return self._demand(answer, subject)

    def ask(self, method: str, route: str, query: Mapping[str, Any], subject: Subject, **how: Any) -> Any:
        """The JSON that the drive answers."""
        return read_json(self.call(method, route, query, subject, **how), subject)

    def send(
        self, route: str, query: Mapping[str, Any], subject: Subject, upload: Upload, headers: Sequence[str]
    ) -> Any:
        """PUT a body that is pulled; the JSON that the drive answers."""
        request = Request("PUT", self.url(route, query), subject, headers)
        return read_json(self._demand(self.session.send(request, upload), subject), subject)

    def stream(
        self,
        route: str,
        query: Mapping[str, Any],
        subject: Subject,
        *,
        method: str = "GET",
        headers: Sequence[str] = (),
        body: bytes | None = None,
    ) -> Stream:
        """Begin an answer that is read bit by bit, whatever its status."""
        asked = ("Accept-Encoding: identity", *headers)
        return self.session.stream(Request(method, self.url(route, query), subject, asked, body))

    def large(self, route: str, query: Mapping[str, Any], subject: Subject) -> Any:
        """The JSON of an answer of any length."""
        stream = self.stream(route, query, subject)
        try:
            if stream.status != 200:
                raise problem_of(drained(stream), subject)
            return read_json(drained(stream), subject)
        finally:
            stream.close()

    def pages(self, route: str, query: Mapping[str, Any], name: str, subject: Subject) -> list[Any]:
        """What the list *name* holds, over all its pages."""
        return list(self.paged(route, query, name, subject))

    def paged(self, route: str, query: Mapping[str, Any], name: str, subject: Subject) -> Iterator[Any]:
        """What the list *name* holds, a page after the other."""
        cursor = None
        while True:
            page = self.large(route, {**query, "cursor": cursor}, subject)
            yield from page[name]
            cursor = page.get("cursor")
            if cursor is None:
                return

    def everything(self, kind: str, name: str = "") -> Iterator[tuple[Path, dict[str, Any]]]:
        """All rows of the list of *kind* that lie in our root, with their paths."""
        self.spaces()
        root = self.place.root
        query = {"space": self.space(root[0], ROOT) if root else None}
        for row in self.paged(route(kind), query, name or kind, ROOT):
            if (path := self.path(row["space"], row["path"])) is not None:
                yield path, row

    def url(self, route: str, query: Mapping[str, Any]) -> str:
        """The address of *route*; what is None is left out of *query*."""
        asked = urlencode({name: value for name, value in query.items() if value is not None})
        return f"{self.place.api}{route}{'?' if asked else ''}{asked}"

    def _demand(self, answer: Answer, subject: Subject) -> Answer:
        if not 200 <= answer.status < 300:
            raise problem_of(answer, subject)
        return answer


def route(*parts: str) -> str:
    """A route whose *parts* are escaped."""
    return "".join("/" + quote(part, safe="") for part in parts)


def version_number(version: str, path: Path) -> int:
    """
    The number of a version of *path* that is named *version*.

    Raises:
        NotFound: no version is ever called that.
    """
    digits = version.isascii() and version.isdigit() and len(version) < 11
    if not (digits and 0 < int(version) < 2**31):
        raise NotFound(path, Text(f"there is no version {version}", f"没有版本 {version}"))
    return int(version)


def drained(stream: Stream) -> Answer:
    """The whole answer, however long."""
    blocks: list[bytes] = []
    read: Callable[[int], bytes] = stream.read
    while block := read(BLOCK):
        blocks.append(block)
    return Answer(stream.status, stream.headers, b"".join(blocks))


def read_json(answer: Answer, subject: Subject) -> Any:
    """The JSON in *answer*."""
    try:
        return json.loads(answer.body)
    except ValueError:
        raise BadAnswer(subject, Text("no JSON came", "返回的不是 JSON")) from None


def entry_of(told: Mapping[str, Any], path: Path) -> Entry:
    """
    The entry at *path* as the drive tells it.

    Raises:
        BadAnswer: it tells something else.
    """
    try:
        modified = told["modified"]
        when = None if modified is None else int(modified)
        if told["kind"] == "folder":
            return Entry(path, Kind.FOLDER, 0, when, told["id"])
        # Who may only see a preview cannot be given the bytes.
        problem = Forbidden.code if told["role"] in ("preview", "pass") else None
        digests = (("sha256", told["sha256"]),)
        return Entry(path, Kind.FILE, told["size"], when, told["id"], told["etag"], digests, problem)
    except (KeyError, TypeError, ValueError) as missing:
        raise BadAnswer(path, str(missing)) from None
