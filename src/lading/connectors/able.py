"""
What a drive can hold of grants and links, decided by the features that its profile names.

Connectors ask before they send anything, so that what cannot be held is refused with the same words everywhere.
"""

from __future__ import annotations

from lading.connectors.profile import Features
from lading.model.access import Effect, Grant, Link
from lading.model.text import Text

EVERYWHERE = (Effect.BREAK, Effect.RESET)
"""Effects that are about nobody in particular."""


def refused_grant(grant: Grant, features: Features) -> Text | None:
    """Why a drive with *features* cannot hold *grant*; None if it can."""
    if grant.effect not in features.effects:
        return Text(f"no grants with effect {grant.effect}", f"不支持效果为 {grant.effect} 的授权")
    if grant.reach not in features.reaches:
        return Text(f"no grants with reach {grant.reach}", f"不支持范围为 {grant.reach} 的授权")
    if grant.effect in EVERYWHERE:
        return None
    if grant.role not in features.roles:
        role = grant.role.name.lower()
        return Text(f"no role {role}", f"没有角色 {role}")
    if grant.principal.kind not in features.principals:
        return Text(f"no grants to {grant.principal.kind}", f"不能授权给 {grant.principal.kind}")
    if grant.expires is not None and not features.expiry:
        return Text("grants do not expire", "授权不能设置到期时间")
    if refusal := _refused_end(grant.expires, features):
        return refusal
    if grant.rank:
        return Text("grants have no rank", "授权没有先后次序")
    return None


def refused_link(link: Link, password: str | None, features: Features) -> Text | None:
    """Why a drive with *features* cannot hold *link*; None if it can."""
    if link.role not in features.link_roles:
        role = link.role.name.lower()
        return Text(f"no links with role {role}", f"链接没有角色 {role}")
    if link.has_password and password is None:
        return Text("the link needs a password", "该链接需要密码")
    asked = {
        "password": password is not None,
        "expires": link.expires is not None,
        "limit": link.limit is not None,
        "version": link.version is not None,
        "inside": link.inside,
    }
    missing = sorted(name for name, wanted in asked.items() if wanted and name not in features.links)
    if missing:
        return Text(f"links have no {', '.join(missing)}", f"链接不支持 {'、'.join(missing)}")
    return _refused_end(link.expires, features)


def _refused_end(end: int | None, features: Features) -> Text | None:
    """Why nothing can end at *end*; whoever asks rounds it first, and says so."""
    if end is None or features.end_until(end) == end:
        return None
    return Text("nothing can end at that very moment here", "此处的到期时间不能设为该时刻")
