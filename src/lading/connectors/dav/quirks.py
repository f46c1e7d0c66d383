"""
What is known of single servers: facts by experiment, not by their promises.

A server is recognised by what it says about itself when the root is asked.
One that is not recognised is treated with care: temporary names, no trust in
preconditions, strict rules for names.  The facts are those of the table in
`docs/manual/webdav.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lading.connectors.profile import Case, Form, NameRules, NameUnit

SECOND = 1_000_000_000

# Percent-encoded, a path may be three times as long; Apache takes lines of 8,190 bytes.
_PATH = 2600
_STRICT = NameRules(
    case=Case.FOLDED,
    form=Form.FOLDED,
    characters=frozenset("/\0\\"),
    controls=False,
    path_length=_PATH,
)
_WINDOWS = NameRules(
    case=Case.FOLDED,
    characters=frozenset('/\0\\<>:"|?*%&#'),
    controls=False,
    endings=frozenset(". "),
    reserved_stems=frozenset(
        ["con", "prn", "aux", "nul", *(f"{port}{digit}" for port in ("com", "lpt") for digit in range(1, 10))]
    ),
    unit=NameUnit.UTF16,
    path_length=_PATH // 3,
)
_LINUX = NameRules(path_length=_PATH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """How one kind of server behaves."""

    server: str = "unknown"
    whole_puts: bool = False
    """A PUT shows nothing under the name until it is complete, and keeps the old content till then."""
    condition: str = ""
    """The header in which PUT and DELETE honour an etag, `If` or `If-Match`; empty: they honour none."""
    keeps_modified: bool | None = None
    """`X-OC-MTime` sets the time of files; None: nobody knows before it is tried."""
    keeps_folder_times: bool = False
    """PROPPATCH of `lastmodified` sets the time of folders."""
    modified_range: tuple[int, int] | None = None
    chunked: bool = True
    """A body of unknown length is taken."""
    ranges_in_puts: bool = False
    """`Content-Range` in a PUT is worth trying: elsewhere it may replace the whole file."""
    momentary_locks: bool = False
    """It locks names itself while it works on them, so 423 mostly means: in a moment."""
    own_digests: bool = False
    """Checksums that it tells are computed by itself, not repeated from an uploader."""
    names: NameRules = _STRICT
    concurrency: int = 4


UNKNOWN = Quirks()
APACHE = Quirks(
    server="Apache mod_dav",
    whole_puts=True,
    condition="If",
    keeps_modified=False,
    ranges_in_puts=True,
    names=replace(_LINUX, utf8_only=False, reserved=frozenset({".dav"})),
    concurrency=8,
)
WSGIDAV = Quirks(
    server="WsgiDAV",
    condition="If-Match",
    keeps_modified=False,
    # It undoes the escapes of a Destination before it takes the URL apart, and so cuts names there.
    names=replace(_LINUX, characters=frozenset("/\0?;"), controls=False, reserved=frozenset({" "})),
)
RCLONE = Quirks(
    server="rclone serve webdav",
    momentary_locks=True,
    keeps_modified=True,
    modified_range=(-(2**31) * SECOND, (2**33) * SECOND),
    names=replace(_LINUX, form=Form.FOLDED, utf8_only=False, controls=False),
    concurrency=8,
)
NEXTCLOUD = Quirks(
    server="Nextcloud",
    whole_puts=True,
    condition="If-Match",
    keeps_modified=True,
    keeps_folder_times=True,
    # Times of 1970-01-01 and before are refused.
    modified_range=(86_401 * SECOND, (2**33) * SECOND),
    # Every name is stored as NFC, whatever it is asked to store.
    names=replace(
        _STRICT,
        case=Case.SENSITIVE,
        form=Form.COMPOSED,
        length=250,
        reserved=frozenset({".htaccess"}),
        reserved_endings=frozenset({".part", ".filepart"}),
    ),
    concurrency=6,
)
OPENCLOUD = Quirks(
    server="OpenCloud or ownCloud Infinite Scale",
    keeps_modified=True,
    modified_range=(86_401 * SECOND, (2**33) * SECOND),
    chunked=False,
    own_digests=True,
    names=replace(_STRICT, case=Case.SENSITIVE),
)
IIS = Quirks(server="Microsoft IIS", keeps_modified=False, names=_WINDOWS)


def recognised(headers: Mapping[str, str], file_id: str | None) -> Quirks:
    """
    The quirks of the server that answered with *headers* (of OPTIONS) and calls its root *file_id*.

    What a proxy in front passes on decides before `Server`, which it replaces.
    """
    server, dav = headers.get("server", "").lower(), headers.get("dav", "").lower()
    if file_id and "$" in file_id and "!" in file_id:
        return OPENCLOUD
    if "nextcloud" in dav or "nc-" in dav or (file_id and "extended-mkcol" in dav):
        return NEXTCLOUD
    if "apache.org/dav/propset/fs" in dav:
        return APACHE
    if server.startswith("wsgidav"):
        return WSGIDAV
    if server.startswith("rclone/"):
        return RCLONE
    if "microsoft-iis" in server:
        return IIS
    return UNKNOWN
