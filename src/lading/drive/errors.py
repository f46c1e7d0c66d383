"""What only a drive of our own can refuse; everything else is in `lading.model.errors`."""

from __future__ import annotations

from lading.model.errors import Advice, BadRequest, DriveError
from lading.model.text import Text


class Locked(DriveError):
    """Somebody holds a WebDAV lock on it."""

    code = "locked"
    advice = Advice.SKIP_ITEM
    exit_code = 50
    says = Text("{subject} is locked by somebody ({detail})", "{subject} 已被他人锁定（{detail}）")
    remedy = Text(
        "Wait until it is closed, or ask a manager of the space to break the lock.",
        "请等待对方关闭文件，或请空间管理员解除锁定。",
    )


class Frozen(DriveError):
    """The space is read-only for a time; the detail is the message to its users."""

    code = "frozen"
    advice = Advice.STOP_DRIVE
    exit_code = 51
    says = Text("{subject} is read-only for now: {detail}", "{subject} 目前为只读：{detail}")
    remedy = Text(
        "Reading goes on; save your changes again once the space is open.",
        "仍可读取；请在空间恢复后再保存修改。",
    )


class Held(DriveError):
    """A legal hold keeps it."""

    code = "held"
    advice = Advice.SKIP_ITEM
    exit_code = 52
    says = Text("{subject} is kept by a legal hold ({detail})", "{subject} 处于法律保全状态（{detail}）")
    remedy = Text("Ask a security admin to release the hold.", "请联系安全管理员解除保全。")


class Walled(DriveError):
    """It would give somebody access on both sides of a wall."""

    code = "walled"
    advice = Advice.SKIP_ITEM
    exit_code = 53
    says = Text("{subject}: a wall forbids this ({detail})", "{subject}：信息隔离墙禁止此操作（{detail}）")
    remedy = Text("Ask a security admin.", "请联系安全管理员。")


class Gone(DriveError):
    """A link or a token was revoked, has expired or is used up."""

    code = "gone"
    advice = Advice.SKIP_ITEM
    exit_code = 54
    says = Text("{subject} is not valid any more ({detail})", "{subject} 已失效（{detail}）")
    remedy = Text("Ask whoever gave it to you for a new one.", "请向提供者索取新的。")


class Unfit(BadRequest):
    """A request holds a value that cannot be; the detail says which and why."""

    code = "unfit"
    exit_code = 55
    says = Text("{subject} cannot be used ({detail})", "{subject} 无法使用（{detail}）")
    remedy = Text("Correct the value and send it again.", "请更正该值后重新发送。")
