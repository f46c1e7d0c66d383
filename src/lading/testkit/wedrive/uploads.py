"""
The calls that bring contents: one-shot and in blocks (section 5.3).

Blocks are written to their place in one file, in any order.  `file_upload_finish` reads that file once,
computes the digests that `block_sha` should have had, and refuses what does not fit.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

from . import members, tree
from .access import FILE, FOLDER, ROOT, Need, folder_of, ticket_of
from .call import Call, Reply
from .codes import BAD_BASE64, BAD_JSON, BAD_NAME, Refused
from .digest import block_digests
from .fields import flag, number, text, texts
from .names import checked
from .store import Row
from .tree import New

_HEX = frozenset("0123456789abcdef")


def one_shot(call: Call) -> Reply:
    """`file_upload`"""
    name = text(call.body, "file_name", BAD_NAME)
    content = _decoded(call, empty=call.switches.empty_file == "accepted")
    if len(content) > call.switches.one_shot:
        raise Refused(call.switches.code_parameter, "file too large")
    sha, md5 = hashlib.sha1(content).hexdigest(), hashlib.md5(content).hexdigest()
    fresh = _written(call, content)
    try:
        with call.store.transaction():
            folder = _place(call)
            new = New(name, FILE, len(content), sha, md5)
            made = tree.insert(call, folder, new, call.switches.conflict_upload)
            call.store.keep(fresh, sha, len(content), md5)
            if call.switches.one_shot_card:
                push_card(call, made)
    finally:
        fresh.unlink(missing_ok=True)
    return {"fileid": made["fileid"]}


def _written(call: Call, content: bytes) -> Path:
    handle, name = tempfile.mkstemp(dir=call.store.uploads, prefix="new-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return Path(name)


def _decoded(call: Call, *, empty: bool) -> bytes:
    value = call.body.get("file_base64_content")
    if value is not None and not isinstance(value, str):
        raise Refused(BAD_JSON, "file_base64_content")
    if not value and not (empty and value == ""):
        raise Refused(BAD_BASE64)
    try:
        return base64.b64decode(value or "", validate=True)
    except (binascii.Error, ValueError):
        raise Refused(BAD_BASE64) from None


def _place(call: Call) -> Row:
    """The folder named by a ticket, or by `spaceid` and `fatherid`."""
    ticket = ticket_of(call)
    if ticket is None:
        if "spaceid" not in call.body and "fatherid" not in call.body:
            raise Refused(call.switches.code_parameter, "spaceid")
        return folder_of(call, Need.EDIT)
    if ticket["kind"] not in {ROOT, FOLDER}:
        raise Refused(call.switches.code_parameter, "selected_ticket")
    return ticket


def begin(call: Call) -> Reply:
    """`file_upload_init`"""
    name = checked(text(call.body, "file_name", BAD_NAME), call.switches)
    size, digests = _announced(call)
    mute = flag(call.body, "skip_push_card")
    with call.store.transaction():
        folder = _place(call)
        known = _known(call, digests[-1], size) if call.switches.instant else None
        if known is not None:
            new = New(name, FILE, size, digests[-1], known["md5"])
            made = tree.insert(call, folder, new, call.switches.conflict_upload)
            _card_unless(call, mute, made)
            return {"hit_exist": True, "fileid": made["fileid"]}
        return {"hit_exist": False, "upload_key": _opened(call, folder, name, size, digests, mute)}


def _announced(call: Call) -> tuple[int, list[str]]:
    """
    Raises:
        Refused: a size out of bounds, or digests that do not fit it in number or form.
    """
    bad = call.switches.code_parameter
    size = number(call.body, "size", bad)
    least = 0 if call.switches.empty_file == "accepted" else 1
    if not least <= size <= call.switches.largest:
        raise Refused(bad, "size")
    digests = texts(call.body, "block_sha", bad)
    blocks = max(1, -(-size // call.switches.block))
    lowered = [it.lower() for it in digests]
    if len(digests) != blocks or not all(len(it) == 40 and set(it) <= _HEX for it in lowered):
        raise Refused(bad, "block_sha")
    return size, lowered


def _known(call: Call, sha: str, size: int) -> Row | None:
    return call.store.one("SELECT * FROM contents WHERE sha = ? AND size = ?", sha, size)


def _opened(call: Call, folder: Row, name: str, size: int, digests: list[str], mute: bool) -> str:
    key = secrets.token_urlsafe(24)
    call.store.run(
        "INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(key, call.app.name, folder["id"], name, size, json.dumps(digests)),
        *(call.switches.block, call.now, mute, call.actor),
    )
    call.store.upload(key).touch()
    return key


def _upload(call: Call) -> Row:
    """
    Raises:
        Refused: the key is unknown, somebody else's, or too old.
    """
    bad = call.switches.code_parameter
    key = text(call.body, "upload_key", bad)
    found = call.store.one("SELECT * FROM uploads WHERE key = ? AND owner = ?", key, call.app.name)
    if found is None or call.now - found["born"] > call.switches.upload_life:
        raise Refused(bad, "upload_key")
    return found


def part(call: Call) -> Reply:
    """`file_upload_part`: the length has to be that of the block at *index*; its digest is looked at later."""
    bad = call.switches.code_parameter
    upload = _upload(call)
    index = number(call.body, "index", bad)
    blocks = max(1, -(-upload["size"] // upload["block"]))
    if not 1 <= index <= blocks:
        raise Refused(bad, "index")
    content = _decoded(call, empty=upload["size"] == 0)
    start = (index - 1) * upload["block"]
    if len(content) != min(upload["block"], upload["size"] - start):
        raise Refused(bad, "block size")
    _check_again(call, upload["key"], index)
    with call.store.upload(upload["key"]).open("r+b") as file:
        os.pwrite(file.fileno(), content, start)
    call.store.run("INSERT OR IGNORE INTO parts VALUES (?, ?)", upload["key"], index)
    return {}


def _check_again(call: Call, key: str, index: int) -> None:
    if call.switches.part_again != "refused":
        return
    if call.store.one("SELECT 1 FROM parts WHERE key = ? AND number = ?", key, index) is not None:
        raise Refused(call.switches.code_parameter, "index")


def finish(call: Call) -> Reply:
    """`file_upload_finish`; one that is refused leaves the upload open."""
    upload = _upload(call)
    blocks = max(1, -(-upload["size"] // upload["block"]))
    if call.store.count("SELECT count(*) FROM parts WHERE key = ?", upload["key"]) < blocks:
        raise Refused(call.switches.finish_incomplete, "missing part")
    place, digests = call.store.upload(upload["key"]), json.loads(upload["digests"])
    try:
        found = block_digests(_blocks(place, upload["block"]))
        told = _told_md5(call, place)
    except FileNotFoundError:
        raise Refused(call.switches.code_parameter, "upload_key") from None  # finished meanwhile
    if found != digests:
        raise Refused(call.switches.finish_wrong, "block_sha")
    sha = digests[-1]
    with call.store.transaction():
        if call.store.changes("DELETE FROM uploads WHERE key = ?", upload["key"]) != 1:
            raise Refused(call.switches.code_parameter, "upload_key")
        call.store.run("DELETE FROM parts WHERE key = ?", upload["key"])
        made = _made(call, upload, New(upload["name"], FILE, upload["size"], sha, told))
        call.store.keep(place, sha, upload["size"], told)
    return {"fileid": made["fileid"]}


def _made(call: Call, upload: Row, new: New) -> Row:
    folder = tree.reread(call.store, upload["father"])
    if folder["status"] != 1:
        raise Refused(call.switches.code_parameter, "folder deleted")
    made = tree.insert(call, folder, new, call.switches.conflict_upload)
    _card_unless(call, bool(upload["mute"]), made)
    return made


def _blocks(place: Path, size: int) -> Iterator[bytes]:
    with place.open("rb") as file:
        first = file.read(size)
        yield first  # also an empty one: its digest is that of nothing
        while block := file.read(size):
            yield block


def _told_md5(call: Call, place: Path) -> str:
    """What replies will say about the content, which need not be its MD5 (S8)."""
    told = call.switches.md5_of_parts
    if told != "right":
        return "" if told == "blank" else hashlib.md5(b"not the content").hexdigest()
    with place.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def _card_unless(call: Call, mute: bool, made: Row) -> None:
    if not mute:
        push_card(call, made)


def push_card(call: Call, file: Row) -> None:
    """Write down that a card about *file* went to the members of its space."""
    people = members.people_of(call, file["spaceid"])
    call.store.run(
        "INSERT INTO cards (at, endpoint, spaceid, fileid, file_name, people) VALUES (?, ?, ?, ?, ?, ?)",
        *(int(call.now), call.endpoint, file["spaceid"], file["fileid"], file["name"], json.dumps(people)),
    )


def sweep(call: Call) -> int:
    """Drop uploads that are too old, with their blocks; how many there were."""
    old = call.store.all("SELECT key FROM uploads WHERE ? - born > ?", call.now, call.switches.upload_life)
    for row in old:
        call.store.upload(row["key"]).unlink(missing_ok=True)
        call.store.run("DELETE FROM parts WHERE key = ?", row["key"])
        call.store.run("DELETE FROM uploads WHERE key = ?", row["key"])
    return len(old)
