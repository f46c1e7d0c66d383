"""Whether each branch that a wave goes through was probed."""

from __future__ import annotations

from collections.abc import Iterator

from lading.model.text import Text
from lading.stages.readiness.facts.plan import Branches
from lading.stages.readiness.findings import Check, Finding, Owner, Rule, Severity
from lading.stages.readiness.making import finding

UNPROBED = Rule(
    "network.unprobed",
    Severity.RISK,
    Owner.NETWORK_TEAM,
    Text("A branch of a wave that nobody has probed", "批次所经的分支机构未经探测"),
    Text(
        "Whether its line carries the wave in the window is a guess.",
        "其线路能否在窗口内承载该批次只能靠猜测。",
    ),
    Text(
        "Run lading probe there and give the file with --facts.",
        "请在当地运行 lading probe，并用 --facts 提供文件。",
    ),
    Text("Engineering rule: measure a line before planning on it", "工程规则：先测量线路，再据此制定计划"),
)


def _judge(branches: Branches) -> Iterator[Finding]:
    for wave, branch in branches.unprobed:
        yield finding(
            UNPROBED,
            Text("no probe of {subject} was given", "未提供 {subject} 的探测结果"),
            subject=branch,
            wave=wave,
        )


CHECK = Check(Branches, (UNPROBED,), _judge)
