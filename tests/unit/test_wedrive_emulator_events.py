"""The WeDrive emulator's callback events, and the page that explains the emulator."""

import base64
import queue
import re
import secrets
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from lading.testkit.servers import WeDriveEmulator, require_server
from lading.testkit.servers.wedrive import ControlRefused
from lading.testkit.wedrive.backdoor import _ORDERS
from lading.testkit.wedrive.caller import Caller
from lading.testkit.wedrive.events import signature
from lading.testkit.wedrive.switches import Switches

PAGE = Path(__file__).parents[2] / "docs/howto/wedrive-emulator.md"
TOKEN = "token"
KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
LIMIT = 60.0  # seconds for a post over loopback


class Receiver(ThreadingHTTPServer):
    """An app's address: it checks the signature, answers the echo, and fails as often as it is told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Receiving)
        self.got: queue.Queue[str] = queue.Queue()
        self.failures = 0
        self.garble = False


class Receiving(BaseHTTPRequestHandler):
    server: Receiver

    def do_GET(self) -> None:
        echo = decrypted(self._checked(self._query()["echostr"]))
        self._send(200, b'"' + echo + b'"' if self.server.garble else echo)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        found = re.search(r"<Encrypt><!\[CDATA\[(.+?)\]\]>", body)
        assert found is not None
        self.server.got.put(decrypted(self._checked(found[1])).decode())
        self.server.failures -= 1
        self._send(200 if self.server.failures < 0 else 500, b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name in the base class)
        pass

    def _query(self) -> dict[str, str]:
        return {key: it[0] for key, it in parse_qs(urlsplit(self.path).query).items()}

    def _checked(self, secret: str) -> str:
        told = self._query()
        assert told["msg_signature"] == signature(TOKEN, told["timestamp"], told["nonce"], secret)
        return secret

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def decrypted(secret: str) -> bytes:
    """The message in *secret*, taken apart by the published layout."""
    ciphers = pytest.importorskip("cryptography.hazmat.primitives.ciphers")
    key = base64.b64decode(KEY + "=")
    cipher = ciphers.Cipher(ciphers.algorithms.AES(key), ciphers.modes.CBC(key[:16])).decryptor()
    plain = cipher.update(base64.b64decode(secret)) + cipher.finalize()
    return bytes(plain[20 : 20 + int.from_bytes(plain[16:20], "big")])


@pytest.fixture(scope="module")
def server() -> Iterator[WeDriveEmulator]:
    with require_server(lambda: WeDriveEmulator(switches={"event_patience": 60})) as running:
        running.control("person", userid="AliceWang")
        running.control("person", userid="bob")
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def spaceid(server: WeDriveEmulator, receiver: Receiver) -> str:
    """A space of the app whose admin is AliceWang; its events go to the receiver."""
    url = f"http://127.0.0.1:{receiver.server_port}/callback"
    server.control("callback", name="lading", url=url, token=TOKEN, aes_key=KEY)
    caller = Caller(server.url, server.corpid, server.secret)
    made = caller.space(secrets.token_hex(4))
    admin = [{"type": 1, "userid": "AliceWang", "auth": 7}]
    caller.call("space_acl_add", spaceid=made, auth_info=admin)
    caller.close()
    return made


def test_an_admin_of_the_api_is_heard(server: WeDriveEmulator, receiver: Receiver, spaceid: str) -> None:
    """What she does in the client arrives as an encrypted event from `sys`; what others do does not."""
    server.control("folder", fatherid=spaceid, name="bob's", by="bob")
    fileid = server.control("folder", fatherid=spaceid, name="hers", by="AliceWang")["fileid"]
    text = receiver.got.get(timeout=LIMIT)

    assert f"<ToUserName><![CDATA[{server.corpid}]]></ToUserName><FromUserName><![CDATA[sys]]>" in text
    assert "<Event><![CDATA[wedrive_file_change]]></Event><ChangeType><![CDATA[create_file]]>" in text
    assert [fileid] == re.findall(r"<FileId><!\[CDATA\[(.+?)\]\]>", text)
    server.control("delete", fileid=fileid, by="alicewang")
    assert "delete_file" in receiver.got.get(timeout=LIMIT)
    server.control("dismiss", spaceid=spaceid, by="AliceWang")
    text = receiver.got.get(timeout=LIMIT)
    assert f"dismiss_space]]></ChangeType><SpaceId><![CDATA[{spaceid}]]></SpaceId>" in text


def test_there_are_three_tries(server: WeDriveEmulator, receiver: Receiver, spaceid: str) -> None:
    """A receiver that answers the third time has got it; one that never does is left alone after that."""
    receiver.failures = 2
    server.control("folder", fatherid=spaceid, name="late", by="AliceWang")
    got = [receiver.got.get(timeout=LIMIT) for _ in range(3)]

    assert 1 == len(set(got))


def test_a_garbled_echo_is_no_callback(server: WeDriveEmulator, receiver: Receiver) -> None:
    """The echo has to come back bare; quotes around it are refused."""
    receiver.garble = True
    url = f"http://127.0.0.1:{receiver.server_port}/"
    with pytest.raises(ControlRefused, match="bare"):
        server.control("callback", name="lading", url=url, token=TOKEN, aes_key=KEY)


def test_the_page_knows_every_switch_and_order() -> None:
    """Both languages list all switches and all orders of the control door, and no others."""
    english, _, chinese = PAGE.read_text(encoding="utf-8").partition("## 中文")

    for half in (english, chinese):
        rows = set(re.findall(r"^\| `(\w+)` \|", half, re.MULTILINE))
        assert set(Switches.__dataclass_fields__) | set(_ORDERS) == rows
