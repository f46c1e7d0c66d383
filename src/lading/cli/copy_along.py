"""
What goes along with the files of `lading copy`: versions, rights, links; its options, and what is said about it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path as LocalPath
from typing import Any, TypeVar

from lading.cli.options import features
from lading.cli.output import say, speak
from lading.manifest.files import local_errors
from lading.manifest.tables import Feature
from lading.model.errors import BadRequest
from lading.model.fidelity import Contract
from lading.model.losses import CODES, FEATURES, UNKNOWN
from lading.model.losses import Feature as Lost
from lading.model.text import Text
from lading.stages.transfer.features import BUCKETS, OF
from lading.stages.transfer.remains import LIST

F = TypeVar("F", bound=Callable[..., Any])

_NO_CONTRACT = Text("it is no fidelity contract", "不是保真约定")
_LINE = Text("{feature}: {found:,} found  {buckets}", "{feature}：发现 {found:,}  {buckets}")
_LOSS = Text("    {count:,} × {code}: {says}", "    {count:,} × {code}：{says}")
_UNKNOWN_LINE = Text("{feature}: {why}", "{feature}：{why}")
_LEFT = Text(
    "Grants in NEW that are not ours stay as they are: {count:,}, listed in {file}",
    "NEW 中并非由我们设置的授权保持原样：{count:,} 项，清单：{file}",
)
_LINKS = Text(
    "The new URLs and passwords are in {file}; hand them to those who made the links.",
    "新网址与密码在 {file} 中，请交给各链接的创建者。",
)
_UNANNOUNCED = Text(
    "Not announced by the contract: {code}, {count:,} times, {allowed:,} allowed",
    "约定未声明：{code}，出现 {count:,} 次，允许 {allowed:,} 次",
)
# The account counts all versions, the contract apart from those that came before the current one.
_NAMES = {**FEATURES, Lost.VERSIONS: Text("versions, current ones included", "版本（含当前版本）")}
WORDS = {
    "moved": Text("moved", "已迁移"),
    "same": Text("same", "相同"),
    "translated": Text("translated", "已转换"),
    "lossy": Text("lossy", "有损"),
    "dropped": Text("dropped", "丢弃"),
    "failed": Text("failed", "失败"),
    "excluded": Text("excluded", "已排除"),
    "waived": Text("waived", "已豁免"),
}


def along_rules(given: Mapping[str, Any]) -> dict[str, Any]:
    """
    What was typed, as rules of a pass.

    Raises:
        BadRequest: something else is asked for, or there is nothing to archive.
    """
    asked = features(given["wanted"])
    everything = given["wanted"].strip() == "all"
    others = [it.value for it in asked if it not in OF]
    if others and not everything:
        named = ", ".join(others)
        said = Text(
            f"{named}: only versions, grants, links go along", f"{named}：只能随附 versions、grants、links"
        )
        raise BadRequest("--with", said)
    if given["archive"] is not None and Feature.VERSIONS not in asked:
        raise BadRequest("--archive", Text("it needs --with versions", "需要 --with versions"))
    return {
        "features": tuple(it.value for it in asked if it in OF),
        "archive": None if given["archive"] is None else os.path.abspath(given["archive"]),
    }


def contract_in(file: LocalPath) -> Contract:
    """
    The contract in *file*.

    Raises:
        BadRequest: it is none.
        DriveError: it cannot be read.
    """
    with local_errors(str(file)):
        raw = file.read_bytes()
    try:
        return Contract.from_json(json.loads(raw))
    except (ValueError, KeyError, TypeError):
        raise BadRequest(str(file), _NO_CONTRACT) from None


def is_unannounced(account: Mapping[str, Any]) -> bool:
    """Whether something was lost that the contract does not announce."""
    return bool(account.get("contract", {}).get("unannounced"))


def asked_in_part(account: Mapping[str, Any]) -> bool:
    """Whether some entries of OLD could not be asked for what hangs on them."""
    return any(it["why"] == "in_part" for it in account.get("unknown", {}).values())


def tell_along(account: Mapping[str, Any], job: LocalPath, folder: LocalPath) -> None:
    """Say what became of versions, rights and links."""
    unknown = account.get("unknown", {})
    for name, told in account.get("features", {}).items():
        buckets = "  ".join(
            f"{speak(WORDS[bucket])} {told['buckets'][bucket]:,}"
            for bucket in BUCKETS
            if told["buckets"][bucket]
        )
        if told["found"] or name not in unknown:
            line = speak(_LINE, feature=speak(_NAMES[Lost(name)]), found=told["found"], buckets=buckets)
            sys.stdout.write(line.rstrip() + "\n")
        for code, count in told["codes"].items():
            sys.stdout.write(speak(_LOSS, count=count, code=code, says=speak(CODES[code].says)) + "\n")
    for name, told in unknown.items():
        say(_UNKNOWN_LINE, feature=speak(_NAMES[Lost(name)]), why=speak(UNKNOWN[told["why"]]))
    if account.get("left_in_new"):
        say(_LEFT, count=account["left_in_new"], file=folder / "left.jsonl")
    if (job / LIST).exists():
        say(_LINKS, file=job / LIST)
    for it in account.get("contract", {}).get("unannounced", ()):
        say(_UNANNOUNCED, **it)
