"""
Parts of one object, several on their way at once: one connection is seldom as fast as the line.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from lading.connectors.facets import Span
from lading.connectors.http.headers import content_range
from lading.connectors.http.session import Answer
from lading.connectors.s3.facts import etag_of
from lading.connectors.s3.reading import NO_RANGES, OTHER, OTHER_RANGE, if_match, is_met
from lading.connectors.s3.trouble import error_of
from lading.connectors.s3.wire import Ask, Wire
from lading.model.errors import BadAnswer, Changed, DriveError, Truncated
from lading.model.paths import Path


def pieces(
    wire: Wire, key: str, path: Path, spans: Iterable[Span], *, expect: str, at_once: int
) -> Iterator[bytes]:
    """
    The bytes of *key* in each of *spans*, in order; see `Ranges.read`.

    Raises:
        NotFound: there is no such object: the caller knows whether it is a folder.
    """
    asked: deque[Span] = deque()

    def asks() -> Iterator[Ask]:
        for start, end in spans:
            asked.append((start, end))
            yield Ask("GET", key, path, (), {"range": f"bytes={start}-{end - 1}", **if_match(expect)})

    for answer in wire.many(asks(), at_once, ahead=1):
        yield _piece(path, answer, *asked.popleft(), expect)


def _piece(path: Path, answer: Answer | DriveError, start: int, end: int, expect: str) -> bytes:
    if isinstance(answer, DriveError):
        raise answer
    if answer.status == 416:
        raise Changed(path, f"byte {start} was asked for")
    if answer.status not in (200, 206):
        raise error_of(answer, path)
    # A server may know no conditions; which content it gave, it says in any case.
    if not is_met(expect, etag_of(answer.headers)):
        raise Changed(path, OTHER)
    first, last, total = content_range(answer.headers.get("content-range")) or (None, None, None)
    if answer.status == 200 or first is None or last is None:
        raise BadAnswer(path, NO_RANGES)
    if total is not None and total < end:
        raise Changed(path, f"byte {end} of {total} was asked for")
    if (first, last) != (start, end - 1):
        raise BadAnswer(path, OTHER_RANGE)
    if len(answer.body) != end - start:
        raise Truncated(path, f"{len(answer.body)} of {end - start} bytes")
    return answer.body
