"""
The kinds of values that requests carry, checked at the door.

Numbers that JSON would bend (times, ids) travel as decimal strings.  No text holds NUL or lone
surrogates, which a database could not keep.  Paths are `lading.model.paths.encode`.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, StringConstraints, WithJsonSchema

from lading.drive.errors import Unfit
from lading.model.errors import NameRefused
from lading.model.paths import Path, decode, encode
from lading.model.text import Text

_INT64 = 2**63
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_DIGITS = re.compile(r"[0-9]{1,9}")
_CLEAN = r"^[^\x00]*$"


def _whole(value: object) -> int:
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise ValueError("expected a whole number as a decimal string")
    number = int(value)
    if not -_INT64 <= number < _INT64:
        raise ValueError("the number is out of range")
    return number


def _natural(value: object) -> int:
    number = _whole(value)
    if number < 0:
        raise ValueError("expected a number that is not negative")
    return number


def _count(value: object) -> int:
    # Of a query string: the usual leniency would take "1_0" and " 10 ".
    if isinstance(value, int):
        return value
    if not isinstance(value, str) or not _DIGITS.fullmatch(value):
        raise ValueError("expected a whole number")
    return int(value)


def _flag(value: object) -> bool:
    if value not in ("true", "false", True, False):
        raise ValueError("expected true or false")
    return value in ("true", True)


def _decimal_schema(sign: str, example: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"type": "string", "pattern": f"^{sign}(0|[1-9][0-9]{{0,17}})$", "examples": [example]}
    )


Nanos = Annotated[int, BeforeValidator(_whole), _decimal_schema("-?", "1767225600000000000")]
"""A time: whole nanoseconds since 1970 UTC, as a decimal string; 1969 is negative."""

Ident = Annotated[int, BeforeValidator(_natural), _decimal_schema("", "12")]
"""An id, or another number that is not negative, as a decimal string."""

Flag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"type": "boolean"})]
"""true or false in a query string."""


def counted(least: int, most: int) -> WithJsonSchema:
    """The description of a number in a query string between *least* and *most*."""
    return WithJsonSchema({"type": "integer", "minimum": least, "maximum": most})


def _between(least: int, most: int) -> AfterValidator:
    def check(number: int) -> int:
        if not least <= number <= most:
            raise ValueError(f"expected a number from {least} to {most}")
        return number

    return AfterValidator(check)


PAGE = 1000
ENTRIES = 10_000

Limit = Annotated[int, BeforeValidator(_count), _between(1, PAGE), counted(1, PAGE)]
EntryLimit = Annotated[int, BeforeValidator(_count), _between(1, ENTRIES), counted(1, ENTRIES)]
Number = Annotated[int, BeforeValidator(_count), _between(1, 2**31 - 1), counted(1, 2**31 - 1)]
"""The number of a version."""
Offset = Annotated[int, BeforeValidator(_natural), counted(0, _INT64 - 1)]
"""A place in content, in bytes."""

Key = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_CLEAN)]
"""The key of a space, a principal, a link."""
Author = Annotated[str, StringConstraints(max_length=200, pattern=_CLEAN)]
"""The key of whoever saved a version; "" is nobody."""
Words = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=_CLEAN)]
"""A name or a reason for people."""
Sentence = Annotated[str, StringConstraints(max_length=4000, pattern=_CLEAN)]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=_CLEAN)]
"""A password or the text of a token."""
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
PathText = Annotated[str, StringConstraints(max_length=120_000)]
"""A path within a space in the form of `lading.model.paths.encode`; "" is the root."""
Cursor = Annotated[str, StringConstraints(max_length=8000)]
UploadToken = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Expectation = Annotated[
    str, StringConstraints(max_length=60, pattern=r'^(absent|anything|"[0-9]{1,18}-[0-9]{1,9}")$')
]
"""`absent`, `anything`, or an etag with its quotes."""

RoleName = Literal["preview", "download", "upload", "edit", "manage"]
ScopeName = Literal["read", "write", "share", "import", "admin"]


_NO_NAMES = ("", ".", "..")


def way(text: str) -> Path:
    """
    The path that *text* stands for.

    Raises:
        NameRefused: a name in it is empty, `.` or `..`, or holds a slash or NUL.
        Unfit: it is not the form that `encode` gives, so two texts would mean one path.
    """
    path = decode(text)
    for name in path:
        if name in _NO_NAMES or "/" in name or "\x00" in name:
            raise NameRefused(
                path,
                Text(
                    "a name may not be empty, . or .., or hold / or NUL",
                    "名称不能为空、. 或 ..，也不能含 / 或 NUL",
                ),
            )
    if encode(path) != text:
        raise Unfit("path", Text("it is not in the encoded form of paths", "路径不是规定的编码形式"))
    return path
