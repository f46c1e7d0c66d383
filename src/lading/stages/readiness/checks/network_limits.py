"""What proxies and firewalls between let pass: methods, sizes, silence, long answers, WebSockets, large packets."""

from __future__ import annotations

from collections.abc import Iterator

from lading.model.text import Text
from lading.stages.readiness.facts.network import Limits, NetworkProbe, Path, Try
from lading.stages.readiness.findings import Check, Finding, Owner, Rule, Severity

NEEDED = frozenset({"OPTIONS", "HEAD", "PUT", "DELETE", "PROPFIND", "MKCOL", "MOVE", "PATCH"})
"""Methods without which files cannot be moved: RFC 4918, and PATCH of resumable uploads."""
ENOUGH = 5 << 30
"""Bytes of a body above which a limit stands in nobody's way: the largest single upload of S3."""
_MIB = 1 << 20

METHOD = Rule(
    "network.method_refused",
    Severity.BLOCKER,
    Owner.NETWORK_TEAM,
    Text("Methods of HTTP are refused on the way", "HTTP 方法在途中被拒绝"),
    Text(
        "Without them WebDAV lists, moves and locks nothing, and uploads do not resume.",
        "缺少这些方法，WebDAV 无法列出、移动或锁定，上传也无法续传。",
    ),
    Text(
        "Let the proxy or firewall pass these methods to the drive.", "请让代理或防火墙放行到网盘的这些方法。"
    ),
    Text(
        "RFC 4918: https://www.rfc-editor.org/rfc/rfc4918", "RFC 4918：https://www.rfc-editor.org/rfc/rfc4918"
    ),
)
BODY = Rule(
    "network.body_limit",
    Severity.BLOCKER,
    Owner.NETWORK_TEAM,
    Text("Large requests are refused on the way", "较大的请求在途中被拒绝"),
    Text("Files above the limit cannot be uploaded in one piece.", "超过限制的文件无法一次上传。"),
    Text(
        "Raise the limit for the drive (nginx: client_max_body_size), or upload in smaller blocks.",
        "请为网盘调高限制（nginx：client_max_body_size），或改用更小的分块上传。",
    ),
    Text(
        "nginx allows 1 MiB by default: https://nginx.org/en/docs/http/ngx_http_core_module.html#client_max_body_size",
        "nginx 默认只允许 1 MiB：https://nginx.org/en/docs/http/ngx_http_core_module.html#client_max_body_size",
    ),
)
TIME = Rule(
    "network.time_limit",
    Severity.RISK,
    Owner.NETWORK_TEAM,
    Text("Long requests are cut off on the way", "耗时较长的请求在途中被切断"),
    Text(
        "Large folders, copies on the server and the end of an upload take longer than this and fail again and again.",
        "列出大文件夹、服务器端复制以及上传收尾可能超过此时限，并会反复失败。",
    ),
    Text(
        "Raise the time limits for the drive (nginx: proxy_read_timeout).",
        "请为网盘调高时限（nginx：proxy_read_timeout）。",
    ),
    Text(
        "nginx waits 60 s by default: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout",
        "nginx 默认等待 60 秒：https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout",
    ),
)
SOCKET = Rule(
    "network.websocket",
    Severity.ADVICE,
    Owner.NETWORK_TEAM,
    Text("WebSockets do not pass, or are cut", "WebSocket 无法通过或被切断"),
    Text("Live pages and joint editing fall back or fail.", "实时页面与协同编辑会降级或失败。"),
    Text("Let Upgrade pass, and allow idle connections.", "请放行 Upgrade，并允许空闲连接。"),
    Text(
        "RFC 6455: https://www.rfc-editor.org/rfc/rfc6455", "RFC 6455：https://www.rfc-editor.org/rfc/rfc6455"
    ),
)
HOLE = Rule(
    "network.mtu_hole",
    Severity.BLOCKER,
    Owner.NETWORK_TEAM,
    Text("Large packets vanish without a word", "大数据包被悄然丢弃"),
    Text(
        "Small requests work, every upload and download hangs: the router that cannot pass packets on does not say so.",
        "小请求正常，但所有上传与下载都会卡住：无法转发大包的路由器没有给出通知。",
    ),
    Text(
        "Clamp the MSS at the branch's router to the value given, or let ICMP “fragmentation needed” pass.",
        "请在分支路由器上按所列数值钳制 MSS，或放行 ICMP“需要分片”报文。",
    ),
    Text(
        "RFC 2923, 2.1 (black holes): https://www.rfc-editor.org/rfc/rfc2923",
        "RFC 2923 第 2.1 节（黑洞）：https://www.rfc-editor.org/rfc/rfc2923",
    ),
)
SMALL = Rule(
    "network.mtu_small",
    Severity.ADVICE,
    Owner.NETWORK_TEAM,
    Text("Packets must be smaller than usual", "数据包须小于通常大小"),
    Text(
        "A tunnel takes some room; works as long as routers say so.",
        "隧道占用部分空间；只要路由器正常告知即可工作。",
    ),
    Text("Keep ICMP “fragmentation needed” passing.", "请保持放行 ICMP“需要分片”报文。"),
    Text(
        "RFC 1191: https://www.rfc-editor.org/rfc/rfc1191", "RFC 1191：https://www.rfc-editor.org/rfc/rfc1191"
    ),
)


def _judge(probe: NetworkProbe) -> Iterator[Finding]:
    for target in probe.targets:
        subject = f"{probe.branch} → {target.name}"
        if target.path is not None:
            yield from _packets(target.path, subject)
        if target.limits is not None:
            wanted = [it.largest_body for it in probe.needs if it.target in ("", target.name)]
            yield from _limits(target.limits, subject, max((it for it in wanted if it), default=None))


def _limits(limits: Limits, subject: str, wanted: int | None) -> Iterator[Finding]:
    refused = [it for it in limits.methods if it.outcome != "passed"]
    if refused:
        needed = any(it.what in NEEDED for it in refused)
        listed = ", ".join(f"{it.what} ({it.status or it.outcome})" for it in refused)
        severity = Severity.BLOCKER if needed else Severity.RISK
        yield Finding(METHOD, severity, subject, len(refused), Text(listed, listed))
    yield from _body(limits, subject, wanted)
    for one, what in (
        (limits.waits, Text("a request that waits for its answer", "等待应答的请求")),
        (limits.trickles, Text("an answer that goes on for long", "持续较长时间的应答")),
    ):
        if one is not None and one.outcome != "passed":
            yield Finding(TIME, Severity.RISK, f"{subject}: {one.what}", 1, _cut(one, what))
    if limits.sockets is not None and limits.sockets.outcome != "passed":
        what = Text("a WebSocket", "WebSocket 连接")
        yield Finding(SOCKET, Severity.ADVICE, subject, 1, _cut(limits.sockets, what))


def _cut(one: Try, what: Text) -> Text:
    if one.outcome == "refused" or one.seconds is None:
        return Text(f"{what.en} is refused ({one.status or '-'})", f"{what.zh}被拒绝（{one.status or '-'}）")
    return Text(f"{what.en} is cut after {one.seconds:.0f} s", f"{what.zh}在 {one.seconds:.0f} 秒后被切断")


def _body(limits: Limits, subject: str, wanted: int | None) -> Iterator[Finding]:
    refusals = [it for it in (limits.body_refused, limits.announced_refused) if it is not None]
    if not refusals or min(refusals) > ENOUGH:
        return
    refused = min(refusals)
    passed = [it for it in (limits.body_passed, limits.announced_passed) if it is not None and it < refused]
    most = max(passed, default=0)
    severity = Severity.BLOCKER if wanted is not None and wanted >= refused else Severity.RISK
    says = Text(
        f"bodies of {most // _MIB} MiB pass, those of {refused // _MIB} MiB do not",
        f"{most // _MIB} MiB 的请求可通过，{refused // _MIB} MiB 的不能",
    )
    yield Finding(BODY, severity, subject, 1, says, {"passed": most, "refused": refused})


def _packets(path: Path, subject: str) -> Iterator[Finding]:
    if path.mtu is None or path.told is None:
        return
    facts = {"mtu": path.mtu, "told": path.told, "mss": path.mtu - 40}
    if path.mtu < path.told:
        says = Text(
            f"packets above {path.mtu} bytes vanish, {path.told} are promised: clamp MSS to {path.mtu - 40}",
            f"超过 {path.mtu} 字节的数据包会消失，而系统认为可达 {path.told} 字节：请将 MSS 钳制为 {path.mtu - 40}",
        )
        yield Finding(HOLE, Severity.BLOCKER, subject, 1, says, facts)
    elif path.mtu < 1500:
        says = Text(f"up to {path.mtu} bytes pass", f"最大可通过 {path.mtu} 字节")
        yield Finding(SMALL, Severity.ADVICE, subject, 1, says, facts)


CHECK = Check(NetworkProbe, (METHOD, BODY, TIME, SOCKET, HOLE, SMALL), _judge)
