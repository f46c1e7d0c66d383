"""
Denials on entries of team folders: rules that take bits away.

A denial of a role takes that role and all above it.  Nothing lies between seeing nothing and reading, so what denies
previews or downloads alone is no rule.  An allowance of a rule only gives back what a rule above took, and ends
the list from above; it is not set here: who is given more gets a share.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from lading.connectors.nextcloud.rulings import Rule
from lading.connectors.nextcloud.shares import CREATE, DELETE, GROUP_MARK, READ, SHARE, UPDATE
from lading.connectors.nextcloud.teams import Teams
from lading.connectors.nextcloud.tree import setting
from lading.connectors.nextcloud.wire import FilesWire
from lading.model.access import Grant, Principal, PrincipalKind, Reach, Role
from lading.model.errors import BadAnswer, NotFound, Unable
from lading.model.paths import Path
from lading.model.text import Text

_CHANGES = UPDATE | DELETE | SHARE
_TAKES = {
    Role.PASS: READ | CREATE | _CHANGES,
    Role.UPLOAD: CREATE | _CHANGES,
    Role.EDIT: _CHANGES,
    Role.MANAGE: SHARE,
}
"""The bits of all roles from each one on; reading tells the same role of them."""
_PLAIN = 31
"""The bits that say something here; newer versions have one more, about managing rules."""
_TEAM_MARK = "team:"
_NO_RULES = Text(
    "denials are rules of a team folder with advanced permissions, set by who may manage them",
    "拒绝即团队文件夹“高级权限”的规则，须由可管理者设置",
)
_NOT_SO = Text("no rule of a team folder says just that", "团队文件夹的规则无法准确表达")
_GIVEN = Text(
    "another rule there gives back what this one would take; an allowance wins",
    "该处另有规则给予将被收回的权限，而允许优先",
)
_OTHERWISE = Text("the server holds other rules than asked for", "服务器保存的规则与请求不符")


class TeamDenials:
    """Denials below the root of *wire*, where *teams* are."""

    def __init__(self, wire: FilesWire, teams: Teams) -> None:
        self._wire = wire
        self._teams = teams

    def set(self, grant: Grant) -> None:
        """
        Set the rule that *grant* is, in the place of what the same principal is denied there.

        Two who set rules of one entry at the same time may undo each other: the server takes the list as a whole.

        Raises:
            NotFound: nothing is there.
            Unable: it is in no team folder, may not be managed, or no rule says just that.
        """
        taken = _TAKES.get(grant.role, 0)
        if not taken or grant.reach is not Reach.ALL or grant.expires is not None or grant.rank:
            raise Unable(grant.path, _NOT_SO)
        who = _mapped(grant.principal, grant.path)
        before = self._rules(grant.path)
        after = denying(before, who, taken)
        if after is None:
            raise Unable(grant.path, _GIVEN)
        self._put(grant.path, before, after)

    def unset(self, grant: Grant) -> None:
        """
        Take away the rule by which the principal of *grant* is denied something; what is not there is no error.

        Raises:
            Unable: the rule gives something back as well, or may not be managed.
        """
        try:
            place = self._teams.rules(grant.path)
        except NotFound:
            return
        rule = None if place is None else _of(place.own, grant.principal.id)
        if place is None or rule is None or not rule.denied & _PLAIN:
            return
        if not place.managed:
            raise Unable(grant.path, _NO_RULES)
        if rule.allowed & _PLAIN:
            raise Unable(grant.path, _NOT_SO)
        self._put(grant.path, place.own, tuple(it for it in place.own if it is not rule))

    def _rules(self, path: Path) -> tuple[Rule, ...]:
        place = self._teams.rules(path)
        if place is None or not place.managed:
            raise Unable(path, _NO_RULES)
        return place.own

    def _put(self, path: Path, before: tuple[Rule, ...], after: tuple[Rule, ...]) -> None:
        """Set the rules *after* and look at them; where others come out those *before* are set again."""
        self._send(path, after)
        if sorted(self._rules(path)) != sorted(after):
            self._send(path, before)
            raise Unable(path, _OTHERWISE)

    def _send(self, path: Path, rules: tuple[Rule, ...]) -> None:
        inner = "".join(map(_told, rules))
        try:
            self._wire.cloud.ask(
                "PROPPATCH",
                self._wire.place.url(path),
                setting(f"<nc:acl-list>{inner}</nc:acl-list>"),
                subject=path,
            )
        except BadAnswer as problem:
            # Nobody may take reading away from themselves.
            raise Unable(path, problem.details) from problem


def denying(rules: tuple[Rule, ...], who: str, taken: int) -> tuple[Rule, ...] | None:
    """*rules* with *taken* denied to *who*; None where a rule that gives would stand against it."""
    own = _of(rules, who) or Rule(who, 0, 0)
    others = tuple(it for it in rules if it.who != who)
    if own.allowed & _PLAIN or any(it.allowed & taken for it in others):
        return None
    return (*others, Rule(who, own.mask & ~_PLAIN | taken, own.bits & ~_PLAIN))


def _of(rules: tuple[Rule, ...], who: str) -> Rule | None:
    return next((it for it in rules if it.who == who), None)


def _mapped(principal: Principal, path: Path) -> str:
    """The id of *principal*, if a rule can be about it."""
    id_ = principal.id
    person = principal.kind is PrincipalKind.PERSON and ":" not in id_
    group = principal.kind is PrincipalKind.GROUP and id_.startswith((GROUP_MARK, _TEAM_MARK))
    if not id_ or not (person or group):
        raise Unable(path, Text("rules are about people and groups", "规则只能针对人员和群组"))
    return id_


def _told(rule: Rule) -> str:
    kind, colon, id_ = rule.who.partition(":")
    named = {"group": "group", "team": "circle"}.get(kind, kind) if colon else "user"
    values = {"mapping-type": named, "mapping-id": id_ if colon else rule.who}
    numbers = {"mask": rule.mask, "permissions": rule.bits}
    inner = "".join(
        f"<nc:acl-{name}>{escape(str(value))}</nc:acl-{name}>" for name, value in (values | numbers).items()
    )
    return f"<nc:acl>{inner}</nc:acl>"
