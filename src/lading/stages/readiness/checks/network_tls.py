"""TLS: who really holds the certificate, whether it is trusted, how long it lasts, and the clocks it depends on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from lading.model.text import Text
from lading.stages.readiness.facts.network import NetworkProbe, Target, Tls
from lading.stages.readiness.findings import Check, Finding, Owner, Rule, Severity

SOON = 30 * 86_400
"""Seconds before its end from which on a certificate is told: Let's Encrypt renews at this point."""
SKEW_RISK, SKEW_BLOCKER = 30.0, 300.0
"""Seconds; Kerberos refuses above five minutes (RFC 4120 recommends it, and it is Windows' default)."""

INTERCEPTED = Rule(
    "network.intercepted",
    Severity.BLOCKER,
    Owner.SECURITY,
    Text("Somebody between opens TLS", "TLS 在途中被拆解"),
    Text(
        "A proxy that opens TLS reads every document, limits bodies, and breaks programs that trust their own list.",
        "拆解 TLS 的代理可读取每份文档、限制请求大小，并使自带信任列表的程序无法连接。",
    ),
    Text(
        "Exempt the drive from inspection at this branch; if it must stay, correct --pin or waive with security's consent.",
        "请在该分支机构对网盘免除 TLS 检查；若必须保留，请更正 --pin，或经安全部门同意后豁免。",
    ),
    Text(
        "US-CERT alert TA17-075A, HTTPS interception weakens TLS security: https://www.us-cert.gov/ncas/alerts/TA17-075A",
        "US-CERT 警报 TA17-075A（HTTPS 拦截削弱 TLS 安全）：https://www.us-cert.gov/ncas/alerts/TA17-075A",
    ),
)
UNTRUSTED = Rule(
    "network.certificate_untrusted",
    Severity.BLOCKER,
    Owner.SERVER_TEAM,
    Text("A certificate is not trusted at a branch", "分支机构不信任该证书"),
    Text("Browsers warn, clients and Lading refuse.", "浏览器会告警，客户端与 Lading 会拒绝连接。"),
    Text(
        "Send the whole chain from the server, or install the firm's authority on the machines of the branch.",
        "请让服务器发送完整证书链，或在该分支机构的计算机上安装企业根证书。",
    ),
    Text("RFC 5280, 6: validation of the path", "RFC 5280 第 6 节：证书路径验证"),
)
EXPIRES = Rule(
    "network.certificate_expires",
    Severity.RISK,
    Owner.SERVER_TEAM,
    Text("A certificate ends soon", "证书即将到期"),
    Text(
        "If it ends during the upgrade, every client stops at once.",
        "若在升级期间到期，所有客户端将同时中断。",
    ),
    Text("Renew it before the first wave, and watch it.", "请在第一批迁移之前续期，并纳入监控。"),
    Text(
        "Microsoft Teams was down on 2020-02-03 after a certificate had expired: https://www.theverge.com/2020/2/3/21120248/microsoft-teams-down-outage-certificate-issue-status",
        "2020-02-03 Microsoft Teams 因证书过期而中断：https://www.theverge.com/2020/2/3/21120248/microsoft-teams-down-outage-certificate-issue-status",
    ),
)
OLD = Rule(
    "network.old_tls",
    Severity.RISK,
    Owner.SERVER_TEAM,
    Text("TLS older than 1.2 is in use", "仍在使用低于 1.2 的 TLS"),
    Text("Current clients refuse it; it can be attacked.", "当前的客户端会拒绝；且存在被攻击的风险。"),
    Text("Switch TLS 1.0 and 1.1 off, and 1.2 and 1.3 on.", "请关闭 TLS 1.0 与 1.1，启用 1.2 与 1.3。"),
    Text(
        "RFC 8996: https://www.rfc-editor.org/rfc/rfc8996", "RFC 8996：https://www.rfc-editor.org/rfc/rfc8996"
    ),
)
CLOCK = Rule(
    "network.clock_skew",
    Severity.BLOCKER,
    Owner.SERVER_TEAM,
    Text("Clocks differ", "时钟不一致"),
    Text(
        "Sign-ins, signatures and one-time codes are refused; which of two versions is newer is told wrongly.",
        "登录、签名与动态口令会被拒绝；对两个版本孰新孰旧会作出错误判断。",
    ),
    Text("Set both by NTP.", "请以 NTP 校准双方时钟。"),
    Text(
        "RFC 4120 (Kerberos), five minutes: https://www.rfc-editor.org/rfc/rfc4120",
        "RFC 4120（Kerberos），五分钟：https://www.rfc-editor.org/rfc/rfc4120",
    ),
)


def _judge(probe: NetworkProbe) -> Iterator[Finding]:
    for target in probe.targets:
        subject = f"{probe.branch} → {target.name}"
        yield from _clock(target, subject)
        if target.tls is not None:
            yield from _certificate(target.tls, subject, probe.ended)


def _certificate(tls: Tls, subject: str, now: float) -> Iterator[Finding]:
    if other := _other_holder(tls):
        yield Finding(INTERCEPTED, Severity.BLOCKER, subject, 1, other, {"issuer": tls.issuer})
    elif tls.trusted is False:
        says = Text(f"{tls.subject}: {tls.distrust}", f"{tls.subject}：{tls.distrust}")
        yield Finding(UNTRUSTED, Severity.BLOCKER, subject, 1, says, {"issuer": tls.issuer})
    if tls.not_after is not None and tls.not_after - now < SOON:
        day = datetime.fromtimestamp(tls.not_after, UTC).date()
        yield Finding(EXPIRES, Severity.RISK, subject, 1, Text(f"ends on {day}", f"将于 {day} 到期"))
    if tls.version in ("TLSv1", "TLSv1.1") or tls.old_versions:
        worst = Severity.RISK if tls.version in ("TLSv1", "TLSv1.1") else Severity.ADVICE
        offered = ", ".join(tls.old_versions) or tls.version
        yield Finding(OLD, worst, subject, 1, Text(f"accepts {offered}", f"接受 {offered}"))


def _other_holder(tls: Tls) -> Text | None:
    for known, en, zh in (
        (tls.pin, "the pin given", "给定的指纹"),
        (tls.stated, "what the counterpart says it uses", "对端自称所用的证书"),
    ):
        if known and tls.fingerprint and known != tls.fingerprint:
            return Text(
                f"the certificate is issued by {tls.issuer} and is not {en}",
                f"证书由 {tls.issuer} 签发，与{zh}不符",
            )
    if tls.expected_issuer and tls.issuer and tls.expected_issuer.lower() not in tls.issuer.lower():
        return Text(
            f"issued by {tls.issuer}, expected was {tls.expected_issuer}",
            f"由 {tls.issuer} 签发，预期为 {tls.expected_issuer}",
        )
    return None


def _clock(target: Target, subject: str) -> Iterator[Finding]:
    if target.clock_skew is None:
        return
    off = abs(target.clock_skew) - (target.clock_grain or 0.0)
    if off > SKEW_RISK:
        severity = Severity.BLOCKER if off > SKEW_BLOCKER else Severity.RISK
        says = Text(
            f"the target's clock is {target.clock_skew:+.0f} s off the branch's",
            f"目标时钟与分支机构相差 {target.clock_skew:+.0f} 秒",
        )
        yield Finding(CLOCK, severity, subject, 1, says)


CHECK = Check(NetworkProbe, (INTERCEPTED, UNTRUSTED, EXPIRES, OLD, CLOCK), _judge)
