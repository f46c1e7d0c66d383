"""
TCP and TLS as a target, or somebody between, offers them.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
import struct
import time
from dataclasses import replace
from typing import Any

import pycurl
from cryptography import x509

from lading.stages.readiness.facts.network import Connection, Tls
from lading.stages.readiness.gather.network_http import Way, curl, performed

_OLD = {"TLSv1": ssl.TLSVersion.TLSv1, "TLSv1.1": ssl.TLSVersion.TLSv1_1}


def connected(address: str, port: int, *, timeout: float = 5.0) -> Connection:
    """Open one TCP connection to *address* and close it again."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as it:
        it.settimeout(timeout)
        begun = time.monotonic()
        try:
            it.connect((address, port))
        except TimeoutError:
            return Connection(address=address, port=port, outcome="silent")
        except ConnectionRefusedError:
            return Connection(address=address, port=port, outcome="refused")
        except OSError:
            return Connection(address=address, port=port, outcome="unreachable")
        seconds = time.monotonic() - begun
        return Connection(address=address, port=port, outcome="open", seconds=seconds, mss=_mss(it))


def _mss(it: socket.socket) -> int | None:
    try:
        # struct tcp_info in linux/tcp.h: tcpi_snd_mss stands at byte 16.
        return int(struct.unpack_from("=I", it.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32), 16)[0])
    except (OSError, AttributeError, struct.error):
        return None


def tls(way: Way, *, stated: str = "", pin: str = "", issuer: str = "") -> Tls:
    """The certificate and the version that stand at *way*, whoever holds them, and whether they are trusted."""
    expected = Tls(stated=stated, pin=pin.replace(":", "").lower(), expected_issuer=issuer)
    certificates, why = _certificates(way)
    if not certificates:
        return replace(expected, error=why or "no certificate was sent")
    first = x509.load_pem_x509_certificate(certificates[0])
    trusted, distrust = _trusted(way)
    return replace(
        expected,
        version=_version(way),
        trusted=trusted,
        distrust=distrust,
        subject=first.subject.rfc4514_string()[:1000],
        issuer=first.issuer.rfc4514_string()[:1000],
        fingerprint=hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificates[0].decode())).hexdigest(),
        not_after=first.not_valid_after_utc.timestamp(),
        chain=tuple(
            x509.load_pem_x509_certificate(it).subject.rfc4514_string()[:1000] for it in certificates
        ),
        old_versions=() if way.proxy else tuple(name for name in _OLD if _handshake(way, _OLD[name])),
    )


def _certificates(way: Way) -> tuple[list[bytes], str]:
    it = curl(way, way.url)
    try:
        it.setopt(pycurl.OPT_CERTINFO, 1)
        it.setopt(pycurl.NOBODY, 1)
        it.setopt(pycurl.TIMEOUT_MS, 15_000)
        answer = performed(it)
        told: list[Any] = it.getinfo(pycurl.INFO_CERTINFO)
        found = [dict(one).get("Cert", "") for one in told]
    finally:
        it.close()
    return [_pem(it) for it in found if it], answer.why


def _pem(text: str) -> bytes:
    return text.replace("\r", "").encode("ascii", "replace")


def _trusted(way: Way) -> tuple[bool | None, str]:
    it = curl(way, way.url, trust=True)
    try:
        it.setopt(pycurl.NOBODY, 1)
        it.setopt(pycurl.TIMEOUT_MS, 15_000)
        answer = performed(it)
    finally:
        it.close()
    distrusts = (pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_CACERT_BADFILE)
    if answer.error in distrusts:
        return False, answer.why
    return (None, answer.why) if answer.error else (True, "")


def _version(way: Way) -> str:
    """The version that a modern client agrees upon; "" behind a proxy, where it is not looked at."""
    return "" if way.proxy else _handshake(way, None)


def _handshake(way: Way, version: ssl.TLSVersion | None) -> str:
    """The version agreed upon if only *version* is offered; "" if there is no agreement."""
    host, port = host_and_port(way.url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        if version:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
        with socket.create_connection((host, port), timeout=5) as plain:
            with context.wrap_socket(plain, server_hostname=host) as it:
                return it.version() or ""
    except (OSError, ValueError):
        return ""


def host_and_port(url: str) -> tuple[str, int]:
    """Host and port of an http(s) URL."""
    scheme, _, rest = url.partition("://")
    place = rest.partition("/")[0]
    standard = 443 if scheme == "https" else 80
    if place.startswith("["):
        host, _, port = place[1:].partition("]")
        return host, int(port.lstrip(":") or standard)
    host, _, port = place.partition(":")
    return host, int(port or standard)
