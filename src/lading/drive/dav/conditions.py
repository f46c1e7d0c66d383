"""
Preconditions of a request: `If-Match` and its kin (RFC 9110), and `If` (RFC 4918, 10.4).

Everything here is pure.  Entity tags are kept with their quotes, as they are on
the wire; a weak tag never equals a strong one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, NamedTuple

from lading.drive.errors import Unfit
from lading.model.text import Text

_TAGS = re.compile(r'(?:W/)?"[^"]*"')
_TOKEN = re.compile(r"\s*(?:(?P<tag><[^>]*>)|(?P<open>\()|(?P<bare>\S))")
_CONDITION = re.compile(
    r"\s*(?:(?P<close>\))|(?P<no>[Nn][Oo][Tt])\s*(?=[<\[])|<(?P<token>[^>]*)>|\[(?P<etag>[^\]]*)\])"
)
_BAD_IF = Text("the If header cannot be understood", "无法理解 If 请求头")


class Verdict(Enum):
    """What preconditions say: go on, not modified (304), or failed (412)."""

    GO = 0
    UNCHANGED = 304
    FAILED = 412


class Condition(NamedTuple):
    """One condition in a list of an `If` header: a lock token, or else an entity tag."""

    wanted: bool
    token: str | None
    etag: str | None


@dataclass(frozen=True, slots=True)
class IfHeader:
    """
    An `If` header: alternatives of (tag of a resource or None, conditions that all must hold).

    *tokens* are all lock tokens it submits, wherever they stand (RFC 4918, 10.4.1).
    """

    lists: tuple[tuple[str | None, tuple[Condition, ...]], ...] = ()
    tokens: frozenset[str] = frozenset()

    @property
    def names_etags(self) -> bool:
        """Whether the content itself is spoken of."""
        return any(condition.etag for _, conditions in self.lists for condition in conditions)

    def holds(self, state: Callable[[str | None], tuple[str | None, frozenset[str]]]) -> bool:
        """
        Whether one of the alternatives holds.

        *state* gives the entity tag (None: there is none) and the tokens of the locks on the resource
        that a tag names; on None that of the request itself.
        """
        if not self.lists:
            return True
        return any(_all_hold(conditions, *state(tag)) for tag, conditions in self.lists)


NO_IF = IfHeader()


def if_header(text: str) -> IfHeader:
    """
    What *text*, an `If` header, says.

    Raises:
        Unfit: it breaks the grammar.
    """
    lists: list[tuple[str | None, tuple[Condition, ...]]] = []
    tag: str | None = None
    position = 0
    while found := _TOKEN.match(text, position):
        position = found.end()
        if found["tag"]:
            tag = found["tag"][1:-1]
        elif found["open"]:
            conditions, position = _list(text, position)
            lists.append((tag, conditions))
        else:
            raise Unfit("If", _BAD_IF)
    if not lists:
        raise Unfit("If", _BAD_IF)
    tokens = {condition.token for _, conditions in lists for condition in conditions if condition.token}
    return IfHeader(tuple(lists), frozenset(tokens))


def judge(environ: Mapping[str, Any], etag: str | None, modified: int | None, *, reading: bool) -> Verdict:
    """
    What the `If-…` headers say of a resource, in the order of RFC 9110, 13.2.2.

    *etag* is None where there is no resource; *modified* is its time in nanoseconds.
    """
    if (match := environ.get("HTTP_IF_MATCH")) is not None:
        if not matches(match, etag):
            return Verdict.FAILED
    elif (since := environ.get("HTTP_IF_UNMODIFIED_SINCE")) is not None:
        moment = seconds(since)
        if moment is not None and modified is not None and modified // 10**9 > moment:
            return Verdict.FAILED
    if (none := environ.get("HTTP_IF_NONE_MATCH")) is not None:
        if matches(none, etag, weakly=True):
            return Verdict.UNCHANGED if reading else Verdict.FAILED
    elif reading and (since := environ.get("HTTP_IF_MODIFIED_SINCE")) is not None:
        moment = seconds(since)
        if moment is not None and modified is not None and modified // 10**9 <= moment:
            return Verdict.UNCHANGED
    return Verdict.GO


def matches(header: str, etag: str | None, *, weakly: bool = False) -> bool:
    """Whether *etag* is one of those in an `If-Match` or `If-None-Match` *header*."""
    if etag is None:
        return False
    if header.strip() == "*":
        return True
    tags = _TAGS.findall(header)
    return etag in ([tag.removeprefix("W/") for tag in tags] if weakly else tags)


def seconds(header: str) -> int | None:
    """The moment an HTTP date names, in seconds since 1970; None if it is no date."""
    try:
        return int(parsedate_to_datetime(header).timestamp())
    except (ValueError, TypeError, OverflowError):
        return None


def _list(text: str, position: int) -> tuple[tuple[Condition, ...], int]:
    conditions: list[Condition] = []
    wanted = True
    while found := _CONDITION.match(text, position):
        position = found.end()
        if found["close"]:
            break
        if found["no"]:
            wanted = False
            continue
        conditions.append(Condition(wanted, found["token"], found["etag"]))
        wanted = True
    else:
        raise Unfit("If", _BAD_IF)
    if not conditions:
        raise Unfit("If", _BAD_IF)
    return tuple(conditions), position


def _all_hold(conditions: tuple[Condition, ...], etag: str | None, tokens: frozenset[str]) -> bool:
    return all(
        condition.wanted
        == (condition.token in tokens if condition.token is not None else condition.etag == etag)
        for condition in conditions
    )
