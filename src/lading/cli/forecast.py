"""
`lading forecast OLD NEW`: copy a sample, and say how long the whole copy takes.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path as LocalPath
from typing import Any

import click

from lading.cli.durations import since_start
from lading.cli.forecast_run import Trial
from lading.cli.forecast_telling import tell
from lading.cli.options import address, drive_option, features, json_option
from lading.cli.output import answer, hint, progress_bar, speak
from lading.cli.people_options import who_given
from lading.cli.scan import Depth, written
from lading.cli.scratch_folder import ScratchFolder, clean_earlier, held, scratch_folder
from lading.cli.who_options import who_options
from lading.connectors.crew import Crew
from lading.manifest.engine import load_engine
from lading.manifest.files import local_errors
from lading.manifest.load import load_of
from lading.manifest.read import Manifest
from lading.manifest.tables import Feature
from lading.model.costs import Load, forecast
from lading.model.errors import TRIAL_LEFT, BadRequest, NothingToTry
from lading.model.text import Text
from lading.stages.readiness.factfile import write_facts
from lading.stages.readiness.facts.forecast import CostFacts, ForecastFacts
from lading.stages.readiness.sampling import Deck
from lading.stages.transfer.apart import check_apart
from lading.stages.transfer.order import workers
from lading.stages.transfer.rates import Tally

FOLDER = "forecasts"
HELP = Text(
    """Copy a sample of OLD into a folder of its own on NEW, remove it again, and say how long the whole copy takes.

    OLD is scanned whole and never changed. The sample is copied by the ordinary copy, in portions of different sizes;
    the folder lies below NEW, or below --scratch. With -o the forecast is written for `lading assess --facts`.

    Exit codes: 0 told; 90 OLD holds nothing to try; 91 told, but something was left in the folder; 2 to 5 bad request;
    20 to 39 a drive refused; 130 interrupted, the folder is removed.""",
    """将 OLD 的样本复制到 NEW 上单独的文件夹，随后清除，并预测完整复制所需时间。

    OLD 会被完整扫描，但不作任何改动。样本以普通复制方式按大小不同的批次迁移；该文件夹位于 NEW 或 --scratch 之下。
    使用 -o 可将预测写成供 `lading assess --facts` 使用的文件。

    退出码：0 已给出预测；90 OLD 中没有可供试复制的内容；91 已给出预测，但文件夹中有残留；2 至 5 请求有误；
    20 至 39 网盘拒绝；130 被中断，文件夹已清除。""",
)
_SECONDS = Text("How long the trial may take, about, besides the scan.", "试复制的大致时长（不含扫描）。")
_WITH = Text(
    "What goes along: versions. Grants and links are not tried: a trial must open nothing to anybody.",
    "随文件迁移的内容：versions。不试迁权限与链接：试复制不得向任何人开放内容。",
)
_SCRATCH = Text(
    "Where the trial's folder is made, instead of NEW: a drive of the same kind and server.",
    "试复制文件夹所在的位置，代替 NEW：应为同类、同一服务器上的网盘。",
)
_SEED = Text("Draw the sample of an earlier forecast again.", "重新抽取先前预测的样本。")
_STATE = Text("Folder that keeps the state of the job.", "保存任务状态的文件夹。")
_OUTPUT = Text("The file to write the facts to.", "写入事实的文件。")
_CLEANED = Text(
    "An earlier forecast was cut off; what it left in {place} is removed.",
    "先前的预测被中断；其在 {place} 的残留已清除。",
)
_STUCK = Text(
    "An earlier forecast was cut off, and what it left in {place} could not be removed.",
    "先前的预测被中断，其在 {place} 的残留无法清除。",
)
_LEFT = Text(
    "{count:,} entries could not be removed from {place}; the next forecast tries again.",
    "{place} 中有 {count:,} 个条目无法清除；下一次预测会再次尝试。",
)
_ONLY_VERSIONS = Text("only versions can be tried", "只能试迁 versions")


@click.command("forecast", help=speak(HELP))
@click.argument("old")
@click.argument("new")
@drive_option("--old-opt", Text("old drive", "旧网盘"))
@drive_option("--new-opt", Text("new drive", "新网盘"))
@click.option(
    "--seconds",
    type=click.FloatRange(1, 86_400),
    default=60.0,
    show_default=True,
    metavar="N",
    help=speak(_SECONDS),
)
@click.option("--with", "wanted", default="", metavar="versions", help=speak(_WITH))
@click.option("--scratch", default=None, metavar="PLACE", help=speak(_SCRATCH))
@drive_option("--scratch-opt", Text("scratch place", "临时位置"))
@click.option("--seed", type=click.IntRange(0), default=None, metavar="N", help=speak(_SEED))
@who_options
@click.option(
    "--state", default=".lading", type=click.Path(path_type=LocalPath), show_default=True, help=speak(_STATE)
)
@click.option("--workers", "asked", type=click.IntRange(1, 64), default=None, metavar="N")
@click.option("-o", "--output", default=None, metavar="FILE", help=speak(_OUTPUT))
@json_option
def command(old: str, new: str, state: LocalPath, asked: int | None, as_json: bool, **given: Any) -> int:
    """Try, foretell, tell."""
    source = address(old, given["old_opt"])
    target = address(new, given["new_opt"])
    place = target if given["scratch"] is None else address(given["scratch"], given["scratch_opt"])
    check_apart(source, target, state)
    check_apart(source, place, state)
    wanted = _wanted(given["wanted"])
    who = who_given(given)
    seed = secrets.randbelow(1 << 32) if given["seed"] is None else given["seed"]
    folder = str((state / FOLDER).absolute())
    _tell_earlier(folder)
    work = os.path.join(folder, f"run-{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}")
    scratch = scratch_folder(place, work)
    with local_errors(folder):
        os.makedirs(work)
    left = 0
    with held(work):
        tally = Tally()
        load_engine()
        with Crew(workers(asked), publish=tally.told) as crew, progress_bar(quiet=as_json) as tally.publish:
            trial = Trial(source, scratch.target, wanted, work, crew, tally, who, since_start())
            try:
                manifest = _tried(trial, scratch, given["seconds"], seed)
                whole = load_of(manifest, wanted)
            finally:
                left = scratch.clean(tally.publish)
    facts = _facts(trial, whole, str(source), str(target))
    if given["output"]:
        write_facts(given["output"], facts, datetime.now(UTC))
    return _told(facts, trial, seed, left, scratch, as_json)


def _wanted(typed: str) -> tuple[Feature, ...]:
    wanted = features(typed)
    if set(wanted) - {Feature.VERSIONS}:
        raise BadRequest("--with", _ONLY_VERSIONS)
    return wanted


def _tell_earlier(folder: str) -> None:
    """Clean what was left by a trial that was killed, and say so."""
    for place, left in clean_earlier(folder):
        hint(_STUCK if left else _CLEANED, place=place)


def _tried(trial: Trial, scratch: ScratchFolder, seconds: float, seed: int) -> Manifest:
    """
    Scan OLD and copy portions of it; its manifest.

    Raises:
        NothingToTry: there is nothing to copy.
    """
    depth = Depth(False, trial.features)
    manifest = written(trial.source, os.path.join(trial.work, "old"), crew=trial.crew, depth=depth)
    with Deck(manifest, seed) as deck:
        if not deck.small and not deck.large:
            raise NothingToTry(str(trial.source))
        scratch.claim()
        trial.run(deck, seconds)
    return manifest


def _facts(trial: Trial, whole: Load, old: str, new: str) -> ForecastFacts:
    found = forecast(trial.measured, whole)
    return ForecastFacts(
        old,
        new,
        whole.files,
        whole.folders,
        whole.bytes,
        whole.versions,
        found.seconds,
        found.least,
        found.most,
        found.binds,
        CostFacts(**found.costs._asdict()),
        found.portions,
        sum(it.seconds for it in trial.measured),
    )


def _told(
    facts: ForecastFacts, trial: Trial, seed: int, left: int, scratch: ScratchFolder, as_json: bool
) -> int:
    code = TRIAL_LEFT if left else 0
    if as_json:
        portions: list[Mapping[str, Any]] = [
            {**it.load._asdict(), "seconds": it.seconds} for it in trial.measured
        ]
        told = {**asdict(facts), "measured": portions, "failed": trial.failed, "seed": seed, "left": left}
        answer("forecast", told, exit_code=code)
        return code
    tell(facts, trial.failed)
    if left:
        hint(_LEFT, count=left, place=scratch.target)
    return code
