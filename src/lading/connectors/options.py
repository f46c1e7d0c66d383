"""
What the options of every kind of address have in common: which there are, which values some take, who owns what is unfinished.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from lading.connectors.address import Address
from lading.model.errors import BadAddress
from lading.model.text import Text


def check_options(
    address: Address,
    given: Mapping[str, str],
    system: Text,
    names: Collection[str],
    choices: Mapping[str, tuple[str, ...]],
) -> None:
    """
    Refuse options of *address* that *system* does not have, and values that an option with *choices* does not take.

    Raises:
        BadAddress: one of them is *given*.
    """
    for name, value in given.items():
        if name not in names:
            known = ", ".join(names)
            raise BadAddress(
                str(address),
                Text(
                    f"{system.en} has no option {name}; it has {known}",
                    f"{system.zh} 没有选项 {name}；可用的有 {known}",
                ),
            )
        if name in choices and value not in choices[name]:
            wanted = choices[name]
            raise BadAddress(
                str(address),
                Text(
                    f"{name} is {' or '.join(wanted)}, not {value}",
                    f"{name} 应为 {' 或 '.join(wanted)}，而不是 {value}",
                ),
            )


def check_owner(address: Address, most: int) -> None:
    """
    Refuse an owner that cannot stand as one name, of at most *most* bytes, on a server.

    Raises:
        BadAddress: it cannot.
    """
    owner = address.owner
    if owner in ("", ".", "..") or not owner.isprintable() or "/" in owner or len(owner.encode()) > most:
        raise BadAddress(str(address), Text("the owner is no plain name", "所有者名称不合规范"))
