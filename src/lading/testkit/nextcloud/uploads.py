"""
Uploads in pieces, version 2: /remote.php/dav/uploads/USER/ID/…

Strict by default, as documented for stores like S3: every request names its
Destination, pieces are called 1 to 10000, and all but the last have 5 MiB.
A real server on a plain disk, without Redis, lets all of that pass; so does
the option `lenient_chunks`.
"""

import os
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .cloud import Cloud
from .http import BLOCK, Refused, Reply, Request, bad, conflict, full, missing, unallowed
from .moving import destination
from .places import identity
from .store import Row
from .views import View
from .writing import again, now, parent_of, set_times, store_file
from .xml import DAV, OC, Entry, http_date, multistatus, wanted

PREFIX = "remote.php/dav/uploads"
JOINED = ".file"  # the name under which the pieces become one file
MOST = 10000


class Task(NamedTuple):
    """A request for one name in one upload; *name* is empty for the upload itself, *id* for the list of them."""

    cloud: Cloud
    view: View
    id: str
    name: str
    request: Request


def handle(cloud: Cloud, request: Request, inner: str) -> Reply:
    """
    Answer a request for *inner*, the path below uploads/.

    Raises:
        Refused: with the status the product gives.
    """
    user, _, rest = inner.partition("/")
    if user != request.user:
        raise missing(f"Principal with name {user} not found")
    upload, _, name = rest.partition("/")
    verb = VERBS.get(request.method)
    if verb is None or (not upload and request.method != "PROPFIND"):
        raise unallowed("Not allowed on uploads")
    return verb(Task(cloud, cloud.view(user), upload, name, request))


def _exists(task: Task) -> bool:
    sql = "SELECT 1 FROM upload WHERE user=? AND id=?"
    return task.cloud.store.row(sql, task.view.user, task.id) is not None


def _target(task: Task) -> str:
    """Where the file is to go, which every request has to say."""
    if task.cloud.options.lenient_chunks and not task.request.header("destination"):
        return ""
    return destination(task.request, task.view.user)


def _begin(task: Task) -> Reply:
    if task.name:
        raise Refused(403, "Sabre\\DAV\\Exception\\Forbidden", "Permission denied to create directory")
    if _exists(task):
        raise unallowed("The resource you tried to create already exists")
    target = _target(task)
    if target:
        parent_of(task.view, target)
    task.cloud.store.run("INSERT INTO upload VALUES(?, ?, ?)", task.view.user, task.id, now())
    return Reply(201)


def _piece(task: Task) -> Reply:
    cloud, request = task.cloud, task.request
    if not _exists(task) or not task.name:
        raise conflict("Files cannot be created in non-existent collections")
    target = _target(task)
    if not cloud.options.lenient_chunks and not _numbered(task.name):
        raise bad("Invalid chunk name, must be numeric between 1 and 10000")
    total = request.header("oc-total-length")
    if target and total.isdigit():
        room = cloud.free(parent_of(task.view, target))
        if 0 <= room < int(total):
            raise full(f"Insufficient space in {target}")
    where = (task.view.user, task.id, task.name)
    before = cloud.store.value("SELECT blob FROM chunk WHERE user=? AND upload=? AND name=?", *where)
    cloud.store.drop(before)
    blob = cloud.store.new_blob()
    request.body.rename(cloud.store.path(blob))
    cloud.store.run(
        "INSERT OR REPLACE INTO chunk VALUES(?, ?, ?, ?, ?, ?)", *where, request.size, blob, now()
    )
    return Reply(204 if before else 201)


def _numbered(name: str) -> bool:
    return bool(re.fullmatch(r"\d+", name)) and 1 <= int(name) <= MOST


def _pieces(task: Task) -> list[Row]:
    """The pieces in the order of their names."""
    sql = "SELECT * FROM chunk WHERE user=? AND upload=?"
    rows = task.cloud.store.rows(sql, task.view.user, task.id)
    return sorted(rows, key=lambda it: (int(it["name"]) if it["name"].isdigit() else MOST + 1, it["name"]))


def _list(task: Task) -> Reply:
    names = wanted(task.request.content())
    base = f"/{PREFIX}/{task.view.user}"
    deep = task.request.header("depth", "1") != "0"
    entries: list[Entry] = []
    if not task.id:
        entries.append((f"{base}/", _asked(None, now(), names)))
        rows = task.cloud.store.rows("SELECT * FROM upload WHERE user=?", task.view.user) if deep else []
        entries += [(f"{base}/{row['id']}/", _asked(None, row["time"], names)) for row in rows]
        return multistatus(entries, upper=True)
    if not _exists(task):
        raise missing(f"File with name {task.id} could not be located")
    pieces = _pieces(task)
    if not task.name:
        entries.append((f"{base}/{task.id}/", _asked(None, now(), names)))
    told = [(JOINED, sum(row["size"] for row in pieces), now())]
    told += [(row["name"], row["size"], row["time"]) for row in pieces]
    for name, size, time in told:
        if task.name == name or (not task.name and deep):
            entries.append((f"{base}/{task.id}/{name}", _asked(size, time, names)))
    if not entries:
        raise missing(f"File with name {task.name} could not be located")
    return multistatus(entries, upper=True)


def _asked(size: int | None, time: int, names: list[str] | None) -> dict[str, str | None]:
    """Properties of a piece, or of a folder of them where *size* is None."""
    known: dict[str, str | None] = {
        f"{DAV}resourcetype": "<d:collection/>" if size is None else "",
        f"{DAV}getlastmodified": http_date(time),
        f"{DAV}getcontentlength": None if size is None else str(size),
        f"{DAV}getcontenttype": None if size is None else "application/octet-stream",
        f"{OC}size": str(size or 0),
    }
    if names is None:
        return {name: value for name, value in known.items() if value is not None}
    return {name: known.get(name) for name in names}


def _read(task: Task) -> Reply:
    """What is held, as releases before the check of today gave it; not part of what is imitated by default."""
    if not task.cloud.options.readable_chunks:
        raise unallowed("Reading intermediate uploads is not allowed")
    pieces = [row for row in _pieces(task) if task.name in (JOINED, row["name"])]
    if not _exists(task) or (task.name != JOINED and not pieces):
        raise missing(f"File with name {task.name} could not be located")
    streams = [task.cloud.store.path(row["blob"]).open("rb") for row in pieces]

    def blocks() -> Iterator[bytes]:
        for stream in streams:
            with stream:
                while block := stream.read(BLOCK):
                    yield block

    size = sum(row["size"] for row in pieces)
    return Reply(200, blocks(), [("Content-Length", str(size)), ("Content-Type", "application/octet-stream")])


def _join(task: Task) -> Reply:
    cloud, request = task.cloud, task.request
    if task.name != JOINED or not _exists(task):
        raise missing(f"File with name {task.name} could not be located")
    target, pieces = destination(request, task.view.user), _pieces(task)
    _check(task, pieces)
    parent_of(task.view, target)
    blob, size = cloud.store.new_blob(), sum(row["size"] for row in pieces)
    with cloud.store.path(blob).open("wb") as whole:
        for row in pieces:
            _append(cloud, row["blob"], whole.fileno())
    place, new = store_file(cloud, task.view, target, blob, size)
    checksum = request.header("oc-checksum").strip()
    cloud.store.run("UPDATE node SET checksum=? WHERE id=?", checksum, place.node["id"])
    accepted = set_times(cloud, place.node, request.header("x-oc-mtime"), request.header("x-oc-ctime"))
    _forget(task)
    return Reply(201 if new else 204, b"", [*identity(cloud, task.view, again(task.view, target)), *accepted])


def _append(cloud: Cloud, blob: str, whole: int) -> None:
    with cloud.store.path(blob).open("rb") as piece:
        while os.sendfile(whole, piece.fileno(), None, BLOCK * 16):
            pass


def _check(task: Task, pieces: list[Row]) -> None:
    size, total = sum(row["size"] for row in pieces), task.request.header("oc-total-length")
    if total and total != str(size):
        raise bad(f"Chunks on server do not sum up to {total} but to {size} bytes")
    options = task.cloud.options
    if not options.lenient_chunks and any(row["size"] < options.smallest_chunk for row in pieces[:-1]):
        raise Refused(500, "Exception", "EntityTooSmall: a part is smaller than the minimum allowed size")


def _drop(task: Task) -> Reply:
    if not _exists(task):
        raise missing(f"File with name {task.id} could not be located")
    if task.name:
        sql = "DELETE FROM chunk WHERE user=? AND upload=? AND name=?"
        task.cloud.store.run(sql, task.view.user, task.id, task.name)
    else:
        _forget(task)
    return Reply(204)


def _forget(task: Task) -> None:
    for row in _pieces(task):
        task.cloud.store.drop(row["blob"])
    for table, column in (("chunk", "upload"), ("upload", "id")):
        task.cloud.store.run(f"DELETE FROM {table} WHERE user=? AND {column}=?", task.view.user, task.id)


VERBS: dict[str, Callable[[Task], Reply]] = {
    "MKCOL": _begin,
    "GET": _read,
    "PUT": _piece,
    "PROPFIND": _list,
    "MOVE": _join,
    "DELETE": _drop,
}
