"""
What a server writes to its log: faults of ours, and never a token.
"""

from __future__ import annotations

import logging
import re

_TOKENS = re.compile(r"(/(?:s|first)/)[^/?\s]+")
_HIDDEN = r"\1…"


class WithoutTokens(logging.Filter):
    """Hides what stands where addresses of pages hold their token."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record; it is always written."""
        record.msg = _TOKENS.sub(_HIDDEN, record.getMessage())
        record.args = None
        return True


def set_up() -> None:
    """Write errors to standard error; what a client did wrong is told to the client alone."""
    writer = logging.StreamHandler()
    writer.setFormatter(logging.Formatter("[%(levelname)s] %(name)s: %(message)s"))
    writer.addFilter(WithoutTokens())
    for name in ("django", "lading"):
        log = logging.getLogger(name)
        log.handlers, log.propagate = [writer], False
        log.setLevel(logging.ERROR)
