"""
What sync clients have to notice before people work on OLD again: done where OLD can be told, else said, by its kind.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from lading.connectors.api import Drive
from lading.manifest.obstacle import stands_in_the_way
from lading.model.errors import BadRollback, DriveError
from lading.model.failpoints import failpoint
from lading.model.text import Text
from lading.stages.cutover.state import Home, lines_of, write_facts

_CLIENTS: Mapping[str, Text] = {
    "nextcloud": Text(
        "On the server of OLD run `occ maintenance:data-fingerprint` before people sign in: it cannot be called from outside."
        " Then sync clients keep both sides of what differs instead of deleting.",
        "请在旧网盘服务器上先执行 `occ maintenance:data-fingerprint`（无法远程调用），再让人员登录：同步客户端会保留双方差异，而不会删除文件。",
    ),
    "lading": Text(
        "At the end of the rollback the cursors of OLD expire, and clients compare anew instead of going on by what they remember. Where the"
        " account may not do that, run `lading drive new-epoch SPACE --home HOME` on the server of OLD before people sign in.",
        "回退结束时旧网盘的游标失效，客户端会重新比对，而不是依据此前的记录继续同步。若账号无权执行，请在旧网盘服务器上先执行"
        " `lading drive new-epoch SPACE --home HOME`，再让人员登录。",
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
_BEGUN = Text(
    "The cursors of OLD have expired: its clients compare anew by themselves. Nothing is left to be done about them.",
    "旧网盘的游标已失效：其客户端会自行重新比对，无需另作处理。",
)


class Clients(NamedTuple):
    """Whether the cursors of OLD expired since the last thing was carried into it; *code* is why not."""

    expired: bool
    code: str = ""


def instruction(kind: str, clients: Clients | None = None) -> Text:
    """What is to be done about clients of a drive of *kind*: after a run, whose *clients* are known, or before."""
    if clients is not None and clients.expired:
        return _BEGUN
    return _CLIENTS.get(kind, _OTHERS)


def expire(drive: Drive, home: Home) -> Clients:
    """
    Make the cursors of OLD expire, once after whatever was carried; running again does nothing.

    Raises:
        DriveError: OLD is not there any more.
    """
    carried = sum("row" in line or "moved" in line for line in lines_of(home.carried))
    if carried == _expired_after(home):
        return Clients(expired=bool(carried))
    if drive.changes is None:
        return Clients(False, "unable")
    try:
        drive.changes.expire()
    except DriveError as error:
        if stands_in_the_way(drive, error):
            raise
        return Clients(False, error.code)
    failpoint("rollback.expired")
    write_facts(home.clients, {"carried": carried})
    return Clients(expired=True)


def _expired_after(home: Home) -> int:
    """How much had been carried when the cursors expired last."""
    try:
        told: Any = json.loads(home.clients.read_bytes())
        return int(told["carried"])
    except FileNotFoundError:
        return 0
    except (ValueError, KeyError, TypeError) as problem:
        raise BadRollback(str(home.clients), repr(problem)) from None
