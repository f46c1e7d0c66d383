"""
Modules that are loaded when they are used.
"""

from __future__ import annotations

import gc
import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

from lading.model.loading import loading, on_use, stood_in

CLIENT = "client_of_a_server"
USER = "user_of_the_client"


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A package with errors of its own, and a module that imports both and counts on neither."""
    (tmp_path / CLIENT).mkdir()
    (tmp_path / CLIENT / "__init__.py").write_text("class Connection: pass\n")
    (tmp_path / CLIENT / "errors.py").write_text("class Refused(Exception): pass\n")
    (tmp_path / f"{USER}.py").write_text(f"import {CLIENT}\nfrom {CLIENT} import errors\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] in (CLIENT, USER)]:
        del sys.modules[name]


def imported_with_stand_ins() -> ModuleType:
    with stood_in(CLIENT, f"{CLIENT}.errors"):
        return importlib.import_module(USER)


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


def test_who_was_given_a_stand_in_has_the_true_module_when_it_looks(packages) -> None:
    """
    What is raised by the true package is caught by whoever was loaded beside its stand-in.
    """
    user = imported_with_stand_ins()
    assert CLIENT not in sys.modules

    true = importlib.import_module(f"{CLIENT}.errors")

    assert user.errors.Refused is true.Refused
    assert getattr(user, CLIENT).Connection is importlib.import_module(CLIENT).Connection


def test_a_stand_in_steps_aside_for_who_looks_at_once(tmp_path: Path, packages) -> None:
    """
    A library that comes to need the package while it is loaded gets it.
    """
    (tmp_path / f"{USER}.py").write_text(f"from {CLIENT} import errors\nclass Mine(errors.Refused): pass\n")

    user = imported_with_stand_ins()

    assert user.Mine.__bases__ == (importlib.import_module(f"{CLIENT}.errors").Refused,)


def test_what_is_loaded_already_is_not_stood_for(packages) -> None:
    """
    Who has loaded a package before keeps it, and shares it.
    """
    true = importlib.import_module(CLIENT)

    assert getattr(imported_with_stand_ins(), CLIENT) is true


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
