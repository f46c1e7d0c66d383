"""
Modules that are loaded when they are used.
"""

from __future__ import annotations

import gc
import importlib
import sys
from pathlib import Path

import pytest

from lading.model.loading import loading, on_use

CLIENT = "client_of_a_server"


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A package that nobody has loaded."""
    (tmp_path / CLIENT).mkdir()
    (tmp_path / CLIENT / "__init__.py").write_text("class Connection: pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop(CLIENT, None)


def test_a_module_is_loaded_at_the_first_look(packages) -> None:
    """
    Naming a module loads nothing; looking at a name of it does.
    """
    client = on_use(CLIENT)

    assert CLIENT not in sys.modules
    assert client.Connection is importlib.import_module(CLIENT).Connection


def test_a_module_that_is_not_there_is_told_at_the_first_look() -> None:
    """
    Whoever looks at a missing module hears what an import would have said.
    """
    missing = on_use("a_module_that_is_not_there")

    with pytest.raises(ModuleNotFoundError, match="a_module_that_is_not_there"):
        _ = missing.anything


def test_garbage_is_looked_for_again_once_modules_are_loaded() -> None:
    """
    Also after an import that failed, and never where somebody had switched it off.
    """
    with pytest.raises(ZeroDivisionError), loading():
        assert not gc.isenabled()
        _ = 1 / 0
    assert gc.isenabled()

    gc.disable()
    try:
        with loading():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
