"""
The accounts of a file of users, put together: who holds which home, and through whom each team folder is seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import NamedTuple

from lading.connectors.address import Address
from lading.connectors.http.login import Login
from lading.connectors.nextcloud.accounts import Account, accounts_in
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
from lading.model.errors import BadAddress, DriveError, LoginFailed
from lading.model.text import Text

_AT_ONCE = 6
"""Accounts that are asked at the same time."""
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
        found = _homes(address, options, accounts, main, opened)
        homes = {main.wire.cloud.user: main}
        for home in found.values():
            if home is not None:
                homes.setdefault(home.wire.cloud.user, home)
        barred = {user: _REFUSED for user, home in found.items() if home is None}
        barred |= {user: _NO_SECRET for user in _users(main) if user not in homes and user not in barred}
        drive = _assembled(address, options, main, homes, barred)
        opened.pop_all()
        return drive


def _homes(
    address: Address, options: Options, accounts: Sequence[Account], main: Home, opened: ExitStack
) -> dict[str, Home | None]:
    """The home of each account by its login, several asked at once; None where the login is refused."""

    def one(account: Account) -> Home | DriveError:
        try:
            login = account.login()
            return Home(joined(address, options, login, main.wire.cloud), login)
        except DriveError as error:
            return error

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        outcomes = list(pool.map(one, accounts))
    for outcome in outcomes:
        if isinstance(outcome, Home):
            opened.callback(outcome.wire.session.close)
    for outcome in outcomes:
        if isinstance(outcome, DriveError) and not isinstance(outcome, LoginFailed):
            raise outcome
    return {
        account.user: outcome if isinstance(outcome, Home) else None
        for account, outcome in zip(accounts, outcomes, strict=True)
    }


def _assembled(
    address: Address, options: Options, main: Home, homes: Mapping[str, Home], barred: dict[str, Text]
) -> ManyDrive:
    members: dict[str, list[Member]] = {}
    if "team" in options.follow:
        known = {folder.id: folder for folder in team_folders(main.wire.cloud) or ()}
        members = _members(homes, known)
        barred |= {_team_name(id_, known[id_].name): _NO_MEMBER for id_ in known.keys() - members.keys()}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        clouds = [home.wire.cloud for home in homes.values()]
        foreign = dict(zip(homes, pool.map(incoming, clouds), strict=True))
    for user, home in homes.items():
        teams = {member.seen.path for each in members.values() for member in each if member.home is home}
        shared = {path for path, owner in foreign[user] if owner in homes}
        home.wire.elsewhere = frozenset(teams | shared)
    admin = main.wire.cloud
    places = {user: drive_on(address, home.wire, home.login, admin=admin) for user, home in homes.items()}
    for id_, each in members.items():
        places[_team_name(id_, each[0].seen.path[-1])] = _team_drive(address, each, admin)
    return ManyDrive(places[main.wire.cloud.user], places, barred)


def _members(homes: Mapping[str, Home], known: Mapping[str, TeamFolder]) -> dict[str, list[Member]]:
    """Who sees each team folder, first somebody who may manage its rules."""
    found: dict[str, list[Member]] = {}
    names = [folder.name for folder in known.values()]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        seen_by = list(pool.map(lambda home: list(teams_seen(home.wire, names)), homes.values()))
    for home, each in zip(homes.values(), seen_by, strict=True):
        for seen in each:
            found.setdefault(seen.id, []).append(Member(home, seen))
    return {id_: sorted(each, key=lambda one: not one.seen.manages) for id_, each in found.items()}


def _team_drive(address: Address, members: list[Member], admin: Cloud) -> NextcloudDrive:
    first, *others = map(_wire_at, members)
    met(first)
    return drive_on(
        address, first, members[0].home.login, others=[Sharing(wire) for wire in others], admin=admin
    )


def _wire_at(member: Member) -> FilesWire:
    wire = member.home.wire
    return FilesWire(wire.cloud, member.seen.path, wire.quirks, wire.follow)


def _team_name(id_: str, mount: str) -> str:
    return f"{mount.rpartition('/')[2]} [team {id_}]"


def _users(main: Home) -> list[str]:
    """Everybody whom the main account is told of: all accounts if it is an admin."""
    people = CloudPeople(main.wire.cloud).principals()
    return [one.id for one in people if one.kind is PrincipalKind.PERSON]
