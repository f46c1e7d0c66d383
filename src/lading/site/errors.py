"""What can go wrong around a drive, before anybody asks it for anything."""

from __future__ import annotations

from lading.model.errors import Advice, LadingError
from lading.model.text import Text


class PortTaken(LadingError):
    """Another program listens there."""

    code = "port_taken"
    exit_code = 56
    says = Text("cannot listen on {subject} ({detail})", "无法监听 {subject}（{detail}）")
    remedy = Text(
        "Choose another port with --listen, or end the other program.",
        "请用 --listen 选择其他端口，或结束占用它的程序。",
    )


class NoDatabase(LadingError):
    """The database does not answer, or is not one of ours."""

    code = "no_database"
    advice = Advice.RETRY
    exit_code = 57
    says = Text("the database {subject} cannot be used ({detail})", "数据库 {subject} 无法使用（{detail}）")
    remedy = Text(
        "Check that it runs, and what drive.toml says about it.",
        "请检查数据库是否在运行，以及 drive.toml 中的相关设置。",
    )
