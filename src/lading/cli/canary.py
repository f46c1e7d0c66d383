"""
`lading canary plant | check | remove DRIVE`: known hard things, followed through the upgrade.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

import click

from lading.cli import canary_telling as telling
from lading.cli.consent import agreed
from lading.cli.options import address, drive_option, json_option
from lading.cli.output import answer, hint, person, say, speak
from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.registry import open_drive
from lading.connectors.wrap.policy import Policy, wrapped
from lading.connectors.wrap.timetable import parse_timetable
from lading.manifest.files import local_errors, locked
from lading.model.errors import FAILED_OBJECTS, UNANSWERED, BadRequest, NotFound
from lading.model.fidelity import Contract
from lading.model.paths import Path, decode
from lading.model.text import Text
from lading.stages.planning.signing import FILE as CONTRACT
from lading.stages.verification.canary.checking import Where, check
from lading.stages.verification.canary.judging import ANSWERS, Verdict
from lading.stages.verification.canary.keeping import Keep, Kept, kept_in
from lading.stages.verification.canary.kit import Kit, is_campaign, known_as
from lading.stages.verification.canary.needs import ability_of, holdable, new_kit
from lading.stages.verification.canary.places import computed, kits_in
from lading.stages.verification.canary.planting import Outcome, Plan, State, planned, plant
from lading.stages.verification.canary.removing import remove
from lading.stages.verification.state import job_in

F = TypeVar("F", bound=Callable[..., Any])

_HELP = Text(
    """Place known hard things in OLD, look after them in each pass, and remove them at the end.

    Exit codes: 0 all is well; 11 something was refused or left; 15 a canary does not answer; others see
    docs/manual/errors.md.""",
    """在旧网盘中放置一组已知的难点，每轮迁移后检查，最后移除。

    退出码：0 一切正常；11 有被拒绝或保留的内容；15 有金丝雀未正常应答；其余见 docs/manual/errors.md。""",
)
_PLANT = Text(
    "Plant what DRIVE can hold, after showing the plan; what is there already stays.",
    "显示计划并确认后，放置 DRIVE 能够容纳的内容；已有的保持不变。",
)
_CHECK = Text(
    "Look what became of each canary on DRIVE: OLD, or NEW after a pass. Nothing is changed.",
    "检查 DRIVE（旧网盘，或一轮迁移后的新网盘）上每项金丝雀的情况。不作任何更改。",
)
_REMOVE = Text(
    "Remove exactly what was planted; what somebody changed or added stays and is told.",
    "只移除所放置的内容；他人更改或添加的内容予以保留并列出。",
)
_UNDER = Text(
    "The folder of DRIVE in which the canaries are; default the root.", "金丝雀所在的上级文件夹；默认为根。"
)
_CAMPAIGN = Text(
    "The id of the upgrade; up to 24 letters, digits, dashes.", "升级编号；最多 24 个字母、数字或连字符。"
)
_PERSON = Text("The id of the person on DRIVE who gets the grants.", "DRIVE 上获得授权的人员 ID。")
_GUEST = Text("The id of the guest on DRIVE who gets a grant with an end.", "DRIVE 上获得限期授权的来宾 ID。")
_YES = Text("Do it without asking.", "不再询问。")
_DRY = Text("Show the plan and do nothing.", "只显示计划，不执行。")
_STATE = Text("Folder that keeps the state.", "保存状态的文件夹。")
_AGAINST = Text(
    "The state folder of the planting: then a kit that is missing as a whole is noticed, and the names and the signed contract of the transfer are found.",
    "放置时的状态文件夹：可发现整组缺失，并自动找到迁移的改名清单和已签署的约定。",
)
_MAPPED = Text(
    "The list of names that are others in NEW: mapped.parquet of a pass.",
    "新网盘中名称不同的清单：某一轮的 mapped.parquet。",
)
_CONTRACT = Text(
    "The fidelity contract: losses that it announces are expected.", "保真约定：其中已说明的损失视为预期。"
)
_LIMIT = Text(
    "Limits for DRIVE, e.g. 'mon-fri 08:00-18:30 2MiB/s 20calls/s'.",
    "对 DRIVE 的限速，例如 'mon-fri 08:00-18:30 2MiB/s 20calls/s'。",
)
_ASK_PLANT = Text("Plant these in {drive}? [y/N] ", "在 {drive} 中放置以上内容？[y/N] ")
_ASK_REMOVE = Text(
    "Remove the canaries of campaign {campaign} from {drive}? [y/N] ",
    "从 {drive} 移除升级 {campaign} 的金丝雀？[y/N] ",
)
_NOTHING = Text("Nothing was done.", "未作任何更改。")
_NO_KIT = Text(
    "no canaries are there; plant them, or say where with --under",
    "其中没有金丝雀；请先放置，或用 --under 指明位置",
)
_BAD_CAMPAIGN = Text("it has up to 24 letters, digits and dashes", "应为最多 24 个字母、数字或连字符")
_BAD_CONTRACT = Text("it is no fidelity contract", "不是保真约定")
_WORK = Text("canaries are planted or removed", "正在放置或移除金丝雀")
_RECORDED = Text("Record {seq} in {folder}", "{folder} 中的第 {seq} 条记录")


@click.group(help=speak(_HELP))
def command() -> None:
    """The group of commands about canaries."""


def _shared(function: F) -> F:
    """Options of all three commands."""
    for option in (
        json_option,
        click.option("--limit", default="", metavar="TIMETABLE", help=speak(_LIMIT)),
        drive_option("--opt", Text("drive", "网盘")),
        click.option("--campaign", default=None, metavar="ID", help=speak(_CAMPAIGN)),
        click.option("--under", default="", metavar="PATH", help=speak(_UNDER)),
    ):
        function = option(function)
    return function


_people = (
    click.option("--person", "who", default=None, metavar="ID", help=speak(_PERSON)),
    click.option("--guest", default=None, metavar="ID", help=speak(_GUEST)),
)
_state = click.option("--state", default=".lading", show_default=True, metavar="DIR", help=speak(_STATE))
_yes = click.option("--yes", is_flag=True, help=speak(_YES))


class _Asked(NamedTuple):
    """What was typed: the drive, the folder on it, and the campaign."""

    place: Address
    under: Path
    campaign: str | None
    limit: str


@command.command("plant", help=speak(_PLANT))
@click.argument("drive")
@_people[0]
@_people[1]
@_yes
@click.option("--dry-run", is_flag=True, help=speak(_DRY))
@_state
@_shared
def plant_command(drive: str, as_json: bool, **given: Any) -> int:
    """Plan, show, ask, plant."""
    asked = _asked(drive, given)
    with _opened(asked, read_only=False) as it:
        plan = _plan(it, asked, given)
        if not as_json:
            telling.tell_plan(plan)
        if given["dry_run"]:
            if as_json:
                answer("canary plant", telling.plan_facts(plan))
            return 0
        question = speak(_ASK_PLANT, drive=str(asked.place))
        if not given["yes"] and not agreed(question, about="canary plant", as_json=as_json):
            hint(_NOTHING)
            return 0
        return _planted(it, plan, asked.place, given["state"], as_json)


@command.command("check", help=speak(_CHECK))
@click.argument("drive")
@click.option("--against", default=None, metavar="DIR", help=speak(_AGAINST))
@click.option("--mapped", default=None, metavar="FILE", help=speak(_MAPPED))
@click.option("--contract", default=None, metavar="FILE", help=speak(_CONTRACT))
@_people[0]
@_people[1]
@_shared
def check_command(drive: str, as_json: bool, **given: Any) -> int:
    """Look at each canary and say what became of it."""
    asked = _asked(drive, given)
    keep, kept = kept_in(given["against"], asked.campaign) if given["against"] else (None, None)
    with _opened(asked, read_only=True) as it:
        where = _where(it, asked, kept, _mapped(asked, kept, given))
        announced = _announced(_contract_file(asked, kept, given))
        kit = known_as(where.kit, person=given["who"], guest=given["guest"])
        verdicts = check(it, where, kit, announced)
    code = 0 if all(verdict.state in ANSWERS for verdict in verdicts) else UNANSWERED
    if keep is not None:
        keep.record(
            "canary.checked", _check_facts(asked, where, verdicts), actor=person(), at=datetime.now(UTC)
        )
    if as_json:
        facts = {**telling.kit_facts(where.kit), "canaries": telling.verdict_facts(verdicts)}
        answer("canary check", facts, exit_code=code)
    else:
        telling.tell_verdicts(verdicts)
    return code


@command.command("remove", help=speak(_REMOVE))
@click.argument("drive")
@_yes
@_state
@_shared
def remove_command(drive: str, as_json: bool, **given: Any) -> int:
    """Ask, and remove."""
    asked = _asked(drive, given)
    with _opened(asked, read_only=False) as it:
        kit, base = _kit_to_remove(it, asked, given["state"])
        question = speak(_ASK_REMOVE, campaign=kit.campaign, drive=str(asked.place))
        if not given["yes"] and not agreed(question, about="canary remove", as_json=as_json):
            hint(_NOTHING)
            return 0
        keep = Keep(given["state"], kit.campaign)
        keep.make()
        with locked(keep.folder, _WORK):
            removed = remove(it, kit, base, computed(kit, base, it.profile.names))
            facts = {
                "drive": str(asked.place),
                "campaign": kit.campaign,
                "removed": removed.entries,
                "left": len(removed.left),
            }
            keep.record("canary.removed", facts, actor=person(), at=datetime.now(UTC))
            if not removed.left:
                keep.forget()
    code = FAILED_OBJECTS if removed.left else 0
    if as_json:
        answer("canary remove", {**telling.kit_facts(kit), **telling.removed_facts(removed)}, exit_code=code)
    else:
        telling.tell_removed(removed)
    return code


def _asked(drive: str, given: dict[str, Any]) -> _Asked:
    if given["campaign"] is not None and not is_campaign(given["campaign"]):
        raise BadRequest("--campaign", _BAD_CAMPAIGN)
    parse_timetable(given["limit"])
    return _Asked(
        address(drive, given["opt"], owner="canary"),
        decode(given["under"].strip("/")),
        given["campaign"],
        given["limit"],
    )


@contextmanager
def _opened(asked: _Asked, *, read_only: bool) -> Iterator[Drive]:
    place = asked.place
    if read_only:
        # Options with which a drive would be made or tried out by writing have no place here.
        place = replace(
            place, options={k: v for k, v in place.options.items() if k not in ("create", "role")}
        )
    with open_drive(place) as drive:
        yield wrapped(drive, Policy(read_only=read_only, limits=asked.limit))


def _plan(drive: Drive, asked: _Asked, given: dict[str, Any]) -> Plan:
    """The plan for the kit that is there already, or for a new one."""
    campaign = (
        asked.campaign
        or hashlib.sha256(
            f"{asked.place.kind}\0{asked.place.place}".encode("utf-8", "surrogateescape")
        ).hexdigest()[:12]
    )
    there = [replace(kit, base=base) for base, kit in kits_in(drive, asked.under) if kit.campaign == campaign]
    if there:
        kit = there[0]
    else:
        begun = int(time.time()) * 1_000_000_000
        bare = Kit(
            campaign=campaign,
            address=str(asked.place),
            base=asked.under,
            begun=begun,
            person=given["who"] or "",
            guest=given["guest"] or "",
        )
        kit = new_kit(drive, bare)
    return planned(kit, holdable(kit, ability_of(drive)))


def _planted(drive: Drive, plan: Plan, old: Address, state: str, as_json: bool) -> int:
    keep = Keep(state, plan.kit.campaign)
    keep.make()
    with locked(keep.folder, _WORK):
        keep.write(plan.kit, old)
        kit, outcomes = plant(drive, plan, keep)
        keep.write(kit, old)
        facts = {
            "drive": str(old),
            "campaign": kit.campaign,
            "canaries": {it.code: it.state.value for it in outcomes},
        }
        seq = keep.record("canary.planted", facts, actor=person(), at=datetime.now(UTC))
    code = FAILED_OBJECTS if _refused(outcomes) else 0
    if as_json:
        answer(
            "canary plant",
            {**telling.plan_facts(plan), "canaries": telling.outcome_facts(outcomes)},
            exit_code=code,
        )
    else:
        telling.tell_planted(outcomes)
        say(_RECORDED, seq=seq, folder=keep.folder)
    return code


def _refused(outcomes: tuple[Outcome, ...]) -> bool:
    return any(it.state is State.REFUSED for it in outcomes)


def _where(drive: Drive, asked: _Asked, kept: Kept | None, mapped: str | None) -> Where:
    """Which kit is meant, and where it is on *drive*."""
    found = [
        (base, kit)
        for base, kit in kits_in(drive, asked.under)
        if (kept.kit.campaign if kept else asked.campaign) in (None, kit.campaign)
    ]
    if kept is not None:
        return Where(kept.kit, found[0][0] if found else None, asked.under, mapped)
    if not found:
        raise NotFound(str(asked.place), _NO_KIT)
    if len(found) > 1:
        listed = ", ".join(kit.campaign for _, kit in found)
        raise BadRequest("--campaign", Text(f"name one of {listed}", f"请指定其一：{listed}"))
    base, kit = found[0]
    return Where(kit, base, asked.under, mapped)


def _kit_to_remove(drive: Drive, asked: _Asked, state: str) -> tuple[Kit, Path]:
    """The kit on the drive, and its folder; where its page is gone already, the one that was kept."""
    try:
        where = _where(drive, asked, None, None)
    except NotFound:
        _, kept = kept_in(state, asked.campaign)
        if (kept.kind, kept.place) != (asked.place.kind, asked.place.place):
            raise
        return kept.kit, kept.kit.base
    return where.kit, where.base or where.kit.base


def _mapped(asked: _Asked, kept: Kept | None, given: dict[str, Any]) -> str | None:
    if given["mapped"] is not None or kept is None:
        return str(given["mapped"]) if given["mapped"] else None
    job = job_in(given["against"], Address(kept.kind, kept.place), asked.place)
    return job.mapped() if job else None


def _contract_file(asked: _Asked, kept: Kept | None, given: dict[str, Any]) -> str | None:
    """The contract that was given, or the one that was signed for this pair."""
    if given["contract"] is not None or kept is None:
        return str(given["contract"]) if given["contract"] else None
    job = job_in(given["against"], Address(kept.kind, kept.place), asked.place)
    file = os.path.join(job.folder, CONTRACT) if job else ""
    return file if os.path.exists(file) else None


def _announced(file: str | None) -> frozenset[str]:
    if file is None:
        return frozenset()
    with local_errors(file), open(file, encoding="utf-8") as stream:
        try:
            contract = Contract.from_json(json.load(stream))
        except (ValueError, KeyError, TypeError):
            raise BadRequest(file, _BAD_CONTRACT) from None
    return frozenset(code for code, count in contract.counts.items() if count)


def _check_facts(asked: _Asked, where: Where, verdicts: tuple[Verdict, ...]) -> dict[str, Any]:
    return {
        "drive": str(asked.place),
        "campaign": where.kit.campaign,
        "canaries": {it.code: it.state.value for it in verdicts},
    }
