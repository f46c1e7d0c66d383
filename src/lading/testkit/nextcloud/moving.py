"""Taking places away and putting them elsewhere."""

from . import trash
from .cloud import Cloud
from .http import Request, bad, decoded, forbidden
from .naming import normalized
from .places import PREFIX
from .rights import DELETE, UPDATE
from .views import Place


def remove(cloud: Cloud, place: Place) -> None:
    """
    Put a place into the trash; the root of a received share is left instead.

    Raises:
        Refused: 403.
    """
    if place.is_mount_root and place.mount.share is not None:
        share = place.mount.share
        if share["type"] == 0:
            cloud.store.run("DELETE FROM share WHERE id=?", share["id"])
        else:
            cloud.store.run("INSERT OR REPLACE INTO received VALUES(?, ?, '', 1)", share["id"], place.user)
        return
    if place.is_mount_root or not place.allows(DELETE) or not cloud.view(place.user).may_empty(place):
        raise forbidden()
    cloud.tell(place, "file_deleted", "deleted")
    trash.discard(cloud, place)


def destination(request: Request, user: str) -> str:
    """
    The path below the user's files that Destination names.

    Raises:
        Refused: 400 without one, 403 outside of the user's files.
    """
    header = request.header("destination")
    if not header:
        raise bad("The destination header was not supplied")
    path = decoded(header)
    if not path.startswith(f"{PREFIX}/{user}/"):
        raise forbidden("Requested uri is out of base uri")
    return normalized(path.removeprefix(f"{PREFIX}/{user}/"))


def moved(cloud: Cloud, source: Place, parent: Place, before: Place | None, target: str) -> None:
    """
    Put *source* at *target*; what was there goes into the trash.

    Raises:
        Refused: 403, it may not be renamed or not be taken away, or is a mount that stays where it is.
    """
    name = target.rpartition("/")[2]
    if source.is_mount_root:
        _remounted(cloud, source, target)
        return
    within = source.path.rpartition("/")[0] == parent.path
    held = (
        source.allows(UPDATE)
        if within
        else source.allows(DELETE) and cloud.view(source.user).may_empty(source)
    )
    if not held:
        raise forbidden(f"{source.path} cannot be {'renamed' if within else 'deleted'}")
    if before is not None:
        remove(cloud, before)
    cloud.tree.move(cloud.tree.get(source.node["id"]), cloud.tree.get(parent.node["id"]), name)
    place = cloud.view(source.user).find(target)
    if place is not None:
        cloud.tell(place, "file_changed", "renamed" if within else "moved")


def _remounted(cloud: Cloud, source: Place, target: str) -> None:
    """Move where the receiver sees a share; nobody else notices."""
    share = source.mount.share
    if share is None or not source.path:
        raise forbidden(f"{source.path} cannot be moved")
    cloud.store.run(
        "INSERT OR REPLACE INTO received VALUES(?, ?, ?, 0)", share["id"], source.user, f"/{target}"
    )
