"""
The `lading` command.

One file per command, loaded when it is called: `lading --help` must not wait
for a database.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import threading
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

import click

# Before Arrow is loaded: its own pools keep what they once had, 50 MB and more in each worker, and save no time here.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

from lading import __version__
from lading.cli.output import fail, speak
from lading.model.errors import BadRequest, Internal, Interrupted, LadingError
from lading.model.loading import loading, on_use
from lading.model.text import Text

if TYPE_CHECKING:
    import tempfile
    import traceback
else:
    tempfile, traceback = on_use("tempfile"), on_use("traceback")

# Command name to (module, one line of help).  The module's `command` is the click command.
COMMANDS: dict[str, tuple[str, Text]] = {
    "drives": ("lading.cli.drives", Text("List the kinds of drives.", "列出网盘的种类。")),
    "drive-check": (
        "lading.cli.drive_trial",
        Text("Try what an account may do on a drive.", "检测账号在网盘上的权限。"),
    ),
    "probe": (
        "lading.cli.probe",
        Text("Measure the network at a branch.", "在分支机构测量网络。"),
    ),
    "scan": ("lading.cli.scan", Text("Write a drive down as a manifest.", "将网盘登记为清单。")),
    "compare": ("lading.cli.compare", Text("Compare two drives or manifests.", "比较两个网盘或清单。")),
    "access": (
        "lading.cli.access",
        Text(
            "Say who can do what, who gained, who lost, and why.",
            "说明谁拥有何种权限、谁获得、谁失去及原因。",
        ),
    ),
    "identity": (
        "lading.cli.identity",
        Text("Find who of OLD is who of NEW.", "确定旧网盘人员在新网盘中的对应关系。"),
    ),
    "fidelity": (
        "lading.cli.fidelity",
        Text("Say beforehand what will survive, and sign it.", "事先说明哪些内容能够保留，并签署约定。"),
    ),
    "assess": (
        "lading.cli.assess",
        Text(
            "Say whether the upgrade may start, and who has to act.", "判断升级能否开始，以及谁须先做什么。"
        ),
    ),
    "clients": (
        "lading.cli.clients",
        Text("Say which programs reach the old drive.", "列出访问旧网盘的程序。"),
    ),
    "server-check": (
        "lading.cli.server_check",
        Text("Say whether a server has room and rest.", "检查服务器的余量。"),
    ),
    "budget": (
        "lading.cli.budget",
        Text("Say when the calls of a platform suffice.", "说明平台调用额度何时足够。"),
    ),
    "forecast": (
        "lading.cli.forecast",
        Text("Try a copy and say how long all of it takes.", "试复制，并预测完整复制所需时间。"),
    ),
    "copy": (
        "lading.cli.copy",
        Text("Copy one drive into another, resumably.", "将一个网盘复制到另一个，可断点续传。"),
    ),
    "verify": (
        "lading.cli.verify",
        Text("Re-read both drives and list every difference.", "重新读取两侧网盘并列出全部差异。"),
    ),
    "rollback": (
        "lading.cli.rollback",
        Text("Go back to OLD and keep what was done in NEW.", "回退到旧网盘，并保留在新网盘中完成的工作。"),
    ),
    "canary": (
        "lading.cli.canary",
        Text("Follow known hard things through the upgrade.", "用已知的难点全程检验升级。"),
    ),
    "vault": (
        "lading.cli.vault",
        Text("Back drives up, and restore them.", "备份与恢复网盘。"),
    ),
    "drill": (
        "lading.cli.drill",
        Text("Try a restore, compare it, and measure.", "演练恢复，比较并测量。"),
    ),
    "report": (
        "lading.cli.report",
        Text("Write what happened as a page and as JSON.", "生成网页与 JSON 报告。"),
    ),
    "drive": (
        "lading.cli.drive",
        Text("Serve and look after Lading's own drive.", "运行和维护 Lading 自带的网盘。"),
    ),
    "ledger": ("lading.cli.ledger", Text("Check the chain of records.", "检查记录链。")),
}


class Commands(click.Group):
    """Commands that are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them, in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        with loading():
            command = import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section(speak(Text("Commands", "命令"))):
            formatter.write_dl([(name, speak(text)) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=Commands,
    help=speak(
        Text(
            "Lading upgrades an enterprise file drive and proves that nothing was lost.",
            "Lading 升级企业网盘，并证明没有任何内容丢失。",
        )
    ),
)
@click.version_option(__version__, prog_name="lading")
def cli() -> None:
    """The group of all commands."""


def main() -> None:
    """Run the command line; every error a person can cause ends in a sentence and an exit code."""
    as_json = "--json" in sys.argv[1:]
    # What is imported stays: to look through it for garbage was a tenth of the time of a small command.
    gc.set_threshold(50_000, 20, 20)
    # Whoever ends us politely gets what Ctrl-C gets: workers end, and scratch folders go.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = cli.main(standalone_mode=False)
        # Not at the end of the interpreter, where nobody hears what the reader or the disk refuses.
        sys.stdout.flush()
    except (click.exceptions.Abort, KeyboardInterrupt):
        for number in (signal.SIGINT, signal.SIGTERM):
            # Once is enough: what is left is to say so.
            signal.signal(number, signal.SIG_IGN)
        code = fail(Interrupted(), as_json=as_json)
    except LadingError as error:
        code = fail(error, as_json=as_json)
    except click.ClickException as error:
        code = _usage(error, as_json)
    except (BrokenPipeError, SystemExit):
        # The reader of our output went away, as `head` does; click makes an exit of it.
        _mute()
        code = 141
    except Exception as problem:
        code = _told(_unexpected(problem), as_json)
    sys.exit(code or 0)


def run() -> None:
    """
    `main`, for a process that ends with it.

    To take thousands of modules apart at the end takes as long as half of the start; what has to happen at the
    end (scratch folders, connections, workers) is done, the rest goes with the process.
    """
    code: str | int | None = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    if any(not it.daemon for it in threading.enumerate() if it is not threading.main_thread()):
        # Somebody is still at work, whom Python waits for.
        sys.exit(code)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def _told(fault: Internal, as_json: bool) -> int:
    """Tell *fault* as asked, or on standard error where standard output is what failed; the exit code."""
    try:
        code = fail(fault, as_json=as_json)
        sys.stdout.flush()
    except OSError:
        code = fail(fault, as_json=False)
    _mute()
    return code


def _mute() -> None:
    """Drop what cannot be written to standard output, lest it fail once more at the very end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unexpected(problem: Exception) -> Internal:
    """A fault of ours: the details go to a file, a sentence to the person."""
    descriptor, file = tempfile.mkstemp(prefix="lading-error-", suffix=".txt")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
        traceback.print_exception(problem, file=stream)
    return Internal(file, f"{type(problem).__name__}: {problem}"[:300])


def _usage(error: click.ClickException, as_json: bool) -> int:
    if as_json:
        asked = getattr(error, "ctx", None)
        what = error.format_message()
        # Click tells it in English only.
        said = BadRequest(asked.command_path if asked else "lading", Text(what, f"命令行有误：{what}"))
        return fail(said, as_json=True, exit_code=error.exit_code)
    error.show()
    return error.exit_code
