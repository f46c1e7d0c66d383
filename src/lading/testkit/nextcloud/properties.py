"""What PROPFIND tells of a place, property by property."""

import json
import mimetypes
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from .cloud import Cloud
from .rights import Rule, inherited
from .store import Row
from .views import Place, View
from .xml import DAV, NC, OC, element, http_date, text

KINDS = {0: "user", 1: "group", 7: "circle", 10: "room"}  # what a type of share is called elsewhere
UNASKED = ("resourcetype", "getlastmodified", "getcontentlength", "getetag", "getcontenttype")
FOLDER_UNASKED = ("quota-used-bytes", "quota-available-bytes")
PREVIEWED = ("image/", "text/plain", "text/markdown", "application/pdf")


class Telling:
    """Properties as one user is told them; each is inner XML, None where the place has none."""

    def __init__(self, cloud: Cloud, view: View) -> None:
        self.cloud, self.view, self.store = cloud, view, cloud.store
        self._known = {**self._dav(), **self._owncloud(), **self._nextcloud(), **self._team()}

    def of(self, place: Place, names: Iterable[str] | None) -> Mapping[str, str | None]:
        """The properties *names*, or those that are told unasked."""
        if names is None:
            unasked = [*UNASKED, *(FOLDER_UNASKED if place.is_folder else ())]
            told = {DAV + name: self._one(place, DAV + name) for name in unasked}
            return {name: value for name, value in told.items() if value is not None}
        return {name: self._one(place, name) for name in names}

    def _one(self, place: Place, name: str) -> str | None:
        if name in self._known:
            return self._known[name](place)
        value: str | None = self.store.value(
            "SELECT value FROM property WHERE node=? AND name=?", place.node["id"], name
        )
        return value

    def _dav(self) -> dict[str, Callable[[Place], str | None]]:
        return {
            f"{DAV}resourcetype": lambda it: "<d:collection/>" if it.is_folder else "",
            f"{DAV}getlastmodified": lambda it: http_date(it.node["mtime"]),
            f"{DAV}creationdate": lambda it: _iso(it.node["ctime"]),
            f"{DAV}getcontentlength": lambda it: None if it.is_folder else str(it.node["size"]),
            f"{DAV}getcontenttype": lambda it: None if it.is_folder else content_type(it.name),
            f"{DAV}getetag": lambda it: f"&quot;{self.view.etag(it)}&quot;",
            f"{DAV}displayname": lambda it: text(it.name or it.user),
            f"{DAV}quota-used-bytes": lambda it: str(it.node["size"]) if it.is_folder else None,
            f"{DAV}quota-available-bytes": lambda it: str(self.cloud.free(it)) if it.is_folder else None,
        }

    def _owncloud(self) -> dict[str, Callable[[Place], str | None]]:
        return {
            f"{OC}fileid": lambda it: str(it.node["id"]),
            f"{OC}id": lambda it: self.cloud.file_id(it.node["id"]),
            f"{OC}size": lambda it: str(it.node["size"]),
            f"{OC}permissions": lambda it: it.letters,
            f"{OC}checksums": _checksums,
            f"{OC}favorite": self._favorite,
            f"{OC}owner-id": lambda it: text(self.cloud.owner(it)),
            f"{OC}owner-display-name": lambda it: text(self.cloud.people.name(self.cloud.owner(it))),
            f"{OC}share-types": self._share_types,
            f"{OC}comments-count": lambda it: str(self._count("comment", it)),
            f"{OC}comments-unread": lambda it: str(self._count("comment", it)),
            f"{OC}data-fingerprint": lambda _: "",
            f"{OC}tags": lambda _: "",
            "{http://open-collaboration-services.org/ns}share-permissions": lambda it: str(it.bits),
        }

    def _nextcloud(self) -> dict[str, Callable[[Place], str | None]]:
        return {
            f"{NC}has-preview": lambda it: _truth(
                not it.is_folder and content_type(it.name).startswith(PREVIEWED)
            ),
            f"{NC}creation_time": lambda it: str(it.node["ctime"]),
            f"{NC}upload_time": lambda it: None if it.is_folder else str(it.node["upload"]),
            f"{NC}mount-type": lambda it: it.mount.kind,
            f"{NC}is-mount-root": lambda it: _truth(it.is_mount_root),
            f"{NC}is-encrypted": lambda it: str(it.node["encrypted"]) if it.is_folder else None,
            f"{NC}sharees": self._sharees,
            f"{NC}note": lambda it: text(it.mount.share["note"]) if it.mount.share else None,
            f"{NC}hide-download": lambda it: _truth(it.mount.share["hide"]) if it.mount.share else None,
            f"{NC}share-attributes": lambda it: text(
                (it.mount.share and it.mount.share["attributes"]) or "[]"
            ),
            f"{NC}contained-folder-count": lambda it: self._contained(it, folders=True),
            f"{NC}contained-file-count": lambda it: self._contained(it, folders=False),
            f"{NC}system-tags": self._tags,
        }

    def _team(self) -> dict[str, Callable[[Place], str | None]]:
        def within(tell: Callable[[Place, Row], str | None]) -> Callable[[Place], str | None]:
            return lambda it: tell(it, it.mount.folder) if it.mount.folder is not None else None

        return {
            f"{NC}acl-enabled": within(lambda _, folder: "1" if folder["acl"] else ""),
            f"{NC}acl-can-manage": within(lambda _, folder: "1" if self.view.manages(folder) else ""),
            f"{NC}acl-list": within(self._rules),
            f"{NC}inherited-acl-list": within(self._inherited),
            f"{NC}group-folder-id": within(lambda _, folder: str(folder["id"])),
        }

    def _favorite(self, place: Place) -> str:
        found = self.store.row("SELECT 1 FROM favorite WHERE user=? AND node=?", place.user, place.node["id"])
        return "1" if found else "0"

    def _shares(self, place: Place) -> list[Row]:
        return self.store.rows(
            "SELECT * FROM share WHERE node=? AND ? IN (owner, sharer) ORDER BY type, id",
            place.node["id"],
            place.user,
        )

    def _share_types(self, place: Place) -> str:
        types = sorted({row["type"] for row in self._shares(place)})
        return "".join(element(f"{OC}share-type", str(it)) for it in types)

    def _sharees(self, place: Place) -> str:
        parts = []
        for row in self._shares(place):
            if row["type"] == 3:
                continue
            name = self.cloud.people.title(KINDS.get(row["type"], ""), row["recipient"])
            parts.append(
                "<nc:sharee>"
                + element(f"{NC}id", text(row["recipient"]))
                + element(f"{NC}display-name", text(name))
                + element(f"{NC}type", str(row["type"]))
                + "</nc:sharee>"
            )
        return "".join(parts)

    def _count(self, table: str, place: Place) -> int:
        return int(self.store.value(f"SELECT COUNT(*) FROM {table} WHERE node=?", place.node["id"]))

    def _contained(self, place: Place, *, folders: bool) -> str | None:
        if not place.is_folder:
            return None
        return str(sum(it.is_folder == folders for it in self.view.children(place)))

    def _tags(self, place: Place) -> str:
        rows = self.store.rows(
            "SELECT tag.* FROM tagged JOIN tag ON tag.id=tagged.tag WHERE node=? ORDER BY tag.id",
            place.node["id"],
        )
        return "".join(
            f'<nc:system-tag oc:id="{row["id"]}" oc:can-assign="{_truth(row["assignable"])}">{text(row["name"])}</nc:system-tag>'
            for row in rows
            if row["visible"]
        )

    def _rules(self, place: Place, folder: Row) -> str | None:
        """The rules on a node itself; without any, who manages them has no such property and others an empty one."""
        told = "".join(map(self._rule, self._told(self.view.rules(place.node["id"]), folder)))
        return None if not told and self.view.manages(folder) else told

    def _inherited(self, place: Place, folder: Row) -> str:
        nodes = self.cloud.tree.lineage(place.node)[1:]
        above = [self._told(self.view.rules(node["id"]), folder) for node in nodes]
        return "".join(map(self._rule, inherited(reversed(above))))

    def _told(self, rules: list[Rule], folder: Row) -> list[Rule]:
        """All rules for who manages them; a plain member is told only those about itself."""
        return rules if self.view.manages(folder) else self.view.mine(rules)

    def _rule(self, rule: Rule) -> str:
        values = {
            "acl-mapping-type": rule.kind,
            "acl-mapping-id": text(rule.id),
            "acl-mapping-display-name": text(self.cloud.people.title(rule.kind, rule.id)),
            "acl-mask": str(rule.mask),
            "acl-permissions": str(rule.bits & rule.mask),
        }
        return "<nc:acl>" + "".join(element(NC + name, value) for name, value in values.items()) + "</nc:acl>"


def content_type(name: str) -> str:
    """The type that Nextcloud would tell from the name."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def downloadable(share: Row) -> bool:
    """Whether a share's attributes leave the receiver the download."""
    for it in json.loads(share["attributes"] or "[]"):
        if (it.get("scope"), it.get("key")) == ("permissions", "download"):
            return bool(it.get("value", it.get("enabled", True)))
    return True


def _checksums(place: Place) -> str | None:
    stored = place.node["checksum"]
    return element(f"{OC}checksum", text(stored)) if stored else None


def _truth(value: object) -> str:
    return "true" if value else "false"


def _iso(seconds: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).isoformat()
