"""The bad network: each misbehaviour happens, is counted, and spares what it should spare."""

from __future__ import annotations

import http.client
import json
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lading.testkit.badnet import HOST, MIB, BadNetwork, Counts, Fate, Rules, fate

BODY = random.Random(1).randbytes(300_000)
Target = tuple[str, int]


class Shelf(BaseHTTPRequestHandler):
    """Serves one body on every path and answers an upload with its length."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(BODY)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(str(len(body)).encode())

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Broken connections are what these tests are about."""


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with Server((HOST, 0), Shelf) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield (HOST, server.server_address[1])
        server.shutdown()


def connect(network: BadNetwork) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(HOST, network.port, timeout=20)


def get(network: BadNetwork) -> bytes:
    with closing(connect(network)) as connection:
        connection.request("GET", "/")
        return connection.getresponse().read()


def put(network: BadNetwork, body: bytes) -> bytes:
    with closing(connect(network)) as connection:
        connection.request("PUT", "/", body)
        return connection.getresponse().read()


def raw(network: BadNetwork) -> socket.socket:
    """A plain connection that has sent one request."""
    plug = socket.create_connection((HOST, network.port), timeout=20)
    plug.sendall(b"GET / HTTP/1.1\r\nHost: shelf\r\n\r\n")
    return plug


def read_to_end(plug: socket.socket) -> bytes:
    with plug:
        return b"".join(iter(lambda: plug.recv(65536), b""))


def test_without_rules_everything_arrives(target: Target):
    """
    The default forwards both directions byte for byte, over one connection or many, and counts what it carried.
    """
    with BadNetwork(target) as network:
        assert BODY == get(network)
        assert b"5000000" == put(network, bytes(5_000_000))
        assert 2 == network.counts.connections
        assert network.counts.bytes_down > len(BODY)
        assert network.counts.bytes_up > 5_000_000
        assert 0 == network.counts.dropped + network.counts.truncated + network.counts.refused


def test_a_connection_can_be_used_again(target: Target):
    """
    Requests that follow one another on one connection all pass.
    """
    with BadNetwork(target) as network, closing(connect(network)) as connection:
        for _ in range(3):
            connection.request("GET", "/")
            assert BODY == connection.getresponse().read()
        assert 1 == network.counts.connections


def test_a_client_that_ends_its_side_still_gets_the_answer(target: Target):
    """
    The end of one direction is passed on, and the other direction lives on.
    """
    with BadNetwork(target) as network:
        plug = raw(network)
        plug.shutdown(socket.SHUT_WR)

        assert read_to_end(plug).endswith(BODY)


def test_a_drop_is_a_reset_after_so_many_bytes(target: Target):
    """
    The client sees a reset in the middle of a download, and no byte beyond the given number was carried.
    """
    with BadNetwork(target, Rules(drop_after=100_000)) as network:
        with pytest.raises(ConnectionResetError):
            get(network)

        assert 1 == network.counts.dropped
        assert 100_000 == network.counts.bytes_up + network.counts.bytes_down


def test_a_drop_hits_uploads_too(target: Target):
    """
    An upload larger than the limit breaks off.
    """
    with BadNetwork(target, Rules(drop_after=100_000)) as network:
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            put(network, bytes(50_000_000))

        assert 1 == network.counts.dropped


def test_a_truncation_is_an_orderly_end_in_the_middle(target: Target):
    """
    The client gets exactly the given number of bytes and then a normal end, which HTTP knows as an incomplete body.
    """
    with BadNetwork(target, Rules(truncate_after=70_000)) as network:
        assert 70_000 == len(read_to_end(raw(network)))
        with pytest.raises(http.client.IncompleteRead):
            get(network)
        assert 2 == network.counts.truncated
        assert 0 == network.counts.dropped


def test_a_refused_connection_is_reset_before_a_byte_flows(target: Target):
    """
    With a chance of one every connection is reset, and the target never hears of it.
    """
    with BadNetwork(target, Rules(refuse_chance=1.0)) as network:
        with pytest.raises(ConnectionError):
            get(network)

        assert 1 == network.counts.refused
        assert 0 == network.counts.bytes_up


def test_every_byte_is_late(target: Target):
    """
    An answer cannot come before the latency of both directions is over, and it comes whole and in order.
    """
    with BadNetwork(target, Rules(latency=0.1, jitter=0.05)) as network:
        start = time.monotonic()
        answer = get(network)
        taken = time.monotonic() - start

        assert BODY == answer
        # A lower bound only: no machine can be too slow for it.
        assert taken > 0.19
        assert network.counts.delayed_chunks >= 2


def test_the_line_carries_no_more_than_its_bandwidth(target: Target):
    """
    Two downloads at once share the bandwidth, so that they cannot end before both have passed through it.
    """
    with BadNetwork(target, Rules(bytes_per_second=2_000_000)) as network, ThreadPoolExecutor(2) as pool:
        start = time.monotonic()
        answers = list(pool.map(get, [network] * 2))
        taken = time.monotonic() - start

        assert [BODY, BODY] == answers
        assert taken > 0.9 * 2 * len(BODY) / 2_000_000


def test_in_the_dark_nobody_gets_in_and_standing_connections_break(target: Target):
    """
    Darkness resets what stands and refuses what comes; light brings the same port back.
    """
    with BadNetwork(target) as network:
        standing = raw(network)
        standing.recv(1)
        port = network.port
        network.go_dark()

        with pytest.raises(ConnectionResetError):
            read_to_end(standing)
        for _ in range(3):
            with pytest.raises(ConnectionRefusedError):
                get(network)
        network.light_up()
        network.light_up()
        assert BODY == get(network)
        assert (1, port) == (network.counts.darknesses, network.port)


def test_darkness_ends_by_itself(target: Target):
    """
    A darkness of given length ends without anybody's help.
    """
    with BadNetwork(target) as network:
        network.go_dark(0.05)
        assert BODY == get_when_light(network)


def test_a_later_darkness_outlasts_an_earlier_one(target: Target):
    """
    The end of a first darkness does not end a second one without end.
    """
    with BadNetwork(target) as network:
        network.go_dark(0.05)
        network.go_dark()
        # Long past the end of the first one; were it to come later still, the claim would hold all the same.
        time.sleep(0.15)

        with pytest.raises(ConnectionRefusedError):
            get(network)
        assert 2 == network.counts.darknesses


def get_when_light(network: BadNetwork) -> bytes:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            return get(network)
        except OSError:
            time.sleep(0.01)
    raise AssertionError("still dark")


def test_it_goes_dark_after_so_many_bytes_again_and_again(target: Target):
    """
    The rule brings a darkness each time that many more bytes were carried.
    """
    with BadNetwork(target, Rules(dark_after=400_000, dark_for=0.02)) as network:
        for _ in range(4):
            assert BODY == get_when_light(network)

        assert network.counts.darknesses >= 2


def test_misbehaviour_can_be_switched_off_and_on(target: Target):
    """
    Switched off, the network is faithful even to connections that stand; switched on, it is bad again.
    """
    with BadNetwork(target, Rules(drop_after=100_000)) as network, closing(connect(network)) as connection:
        connection.connect()
        network.switch(False)
        connection.request("GET", "/")
        assert BODY == connection.getresponse().read()

        network.switch(True)
        with pytest.raises(ConnectionResetError):
            get(network)
        network.use(Rules())
        assert BODY == get(network)


def test_a_target_that_is_away_looks_like_a_reset():
    """
    Without a target the client is reset, and the network lives on and counts it.
    """
    with closing(socket.create_server((HOST, 0))) as gone:
        target = gone.getsockname()
    with BadNetwork(target) as network:
        for _ in range(2):
            with pytest.raises(ConnectionError):
                get(network)

        assert 2 == network.counts.unreachable


def test_a_port_in_use_is_an_error(target: Target):
    """
    Entering fails with an OSError when the wanted port is taken.
    """
    with pytest.raises(OSError, match="in use"):
        BadNetwork(target, port=target[1]).__enter__()


def test_a_crowd_of_clients_gets_whole_answers_or_errors(target: Target):
    """
    Under random drops and truncations, no client of HTTP takes a broken answer for a whole one, and all get through.
    """
    rules = Rules(drop_per_mib=1.0, truncate_per_mib=1.0, refuse_chance=0.1, latency=0.001, jitter=0.002)

    with BadNetwork(target, rules, seed=3) as network, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(stubborn_get, [network] * 64))

        assert {BODY} == set(answers)
        assert min(network.counts.dropped, network.counts.truncated, network.counts.refused) > 0


def stubborn_get(network: BadNetwork) -> bytes:
    while True:
        try:
            return get(network)
        except (OSError, http.client.HTTPException):
            continue


def test_fates_follow_from_seed_and_number():
    """
    The same seed repeats the fates of all connections; another seed brings others.
    """
    rules = Rules(refuse_chance=0.3, drop_per_mib=0.5, truncate_per_mib=0.5)

    assert [fate(rules, 5, n) for n in range(50)] == [fate(rules, 5, n) for n in range(50)]
    assert [fate(rules, 5, n) for n in range(50)] != [fate(rules, 6, n) for n in range(50)]


def test_rates_mean_what_they_say():
    """
    Half a drop per MiB lies two MiB away on average, and nothing else befalls the connection.
    """
    fates = [fate(Rules(drop_per_mib=0.5), 1, number) for number in range(4000)]
    mean = sum(one.drop_at or 0 for one in fates) / len(fates)

    assert 1.9 * MIB < mean < 2.1 * MIB
    assert {(False, None)} == {(one.refused, one.truncate_at) for one in fates}
    assert {Fate(False, None, None)} == {fate(Rules(), 1, number) for number in range(100)}


def test_the_nearer_of_place_and_rate_wins():
    """
    A fixed place bounds what the rate draws.
    """
    places = [fate(Rules(drop_after=MIB, drop_per_mib=1.0), 1, number).drop_at or 0 for number in range(200)]

    assert MIB == max(places)
    assert min(places) < MIB


def test_it_lives_in_a_process_of_its_own(target: Target):
    """
    The command prints its port first, obeys its signals, and prints its counts when it is told to end.
    """
    command = [
        sys.executable,
        "-m",
        "lading.testkit.badnet",
        "--target",
        f"{HOST}:{target[1]}",
        "--drop-after",
        "100000",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            network = Elsewhere(int(process.stdout.readline()))
            with pytest.raises(ConnectionResetError):
                get(network)
            process.send_signal(signal.SIGUSR1)
            assert BODY == stubborn_get(network)
        finally:
            process.send_signal(signal.SIGTERM)
        counts = Counts(**json.loads(process.stdout.read()))

    assert 0 == process.returncode
    assert counts.dropped >= 1
    assert counts.bytes_down > len(BODY)


class Elsewhere:
    """Stands for a network in another process."""

    def __init__(self, port: int) -> None:
        self.port = port


def test_a_bad_target_is_answered_in_one_sentence():
    """
    A target without a port ends the command with one line and no traceback.
    """
    command = [sys.executable, "-m", "lading.testkit.badnet", "--target", "nowhere"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert 1 == answer.returncode
    assert 1 == len(answer.stderr.splitlines())
