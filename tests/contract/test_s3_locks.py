"""Object lock and removals of a real S3 server: told, and what it forbids said so that a person understands."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

import pytest

from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.s3 import S3Drive
from lading.connectors.s3 import open as open_s3
from lading.connectors.s3.purging import purge
from lading.connectors.s3.wire import Ask, Wire
from lading.connectors.trial.asking import ask
from lading.connectors.trial.judging import Known, judged
from lading.model.access import REMOVAL, REMOVED_VERSION, Lock
from lading.model.errors import Forbidden
from lading.testkit.contract.support import content_of, drained
from lading.testkit.servers import SeaweedServer, require_server
from lading.testkit.sources import pieces
from support.bucket import KEY, SECRET, enable_versions, put, raw_wire

pytestmark = pytest.mark.live

END = 4_070_908_800_000_000_000
RETENTION = (
    b"<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2099-01-01T00:00:00Z</RetainUntilDate></Retention>"
)
HOLD = b"<LegalHold><Status>ON</Status></LegalHold>"
ALWAYS = (
    b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>"
    b"<Mode>COMPLIANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>"
)


@pytest.fixture(scope="module")
def server() -> Iterator[SeaweedServer]:
    with require_server(SeaweedServer) as server:
        yield server


def bucket(server: SeaweedServer, name: str) -> Wire:
    """A bucket that can lock."""
    wire = raw_wire(server, name)
    wire.demand(Ask("PUT", None, headers={"x-amz-bucket-object-lock-enabled": "true"}))
    return wire


def lock(wire: Wire, key: str | None, kind: str, body: bytes) -> None:
    digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    wire.demand(Ask("PUT", key, query=((kind, ""),), headers={"content-md5": digest}, body=body))


def opened(server: SeaweedServer, name: str) -> S3Drive:
    given = {"endpoint": server.url, "key": f"env:{KEY}", "secret": f"env:{SECRET}"}
    drive = open_s3(Address("s3", name, given))
    assert isinstance(drive, S3Drive)
    return drive


def test_locks_are_told_and_hold(server: SeaweedServer) -> None:
    """
    Retention with its end and a legal hold without one; a removal leaves the locked version, and that cannot go.
    """
    wire = bucket(server, "locks")
    for key in ("plain", "retained", "held"):
        put(wire, key, b"signed")
    lock(wire, "retained", "retention", RETENTION)
    lock(wire, "held", "legal-hold", HOLD)
    with opened(server, "locks") as drive:
        assert drive.locks is not None
        assert {
            Lock(("retained",), "object-lock:governance", expires=END),
            Lock(("held",), "legal-hold"),
        } == set(drive.locks.all())
        assert () == drive.notes and drive.partials is not None

        drive.remove(("retained",), expect=ANYTHING)
        assert {("plain",), ("held",)} == {entry.path for entry in drive.list(()).entries}
    for key, words in (("retained", ("2099-01-01T00:00:00", "保留期")), ("held", ("legal hold", "依法保留"))):
        with pytest.raises(Forbidden) as told:
            purge(wire, key, versioned=True)
        assert words[0] in told.value.details.en and words[1] in told.value.details.zh
        assert key == told.value.subject
    purge(wire, "plain", versioned=True)
    wire.session.close()


def test_a_bucket_that_locks_all_is_written_without_leftovers(server: SeaweedServer) -> None:
    """
    Parts between sittings could not be removed there: none are offered, and who opens the drive is told.
    """
    wire = bucket(server, "always")
    lock(wire, None, "object-lock", ALWAYS)
    large = hashlib.shake_128(b"x").digest((9 << 20) + 1)
    with opened(server, "always") as drive:
        assert drive.partials is None
        drive.write(("large",), pieces(large, 1 << 20), expect=ABSENT, size=len(large))
        lines = judged(Known(drive.profile, drive.server, drive.notes), ask(drive))

        assert large == content_of(drive, ("large",), piece=1 << 20)
        assert ["compliance"] == [one.owner.partition(":")[2] for one in drive.locks.all()]  # type: ignore[union-attr]
    assert any("default retention" in line.said.en and "默认保留期" in line.said.zh for line in lines)
    wire.session.close()


def test_removals_are_told(server: SeaweedServer) -> None:
    """
    Each mark of a removal, and what is kept of a file that is removed; nothing of one that is only saved over.
    """
    name = "removals"
    enable_versions(server, name)
    with opened(server, name) as drive:
        for path in (("back",), ("gone",), ("saved",)):
            drive.write(path, [b"one"], expect=ABSENT)
        drive.write(("saved",), [b"two"], expect=ANYTHING)
        for path in (("back",), ("gone",)):
            drive.remove(path, expect=ANYTHING)
        drive.write(("back",), [b"again"], expect=ABSENT)
        settings = drive.settings
        assert settings is not None
        told = list(settings.all() or ())

        assert [(("back",), REMOVAL), (("gone",), REMOVAL), (("gone",), REMOVED_VERSION)] == sorted(
            (it.path, it.name) for it in told
        )
        for path in (("back",), ("gone",), ("saved",), ("nothing",)):
            assert sorted(map(str, settings.list(path))) == sorted(str(it) for it in told if it.path == path)
        assert [b"one", b"again"] == [
            drained(drive.versions.read(("back",), it.id))
            for it in drive.versions.list(("back",))  # type: ignore[union-attr]
        ]


def test_a_bucket_without_versions_keeps_no_removals(server: SeaweedServer) -> None:
    """
    There is nothing to tell, and no facet.
    """
    with opened(server, server.bucket) as drive:
        assert drive.settings is None
