"""The trash over WebDAV: /remote.php/dav/trashbin/USER/trash/NAME.dTIME, and restoring from it."""

from . import trash
from .cloud import Cloud
from .http import Reply, Request, bad, decoded, forbidden, missing, unallowed
from .properties import content_type
from .serving import content
from .store import Row
from .xml import DAV, NC, OC, Entry, http_date, multistatus, text, wanted

PREFIX = "remote.php/dav/trashbin"


def handle(cloud: Cloud, request: Request, inner: str) -> Reply:
    """
    Answer a request for *inner*, the path below trashbin/.

    Raises:
        Refused: with the status the product gives.
    """
    user, _, rest = inner.partition("/")
    kind, _, path = rest.partition("/")
    if user != request.user or kind != "trash":
        raise missing("Node not found")
    if not path:
        return _bin(cloud, request)
    found = trash.find(cloud, user, path)
    if found is None:
        raise missing(f"File with name {path} could not be located")
    return _one(cloud, request, path, *found)


def _bin(cloud: Cloud, request: Request) -> Reply:
    if request.method == "DELETE":
        for node, _ in trash.listed(cloud, request.user):
            cloud.tree.destroy(node)
        return Reply(204)
    if request.method != "PROPFIND":
        raise unallowed("Only PROPFIND and DELETE")
    names = wanted(request.content())
    base = f"/{PREFIX}/{request.user}/trash"
    folder = {f"{DAV}resourcetype": "<d:collection/>"}
    entries: list[Entry] = [(f"{base}/", folder if names is None else {it: folder.get(it) for it in names})]
    if request.header("depth", "1") != "0":
        for node, about in trash.listed(cloud, request.user):
            entries.append(_entry(cloud, f"{base}/{node['name']}", node, about, names))
    return multistatus(entries, upper=True)


def _entry(cloud: Cloud, path: str, node: Row, about: Row | None, names: list[str] | None) -> Entry:
    known = _known(cloud, node, about)
    href = f"{path}/" if node["folder"] else path
    if names is None:
        return href, {name: known[name] for name in list(known)[:5] if known[name] is not None}
    return href, {name: known.get(name) for name in names}


def _known(cloud: Cloud, node: Row, about: Row | None) -> dict[str, str | None]:
    name = about["name"] if about else node["name"]
    location = f"{_mount(cloud, node)}{about['location']}" if about else name
    return {
        f"{DAV}resourcetype": "<d:collection/>" if node["folder"] else "",
        f"{DAV}getlastmodified": http_date(about["time"] if about else node["mtime"]),
        f"{DAV}getcontentlength": None if node["folder"] else str(node["size"]),
        f"{DAV}getcontenttype": None if node["folder"] else content_type(name),
        f"{DAV}getetag": f"&quot;{node['etag']}&quot;",
        f"{DAV}displayname": text(name),
        f"{OC}fileid": str(node["id"]),
        f"{OC}id": cloud.file_id(node["id"]),
        f"{OC}size": str(node["size"]),
        f"{OC}permissions": "GD",
        f"{NC}trashbin-filename": text(name),
        f"{NC}trashbin-original-location": text(location),
        f"{NC}trashbin-deletion-time": str(about["time"]) if about else None,
        f"{NC}trashbin-title": text(location),
        f"{NC}trashbin-deleted-by-id": text(about["deleter"]) if about else None,
        f"{NC}trashbin-deleted-by-display-name": text(cloud.people.name(about["deleter"])) if about else None,
    }


def _mount(cloud: Cloud, node: Row) -> str:
    """The team folder that a node in the trash came from, with a slash; empty for a home."""
    kind, owner = cloud.tree.holder(node)
    mount = (
        cloud.store.value("SELECT mount FROM teamfolder WHERE id=?", owner) if kind == "trash-group" else None
    )
    return f"{mount}/" if mount else ""


def _one(cloud: Cloud, request: Request, path: str, node: Row, about: Row | None) -> Reply:
    if request.method == "PROPFIND":
        return _listing(cloud, request, path, node, about)
    if request.method in ("GET", "HEAD") and not node["folder"]:
        return content(cloud, node["blob"], node["size"], node["mtime"], request, [])
    if request.method == "DELETE":
        cloud.tree.destroy(node)
        return Reply(204)
    if request.method != "MOVE" or about is None:
        raise unallowed(f"No {request.method} in the trash")
    if not request.header("destination"):
        raise bad("The destination header was not supplied")
    if not decoded(request.header("destination")).startswith(f"{PREFIX}/{request.user}/restore/"):
        raise forbidden("What is in the trash can only be moved into the restore folder")
    trash.restore(cloud, node, about)
    place = cloud.view(request.user).by_id(node["id"])
    if place is not None:
        cloud.tell(place, "file_restored", "restored")
    return Reply(201)


def _listing(cloud: Cloud, request: Request, path: str, node: Row, about: Row | None) -> Reply:
    names = wanted(request.content())
    base = f"/{PREFIX}/{request.user}/trash/{path}"
    entries = [_entry(cloud, base, node, about, names)]
    if request.header("depth", "1") != "0":
        inside = cloud.tree.children(node["id"])
        entries += [_entry(cloud, f"{base}/{child['name']}", child, None, names) for child in inside]
    return multistatus(entries, upper=True)
