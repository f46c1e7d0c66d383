"""Names, connections, and whether there was anybody to measure against."""

from __future__ import annotations

from collections.abc import Iterator

from lading.model.text import Text
from lading.stages.readiness.facts.network import NetworkProbe, Target
from lading.stages.readiness.findings import Check, Finding, Owner, Rule, Severity

_FIREWALL = Text(
    "Open the port for this branch; `lading probe --firewall` prints the rules that are needed.",
    "请为该分支机构开放此端口；`lading probe --firewall` 会列出所需规则。",
)
NAME = Rule(
    "network.name_unknown",
    Severity.BLOCKER,
    Owner.NETWORK_TEAM,
    Text("The name of a target is not found at a branch", "分支机构无法解析目标名称"),
    Text("Nobody there reaches the drive.", "该处无人能够访问网盘。"),
    Text(
        "Enter the name into the resolver of the branch, or forward its zone.",
        "请在该分支机构的解析服务器中登记该名称，或转发其区域。",
    ),
    Text(
        "RFC 1035: https://www.rfc-editor.org/rfc/rfc1035", "RFC 1035：https://www.rfc-editor.org/rfc/rfc1035"
    ),
)
DISAGREE = Rule(
    "network.resolvers_disagree",
    Severity.RISK,
    Owner.NETWORK_TEAM,
    Text("Resolvers of a branch disagree", "分支机构的解析服务器结果不一致"),
    Text(
        "Clients ask the next resolver when the first is slow: some then reach another system, or none.",
        "首个解析服务器响应慢时客户端会询问下一个：部分客户端将连到另一系统或无法连接。",
    ),
    Text("Give all resolvers of the branch the same records.", "请使该分支机构所有解析服务器的记录一致。"),
    Text("resolv.conf(5): resolvers are asked in turn", "resolv.conf(5)：依次询问各解析服务器"),
)
BLOCKED = Rule(
    "network.blocked",
    Severity.BLOCKER,
    Owner.NETWORK_TEAM,
    Text("No connection to a target", "无法连接目标"),
    Text("Nothing can be moved or opened from this branch.", "该分支机构无法迁移或打开任何内容。"),
    _FIREWALL,
    Text(
        "Engineering rule: a port that gives no answer at all is mostly dropped by a packet filter",
        "工程规则：毫无回应的端口通常是被防火墙丢弃",
    ),
)
ADDRESS = Rule(
    "network.address_dead",
    Severity.RISK,
    Owner.NETWORK_TEAM,
    Text("Some addresses of a target do not answer", "目标的部分地址没有响应"),
    Text(
        "Clients try them first now and then, and wait until they give up.",
        "客户端有时会先尝试这些地址，需等待超时后才会改用其他地址。",
    ),
    Text(
        "Take dead addresses out of the name, or open the way to them.",
        "请从名称记录中去除失效地址，或开通到这些地址的路径。",
    ),
    Text(
        "RFC 8305 (Happy Eyeballs): https://www.rfc-editor.org/rfc/rfc8305",
        "RFC 8305（Happy Eyeballs）：https://www.rfc-editor.org/rfc/rfc8305",
    ),
)
SILENT = Rule(
    "network.no_answer",
    Severity.BLOCKER,
    Owner.NETWORK_TEAM,
    Text("A target accepts connections and does not answer requests", "目标接受连接但不应答请求"),
    Text("Something on the way, or the server, ends requests.", "途中设备或服务器终止了请求。"),
    Text(
        "See the error given, and the log of the proxy or server.", "请查看所列错误，以及代理或服务器的日志。"
    ),
    Text("RFC 9110, 15: every request has an answer", "RFC 9110 第 15 节：每个请求都应有应答"),
)
UNKNOWN = Rule(
    "network.unmeasured",
    Severity.RISK,
    Owner.NETWORK_TEAM,
    Text("Rates, losses and limits of a line are unknown", "线路的速率、丢包与限制情况不明"),
    Text("A plan without them is a guess.", "缺少这些数据的计划只是猜测。"),
    Text(
        "Start `lading probe --listen` beside the new drive and probe again with its token.",
        "请在新网盘旁运行 `lading probe --listen`，并用其令牌重新探测。",
    ),
    Text("Engineering rule: measure a line before planning on it", "工程规则：先测量线路，再据此制定计划"),
)
_OUTCOMES = {
    "silent": Text("no answer at all, as when a firewall drops", "毫无回应，如同被防火墙丢弃"),
    "refused": Text("refused", "被拒绝"),
    "unreachable": Text("unreachable", "不可达"),
}


def _judge(probe: NetworkProbe) -> Iterator[Finding]:
    for target in probe.targets:
        yield from _names(probe, target)
        yield from _connections(probe, target)
        if not target.counterpart:
            says = Text(
                f"unknown: bandwidth, loss and limits between {probe.branch} and {target.name}: no counterpart answers",
                f"情况不明：{probe.branch} 与 {target.name} 之间的带宽、丢包与限制：没有对端应答",
            )
            yield Finding(UNKNOWN, Severity.RISK, subject(probe, target), 1, says)


def subject(probe: NetworkProbe, target: Target) -> str:
    """What a finding about the line from *probe* to *target* is about."""
    return f"{probe.branch} → {target.name}"


def _names(probe: NetworkProbe, target: Target) -> Iterator[Finding]:
    names = target.resolution
    if not names.addresses:
        # Behind a proxy the proxy resolves; here it need not work.
        severity = Severity.ADVICE if probe.proxy else Severity.BLOCKER
        says = Text(
            f"{target.host} is not found at {probe.branch} ({names.error})",
            f"{probe.branch} 无法解析 {target.host}（{names.error}）",
        )
        yield Finding(NAME, severity, subject(probe, target), 1, says)
    given = {it.resolver: it.addresses for it in names.answers if not it.error}
    failed = {it.resolver: it.error for it in names.answers if it.error}
    if len({frozenset(it) for it in given.values()}) > 1 or (given and failed):
        listed = "; ".join(
            [f"{server}: {', '.join(said) or '-'}" for server, said in given.items()]
            + [f"{server}: {why}" for server, why in failed.items()]
        )
        says = Text(f"{target.host}: {listed}", f"{target.host}：{listed}")
        yield Finding(DISAGREE, Severity.RISK, subject(probe, target), len(names.answers), says)


def _connections(probe: NetworkProbe, target: Target) -> Iterator[Finding]:
    dead = [it for it in target.connections if it.outcome != "open"]
    listed = Text(
        ", ".join(f"{it.address}:{it.port} {_said(it.outcome).en}" for it in dead),
        "、".join(f"{it.address}:{it.port} {_said(it.outcome).zh}" for it in dead),
    )
    if dead and len(dead) == len(target.connections):
        yield Finding(BLOCKED, Severity.BLOCKER, subject(probe, target), len(dead), listed)
    elif dead:
        yield Finding(ADDRESS, Severity.RISK, subject(probe, target), len(dead), listed)
    elif target.error and target.resolution.addresses:
        says = Text(f"{target.name}: {target.error}", f"{target.name}：{target.error}")
        yield Finding(SILENT, Severity.BLOCKER, subject(probe, target), 1, says)


def _said(outcome: str) -> Text:
    return _OUTCOMES.get(outcome, Text(outcome, outcome))


CHECK = Check(NetworkProbe, (NAME, DISAGREE, BLOCKED, ADDRESS, SILENT, UNKNOWN), _judge)
