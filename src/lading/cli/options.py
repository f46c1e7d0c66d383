"""
Options that several commands share, as rows of data.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from lading.cli.output import speak
from lading.connectors.address import Address, parse
from lading.manifest.features import Feature, features_of
from lading.model.errors import BadAddress, BadRequest
from lading.model.text import Text

F = TypeVar("F", bound=Callable[..., Any])

JSON = Text("Write one JSON document to standard output.", "向标准输出写一个 JSON 文档。")
OPTION = Text(
    "An option of the {which} as KEY=VALUE, e.g. user=anna or password=env:NAME; may be repeated.",
    "{which}的选项，格式为 KEY=VALUE，例如 user=anna 或 password=env:NAME；可重复给出。",
)
WITH = Text(
    "Write down as well what hangs on files, as far as the drive tells it: "
    "people, grants, links, versions, locks, labels, comments, settings, with commas between; or all.",
    "同时登记文件所附带的信息（以网盘能提供者为限）：people（人员）、grants（权限）、links（链接）、"
    "versions（历史版本）、locks（锁）、labels（标签）、comments（评论）、settings（设置），以逗号分隔；或 all（全部）。",
)
_NO_FEATURE = Text("there is no {name!r}; there are: {known}, all", "没有“{name}”；可用的有：{known}、all")


class Percent(click.FloatRange):
    """A share in percent; `nan` is none, though no comparison refuses it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number that was typed."""
        share = super().convert(value, param, ctx)
        if math.isnan(share):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return share


def json_option(function: F) -> F:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help=speak(JSON))(function)


def with_option(function: F) -> F:
    """`--with LIST`: features to write down, see `features`."""
    return click.option("--with", "wanted", default="", metavar="LIST", help=speak(WITH))(function)


def features(wanted: str) -> tuple[Feature, ...]:
    """
    The features typed as *wanted*: names with commas between, or `all`.

    Raises:
        BadRequest: there is no such feature.
    """
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    for name in names:
        if name != "all" and name not in list(Feature):
            known = ", ".join(Feature), "、".join(Feature)
            raise BadRequest(
                "--with",
                Text(
                    _NO_FEATURE.en.format(name=name, known=known[0]),
                    _NO_FEATURE.zh.format(name=name, known=known[1]),
                ),
            )
    return features_of(Feature if "all" in names else names)


def drive_option(flag: str, which: Text) -> Callable[[F], F]:
    """`--opt KEY=VALUE`, or `--old-opt`, `--new-opt` where a command takes two drives."""
    name = flag.removeprefix("--").replace("-", "_")
    return click.option(
        flag, name, multiple=True, metavar="KEY=VALUE", help=speak(OPTION, which=speak(which))
    )


def address(text: str, options: Iterable[str], *, owner: str = "lading") -> Address:
    """
    The address typed as *text* with its `KEY=VALUE` options.

    Raises:
        BadAddress: an option is not of that form, or the address makes no sense.
    """
    pairs = {}
    for option in options:
        key, equals, value = option.partition("=")
        if not equals:
            raise BadAddress(text, f"option {key!r} is not of the form KEY=VALUE")
        pairs[key] = value
    return parse(text, pairs, owner=owner)
