"""
Opening a Nextcloud: one account, or many of them together.
"""

from __future__ import annotations

from lading.connectors.address import Address
from lading.connectors.nextcloud.drive import NextcloudDrive
from lading.connectors.nextcloud.gathering import gathered
from lading.connectors.nextcloud.joining import drive_on, joined
from lading.connectors.nextcloud.many import ManyDrive
from lading.connectors.nextcloud.options import options_of
from lading.model.errors import DriveError


def open(address: Address) -> NextcloudDrive | ManyDrive:  # noqa: A001 — every connector is opened by this name
    """
    The files of an account, or a folder of them: `nextcloud:https://HOST[/SERVER][/FOLDER…]`.

    Its options: `user` and `password=REF` (best an app password), or `token=REF`; `ca=FILE` (PEM) for
    the firm's own authority; `timeout=SECONDS` without a sign of life; `create=yes` makes the folder;
    `follow=team,shared,external` names the mounts that are entered; `users=FILE` acts for many accounts.
    Proxies are those of the environment.

    Raises:
        BadAddress: an option is not known or makes no sense, or there is no Nextcloud.
        NotFound: there is no such folder.
        WrongKind: it is a file.
        LoginFailed, NotCertified, Unavailable, BadAnswer: as they say.
    """
    options = options_of(address)
    if options.users:
        return gathered(address, options)
    wire = joined(address, options, options.login)
    try:
        return drive_on(address, wire, options.login, probe=options.may_write)
    except DriveError as problem:
        wire.session.close()
        raise problem.about(str(address)) from problem
    except BaseException:
        wire.session.close()
        raise
