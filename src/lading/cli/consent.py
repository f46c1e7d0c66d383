"""
Ask the person at the terminal before something is done for good.
"""

from __future__ import annotations

import sys

from lading.model.errors import BadRequest
from lading.model.text import Text

_NOBODY = Text("nobody is there to be asked; give --yes", "无人可询问；请使用 --yes")
_AGREED = ("y", "yes", "是")


def agreed(question: str, *, about: str, as_json: bool) -> bool:
    """
    Whether the person answers *question* with yes; *about* is what was typed that needs it.

    Raises:
        BadRequest: nobody is there.
    """
    if as_json or not sys.stdin.isatty():
        raise BadRequest(about, _NOBODY)
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in _AGREED
