"""Storing contents at a place, the same way for a PUT, for joined chunks and for a bulk upload."""

import re
import time

from . import history
from .cloud import Cloud
from .http import Refused, conflict, forbidden, full, missing
from .naming import check_new
from .rights import CREATE, UPDATE
from .store import Row
from .views import Place, View

DAY = 24 * 60 * 60


def parent_of(view: View, path: str) -> Place:
    """
    The folder that *path* lies in.

    Raises:
        Refused: 409, it does not exist, or is a file.
    """
    parent = view.find(path.rpartition("/")[0])
    if parent is None or not parent.is_folder:
        raise conflict("Files cannot be created in non-existent collections")
    return parent


def store_file(cloud: Cloud, view: View, path: str, blob: str, size: int) -> tuple[Place, bool]:
    """
    Make *blob* the content at *path*; return the place and whether it is new there.

    Raises:
        Refused: 400, 403, 409, 500 or 507, with nothing changed.
    """
    check_new(path)
    parent, before = parent_of(view, path), view.find(path)
    if before is not None and before.is_folder:
        raise conflict("PUT is not allowed on non-files.")
    if not (before.allows(UPDATE) if before else parent.allows(CREATE)):
        raise forbidden()
    room = cloud.free(parent)
    if 0 <= room < size - (before.node["size"] if before else 0):
        raise full("Insufficient space in " + path)
    if before is not None:
        history.keep(cloud, before.node)
        cloud.tree.replace(before.node, blob, size, view.user)
    elif cloud.tree.child(parent.node["id"], path.rpartition("/")[2]) is not None:
        raise forbidden("A hidden file is in the way")
    else:
        cloud.tree.make_file(parent.node, path.rpartition("/")[2], blob, size, view.user)
    place = again(view, path)
    cloud.tell(place, "file_changed" if before else "file_created", "changed" if before else "created")
    return place, before is None


def again(view: View, path: str) -> Place:
    """What now is at *path*."""
    place = view.find(path)
    if place is None:
        raise missing(f"File with name {path} could not be located")
    return place


def sane_time(value: str, header: str) -> int:
    """
    The seconds that a header tells.

    Raises:
        Refused: 500, as the product does for what is no number, and for times before 2 January 1970.
    """
    if not re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", value):
        raise Refused(
            500, "InvalidArgumentException", f'{header} header must be a valid integer, got "{value}".'
        )
    if int(float(value)) <= DAY:
        raise Refused(
            500, "InvalidArgumentException", f'{header} header must be greater than one day, got "{value}".'
        )
    return int(float(value))


def set_times(cloud: Cloud, node: Row, mtime: str, ctime: str) -> list[tuple[str, str]]:
    """
    Set what X-OC-MTime and X-OC-CTime say and return the headers that confirm it.

    The content stands already: a time that is refused leaves it there, as in the product.
    """
    answers = []
    if mtime:
        cloud.tree.touch(node["id"], _checked(cloud, mtime, "X-OC-MTime"))
        answers.append(("X-OC-MTime", "accepted"))
    if ctime:
        cloud.store.run(
            "UPDATE node SET ctime=? WHERE id=?", _checked(cloud, ctime, "X-OC-CTime"), node["id"]
        )
        answers.append(("X-OC-CTime", "accepted"))
    return answers


def _checked(cloud: Cloud, value: str, header: str) -> int:
    try:
        return sane_time(value, header)
    except Refused:
        cloud.store.keep()
        raise


def now() -> int:
    return int(time.time())
