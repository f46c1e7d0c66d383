"""
What the commands that look after a vault share: its argument, the open vault, and a new secret.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from lading.cli.output import speak
from lading.cli.vault_options import opened, vault_address, vault_options
from lading.model.errors import BadRequest
from lading.model.text import Text
from lading.vault.keys import KEY_SIZE, LEAST_KEY, MOST_KEY, secret_of
from lading.vault.vault import Vault

F = TypeVar("F", bound=Callable[..., Any])

NEW_VARIABLE = "LADING_VAULT_NEW_PASSWORD"
_NO_FILE = Text("the key file cannot be read: {why}", "无法读取密钥文件：{why}")
_NOBODY = Text(
    f"nobody is there to be asked; give --new-key-file or set {NEW_VARIABLE}",
    f"无人可询问；请使用 --new-key-file 或设置 {NEW_VARIABLE}",
)
_EMPTY = Text("an empty passphrase protects nothing", "空口令无法提供保护")
_ASK = Text("New passphrase", "新口令")


def vault_argument(function: F) -> F:
    """`VAULT` and what opens it: the arguments of `at_work`."""
    return click.argument("vault", metavar="VAULT")(vault_options(function))


@contextmanager
def at_work(vault: str, vault_opt: tuple[str, ...], key_file: str | None) -> Iterator[Vault]:
    """
    The vault that was typed, without its index; its store is asked again where it fails for a moment.

    Raises:
        BadAddress, BadRequest: an option makes no sense, or there is no secret.
        BadVault, WrongKey: it cannot be opened.
    """
    with opened(vault_address(vault, {"vault_opt": vault_opt, "key_file": key_file})) as it:
        yield it


def new_secret(key_file: str | None) -> bytes:
    """
    The content of *key_file*, or else the passphrase in `LADING_VAULT_NEW_PASSWORD`, or else as it is typed twice.

    Raises:
        BadRequest: there is none, or it is no good.
    """
    if key_file is not None:
        return _content(key_file)
    phrase = os.environ.get(NEW_VARIABLE)
    if phrase is None:
        if not sys.stdin.isatty():
            raise BadRequest("--new-key-file", _NOBODY)
        phrase = click.prompt(speak(_ASK), hide_input=True, confirmation_prompt=True, err=True)
    if not phrase:
        raise BadRequest(NEW_VARIABLE, _EMPTY)
    return secret_of(phrase)


def _content(file: str) -> bytes:
    try:
        with open(file, "rb") as stream:
            content = stream.read(MOST_KEY + 1)
    except OSError as problem:
        why = type(problem).__name__
        said = Text(_NO_FILE.en.format(why=why), _NO_FILE.zh.format(why=why))
        raise BadRequest(file, said) from None
    if not LEAST_KEY <= len(content) <= MOST_KEY:
        raise BadRequest(file, KEY_SIZE)
    return content
