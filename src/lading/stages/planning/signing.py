"""
Sign a fidelity contract: keep it beside the job, and its digest in the ledger.
"""

from __future__ import annotations

import os
from datetime import datetime
from typing import NamedTuple

from lading.evidence.ledger import NAME, Ledger
from lading.evidence.states import job_folder
from lading.manifest.files import UNFINISHED, local_errors, publish_file
from lading.model.errors import Unsignable
from lading.model.fidelity import Contract
from lading.model.losses import FEATURES
from lading.model.text import Text

FILE = "fidelity.json"
SIGNED = "fidelity.signed"


class Signed(NamedTuple):
    """Where the contract is kept, and its record in the ledger."""

    file: str
    ledger: str
    seq: int


def check_signable(contract: Contract) -> None:
    """
    Refuse a contract that does not say what becomes of everything.

    Raises:
        Unsignable: something is unknown of a feature that nobody has waived.
    """
    if contract.open:
        names = {it: FEATURES[it].en for it in contract.open}
        english = ", ".join(name if name == it else f"{name} ({it})" for it, name in names.items())
        chinese = "、".join(f"{FEATURES[it].zh}（{it}）" for it in contract.open)
        raise Unsignable(str(contract.old["place"]), Text(english, chinese))


def sign(contract: Contract, state: str, *, actor: str, at: datetime) -> Signed:
    """
    Keep *contract* under the folder *state* and note that *actor* has signed it; it is on the disk on return.

    Raises:
        Unsignable: see `check_signable`.
        BadLedger: the ledger was changed by somebody else.
        DriveError: the folder cannot be written.
    """
    check_signable(contract)
    old, new = ((str(it["kind"]), str(it["place"])) for it in (contract.old, contract.new))
    folder = job_folder(state, old, new)
    file = os.path.join(folder, FILE)
    with local_errors(folder):
        os.makedirs(folder, mode=0o700, exist_ok=True)
    keep(contract, file)
    ledger = os.path.join(folder, NAME)
    record = Ledger(ledger).append(SIGNED, _facts(contract), actor=actor, at=at)
    return Signed(file, ledger, record.seq)


def keep(contract: Contract, file: str) -> None:
    """
    Write *contract* to *file* in its canonical form, whole or not at all.

    Raises:
        DriveError: it cannot be written.
    """
    with local_errors(file):
        with open(file + UNFINISHED, "wb") as stream:
            stream.write(contract.canonical())
        publish_file(file + UNFINISHED, file)


def _facts(contract: Contract) -> dict[str, object]:
    counts = {
        account.feature.value: {
            "found": account.found,
            "exact": account.exact,
            "translated": account.translated,
            "lossy": account.lossy,
            "dropped": account.dropped,
        }
        for account in contract.accounts
    }
    terms = {"terms": dict(contract.terms), "waived": [feature.value for feature in contract.waived]}
    return {"contract": contract.digest, "counts": counts, **terms}
