"""
`lading drive serve`: our own drive, on an empty folder or on one that it was in before.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click
from django.db import connections

from lading.cli.drive_options import home_argument
from lading.cli.options import json_option
from lading.cli.output import answer, say, speak
from lading.model.text import Text
from lading.site.home import made_home
from lading.site.serving.server import Wish
from lading.site.serving.server import serve as run

_HELP = Text(
    """Serve the drive in the folder HOME, which is made if it is not there.

    HOME holds everything: the tables (drive.sqlite), the contents (store), the audit records (audit),
    the key (secret.key) and, if you write one, the configuration (drive.toml).  Without HOME it is
    LADING_DRIVE_HOME, or else ./drive.

    Ctrl-C or SIGTERM ends it; requests under way finish.

    Exit codes: 0 ended by request; 2 bad request; 5 HOME is being served already; 27 the folder
    or the port is not for you; 44 workers end as fast as they are started; 56 the port is in use; 57 the
    database does not answer.""",
    """为文件夹 HOME 中的网盘提供服务；文件夹不存在时会创建。

    HOME 中包含全部内容：数据表（drive.sqlite）、文件内容（store）、审计记录（audit）、密钥（secret.key），
    以及可选的配置文件（drive.toml）。未指定 HOME 时取 LADING_DRIVE_HOME，否则为 ./drive。

    按 Ctrl-C 或发送 SIGTERM 即可结束；正在处理的请求会先完成。

    退出码：0 按要求结束；2 请求有误；5 HOME 已在提供服务；27 无权使用该文件夹或端口；
    44 工作进程反复终止；56 端口被占用；57 数据库没有响应。""",
)
_LISTEN = Text(
    "Where to listen, as HOST:PORT; port 0 is any free one (default: 127.0.0.1:8480).",
    "监听地址，格式为 主机:端口；端口 0 表示任意空闲端口（默认：127.0.0.1:8480）。",
)
_WORKERS = Text("Worker processes (default: 2).", "工作进程数（默认：2）。")
_THREADS = Text(
    "Requests that may wait which one worker answers at a time (default: 32).",
    "每个工作进程同时处理的可能等待的请求数（默认：32）。",
)
_READY = Text("The drive in {home} is ready: {address}/", "{home} 中的网盘已就绪：{address}/")
_DAV = Text("WebDAV: {address}/dav/", "WebDAV：{address}/dav/")
_FIRST = Text(
    "There is no admin yet. Open this within 24 hours, once, and choose a login and password:\n{url}",
    "尚无管理员。请在 24 小时内打开以下地址（仅限一次），设置登录名和密码：\n{url}",
)
_STOP = Text("Ctrl-C ends it.", "按 Ctrl-C 结束。")
_STOPPED = Text("The drive has ended; nothing is left running.", "网盘已结束，没有遗留进程。")


@click.command("serve", help=speak(_HELP))
@home_argument
@click.option("--listen", metavar="HOST:PORT", help=speak(_LISTEN))
@click.option("--workers", type=click.IntRange(1, 64), metavar="N", help=speak(_WORKERS))
@click.option("--threads", type=click.IntRange(1, 512), metavar="N", help=speak(_THREADS))
@json_option
def serve(home: str, listen: str | None, workers: int | None, threads: int | None, as_json: bool) -> int:
    """Serve the drive in *home* until a signal to end."""
    with made_home(home) as known:
        wish = Wish(
            home=home,
            listen=listen or known.listen,
            address=known.address,
            workers=workers or known.workers,
            threads=threads or known.threads,
        )
        run(wish, lambda address: _tell(home, address, as_json=as_json))
    if not as_json:
        say(_STOPPED)
    return 0


def _tell(home: str, address: str, *, as_json: bool) -> None:
    """Say where the drive is; the first sign-in is told to who started it and to nobody else."""
    address = address.rstrip("/")
    token = import_module("lading.drive.people.first").first_sign_in_token(home)
    connections.close_all()
    first = f"{address}/first/{token}" if token else None
    if as_json:
        facts = {"home": home, "address": f"{address}/", "dav": f"{address}/dav/", "first": first}
        answer("drive serve", {**facts, "pid": os.getpid()})
    else:
        say(_READY, home=home, address=address)
        say(_DAV, address=address)
        if first:
            say(_FIRST, url=first)
        say(_STOP)
    sys.stdout.flush()
