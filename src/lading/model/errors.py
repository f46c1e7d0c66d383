"""
Everything that can go wrong, as classes.

An error says what happened, to which object and what to do next, in both
languages.  Its code and its exit code are stable; loops that repeat work ask
its advice and never read its words.  `docs/manual/errors.md` is made from
these classes.  Those of drives stand in `drive_errors`, what all have in common in
`error_base`; every one of them is imported from here.
"""

from __future__ import annotations

from lading.model.drive_errors import (
    AlreadyExists,
    BadAnswer,
    CallsUsedUp,
    Changed,
    CursorExpired,
    DamagedContent,
    DriveError,
    Forbidden,
    LoginFailed,
    NameRefused,
    NoFile,
    NoSpace,
    NotCertified,
    NotEmpty,
    NotFound,
    ReadOnly,
    Throttled,
    TooDeep,
    TooLarge,
    Truncated,
    Unable,
    Unavailable,
    Unguarded,
    Unreadable,
    WrongKind,
)
from lading.model.error_base import Advice, LadingError
from lading.model.paths import Path
from lading.model.text import Text

__all__ = [
    "Advice",
    "AlreadyExists",
    "BadAnswer",
    "CallsUsedUp",
    "Changed",
    "CursorExpired",
    "DamagedContent",
    "DriveError",
    "Forbidden",
    "LadingError",
    "LoginFailed",
    "NameRefused",
    "NoFile",
    "NoSpace",
    "NotCertified",
    "NotEmpty",
    "NotFound",
    "ReadOnly",
    "Throttled",
    "TooDeep",
    "TooLarge",
    "Truncated",
    "Unable",
    "Unavailable",
    "Unguarded",
    "Unreadable",
    "WrongKind",
]


class BadRequest(LadingError):
    """The command was asked for something that makes no sense."""

    code = "bad_request"
    exit_code = 2
    remedy = Text("See --help.", "请参阅 --help。")


class BadAddress(BadRequest):
    """The address of a drive, or an option beside it, cannot be used."""

    code = "bad_address"
    exit_code = 3
    says = Text("{subject} is not the address of a drive ({detail})", "{subject} 不是网盘地址（{detail}）")
    remedy = Text(
        "Give a folder, an http(s) URL of a WebDAV server, KIND:PLACE (lading drives lists the kinds), or a .toml file that describes a drive.",
        "请给出文件夹、WebDAV 服务器的 http(s) 网址、“类型:位置”（lading drives 列出各类型），或描述网盘的 .toml 文件。",
    )


class BadTimetable(BadRequest):
    """A timetable of limits cannot be understood; *position* counts characters from 1."""

    code = "bad_timetable"
    says = Text(
        "limits “{subject}”: character {position}: “{detail}” is not understood; expected: {expected}",
        "限速“{subject}”：第 {position} 个字符处的“{detail}”无法理解；应为：{expected}",
    )
    remedy = Text(
        "Write e.g. “mon-fri 08:00-18:30 2MiB/s 20calls/s; else 50MiB/s”; see docs/manual/limits.md.",
        "请写成例如“mon-fri 08:00-18:30 2MiB/s 20calls/s; else 50MiB/s”；参见 docs/manual/limits.md。",
    )


class BadMap(BadRequest):
    """Lines of an identity map cannot be used; *detail* tells each of them, with its number."""

    code = "bad_map"
    says = Text(
        "{subject} cannot be used as an identity map: {detail}", "{subject} 不能用作身份映射表：{detail}"
    )
    remedy = Text(
        "Correct these lines and give the file again; the columns are explained in docs/manual/identity.md.",
        "请更正上述各行后重新给出该文件；各列说明见 docs/manual/identity.md。",
    )


class Unsignable(LadingError):
    """A fidelity contract does not say what becomes of everything, so nobody can sign it."""

    code = "unsignable"
    exit_code = 46
    says = Text(
        "the contract cannot be signed: nothing is known of {detail}",
        "约定无法签署：以下内容情况不明：{detail}",
    )
    remedy = Text(
        "Scan OLD and NEW with these features, or accept the gap by name with --waive.",
        "请扫描 OLD 与 NEW 时包含这些内容，或用 --waive 按名称接受缺口。",
    )


class BadFacts(LadingError):
    """A file of facts for an assessment cannot be understood."""

    code = "bad_facts"
    exit_code = 82
    says = Text("{subject} holds no facts that can be used: {detail}", "{subject} 中没有可用的事实：{detail}")
    remedy = Text(
        "Probe again with this version of Lading, or leave the file out: what is missing is told as a finding.",
        "请用此版本的 Lading 重新探测，或不使用该文件：缺失的内容会作为问题列出。",
    )


class NotWaivable(LadingError):
    """A finding of an assessment that nobody may waive."""

    code = "not_waivable"
    exit_code = 83
    says = Text("{subject} cannot be waived: {detail}", "{subject} 不可豁免：{detail}")
    remedy = Text(
        "Do what the finding's remedy says, then assess again.", "请按该问题的处理办法处理后重新评估。"
    )


class BadPlan(BadRequest):
    """A plan of an upgrade cannot be understood."""

    code = "bad_plan"
    says = Text("{subject} cannot be used as a plan: {detail}", "{subject} 不能用作计划：{detail}")
    remedy = Text(
        "See docs/manual/assess.md for what a plan holds.", "计划的内容见 docs/manual/assess.zh-CN.md。"
    )


class Overlapping(BadRequest):
    """One drive lies inside the other."""

    code = "overlapping"
    exit_code = 4
    says = Text("{subject} lies inside {detail}", "{subject} 位于 {detail} 之内")
    remedy = Text("Choose two places of which neither holds the other.", "请选择互不包含的两个位置。")


class Busy(LadingError):
    """Another run works on the same state."""

    code = "busy"
    exit_code = 5
    says = Text(
        "another run is at work in {subject} ({detail})", "{subject} 中已有另一个任务在运行（{detail}）"
    )
    remedy = Text("Wait for it to end, or stop it.", "请等待其结束，或将其停止。")


class Interrupted(LadingError):
    """The person at the terminal stopped the run."""

    code = "interrupted"
    exit_code = 130
    says = Text("stopped by request", "已按要求停止")
    remedy = Text(
        "Run the same command again; it goes on where it was.", "重新运行同一命令，会从中断处继续。"
    )


class BadManifest(LadingError):
    """A manifest is missing, damaged, unfinished or of an unknown version."""

    code = "bad_manifest"
    exit_code = 40
    says = Text("{subject} is not a whole manifest ({detail})", "{subject} 不是完整的清单（{detail}）")
    remedy = Text("Scan the drive again into an empty folder.", "请重新扫描网盘到一个空文件夹。")


class BadVault(LadingError):
    """An object of a vault is missing, damaged, or was never its own."""

    code = "bad_vault"
    exit_code = 58
    says = Text("{subject}: the vault is damaged there ({detail})", "{subject}：保管库此处已损坏（{detail}）")
    remedy = Text(
        "Run `lading vault check --read-data`: it says which snapshots are hit, and what can be repaired.",
        "请运行 `lading vault check --read-data`：它会说明哪些快照受影响、哪些可以修复。",
    )


class NoVault(BadVault):
    """There is no vault where one was asked for."""

    code = "no_vault"
    exit_code = 92
    says = Text("there is no vault at {subject}", "{subject} 处没有保管库")
    remedy = Text(
        "Check the address, the folder in the bucket and whether the disk is mounted; `lading vault init` makes a new one.",
        "请检查地址、存储桶内的文件夹以及磁盘是否已挂载；`lading vault init` 可新建保管库。",
    )


class StillFrozen(LadingError):
    """Spaces that were frozen for the time of a backup could not be thawed."""

    code = "still_frozen"
    exit_code = 60
    says = Text(
        "{subject} is still frozen: people cannot work there ({detail})",
        "{subject} 仍处于冻结状态，用户无法工作（{detail}）",
    )
    remedy = Text(
        "Give the same command again, which thaws it at its end, or thaw it in the drive: `lading drive thaw SPACE`.",
        "请再次执行同一命令，它结束时会解除冻结；或在网盘上执行 `lading drive thaw SPACE`。",
    )


class WrongKey(LadingError):
    """No key slot of the vault opens with this passphrase or key file."""

    code = "wrong_key"
    exit_code = 59
    says = Text("{subject}: no key slot opens with this secret", "{subject}：没有密钥槽能以此密钥打开")
    remedy = Text("Check the passphrase or the key file.", "请检查口令或密钥文件。")


class BadLedger(LadingError):
    """A ledger was changed after it was written."""

    code = "bad_ledger"
    exit_code = 41
    says = Text("{subject}: the chain of records is broken ({detail})", "{subject}：记录链已断裂（{detail}）")
    remedy = Text(
        "Keep the file as it is and find out who changed it.", "请原样保留该文件，并查明是谁改动了它。"
    )


class Fuse(LadingError):
    """More than the stated share of the target would be deleted."""

    code = "fuse"
    exit_code = 42
    says = Text(
        "{detail} of the entries in {subject} would be deleted: stopped",
        "{subject} 中将有 {detail} 的条目被删除：已停止",
    )
    remedy = Text(
        "Look at the list (--dry-run). If it is right, raise --delete-at-most.",
        "请查看列表（--dry-run）；确认无误后调高 --delete-at-most。",
    )


class BadState(LadingError):
    """A file in the state folder of a job is missing or damaged."""

    code = "bad_state"
    exit_code = 43
    says = Text(
        "{subject}: the state of the job is damaged ({detail})", "{subject}：任务状态已损坏（{detail}）"
    )
    remedy = Text(
        "Start another pass with --new-pass. If the same file is named again, remove it: then files in NEW are compared anew.",
        "请用 --new-pass 开始新的一轮；若仍指出同一文件，请将其删除，此后会重新比对 NEW 中的文件。",
    )


class RollbackStopped(LadingError):
    """A rollback cannot go on: a disk is full, a drive went away; both sides are as readable as before."""

    code = "rollback_stopped"
    advice = Advice.ASK
    exit_code = 65
    says = Text("the rollback stopped: {detail}", "回退已停止：{detail}")
    remedy = Text("Next: {next_en}.", "下一步：{next_zh}。")

    def __init__(
        self, subject: Path | str = "", detail: str | Text = "", *, next_en: str = "", next_zh: str = ""
    ) -> None:
        super().__init__(subject, detail, next_en=next_en, next_zh=next_zh)


class PointPassed(LadingError):
    """The point of no return has been passed: OLD is not brought up to date any more."""

    code = "point_passed"
    exit_code = 66
    says = Text("rolling back is not possible any more: {detail}", "已不能回退：{detail}")
    remedy = Text(
        "What is still possible: restore from the vault into an empty drive (`lading vault restore`), or copy NEW into another drive (`lading copy`).",
        "仍可行的做法：从保管库恢复到空网盘（`lading vault restore`），或将新网盘复制到其他网盘（`lading copy`）。",
    )


class NotMarked(LadingError):
    """There is no switch from which to roll back, or several and it was not said which."""

    code = "not_marked"
    exit_code = 67
    says = Text("{subject}: {detail}", "{subject}：{detail}")
    remedy = Text(
        "Mark the switch: `lading rollback mark OLD NEW`; where there are several, give OLD and NEW, or the folder of the job with --state.",
        "请先标记切换：`lading rollback mark OLD NEW`；如有多个，请给出 OLD 与 NEW，或用 --state 指定任务文件夹。",
    )


class NotWhole(LadingError):
    """After a rollback something that must be in OLD was not found there."""

    code = "not_whole"
    exit_code = 68
    says = Text("OLD is not whole: {detail}", "旧网盘不完整：{detail}")
    remedy = Text(
        "Do not let people work on OLD yet. The list is in {subject}; the contents of NEW are kept in the state folder.",
        "请暂不要让人员使用旧网盘。清单见 {subject}；新网盘的内容保存在状态文件夹中。",
    )


class BadRollback(BadState):
    """A file in the folder of a rollback is missing or damaged; others of that folder may hold the only copy of somebody's work."""

    code = "bad_rollback"
    says = Text(
        "{subject}: the folder of the rollback is damaged ({detail})",
        "{subject}：回退文件夹已损坏（{detail}）",
    )
    remedy = Text(
        "Remove nothing from that folder: `contents` in it holds what people did in NEW. Put the file back from a copy of the state folder, then run again.",
        "请勿删除该文件夹中的任何内容：其中的 `contents` 保存着人员在新网盘中完成的工作。请用状态文件夹的副本恢复该文件，然后重新运行。",
    )


class WorkerLost(LadingError):
    """A worker process was killed, most often because the machine ran out of memory."""

    code = "worker_lost"
    advice = Advice.RETRY
    exit_code = 44
    says = Text("a worker process was killed ({detail})", "一个工作进程被终止（{detail}）")
    remedy = Text(
        "Run the same command again; it goes on where it was. If it happens again, see whether memory is short and use fewer --workers.",
        "请重新运行同一命令，会从中断处继续。如再次发生，请检查内存是否不足，并减少 --workers。",
    )


class NoLog(LadingError):
    """A file holds no access log whose format is known."""

    code = "no_log"
    exit_code = 87
    says = Text(
        "{subject} is no access log that can be read: {detail}", "{subject} 不是可读取的访问日志：{detail}"
    )
    remedy = Text(
        "Known are the combined and JSON logs of nginx and Apache, IIS W3C, and Nextcloud's own log, also as .gz.",
        "可识别 nginx 与 Apache 的 combined 和 JSON 日志、IIS W3C 日志和 Nextcloud 自身的日志，也可为 .gz。",
    )


class BadTable(LadingError):
    """A table of devices or people, or a file about a system, cannot be understood."""

    code = "bad_table"
    exit_code = 88
    says = Text("{subject} cannot be used: {detail}", "{subject} 无法使用：{detail}")
    remedy = Text(
        "See docs/manual/clients.md for the columns and keys.", "各列和各键见 docs/manual/clients.md。"
    )


class NotProbed(LadingError):
    """A server told nothing about itself."""

    code = "not_probed"
    exit_code = 89
    says = Text("{subject} told nothing about itself: {detail}", "未能取得 {subject} 的信息：{detail}")
    remedy = Text(
        "Try the same login by hand (ssh HOST true, or open the URL of the exporter), then run the command again.",
        "请先手工试用同一登录（ssh HOST true，或打开 exporter 的网址），再重新运行该命令。",
    )


class NothingToTry(LadingError):
    """A drive holds no file that a trial copy could take."""

    code = "nothing_to_try"
    exit_code = 90
    says = Text("{subject} holds nothing to try a copy with", "{subject} 中没有可供试复制的内容")
    remedy = Text(
        "Check the address of OLD and what its account may read.", "请检查 OLD 的地址及其账号的读取权限。"
    )


class ProbeRefused(LadingError):
    """The counterpart of a probe does not take the token, or it belongs to another probe."""

    code = "probe_refused"
    exit_code = 84
    says = Text("{subject}: the counterpart refuses the token", "{subject}：对端拒绝该令牌")
    remedy = Text(
        "Check --token. A token serves one probe: start `lading probe --listen` again with a new one for the next.",
        "请检查 --token。一个令牌只供一次探测使用：下一次请用新令牌重新启动 `lading probe --listen`。",
    )


class CannotListen(LadingError):
    """The counterpart of a probe cannot take its port, or its certificate cannot be used."""

    code = "cannot_listen"
    exit_code = 85
    says = Text("cannot listen on {subject} ({detail})", "无法在 {subject} 上监听（{detail}）")
    remedy = Text(
        "Choose another address or port, see what holds this one, and check --cert and --key.",
        "请改用其他地址或端口，查明占用者，并检查 --cert 与 --key。",
    )


class NotDelivered(LadingError):
    """The result of a probe could not be sent, or not written where it was to go."""

    code = "not_delivered"
    exit_code = 86
    says = Text(
        "the result could not be delivered to {subject} ({detail})", "无法将结果送达 {subject}（{detail}）"
    )
    remedy = Text(
        "Send the file {kept} by another way; nothing has to be measured again.",
        "请以其他方式发送文件 {kept}，无需重新测量。",
    )

    def __init__(self, subject: Path | str = "", detail: str | Text = "", *, kept: str = "") -> None:
        super().__init__(subject, detail, kept=kept)


class AccountOpen(LadingError):
    """Found and accounted for are not equal: a fault of Lading itself."""

    code = "account_open"
    exit_code = 70
    says = Text("internal error: the account does not close ({detail})", "内部错误：账目不平（{detail}）")
    remedy = Text(
        "Do not switch over. Report this with the state folder.", "请勿切换，并连同状态文件夹一起上报。"
    )


class Internal(LadingError):
    """A fault of Lading itself."""

    code = "internal"
    exit_code = 70
    says = Text("internal error ({detail})", "内部错误（{detail}）")
    remedy = Text("Report this; the details are in {subject}.", "请上报此问题；详情见 {subject}。")


# Exit codes of commands that ran well and found something.
NOT_READY = 80
RISKY = 81
"""`assess`: not ready; ready with risks."""
DIFFERENT = 10
FAILED_OBJECTS = 11
GAINED = 12
ON_BOTH_SIDES = 13
UNANNOUNCED = 14
UNANSWERED = 15
DRILL_FAILED = 62
LEFT_BEHIND = 63
TRIAL_LEFT = 91
"""`forecast`: told, and something could not be removed from the folder of the trial."""
UNDECIDED = 69


def known() -> dict[str, type[LadingError]]:
    """Every error class by its code."""
    found: dict[str, type[LadingError]] = {}
    waiting: list[type[LadingError]] = [LadingError]
    while waiting:
        kind = waiting.pop()
        found[kind.code] = kind
        waiting.extend(kind.__subclasses__())
    return found
