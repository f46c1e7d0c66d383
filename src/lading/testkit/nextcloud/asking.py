"""The plainest client there can be: one request, one answer, nothing assumed, for tests of the double itself."""

import base64
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from xml.etree import ElementTree

from defusedxml import ElementTree as Safe

SPACES = {"d": "DAV:", "oc": "http://owncloud.org/ns", "nc": "http://nextcloud.org/ns"}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        """The data of an OCS answer."""
        return json.loads(self.body)["ocs"]["data"]

    @property
    def code(self) -> int:
        """The statuscode of an OCS answer."""
        return int(json.loads(self.body)["ocs"]["meta"]["statuscode"])

    @property
    def properties(self) -> dict[str, dict[str, str]]:
        """What a multistatus tells with status 200: the text of each property ("oc:fileid") by decoded path."""
        told: dict[str, dict[str, str]] = {}
        for response in Safe.fromstring(self.body).iter("{DAV:}response"):
            found = told.setdefault(unquote(response.findtext("{DAV:}href") or ""), {})
            for propstat in response.iter("{DAV:}propstat"):
                if " 200 " in (propstat.findtext("{DAV:}status") or ""):
                    found |= {
                        _short(it.tag): "".join(it.itertext())
                        for prop in propstat.iter("{DAV:}prop")
                        for it in prop
                    }
        return told

    @property
    def xml(self) -> ElementTree.Element:
        root: ElementTree.Element = Safe.fromstring(self.body)
        return root


class Asker:
    """Somebody with a login."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.place = urlsplit(url).netloc
        self.user, self.password = user, password

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send *body* to *path*, which is encoded already; header names are given with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        login = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        sent.setdefault("Authorization", f"Basic {login}")
        connection = http.client.HTTPConnection(self.place, timeout=120)
        try:
            connection.request(method, path, body.encode() if isinstance(body, str) else body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def file(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Ask for *path* (not encoded yet) below the own files; so may a *Destination* be."""
        if "Destination" in headers:
            headers["Destination"] = self.address(headers["Destination"])
        return self.ask(method, self.address(path), body, **headers)

    def address(self, path: str) -> str:
        return "/remote.php/dav/files/" + quote(f"{self.user}/{path.lstrip('/')}")

    def props(self, path: str, *names: str, depth: str = "0") -> dict[str, dict[str, str]]:
        """The properties *names* ("oc:fileid") of *path* and, with *depth*, of what is in it."""
        return self.propfind(self.address(path), *names, depth=depth).properties

    def one(self, path: str, name: str) -> str | None:
        """One property of one path; None where it has none."""
        (told,) = self.props(path, name).values()
        return told.get(name)

    def propfind(self, address: str, *names: str, depth: str = "1") -> Answer:
        """PROPFIND of an encoded address."""
        spaces = " ".join(f'xmlns:{short}="{space}"' for short, space in SPACES.items())
        asked = "".join(f"<{name}/>" for name in names)
        body = f"<d:propfind {spaces}><d:prop>{asked}</d:prop></d:propfind>" if names else None
        return self.ask("PROPFIND", address, body, Depth=depth)

    def set(self, address: str, name: str, value: str) -> Answer:
        """PROPPATCH one property of an encoded address; *value* is inner XML."""
        spaces = " ".join(f'xmlns:{short}="{space}"' for short, space in SPACES.items())
        prop = f"<d:set><d:prop><{name}>{value}</{name}></d:prop></d:set>"
        return self.ask(
            "PROPPATCH", address, f"<d:propertyupdate {spaces}>{prop}</d:propertyupdate>".encode()
        )

    def ocs(self, method: str, path: str, body: Mapping[str, Any] | None = None, **headers: str) -> Answer:
        """An OCS call of version 2 (or of the path, if it begins with a slash), answered in JSON."""
        address = path if path.startswith("/") else f"/ocs/v2.php/{path}"
        content = None if body is None else json.dumps(body)
        given = {"OCS_APIRequest": "true", "Accept": "application/json", "Content_Type": "application/json"}
        return self.ask(method, address, content, **{**given, **headers})


def _short(tag: str) -> str:
    space, _, name = tag.lstrip("{").rpartition("}")
    return f"{next((short for short, it in SPACES.items() if it == space), space)}:{name}"
