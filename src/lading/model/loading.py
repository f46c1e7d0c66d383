"""
Modules that are loaded when something of them is first used.

For engines that take longer to load than most commands take to run.  An ordinary import stands
beside it for readers, for the type checker and for the import rules, which see nothing of a name in quotes.
"""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

LEFT_OUT = ("pyarrow._azurefs", "pyarrow._gcsfs", "pyarrow._hdfs", "pyarrow._s3fs")
"""Clients of other file systems, which Arrow does without where they are not installed: nobody here reads through them."""

# At the end all is looked through after all: some libraries tell of what is left over as of leaks.
atexit.register(gc.unfreeze)


class _OnUse(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            # Asked by the machinery of imports, which looks whether it is there.
            raise AttributeError(name)
        if self.__name__ not in sys.modules:
            with loading():
                import_module(self.__name__)
        # Once more, since another thread may be loading it just now.
        return getattr(import_module(self.__name__), name)


def on_use(module: str) -> Any:
    """
    Stand for *module*, which is imported at the first look at one of its names, and never before.

    Nobody hears of a module that cannot be imported until then either.
    """
    return _OnUse(module)


@contextmanager
def loading() -> Iterator[None]:
    """
    Look for no garbage while modules are loaded: all that they make stays, and is not looked through again.

    To do so was a twentieth of the time of a small copy.  What is in `LEFT_OUT` is not found meanwhile.
    """
    with _left_out():
        if not gc.isenabled():
            yield
            return
        gc.disable()
        try:
            yield
        finally:
            gc.freeze()
            gc.enable()


@contextmanager
def _left_out() -> Iterator[None]:
    names = [name for name in LEFT_OUT if name not in sys.modules]
    # With this in its place an import fails as if there were no such module.
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in names:
            if sys.modules.get(name, name) is None:
                del sys.modules[name]
