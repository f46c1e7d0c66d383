"""Finding places for a request, and saying which place it was."""

from .cloud import Cloud
from .http import Request, missing, unmet
from .views import Place, View

PREFIX = "remote.php/dav/files"


def found(view: View, path: str) -> Place:
    place = view.find(path)
    if place is None:
        raise missing(f"File with name //{path} could not be located")
    return place


def identity(cloud: Cloud, view: View, place: Place) -> list[tuple[str, str]]:
    """The headers that tell what was written."""
    etag = f'"{view.etag(place)}"'
    return [("ETag", etag), ("OC-ETag", etag), ("OC-FileId", cloud.file_id(place.node["id"]))]


def place_href(place: Place) -> str:
    path = f"/{PREFIX}/{place.user}/{place.path}"
    return path.rstrip("/") + "/" if place.is_folder else path


def conditions(view: View, place: Place | None, request: Request) -> None:
    """
    Hold If-Match and If-None-Match against what is there.

    Raises:
        Refused: 412.
    """
    etag = f'"{view.etag(place)}"' if place else None
    match, none = request.header("if-match"), request.header("if-none-match")
    if match and not _named(match, etag):
        raise unmet("An If-Match header was specified, but it did not hold")
    if none and request.method not in ("GET", "HEAD") and _named(none, etag):
        raise unmet("An If-None-Match header was specified, but the entity exists")


def _named(header: str, etag: str | None) -> bool:
    """Whether *header* means what is there."""
    return etag is not None and (header.strip() == "*" or etag in tags(header))


def tags(header: str) -> list[str]:
    return [it.strip().replace("-gzip", "") for it in header.split(",")]
