"""
Say no in the right words.

Whoever may not know that something exists gets the words that anybody gets for what is not there.
"""

from __future__ import annotations

from lading.drive.rights.roles import Role
from lading.model.errors import Forbidden, NotFound
from lading.model.paths import Path
from lading.model.text import Text

_ASKS = {
    Role.PASS: Text("it asks for a role", "需要权限"),
    Role.PREVIEW: Text("it asks for the role preview", "需要“预览”权限"),
    Role.DOWNLOAD: Text("it asks for the role download", "需要“下载”权限"),
    Role.UPLOAD: Text("it asks for the role upload", "需要“上传”权限"),
    Role.EDIT: Text("it asks for the role edit", "需要“编辑”权限"),
    Role.MANAGE: Text("it asks for the role manage", "需要“管理”权限"),
}


def need(role: Role, wanted: Role, subject: Path | str = "") -> None:
    """
    Go on only if *role* is at least *wanted*.

    Raises:
        NotFound: the role is NONE; the words are those of `missing`.
        Forbidden: it is seen, but the role is too low.
    """
    if role >= wanted:
        return
    if role is Role.NONE:
        raise missing(subject)
    raise Forbidden(subject, _ASKS[wanted])


def missing(subject: Path | str = "") -> NotFound:
    """The one answer for what is not there and for what is hidden."""
    return NotFound(subject, Text("there is no such entry", "没有此项"))
