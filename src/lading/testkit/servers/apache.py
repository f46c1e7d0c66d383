"""
Apache mod_dav, as Debian ships it, with a configuration made for one test.

Works as root (Apache then serves as `www-data`) and as an ordinary user.
Limits that a customer's Apache has by default stay as they are, except the
1 GiB limit on request bodies, which is off unless asked for.
"""

import base64
import hashlib
import os
import pwd
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .certificates import make_certificates
from .local import HOST, LocalServer, ServerMissing, find_program

REALM = "lading"
SYSTEM_PLACES = (Path("/usr/sbin"), Path("/usr/local/sbin"), Path("/opt/homebrew/bin"))
MODULE_FOLDERS = ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/libexec/apache2")
ROOT_SERVES_AS = "www-data"
MODULES = [
    "mpm_event",
    "authn_core",
    "authn_file",
    "authz_core",
    "authz_user",
    "auth_basic",
    "auth_digest",
    "dir",
    "dav",
    "dav_fs",
]
# Built into Debian's program, separate files elsewhere.
MODULES_MAYBE_BUILT_IN = ["unixd", "log_config"]


@dataclass(frozen=True, slots=True)
class ApacheOptions:
    """What a test may turn: the login asked for, sizes in bytes (0 is no limit), times in seconds."""

    auth: str = "basic"  # basic, digest or none
    tls: bool = False
    body_limit: int = 0
    keep_alive: int = 5
    requests_per_connection: int = 100


class ApacheServer(LocalServer):
    """Apache mod_dav with a lock database; ``error_log`` is Apache's own."""

    name = "apache"

    def __init__(self, root: Path | None = None, *, options: ApacheOptions | None = None) -> None:
        self.options = options or ApacheOptions()
        self.program = find_program(["apache2", "httpd"], SYSTEM_PLACES, "Debian's package is apache2")
        self.modules = _module_folder()
        super().__init__(root, tls=self.options.tls)
        self.error_log = self.home / "error.log"
        self._locks = self.home / "locks"
        self._locks.mkdir()
        self.home.chmod(0o755)
        if self.options.auth != "none":
            self.user, self.password = "alice", "correct horse: 电池"
        if self.tls:
            self.ca = make_certificates(self.home).ca
        self.settle()
        if os.geteuid() == 0:
            os.chown(self._locks, *_serving_ids())
            _demand_reachable(self.root)

    def settle(self) -> None:
        """Give everything below ``root`` to Apache's user, when Apache is another user than the test."""
        if os.geteuid() != 0:
            return
        uid, gid = _serving_ids()
        os.chown(self.root, uid, gid)
        for folder, folders, files in os.walk(self.root):
            for name in folders + files:
                os.chown(os.path.join(folder, name), uid, gid, follow_symlinks=False)

    def command(self) -> Sequence[str]:
        configuration = self.home / "httpd.conf"
        configuration.write_text("\n".join(self._configuration()) + "\n", encoding="utf-8")
        self._write_password_file()
        return [self.program, "-DFOREGROUND", "-f", str(configuration)]

    def log_tail(self, size: int = 2000) -> str:
        said = self.error_log.read_text(errors="replace")[-size:] if self.error_log.exists() else ""
        return super().log_tail(size) + said

    def _configuration(self) -> Iterator[str]:
        yield from self._modules()
        yield f'ServerRoot "{self.home}"'
        yield f"ServerName {HOST}"
        yield f"Listen {HOST}:{self.port}"
        yield 'PidFile "httpd.pid"'
        yield f'Mutex "file:{self._locks}"'
        yield f'ErrorLog "{self.error_log}"'
        yield "LogLevel warn"
        if os.geteuid() == 0:
            yield f"User {ROOT_SERVES_AS}"
            yield f"Group #{_serving_ids()[1]}"
        yield f"KeepAliveTimeout {self.options.keep_alive}"
        yield f"MaxKeepAliveRequests {self.options.requests_per_connection}"
        yield f"LimitRequestBody {self.options.body_limit}"
        yield f'DavLockDB "{self._locks}/dav"'
        yield f'DocumentRoot "{self.root}"'
        yield from self._tls()
        yield from self._folder()

    def _modules(self) -> Iterator[str]:
        optional = [name for name in MODULES_MAYBE_BUILT_IN if (self.modules / f"mod_{name}.so").exists()]
        wanted = [*optional, *MODULES, *(["ssl"] if self.tls else [])]
        for name in wanted:
            yield f'LoadModule {name}_module "{self.modules}/mod_{name}.so"'

    def _tls(self) -> Iterator[str]:
        if self.tls:
            yield "SSLEngine on"
            yield f'SSLCertificateFile "{self.home}/server.pem"'
            yield f'SSLCertificateKeyFile "{self.home}/server.key"'

    def _folder(self) -> Iterator[str]:
        yield f'<Directory "{self.root}">'
        yield "Dav On"
        yield "DavDepthInfinity off"
        yield "DirectoryIndex disabled"
        yield "AllowOverride None"
        if self.options.auth == "none":
            yield "Require all granted"
        else:
            yield f"AuthType {self.options.auth.capitalize()}"
            yield f'AuthName "{REALM}"'
            yield f"Auth{self.options.auth.capitalize()}Provider file"
            yield f'AuthUserFile "{self.home}/passwords"'
            yield "Require valid-user"
        yield "</Directory>"

    def _write_password_file(self) -> None:
        if self.options.auth == "digest":
            secret = hashlib.md5(f"{self.user}:{REALM}:{self.password}".encode()).hexdigest()
            line = f"{self.user}:{REALM}:{secret}"
        else:
            # A slow hash would be measured in every request, so the cheapest that Apache knows.
            digest = hashlib.sha1(self.password.encode()).digest()
            line = f"{self.user}:{{SHA}}{base64.b64encode(digest).decode()}"
        (self.home / "passwords").write_text(line + "\n", encoding="utf-8")


def _module_folder() -> Path:
    for folder in MODULE_FOLDERS:
        if Path(folder, "mod_dav_fs.so").exists():
            return Path(folder)
    raise ServerMissing(f"Apache's mod_dav_fs.so is in none of {', '.join(MODULE_FOLDERS)}")


def _serving_ids() -> tuple[int, int]:
    try:
        who = pwd.getpwnam(ROOT_SERVES_AS)
    except KeyError:
        raise ServerMissing(f"user {ROOT_SERVES_AS} does not exist on {sys.platform}") from None
    return who.pw_uid, who.pw_gid


def _demand_reachable(root: Path) -> None:
    """Apache's user has to pass every folder above *root*; a private one would look like an empty server."""
    for folder in root.resolve().parents:
        if not folder.stat().st_mode & stat.S_IXOTH:
            raise ServerMissing(f"{ROOT_SERVES_AS} cannot pass {folder}; serve a folder outside of it")
