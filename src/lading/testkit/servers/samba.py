"""
Samba, as Debian ships it: one share with Windows rights, for one test.

smbd runs alone, in the foreground, with a configuration, accounts and state of its own; no service of the system is
asked for or touched.  Rights are kept as Windows has them where the file system has extended attributes.  As root
each account of Samba needs one of the system: `nobody` serves all files, so nothing has to be made.
"""

from __future__ import annotations

import getpass
import os
import pwd
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .local import HOST, LocalServer, ServerFailed, ServerMissing, find_program

PLACES = (Path("/usr/sbin"), Path("/usr/local/sbin"), Path("/usr/bin"), Path("/usr/local/samba/sbin"))
ADVICE = "Debian's package is samba"
SHARE = "drive"
FOLDERS = ("private", "state", "cache", "lock", "pid", "ncalrpc")
SERVES_AS = "nobody"
NTACL = "security.NTACL" if os.geteuid() == 0 else "user.NTACL"
"""The attribute that keeps the rights of a file; the usual one is for root alone."""


class SambaServer(LocalServer):
    """
    A share called `drive`; ``user`` is the account that may do everything in it.

    *settings* are lines for the share, by name, e.g. ``{"case sensitive": "yes"}``.
    """

    name = "samba"

    def __init__(
        self,
        root: Path | None = None,
        *,
        settings: Mapping[str, str] | None = None,
        of_all: Mapping[str, str] | None = None,
    ) -> None:
        self.program = find_program(["smbd"], PLACES, ADVICE)
        self._passwords = find_program(["pdbedit"], PLACES, ADVICE)
        _demand_module(self.program, "acl_xattr")
        self.settings = dict(settings or {})
        self.of_all = dict(of_all or {})
        super().__init__(root)
        self.user = account()
        self.password = "correct horse: 电池"
        for folder in FOLDERS:
            (self.home / folder).mkdir(mode=0o755)
        self.home.chmod(0o755)
        self.settle()

    @property
    def place(self) -> str:
        """Server and share, as an address has them."""
        return f"{HOST}:{self.port}/{SHARE}"

    @property
    def keeps_rights(self) -> bool:
        """Whether rights can be kept as Windows has them: the file system takes attributes like `NTACL`."""
        try:
            os.setxattr(self.root, NTACL + ".trial", b"")
            os.removexattr(self.root, NTACL + ".trial")
        except OSError:
            return False
        return True

    def settle(self) -> None:
        """Give everything below ``root`` to the account, when that is another user than the test."""
        if os.geteuid() != 0:
            return
        who = pwd.getpwnam(self.user)
        for folder, folders, files in os.walk(self.root):
            for name in (".", *folders, *files):
                os.chown(os.path.join(folder, name), who.pw_uid, who.pw_gid, follow_symlinks=False)

    def command(self) -> Sequence[str]:
        configuration = self.home / "smb.conf"
        configuration.write_text("\n".join(self._configuration()) + "\n", encoding="utf-8")
        self._make_account(configuration)
        return [
            self.program,
            "--foreground",
            "--no-process-group",
            "--debug-stdout",
            f"--configfile={configuration}",
        ]

    def _configuration(self) -> Iterator[str]:
        yield "[global]"
        yield "server role = standalone server"
        yield "netbios name = LADING"
        yield f"smb ports = {self.port}"
        yield "bind interfaces only = yes"
        yield f"interfaces = {HOST}/8"
        yield "disable netbios = yes"
        yield "disable spoolss = yes"
        yield "load printers = no"
        yield "server min protocol = SMB2"
        yield "unix charset = UTF-8"
        yield f"private dir = {self.home}/private"
        yield f"state directory = {self.home}/state"
        yield f"cache directory = {self.home}/cache"
        yield f"lock directory = {self.home}/lock"
        yield f"pid directory = {self.home}/pid"
        yield f"ncalrpc dir = {self.home}/ncalrpc"
        yield "passdb backend = tdbsam"
        yield "log level = 0"
        yield f"log file = {self.home}/smbd.%m.log"
        yield from (f"{name} = {value}" for name, value in self.of_all.items())
        yield f"[{SHARE}]"
        yield f"path = {self.root}"
        yield "read only = no"
        if self.keeps_rights:
            yield "vfs objects = acl_xattr"
            yield "acl_xattr:ignore system acls = yes"
            yield "acl_xattr:default acl style = windows"
            if os.geteuid() != 0:
                # Named, an attribute is written as the account itself, which may not write the usual one.
                yield f"acl_xattr:security_acl_name = {NTACL}"
        yield from (f"{name} = {value}" for name, value in self.settings.items())

    def _make_account(self, configuration: Path) -> None:
        made = subprocess.run(
            [
                self._passwords,
                f"--configfile={configuration}",
                "--create",
                "--password-from-stdin",
                self.user,
            ],
            input=f"{self.password}\n{self.password}\n".encode(),
            env=dict(self.environment()),
            capture_output=True,
        )
        if made.returncode and b"already" not in made.stdout + made.stderr:
            raise ServerFailed(f"pdbedit failed:\n{(made.stdout + made.stderr).decode(errors='replace')}")

    def _answers(self) -> bool:
        with socket.socket() as plug:
            plug.settimeout(5)
            return plug.connect_ex((HOST, self.port)) == 0


def _demand_module(program: str, name: str) -> None:
    """Without the module a share would not open, and look as if it were not there."""
    told = subprocess.run([program, "--build-options"], capture_output=True, text=True).stdout
    for line in told.splitlines():
        key, _, value = line.strip().partition(": ")
        if key == "MODULESDIR" and Path(value, "vfs", f"{name}.so").exists():
            return
    raise ServerMissing(f"Samba has no module {name}: Debian's package is samba-vfs-modules")


def account() -> str:
    """The account of Samba, which is one of the system."""
    if os.geteuid() != 0:
        return getpass.getuser()
    try:
        return pwd.getpwnam(SERVES_AS).pw_name
    except KeyError:
        raise ServerMissing(f"Samba needs the user {SERVES_AS} of the system") from None
