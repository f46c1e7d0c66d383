"""
What the commands about our own drive share: its home.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

HOME = "LADING_DRIVE_HOME"
DEFAULT = "drive"


def home_argument(function: F) -> F:
    """`[HOME]`: the folder of the drive."""
    return click.argument("home", metavar="[HOME]", default=_home, required=False)(function)


def home_option(function: F) -> F:
    """`--home HOME`, for commands that have arguments of their own."""
    return click.option("--home", metavar="HOME", default=_home)(function)


def _home() -> str:
    return os.environ.get(HOME) or DEFAULT
