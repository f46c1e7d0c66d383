"""
What the emulator can be told to do differently.

The letter before each switch is how sure the default is: A official and confirmed, B official, C said by
third parties, D nobody says, our choice.  What is C or D may be otherwise in reality; a client has to
work with each value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Switches:
    """Sizes in bytes, times in seconds; 0 means no limit unless the comment says otherwise."""

    # -- the corporation
    plan: str = "paid"  # A: free or paid; decides the monthly quota
    professional: bool = False  # A: has professional accounts (preview right, watermarks)
    professional_accounts: int = 0  # A: total_vip_acct_num
    professional_until: int = 0  # A: pro_expire_time, Unix seconds
    capacity: int = 1 << 40  # D: all files together, over it 640007
    capacity_rest: bool = False  # B: mng_capacity still tells the rest (pages before April 2025)
    capacity_member: int = 0  # D: files of one creator, over it 640006
    trusted_ips: str = ""  # A: addresses separated by commas; empty trusts everybody
    utc_offset: int = 8 * 3600  # D: whose midnight begins a month

    # -- limits of calls
    quota_free: int = 1_000  # A (2021-2023)
    quota_paid: int = 100_000  # A (2021-2023)
    quota_window: str = "calendar"  # D: calendar month, or 30_days from the first refusal
    count_parts: bool = True  # D: calls of file_upload_part count toward the quota
    count_failures: bool = True  # D: calls that are answered with an error count
    count_fetches: bool = False  # D: so does each GET of a download_url
    per_minute: int = 10_000  # A: one API of one corporation
    per_hour: int = 150_000  # A
    ip_per_minute: int = 20_000  # A: one API from one address
    ip_per_hour: int = 600_000  # A
    penalty_minute: int = 60  # B
    penalty_hour: int = 3_600  # B
    concurrent: int = 20  # D: calls under way at once, over it 45033 (10 uploads are recommended, A)
    bad_tokens_per_hour: int = 2_000  # C: failing gettoken calls
    bad_tokens_block: int = 3_600  # C

    # -- tokens and editions
    token_life: int = 7_200  # A
    token_repeat: str = "same"  # C: same, or both (a second valid one), or latest (the earlier one dies)
    old_secret: str = "refused"  # D: refused or works: the WeDrive secret of the edition before Dec 2022
    old_console: str = "edit"  # A: off (640017), read (640018 for changes) or edit
    old_parts: bool = True  # D: the old edition has the block upload
    extra_userid: str = "ignored"  # D: ignored or refused: a userid sent with the current edition
    foreign_space: int = 48002  # C: the code for a space of somebody else; 640004 is the other candidate
    preview_right: bool = False  # B: space_acl_add and file_acl_add still take 4
    contacts_list: bool = False  # A: the contacts-sync secret may call department/list from here

    # -- names and the tree
    name_limit: int = 255  # A: units, ASCII 1, any other character 2 (other than Chinese: D)
    forbidden: str = '\\/:*?"<>|'  # D: characters in names, besides control characters
    trim: bool = False  # D: spaces at both ends of a name are cut off
    names_equal: str = "exact"  # D: exact, casefold or nfc: when two names of a folder collide
    conflict_upload: str = "rename"  # D: rename, error, overwrite or twins
    conflict_create: str = "rename"  # D: rename, error or twins
    conflict_rename: str = "error"  # D: error, rename or twins
    replace_default: bool = False  # D: file_move without replace
    move_across: bool = False  # D: file_move to another space
    ids_limit: int = 0  # D: longest fileid array of move and delete
    depth_limit: int = 0  # D: levels of folders
    folder_limit: int = 0  # D: entries of one folder
    space_limit: int = 0  # D: spaces of one creator
    member_limit: int = 2_000  # D: members of one space, over it 640010
    list_deleted: bool = False  # D: items with file_status 2 are listed
    root_fatherid: str = "spaceid"  # D: spaceid or fileid: the parent told for children of the root

    # -- contents
    empty_file: str = "refused"  # D: refused or accepted: files without a byte
    one_shot: int = 10 * 1024 * 1024  # D: "10M"; 10_000_000 is the other reading
    largest: int = 20 << 30  # A: "20G"
    block: int = 2 << 20  # A: the platform's is fixed; smaller ones make tests of many parts cheap
    instant: bool = True  # A: known contents are not asked for again
    upload_life: int = 86_400  # D: life of an upload_key
    part_again: str = "replaced"  # D: replaced or refused: the same index twice
    finish_incomplete: int = 640027  # D: the code for missing parts
    finish_wrong: int = 640027  # D: the code for contents that do not fit block_sha
    one_shot_card: bool = True  # D: file_upload pushes a card
    link_life: int = 7_200  # A: download_url
    ranges: bool = True  # D: download_url honours Range

    event_patience: int = 5  # A: seconds that a callback may take to answer an event or the echo

    # -- how values are told
    time_unit: str = "seconds"  # D: seconds or milliseconds
    sha_case: str = "lower"  # D: lower or upper
    md5_of_parts: str = "blank"  # C: blank, wrong or right, after a block upload
    department_as: str = "number"  # A: number or string
    sparse: bool = False  # D: get_file_permission leaves out what is empty or false
    rename_touches: bool = False  # D: renaming and moving change mtime

    # -- codes that are our choice (the daggers of the reference)
    code_parameter: int = 640027  # limit over 1000, both or none of the two places, sizes
    code_too_long: int = 640009
    code_conflict: int = 640027
    code_right: int = 640020
    code_admins: int = 640027  # more than three admins of a space
    code_route: int = 40066  # an address that does not exist, with status 404

    @property
    def quota(self) -> int:
        return self.quota_free if self.plan == "free" else self.quota_paid

    def changed(self, values: Mapping[str, object]) -> Switches:
        """
        These switches with *values* put in.

        Raises:
            ValueError: a name is unknown or a value is of another kind.
        """
        for name, value in values.items():
            if type(value) is not _KINDS.get(name) or value not in _CHOICES.get(name, {value}):
                raise ValueError(f"no such switch, or not a value of it: {name} = {value!r}")
        return replace(self, **dict(values))  # type: ignore[arg-type]

    def dump(self) -> str:
        return json.dumps(asdict(self))


_CHOICES: dict[str, set[object]] = {
    "plan": {"free", "paid"},
    "quota_window": {"calendar", "30_days"},
    "token_repeat": {"same", "both", "latest"},
    "old_secret": {"refused", "works"},
    "old_console": {"off", "read", "edit"},
    "extra_userid": {"ignored", "refused"},
    "names_equal": {"exact", "casefold", "nfc"},
    "conflict_upload": {"rename", "error", "overwrite", "twins"},
    "conflict_create": {"rename", "error", "twins"},
    "conflict_rename": {"rename", "error", "twins"},
    "root_fatherid": {"spaceid", "fileid"},
    "empty_file": {"refused", "accepted"},
    "part_again": {"replaced", "refused"},
    "time_unit": {"seconds", "milliseconds"},
    "sha_case": {"lower", "upper"},
    "md5_of_parts": {"blank", "wrong", "right"},
    "department_as": {"number", "string"},
}
_KINDS = {it.name: type(it.default) for it in fields(Switches)}


def load(text: str) -> Switches:
    """
    The switches written down as JSON; what is left out keeps its default.

    Raises:
        ValueError: see `Switches.changed`.
    """
    return Switches().changed(json.loads(text))
