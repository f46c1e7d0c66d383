"""
`lading probe`: the network between a branch and its targets; its counterpart; the rules a firewall needs.
"""

from __future__ import annotations

import csv
import json
import os
import platform
import re
import ssl
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import click
import pycurl

from lading.cli.findings_telling import tell_findings, told_findings
from lading.cli.output import answer, hint, progress_bar, speak
from lading.cli.probe_telling import told
from lading.connectors.address import parse, secret
from lading.model.errors import DIFFERENT, BadRequest, CannotListen, NotDelivered
from lading.model.text import Text
from lading.stages.readiness.checks import network_limits, network_line, network_reach, network_tls
from lading.stages.readiness.counterpart.serving import Counterpart
from lading.stages.readiness.facts.network import Need, NetworkProbe
from lading.stages.readiness.findings import Finding, Severity
from lading.stages.readiness.firewall import rules_of
from lading.stages.readiness.gather.network import Asked, probed
from lading.stages.readiness.gather.network_http import Way, curl, performed
from lading.stages.readiness.plain import to_plain

CHECKS = (network_reach.CHECK, network_tls.CHECK, network_limits.CHECK, network_line.CHECK)
_HELP = Text(
    """Measure the network between this place and each TARGET, an http(s) URL or HOST[:PORT], and say what is in the way.

    Bandwidth, loss and limits need a counterpart: `lading probe --listen ADDRESS:PORT` at the new drive's site, with the
    same --token.  With --firewall the TARGETs are drives, and the rules that a firewall needs are printed.

    Exit codes: 0 nothing is in the way; 2 bad request; 3 a secret is not there; 10 something is in the way, or unknown;
    84 the counterpart refuses the token; 85 cannot listen; 86 the result could not be delivered.""",
    """测量本处与每个 TARGET（http(s) 网址或 HOST[:PORT]）之间的网络，并指出障碍。

    带宽、丢包与各项限制需要对端：在新网盘所在地运行 `lading probe --listen ADDRESS:PORT`，并使用相同的 --token。
    给出 --firewall 时，TARGET 为网盘地址，输出防火墙所需规则。

    退出码：0 没有障碍；2 请求有误；3 找不到密钥；10 存在障碍或有情况不明；84 对端拒绝令牌；85 无法监听；86 结果未能送达。""",
)
# Not from `cli.options`: that needs what a small machine at a branch may lack, and this must start fast.
_JSON = Text("Write one JSON document to standard output.", "向标准输出写一个 JSON 文档。")
_SPAN = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d)")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LISTENING = Text(
    "Listening on {place}, TCP and UDP; a token serves one probe. End with Ctrl-C.",
    "正在 {place} 上监听（TCP 与 UDP）；一个令牌只供一次探测。按 Ctrl-C 结束。",
)


class Span(click.ParamType[float]):
    """A length of time such as 30s, 15m, 2h or 3d, in seconds."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds."""
        if isinstance(value, int | float):
            return float(value)
        found = _SPAN.fullmatch(value)
        if not found or not 0 < float(found[1]) * _UNITS[found[2]] <= 90 * 86_400:
            self.fail(f"{value!r}: 30s, 15m, 2h, 3d", param, ctx)
        return float(found[1]) * _UNITS[found[2]]


@click.command("probe", help=speak(_HELP))
@click.argument("targets", nargs=-1, metavar="TARGET…")
@click.option(
    "--branch",
    default="",
    help=speak(Text("Name of this place (that of the machine).", "本处名称（默认为本机名称）。")),
)
@click.option(
    "--seconds",
    default=10.0,
    type=click.FloatRange(1, 600),
    help=speak(Text("Seconds for each measurement (10).", "每项测量的秒数（10）。")),
)
@click.option(
    "--every",
    type=Span(),
    help=speak(Text("Measure again so often, e.g. 30m.", "重复测量的间隔，例如 30m。")),
)
@click.option(
    "--for", "lasting", type=Span(), help=speak(Text("Go on for so long, e.g. 3d.", "持续时间，例如 3d。"))
)
@click.option(
    "--patience",
    default=65.0,
    type=click.FloatRange(0.1, 600),
    help=speak(
        Text("Seconds of silence that must pass (65).", "应能容忍的静默秒数（65）。"),
    ),
)
@click.option(
    "--body",
    default=32,
    type=click.IntRange(1, 5120),
    help=speak(Text("MiB of the largest body sent (32).", "实际发送的最大请求，MiB（32）。")),
)
@click.option(
    "--proxy",
    default="",
    help=speak(
        Text("URL of the proxy; else that of the environment.", "代理的网址；未给出时使用环境变量中的代理。")
    ),
)
@click.option("--ca", default="", help=speak(Text("File of the firm's authority.", "企业根证书文件。")))
@click.option(
    "--pin", default="", help=speak(Text("SHA-256 of the right certificate.", "正确证书的 SHA-256 指纹。"))
)
@click.option(
    "--expect-issuer", "issuer", default="", help=speak(Text("Part of its issuer.", "其签发者名称的一部分。"))
)
@click.option(
    "--token",
    default="",
    metavar="REF",
    help=speak(Text("The token: env:NAME or file:PATH.", "令牌：env:NAME 或 file:PATH。")),
)
@click.option(
    "-o", "--output", metavar="FILE", help=speak(Text("File for the result (JSON).", "结果文件（JSON）。"))
)
@click.option(
    "--send",
    default="",
    metavar="URL",
    help=speak(
        Text(
            "Post the result there, over HTTPS, with --send-token.",
            "以 HTTPS 将结果发送到此处，并附 --send-token。",
        )
    ),
)
@click.option(
    "--send-token",
    default="",
    metavar="REF",
    help=speak(Text("The one-time token for --send.", "--send 的一次性令牌。")),
)
@click.option(
    "--bytes",
    "size",
    type=click.IntRange(1),
    help=speak(Text("Bytes that a wave moves from here.", "一个批次需从此处迁移的字节数。")),
)
@click.option(
    "--window",
    default=8.0,
    type=click.FloatRange(0.1, 1000),
    help=speak(Text("Hours it has (8).", "可用小时数（8）。")),
)
@click.option(
    "--listen",
    metavar="ADDRESS:PORT",
    help=speak(
        Text("Be the counterpart, e.g. 127.0.0.1:8490.", "作为对端监听，例如 127.0.0.1:8490。"),
    ),
)
@click.option(
    "--cert", default="", help=speak(Text("Certificate of --listen (PEM).", "--listen 的证书（PEM）。"))
)
@click.option("--key", default="", help=speak(Text("Its key.", "其私钥。")))
@click.option(
    "--firewall",
    is_flag=True,
    help=speak(Text("Print the rules for drives TARGET….", "输出网盘 TARGET… 所需规则。")),
)
@click.option("--csv", "as_csv", is_flag=True, help=speak(Text("Print them as CSV.", "以 CSV 输出。")))
@click.option("--json", "as_json", is_flag=True, help=speak(_JSON))
def command(targets: tuple[str, ...], as_json: bool, **given: Any) -> int:
    """Probe, listen, or print rules."""
    if given["listen"]:
        return _listen(given["listen"], given["token"], given["cert"], given["key"])
    if not targets:
        raise BadRequest("TARGET", Text("name at least one", "请至少给出一个"))
    if given["firewall"]:
        return _firewall(targets, as_json=as_json, as_csv=given["as_csv"])
    return _probe(targets, given, as_json=as_json)


def _probe(targets: tuple[str, ...], given: dict[str, Any], *, as_json: bool) -> int:
    if given["every"] and not given["lasting"]:
        raise BadRequest("--every", Text("say with --for how long", "请用 --for 说明持续多久"))
    if given["send"] and not given["send"].startswith("https://"):
        raise BadRequest("--send", Text("results go over https only", "结果只能经 https 发送"))
    sending = secret(given["send_token"]) if given["send_token"] else ""
    token = secret(given["token"]) if given["token"] else ""
    ways = [Way(url_of(target), token, given["proxy"], given["ca"]) for target in targets]
    asked = Asked(
        seconds=given["seconds"],
        patience=given["patience"],
        body=given["body"] << 20,
        every=given["every"] or 0.0,
        lasting=given["lasting"] or 0.0,
        pin=given["pin"],
        issuer=given["issuer"],
    )
    needs = (Need(wave="", bytes=given["size"], window_hours=given["window"]),) if given["size"] else ()
    probe = None
    with progress_bar() as publish:
        for found in probed(
            ways,
            asked,
            branch=given["branch"] or platform.node(),
            proxy=bare(given["proxy"]),
            publish=publish,
        ):
            probe = replace(found, needs=needs)
            if given["output"]:
                _write(given["output"], probe)
    assert probe is not None
    if given["send"]:
        _send(probe, given["send"], sending, given)
    return _told(probe, as_json=as_json)


def url_of(target: str) -> str:
    """
    The URL of *target* without a path: what was typed, or https://HOST:PORT.

    Raises:
        BadRequest: it is none, or a secret stands in it.
    """
    typed = target if "://" in target else f"https://{target}"
    try:
        split = urlsplit(typed)
        port = split.port
    except ValueError:
        raise BadRequest(target[:200], Text("no host and port", "不是主机与端口")) from None
    if split.scheme not in ("http", "https") or not split.hostname or split.username:
        raise BadRequest(
            bare(target)[:200],
            Text("give http(s)://HOST[:PORT], without a user", "请给出不含用户名的 http(s)://HOST[:PORT]"),
        )
    host = f"[{split.hostname}]" if ":" in split.hostname else split.hostname
    return f"{split.scheme}://{host}{f':{port}' if port else ''}"


def bare(url: str) -> str:
    """*url* without user and password."""
    return re.sub(r"^((?:[a-z0-9]+://)?)[^/]*@", r"\1", url)


def document_of(probe: NetworkProbe) -> dict[str, Any]:
    """*probe* as its file has it: see docs/formats/probe.md."""
    gathered = datetime.fromtimestamp(probe.ended, UTC).isoformat(timespec="seconds")
    head = {"format": 1, "facts": probe.KIND, "version": probe.VERSION, "gathered": gathered}
    return {**head, "values": to_plain(probe)}


def _write(file: str, probe: NetworkProbe) -> None:
    """Whole or not at all."""
    part = f"{file}.part"
    try:
        with open(part, "w", encoding="utf-8") as stream:
            json.dump(document_of(probe), stream, ensure_ascii=False, indent=1)
        os.replace(part, file)
    except OSError as problem:
        raise NotDelivered(file, problem.strerror or "", kept="-") from None


def _send(probe: NetworkProbe, url: str, token: str, given: dict[str, Any]) -> None:
    """Post the result; the certificate must be trusted, for it and the token tell of the firm's network."""
    it = curl(Way(url, proxy=given["proxy"], ca=given["ca"]), url, trust=True)
    try:
        it.setopt(
            pycurl.HTTPHEADER,
            [
                "Content-Type: application/json",
                "Expect:",
                *([f"Authorization: Bearer {token}"] if token else []),
            ],
        )
        it.setopt(pycurl.POSTFIELDS, json.dumps(document_of(probe)).encode())
        it.setopt(pycurl.TIMEOUT_MS, 60_000)
        got = performed(it)
    finally:
        it.close()
    if got.status // 100 != 2:
        if not given["output"]:
            given["output"] = f"probe-{int(probe.ended)}.json"
            _write(given["output"], probe)
        raise NotDelivered(bare(url), got.why or f"HTTP {got.status}", kept=given["output"])


def findings_of(probe: NetworkProbe) -> tuple[Finding, ...]:
    """What the checks of networks say of *probe*, the worst first."""
    found = [it for check in CHECKS for it in check.judge(probe)]
    return tuple(sorted(found, key=lambda it: (-it.severity, it.key)))


def _told(probe: NetworkProbe, *, as_json: bool) -> int:
    findings = findings_of(probe)
    code = DIFFERENT if any(it.severity > Severity.ADVICE for it in findings) else 0
    if as_json:
        answer("probe", {"probe": document_of(probe), "findings": told_findings(findings)}, exit_code=code)
    else:
        for line in told(probe):
            sys.stdout.write(line + "\n")
        tell_findings(findings)
    return code


def _listen(place: str, token: str, cert: str, key: str) -> int:
    host, _, port = place.rpartition(":")
    if not token:
        raise BadRequest(
            "--token",
            Text("a counterpart needs a token: env:NAME or file:PATH", "对端需要令牌：env:NAME 或 file:PATH"),
        )
    if not port.isdecimal() or int(port) > 65_535:
        raise BadRequest("--listen", Text("give ADDRESS:PORT", "请给出 ADDRESS:PORT"))
    value = secret(token)
    if len(value) < 16:
        raise BadRequest("--token", Text("the token is shorter than 16 characters", "令牌少于 16 个字符"))
    try:
        server = Counterpart(
            (host.strip("[]") or "127.0.0.1", int(port)), value, tls=(cert, key or None) if cert else None
        )
    except (OSError, ssl.SSLError, ValueError) as problem:
        raise CannotListen(place, str(problem)[:200]) from None
    hint(_LISTENING, place=f"{host or '127.0.0.1'}:{server.port}")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    finally:
        server.datagrams.close()
        server.server_close()
    return 0


def _firewall(drives: tuple[str, ...], *, as_json: bool, as_csv: bool) -> int:
    rules = rules_of([parse(it) for it in drives])
    rows = [(it.host, str(it.port), it.protocol, it.direction, speak(it.why)) for it in rules]
    if as_json:
        answer("probe", {"rules": [{**it._asdict(), "why": it.why._asdict()} for it in rules]})
    elif as_csv:
        csv.writer(sys.stdout).writerows([("host", "port", "protocol", "direction", "why"), *rows])
    else:
        for row in rows:
            sys.stdout.write("  ".join(row) + "\n")
    return 0
