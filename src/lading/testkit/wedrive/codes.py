"""
Error codes of the platform, and the shape of its messages.

Clients are told to branch on the code alone; the texts of 40001, 42001, 45009, 48002, 60020 and 640028
are those seen in public, the others say the same in the platform's manner.
"""

from __future__ import annotations

BUSY = -1
NO_ERROR = 0
VERSION_CONFLICT = 6000
BAD_SECRET = 40001
BAD_CORPID = 40013
BAD_TOKEN = 40014
BAD_PARAMETER = 40035
EXPIRED = 42001
NOT_POST = 43002
FREQUENT = 45009
CONCURRENT = 45033
FORBIDDEN = 48002
NO_DEPARTMENT = 60003
NO_PRIVILEGE = 60011
BAD_IP = 60020
NO_PERSON = 60111
NO_SPACE = 640001
NO_FILE = 640002
DELETED = 640003
NO_ACCESS = 640004
NOT_MEMBER = 640005
MEMBER_FULL = 640006
FULL = 640007
NO_RIGHT_ON_SPACE = 640008
BAD_NAME = 640009
TOO_MANY_MEMBERS = 640010
BAD_JSON = 640011
BAD_USERID = 640012
BAD_DEPARTMENT = 640013
NO_ADMIN = 640014
NO_PREVIEW = 640015
NO_WATERMARK = 640016
API_OFF = 640017
EDIT_OFF = 640018
QUOTA = 640019
BAD_RIGHT = 640020
BAD_FATHER = 640021
BAD_BASE64 = 640022
BAD_SCOPE = 640023
BAD_FILEID = 640024
BAD_SPACE_NAME = 640025
BAD_SPACEID = 640026
PARAMETER = 640027
LINK_OFF = 640028
NOT_DOWNLOADABLE = 640029

_TEXTS = {
    NO_ERROR: "ok",
    BUSY: "system busy",
    VERSION_CONFLICT: "data version conflict",
    BAD_SECRET: "invalid credential",
    BAD_CORPID: "invalid corpid",
    BAD_TOKEN: "invalid access_token",
    BAD_PARAMETER: "invalid parameter",
    EXPIRED: "access_token expired",
    NOT_POST: "require POST method",
    FREQUENT: "api freq out of limit",
    CONCURRENT: "api concurrent out of limit",
    FORBIDDEN: "api forbidden",
    NO_DEPARTMENT: "department not found",
    NO_PRIVILEGE: "no privilege to access/modify contact/party/agent",
    BAD_IP: "not allow to access from your ip",
    NO_PERSON: "userid not found",
    NO_SPACE: "space not exist",
    NO_FILE: "file not exist",
    DELETED: "file has been deleted",
    NO_ACCESS: "no access right",
    NOT_MEMBER: "member not in space",
    MEMBER_FULL: "member capacity exceeded",
    FULL: "wedrive capacity exceeded",
    NO_RIGHT_ON_SPACE: "no right on space",
    BAD_NAME: "invalid file name",
    TOO_MANY_MEMBERS: "space member limit exceeded",
    BAD_JSON: "json not match",
    BAD_USERID: "invalid userid",
    BAD_DEPARTMENT: "invalid departmentid",
    NO_ADMIN: "space has no valid admin",
    NO_PREVIEW: "preview right not available",
    NO_WATERMARK: "file watermark not available",
    API_OFF: "wedrive api not enabled",
    EDIT_OFF: "wedrive api edit not enabled",
    QUOTA: "api call count exceeded",
    BAD_RIGHT: "invalid auth",
    BAD_FATHER: "invalid fatherid",
    BAD_BASE64: "invalid base64 content",
    BAD_SCOPE: "invalid auth scope",
    BAD_FILEID: "invalid fileid",
    BAD_SPACE_NAME: "invalid space_name",
    BAD_SPACEID: "invalid spaceid",
    PARAMETER: "param error",
    LINK_OFF: "space setting disable share url",
    NOT_DOWNLOADABLE: "only ordinary file can be downloaded",
}
QUERY_PAGE = "https://open.work.weixin.qq.com/devtool/query"


class Refused(Exception):
    """The call is answered with *code*; *remark* goes in front of the hint."""

    def __init__(self, code: int, remark: str = "") -> None:
        super().__init__(code, remark)
        self.code, self.remark = code, remark


def message(code: int, hint: str, address: str, remark: str = "") -> str:
    """
    The `errmsg` of *code*: a short text, a hint, the caller's address and the page that explains it.

    >>> message(0, "1", "127.0.0.1")
    'ok'
    """
    text = " ".join(it for it in (_TEXTS.get(code, "error"), remark) if it)
    if code == NO_ERROR:
        return text
    return f"{text}, hint: [{hint}], from ip: {address}, more info at {QUERY_PAGE}?e={code}"
