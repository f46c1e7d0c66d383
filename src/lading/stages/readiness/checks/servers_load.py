"""Whether a server has rest: memory, processors and disks under the load present, and what else runs at that hour."""

from __future__ import annotations

from collections.abc import Iterator

from lading.model.text import Text
from lading.stages.readiness.facts.servers import HeavyJob, ServerFacts
from lading.stages.readiness.findings import Check, Finding, Owner, Rule, Severity

WORKER_MEMORY = 256 << 20
"""Bytes for each worker process of a copy, with room to spare."""
BUSY = 0.8
"""Share beyond which waiting grows faster than work: at 80 % of use the mean queue of one server (M/M/1) holds 4 jobs."""
STALLED = 0.2
SHORTEST = 5.0
"""Seconds below which a reading says little about an hour."""

MEMORY = Rule(
    "servers.memory",
    Severity.BLOCKER,
    Owner.SERVER_TEAM,
    Text("Too little memory", "内存不足"),
    Text(
        "The kernel ends the largest process, most often the database.",
        "内核会终止占用最大的进程，往往是数据库。",
    ),
    Text("Add memory, or use fewer workers.", "请增加内存，或减少工作进程。"),
    Text(
        "https://www.postgresql.org/docs/current/kernel-resources.html#LINUX-MEMORY-OVERCOMMIT",
        "https://www.postgresql.org/docs/current/kernel-resources.html#LINUX-MEMORY-OVERCOMMIT",
    ),
)
LOAD = Rule(
    "servers.load",
    Severity.RISK,
    Owner.SERVER_TEAM,
    Text("The server is busy already", "服务器已很繁忙"),
    Text(
        "The run takes longer than forecast, and the people who work there wait.",
        "迁移将超出预计时间，正在使用的人员也会受影响。",
    ),
    Text(
        "Run at another hour, limit the calls (--new-limit), or move the other work.",
        "请改在其他时段运行、限制调用（--new-limit）或移走其他业务。",
    ),
    Text(
        "Queueing theory (M/M/1: use of 80 % means 4 in the system on average); pressure: https://docs.kernel.org/accounting/psi.html",
        "排队论（M/M/1：利用率 80% 时系统中平均有 4 个任务）；压力指标：https://docs.kernel.org/accounting/psi.html",
    ),
)
JOBS = Rule(
    "servers.other_jobs",
    Severity.RISK,
    Owner.SERVER_TEAM,
    Text("Backups, scans and the like at the hours of the run", "迁移时段内有备份、扫描等任务"),
    Text(
        "Two jobs that read everything halve each other, and a scanner locks files while they are copied.",
        "两项全量读取的任务会互相拖慢，扫描程序还会在复制时锁定文件。",
    ),
    Text("Move the job to other hours for the time of the run.", "请在迁移期间将该任务调整到其他时段。"),
    Text(
        "Engineering rule: one job that reads everything at a time",
        "工程规则：同一时间只运行一项全量读取任务",
    ),
)


def judge(facts: ServerFacts) -> Iterator[Finding]:
    """Findings about memory, use, and each job that gets in the way."""
    yield from _memory(facts)
    yield from _use(facts)
    if facts.jobs is None:
        said = Text("unknown: which other jobs run there", "未知：服务器上还有哪些任务")
        yield Finding(JOBS, Severity.RISK, facts.host, 1, said)
        return
    for job in facts.jobs:
        if found := _job(facts, job):
            yield found


def _memory(facts: ServerFacts) -> Iterator[Finding]:
    workers = facts.needs.workers if facts.needs else 2
    need = workers * WORKER_MEMORY
    if facts.memory_free is None:
        yield Finding(
            MEMORY, Severity.RISK, facts.host, 1, Text("unknown: its free memory", "未知：可用内存")
        )
    elif facts.memory_free < need:
        said = Text(
            f"{facts.memory_free >> 20:,} MiB free, {need >> 20:,} MiB needed for {workers} workers",
            f"可用 {facts.memory_free >> 20:,} MiB，{workers} 个工作进程需要 {need >> 20:,} MiB",
        )
        evidence = {"free": facts.memory_free, "needed": need}
        yield Finding(MEMORY, Severity.BLOCKER, facts.host, 1, said, evidence)
    elif (facts.stalled_memory or 0) > STALLED:
        said = Text(
            f"work waited for memory in {facts.stalled_memory:.0%} of the last minute",
            f"最近一分钟内有 {facts.stalled_memory:.0%} 的时间在等待内存",
        )
        yield Finding(MEMORY, Severity.RISK, facts.host, 1, said, {"stalled": facts.stalled_memory})


def _use(facts: ServerFacts) -> Iterator[Finding]:
    if facts.busy is None or facts.disk_busy is None or facts.window < SHORTEST:
        said = Text(
            f"unknown: the use of processors or disks was not measured for at least {SHORTEST:g} s",
            f"未知：未对处理器或磁盘进行至少 {SHORTEST:g} 秒的测量",
        )
        yield Finding(LOAD, Severity.RISK, f"{facts.host}: use", 1, said)
    for what, zh, share, limit in (
        ("processors", "处理器", facts.busy, BUSY),
        ("disk", "磁盘", facts.disk_busy, BUSY),
        ("waiting for disk", "等待磁盘", facts.stalled_io, STALLED),
    ):
        if share is not None and share > limit:
            said = Text(
                f"{what}: {share:.0%} of {facts.window:g} s, more than {limit:.0%}",
                f"{zh}：{facts.window:g} 秒内占 {share:.0%}，高于 {limit:.0%}",
            )
            evidence = {
                "share": share,
                "window": facts.window,
                "load": facts.load,
                "processors": facts.processors,
            }
            yield Finding(LOAD, Severity.RISK, f"{facts.host}: {what}", 1, said, evidence)


def _job(facts: ServerFacts, job: HeavyJob) -> Finding | None:
    hours = facts.needs.hours if facts.needs else ()
    meet = sorted(set(job.hours) & set(hours)) if hours else list(job.hours)
    if job.hours and not meet:
        return None
    when = ", ".join(f"{it:02d}:00" for it in meet[:8])
    # A daemon that is there all day says nothing about how much it does.
    severity = Severity.RISK if meet else Severity.ADVICE
    said = Text(
        f"{job.how}, at {when}" if when else f"{job.how}; its hours are not known",
        f"{job.how}，时间 {when}" if when else f"{job.how}；运行时段未知",
    )
    evidence = {"hours": list(job.hours), "run": list(hours)}
    return Finding(JOBS, severity, f"{facts.host}: {job.name}", 1, said, evidence)


CHECK = Check(ServerFacts, (MEMORY, LOAD, JOBS), judge)
