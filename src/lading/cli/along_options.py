"""
Options that say what goes along with the files; apart from what is done with them, which takes longer to load.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path as LocalPath
from typing import Any, TypeVar

import click

from lading.cli.output import speak
from lading.cli.who_options import who_options
from lading.model.text import Text

F = TypeVar("F", bound=Callable[..., Any])

_WITH = Text(
    "What goes along with the files: versions, grants, links, separated by commas, or all.",
    "随文件一同迁移的内容：versions、grants、links，以逗号分隔，或 all。",
)
_CONTRACT = Text(
    "A fidelity contract; a loss that it does not announce ends in an exit code of its own.",
    "保真约定；出现其中未声明的损失时以专门的退出码结束。",
)
_ARCHIVE = Text(
    "Keep earlier versions that NEW does not take in this folder.", "将 NEW 不接收的历史版本保存到此文件夹。"
)


def along_options(function: F) -> F:
    """`--with`, `--contract`, `--archive`, and those that find out who is who."""
    for option in (
        who_options,
        click.option(
            "--archive",
            type=click.Path(path_type=LocalPath),
            default=None,
            metavar="DIR",
            help=speak(_ARCHIVE),
        ),
        click.option(
            "--contract",
            type=click.Path(path_type=LocalPath),
            default=None,
            metavar="FILE",
            help=speak(_CONTRACT),
        ),
        click.option("--with", "wanted", default="", metavar="LIST", help=speak(_WITH)),
    ):
        function = option(function)
    return function
