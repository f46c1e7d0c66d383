"""Open files, clocks, certificates, services and databases of a server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from lading.model.text import Text
from lading.stages.readiness.facts.servers import Database, ServerFacts
from lading.stages.readiness.findings import Check, Finding, Owner, Rule, Severity

OPEN_FILES = 4096
CLOCK = 5.0
"""Seconds: beyond it one-time passwords and signatures come near their limits (S3 refuses at 15 minutes, TOTP steps are 30 s)."""
CERTIFICATE = timedelta(days=30)
CONNECTIONS = 0.8
SQLITE_LARGE = 20 << 30
POSTGRESQL_OLDEST = 14
"""The oldest release that Django 5.2 works with: https://docs.djangoproject.com/en/5.2/releases/5.2/"""

LIMITS = Rule(
    "servers.limits",
    Severity.RISK,
    Owner.SERVER_TEAM,
    Text("Limits that a busy drive will meet", "繁忙时将触及的系统限制"),
    Text(
        "With 1,024 open files a server refuses people while it looks idle.",
        "打开文件数上限为 1,024 时，服务器看似空闲却会拒绝访问。",
    ),
    Text(
        "Set LimitNOFILE=65536 in the unit, and ulimit -n for the copy.",
        "请在服务单元中设置 LimitNOFILE=65536，并为迁移设置 ulimit -n。",
    ),
    Text(
        "systemd.exec(5), LimitNOFILE: the soft limit is 1024 by default",
        "systemd.exec(5) 的 LimitNOFILE：默认软限制为 1024",
    ),
)
CLOCKS = Rule(
    "servers.clock",
    Severity.RISK,
    Owner.SERVER_TEAM,
    Text("The server's clock is wrong", "服务器时钟不准"),
    Text(
        "Logins are refused, and what changed since the last pass is told wrongly.",
        "登录会被拒绝，自上一轮以来的变更也会判断错误。",
    ),
    Text("Switch on NTP (timedatectl set-ntp true).", "请启用 NTP（timedatectl set-ntp true）。"),
    Text("RFC 6238, section 5.2: steps of 30 seconds", "RFC 6238 第 5.2 节：步长 30 秒"),
)
CERTIFICATES = Rule(
    "servers.certificate",
    Severity.BLOCKER,
    Owner.SECURITY,
    Text("Certificates that end soon", "即将到期的证书"),
    Text("From that moment on no client works.", "自到期起所有客户端都无法使用。"),
    Text("Renew it, and see that renewal runs by itself.", "请更新证书，并确认自动续期正常。"),
    Text(
        "Microsoft Teams was down on 3 February 2020 for an expired certificate",
        "2020 年 2 月 3 日 Microsoft Teams 因证书过期而中断",
    ),
)
SERVICES = Rule(
    "servers.service",
    Severity.BLOCKER,
    Owner.SERVER_TEAM,
    Text("Services that do not run", "未运行的服务"),
    Text("What does not run now will not run at the switch.", "现在未运行的服务，切换时也不会运行。"),
    Text(
        "Start it, and enable it for the next boot (systemctl enable --now).",
        "请启动并设为开机启动（systemctl enable --now）。",
    ),
    Text("Engineering rule: try the way before the day", "工程规则：提前演练"),
)
DATABASES = Rule(
    "servers.database",
    Severity.RISK,
    Owner.SERVER_TEAM,
    Text("The database is at its limits", "数据库接近极限"),
    Text("Every call of the drive waits for it.", "网盘的每次调用都要等待数据库。"),
    Text(
        "Raise max_connections or pool, update, or move from SQLite to PostgreSQL.",
        "请提高 max_connections 或使用连接池、升级版本，或由 SQLite 迁至 PostgreSQL。",
    ),
    Text(
        "https://www.sqlite.org/whentouse.html; https://docs.djangoproject.com/en/5.2/ref/databases/#postgresql-notes",
        "https://www.sqlite.org/whentouse.html；https://docs.djangoproject.com/en/5.2/ref/databases/#postgresql-notes",
    ),
)


def judge(facts: ServerFacts) -> Iterator[Finding]:
    """Findings about each limit that is near."""
    yield from _limits(facts)
    yield from _clock(facts)
    yield from _certificates(facts)
    for database in facts.databases:
        yield from _database(facts.host, database)


def _limits(facts: ServerFacts) -> Iterator[Finding]:
    if facts.open_files is not None and facts.open_files < OPEN_FILES:
        said = Text(
            f"{facts.open_files:,} open files at most, {OPEN_FILES:,} are advised",
            f"最多打开 {facts.open_files:,} 个文件，建议 {OPEN_FILES:,}",
        )
        yield Finding(LIMITS, Severity.ADVICE, f"{facts.host}: login", 1, said)
    for unit in facts.units:
        if not unit.active:
            said = Text("it is not active, or not there", "未处于活动状态或不存在")
            yield Finding(SERVICES, Severity.BLOCKER, f"{facts.host}: {unit.name}", 1, said)
        elif unit.open_files is not None and unit.open_files < OPEN_FILES:
            said = Text(f"LimitNOFILE is {unit.open_files:,}", f"LimitNOFILE 为 {unit.open_files:,}")
            yield Finding(LIMITS, Severity.RISK, f"{facts.host}: {unit.name}", 1, said)


def _clock(facts: ServerFacts) -> Iterator[Finding]:
    if facts.clock_off is None:
        yield Finding(CLOCKS, Severity.RISK, facts.host, 1, Text("unknown: its clock", "未知：服务器时钟"))
    elif abs(facts.clock_off) > CLOCK:
        said = Text(f"{facts.clock_off:+,.0f} s against ours", f"与本机相差 {facts.clock_off:+,.0f} 秒")
        yield Finding(CLOCKS, Severity.RISK, facts.host, 1, said, {"seconds": facts.clock_off})
    elif facts.clock_synchronised is False:
        said = Text("right now, but not synchronised", "目前准确，但未同步")
        yield Finding(CLOCKS, Severity.ADVICE, facts.host, 1, said)


def _certificates(facts: ServerFacts) -> Iterator[Finding]:
    for it in facts.certificates:
        subject = f"{facts.host}:{it.file}"
        if it.ends is None:
            said = Text("unknown: it cannot be read", "未知：无法读取")
            yield Finding(CERTIFICATES, Severity.RISK, subject, 1, said)
            continue
        left = it.ends - facts.at
        if left < CERTIFICATE:
            severity = Severity.BLOCKER if left < timedelta() else Severity.RISK
            said = Text(f"valid until {it.ends:%Y-%m-%d}", f"有效期至 {it.ends:%Y-%m-%d}")
            yield Finding(CERTIFICATES, severity, subject, 1, said, {"days": left.days})


def _database(host: str, it: Database) -> Iterator[Finding]:
    subject, evidence = f"{host}: {it.place}", {"version": it.version, "size": it.size}
    if it.kind == "sqlite" and it.size > SQLITE_LARGE:
        said = Text(
            f"SQLite of {it.size / (1 << 30):,.1f} GiB: one writer at a time",
            f"SQLite 数据库 {it.size / (1 << 30):,.1f} GiB：同时只能有一个写入者",
        )
        yield Finding(DATABASES, Severity.RISK, subject, 1, said, evidence)
    if (
        it.connections is not None
        and it.connections_most
        and it.connections > CONNECTIONS * it.connections_most
    ):
        said = Text(
            f"{it.connections:,} of {it.connections_most:,} connections in use",
            f"已用连接 {it.connections:,}/{it.connections_most:,}",
        )
        yield Finding(DATABASES, Severity.RISK, f"{subject}: connections", 1, said, evidence)
    major = it.version.partition(".")[0]
    if it.kind == "postgresql" and major.isdigit() and int(major) < POSTGRESQL_OLDEST:
        said = Text(
            f"PostgreSQL {it.version}; {POSTGRESQL_OLDEST} is the oldest that works",
            f"PostgreSQL {it.version}；最低要求 {POSTGRESQL_OLDEST}",
        )
        yield Finding(DATABASES, Severity.RISK, f"{subject}: version", 1, said, evidence)


CHECK = Check(ServerFacts, (LIMITS, CLOCKS, CERTIFICATES, SERVICES, DATABASES), judge)
