"""
How commands name a vault and what opens it.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from importlib import import_module
from typing import Any, TypeVar

import click

from lading.cli.options import address as address_of
from lading.cli.options import drive_option
from lading.cli.output import speak
from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.model.errors import BadRequest
from lading.model.loading import loading
from lading.model.text import Text
from lading.vault.opening import store_at, unlocked
from lading.vault.vault import Opened, Vault

F = TypeVar("F", bound=Callable[..., Any])

VARIABLE = "LADING_VAULT_PASSWORD"
"""The environment variable that may hold the passphrase."""
_KEY_FILE = Text(
    f"A file whose content opens the vault (default: the passphrase in {VARIABLE}, or asked for).",
    f"其内容可打开保管库的文件（默认：{VARIABLE} 中的口令，或提示输入）。",
)
_ASK = Text("Passphrase of the vault", "保管库口令")
_NEW = Text("Passphrase of the new vault", "新保管库的口令")
_NO_SECRET = Text(
    f"give the passphrase in {VARIABLE}, or --key-file", f"请通过 {VARIABLE} 提供口令，或使用 --key-file"
)
_EMPTY = Text("an empty passphrase protects nothing", "空口令无法提供保护")
_WHICH = Text("drive that the vault lies in", "保管库所在的网盘")


def vault_options(function: F) -> F:
    """`--vault-opt KEY=VALUE` and `--key-file FILE`: the arguments of `vault_address`."""
    function = click.option("--key-file", default=None, metavar="FILE", help=speak(_KEY_FILE))(function)
    return drive_option("--vault-opt", _WHICH)(function)


def vault_address(place: str, given: dict[str, Any], *, new: bool = False) -> Address:
    """
    The address of the vault in *place*; a passphrase that is asked for is handed on in the environment of this process alone.

    Raises:
        BadAddress, BadRequest: an option makes no sense, or there is no secret and nobody to ask.
    """
    # The options of the store are looked at before anybody is asked for anything.
    store = address_of(place, given["vault_opt"])
    options = {f"store.{name}": value for name, value in store.options.items()}
    if given["key_file"] is not None:
        return Address("vault", place, {**options, "key-file": given["key_file"]})
    if not os.environ.get(VARIABLE):
        os.environ[VARIABLE] = _asked(new)
    return Address("vault", place, {**options, "password": f"env:{VARIABLE}"})


@contextmanager
def opened(address: Address, ahead: Iterable[str] = ()) -> Iterator[Vault]:
    """
    The vault at *address*, without its index; its store is asked again where it fails for a moment.

    The modules *ahead* (`vault_ahead`) are loaded while its passphrase is stretched.

    Raises:
        BadVault, WrongKey: there is none, or another secret opens it.
    """
    with closing(store_at(address)) as drive:
        found: Future[Opened] = Future()
        # Whoever is interrupted does not wait for it: the store may not answer for long.
        thread = threading.Thread(target=_answered, args=(found, drive, address), name="unlock", daemon=True)
        thread.start()
        with loading():
            for module in ahead:
                import_module(module)
        # It has ended before anybody forks.
        thread.join()
        yield Vault(drive, found.result())


def _answered(found: Future[Opened], drive: Drive, address: Address) -> None:
    try:
        found.set_result(unlocked(drive, address))
    except BaseException as problem:
        found.set_exception(problem)


def _asked(new: bool) -> str:
    if not sys.stdin.isatty():
        raise BadRequest("--key-file", _NO_SECRET)
    found: str = click.prompt(
        speak(_NEW if new else _ASK), hide_input=True, confirmation_prompt=new, err=True
    )
    if not found:
        raise BadRequest(VARIABLE, _EMPTY)
    return found
