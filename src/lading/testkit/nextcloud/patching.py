"""PROPPATCH: times, favorites, advanced rules, and properties of anybody's own."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from xml.etree import ElementTree

from .cloud import Cloud
from .http import Refused, Reply, Request, bad
from .places import place_href
from .rights import ALL, READ, UPDATE, Rule, merged
from .views import Place, View
from .writing import sane_time
from .xml import DAV, NC, OC, changes, inner, patched

PROTECTED = {
    *(
        DAV + name
        for name in ("getcontentlength", "getetag", "getlastmodified", "resourcetype", "displayname")
    ),
    *(DAV + name for name in ("quota-used-bytes", "quota-available-bytes", "lockdiscovery", "supportedlock")),
    *(
        OC + name
        for name in ("id", "fileid", "size", "permissions", "checksums", "owner-id", "owner-display-name")
    ),
    *(OC + name for name in ("share-types", "data-fingerprint", "comments-count")),
    *(
        NC + name
        for name in ("has-preview", "mount-type", "note", "share-attributes", "upload_time", "is-encrypted")
    ),
    *(
        NC + name
        for name in ("sharees", "acl-enabled", "acl-can-manage", "inherited-acl-list", "group-folder-id")
    ),
}


class Target(NamedTuple):
    """The place to change, and what is needed for it."""

    cloud: Cloud
    view: View
    place: Place


Change = Callable[[Target, ElementTree.Element | None], None]


def patch(cloud: Cloud, view: View, place: Place, request: Request) -> Reply:
    """
    Do all that is asked or nothing.

    Raises:
        Refused: 400, a rule would take the asker's own reading; 500, a time before 2 January 1970.
    """
    asked = changes(request.content())
    refused = {name for name, _ in asked if not _possible(view, place, name)}
    if refused:
        return patched(place_href(place), {name: 403 if name in refused else 424 for name, _ in asked})
    for name, value in asked:
        KNOWN.get(name, _dead(name))(Target(cloud, view, place), value)
    return patched(place_href(place), {name: 200 for name, _ in asked})


def _possible(view: View, place: Place, name: str) -> bool:
    if name == f"{NC}acl-list":
        return place.mount.folder is not None and view.manages(place.mount.folder)
    return name not in PROTECTED and (place.allows(UPDATE) or name == f"{OC}favorite")


def _modified(target: Target, value: ElementTree.Element | None) -> None:
    cloud, _, place = target
    cloud.tree.touch(place.node["id"], sane_time(_text(value), "lastmodified"))


def _created(target: Target, value: ElementTree.Element | None) -> None:
    cloud, _, place = target
    cloud.store.run("UPDATE node SET ctime=? WHERE id=?", _seconds(value), place.node["id"])


def _seconds(value: ElementTree.Element | None) -> int:
    """A creation time, in seconds or as ISO 8601."""
    told = _text(value)
    if re.match(r"\d{4}-\d\d-\d\dT", told):
        return int(datetime.fromisoformat(told).timestamp())
    return sane_time(told, "creation_time")


def _text(value: ElementTree.Element | None) -> str:
    return (value.text or "").strip() if value is not None else ""


def _favorite(target: Target, value: ElementTree.Element | None) -> None:
    cloud, _, place = target
    cloud.store.run("DELETE FROM favorite WHERE user=? AND node=?", place.user, place.node["id"])
    if value is not None and (value.text or "").strip() in ("1", "true"):
        cloud.store.run("INSERT INTO favorite VALUES(?, ?)", place.user, place.node["id"])


def _rules(target: Target, value: ElementTree.Element | None) -> None:
    cloud, view, place = target
    rules = [_rule(it) for it in value.iter(f"{NC}acl")] if value is not None else []
    own = merged(view.mine(rules)).applied(ALL)
    if not own & READ:
        raise bad("You cannot remove your own read permission.")
    node = place.node["id"]
    cloud.store.run("DELETE FROM rule WHERE node=?", node)
    for rule in rules:
        cloud.store.run(
            "INSERT OR REPLACE INTO rule VALUES(?, ?, ?, ?, ?)",
            node,
            rule.kind,
            rule.id,
            rule.mask,
            rule.bits & rule.mask,
        )
    cloud.tree.renew(node)


def _rule(value: ElementTree.Element) -> Rule:
    def part(name: str) -> str:
        return (value.findtext(NC + name) or "").strip()

    try:
        return Rule(
            part("acl-mapping-type"),
            part("acl-mapping-id"),
            int(part("acl-mask")),
            int(part("acl-permissions")),
        )
    except ValueError:
        raise Refused(500, "TypeError", "acl-mask and acl-permissions are numbers") from None


def _dead(name: str) -> Change:
    """A property that the server keeps without knowing what it means."""

    def change(target: Target, value: ElementTree.Element | None) -> None:
        cloud, _, place = target
        cloud.store.run("DELETE FROM property WHERE node=? AND name=?", place.node["id"], name)
        if value is not None:
            cloud.store.run("INSERT INTO property VALUES(?, ?, ?)", place.node["id"], name, inner(value))

    return change


KNOWN: dict[str, Change] = {
    f"{DAV}lastmodified": _modified,
    f"{DAV}creationdate": _created,
    f"{NC}creation_time": _created,
    f"{OC}favorite": _favorite,
    f"{NC}acl-list": _rules,
}
