"""
What a drive does or refuses, as classes: connectors raise these and no others.
"""

from __future__ import annotations

from lading.model.error_base import Advice, LadingError
from lading.model.paths import Path
from lading.model.text import Text


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


class DamagedContent(Unreadable):
    """The vault has lost the content of this file, or what it holds is damaged; others are not touched by that."""

    code = "damaged_content"
    exit_code = 93
    says = Text(
        "the vault has no good copy of the content of {subject} ({detail})",
        "保管库中没有 {subject} 内容的完好副本（{detail}）",
    )
    remedy = Text(
        "Restore it out of another snapshot or a copy of the vault; `lading vault check --read-data` says what else is hit, and whether `repair` helps.",
        "请从其他快照或保管库的副本恢复；`lading vault check --read-data` 会说明还有哪些内容受影响、`repair` 是否有用。",
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
