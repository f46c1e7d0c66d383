"""
`lading server-check`: whether a server has room and rest for the upgrade.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import click

from lading.cli.findings_telling import tell_findings, told_findings
from lading.cli.options import address, drive_option, json_option
from lading.cli.output import answer, hint, say, speak
from lading.manifest.read import open_manifest
from lading.model.errors import BadRequest
from lading.model.text import Text
from lading.stages.readiness.factfile import write_facts
from lading.stages.readiness.facts.servers import Needs, ServerFacts
from lading.stages.readiness.gather.databases import database_at
from lading.stages.readiness.gather.needs import needs_of
from lading.stages.readiness.gather.servers import asked, asked_metrics
from lading.stages.readiness.judging import judge
from lading.stages.readiness.plain import to_plain

_HELP = Text(
    """Ask a server what it has left: disks, memory, load, other jobs, limits, clock, certificates, databases.

    Without --ssh and --prometheus it is this machine.  Nothing is installed or changed there.

    Exit codes: 0 told; 2 to 5 bad request; 20 to 39 a file or the exporter cannot be read; 40 no manifest; 82 no facts;
    89 the server told nothing.""",
    """查询服务器的余量：磁盘、内存、负载、其他任务、限制、时钟、证书和数据库。

    不给出 --ssh 或 --prometheus 时检查本机。不会在服务器上安装或更改任何内容。

    退出码：0 已列出；2 至 5 请求有误；20 至 39 文件或 exporter 无法读取；40 不是清单；82 没有可用的事实；
    89 未能取得服务器信息。""",
)
_SSH = Text("Ask HOST over OpenSSH, as `ssh HOST` would.", "经 OpenSSH 查询 HOST，等同于 `ssh HOST`。")
_CONFIG = Text("Configuration of OpenSSH to use (ssh -F).", "所用的 OpenSSH 配置文件（ssh -F）。")
_PROMETHEUS = Text("Ask the node_exporter at URL (…/metrics).", "查询 URL 处的 node_exporter（…/metrics）。")
_PATH = Text("Where content will lie; may be repeated.", "存放内容的路径；可重复。")
_VAULT = Text("Where the vault will lie.", "存放备份库的路径。")
_SCRATCH = Text("Where temporary copies will lie.", "存放临时文件的路径。")
_UNIT = Text("A systemd service that has to run; may be repeated.", "须运行的 systemd 服务；可重复。")
_CERT = Text("A certificate file on the server; may be repeated.", "服务器上的证书文件；可重复。")
_DATABASE = Text(
    "A database: a file of SQLite, or env:NAME or file:PATH with an address of PostgreSQL; asked from here.",
    "数据库：SQLite 文件，或以 env:NAME、file:PATH 引用的 PostgreSQL 地址；由本机查询。",
)
_MANIFEST = Text("Manifest of what will come (lading scan).", "待迁移内容的清单（lading scan）。")
_HOURS = Text("Hours of the run, e.g. 22-6.", "迁移时段，例如 22-6。")
_WORKERS = Text("Worker processes of the copy.", "迁移的工作进程数。")
_SECONDS = Text("Seconds to watch the load for.", "观察负载的秒数。")
_OUTPUT = Text("The file to write the facts to.", "写入事实的文件。")
_WATCHING = Text("Watching {host} for {seconds:g} s …", "正在观察 {host}，{seconds:g} 秒……")
_THIS = Text("this machine", "本机")
_SEEN = Text(
    "{host}: processors {busy} busy, busiest disk {disk}, memory free {memory}, over {window:g} s",
    "{host}：处理器占用 {busy}，最忙磁盘 {disk}，可用内存 {memory}，观察 {window:g} 秒",
)
_DISK = Text(
    "  {path} ({role}): {free:,.1f} of {size:,.1f} GiB free",
    "  {path}（{role}）：剩余 {free:,.1f} / {size:,.1f} GiB",
)
_ABSENT = Text(
    "  {path} is not there: what is told of it is the file system of the nearest folder above. Is it mounted, and spelled right?",
    "  {path} 不存在：以上为其最近的现有上级文件夹所在的文件系统。请确认是否已挂载、拼写是否正确。",
)


@click.command("server-check", help=speak(_HELP))
@click.option("--ssh", default="", metavar="HOST", help=speak(_SSH))
@click.option("--ssh-config", default="", metavar="FILE", help=speak(_CONFIG))
@click.option("--prometheus", default="", metavar="URL", help=speak(_PROMETHEUS))
@drive_option("--opt", Text("exporter", "exporter"))
@click.option("--path", "content", multiple=True, metavar="PATH", help=speak(_PATH))
@click.option("--vault", multiple=True, metavar="PATH", help=speak(_VAULT))
@click.option("--scratch", multiple=True, metavar="PATH", help=speak(_SCRATCH))
@click.option("--unit", multiple=True, metavar="NAME", help=speak(_UNIT))
@click.option("--cert", multiple=True, metavar="FILE", help=speak(_CERT))
@click.option("--database", multiple=True, metavar="REF", help=speak(_DATABASE))
@click.option("--manifest", default=None, metavar="DIR", help=speak(_MANIFEST))
@click.option("--hours", default="", metavar="FROM-TO", help=speak(_HOURS))
@click.option("--workers", default=2, type=click.IntRange(1, 64), show_default=True, help=speak(_WORKERS))
@click.option(
    "--seconds", default=10.0, type=click.FloatRange(1, 3600), show_default=True, help=speak(_SECONDS)
)
@click.option("-o", "--output", default=None, metavar="FILE", help=speak(_OUTPUT))
@json_option
def command(ssh: str, prometheus: str, as_json: bool, **given: Any) -> int:
    """Ask one server."""
    if ssh and prometheus:
        raise BadRequest(
            "--ssh", Text("give --ssh or --prometheus, not both", "--ssh 与 --prometheus 只能给出一个")
        )
    needs = _needs(given)
    if not as_json:
        hint(_WATCHING, host=ssh or prometheus or speak(_THIS), seconds=given["seconds"])
    facts = replace(
        _facts(ssh, prometheus, given),
        needs=needs,
        databases=tuple(database_at(it) for it in given["database"]),
    )
    if given["output"]:
        write_facts(given["output"], facts, datetime.now(UTC))
    findings = judge([facts])
    if as_json:
        answer("server-check", {"facts": to_plain(facts), "findings": told_findings(findings)})
        return 0
    _tell(facts)
    tell_findings(findings)
    return 0


def _facts(ssh: str, prometheus: str, given: dict[str, Any]) -> ServerFacts:
    paths = [(role, path) for role in ("content", "vault", "scratch") for path in given[role]]
    if prometheus:
        if given["unit"] or given["cert"]:
            raise BadRequest(
                "--prometheus",
                Text("an exporter tells no units and certificates", "exporter 不提供服务与证书信息"),
            )
        if not prometheus.startswith(("http://", "https://")):
            raise BadRequest(prometheus, Text("it is no http(s) URL", "不是 http(s) 网址"))
        return asked_metrics(address(prometheus, given["opt"]), paths, given["seconds"])
    words = [f"{role}={path}" for role, path in paths]
    words += [f"unit={it}" for it in given["unit"]] + [f"cert={it}" for it in given["cert"]]
    if any("\n" in it or "\0" in it for it in words):
        raise BadRequest("--path", Text("a path has no line breaks", "路径不能包含换行"))
    return asked(words, given["seconds"], ssh, given["ssh_config"])


def _needs(given: dict[str, Any]) -> Needs | None:
    hours = hours_between(given["hours"]) if given["hours"] else ()
    if given["manifest"]:
        return needs_of(open_manifest(given["manifest"]), hours=hours, workers=given["workers"])
    if hours:
        raise BadRequest("--hours", Text("it needs --manifest", "须与 --manifest 同时使用"))
    return None


def hours_between(text: str) -> tuple[int, ...]:
    """
    The hours of `22-6`: 22, 23, 0 … 5.

    Raises:
        BadRequest: it is not of that form.
    """
    first, dash, last = text.partition("-")
    if not (dash and first.isdigit() and last.isdigit() and int(first) < 24 and int(last) <= 24):
        raise BadRequest("--hours", Text(f"{text!r} is not like 22-6", f"“{text}”的格式应如 22-6"))
    count = (int(last) - int(first)) % 24 or 24
    return tuple((int(first) + it) % 24 for it in range(count))


def _tell(facts: ServerFacts) -> None:
    say(
        _SEEN,
        host=facts.host,
        busy="?" if facts.busy is None else f"{facts.busy:.0%}",
        disk="?" if facts.disk_busy is None else f"{facts.disk_busy:.0%}",
        memory="?" if facts.memory_free is None else f"{facts.memory_free / (1 << 30):,.1f} GiB",
        window=facts.window,
    )
    for it in facts.disks:
        say(_DISK, path=it.path, role=it.role, free=it.free / (1 << 30), size=it.size / (1 << 30))
    for path in facts.absent:
        say(_ABSENT, path=path)
