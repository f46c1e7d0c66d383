"""What cannot be read whole, or not now: unreadable, held, changing and unfinished files."""

from __future__ import annotations

from lading.model.text import Text
from lading.stages.readiness.findings import Owner, Rule, Severity
from lading.stages.readiness.tallies import Line, check_of

UNREADABLE = Rule(
    "content.unreadable",
    Severity.BLOCKER,
    Owner.SERVER_TEAM,
    Text("Entries that the account cannot read", "账号无法读取的条目"),
    Text(
        "What is not read does not move: it would be lost when the old drive goes.",
        "读不到的内容不会迁移：旧网盘停用后即丢失。",
    ),
    Text(
        "Give the account of the move the right to read, mend the disk, or waive what may be lost.",
        "请授予迁移账号读取权限、修复磁盘，或豁免可以放弃的内容。",
    ),
    Text(
        "Engineering rule: every entry is accounted for before the start",
        "工程规则：开始之前每个条目都须有着落",
    ),
)
LOCKED = Rule(
    "content.locked",
    Severity.RISK,
    Owner.BUSINESS_OWNER,
    Text("Files that somebody holds locked", "被锁定的文件"),
    Text(
        "What their holder has not saved yet stays behind; locks themselves do not move.",
        "持有者尚未保存的修改不会迁移；锁本身也不迁移。",
    ),
    Text("Ask the holders to save and close before the window.", "请持有者在迁移窗口之前保存并关闭。"),
    Text(
        "Checked-out files: https://learn.microsoft.com/en-us/sharepointmigration/migration-assessment-scan-checked-out-files",
        "签出的文件：https://learn.microsoft.com/en-us/sharepointmigration/migration-assessment-scan-checked-out-files",
    ),
)
CHANGING = Rule(
    "content.changing",
    Severity.RISK,
    Owner.BUSINESS_OWNER,
    Text("Files that change while they are read", "读取期间仍在变化的文件"),
    Text(
        "A copy taken in the middle of a save is no version that ever was; logs and databases never hold still.",
        "在保存过程中取得的副本不是任何真实版本；日志和数据库始终在变化。",
    ),
    Text(
        "Stop the programs that write them for the last pass, or export them.",
        "请在最后一轮期间停止写入程序，或改用导出。",
    ),
    Text(
        "Engineering rule: a copy is proven only against a file that stands still",
        "工程规则：只有静止的文件才能证明副本正确",
    ),
)
EMPTY = Rule(
    "content.empty",
    Severity.ADVICE,
    Owner.BUSINESS_OWNER,
    Text("Documents without any content", "没有任何内容的文档"),
    Text(
        "An empty document is the trace of a broken save or sync: later it looks as if the upgrade had emptied it.",
        "空文档往往是保存或同步失败的痕迹：事后会被误认为由升级清空。",
    ),
    Text(
        "Have their owners confirm them before the move, restore them from a backup where needed.",
        "请所有者在迁移前确认，必要时从备份恢复。",
    ),
    Text(
        "Engineering rule: known damage is written down before the start", "工程规则：已知损坏须在开始前登记"
    ),
)
PARTIAL = Rule(
    "content.unfinished",
    Severity.ADVICE,
    Owner.BUSINESS_OWNER,
    Text("Temporary and half-downloaded files", "临时文件和未下载完成的文件"),
    Text(
        "They are no documents; a `~$` file says that somebody has the document open.",
        "它们不是文档；以 `~$` 开头的文件表示有人正打开该文档。",
    ),
    Text(
        "Leave them behind with an exclusion; look at the documents that seem open.",
        "请用排除规则舍弃；并检查看似正被打开的文档。",
    ),
    Text(
        "Owner files of Office, unfinished downloads of browsers: names chosen by these programs",
        "Office 的占用文件、浏览器未完成的下载：由这些程序命名",
    ),
)
DATABASE = Rule(
    "content.file_database",
    Severity.RISK,
    Owner.IT_LEAD,
    Text("Databases shared as files", "以文件形式共享的数据库"),
    Text(
        "Programs such as Access lock single bytes of the file; over WebDAV or a sync client several users damage it.",
        "Access 等程序锁定文件中的个别字节；通过 WebDAV 或同步客户端多人使用会损坏文件。",
    ),
    Text(
        "Move them to a database server, or leave them on a file server.",
        "请迁移到数据库服务器，或留在文件服务器上。",
    ),
    Text(
        "WebDAV locks whole resources only: https://www.rfc-editor.org/rfc/rfc4918#section-6",
        "WebDAV 只能锁定整个资源：https://www.rfc-editor.org/rfc/rfc4918#section-6",
    ),
)
TIMES = Rule(
    "content.time",
    Severity.ADVICE,
    Owner.BUSINESS_OWNER,
    Text("Files with an impossible time", "时间不合理的文件"),
    Text(
        "Times in the future or before 1980 break retention rules, sorting and sync clients.",
        "未来或 1980 年之前的时间会影响保留规则、排序和同步客户端。",
    ),
    Text("Correct the times, or note that they arrive as they are.", "请更正时间，或记明按原样迁移。"),
    Text(
        "ZIP and FAT begin with 1980: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT",
        "ZIP 与 FAT 的时间始于 1980 年：https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT",
    ),
)

CHECK = check_of(
    Line(
        "unreadable",
        UNREADABLE,
        Text("{count:,} {count:entry|entries} cannot be read", "{count:,} 个条目无法读取"),
    ),
    Line("locked", LOCKED, Text("{count:,} {count:file is|files are} locked", "{count:,} 个文件被锁定")),
    Line(
        "changing",
        CHANGING,
        Text(
            "{count:,} {count:file|files} changed during or between the scans",
            "{count:,} 个文件在扫描期间或两次扫描之间发生变化",
        ),
    ),
    Line("empty", EMPTY, Text("{count:,} {count:document is|documents are} empty", "{count:,} 个文档为空")),
    Line(
        "unfinished",
        PARTIAL,
        Text(
            "{count:,} {count:temporary or unfinished file|temporary or unfinished files}, {size}",
            "{count:,} 个临时或未完成的文件，共 {size}",
        ),
    ),
    Line(
        "file_database",
        DATABASE,
        Text("{count:,} {count:database file|database files}, {size}", "{count:,} 个数据库文件，共 {size}"),
    ),
    Line("time", TIMES, Text("{count:,} {count:file|files}", "{count:,} 个文件")),
)
