"""
Options that say by what people are found; apart from what is done with them, which takes longer to load.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from lading.cli.output import speak
from lading.model.text import Text

F = TypeVar("F", bound=Callable[..., Any])

BY = "rule,mail,login,name"
"""`matching.ORDER`; what that is takes longer to load than what else is needed to read the command line."""
_BY = Text(
    "By what people are found, in this order: of id, mail, login, rule, name.",
    "按此顺序查找人员：id、mail、login、rule、name。",
)
_RULE = Text(
    r"Find by a rule, e.g. 'login:CORP\{{x}}=login:{{x}}'; may be repeated.",
    r"按规则查找，例如 'login:CORP\{{x}}=login:{{x}}'；可重复。",
)
_MAP = Text("A corrected map (CSV), which overrides all else.", "已更正的映射表（CSV），优先于其他一切。")


def who_options(function: F) -> F:
    """`--by`, `--rule` and `--map`."""
    for option in (
        click.option("--map", "map_file", default=None, metavar="FILE", help=speak(_MAP)),
        click.option("--rule", "rules", multiple=True, metavar="RULE", help=speak(_RULE)),
        click.option("--by", default=BY, show_default=True, metavar="LIST", help=speak(_BY)),
    ):
        function = option(function)
    return function
