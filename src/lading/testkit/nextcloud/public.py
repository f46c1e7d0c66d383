"""
What a public link shows: /public.php/dav/files/TOKEN, read only.

The older /public.php/webdav with the token as user answers 401, as measured.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from .cloud import Cloud
from .door import CHALLENGE, credentials
from .http import Refused, Reply, Request, forbidden, missing, unallowed
from .naming import normalized
from .properties import Telling, content_type
from .rights import READ
from .serving import content
from .store import Row
from .views import Place, View
from .xml import Entry, multistatus, wanted

PREFIX = "public.php/dav/files"


def handle(cloud: Cloud, request: Request) -> Reply:
    """
    Answer somebody with a link.

    Raises:
        Refused: 404 for a link that is not there or has run out, 401 without its password.
    """
    page = request.path.startswith("index.php/s/")
    token, _, path = request.path.removeprefix("index.php/s/" if page else f"{PREFIX}/").partition("/")
    share = cloud.store.row("SELECT * FROM share WHERE token=? AND type IN (3, 4)", token)
    if share is None or (share["expires"] and share["expires"] < datetime.now(UTC).date().isoformat()):
        raise missing("Share not found")
    if page:
        return Reply(
            200, b"<!DOCTYPE html><title>Nextcloud</title>", [("Content-Type", "text/html; charset=UTF-8")]
        )
    if share["password"] and credentials(request)[1] != share["password"]:
        raise Refused(
            401, "Sabre\\DAV\\Exception\\NotAuthenticated", "Share requires a password", [CHALLENGE]
        )
    view = cloud.view(share["owner"])
    place = _place(view, share, normalized(path))
    if request.method in ("GET", "HEAD"):
        return _download(cloud, share, place, request)
    if request.method == "PROPFIND":
        return _list(cloud, view, share, place, request)
    raise unallowed(f"No {request.method} on this link")


def _place(view: View, share: Row, path: str) -> Place:
    root = view.by_id(share["node"])
    place = view.find(f"{root.path}/{path}".strip("/")) if root else None
    if place is None:
        raise missing(f"File with name {path} could not be located")
    return place


def _download(cloud: Cloud, share: Row, place: Place, request: Request) -> Reply:
    if share["hide"] or not share["bits"] & READ:
        raise forbidden(
            "Access to this shared resource has been denied because its download permission is disabled."
        )
    if place.is_folder:
        return Reply(200, b"This is the WebDAV interface. It can only be accessed by WebDAV clients.")
    headers = [("ETag", f'"{place.node["etag"]}"'), ("Content-Type", content_type(place.name))]
    return content(cloud, place.node["blob"], place.node["size"], place.node["mtime"], request, headers)


def _list(cloud: Cloud, view: View, share: Row, place: Place, request: Request) -> Reply:
    names, telling = wanted(request.content()), Telling(cloud, view)
    depth = {"0": 0, "1": 1}.get(request.header("depth", "1"), 1000)
    base = f"/{request.path}"

    def entries(at: Place, href: str, levels: int) -> Iterator[Entry]:
        yield (f"{href}/" if at.is_folder else href), telling.of(at, names)
        if levels and at.is_folder and share["bits"] & READ:
            for child in view.children(at):
                yield from entries(child, f"{href}/{child.name}", levels - 1)

    return multistatus(entries(place, base, depth), upper=True)
