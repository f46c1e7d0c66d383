"""A server is asked over a real OpenSSH."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from lading.model.errors import NotProbed
from lading.stages.readiness.gather.servers import asked

pytestmark = pytest.mark.live
_SERVER = """Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
"""
_CLIENT = """Host probed
  HostName 127.0.0.1
  Port {port}
  User {user}
  IdentityFile {folder}/{key}
  IdentitiesOnly yes
  StrictHostKeyChecking no
  UserKnownHostsFile {folder}/known
"""


def _sshd() -> str:
    found = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found and shutil.which("ssh-keygen"):
        return found
    why = "Debian's packages are openssh-server and openssh-client"
    if os.environ.get("LADING_LIVE") == "required":
        pytest.fail(f"a live server is required: {why}")
    warnings.warn(f"live test not run: {why}", stacklevel=2)
    pytest.skip(f"live server missing: {why}")


@pytest.fixture
def probed(tmp_path: Path) -> Iterator[Path]:
    """A server of OpenSSH of our own; the folder holds `right` and `wrong`, configurations of a client."""
    program = _sshd()
    for name in ("host", "key", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "sshd").write_text(_SERVER.format(port=port, folder=tmp_path))
    for name, key in (("right", "key"), ("wrong", "other")):
        text = _CLIENT.format(port=port, folder=tmp_path, user=getpass.getuser(), key=key)
        (tmp_path / name).write_text(text)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    with subprocess.Popen(
        [program, "-D", "-e", "-f", tmp_path / "sshd"], stderr=subprocess.DEVNULL
    ) as server:
        try:
            _wait(port)
            yield tmp_path
        finally:
            server.terminate()


def _wait(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("sshd did not start")


def test_a_server_is_asked_over_openssh(probed: Path) -> None:
    """The script runs at the far end, paths arrive as typed, and a login that is refused ends in a sentence."""
    place = f"{probed}/$(touch {probed}/evil) 'x'"
    facts = asked([f"content={place}"], 1.0, "probed", str(probed / "right"))

    assert ("ssh", os.uname().nodename) == (facts.how, facts.host)
    assert [place] == [it.path for it in facts.disks]
    assert not (probed / "evil").exists()
    with pytest.raises(NotProbed, match="Permission denied"):
        asked([], 1.0, "probed", str(probed / "wrong"))
