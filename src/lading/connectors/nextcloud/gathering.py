"""
The accounts of a file of users, put together: who holds which home, and through whom each team folder is seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import NamedTuple

from lading.connectors.address import Address
from lading.connectors.http.login import Login
from lading.connectors.nextcloud.accounts import accounts_in
from lading.connectors.nextcloud.cloud import Cloud
from lading.connectors.nextcloud.drive import NextcloudDrive
from lading.connectors.nextcloud.joining import drive_on, joined, met
from lading.connectors.nextcloud.many import ManyDrive
from lading.connectors.nextcloud.options import Options
from lading.connectors.nextcloud.people import CloudPeople
from lading.connectors.nextcloud.sharing import Sharing, incoming
from lading.connectors.nextcloud.teams import Seen, TeamFolder, team_folders, teams_seen
from lading.connectors.nextcloud.wire import FilesWire
from lading.model.access import PrincipalKind
from lading.model.errors import BadAddress, LoginFailed
from lading.model.text import Text

_NO_SECRET = Text(
    "the file of users names no app password of this account, and an admin cannot read the files of others",
    "用户文件中没有该账号的应用密码，而管理员无法读取他人的文件",
)
_NO_MEMBER = Text(
    "no account of the file of users sees this team folder", "用户文件中没有任何账号能看到该团队文件夹"
)
_REFUSED = Text("the server refuses the login of this account", "服务器拒绝该账号登录")


class Home(NamedTuple):
    """The files of an account."""

    wire: FilesWire
    login: Login


class Member(NamedTuple):
    """Who sees a team folder, and where."""

    home: Home
    seen: Seen


def gathered(address: Address, options: Options) -> ManyDrive:
    """
    The drive of all accounts that *options* name, and of the account of the address itself.

    Raises:
        BadAddress: the file of users makes no sense, or the address is that of a folder.
        LoginFailed: the account of the address is refused; another that is refused stands in the drive as such.
    """
    accounts = accounts_in(options.users, address)
    with ExitStack() as opened:
        main = Home(joined(address, options, options.login), options.login)
        opened.callback(main.wire.session.close)
        if main.wire.above:
            raise BadAddress(
                str(address), "with users=FILE the address is that of the server, not of a folder"
            )
        homes, barred = {main.wire.cloud.user: main}, dict[str, Text]()
        for account in accounts:
            try:
                home = Home(joined(address, options, login := account.login()), login)
            except LoginFailed:
                barred[account.user] = _REFUSED
                continue
            opened.callback(home.wire.session.close)
            homes.setdefault(home.wire.cloud.user, home)
        barred |= {user: _NO_SECRET for user in _users(main) if user not in homes and user not in barred}
        drive = _assembled(address, options, main, homes, barred)
        opened.pop_all()
        return drive


def _assembled(
    address: Address, options: Options, main: Home, homes: Mapping[str, Home], barred: dict[str, Text]
) -> ManyDrive:
    members: dict[str, list[Member]] = {}
    if "team" in options.follow:
        known = {folder.id: folder for folder in team_folders(main.wire.cloud) or ()}
        members = _members(homes, known)
        barred |= {_team_name(id_, known[id_].name): _NO_MEMBER for id_ in known.keys() - members.keys()}
    for home in homes.values():
        teams = {member.seen.path for each in members.values() for member in each if member.home is home}
        shared = {path for path, owner in incoming(home.wire.cloud) if owner in homes}
        home.wire.elsewhere = frozenset(teams | shared)
    admin = main.wire.cloud
    places = {user: drive_on(address, home.wire, home.login, (), admin) for user, home in homes.items()}
    for id_, each in members.items():
        places[_team_name(id_, each[0].seen.path[-1])] = _team_drive(address, each, admin)
    return ManyDrive(places[main.wire.cloud.user], places, barred)


def _members(homes: Mapping[str, Home], known: Mapping[str, TeamFolder]) -> dict[str, list[Member]]:
    """Who sees each team folder, first somebody who may manage its rules."""
    found: dict[str, list[Member]] = {}
    for home in homes.values():
        for seen in teams_seen(home.wire, [folder.name for folder in known.values()]):
            found.setdefault(seen.id, []).append(Member(home, seen))
    return {id_: sorted(each, key=lambda one: not one.seen.manages) for id_, each in found.items()}


def _team_drive(address: Address, members: list[Member], admin: Cloud) -> NextcloudDrive:
    first, *others = ((member.home, _wire_at(member)) for member in members)
    return drive_on(address, first[1], first[0].login, [Sharing(wire) for _, wire in others], admin)


def _wire_at(member: Member) -> FilesWire:
    wire = member.home.wire
    below = FilesWire(wire.cloud, member.seen.path, wire.quirks, wire.follow)
    met(below)
    return below


def _team_name(id_: str, mount: str) -> str:
    return f"{mount.rpartition('/')[2]} [team {id_}]"


def _users(main: Home) -> list[str]:
    """Everybody whom the main account is told of: all accounts if it is an admin."""
    people = CloudPeople(main.wire.cloud).principals()
    return [one.id for one in people if one.kind is PrincipalKind.PERSON]
