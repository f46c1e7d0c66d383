"""
The drives in memory keep the contract, in every dress that their settings allow.
"""

from __future__ import annotations

import pytest

from lading.connectors.address import parse
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.profile import Case, Features, Form, NameRules, NameUnit
from lading.connectors.registry import open_drive as open_address
from lading.model.access import Effect, PrincipalKind, Role
from lading.testkit.contract import DriveContract, OpenDrive, RefusesChanges
from support.people import peopled

POOR = Features(
    versions=frozenset({"order", "label"}),
    roles=frozenset({Role.DOWNLOAD, Role.EDIT}),
    effects=frozenset({Effect.ALLOW}),
    expiry=True,
    expiry_grain=86_400 * 10**9,
    expiry_offset=57_599 * 10**9,
    principals=frozenset({PrincipalKind.PERSON, PrincipalKind.GROUP}),
    links=frozenset({"expires"}),
    link_roles=frozenset({Role.DOWNLOAD}),
)


class TestMemoryDrive(DriveContract):
    """The plain drive, with pages so small that everything pages."""

    huge = True

    @pytest.fixture
    def store(self):
        return peopled(MemoryStore(page_size=2))

    @pytest.fixture
    def open_drive(self, store) -> OpenDrive:
        return lambda: MemoryDrive(store)

    @pytest.fixture
    def expire_cursors(self, store):
        return store.expire_cursors


class TestWindowsLikeDrive(DriveContract):
    """
    Case folded, coarse clock, few characters, no control characters, a narrow range of times.

    Of what hangs on files it can be given little, and has to be asked entry by entry.  What ends there ends with a day.
    """

    @pytest.fixture
    def open_drive(self) -> OpenDrive:
        store = MemoryStore(
            features=POOR,
            bulk=False,
            names=NameRules(
                case=Case.FOLDED,
                characters=frozenset('/\0\\:*?"<>|'),
                controls=False,
                endings=frozenset(". "),
                reserved_stems=frozenset({"con", "aux", "nul", "lpt9"}),
                unit=NameUnit.UTF16,
                path_length=2000,
            ),
            clock_grain=2_000_000_000,
            modified_range=(315_532_800 * 10**9, 4_354_819_198 * 10**9),
            size_limit=20 << 20,
        )
        peopled(store)
        return lambda: MemoryDrive(store)


class TestForgetfulDrive(DriveContract):
    """Form folded, bytes allowed, no times kept, cursors good for one call only, little depth."""

    @pytest.fixture
    def open_drive(self) -> OpenDrive:
        store = MemoryStore(
            names=NameRules(form=Form.FOLDED, utf8_only=False, depth=25),
            keeps_modified=False,
            page_size=100,
            cursor_lifetime=1,
            features=Features(),
        )
        return lambda: MemoryDrive(store)


class TestBareDrive(DriveContract):
    """The six calls and nothing else."""

    @pytest.fixture
    def open_drive(self) -> OpenDrive:
        store = MemoryStore(offers=())
        return lambda: MemoryDrive(store)


class TestGeneratedDrive(RefusesChanges):
    """Computed, with folders in folders and pages within them."""

    @pytest.fixture
    def open_drive(self) -> OpenDrive:
        return lambda: open_address(parse("generated:entries=500,fan=20,page=7,bytes=70000,change=30"))
