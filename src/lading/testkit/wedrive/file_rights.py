"""The calls about rights of single files (section 5.6)."""

from __future__ import annotations

import json
from typing import Any

from . import members
from .access import FILE, FOLDER, Need, file_of, path_of
from .call import Call, Reply
from .codes import BAD_RIGHT, BAD_SCOPE, NO_PREVIEW, NO_WATERMARK, Refused
from .fields import number
from .members import PREVIEW
from .store import Row, settings_of

_NOBODY = 255
SECURE = ("enable_readonly_copy", "modify_only_by_admin", "enable_readonly_comment", "ban_share_external")
_WATERMARK = ("text", "margin_type", "show_visitor_name", "show_text")


def add_members(call: Call) -> Reply:
    """`file_acl_add`"""
    file = file_of(call, Need.EDIT)
    members.add(call, file["fileid"], members.members(call, _rights(call, file)))
    return {}


def _rights(call: Call, file: Row) -> set[int]:
    if call.old:
        return {1, PREVIEW} if file["kind"] in {FOLDER, FILE} else {1, 2}
    return {1, PREVIEW} if call.switches.preview_right else {1}


def remove_members(call: Call) -> Reply:
    """`file_acl_del`"""
    file = file_of(call, Need.EDIT)
    members.remove(call, file["fileid"], members.members(call, None))
    return {}


def setting(call: Call) -> Reply:
    """`file_setting`: who may open the file by its link."""
    file = file_of(call, Need.EDIT)
    scope = number(call.body, "auth_scope", BAD_SCOPE)
    if scope not in range(1, 4 if call.old else 6):
        raise Refused(BAD_SCOPE)
    settings = {**settings_of(file), "auth_scope": scope}
    if "auth" in call.body:
        settings["auth"] = _link_right(call, file)
    _save(call, file, settings)
    return {}


def _link_right(call: Call, file: Row) -> int:
    auth = number(call.body, "auth", BAD_RIGHT)
    ordinary = file["kind"] in {FOLDER, FILE}
    allowed = {1, PREVIEW} if ordinary else {1, 2} if call.old else {1}
    if auth not in allowed:
        raise Refused(BAD_RIGHT)
    if auth == PREVIEW and not call.switches.professional:
        raise Refused(NO_PREVIEW)
    return auth


def share(call: Call) -> Reply:
    """`file_share`"""
    file = file_of(call, Need.READ)
    return {"share_url": f"{call.origin}/s?k={file['id']:x}"}


def secure_setting(call: Call) -> Reply:
    """`file_secure_setting`: the watermark of a file."""
    file = file_of(call, Need.EDIT)
    if not call.switches.professional:
        raise Refused(NO_WATERMARK)
    mark = call.body.get("watermark")
    if not isinstance(mark, dict):
        raise Refused(call.switches.code_parameter, "watermark")
    settings = settings_of(file)
    settings["watermark"] |= {it: mark[it] for it in _WATERMARK if it in mark}
    _save(call, file, settings)
    return {}


def _save(call: Call, file: Row, settings: dict[str, Any]) -> None:
    call.store.run("UPDATE files SET settings = ? WHERE id = ?", json.dumps(settings), file["id"])


def permission(call: Call) -> Reply:
    """`get_file_permission`"""
    file = file_of(call, Need.SEE)
    above = [it["fileid"] for it in path_of(call.store, file)[1:-1]] + [file["spaceid"]]
    inherited = [entry for holder in above for entry in members.told(call, holder)]
    own = members.told(call, file["fileid"])
    document = file["kind"] not in {FOLDER, FILE}
    told: Reply = {
        "share_range": _share_range(settings_of(file)),
        "secure_setting": _secure(call, file),
        "inherit_father_auth": {"auth_list": inherited, "inherit": True},
        "member_list": own,
        "file_member_list": [*inherited, *own] if document else [],
        "co_auth_list": [it for it in own if "departmentid" in it],
        "watermark": _watermark(settings_of(file)),
    }
    return _dense(told) if call.switches.sparse else told


def _share_range(settings: dict[str, Any]) -> dict[str, Any]:
    scope, auth = settings["auth_scope"], settings["auth"]
    inside, outside = scope in {2, 3, 4, 5}, scope in {3, 5}
    return {
        "enable_corp_internal": inside,
        "corp_internal_auth": auth if scope in {2, 3} else _NOBODY,
        "enable_corp_external": outside,
        "corp_external_auth": auth if scope == 3 else _NOBODY,
        "corp_internal_approve_only_by_admin": scope == 4,
        "corp_external_approve_only_by_admin": scope == 5,
    }


def _secure(call: Call, file: Row) -> dict[str, bool]:
    space = call.store.one("SELECT settings FROM spaces WHERE spaceid = ?", file["spaceid"])
    assert space is not None
    own = settings_of(file).get("secure", {})
    return {
        "enable_readonly_copy": True,
        "modify_only_by_admin": False,
        "enable_readonly_comment": True,
        "ban_share_external": not settings_of(space)["enable_share_external"],
        **own,
    }


def _watermark(settings: dict[str, Any]) -> dict[str, Any]:
    plain = {"text": "", "margin_type": 1, "show_visitor_name": False, "show_text": False}
    return {**plain, **settings["watermark"], "force_by_admin": False, "force_by_space_admin": False}


def _dense(told: Reply) -> Reply:
    """Without what is empty or false, at both levels."""
    inner = {
        key: {name: it for name, it in value.items() if it} if isinstance(value, dict) else value
        for key, value in told.items()
    }
    return {key: value for key, value in inner.items() if value}
