"""
What the commands about a vault share: its address, and the secret that opens it, which is never typed on the command line.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

import click

from lading.cli.options import address, drive_option
from lading.cli.output import speak
from lading.connectors.address import Address
from lading.connectors.registry import open_drive
from lading.connectors.wrap.policy import Policy, wrapped
from lading.model.errors import BadRequest
from lading.model.text import Text
from lading.vault.keys import secret_of
from lading.vault.vault import Opened, Vault, open_vault

F = TypeVar("F", bound=Callable[..., Any])

VARIABLE = "LADING_VAULT_PASSWORD"
NEW_VARIABLE = "LADING_VAULT_NEW_PASSWORD"
LEAST_KEY, MOST_KEY = 32, 1 << 20
"""Bytes of a key file."""

_VAULT = Text("vault", "保管库")
_KEY_FILE = Text(
    "A file whose content opens the vault; otherwise LADING_VAULT_PASSWORD, or the passphrase is asked for.",
    "以其内容打开保管库的文件；未指定时使用 LADING_VAULT_PASSWORD，否则提示输入口令。",
)
_NO_FILE = Text("the key file cannot be read: {why}", "无法读取密钥文件：{why}")
_SIZE = Text(
    f"a key file has {LEAST_KEY} bytes to 1 MiB, best random ones",
    f"密钥文件应为 {LEAST_KEY} 字节至 1 MiB，最好为随机内容",
)
_NOBODY = Text(
    "nobody is there to be asked for the passphrase; give --key-file or set {name}",
    "无人可询问口令；请使用 --key-file 或设置 {name}",
)
_EMPTY = Text("the passphrase is empty", "口令为空")
_ASK = Text("Passphrase of the vault", "保管库口令")
_ASK_NEW = Text("New passphrase", "新口令")


class Place(NamedTuple):
    """A vault as it was typed: its address and the secret that opens it."""

    address: Address
    secret: bytes


def vault_argument(function: F) -> F:
    """`VAULT`, `--vault-opt KEY=VALUE` and `--key-file FILE`; see `place_of`."""
    for option in (
        click.option("--key-file", metavar="FILE", help=speak(_KEY_FILE)),
        drive_option("--vault-opt", _VAULT),
        click.argument("vault", metavar="VAULT"),
    ):
        function = option(function)
    return function


def place_of(vault: str, vault_opt: tuple[str, ...], key_file: str | None) -> Place:
    """
    The vault that was typed, with its secret out of the key file, the environment or the person.

    Raises:
        BadAddress: there is no such drive.
        BadRequest: there is no secret.
    """
    return Place(address(vault, vault_opt), secret(key_file))


@contextmanager
def opened_vault(place: Place, *, load: bool = True) -> Iterator[Vault]:
    """
    The vault at *place*, with its index read unless *load* is false.

    Raises:
        BadVault, WrongKey: it cannot be opened.
        DriveError: the store cannot be reached.
    """
    with open_drive(place.address) as drive:
        steady = wrapped(drive, Policy())
        opened: Opened = open_vault(steady, place.secret)
        vault = Vault(steady, opened)
        if load:
            vault.load()
        yield vault


def secret(key_file: str | None, *, environment: str = VARIABLE, new: bool = False) -> bytes:
    """
    The secret in *key_file*, or else in the variable *environment*, or else as the person types it (twice if *new*).

    Raises:
        BadRequest: there is none, or it is no good.
    """
    if key_file is not None:
        return _content(key_file)
    phrase = os.environ.get(environment)
    if phrase is None:
        if not sys.stdin.isatty():
            raise BadRequest("--key-file", _filled(_NOBODY, name=environment))
        phrase = click.prompt(
            speak(_ASK_NEW if new else _ASK), hide_input=True, confirmation_prompt=new, err=True
        )
    if not phrase:
        raise BadRequest(environment, _EMPTY)
    return secret_of(phrase)


def _content(file: str) -> bytes:
    try:
        with open(file, "rb") as stream:
            content = stream.read(MOST_KEY + 1)
    except OSError as problem:
        raise BadRequest(file, _filled(_NO_FILE, why=type(problem).__name__)) from None
    if not LEAST_KEY <= len(content) <= MOST_KEY:
        raise BadRequest(file, _SIZE)
    return content


def _filled(text: Text, **facts: object) -> Text:
    return Text(text.en.format(**facts), text.zh.format(**facts))
