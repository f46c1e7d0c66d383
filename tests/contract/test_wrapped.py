"""Every wrapper keeps the promises of a drive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.wrap.backoff import Means, Schedule
from lading.connectors.wrap.faults import Fault, FaultyDrive, Harm
from lading.connectors.wrap.forward import Forwarding
from lading.connectors.wrap.pace import OwnMeter, PacedDrive, Pacer
from lading.connectors.wrap.policy import Policy, wrapped
from lading.connectors.wrap.readonly import ReadOnlyDrive
from lading.connectors.wrap.record import RecordedDrive
from lading.connectors.wrap.retry import RetryingDrive
from lading.connectors.wrap.timetable import parse_timetable
from lading.testkit.contract import DriveContract, OpenDrive, RefusesChanges
from support.people import peopled

AT_ONCE = Means(sleep=lambda seconds: None)


class _Wrapped(DriveContract):
    @staticmethod
    def wrap(drive: Drive) -> Drive:
        raise NotImplementedError

    @pytest.fixture
    def open_drive(self) -> OpenDrive:
        self.store = peopled(MemoryStore(page_size=2))
        return lambda: self.wrap(MemoryDrive(self.store))

    @pytest.fixture
    def expire_cursors(self, open_drive: OpenDrive) -> Callable[[], None]:
        return self.store.expire_cursors


class TestForwarding(_Wrapped):
    @staticmethod
    def wrap(drive: Drive) -> Drive:
        return Forwarding(drive)


class TestRetrying(_Wrapped):
    @staticmethod
    def wrap(drive: Drive) -> Drive:
        return RetryingDrive(drive, Schedule(), means=AT_ONCE)


class TestRetryingOverFaults(_Wrapped):
    """Passing failures before calls, and readers that break off, leave no trace behind a drive that retries."""

    @staticmethod
    def wrap(drive: Drive) -> Drive:
        # Not where the suite asks for the very error of a change: after a lost answer, what a
        # removal was to do being done is a success.
        asking = (
            "list", "stat", "read", "make_folder", "partials.offset", "versions.list", "versions.all", "versions.read",
            "grants.list", "grants.all", "links.list", "links.all", "people.principals", "people.memberships",
        )  # fmt: skip
        faults = (
            *(Fault(harm=Harm.UNAVAILABLE, call=call, share=0.15) for call in asking),
            *(
                Fault(harm=Harm.THROTTLED, call=call, share=0.2, seconds=30)
                for call in ("remove", "moves.move")
            ),
            *(
                Fault(harm=Harm.UNAVAILABLE, call=call, share=0.2, late=True)
                for call in ("versions.add", "grants.set", "grants.unset", "links.make", "links.revoke")
            ),
            Fault(harm=Harm.UNAVAILABLE, call="batch.read", at=0, share=0.1),
            Fault(harm=Harm.UNAVAILABLE, call="read", at=2, share=0.2),
            Fault(harm=Harm.TRUNCATED, call="read", at=1000, share=0.2),
        )
        broken = FaultyDrive(drive, faults, seed=1)
        return RetryingDrive(broken, Schedule(attempts=30), means=AT_ONCE)


class TestPaced(_Wrapped):
    @staticmethod
    def wrap(drive: Drive) -> Drive:
        return PacedDrive(drive, Pacer(parse_timetable("100000calls/s 100GiB/s"), OwnMeter()))


class TestRecorded(_Wrapped):
    @staticmethod
    def wrap(drive: Drive) -> Drive:
        return RecordedDrive(drive, lambda record: None)


class TestFaultless(_Wrapped):
    @staticmethod
    def wrap(drive: Drive) -> Drive:
        return FaultyDrive(drive, (Fault(harm=Harm.CUT, call="write", path=("no such name",), at=1),))


class TestPolicy(_Wrapped):
    """All of them together, limits shared through a file."""

    @pytest.fixture
    def open_drive(self, tmp_path: Path) -> OpenDrive:
        self.store = peopled(MemoryStore(page_size=2))
        policy = Policy(limits="100000calls/s 100GiB/s", limits_state=str(tmp_path / "limits"))
        return lambda: wrapped(MemoryDrive(self.store), policy, note=lambda record: None, means=AT_ONCE)


class TestReadOnly(RefusesChanges):
    @pytest.fixture
    def open_drive(self) -> OpenDrive:
        store = MemoryStore(page_size=2)
        with MemoryDrive(store) as drive:
            drive.make_folder(("folder",))
            drive.make_folder(("folder", "inner"))
            for number in range(5):
                drive.write(("folder", f"{number}.pdf"), [b"content " * number, b"end."], expect=ABSENT)
            drive.write(("top.docx",), [b"12345"], expect=ABSENT)
        return lambda: ReadOnlyDrive(MemoryDrive(store))
