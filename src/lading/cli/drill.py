"""
`lading drill VAULT`: try a restore before it is needed, and write down what it showed.
"""

from __future__ import annotations

import os
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path as LocalPath
from typing import Any

import click

from lading.cli.drill_asked import Asked, asked_for
from lading.cli.drill_run import Drilling, held_by, lacking, live, own_tables
from lading.cli.drill_scratch import Scratch, clean_earlier, held, scratch_in
from lading.cli.drill_telling import tell
from lading.cli.options import Percent, address, drive_option, json_option
from lading.cli.output import answer, hint, person, speak
from lading.cli.people_options import who_given
from lading.cli.vault_options import opened, vault_address, vault_options
from lading.cli.vault_which import as_of_option, chosen
from lading.cli.who_options import who_options
from lading.connectors.address import Address
from lading.connectors.registry import open_drive
from lading.connectors.wrap.policy import Policy, wrapped
from lading.evidence.ledger import NAME, Ledger
from lading.manifest.engine import load_engine
from lading.manifest.files import local_errors, sha256_of, write_json
from lading.manifest.load import load_of
from lading.manifest.read import open_manifest
from lading.manifest.scan import public, scan
from lading.model.costs import Forecast, Load, forecast
from lading.model.entry import Entry
from lading.model.errors import DRILL_FAILED, LEFT_BEHIND, BadRequest, BadVault
from lading.model.paths import Path, encode, shown
from lading.model.text import Text
from lading.stages.backup.choice import LABELS, Choice, choose, portions
from lading.stages.backup.drill import FORMAT, Code, Reason
from lading.stages.transfer.apart import check_apart
from lading.stages.transfer.order import workers
from lading.stages.verification.confidence import Sample, enough, stated
from lading.vault.face import SnapshotDrive, shared
from lading.vault.locks import Mode
from lading.vault.locks import locked as locked_vault
from lading.vault.part import Part
from lading.vault.snapshots import LATEST, Snapshot

FOLDER = "drills"
_LEAST = 25
"""Files in a portion at least, where there are several."""

HELP = Text(
    """Restore from VAULT what is critical and a random sample of all files to a scratch place, compare all of it, and measure.

    Contents are read back from the scratch place and digested; versions, grants and links are compared there if it can hold them, else
    in the snapshot. With --drive or --against the backup must have every folder that was there at its moment. The result is written into the
    state folder. The scratch place is left as it was.

    Exit codes: 0 passed; 62 the drill failed, with reasons; 63 it passed, but something was left on the scratch place; 2 to 5 bad request;
    20 to 39 a drive refused; 59 wrong secret; 130 interrupted.""",
    """从 VAULT 将关键文件及全部文件的随机样本恢复到临时位置，逐一比较并测量。

    内容从临时位置读回并计算摘要；临时位置可保存的版本、权限与链接在该处比较，其余在快照内核对。使用 --drive 或 --against 时，备份必须包含备份时刻已有的每个文件夹。
    结果写入状态文件夹。临时位置会恢复原状。

    退出码：0 通过；62 演练未通过，附原因；63 通过，但临时位置有残留；2 至 5 请求有误；20 至 39 网盘拒绝；59 密钥错误；130 被中断。""",
)
_CRITICAL = Text(
    "A file of patterns (one a line), or a pattern over paths such as '/Deal/*.xlsx'; may be repeated. The labels `critical` and `关键` count as well.",
    "模式文件（每行一个），或路径模式，如 '/Deal/*.xlsx'；可重复。标签 `critical` 与 `关键` 同样有效。",
)
_SAMPLE = Text(
    "Draw N files (default: as many as --confidence and --tolerance need).",
    "抽取 N 个文件（默认由 --confidence 与 --tolerance 决定）。",
)
_NOTHING = Text(
    "with 0 nothing would be tried: draw at least one file, or mark critical ones (--critical, or the label `critical`)",
    "取 0 则不会试恢复任何文件：请至少抽取一个文件，或标记关键文件（--critical，或标签 `critical`、`关键`）",
)
_CONFIDENCE = Text("Confidence of what the sample says.", "抽样结论的置信水平。")
_TOLERANCE = Text("Share of bad files that the sample is to rule out.", "抽样应排除的错误文件比例。")
_SCRATCH = Text(
    "Where to restore to: a folder, or any drive (default: a folder in the state folder).",
    "恢复到何处：文件夹或任意网盘（默认在状态文件夹内）。",
)
_DRIVE = Text("The drive itself, to compare with.", "用于比较的网盘本身。")
_AGAINST = Text("A manifest of the drive, to compare with.", "用于比较的网盘清单。")
_SEED = Text("Draw the sample of an earlier drill again.", "重新抽取先前演练的样本。")
_STATE = Text("Folder that keeps the results.", "保存结果的文件夹。")
_CLEANED = Text(
    "An earlier drill was cut off; what it left in {place} is removed.",
    "先前的演练被中断；其在 {place} 的残留已清除。",
)
_STUCK = Text(
    "An earlier drill was cut off, and what it left in {place} could not be removed.",
    "先前的演练被中断，其在 {place} 的残留无法清除。",
)
_LEFT = Text(
    "{count:,} entries could not be removed from {place}.", "{place} 中有 {count:,} 个条目无法清除。"
)
_STATEMENT = Text(
    "{read:,} of {files:,} files were restored and read ({drawn:,} drawn at random, {chosen:,} critical besides) and {found};"
    " at {level} % confidence at most {most:,} files ({share} %) would come back wrong.",
    "已恢复并读取 {files:,} 个文件中的 {read:,} 个（随机抽取 {drawn:,} 个，另有关键文件 {chosen:,} 个），{found}；"
    "在 {level}% 的置信水平下，无法正确恢复的文件至多 {most:,} 个（{share}%）。",
)


@click.command(help=speak(HELP))
@click.argument("vault")
@click.argument("snapshot", default=LATEST)
@as_of_option
@vault_options
@click.option("--critical", multiple=True, metavar="FILE|PATTERN", help=speak(_CRITICAL))
@click.option("--sample", type=click.IntRange(0), default=None, metavar="N", help=speak(_SAMPLE))
@click.option(
    "--confidence", type=Percent(0.5, 0.999999), default=0.95, show_default=True, help=speak(_CONFIDENCE)
)
@click.option("--tolerance", type=Percent(0, 1), default=0.001, show_default=True, help=speak(_TOLERANCE))
@click.option("--scratch", default=None, metavar="PLACE", help=speak(_SCRATCH))
@drive_option("--scratch-opt", Text("scratch place", "临时位置"))
@click.option("--drive", default=None, metavar="DRIVE", help=speak(_DRIVE))
@drive_option("--opt", Text("drive", "网盘"))
@click.option("--against", default=None, metavar="MANIFEST", help=speak(_AGAINST))
@click.option("--seed", type=click.IntRange(0), default=None, metavar="N", help=speak(_SEED))
@who_options
@click.option(
    "--state", default=".lading", type=click.Path(path_type=LocalPath), show_default=True, help=speak(_STATE)
)
@click.option("--workers", type=click.IntRange(1, 64), default=None, metavar="N")
@json_option
def command(
    vault: str, snapshot: str, as_of: str | None, state: LocalPath, as_json: bool, **given: Any
) -> int:
    """Try a restore."""
    begun = time.monotonic()
    asked = asked_for(given)
    where = vault_address(vault, given)
    folder = str((state / FOLDER).absolute())
    with local_errors(folder):
        os.makedirs(folder, mode=0o700, exist_ok=True)
    for place, left in clean_earlier(folder):
        hint(_STUCK if left else _CLEANED, place=place)
    work = os.path.join(folder, f"run-{secrets.token_hex(8)}")
    target = address(given["scratch"] or os.path.join(folder, "scratch"), given["scratch_opt"])
    check_apart(where, target, LocalPath(work))
    if asked.drive is not None:
        # What is restored must not turn up among people's files, nor be taken for theirs.
        check_apart(asked.drive, target, LocalPath(work))
    # Nobody may prune what is being restored.
    with opened(where) as it, locked_vault(it.store, it.master, Mode.SHARED, who=person(), purpose="drill"):
        found = chosen(it, snapshot, as_of)
        source = replace(where, options={**where.options, "snapshot": found.name})
        os.makedirs(work, mode=0o700)
        with held(work):
            scratch = scratch_in(target, work)
            try:
                result = _drilled(found, source, scratch, asked, who_given(given), begun=begun, quiet=as_json)
            finally:
                left = scratch.clean()
    return _kept(result, folder, left, target, as_json)


def _drilled(
    found: Snapshot, source: Address, scratch: Scratch, asked: Asked, who: Any, *, begun: float, quiet: bool
) -> dict[str, Any]:
    """Do the drill; its result."""
    started = time.time()
    load_engine()
    target = replace(scratch.target, options={"create": "yes", "role": "target", **scratch.target.options})
    drilling = Drilling(source, target, (), scratch.work, workers(asked.workers), quiet, who)
    drilling.reasons += _moments(found, started)
    try:
        with shared(source) as drive:
            drilling.opening = time.monotonic() - begun
            facts = _restored(found, drive, scratch, asked, drilling)
    except BadVault as damage:
        drilling.reasons.append(Reason(Code.DAMAGED, damage.subject, damage.details))
        facts = _nothing(asked)
    facts["rto"] = {"seconds": time.monotonic() - begun - drilling.emptying}
    reasons = list(dict.fromkeys(drilling.reasons))
    return {
        "format": FORMAT,
        "passed": not reasons,
        "started": started,
        "ended": time.time(),
        "snapshot": {
            "name": found.name,
            "taken": found.taken / 10**9,
            "drive": dict(found.drive),
            "still": bool(found.moment.get("still")),
        },
        "scratch": public(scratch.target),
        "seed": asked.seed,
        "rpo": _rpo(found, started),
        **facts,
        "reasons": [it.facts() for it in reasons],
    }


def _restored(
    found: Snapshot, drive: SnapshotDrive, scratch: Scratch, asked: Asked, drilling: Drilling
) -> dict[str, Any]:
    entries = {encode(entry.path): (entry, digest) for entry, digest in drive.manifest.entries()}
    choice, files = _chosen(drive, entries, asked, drilling.reasons)
    _critical_moments(found, entries, choice, drilling.reasons)
    whole_ones = [path for path in files if entries[encode(path)][1] is not None]
    drawn = portions(choice.all, whole_ones, asked.seed, least=_LEAST)
    part = Part(path for portion in drawn for path in portion)
    if not choice.all and asked.sample == 0:
        raise BadRequest("--sample", _NOTHING)
    if choice.all:
        scratch.claim(part)
        drilling.features = held_by(drilling.target, drive)
        compared = _by_portions(drawn, scratch, drilling)
    else:
        compared = Counter(entries=0, bytes=0)
    inside, wrong = own_tables(drive, drilling.features, part)
    drilling.reasons += wrong
    looked = _looked(found, entries, choice, asked, drilling)
    whole = load_of(drive.manifest, drilling.features)
    bad = {it.subject for it in drilling.reasons if it.code in _BAD}
    foretold = forecast(drilling.measured, whole) if drilling.measured else None
    return {
        "critical": len(choice.critical),
        "confidence": _stated(len(files), choice, bad, asked.level),
        "compared": {"scratch": dict(compared), "snapshot": inside, "drive": looked},
        "held": [it.value for it in drilling.features],
        "portions": [{**_counted(it.load), "seconds": it.seconds} for it in drilling.measured],
        "forecast": None if foretold is None else _foretold(foretold, whole),
    }


def _by_portions(drawn: Sequence[Sequence[Path]], scratch: Scratch, drilling: Drilling) -> Counter[str]:
    """Restore and compare portion by portion, each into a place as empty as that of a full restore; what was compared."""
    compared: Counter[str] = Counter()
    for number, paths in enumerate(drawn, 1):
        drilling.restore(number, paths)
        compared.update(drilling.compare(number, Part(paths)))
        if number < len(drawn):
            begun = time.monotonic()
            scratch.empty(chain.from_iterable(drawn[number:]))
            drilling.emptying += time.monotonic() - begun
    if drilling.not_compared:
        drilling.reasons.append(Reason(Code.NOT_COMPARED, "/", str(drilling.not_compared)))
    return compared


def _foretold(it: Forecast, whole: Load) -> dict[str, Any]:
    return {**it._asdict(), "costs": it.costs._asdict(), **_counted(whole)}


def _counted(load: Load) -> dict[str, int]:
    return {"objects": load.objects, **load._asdict()}


_BAD = frozenset((Code.NOT_RESTORED, Code.DIFFERS, Code.LIVE_DIFFERS))


def _nothing(asked: Asked) -> dict[str, Any]:
    """What is told where the snapshot could not even be opened."""
    return {
        "critical": 0,
        "confidence": {**stated(Sample(0, 0, 0, 0, 0), asked.level, _STATEMENT), "share": 1.0},
        "compared": {"scratch": {}, "snapshot": {}, "drive": None},
        "held": [],
        "portions": [],
        "forecast": None,
    }


def _chosen(
    drive: SnapshotDrive, entries: dict[str, tuple[Entry, bytes | None]], asked: Asked, reasons: list[Reason]
) -> tuple[Choice, list[Path]]:
    """The files to restore, and those that there are to draw from."""
    kept = [entry.path for _, (entry, digest) in sorted(entries.items()) if entry.is_file]
    labelled = {it.path for it in drive.labels.all() if it.label in LABELS} if drive.labels else set()
    number = enough(len(kept), asked.tolerance, asked.level) if asked.sample is None else asked.sample
    choice = choose(kept, labelled, asked.patterns, number, asked.seed)
    reasons += [Reason(Code.LACKS_CRITICAL, it) for it in choice.unmet]
    holes = [path for path in choice.all if entries[encode(path)][1] is None]
    reasons += [Reason(Code.NOT_KEPT, shown(path)) for path in holes]
    return choice, kept


def _moments(found: Snapshot, now: float) -> list[Reason]:
    reasons = []
    if not found.moment.get("still"):
        reasons.append(Reason(Code.TWO_MOMENTS, found.name[:12]))
    if found.taken / 10**9 > now:
        reasons.append(Reason(Code.FUTURE, found.name[:12]))
    return reasons


def _critical_moments(
    found: Snapshot, entries: dict[str, tuple[Entry, bytes | None]], choice: Choice, reasons: list[Reason]
) -> None:
    if found.moment.get("still"):
        return
    for path in choice.critical:
        modified = entries[encode(path)][0].modified
        if modified is not None and modified > found.taken:
            reasons.append(Reason(Code.CRITICAL_MOMENT, shown(path)))


def _rpo(found: Snapshot, now: float) -> dict[str, float]:
    """Age of the snapshot's moment, and how far the moments of its spaces can lie apart: nothing if the drive stood still."""
    gap = 0.0 if found.moment.get("still") else (found.ended - found.taken) / 10**9
    return {"seconds": max(now - found.taken / 10**9, 0.0), "gap": gap}


def _looked(
    found: Snapshot,
    entries: dict[str, tuple[Entry, bytes | None]],
    choice: Choice,
    asked: Asked,
    it: Drilling,
) -> dict[str, int] | None:
    """Hold the snapshot against the drive, or a manifest of it."""
    if asked.against is not None:
        it.reasons += lacking(open_manifest(asked.against), entries, found.taken)
    if asked.drive is None:
        return None
    policy = Policy(read_only=True)
    with it.at_work(asked.drive) as (crew, _):
        now = scan(asked.drive, policy, os.path.join(it.work, "live"), crew=crew)
    it.reasons += lacking(now, entries, found.taken)
    before = {
        path: entry._replace(digests=(("sha256", digest.hex()),))
        for path, (entry, digest) in entries.items()
        if digest
    }
    paths = [path for path in choice.all if encode(path) in before]
    with closing(wrapped(open_drive(asked.drive), policy)) as drive:
        same, wrong = live(drive, now, before, paths)
    it.reasons += wrong
    return {"folders": now.counts["folder"]["objects"], "files": same}


def _stated(files: int, choice: Choice, bad: set[str], level: float) -> dict[str, object]:
    wrong = sum(shown(path) in bad for path in choice.drawn)
    both = sum(shown(path) in bad for path in choice.all)
    return stated(Sample(files, len(choice.drawn), wrong, len(choice.all), both), level, _STATEMENT)


def _kept(result: dict[str, Any], folder: str, left: int, target: Address, as_json: bool) -> int:
    """Write the result down, tell it; the exit code."""
    now = datetime.now(UTC)
    file = os.path.join(folder, f"drill-{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}.json")
    result["left"] = left
    with local_errors(file):
        write_json(file, result)
    facts = {
        "result": os.path.basename(file),
        "sha256": sha256_of(file),
        "snapshot": result["snapshot"]["name"],
        "passed": result["passed"],
        "reasons": sorted({it["code"] for it in result["reasons"]}),
    }
    Ledger(os.path.join(folder, NAME)).append("drill.finished", facts, actor=person(), at=now)
    code = LEFT_BEHIND if left else 0
    code = code if result["passed"] else DRILL_FAILED
    if as_json:
        answer("drill", {**result, "result": file}, exit_code=code)
        return code
    tell(result, file)
    if left:
        hint(_LEFT, count=left, place=target)
    return code
