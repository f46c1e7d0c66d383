"""Edition, capacity and professional accounts (section 5.7)."""

from __future__ import annotations

from . import members
from .call import Call, Reply
from .codes import BAD_USERID, Refused
from .directory import sees_person
from .fields import number, texts

_BATCH = 100
_PAGE = 200
_VIP_BYTES = 100 << 30  # D: of one professional account, no page says how much


def pro_info(call: Call) -> Reply:
    """`mng_pro_info`"""
    return {
        "is_pro": call.switches.professional,
        "total_vip_acct_num": call.switches.professional_accounts,
        "use_vip_acct_num": _vips(call),
        "pro_expire_time": call.switches.professional_until,
    }


def _vips(call: Call) -> int:
    return call.store.count("SELECT count(*) FROM persons WHERE vip")


def capacity(call: Call) -> Reply:
    """`mng_capacity`: the old edition tells the rest as well, the present one if the switch says so."""
    everything = call.switches.capacity
    special = call.switches.professional_accounts * _VIP_BYTES
    told: Reply = {"total_capacity_for_all": everything, "total_capacity_for_vip": special}
    if call.old or call.switches.capacity_rest:
        used = call.store.count("SELECT bytes FROM used WHERE holder = ''")
        told["rest_capacity_for_all"] = max(0, everything - used)
        told["rest_capacity_for_vip"] = special
    return told


def add_vips(call: Call) -> Reply:
    """`vip/batch_add`: as many as there are accounts."""
    good, bad = _sorted_out(call)
    free = call.switches.professional_accounts - _vips(call)
    done: list[str] = []
    for userid in good:
        if _is_vip(call, userid):
            done.append(userid)
        elif free > 0:
            free -= 1
            done.append(userid)
            call.store.run("UPDATE persons SET vip = 1 WHERE userid = ?", userid.lower())
        else:
            bad.append(userid)
    return {"succ_userid_list": done, "fail_userid_list": bad}


def _is_vip(call: Call, userid: str) -> bool:
    return call.store.one("SELECT 1 FROM persons WHERE userid = ? AND vip", userid.lower()) is not None


def remove_vips(call: Call) -> Reply:
    """`vip/batch_del`"""
    good, bad = _sorted_out(call)
    for userid in good:
        call.store.run("UPDATE persons SET vip = 0 WHERE userid = ?", userid.lower())
    return {"succ_userid_list": good, "fail_userid_list": bad}


def _sorted_out(call: Call) -> tuple[list[str], list[str]]:
    """The asked-for persons within the visible range of the app, and the others."""
    asked = texts(call.body, "userid_list", BAD_USERID)
    if len(asked) > _BATCH:
        raise Refused(call.switches.code_parameter, "userid_list")
    good = [it for it in asked if sees_person(call, it.lower())]
    return good, [it for it in asked if it not in good]


def list_vips(call: Call) -> Reply:
    """`vip/list`"""
    limit = min(number(call.body, "limit", 0, 100), _PAGE)
    if limit < 1:
        raise Refused(call.switches.code_parameter, "limit")
    cursor = str(call.body.get("cursor") or "")
    rows = call.store.all(
        "SELECT userid FROM persons WHERE vip AND userid > ? ORDER BY userid LIMIT ?", cursor, limit + 1
    )
    found = [it["userid"] for it in rows[:limit]]
    told = {"has_more": len(rows) > limit, "userid_list": [members.shown(call, it) for it in found]}
    return {**told, "next_cursor": found[-1] if len(rows) > limit else ""}
