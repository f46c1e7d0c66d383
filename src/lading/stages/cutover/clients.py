"""
What sync clients must be told before people work on OLD again, by the kind of the drive.
"""

from __future__ import annotations

from collections.abc import Mapping

from lading.model.text import Text

_CLIENTS: Mapping[str, Text] = {
    "nextcloud": Text(
        "On the server of OLD run `occ maintenance:data-fingerprint` before people sign in: it cannot be called from outside."
        " Then sync clients keep both sides of what differs instead of deleting.",
        "请在旧网盘服务器上先执行 `occ maintenance:data-fingerprint`（无法远程调用），再让人员登录：同步客户端会保留双方差异，而不会删除文件。",
    ),
    "lading": Text(
        "On the server of OLD run `lading drive new-epoch SPACE --home HOME` before people sign in: their cursors expire, and clients"
        " compare anew instead of going on by what they remember.",
        "请在旧网盘服务器上先执行 `lading drive new-epoch SPACE --home HOME`，再让人员登录：其游标失效，客户端会重新比对，而不是依据此前的记录继续同步。",
    ),
    "folder": Text(
        "OLD itself was never set back: clients see ordinary changes. Have people close files that are still open from before the switch.",
        "旧网盘本身没有被还原到过去：客户端看到的是普通变更。请让人员关闭切换之前打开的文件。",
    ),
}
_OTHERS = Text(
    "Stop sync clients of OLD before the rollback, and let them compare anew afterwards (remove and add the account).",
    "回退之前请停止旧网盘的同步客户端，之后让其重新比对（删除并重新添加账号）。",
)


def instruction(kind: str) -> Text:
    """What is to be done about clients of a drive of *kind*."""
    return _CLIENTS.get(kind, _OTHERS)
