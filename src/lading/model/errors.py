"""
Everything that can go wrong, as classes.

An error says what happened, to which object and what to do next, in both
languages.  Its code and its exit code are stable; loops that repeat work ask
its advice and never read its words.  `docs/manual/errors.md` is made from
these classes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Self

from lading.model.paths import Path, shown
from lading.model.text import Language, Text


class Advice(StrEnum):
    """What the caller of a failed operation should do."""

    RETRY = "retry"
    SKIP_ITEM = "skip_item"
    STOP_DRIVE = "stop_drive"
    ASK = "ask"


class LadingError(Exception):
    """
    The base of all errors that a person is meant to read.

    *subject* is the object it happened to (a path, an address); *detail* says
    more, best as a `Text` in both languages; *facts* fill the places in `says`
    and `remedy`.
    """

    code: ClassVar[str] = "error"
    advice: ClassVar[Advice] = Advice.ASK
    exit_code: ClassVar[int] = 1
    says: ClassVar[Text] = Text("{subject}: {detail}", "{subject}：{detail}")
    remedy: ClassVar[Text] = Text("Run the command again.", "请重新运行该命令。")

    def __init__(self, subject: Path | str = "", detail: str | Text = "", **facts: object) -> None:
        self.subject = shown(subject) if isinstance(subject, tuple) else subject
        self.detail = detail.en if isinstance(detail, Text) else detail
        self._detail = detail if isinstance(detail, Text) else Text(detail, detail)
        self.facts = facts
        super().__init__(self.message(Language.EN))

    def message(self, language: Language) -> str:
        """What happened, as one sentence in *language*."""
        text = self.says.to(language, subject=self.subject, detail=self._in(language), **self.facts)
        return text.rstrip(" :：,，")

    def next_step(self, language: Language) -> str:
        """What to do about it, in *language*."""
        return self.remedy.to(language, subject=self.subject, detail=self._in(language), **self.facts)

    @property
    def details(self) -> Text:
        """`detail` in both languages."""
        return self._detail

    def about(self, subject: Path | str) -> Self:
        """The same error with another subject."""
        return type(self)(subject, self._detail, **self.facts)

    def _in(self, language: Language) -> str:
        return self._detail.zh if language is Language.ZH else self._detail.en

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders; the default would lose the facts.
        return (_restore, (type(self), self.subject, self._detail, self.facts))


def _restore(kind: type[LadingError], subject: str, detail: Text, facts: dict[str, object]) -> LadingError:
    return kind(subject, detail, **facts)


class DriveError(LadingError):
    """Something a drive did or refused.  Connectors raise only this and its subclasses."""

    code = "drive_error"
    exit_code = 20
    remedy = Text("Look at the drive's own log.", "请查看网盘服务器自身的日志。")


class NotFound(DriveError):
    """There is no such entry."""

    code = "not_found"
    advice = Advice.SKIP_ITEM
    exit_code = 21
    says = Text("{subject} does not exist ({detail})", "{subject} 不存在（{detail}）")
    remedy = Text("Check the address and the spelling.", "请检查地址和拼写。")


class AlreadyExists(DriveError):
    """Something of that name is there and was expected not to be."""

    code = "already_exists"
    advice = Advice.SKIP_ITEM
    exit_code = 22
    says = Text("{subject} exists already ({detail})", "{subject} 已经存在（{detail}）")
    remedy = Text("Decide which of the two is right, then run again.", "请确定以哪一个为准，然后重新运行。")


class Throttled(DriveError):
    """The server asked us to slow down; *after* is the number of seconds it named."""

    code = "throttled"
    advice = Advice.RETRY
    exit_code = 23
    says = Text(
        "{subject}: the server asked us to slow down ({detail})", "{subject}：服务器要求降低速度（{detail}）"
    )
    remedy = Text(
        "Lower the limits (--limit) and run again; it goes on where it was.",
        "请调低限速（--limit）后重新运行，会从中断处继续。",
    )

    def __init__(
        self, subject: Path | str = "", detail: str | Text = "", *, after: float | None = None
    ) -> None:
        super().__init__(subject, detail, after=after)
        self.after = after


class Unavailable(DriveError):
    """The server or the connection to it went away in the middle."""

    code = "unavailable"
    advice = Advice.RETRY
    exit_code = 24
    says = Text("{subject}: the drive does not answer ({detail})", "{subject}：网盘没有响应（{detail}）")
    remedy = Text(
        "Check server and network, then run again; it goes on where it was.",
        "请检查服务器和网络后重新运行，会从中断处继续。",
    )


class Truncated(DriveError):
    """Content ended before its announced size, or went on after it."""

    code = "truncated"
    advice = Advice.RETRY
    exit_code = 25
    says = Text(
        "{subject}: the content is not as long as announced ({detail})",
        "{subject}：内容长度与声明不符（{detail}）",
    )
    remedy = Text(
        "If it happens again, open the file on the old drive: it may be damaged there.",
        "如再次出现，请在旧网盘上打开该文件：它可能在那里就已损坏。",
    )


class Changed(DriveError):
    """The entry is not the one that was expected: somebody changed it meanwhile."""

    code = "changed"
    advice = Advice.SKIP_ITEM
    exit_code = 26
    says = Text(
        "{subject} was changed by somebody else meanwhile ({detail})", "{subject} 期间被他人修改（{detail}）"
    )
    remedy = Text("Run again: the next pass takes the newer state.", "请重新运行：下一轮会采用较新的状态。")


class Forbidden(DriveError):
    """The account in use may not do this."""

    code = "forbidden"
    advice = Advice.SKIP_ITEM
    exit_code = 27
    says = Text("{subject}: permission denied ({detail})", "{subject}：没有权限（{detail}）")
    remedy = Text(
        "Give the account in use the right to this object, or exclude it.",
        "请为所用账号授予该对象的权限，或将其排除。",
    )


class LoginFailed(DriveError):
    """The drive refuses the name, the password or the token."""

    code = "login_failed"
    advice = Advice.STOP_DRIVE
    exit_code = 28
    says = Text("{subject}: the drive refuses the login ({detail})", "{subject}：网盘拒绝登录（{detail}）")
    remedy = Text(
        "Check user and password; pass the password by reference, e.g. password=env:NAME.",
        "请检查用户名和密码；密码以引用方式给出，例如 password=env:NAME。",
    )


class NameRefused(DriveError):
    """The drive cannot hold an entry of this name."""

    code = "name_refused"
    advice = Advice.SKIP_ITEM
    exit_code = 29
    says = Text(
        "{subject}: the drive cannot hold this name ({detail})", "{subject}：网盘不支持此名称（{detail}）"
    )
    remedy = Text(
        "Rename it on the old drive, or let Lading map the name.",
        "请在旧网盘上重命名，或由 Lading 映射名称。",
    )


class NoSpace(DriveError):
    """The disk or the quota is full."""

    code = "no_space"
    advice = Advice.STOP_DRIVE
    exit_code = 30
    says = Text("{subject}: no space left ({detail})", "{subject}：空间不足（{detail}）")
    remedy = Text(
        "Make room on the target or raise the quota, then run again; it goes on where it was.",
        "请在目标端腾出空间或提高配额后重新运行，会从中断处继续。",
    )


class ReadOnly(DriveError):
    """The drive does not take changes."""

    code = "read_only"
    advice = Advice.STOP_DRIVE
    exit_code = 31
    says = Text("{subject}: the drive is read-only ({detail})", "{subject}：网盘为只读（{detail}）")
    remedy = Text("Choose another target, or lift the write protection.", "请选择其他目标，或解除写保护。")


class WrongKind(DriveError):
    """A folder was expected and it is a file, or the other way round, or it is neither."""

    code = "wrong_kind"
    advice = Advice.SKIP_ITEM
    exit_code = 32
    says = Text(
        "{subject} is of another kind than expected ({detail})", "{subject} 的类型与预期不符（{detail}）"
    )
    remedy = Text("Decide which of the two is right, then run again.", "请确定以哪一个为准，然后重新运行。")


class NotEmpty(DriveError):
    """A folder that still holds entries is not removed."""

    code = "not_empty"
    advice = Advice.SKIP_ITEM
    exit_code = 33
    says = Text("{subject} is not empty ({detail})", "{subject} 不是空文件夹（{detail}）")
    remedy = Text("Remove what it holds first.", "请先移除其中的内容。")


class CursorExpired(DriveError):
    """A listing cannot be continued where it was; start it again."""

    code = "cursor_expired"
    advice = Advice.RETRY
    exit_code = 34
    says = Text(
        "{subject}: the listing expired before its end ({detail})",
        "{subject}：列表在读完之前已过期（{detail}）",
    )
    remedy = Text("Run again; the listing starts from its beginning.", "请重新运行，列表将从头开始。")


class BadAnswer(DriveError):
    """The server's answer cannot be understood."""

    code = "bad_answer"
    advice = Advice.RETRY
    exit_code = 35
    says = Text(
        "{subject}: the answer cannot be understood ({detail})", "{subject}：无法理解服务器的回答（{detail}）"
    )
    remedy = Text(
        "Check that the address is that of a drive and that no proxy answers in its place.",
        "请确认地址确为网盘地址，且没有代理代为应答。",
    )


class TooLarge(DriveError):
    """The content is larger than the drive takes."""

    code = "too_large"
    advice = Advice.SKIP_ITEM
    exit_code = 36
    says = Text(
        "{subject} is larger than the drive takes ({detail})", "{subject} 超过网盘允许的大小（{detail}）"
    )
    remedy = Text("Raise the limit on the target or its proxy.", "请提高目标端或其代理的大小限制。")


class Unreadable(DriveError):
    """The content is there but cannot be read: a damaged disk, a lock, an I/O error."""

    code = "unreadable"
    advice = Advice.SKIP_ITEM
    exit_code = 37
    says = Text("{subject} cannot be read ({detail})", "{subject} 无法读取（{detail}）")
    remedy = Text(
        "Check the disk of the old drive and whether a program holds the file open.",
        "请检查旧网盘的磁盘，以及是否有程序占用该文件。",
    )


class NotCertified(DriveError):
    """The server's certificate is not trusted."""

    code = "not_certified"
    advice = Advice.STOP_DRIVE
    exit_code = 38
    says = Text(
        "{subject}: the server's certificate is not trusted ({detail})",
        "{subject}：服务器证书不受信任（{detail}）",
    )
    remedy = Text(
        "Name the firm's own authority with ca=FILE, or mend the certificate.",
        "请用 ca=文件 指定企业自有的证书颁发机构，或修复证书。",
    )


class TooDeep(DriveError):
    """A folder lies so deep that the drive seems to hold itself."""

    code = "too_deep"
    advice = Advice.SKIP_ITEM
    exit_code = 39
    says = Text("{subject} lies too deep ({detail})", "{subject} 层级过深（{detail}）")
    remedy = Text(
        "Look whether the folder holds itself through a link or a mount; if not, move it further up.",
        "请检查该文件夹是否通过链接或挂载包含了自身；若非如此，请将其上移。",
    )


class Unable(DriveError):
    """The drive has no such thing: a grant, a limit of a link, a fact of a version that it cannot hold."""

    code = "unable"
    advice = Advice.SKIP_ITEM
    exit_code = 45
    says = Text("the drive cannot hold this on {subject}: {detail}", "网盘无法在 {subject} 上保存：{detail}")
    remedy = Text(
        "See what the fidelity contract says of it, and decide what takes its place.",
        "请查看保真约定中的说明，并决定以何代替。",
    )


class Unguarded(DriveError):
    """It was not done, because what keeps people out of it could not be set: they would have gained access."""

    code = "unguarded"
    advice = Advice.SKIP_ITEM
    exit_code = 47
    says = Text(
        "{subject}: not done, what restricts it could not be set: {detail}",
        "{subject}：未执行，其限制未能设置：{detail}",
    )
    remedy = Text(
        "See in the list which denial or break of inheritance failed, mend that, and run again.",
        "请在清单中查看哪条拒绝或中断继承失败，处理后重新运行。",
    )


class CallsUsedUp(DriveError):
    """The calls that the drive allows in a month are used up; *until* says from when on there are new ones."""

    code = "calls_used_up"
    advice = Advice.STOP_DRIVE
    exit_code = 48
    says = Text(
        "{subject}: the calls of this month are used up ({detail})",
        "{subject}：本月的调用次数已用完（{detail}）",
    )
    remedy = Text(
        "Run the same command again from {until} on; it goes on where it was, and what was moved stays moved.",
        "请在 {until} 之后重新运行同一命令，会从中断处继续；已迁移的内容不受影响。",
    )

    def __init__(self, subject: Path | str = "", detail: str | Text = "", *, until: str = "") -> None:
        super().__init__(subject, detail, until=until)
        self.until = until


class NoFile(DriveError):
    """The entry is a document that lives in the drive alone: there is no file behind it to be read."""

    code = "no_file"
    advice = Advice.SKIP_ITEM
    exit_code = 49
    says = Text(
        "{subject} lives in the drive alone, there is no file behind it ({detail})",
        "{subject} 是网盘自有的在线文档，没有可读取的文件（{detail}）",
    )
    remedy = Text(
        "Have its owner export it as a file beside it, then run again; or waive it.",
        "请由其所有者导出为文件并放在旁边，然后重新运行；或予以豁免。",
    )


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
        "Give a folder, an http(s) URL of a WebDAV server, or a .toml file that describes a drive.",
        "请给出文件夹、WebDAV 服务器的 http(s) 网址，或描述网盘的 .toml 文件。",
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
DIFFERENT = 10
FAILED_OBJECTS = 11
GAINED = 12
ON_BOTH_SIDES = 13
UNANNOUNCED = 14
UNANSWERED = 15


def known() -> dict[str, type[LadingError]]:
    """Every error class by its code."""
    found: dict[str, type[LadingError]] = {}
    waiting: list[type[LadingError]] = [LadingError]
    while waiting:
        kind = waiting.pop()
        found[kind.code] = kind
        waiting.extend(kind.__subclasses__())
    return found
