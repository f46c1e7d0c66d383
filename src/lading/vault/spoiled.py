"""
A content that the vault has lost or holds damaged, told of the file that had it: all others can still be restored.
"""

from __future__ import annotations

from lading.model.errors import Advice, BadVault, DamagedContent, DriveError, LadingError, NotFound, NoVault
from lading.model.paths import Path
from lading.model.text import Text
from lading.vault.vault import Vault
from lading.vault.words import CONFIG, MOST_SMALL


def spoiled(vault: Vault, path: Path, problem: LadingError) -> LadingError:
    """
    What *problem*, met while the content of the file at *path* was read out of *vault*, says about that file.

    Where the vault itself is gone (a disk that was pulled out) or gives nothing at all, it is about all of them: what is told then ends the run.
    """
    if not isinstance(problem, BadVault):
        return problem
    try:
        vault.store.read((CONFIG,), most=MOST_SMALL)
    except NotFound:
        return NoVault(vault.store.drive.profile.address)
    except DriveError as gone:
        # A disk that gives nothing at all is the trouble of all files.
        return problem if gone.advice is Advice.SKIP_ITEM else gone
    details = problem.details
    return DamagedContent(path, Text(f"{problem.subject}: {details.en}", f"{problem.subject}：{details.zh}"))
