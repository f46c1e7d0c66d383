"""Shares by URL: made, listed and revoked by managers, opened by whoever holds the token."""

from lading.drive.links.making import LinkRow, Made, list_links, make_link, my_links, revoke_link
from lading.drive.links.opening import OpenLink, Taken, below, listing, open_link, take
from lading.drive.links.tokens import address_of

__all__ = [
    "LinkRow",
    "Made",
    "OpenLink",
    "Taken",
    "address_of",
    "below",
    "list_links",
    "listing",
    "make_link",
    "my_links",
    "open_link",
    "revoke_link",
    "take",
]
