"""The files of a user over WebDAV: /remote.php/dav/files/USER/…"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from .cloud import Cloud
from .http import Refused, Reply, Request, bad, conflict, forbidden, locked, missing, unallowed, unmet
from .moving import destination, moved, remove
from .naming import check_new, normalized
from .patching import patch
from .places import conditions, found, identity, place_href, tags
from .properties import Telling, content_type, downloadable
from .rights import CREATE, READ, UPDATE
from .searching import filtered
from .serving import content
from .views import Place, View
from .writing import again, parent_of, set_times, store_file
from .xml import Entry, multistatus, wanted

METHODS = "OPTIONS, GET, HEAD, DELETE, PROPFIND, PUT, PROPPATCH, COPY, MOVE, REPORT, MKCOL"


class Task(NamedTuple):
    """A request for one path of one user's view."""

    cloud: Cloud
    view: View
    path: str
    request: Request


def handle(cloud: Cloud, request: Request, inner: str) -> Reply:
    """
    Answer a request for *inner*, the decoded path below files/.

    Raises:
        Refused: with the status the product gives; 404 for everybody else's files, for an administrator too.
    """
    user, _, path = inner.partition("/")
    if user != request.user:
        raise missing(f"Principal with name {user} not found")
    verb = VERBS.get(request.method)
    if verb is None:
        raise Refused(
            501, "Sabre\\DAV\\Exception\\NotImplemented", f"There was no handler for {request.method}"
        )
    task = Task(cloud, cloud.view(user), normalized(path), request)
    if request.method in ("PUT", "DELETE", "MOVE", "PROPPATCH"):
        _unlocked(task)
    return verb(task)


def _unlocked(task: Task) -> None:
    """
    Raises:
        Refused: 423, somebody else is writing there.
    """
    place = task.view.find(task.path)
    if place is not None and task.cloud.store.row("SELECT 1 FROM locked WHERE node=?", place.node["id"]):
        raise locked(task.path)


def _options(_: Task) -> Reply:
    return Reply(
        200, b"", [("DAV", "1, 3"), ("Allow", METHODS), ("MS-Author-Via", "DAV"), ("Accept-Ranges", "bytes")]
    )


def _propfind(task: Task) -> Reply:
    cloud, view, path, request = task
    place, names, depth = found(view, path), wanted(request.content()), request.header("depth", "1")
    telling = Telling(cloud, view)

    def entries(at: Place, levels: int) -> Iterator[Entry]:
        yield place_href(at), telling.of(at, names)
        if levels and at.is_folder:
            for child in view.children(at):
                yield from entries(child, levels - 1)

    levels = {"0": 0, "1": 1}.get(depth, 1000)
    return multistatus(entries(place, levels), upper=not levels)


def _proppatch(task: Task) -> Reply:
    cloud, view, path, request = task
    return patch(cloud, view, found(view, path), request)


def _report(task: Task) -> Reply:
    cloud, view, path, request = task
    return filtered(cloud, view, found(view, path), request)


def _put(task: Task) -> Reply:
    cloud, view, path, request = task
    if request.header("content-range"):
        raise bad("Content-Range on PUT requests are forbidden.")
    conditions(view, view.find(path), request)
    if request.header("x-nc-webdav-automkcol"):
        _make_parents(cloud, view, path)
    blob = cloud.store.new_blob()
    request.body.rename(cloud.store.path(blob))
    place, new = store_file(cloud, view, path, blob, request.size)
    cloud.store.run(
        "UPDATE node SET checksum=? WHERE id=?", request.header("oc-checksum").strip(), place.node["id"]
    )
    accepted = set_times(cloud, place.node, request.header("x-oc-mtime"), request.header("x-oc-ctime"))
    return Reply(201 if new else 204, b"", [*identity(cloud, view, again(view, path)), *accepted])


def _make_parents(cloud: Cloud, view: View, path: str) -> None:
    names = path.split("/")[:-1]
    for number in range(1, len(names) + 1):
        folder = "/".join(names[:number])
        if view.find(folder) is None:
            check_new(folder)
            cloud.tree.make_folder(_creatable(view, folder).node, names[number - 1])


def _creatable(view: View, path: str) -> Place:
    parent = parent_of(view, path)
    if not parent.allows(CREATE):
        raise forbidden()
    return parent


def _get(task: Task) -> Reply:
    cloud, view, path, request = task
    place = found(view, path)
    if place.is_folder:
        return Reply(200, b"This is the WebDAV interface. It can only be accessed by WebDAV clients.")
    if not place.allows(READ):
        raise missing("File not found")
    if place.mount.share is not None and not downloadable(place.mount.share):
        raise forbidden("Access to this resource has been denied because it is in view-only mode.")
    etag = f'"{view.etag(place)}"'
    if etag in tags(request.header("if-none-match")):
        return Reply(304, b"", [("ETag", etag)])
    conditions(view, place, request)
    headers = [("ETag", etag), ("OC-ETag", etag), ("Content-Type", content_type(place.name))]
    if place.node["checksum"]:
        headers.append(("OC-Checksum", place.node["checksum"]))
    return content(cloud, place.node["blob"], place.node["size"], place.node["mtime"], request, headers)


def _mkcol(task: Task) -> Reply:
    cloud, view, path, request = task
    if request.size:
        raise Refused(
            415, "Sabre\\DAV\\Exception\\UnsupportedMediaType", "The request body for the MKCOL is not known"
        )
    if view.find(path) is not None:
        raise unallowed("The resource you tried to create already exists")
    parent = parent_of(view, path)
    check_new(path)
    if not parent.allows(CREATE) or cloud.tree.child(parent.node["id"], path.rpartition("/")[2]) is not None:
        raise forbidden()
    cloud.tree.make_folder(parent.node, path.rpartition("/")[2])
    place = again(view, path)
    cloud.tell(place, "file_created", "created")
    return Reply(201, b"", [("OC-FileId", cloud.file_id(place.node["id"]))])


def _delete(task: Task) -> Reply:
    cloud, view, path, request = task
    if path.rpartition("/")[2].lower() == ".htaccess":
        raise Refused(500, "Exception", "Could not delete")
    place = found(view, path)
    if not path:
        raise forbidden()
    conditions(view, place, request)
    remove(cloud, place)
    return Reply(204)


def _transfer(task: Task) -> Reply:
    cloud, view, path, request = task
    source, target = found(view, path), destination(request, view.user)
    if path == target:
        raise forbidden("Source and destination uri are identical.")
    if target.startswith(path + "/"):
        raise conflict("The destination may not be part of the same subtree as the source path.")
    parent, before = parent_of(view, target), view.find(target)
    if before is not None and request.header("overwrite", "T").upper() == "F":
        raise unmet("The destination node already exists, and the overwrite header is set to false")
    check_new(target, moving=True)
    if not parent.allows(CREATE) and (before is None or not before.allows(UPDATE)):
        raise forbidden()
    if request.method == "MOVE":
        if path.startswith(target + "/"):
            raise forbidden(f"{path} cannot be moved to its parent")
        moved(cloud, source, parent, before, target)
    else:
        if before is not None:
            remove(cloud, before)
        cloud.tree.copy(source.node, cloud.tree.get(parent.node["id"]), target.rpartition("/")[2], view.user)
    fresh = cloud.view(view.user)
    place = again(fresh, target)
    if request.method == "COPY":
        cloud.tell(place, "file_created", "created")
    return Reply(204 if before else 201, b"", identity(cloud, fresh, place))


VERBS: dict[str, Callable[[Task], Reply]] = {
    "OPTIONS": _options,
    "PROPFIND": _propfind,
    "PROPPATCH": _proppatch,
    "REPORT": _report,
    "PUT": _put,
    "GET": _get,
    "HEAD": _get,
    "MKCOL": _mkcol,
    "DELETE": _delete,
    "MOVE": _transfer,
    "COPY": _transfer,
}
