"""
SEARCH below /remote.php/dav (DASL basicsearch), and REPORT oc:filter-files for favorites and tags.

Operators: and, or, not, eq, lt, lte, gt, gte, like, is-collection.  Anything
else, and a property that cannot be searched, is refused.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

from .cloud import Cloud
from .http import Refused, Reply, Request, bad, decoded, missing
from .naming import normalized
from .places import PREFIX, found, place_href
from .properties import Telling, content_type
from .views import Place, View
from .xml import DAV, NC, OC, multistatus, parsed

Value = Any  # str or int, always the same for one property


def search(cloud: Cloud, request: Request) -> Reply:
    """
    Answer a SEARCH over the user's own files; its hrefs have upper-case hex.

    Raises:
        Refused: 400, the query is not understood; 404, the scope is not there.
    """
    query = parsed(request.content()).find(f"{DAV}basicsearch")
    scope = query.find(f"{DAV}from/{DAV}scope") if query is not None else None
    if query is None or scope is None:
        raise bad("No basicsearch with a scope")
    view = cloud.view(request.user)
    start = found(view, _inside(view, scope.findtext(f"{DAV}href") or ""))
    depth = {"0": 0, "1": 1}.get((scope.findtext(f"{DAV}depth") or "infinity").strip(), 1000)
    where = query.find(f"{DAV}where")
    terms = list(where) if where is not None else []
    hits = [
        it for it in walk(view, start, depth) if it.path and all(_holds(cloud, it, term) for term in terms)
    ]
    for order in reversed(query.findall(f"{DAV}orderby/{DAV}order")):
        _sort(cloud, hits, _name(order), descending=order.find(f"{DAV}descending") is not None)
    hits = _page(query, hits)
    names = [it.tag for it in query.find(f"{DAV}select/{DAV}prop") or ()]
    telling = Telling(cloud, view)
    return multistatus(((place_href(it), telling.of(it, names)) for it in hits), upper=True)


def filtered(cloud: Cloud, view: View, place: Place, request: Request) -> Reply:
    """
    Answer a REPORT: the favorites, or what carries all of some tags, below *place*.

    Raises:
        Refused: 400, or 501 for another report.
    """
    asked = parsed(request.content())
    if asked.tag != f"{OC}filter-files":
        raise Refused(501, "Sabre\\DAV\\Exception\\ReportNotSupported", f"No report {asked.tag}")
    rules = asked.find(f"{OC}filter-rules")
    if rules is None or not len(rules):
        raise bad("Missing filter-rule block in request")
    names = [it.tag for it in asked.find(f"{DAV}prop") or ()]
    telling = Telling(cloud, view)
    hits = [
        it for it in walk(view, place, 1000) if it.path and all(_ruled(cloud, it, rule) for rule in rules)
    ]
    return multistatus(((place_href(it), telling.of(it, names or None)) for it in hits), upper=True)


def walk(view: View, place: Place, depth: int) -> Iterator[Place]:
    """*place* and what is below it."""
    yield place
    if depth and place.is_folder:
        for child in view.children(place):
            yield from walk(view, child, depth - 1)


def _inside(view: View, href: str) -> str:
    path = decoded(href)
    for prefix in (f"{PREFIX}/{view.user}", f"files/{view.user}"):
        if path == prefix or path.startswith(f"{prefix}/"):
            return normalized(path.removeprefix(prefix).strip("/"))
    raise missing(f"Scope {href} not found")


def _page(query: ElementTree.Element, hits: list[Place]) -> list[Place]:
    start = (
        query.findtext(f"{DAV}limit/{NC}firstresult") or query.findtext(f"{DAV}limit/{DAV}firstresult") or "0"
    )
    count = query.findtext(f"{DAV}limit/{DAV}nresults")
    hits = hits[int(start) :]
    return hits[: int(count)] if count else hits


def _sort(cloud: Cloud, hits: list[Place], name: str, *, descending: bool) -> None:
    hits.sort(key=lambda it: _value(cloud, it, name), reverse=descending)


def _ruled(cloud: Cloud, place: Place, rule: ElementTree.Element) -> bool:
    told = (rule.text or "").strip()
    if rule.tag == f"{OC}favorite":
        sql = "SELECT 1 FROM favorite WHERE user=? AND node=?"
        return (cloud.store.row(sql, place.user, place.node["id"]) is not None) == (told == "1")
    if rule.tag == f"{OC}systemtag":
        return (
            cloud.store.row("SELECT 1 FROM tagged WHERE node=? AND tag=?", place.node["id"], told) is not None
        )
    raise bad(f"No rule {rule.tag}")


def _name(term: ElementTree.Element) -> str:
    prop = term.find(f"{DAV}prop")
    if prop is None or not len(prop):
        raise bad("A term without a property")
    return str(prop[0].tag)


def _value(cloud: Cloud, place: Place, name: str) -> Value:
    node = place.node
    known: dict[str, Value] = {
        f"{DAV}displayname": place.name,
        f"{DAV}getcontenttype": "httpd/unix-directory" if place.is_folder else content_type(place.name),
        f"{DAV}getlastmodified": node["mtime"],
        f"{DAV}creationdate": node["ctime"],
        f"{NC}creation_time": node["ctime"],
        f"{NC}upload_time": node["upload"],
        f"{OC}size": node["size"],
        f"{OC}fileid": node["id"],
        f"{OC}owner-id": cloud.owner(place),
    }
    if name not in known:
        raise bad(f"Property {name} cannot be searched")
    return known[name]


def _holds(cloud: Cloud, place: Place, term: ElementTree.Element) -> bool:
    operator = term.tag.removeprefix(DAV)
    if operator in ("and", "or"):
        return (all if operator == "and" else any)(_holds(cloud, place, it) for it in term)
    if operator == "not":
        return not _holds(cloud, place, term[0])
    if operator == "is-collection":
        return place.is_folder
    value, told = _value(cloud, place, _name(term)), (term.findtext(f"{DAV}literal") or "").strip()
    if operator == "like":
        pattern = ".*".join(re.escape(it) for it in told.split("%"))
        return re.fullmatch(pattern, str(value), re.IGNORECASE | re.DOTALL) is not None
    return _compared(operator, value, told)


def _compared(operator: str, value: Value, told: str) -> bool:
    literal: Value = _number(told) if isinstance(value, int) else told
    order = (value > literal) - (value < literal)
    allowed = {"eq": (0,), "lt": (-1,), "lte": (-1, 0), "gt": (1,), "gte": (0, 1)}
    if operator not in allowed:
        raise bad(f"No operator {operator}")
    return order in allowed[operator]


def _number(told: str) -> int:
    """A literal as the server reads it: an ISO date, or the number it begins with, so that an oc:id means its file."""
    if re.match(r"\d{4}-\d\d-\d\dT", told):
        return int(datetime.fromisoformat(told).timestamp())
    leading = re.match(r"[+-]?\d+", told)
    return int(leading[0]) if leading else 0
