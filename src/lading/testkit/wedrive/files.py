"""The calls about entries: list, create, rename, move, delete, info (sections 5.2 and 5.5)."""

from __future__ import annotations

from . import tree
from .access import FOLDER, Need, check_file, check_space, file_of, folder_named, folder_of
from .call import Call, Reply
from .codes import BAD_FATHER, BAD_FILEID, BAD_NAME, Refused
from .fields import flag, number, text, texts
from .store import Row
from .tree import New

LIST_LIMIT = 1000
_ORDERS = {
    1: "name, id",
    2: "name DESC, id DESC",
    3: "size, id",
    4: "size DESC, id DESC",
    5: "mtime, id",
    6: "mtime DESC, id DESC",
}
_DOCUMENTS = {3: "doc", 4: "sheet"}


def listed(call: Call) -> Reply:
    """`file_list`: one level; the cursor is an offset into the order as it is at this moment."""
    bad = call.switches.code_parameter
    folder = folder_of(call, Need.SEE)
    order = number(call.body, "sort_type", bad)
    start, limit = number(call.body, "start", bad), number(call.body, "limit", bad)
    if order not in _ORDERS or not 1 <= limit <= LIST_LIMIT:
        raise Refused(bad, "sort_type" if order not in _ORDERS else "limit")
    alive = "" if call.switches.list_deleted else "AND status = 1"
    rows = call.store.all(
        f"SELECT * FROM files WHERE father = ? {alive} ORDER BY {_ORDERS[order]} LIMIT ? OFFSET ?",
        *(folder["id"], limit + 1, start),
    )
    told = rows[:limit]
    return {
        "has_more": len(rows) > limit,
        "next_start": start + len(told),
        "file_list": {"item": [tree.item(call, it) for it in told]},
    }


def create(call: Call) -> Reply:
    """`file_create`: a folder, or an empty document or sheet."""
    folder = folder_of(call, Need.EDIT)
    kind = number(call.body, "file_type", call.switches.code_parameter)
    if kind != FOLDER and kind not in _DOCUMENTS:
        raise Refused(call.switches.code_parameter, "file_type")
    name = text(call.body, "file_name", BAD_NAME)
    if kind == FOLDER:
        made = tree.insert(call, folder, New(name, kind), call.switches.conflict_create)
        return {"fileid": made["fileid"]}
    made = create_document(call, folder, name, kind)
    return {"fileid": made["fileid"], "url": made["url"]}


def create_document(call: Call, folder: Row, name: str, kind: int) -> Row:
    """A native document of that `file_type`, whose bytes nobody can have."""
    place = f"https://doc.weixin.qq.com/{_DOCUMENTS.get(kind, 'other')}/"
    made = tree.insert(call, folder, New(name, kind, url=place), call.switches.conflict_create)
    call.store.run("UPDATE files SET url = ? WHERE id = ?", f"{place}{made['id']}", made["id"])
    return tree.reread(call.store, made["id"])


def rename(call: Call) -> Reply:
    """`file_rename`: the reply has the key `file`."""
    file = file_of(call, Need.EDIT)
    named = tree.rename(call, file, text(call.body, "new_name", BAD_NAME))
    return {"file": tree.item(call, named, url=False)}


def move(call: Call) -> Reply:
    """`file_move`: all or none."""
    replace = flag(call.body, "replace", call.switches.replace_default)
    folder = folder_named(call, text(call.body, "fatherid", BAD_FATHER))
    _check_target(call, folder)
    moved = [tree.move(call, it, folder, replace) for it in _several(call)]
    return {"file_list": {"item": [tree.item(call, it, url=False) for it in moved]}}


def _check_target(call: Call, folder: Row) -> None:
    """A folder is looked at like any entry, the root like its space."""
    if folder["father"] is not None:
        check_file(call, folder["fileid"], Need.EDIT)
    else:
        check_space(call, folder["spaceid"], Need.EDIT)


def delete(call: Call) -> Reply:
    """`file_delete`: all or none; folders with everything in them."""
    for it in _several(call):
        if tree.reread(call.store, it["id"])["status"] == 1:  # not gone with a folder named before it
            tree.delete(call, it)
    return {}


def _several(call: Call) -> list[Row]:
    found = texts(call.body, "fileid", BAD_FILEID)
    limit = call.switches.ids_limit
    if limit and len(found) > limit:
        raise Refused(call.switches.code_parameter, "fileid")
    return [check_file(call, it, Need.EDIT) for it in dict.fromkeys(found)]


def info(call: Call) -> Reply:
    """`file_info`: the reply has the key `file_info`."""
    return {"file_info": tree.item(call, file_of(call, Need.SEE))}
