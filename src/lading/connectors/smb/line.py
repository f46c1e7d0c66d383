"""
One line to a server: connected, logged in, with a share open.

`smbprotocol` negotiates, signs, encrypts and counts message ids; what is sent over it is ours.  Several threads use a
line at once; the server lets only so many bytes be under way (credits), which `Credits` shares out.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from lading.connectors.address import secret
from lading.connectors.smb.options import Options, Place
from lading.connectors.smb.packets import Message
from lading.connectors.smb.trouble import OK, error_of
from lading.connectors.smb.waiting import wait_by_poll
from lading.model.errors import BadAddress, DriveError, LoginFailed, Unavailable
from lading.model.text import Text

try:
    import smbprotocol.connection as _connections
    import smbprotocol.exceptions as _exceptions
    import smbprotocol.session as _sessions
    import smbprotocol.transport as _transport
    import smbprotocol.tree as _trees

    wait_by_poll(_transport)
except ImportError:  # an optional dependency
    _connections = None

# What this library has to say, errors say; without a handler Python would print it.
logging.getLogger("smbprotocol").addHandler(logging.NullHandler())
logging.getLogger("smbprotocol").propagate = False

_WISHED = 512
"""Credits that are asked for: 32 MiB under way."""
BLOCK = 1 << 20
"""The most bytes of content in one message."""


class Answer(NamedTuple):
    """What the server said to one request: a status, and the body that came with it."""

    status: int
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return self.status == OK


class Credits:
    """What may be under way at once; who wants more waits until there is room."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._used = 0
        self._room = threading.Condition()

    @contextlib.contextmanager
    def taken(self, count: int) -> Iterator[None]:
        """*count* credits for as long as the context lasts."""
        count = min(count, self._most)
        with self._room:
            self._room.wait_for(lambda: self._used + count <= self._most)
            self._used += count
        try:
            yield
        finally:
            with self._room:
                self._used -= count
                self._room.notify_all()


class Line:
    """A share that is open over a connection of its own."""

    def __init__(self, place: Place, options: Options) -> None:
        self._timeout = options.timeout
        self.broken = False
        self._connection = _connected(place, options)
        try:
            self._session = _logged_in(self._connection, options, place)
            self._tree = _share(self._session, place)
            window = self._more_credits()
        except BaseException:
            self.close()
            raise
        self._credits = Credits(max(1, window - 4))
        self.block = min(BLOCK, self._connection.max_read_size, self._connection.max_write_size)
        if not self._connection.supports_multi_credit or window < 64:
            self.block = min(self.block, 65_536)
        # On a share of DFS every name says the whole way to it.
        self.prefix = f"{place.server}\\{place.share}\\" if self._tree.is_dfs_share else ""

    def call(self, messages: Sequence[Message]) -> list[Answer]:
        """
        Send *messages*, of which the later ones are about the file of the first, and wait for all answers.

        Raises:
            Unavailable: the line is broken.
        """
        with self._credits.taken(sum(message.credits for message in messages)):
            try:
                sent = self._connection.send_compound(
                    list(messages),
                    self._session.session_id,
                    self._tree.tree_connect_id,
                    related=len(messages) > 1,
                )
                return [self._answer(request) for request in sent]
            except Exception as problem:
                # The library raises here whatever its receiver has come to grief on.
                self.broken = True
                raise Unavailable("", type(problem).__name__) from problem

    def close(self) -> None:
        """Hang up; twice is no error."""
        self.broken = True
        connection = self._connection
        # The server closes what is open when the connection ends; a farewell would wait for its answer.
        with contextlib.suppress(Exception):
            connection.disconnect(False)

    def _answer(self, request: Any) -> Answer:
        try:
            header = self._connection.receive(request, timeout=self._timeout, resolve_symlinks=False)
        except _exceptions.SMBResponseException as problem:
            header = problem.header
        return Answer(header["status"].get_value(), header["data"].get_value())

    def _more_credits(self) -> int:
        """Ask for more credits, and say how many there are."""
        with contextlib.suppress(_exceptions.SMBException):
            self._connection.echo(
                sid=self._session.session_id, timeout=int(self._timeout) or 1, credit_request=_WISHED
            )
        window = self._connection.sequence_window
        return int(window["high"] - window["low"])


def _connected(place: Place, options: Options) -> Any:
    if _connections is None:
        said = Text("install lading[smb] to use SMB", "请安装 lading[smb] 以使用 SMB")
        raise BadAddress(place.server, said)
    connection = _connections.Connection(
        uuid.uuid4(), place.server, place.port, require_signing=options.sign or options.encrypt
    )
    try:
        connection.connect(timeout=options.timeout)
    except Exception as problem:
        # Also what another kind of server answers makes the library fail, in many ways.
        with contextlib.suppress(Exception):
            connection.disconnect(False)
        why = str(problem.__cause__ or type(problem).__name__)
        raise Unavailable(place.server, why) from problem
    # Requests of several threads are under way at once: none is to wait until another is acknowledged.
    plug = getattr(connection.transport, "_sock", None)
    if plug is not None:
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _logged_in(connection: Any, options: Options, place: Place) -> Any:
    password = None if options.password is None else secret(options.password)
    session = _sessions.Session(
        connection,
        options.user,
        password,
        require_encryption=options.encrypt,
        auth_protocol=options.login,
    )
    try:
        session.connect()
    except _exceptions.SMBResponseException as problem:
        raise _refused(problem.status, place.server) from None
    except (_exceptions.SMBAuthenticationError, ValueError) as problem:
        # What the library says may hold parts of the login.
        raise LoginFailed(place.server, type(problem).__name__) from None
    except _exceptions.SMBConnectionClosed as problem:
        raise Unavailable(place.server, type(problem).__name__) from problem
    except _exceptions.SMBException:
        said = Text(
            "signing or encryption is asked for and this login cannot give it",
            "要求签名或加密，而此登录方式无法提供",
        )
        raise LoginFailed(place.server, said) from None
    return session


def _share(session: Any, place: Place) -> Any:
    tree = _trees.TreeConnect(session, f"\\\\{place.server}\\{place.share}")
    try:
        tree.connect()
    except _exceptions.SMBResponseException as problem:
        raise _refused(problem.status, f"{place.server}/{place.share}") from None
    except (_exceptions.SMBException, OSError) as problem:
        raise Unavailable(place.server, type(problem).__name__) from problem
    return tree


def _refused(status: int, subject: str) -> DriveError:
    return error_of(status, subject)
