"""What only the WebDAV door refuses, beside `lading.model.errors` and `lading.drive.errors`."""

from __future__ import annotations

from lading.drive.errors import Unfit
from lading.model.errors import Advice, Changed, DriveError, Forbidden, NotFound, WrongKind
from lading.model.text import Text


class Elsewhere(Unfit):
    """A destination that is not on this door (502)."""

    code = "elsewhere"
    says = Text(
        "{subject} is not an address of this door ({detail})", "{subject} 不是此入口的地址（{detail}）"
    )
    remedy = Text("Copy and move within one drive.", "请在同一网盘内复制或移动。")


class FiniteDepth(Forbidden):
    """A listing of a whole tree; the answer names the precondition `propfind-finite-depth` (403)."""

    code = "finite_depth"
    says = Text("{subject}: only Depth 0 and 1 are answered", "{subject}：仅支持 Depth 0 和 1")
    remedy = Text("List folder by folder.", "请逐个文件夹列出。")


class NoLength(Unfit):
    """
    The length of the body is not known (411).

    A body in chunks that breaks off looks to us like one that ended, so without its
    length a torn file could take the place of a whole one.
    """

    code = "no_length"
    says = Text("{subject}: the length of the content is not known", "{subject}：内容长度未知")
    remedy = Text(
        "Send Content-Length (or, with chunks, X-Expected-Entity-Length).",
        "请发送 Content-Length（分块传输时请发送 X-Expected-Entity-Length）。",
    )


class NoParent(NotFound):
    """The folder that it should lie in is not there (409 by RFC 4918)."""

    code = "no_parent"


class NoSuchLock(DriveError):
    """The token is of no lock that holds this resource (409 by RFC 4918, 9.11.1)."""

    code = "no_such_lock"
    advice = Advice.SKIP_ITEM
    says = Text("{subject} is not locked with this token", "{subject} 未以此令牌锁定")
    remedy = Text("Nothing needs to be done: the lock has ended.", "无需处理：该锁已失效。")


class NotModified(Changed):
    """The client has the newest content already (304)."""

    code = "not_modified"
    says = Text("{subject} is as it was", "{subject} 未改变")
    remedy = Text("Nothing needs to be done.", "无需处理。")


class NotTaken(Unfit):
    """A form of content that is not taken (415)."""

    code = "not_taken"


class OnFolder(WrongKind):
    """A content for a folder (405 by RFC 4918)."""

    code = "on_folder"
