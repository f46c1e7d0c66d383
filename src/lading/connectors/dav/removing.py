"""
Files and empty folders being removed.

WebDAV removes a folder with all it holds.  So a folder is listed first and kept
unless it is empty; what somebody else puts into it between the two requests is
lost with it.
"""

from __future__ import annotations

from lading.connectors.conditions import ANYTHING, Precondition, check
from lading.connectors.dav.parts import children
from lading.connectors.dav.trouble import remaining
from lading.connectors.dav.turns import alone
from lading.connectors.dav.wire import PARTS, Wire
from lading.connectors.dav.writing import Writing, plain
from lading.model.errors import Changed, Forbidden, NotEmpty, NotFound
from lading.model.paths import Path


def remove(wire: Wire, writing: Writing, path: Path, expect: Precondition) -> None:
    """Remove a file, or a folder that is empty; see `Drive.remove`."""
    if not path:
        raise Forbidden(path, "the root stays")
    if PARTS in path:
        raise NotFound(path, "reserved for unfinished files")
    with alone(wire, path):
        found = wire.found(path)
        if found is None:
            raise NotFound(path, "nothing to remove")
        check(plain(expect), found, path)
        if found.is_folder and children(wire, path):
            raise NotEmpty(path, "it holds entries")
        headers = writing.condition(path, expect) if found.is_file else []
        answer = wire.call("DELETE", path, headers, folder=found.is_folder)
        if answer.status == 412:
            raise Changed(path, "its etag is another")
        if not 200 <= answer.status < 300 or answer.status == 207:
            raise remaining(path, ANYTHING, answer.status) or wire.error(answer, path)
