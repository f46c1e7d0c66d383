"""Versions over WebDAV: /remote.php/dav/versions/USER/versions/FILEID/MTIME, and restoring one."""

from . import history
from .cloud import Cloud
from .http import Reply, Request, bad, decoded, forbidden, missing, unallowed
from .properties import content_type
from .rights import UPDATE
from .serving import content
from .views import Place
from .xml import DAV, NC, OC, Entry, changes, http_date, multistatus, patched, text, wanted

PREFIX = "remote.php/dav/versions"


def handle(cloud: Cloud, request: Request, inner: str) -> Reply:
    """
    Answer a request for *inner*, the path below versions/.

    Raises:
        Refused: 404 for a file that the user does not see, and with other statuses the product gives.
    """
    user, *rest = inner.split("/")
    if user != request.user or rest[:1] != ["versions"] or not 2 <= len(rest) <= 3 or not rest[1].isdigit():
        raise missing("Node not found")
    place = cloud.view(user).by_id(int(rest[1]))
    if place is None or place.is_folder:
        raise missing("Node not found")
    if len(rest) == 2:
        if request.method != "PROPFIND":
            raise unallowed("Only PROPFIND")
        return _list(cloud, place, request)
    version = history.find(cloud, place.node, rest[2])
    if version is None:
        raise missing(f"Version {rest[2]} not found")
    return _one(cloud, place, version, request)


def _list(cloud: Cloud, place: Place, request: Request) -> Reply:
    names = wanted(request.content())
    base = f"/{PREFIX}/{place.user}/versions/{place.node['id']}"
    folder = {f"{DAV}resourcetype": "<d:collection/>"}
    entries: list[Entry] = [(f"{base}/", folder if names is None else {it: folder.get(it) for it in names})]
    if request.header("depth", "1") != "0":
        kept = history.listed(cloud, place.node)
        entries += [(f"{base}/{version.mtime}", _told(place, version, names)) for version in kept]
    return multistatus(entries, upper=True)


def _told(place: Place, version: history.Version, names: list[str] | None) -> dict[str, str | None]:
    known: dict[str, str | None] = {
        f"{DAV}resourcetype": "",
        f"{DAV}getcontentlength": str(version.size),
        f"{DAV}getcontenttype": content_type(place.name),
        f"{DAV}getlastmodified": http_date(version.mtime),
        f"{DAV}getetag": str(version.mtime),
        f"{OC}size": str(version.size),
        f"{NC}version-label": text(version.label),
        f"{NC}version-author": text(version.author) if version.author else None,
        f"{NC}has-preview": "false",
    }
    if names is None:
        return {name: known[name] for name in list(known)[:5]}
    return {name: known.get(name) for name in names}


def _one(cloud: Cloud, place: Place, version: history.Version, request: Request) -> Reply:
    method = request.method
    if method in ("GET", "HEAD"):
        kind = ("Content-Type", content_type(place.name))
        return content(cloud, version.blob, version.size_of(cloud), version.mtime, request, [kind])
    if method == "PROPFIND":
        path = f"/{PREFIX}/{place.user}/versions/{place.node['id']}/{version.mtime}"
        return multistatus([(path, _told(place, version, wanted(request.content())))], upper=True)
    if method == "PROPPATCH":
        return _named(cloud, place, version, request)
    if not place.allows(UPDATE):
        raise forbidden()
    if method == "DELETE":
        if not history.forget(cloud, place.node, version):
            raise forbidden("The present content is no version to delete")
        return Reply(204)
    if method == "MOVE":
        return _restored(cloud, place, version, request)
    raise unallowed(f"No {method} on versions")


def _named(cloud: Cloud, place: Place, version: history.Version, request: Request) -> Reply:
    results = {}
    for name, value in changes(request.content()):
        known = name == f"{NC}version-label" and place.allows(UPDATE)
        results[name] = 200 if known else 403
        if known:
            history.name(cloud, place.node, version, (value.text or "") if value is not None else "")
    path = f"/{PREFIX}/{place.user}/versions/{place.node['id']}/{version.mtime}"
    return patched(path, results)


def _restored(cloud: Cloud, place: Place, version: history.Version, request: Request) -> Reply:
    if not request.header("destination"):
        raise bad("The destination header was not supplied")
    target = decoded(request.header("destination"))
    if not target.startswith(f"{PREFIX}/{place.user}/restore/"):
        raise forbidden("A version can only be moved into the restore folder")
    history.restore(cloud, place.node, version, place.user)
    cloud.tell(place, "file_changed", "changed")
    return Reply(201)
