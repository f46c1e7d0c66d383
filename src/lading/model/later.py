"""
Modules that are loaded when something of them is first used.

For engines that take longer to load than most commands take to run.  An ordinary import stands
beside it for readers, for the type checker and for the import rules, which see nothing of a name in quotes.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


def later(module: str) -> Any:
    """
    Stand for *module*, which is imported at the first look at one of its names, and never before.

    Nobody hears of a module that cannot be imported until then either.
    """
    return _Later(module)
