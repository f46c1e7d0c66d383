"""
Ask for a server in a live test: absence is said aloud and never looks like success.

With ``LADING_LIVE=required`` in the environment, as in the nightly run, a
missing server is a failure; otherwise the test is skipped with the reason,
which pytest prints with ``-rs``.
"""

import os
import warnings
from collections.abc import Callable
from typing import TypeVar

import pytest

from .local import LocalServer, ServerMissing

Server = TypeVar("Server", bound=LocalServer)


def require_server(make: Callable[[], Server]) -> Server:
    """The server that *make* builds, not yet started; without it the test is skipped or, nightly, fails."""
    try:
        return make()
    except ServerMissing as missing:
        if os.environ.get("LADING_LIVE") == "required":
            pytest.fail(f"a live server is required: {missing}")
        warnings.warn(f"live test not run: {missing}", stacklevel=2)
        pytest.skip(f"live server missing: {missing}")
