"""Names, paths, sizes and widths that the new drive, or the programs people use, cannot hold."""

from __future__ import annotations

from lading.model.text import Text
from lading.stages.readiness.findings import Owner, Rule, Severity
from lading.stages.readiness.tallies import Line, check_of

_NAMING = "https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file"

REFUSED = Rule(
    "content.no_place",
    Severity.BLOCKER,
    Owner.BUSINESS_OWNER,
    Text("Entries that the new drive cannot hold under any name", "新网盘以任何名称都无法容纳的条目"),
    Text(
        "Their paths stay too long or too deep, or another entry has the only name left: they would not arrive.",
        "其路径即使改名仍过长、过深，或唯一可用的名称已被占用：这些内容将无法到达。",
    ),
    Text(
        "Shorten or flatten the folders above them in the old drive, then scan again.",
        "请在旧网盘中缩短或压平其上级文件夹，然后重新扫描。",
    ),
    Text(
        f"Documented limits of the new drive (its profile); for Windows see {_NAMING}",
        f"新网盘的公开限制（见其能力说明）；Windows 参见 {_NAMING}",
    ),
)
NAME = Rule(
    "content.name",
    Severity.RISK,
    Owner.BUSINESS_OWNER,
    Text("Names that the new drive refuses", "新网盘不接受的名称"),
    Text(
        "They get another name on the way; links, scripts and people who know the old one do not find them.",
        "迁移时会改用其他名称；链接、脚本以及记得旧名称的人将找不到它们。",
    ),
    Text(
        "Rename them in the old drive, or tell their users the list of mapped names.",
        "请在旧网盘中改名，或将改名清单告知使用者。",
    ),
    Text(
        f"Rules of names of the new drive (its profile); for Windows see {_NAMING}",
        f"新网盘的命名规则（见其能力说明）；Windows 参见 {_NAMING}",
    ),
)
CLASH = Rule(
    "content.clash",
    Severity.RISK,
    Owner.BUSINESS_OWNER,
    Text("Names that the new drive cannot tell apart", "新网盘无法区分的名称"),
    Text(
        "Only one of them can keep its name; the other one is renamed, or overwritten by tools that do not look.",
        "其中只有一个能保留原名；另一个会被改名，若工具不加检查则会被覆盖。",
    ),
    Text(
        "Let their owners decide which is right and rename the other.",
        "请由所有者确定保留哪一个，并为另一个改名。",
    ),
    Text(f"Case-insensitive names: {_NAMING}", f"不区分大小写的命名：{_NAMING}"),
)
TWIN_CASE = Rule(
    "content.twins_by_case",
    Severity.ADVICE,
    Owner.BUSINESS_OWNER,
    Text("Names that differ by case or trailing dots alone", "仅大小写或结尾点号、空格不同的名称"),
    Text(
        "The new drive may hold both, but Windows and macOS clients show or sync only one of them.",
        "新网盘或许可以同时容纳，但 Windows 和 macOS 客户端只能显示或同步其中之一。",
    ),
    Text(
        "Rename one of each pair before people sync the folder.",
        "请在用户同步该文件夹之前，为每对中的一个改名。",
    ),
    Text(f"Windows compares names without case: {_NAMING}", f"Windows 比较名称时不区分大小写：{_NAMING}"),
)
TWIN_FORM = Rule(
    "content.twins_by_form",
    Severity.RISK,
    Owner.BUSINESS_OWNER,
    Text("Names that look the same and differ in Unicode form", "外观相同但 Unicode 形式不同的名称"),
    Text(
        "People take two files for one; sync clients that normalise names keep one of the two.",
        "用户会将两个文件误认为一个；会规范化名称的同步客户端只保留其中之一。",
    ),
    Text(
        "Compare the two, keep the right one, rename or remove the other.",
        "请比较两者，保留正确的一个，为另一个改名或将其删除。",
    ),
    Text(
        "Unicode normalisation forms: https://www.unicode.org/reports/tr15/",
        "Unicode 规范化形式：https://www.unicode.org/reports/tr15/",
    ),
)
TOO_LARGE = Rule(
    "content.too_large",
    Severity.BLOCKER,
    Owner.BUSINESS_OWNER,
    Text("Files larger than the new drive takes", "超过新网盘单文件上限的文件"),
    Text("They would not arrive.", "这些文件将无法到达。"),
    Text(
        "Raise the limit of the new drive, split them, or decide where else they live and waive the finding.",
        "请提高新网盘的上限、拆分文件，或决定另行存放并豁免此项。",
    ),
    Text("Documented size limit of the new drive (its profile)", "新网盘公开的大小限制（见其能力说明）"),
)
LONG = Rule(
    "content.long_path",
    Severity.ADVICE,
    Owner.DESKTOP_TEAM,
    Text("Paths too long for many Windows programs", "对许多 Windows 程序而言过长的路径"),
    Text(
        "With a drive letter and a folder before them they exceed 260 characters: such files are listed and do not open.",
        "加上盘符和上级文件夹后超过 260 个字符：文件可见但无法打开。",
    ),
    Text(
        "Shorten folders, or enable long paths by policy and test the programs in use.",
        "请缩短文件夹名称，或通过策略启用长路径并测试所用程序。",
    ),
    Text(
        "MAX_PATH: https://learn.microsoft.com/en-us/windows/win32/fileio/maximum-file-path-limitation",
        "MAX_PATH：https://learn.microsoft.com/en-us/windows/win32/fileio/maximum-file-path-limitation",
    ),
)
WIDE = Rule(
    "content.wide",
    Severity.ADVICE,
    Owner.BUSINESS_OWNER,
    Text("Folders with very many entries directly in them", "直接包含过多条目的文件夹"),
    Text(
        "Each opening lists all of it: clients and web pages get slow or give up.",
        "每次打开都要列出全部内容：客户端和网页会变慢甚至失败。",
    ),
    Text("Divide them, e.g. by year, before the move.", "请在迁移前拆分，例如按年份。"),
    Text(
        "Engineering rule; as an example, list views of SharePoint stop at 5,000 items",
        "工程经验；例如 SharePoint 的列表视图以 5,000 项为限",
    ),
)
NO_FILE = Rule(
    "content.no_file",
    Severity.RISK,
    Owner.IT_LEAD,
    Text("Links of the file system, sockets and devices", "文件系统链接、套接字和设备"),
    Text(
        "They are no content and do not go along; programs that follow them stop working.",
        "它们不是内容，不会随同迁移；依赖它们的程序将停止工作。",
    ),
    Text(
        "Find out who uses them; replace links by the files they mean, or leave them behind knowingly.",
        "请查明使用者；以其指向的文件代替链接，或在知情的情况下舍弃。",
    ),
    Text(
        "WebDAV knows files and folders only: https://www.rfc-editor.org/rfc/rfc4918",
        "WebDAV 只有文件和文件夹：https://www.rfc-editor.org/rfc/rfc4918",
    ),
)

CHECK = check_of(
    Line(
        "no_place",
        REFUSED,
        Text(
            "{count:,} {count:entry|entries} ({size}) would not arrive: too long, too deep, or their name is taken",
            "{count:,} 个条目（{size}）将无法到达：路径过长、过深或名称已被占用",
        ),
    ),
    Line(
        "name",
        NAME,
        Text("{count:,} {count:entry gets|entries get} another name", "{count:,} 个条目将改用其他名称"),
    ),
    Line(
        "clash",
        CLASH,
        Text(
            "{count:,} {count:entry collides|entries collide} with a neighbour",
            "{count:,} 个条目与同级条目重名",
        ),
    ),
    Line(
        "twins_by_case",
        TWIN_CASE,
        Text(
            "{count:,} {count:entry differs|entries differ} from a neighbour by case or trailing dots alone",
            "{count:,} 个条目与同级条目仅大小写或结尾点号、空格不同",
        ),
    ),
    Line(
        "twins_by_form",
        TWIN_FORM,
        Text(
            "{count:,} {count:entry looks|entries look} like a neighbour and are another",
            "{count:,} 个条目与同级条目外观相同而实际不同",
        ),
    ),
    Line(
        "too_large",
        TOO_LARGE,
        Text(
            "{count:,} {count:file is|files are} too large, {size} in all", "{count:,} 个文件过大，共 {size}"
        ),
    ),
    Line(
        "long_path",
        LONG,
        Text(
            "{count:,} {count:path|paths}; the longest has {most} characters",
            "{count:,} 个路径；最长 {most} 个字符",
        ),
    ),
    Line(
        "wide",
        WIDE,
        Text(
            "{count:,} {count:folder|folders}; the widest has {most} entries",
            "{count:,} 个文件夹；最多者有 {most} 项",
        ),
    ),
    Line(
        "no_file",
        NO_FILE,
        Text(
            "{count:,} {count:entry is|entries are} neither file nor folder",
            "{count:,} 个条目既非文件也非文件夹",
        ),
    ),
)
