"""
`lading fidelity OLD NEW`: what of OLD will arrive in NEW, and how; signed before the start.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from typing import Any

import click

from lading.cli.consent import agreed
from lading.cli.fidelity_telling import tell
from lading.cli.options import json_option
from lading.cli.output import answer, hint, person, say, speak
from lading.cli.people_options import pair, people_options
from lading.cli.scan import Depth
from lading.manifest import tables
from lading.model.errors import DIFFERENT, BadRequest
from lading.model.fidelity import Contract
from lading.model.losses import TOLD_BY, Feature, Outcome
from lading.model.text import Text
from lading.stages.planning.contract import make_contract
from lading.stages.planning.signing import Signed, check_signable, keep, sign

_HELP = Text(
    """Say for each feature of OLD what becomes of it in NEW: exact, translated, lossy or dropped, by count.

    OLD and NEW are drives, or folders that `lading scan --with all` wrote. Nothing is changed on either
    side. With --sign the contract is kept and its digest goes to the ledger: a loss that is not in it
    is an error of the transfer later.

    Exit codes: 0 everything arrives; 10 something is lost or unknown; 46 it cannot be signed; others see
    docs/manual/errors.md.""",
    """逐项说明旧网盘的内容在新网盘中的结果：完全一致、转换、有损或丢弃，并给出数量。

    OLD 与 NEW 可以是网盘，或 `lading scan --with all` 写出的文件夹。不会改动任何一侧。使用 --sign 时保存约定，
    并将其摘要写入记录链：此后出现约定之外的损失即为迁移错误。

    退出码：0 全部保留；10 有损失或情况不明；46 无法签署；其余见 docs/manual/errors.md。""",
)
_EXPIRY = Text(
    "Grants that end, where no grant of NEW can: drop them, or set them without an end and report the days.",
    "新网盘授权不能到期时，对有到期时间的授权：drop 为丢弃，report 为不带到期时间设置并报告日期。",
)
_WAIVE = Text(
    "Accept that nothing is known of these features, e.g. locks,labels.",
    "接受这些内容情况不明，例如 locks,labels。",
)
_OUTPUT = Text("Write the contract to FILE.", "将约定写入 FILE。")
_SIGN = Text(
    "Sign: keep the contract and note its digest in the ledger.", "签署：保存约定并将其摘要写入记录链。"
)
_YES = Text("Sign without asking.", "签署时不再询问。")
_STATE = Text("Folder that keeps the state of the job.", "保存任务状态的文件夹。")
_ASK = Text("Sign this contract as {actor}? [y/N] ", "以 {actor} 的名义签署此约定？[y/N] ")
_SIGNED = Text("Signed: record {seq} of {ledger}", "已签署：{ledger} 第 {seq} 条记录")
_NOT_SIGNED = Text("Not signed.", "未签署。")


@click.command("fidelity", help=speak(_HELP))
@click.argument("old")
@click.argument("new")
@people_options
@click.option(
    "--expiry", type=click.Choice(["drop", "report"]), default="drop", show_default=True, help=speak(_EXPIRY)
)
@click.option("--waive", default="", metavar="LIST", help=speak(_WAIVE))
@click.option("-o", "--output", default=None, metavar="FILE", help=speak(_OUTPUT))
@click.option("--sign", "signing", is_flag=True, help=speak(_SIGN))
@click.option("--yes", is_flag=True, help=speak(_YES))
@click.option("--state", default=".lading", show_default=True, metavar="DIR", help=speak(_STATE))
@json_option
def command(old: str, new: str, as_json: bool, **given: Any) -> int:
    """Make the contract, and sign it where that is asked for."""
    waived = _features(given["waive"])
    contract = _contract(old, new, waived, given, quiet=as_json)
    if given["output"] is not None:
        keep(contract, given["output"])
    if not as_json:
        tell(contract)
    signed = _signed(contract, given, as_json=as_json) if given["signing"] else None
    code = DIFFERENT if _loses(contract) else 0
    if as_json:
        answer("fidelity", _facts(contract, signed), exit_code=code)
    elif signed is not None:
        say(_SIGNED, seq=signed.seq, ledger=signed.ledger)
    return code


def _contract(
    old: str, new: str, waived: tuple[Feature, ...], given: dict[str, Any], *, quiet: bool
) -> Contract:
    depth = Depth(False, tuple(tables.Feature))
    with tempfile.TemporaryDirectory(prefix="lading-fidelity-") as scratch:
        found = pair(old, new, scratch, depth, quiet=quiet, **given)
        return make_contract(
            found.old,
            found.new,
            found.people,
            endless=given["expiry"] == "report",
            waived=waived,
            directory=scratch,
        )


def _features(typed: str) -> tuple[Feature, ...]:
    names = [name.strip() for name in typed.split(",") if name.strip()]
    known = dict.fromkeys((*TOLD_BY.values(), *Feature))
    for name in names:
        if name not in known:
            listed = ", ".join(known)
            said = Text(f"{name!r} is none of {listed}", f"{name!r} 不是下列之一：{listed}")
            raise BadRequest("--waive", said)
    return tuple(it for it in Feature if it in names or TOLD_BY.get(it) in names)


def _signed(contract: Contract, given: dict[str, Any], *, as_json: bool) -> Signed | None:
    check_signable(contract)
    actor = person()
    if not given["yes"] and not agreed(speak(_ASK, actor=actor), about="--sign", as_json=as_json):
        hint(_NOT_SIGNED)
        return None
    return sign(contract, given["state"], actor=actor, at=datetime.now(UTC))


def _loses(contract: Contract) -> bool:
    return any(it.unknown or it.lossy or it.dropped for it in contract.accounts)


def _facts(contract: Contract, signed: Signed | None) -> dict[str, Any]:
    return {
        "digest": contract.digest,
        "contract": contract.to_json(),
        "outcomes": {code: _outcome(code, contract) for code in contract.counts},
        "signable": not contract.open,
        "signed": signed._asdict() if signed else None,
    }


def _outcome(code: str, contract: Contract) -> Outcome:
    return next(line.outcome for it in contract.accounts for line in it.lines if line.code == code)
