"""
`lading scan`: write a drive down as a manifest.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any, NamedTuple

import click

from lading.cli.meter import Meter
from lading.cli.options import address, drive_option, features, json_option, with_option
from lading.cli.output import answer, progress_bar, say, speak
from lading.cli.scan_options import DIGEST, DRIVE, LIMIT, WORKERS, processors
from lading.connectors.address import Address
from lading.connectors.crew import Crew
from lading.connectors.wrap.policy import Policy
from lading.connectors.wrap.timetable import parse_timetable
from lading.manifest.read import Manifest, header_of
from lading.manifest.scan import scan
from lading.manifest.tables import PROBLEMS, TABLES_OF, Feature
from lading.model.errors import BadRequest
from lading.model.text import Text

_HELP = Text(
    """Write the drive at DRIVE down in the folder given with -o: names, sizes, times; and what
    hangs on files, as far as --with asks for it.

    DRIVE is a folder, an http(s) URL of a WebDAV server or a .toml file.  A scan that was
    interrupted goes on where it was when the same command is run again.  What cannot be
    listed or read is recorded with the reason, and the scan goes on.

    Exit codes: 0 finished; 2 to 5 bad request; 20 to 39 the drive or the disk refused; 40 the
    folder is not a manifest; 130 interrupted.""",
    """将 DRIVE 处的网盘登记到 -o 指定的文件夹：名称、大小、时间，以及 --with 所要求的附带信息。

    DRIVE 可以是文件夹、WebDAV 服务器的 http(s) 网址或 .toml 文件。中断的扫描在重新运行同一命令时
    从中断处继续。无法列出或读取的内容会连同原因一起登记，扫描照常继续。

    退出码：0 完成；2 至 5 请求有误；20 至 39 网盘或磁盘拒绝；40 该文件夹不是清单；130 被中断。""",
)
_OUTPUT = Text("The folder to write the manifest to.", "写入清单的文件夹。")
_SINGLY = Text(
    "Ask entry by entry for versions, grants and links, also where the drive tells them in few calls: what its listings "
    "hide is found when both manifests are compared.",
    "即使网盘可以一次给出，也逐条查询历史版本、权限和链接：与一次给出的清单比较，可发现其列表中隐去的内容。",
)
_DONE = Text(
    "{objects:,} objects, {bytes:,} bytes: {files:,} files, {folders:,} folders, {others:,} others",
    "共 {objects:,} 个对象、{bytes:,} 字节：文件 {files:,}，文件夹 {folders:,}，其他 {others:,}",
)
_PROBLEMS = Text(
    "{problems:,} of them could not be listed or read; the manifest says why",
    "其中 {problems:,} 个无法列出或读取；原因见清单",
)
_TABLES = Text("rows in tables: {tables}", "各表行数：{tables}")
_NOT_TOLD = Text("the drive cannot tell: {features}", "该网盘无法提供：{features}")
_NOT_ASKED = Text(
    "{count:,} times an entry could not be asked for one of these; the table of problems says why",
    "有 {count:,} 次未能取得某个条目的上述信息；原因见 problems 表",
)
_COVERS = Text("fingerprint {hex} (names, sizes and content)", "指纹 {hex}（含名称、大小与内容）")
_NAMES_ONLY = Text("fingerprint {hex} (names and sizes only)", "指纹 {hex}（仅含名称与大小）")


@click.command("scan", help=speak(_HELP))
@click.argument("drive")
@click.option("-o", "--output", required=True, metavar="DIR", help=speak(_OUTPUT))
@click.option("--digest", is_flag=True, help=speak(DIGEST))
@with_option
@click.option("--singly", is_flag=True, help=speak(_SINGLY))
@drive_option("--opt", DRIVE)
@click.option("--workers", type=click.IntRange(1, 64), default=None, metavar="N", help=speak(WORKERS))
@click.option("--limit", default="", metavar="TIMETABLE", help=speak(LIMIT))
@json_option
def command(
    drive: str,
    output: str,
    opt: tuple[str, ...],
    workers: int | None,
    as_json: bool,
    **how: Any,
) -> int:
    """Scan one drive."""
    place = address(drive, opt)
    depth = Depth(how["digest"], features(how["wanted"]), how["singly"])
    limit = how["limit"]
    parse_timetable(limit)
    if "finished" in (header_of(output) or {}):
        raise BadRequest(output, speak(Text("it holds a finished manifest", "其中已有完成的清单")))
    meter = Meter()
    with Crew(workers or processors(), publish=meter.add, drives=(place,)) as crew:
        with progress_bar(quiet=as_json) as show:
            meter.show = show
            manifest = written(place, output, crew=crew, depth=depth, limit=limit)
    if as_json:
        answer("scan", facts_of(manifest))
    else:
        tell(manifest)
    return 0


class Depth(NamedTuple):
    """What to write down beside names, sizes and times."""

    digest: bool
    features: tuple[Feature, ...] = ()
    singly: bool = False


def written(place: Address, output: str, *, crew: Crew, depth: Depth, limit: str = "") -> Manifest:
    """Scan *place* into *output*, all workers under one *limit*, and never change the drive."""
    with tempfile.TemporaryDirectory(prefix="lading-limit-") as shared:
        state = os.path.join(shared, "state") if limit else ""
        policy = Policy(read_only=True, limits=limit, limits_state=state)
        return scan(place, policy, output, crew=crew, **depth._asdict())


def facts_of(manifest: Manifest) -> dict[str, Any]:
    """*manifest* as `--json` tells it."""
    return {
        "manifest": manifest.directory,
        "drive": dict(manifest.address),
        "objects": manifest.objects,
        "bytes": manifest.bytes,
        "counts": manifest.counts,
        "problems": manifest.problems,
        "features": list(manifest.features),
        "tables": {
            name: {"rows": facts["rows"], "fingerprint": facts["fingerprint"]}
            for name, facts in manifest.tables.items()
        },
        "fingerprint": manifest.fingerprint,
        "covers": "content" if manifest.covers_content else "names and sizes",
        "started": manifest.facts["started"],
        "finished": manifest.facts["finished"],
    }


def tell(manifest: Manifest) -> None:
    """Say what *manifest* holds."""
    counts = {kind: count["objects"] for kind, count in manifest.counts.items()}
    say(
        _DONE,
        objects=manifest.objects,
        bytes=manifest.bytes,
        files=counts["file"],
        folders=counts["folder"],
        others=counts["symlink"] + counts["special"],
    )
    if manifest.problems:
        say(_PROBLEMS, problems=manifest.problems)
    say(_COVERS if manifest.covers_content else _NAMES_ONLY, hex=manifest.fingerprint)
    _tell_tables(manifest)


def _tell_tables(manifest: Manifest) -> None:
    """Say what hangs on the files, and what could not be told."""
    rows = {name: facts["rows"] for name, facts in manifest.tables.items()}
    told = [f"{name} {count:,}" for name, count in rows.items() if name != PROBLEMS]
    if told:
        say(_TABLES, tables=" · ".join(told))
    missing = [feature for feature in manifest.features if not set(TABLES_OF[feature]) <= set(rows)]
    if missing:
        say(_NOT_TOLD, features=", ".join(missing))
    if rows.get(PROBLEMS):
        say(_NOT_ASKED, count=rows[PROBLEMS])
