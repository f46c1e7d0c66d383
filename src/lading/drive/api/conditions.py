"""
Preconditions and ranges of HTTP, as pure decisions.

Entity tags of files are strong: `"<id>-<number>"`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from lading.drive.api.problem import Refused
from lading.drive.errors import Unfit
from lading.drive.tree.expect import ABSENT, ANYTHING, Expect, Same
from lading.model.errors import Changed
from lading.model.text import Text

# Nothing in it can match in two ways: a header may be long, and is anybody's.
_TAGS = re.compile(r'"[^"]*"')
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def expected(text: str) -> Expect:
    """What a body's `expect` asks for."""
    match text:
        case "absent":
            return ABSENT
        case "anything":
            return ANYTHING
    return Same(text)


def wanted(if_match: str | None, if_none_match: str | None) -> Expect:
    """
    What the headers of a write ask for.

    Raises:
        Unfit: a combination that a write here does not know.
    """
    if if_none_match is not None:
        if if_none_match.strip() != "*" or if_match is not None:
            raise Unfit("If-None-Match", Text("a write takes only *", "写入时只接受 *"))
        return ABSENT
    if if_match is None or if_match.strip() == "*":
        return ANYTHING
    found = tags(if_match)
    if len(found) != 1:
        raise Unfit("If-Match", Text("expected one entity tag", "应为一个实体标签"))
    return Same(found[0])


def tags(header: str) -> list[str]:
    """The entity tags in *header*, without their weakness."""
    return _TAGS.findall(header)


def unchanged(etag: str, if_match: str | None, if_none_match: str | None) -> bool:
    """
    Whether a reader who has what the headers name has the content of *etag* already.

    Raises:
        Changed: If-Match asks for another content.
    """
    if if_match is not None and if_match.strip() != "*" and etag not in tags(if_match):
        raise Changed("", Text("its entity tag is another", "实体标签不同"))
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag in tags(if_none_match)


class Part(NamedTuple):
    """Bytes *start* up to before *end*."""

    start: int
    end: int


def part(header: str | None, size: int) -> Part | None:
    """
    The range that *header* asks for; None for the whole, also if it asks for several or makes no sense (RFC 9110).

    Raises:
        Refused: 416, if the range starts behind the end.
    """
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or found.group(1) == found.group(2) == "":
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= size:
        raise Refused(
            416,
            Unfit("Range", Text("it starts behind the end", "起始位置超出文件末尾")),
            {"Content-Range": f"bytes */{size}"},
        )
    return Part(start, end)
