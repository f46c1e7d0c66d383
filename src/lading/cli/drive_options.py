"""
What the commands about our own drive share: its home, and sizes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

import click

from lading.cli.output import speak
from lading.model.text import Text
from lading.site.config import HOME
from lading.site.home import open_home

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT = "drive"
_HOME = Text(
    "The folder of the drive (default: LADING_DRIVE_HOME, or else ./drive).",
    "网盘所在文件夹（默认：LADING_DRIVE_HOME，否则为 ./drive）。",
)
_SIZE = re.compile(r"(\d+)\s*([KMGTP]i?B?|B)?", re.IGNORECASE | re.ASCII)
_POWERS = {"": 0, "B": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}


def home_argument(function: F) -> F:
    """`[HOME]`, for commands that are about the drive as a whole."""
    return click.argument("home", metavar="[HOME]", default=_home)(function)


def home_option(function: F) -> F:
    """`--home HOME`, for commands that have arguments of their own."""
    return click.option("--home", metavar="HOME", default=_home, help=speak(_HOME))(function)


def desk(home: str, part: str) -> Any:
    """
    The module of `lading.site.desk` named *part*, at work on the drive in *home*.

    Raises:
        NotFound, BadRequest, NoDatabase: there is no such drive, or it cannot be opened.
    """
    open_home(home)
    return import_module(f"lading.site.desk.{part}")


class Size(click.ParamType):  # type: ignore[type-arg]  # generic for type checkers only
    """Bytes, as a number or with KiB, MiB, GiB, TiB (all powers of 1,024)."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of bytes that was typed."""
        if isinstance(value, int):
            return value
        found = _SIZE.fullmatch(str(value).strip())
        if found is None:
            self.fail(f"{value!r} is not a size such as 500GiB.", param, ctx)
        return int(found[1]) << 10 * _POWERS[(found[2] or "")[:1].upper()]


def _home() -> str:
    return os.environ.get(HOME) or DEFAULT
