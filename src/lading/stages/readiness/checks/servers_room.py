"""Room on the disks of a server, in bytes and in inodes, against what will be put there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from lading.model.text import Text
from lading.stages.readiness.facts.servers import Disk, Needs, ServerFacts
from lading.stages.readiness.findings import Check, Finding, Owner, Rule, Severity

MARGIN = 0.10
"""Share of a disk that stays free: file systems grow slow, and ext4 keeps 5 % for root (mke2fs(8), -m)."""
INODES_EACH = 1.2
"""Inodes for each file: itself, and one folder for five."""

ROOM = Rule(
    "servers.room",
    Severity.BLOCKER,
    Owner.SERVER_TEAM,
    Text("Too little room on a disk", "磁盘空间不足"),
    Text(
        "A full disk stops the copy in the middle, and on the same disk the database and the work of others.",
        "磁盘写满会使迁移中途停止，同一磁盘上的数据库和其他业务也随之停止。",
    ),
    Text(
        "Enlarge the disk, or put vault and content on different ones.",
        "请扩容磁盘，或将备份库与内容分放不同磁盘。",
    ),
    Text(
        "GitLab's database outage of 2017 shows backups that had silently failed: https://about.gitlab.com/blog/2017/02/10/postmortem-of-database-outage-of-january-31/",
        "GitLab 2017 年数据库事故中备份早已悄然失败：https://about.gitlab.com/blog/2017/02/10/postmortem-of-database-outage-of-january-31/",
    ),
)
INODES = Rule(
    "servers.inodes",
    Severity.BLOCKER,
    Owner.SERVER_TEAM,
    Text("Too few inodes on a disk", "磁盘 inode 不足"),
    Text(
        "ext4 fixes their number when it is made: the disk is full though half of it is free.",
        "ext4 的 inode 数量在创建时固定：即使尚有一半空间，也会报磁盘已满。",
    ),
    Text(
        "Make the file system anew with more inodes (mkfs.ext4 -i), or use XFS.",
        "请以更多 inode 重建文件系统（mkfs.ext4 -i），或改用 XFS。",
    ),
    Text("mke2fs(8), option -i: it cannot be changed afterwards", "mke2fs(8) 的 -i 选项：创建后无法更改"),
)
UNKNOWN = Rule(
    "servers.unknown",
    Severity.RISK,
    Owner.SERVER_TEAM,
    Text("What the server did not tell", "服务器未提供的信息"),
    Text("What nobody measured cannot be held against what is needed.", "未测量的数据无法与需求比较。"),
    Text(
        "Run the check again with the paths, a manifest, and a login that may read /proc.",
        "请提供路径、清单和可读取 /proc 的登录，重新检查。",
    ),
    Text("Engineering rule: silence is no good news", "工程规则：没有消息不等于好消息"),
)


def needed_bytes(role: str, needs: Needs) -> int:
    """
    Bytes that *role* takes: content with its versions and twice the largest file (one replaced while another is being
    written); the vault; or temporary copies, one of the largest file for each worker.
    """
    if role == "content":
        return needs.content + needs.versions + 2 * needs.largest
    return needs.vault if role == "vault" else needs.workers * needs.largest


def judge(facts: ServerFacts) -> Iterator[Finding]:
    """One finding for each device that is too small, and for each thing that is not known."""
    for path in facts.unreadable:
        said = Text("unknown: its file system could not be asked", "未知：无法查询其文件系统")
        yield Finding(UNKNOWN, Severity.RISK, f"{facts.host}:{path}", 1, said)
    if facts.needs is None or not facts.disks:
        said = Text(
            "unknown: whether the content fits (needs paths and a manifest)",
            "未知：内容能否放下（需要路径和清单）",
        )
        yield Finding(UNKNOWN, Severity.RISK, f"{facts.host}: room", 1, said)
        return
    devices: defaultdict[str, list[Disk]] = defaultdict(list)
    for disk in facts.disks:
        devices[disk.device].append(disk)
    for disks in devices.values():
        yield from _device(facts.host, disks, facts.needs)


def _device(host: str, disks: list[Disk], needs: Needs) -> Iterator[Finding]:
    disk = disks[0]
    subject = f"{host}:{disk.path}"
    roles = sorted({it.role for it in disks})
    need = sum(needed_bytes(role, needs) for role in roles)
    left = disk.free - need
    evidence = {"free": disk.free, "needed": need, "size": disk.size, "roles": roles}
    if left < 0:
        said = Text(
            f"{_gib(need)} GiB needed for {', '.join(roles)}, {_gib(disk.free)} GiB free: {_gib(-left)} GiB are missing",
            f"{'、'.join(_ROLES[it] for it in roles)}需要 {_gib(need)} GiB，剩余 {_gib(disk.free)} GiB：缺少 {_gib(-left)} GiB",
        )
        yield Finding(ROOM, Severity.BLOCKER, subject, 1, said, evidence)
    elif left < MARGIN * disk.size and need:
        said = Text(
            f"{_gib(left)} GiB of {_gib(disk.size)} GiB would be left, less than {MARGIN:.0%}",
            f"完成后仅剩 {_gib(left)} GiB（共 {_gib(disk.size)} GiB），低于 {MARGIN:.0%}",
        )
        yield Finding(ROOM, Severity.RISK, subject, 1, said, evidence)
    inodes = round(needs.files * INODES_EACH) if "content" in roles else 0
    if disk.inodes_free is not None and disk.inodes_free < inodes:
        said = Text(
            f"{inodes:,} inodes needed, {disk.inodes_free:,} free",
            f"需要 {inodes:,} 个 inode，剩余 {disk.inodes_free:,} 个",
        )
        yield Finding(INODES, Severity.BLOCKER, subject, inodes - disk.inodes_free, said, evidence)


_ROLES = {"content": "内容", "vault": "备份库", "scratch": "临时文件"}


def _gib(size: int) -> str:
    return f"{size / (1 << 30):,.1f}"


CHECK = Check(ServerFacts, (ROOM, INODES, UNKNOWN), judge)
