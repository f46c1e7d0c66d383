"""
The XML that S3 answers with, as plain values.

Read with defusedxml: no entities, no documents from elsewhere.  Names of elements are taken without their
namespace, because compatible servers leave it out here and there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_to_bytes

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from lading.model.errors import BadAnswer
from lading.model.paths import Path, name_from
from lading.model.text import Text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SAID = Text("the answer is not the XML it should be", "返回的 XML 无效")


def document(body: bytes, subject: Path | str, root: str = "") -> Any:
    """
    The root element of *body*.

    Raises:
        BadAnswer: it is no XML, or its root is not called *root*.
    """
    try:
        found = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError):
        raise BadAnswer(subject, _SAID) from None
    if root and local(found) != root:
        raise BadAnswer(subject, _SAID)
    return found


def local(element: Any) -> str:
    """The name of *element* without its namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: Any, name: str) -> Iterator[Any]:
    """The direct children called *name*."""
    return (child for child in element if local(child) == name)


def child(element: Any, name: str) -> Any:
    """The first child called *name*, or None."""
    return next(children(element, name), None)


def texts(element: Any) -> dict[str, str]:
    """The text of each child, by its name; of those with one name the first."""
    found: dict[str, str] = {}
    for one in element:
        found.setdefault(local(one), one.text or "")
    return found


def key_of(text: str, *, encoded: bool) -> str:
    """A key as it stands in a listing, with bytes that are no UTF-8 carried as surrogates."""
    # Compatible servers that do not know encoding-type send keys as they are, and do not say `url`.
    return name_from(unquote_to_bytes(text.replace("+", " "))) if encoded else text


def moment_of(text: str) -> int | None:
    """Nanoseconds since 1970 of a time as XML has it (`2026-11-26T11:44:20.000Z`); None if it is none."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    passed = when - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000_000 + passed.microseconds * 1000
