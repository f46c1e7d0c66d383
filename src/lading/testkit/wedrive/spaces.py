"""The calls about spaces: section 5.1 of the reference."""

from __future__ import annotations

import json
from typing import Any

from . import members, tree
from .access import PERSON, Need, departments_of, space_of
from .call import Call, Reply
from .codes import BAD_SPACE_NAME, LINK_OFF, NO_WATERMARK, Refused
from .fields import flag, number, text
from .members import ADMIN, PREVIEW
from .store import Row, new_id, settings_of

# What the sample of new_space_info shows; an app's space starts with the link switched off (C).
SETTINGS: dict[str, Any] = {
    "enable_watermark": False,
    "add_member_only_admin": False,
    "enable_share_url": False,
    "share_url_no_approve": False,
    "share_url_no_approve_default_auth": 1,
    "enable_share_external": False,
    "enable_share_external_admin": False,
    "enable_space_add_external_member": False,
    "enable_space_add_external_member_admin": False,
    "enable_confidential_mode": False,
    "default_file_scope": 1,
    "create_file_only_admin": False,
}
_LINK_RIGHTS = frozenset({1, 2, 4, 5, 200})
_NAME_LIMIT = 255  # D: the page names no limit for space_name


def create(call: Call) -> Reply:
    """`space_create`"""
    name = _name(call)
    if number(call.body, "space_sub_type", 0, 0):
        raise Refused(call.switches.code_parameter, "space_sub_type")
    given = members.members(call, _creation_rights(call)) if call.body.get("auth_info") else []
    limit = call.switches.space_limit
    if limit and _spaces_of(call) >= limit:
        raise Refused(call.switches.code_parameter, "too many spaces")
    spaceid = make_space(call, name, call.actor)
    members.add(call, spaceid, given)
    members.check_space_members(call, spaceid)
    return {"spaceid": spaceid}


def _name(call: Call) -> str:
    name = text(call.body, "space_name", BAD_SPACE_NAME)
    if len(name) > _NAME_LIMIT or any(it < " " for it in name):
        raise Refused(BAD_SPACE_NAME)
    return name


def _creation_rights(call: Call) -> set[int]:
    return {1, 2, PREVIEW} if call.old else {1, PREVIEW, ADMIN}


def _addition_rights(call: Call) -> set[int]:
    if call.old:
        return {1, 2, PREVIEW}
    return {1, PREVIEW, ADMIN} if call.switches.preview_right else {1, ADMIN}


def _spaces_of(call: Call) -> int:
    return call.store.count("SELECT count(*) FROM spaces WHERE creator = ? AND NOT dismissed", call.actor)


def make_space(call: Call, name: str, creator: str) -> str:
    """The spaceid of a new space; also for spaces that people make."""
    spaceid = new_id(call.store.meta("corpid"))
    root = tree.make_root(call.store, spaceid, call.now)
    call.store.run(
        "INSERT INTO spaces (spaceid, name, creator, root, settings, quit) VALUES (?, ?, ?, ?, ?, '[]')",
        *(spaceid, name, creator, root, json.dumps(SETTINGS)),
    )
    return spaceid


def rename(call: Call) -> Reply:
    """`space_rename`"""
    space = space_of(call, Need.ADMIN)
    call.store.run("UPDATE spaces SET name = ? WHERE spaceid = ?", _name(call), space["spaceid"])
    return {}


def dismiss(call: Call) -> Reply:
    """`space_dismiss`: the space and all in it are gone."""
    end(call, space_of(call, Need.ADMIN)["spaceid"])
    return {}


def end(call: Call, spaceid: str) -> None:
    """The space is gone with all in it, whoever asks."""
    root = call.store.count("SELECT root FROM spaces WHERE spaceid = ?", spaceid)
    tree.delete(call, tree.reread(call.store, root))
    call.store.run("UPDATE spaces SET dismissed = 1 WHERE spaceid = ?", spaceid)


def info(call: Call) -> Reply:
    """`space_info`"""
    return {"space_info": _told(call, space_of(call, Need.SEE))}


def new_info(call: Call) -> Reply:
    """`new_space_info`: the same with `secure_setting`."""
    space = space_of(call, Need.SEE)
    return {"space_info": {**_told(call, space), "secure_setting": settings_of(space)}}


def _told(call: Call, space: Row) -> dict[str, Any]:
    return {
        "spaceid": space["spaceid"],
        "space_name": space["name"],
        "auth_list": {
            "auth_info": members.told(call, space["spaceid"]),
            "quit_userid": [members.shown(call, it) for it in json.loads(space["quit"])],
        },
        "space_sub_type": 0,
    }


def add_members(call: Call) -> Reply:
    """`space_acl_add`"""
    space = space_of(call, Need.ADMIN)
    new = members.members(call, _addition_rights(call))
    members.add(call, space["spaceid"], new)
    members.check_space_members(call, space["spaceid"])
    back = {it.key for it in new if it.kind == PERSON}
    _set_quit(call, space, [it for it in json.loads(space["quit"]) if it not in back])
    return {}


def remove_members(call: Call) -> Reply:
    """`space_acl_del`; who still has a department there is told under `quit_userid`."""
    space = space_of(call, Need.ADMIN)
    old = members.members(call, None)
    members.remove(call, space["spaceid"], old)
    heads = {it["departmentid"] for it in members.told(call, space["spaceid"]) if "departmentid" in it}
    numbers = {int(it) for it in heads}
    left = [it.key for it in old if it.kind == PERSON and departments_of(call.store, it.key) & numbers]
    _set_quit(call, space, sorted({*json.loads(space["quit"]), *left}))
    return {}


def _set_quit(call: Call, space: Row, quit_userid: list[str]) -> None:
    call.store.run("UPDATE spaces SET quit = ? WHERE spaceid = ?", json.dumps(quit_userid), space["spaceid"])


def setting(call: Call) -> Reply:
    """`space_setting`: six switches; others are ignored without a word (C)."""
    space = space_of(call, Need.ADMIN)
    if "enable_watermark" in call.body and not call.switches.professional:
        raise Refused(NO_WATERMARK)
    settings = {**settings_of(space), **_changed(call)}
    call.store.run("UPDATE spaces SET settings = ? WHERE spaceid = ?", json.dumps(settings), space["spaceid"])
    return {}


def _changed(call: Call) -> dict[str, Any]:
    body, bad = call.body, call.switches.code_parameter
    flags = ("enable_watermark", "enable_confidential_mode", "share_url_no_approve")
    changed: dict[str, Any] = {it: flag(body, it) for it in flags if it in body}
    if "share_url_no_approve_default_auth" in body:
        changed["share_url_no_approve_default_auth"] = number(body, "share_url_no_approve_default_auth", bad)
        if changed["share_url_no_approve_default_auth"] not in _LINK_RIGHTS:
            raise Refused(call.switches.code_right)
    if "default_file_scope" in body:
        changed["default_file_scope"] = number(body, "default_file_scope", bad)
        if changed["default_file_scope"] not in {1, 2}:
            raise Refused(bad, "default_file_scope")
    if "ban_share_external" in body:
        # D: the reply has no such key, but the opposite one.
        changed["enable_share_external"] = not flag(body, "ban_share_external")
    return changed


def share(call: Call) -> Reply:
    """`space_share`: refused while the invitation link is off, which an admin changes in the console only."""
    space = space_of(call, Need.ADMIN)
    if not settings_of(space)["enable_share_url"]:
        raise Refused(LINK_OFF)
    return {"space_share_url": f"{call.origin}/join?k={space['spaceid'][-12:]}"}
