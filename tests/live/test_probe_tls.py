"""The probe against its counterpart over TLS, and against a plain server."""

import datetime
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TOKEN = "a-token-of-a-test-only"
LADING = [sys.executable, "-c", "from lading.cli.main import main; main()", "probe"]
ENVIRONMENT = {**os.environ, "PROBE_TOKEN": TOKEN, "LADING_LANG": "en"}


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that ends in ten days, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=10))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert, secret = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return cert, secret


@contextmanager
def listening(*more: str) -> Iterator[str]:
    """A counterpart on loopback; its HOST:PORT."""
    command = [*LADING, "--listen", "127.0.0.1:0", "--token", "env:PROBE_TOKEN", *more]
    with subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            yield process.stderr.readline().split("Listening on ")[1].split(",")[0]
        finally:
            process.terminate()


def probed(*more: str) -> subprocess.CompletedProcess[str]:
    command = [*LADING, *more, "--json", "--seconds", "1", "--body", "1", "--patience", "0.3"]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)


def codes(run: subprocess.CompletedProcess[str]) -> set[str]:
    answer: dict[str, Any] = json.loads(run.stdout)
    return {it["code"] for it in answer["findings"]}


@pytest.mark.slow
def test_certificates_are_told_apart(certificate: tuple[Path, Path], tmp_path: Path) -> None:
    """A pin that is not that of the certificate is interception; one that ends soon is told; the file holds no token."""
    cert, key = certificate
    kept = tmp_path / "probe.json"
    with listening("--cert", str(cert), "--key", str(key)) as place:
        port = place.partition(":")[2]
        run = probed(
            f"https://localhost:{port}", "--token", "env:PROBE_TOKEN", "--pin", "ab" * 32, "-o", str(kept)
        )

    assert 10 == run.returncode
    assert {"network.intercepted", "network.certificate_expires"} <= codes(run)
    values = json.loads(kept.read_text())["values"]
    tls = values["targets"][0]["tls"]
    assert (tls["stated"], "TLSv1.3", False) == (tls["fingerprint"], tls["version"], tls["trusted"])
    assert 1 == values["targets"][0]["counterpart"]
    assert TOKEN not in kept.read_text() + run.stdout + run.stderr


@pytest.mark.slow
def test_without_a_counterpart_what_is_unknown_is_said() -> None:
    """A port where nobody answers is blocked; a counterpart without the right token is an error, not a figure."""
    with listening() as place:
        without = probed(f"http://{place}")
        wrong = subprocess.run(
            [*LADING, f"http://{place}", "--token", "env:PROBE_TOKEN"],
            env={**ENVIRONMENT, "PROBE_TOKEN": "another-token-of-16"},
            capture_output=True,
            text=True,
            check=False,
        )
    nobody = probed(f"http://{place}")

    assert {"network.unmeasured"} == codes(without)
    assert 84 == wrong.returncode
    assert "network.blocked" in codes(nobody)


def test_a_counterpart_insists_on_a_token_that_cannot_be_guessed() -> None:
    """Short tokens and none are refused before anything listens; a port in use is told."""
    none = subprocess.run(
        [*LADING, "--listen", "127.0.0.1:0"], env=ENVIRONMENT, capture_output=True, check=False
    )
    short = subprocess.run(
        [*LADING, "--listen", "127.0.0.1:0", "--token", "env:PROBE_TOKEN"],
        env={**ENVIRONMENT, "PROBE_TOKEN": "short"},
        capture_output=True,
        check=False,
    )
    with listening() as place:
        taken = subprocess.run(
            [*LADING, "--listen", place, "--token", "env:PROBE_TOKEN"],
            env=ENVIRONMENT,
            capture_output=True,
            check=False,
        )

    assert [2, 2, 85] == [none.returncode, short.returncode, taken.returncode]
