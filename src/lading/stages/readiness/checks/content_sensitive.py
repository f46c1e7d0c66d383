"""Sensitive kinds of files by their names, and files that a deal cannot do without."""

from __future__ import annotations

from lading.model.text import Text
from lading.stages.readiness.findings import Owner, Rule, Severity
from lading.stages.readiness.tallies import Line, check_of

_LAW = (
    "Personal Information Protection Law of the PRC, article 28 (sensitive personal information)",
    "《中华人民共和国个人信息保护法》第二十八条（敏感个人信息）",
)
KEYS = Rule(
    "content.keys",
    Severity.RISK,
    Owner.SECURITY,
    Text("Private keys and key stores", "私钥与密钥库"),
    Text(
        "Whoever reads them is whoever they belong to; on a new drive search and previews make them easier to find.",
        "读到者即可冒用身份；新网盘的检索和预览使其更易被发现。",
    ),
    Text(
        "Move them to a vault for secrets, replace the keys, leave the files behind.",
        "请移入密钥管理系统、更换密钥，并舍弃这些文件。",
    ),
    Text(
        "CWE-312, secrets stored in clear: https://cwe.mitre.org/data/definitions/312.html",
        "CWE-312，明文存储敏感信息：https://cwe.mitre.org/data/definitions/312.html",
    ),
)
PASSWORDS = Rule(
    "content.passwords",
    Severity.RISK,
    Owner.SECURITY,
    Text("Lists of passwords by their names", "名称显示为密码清单的文件"),
    Text("They open other systems to whoever finds them.", "发现者可凭此进入其他系统。"),
    Text("Move them to a password manager and change what they list.", "请移入密码管理器，并更换所列密码。"),
    Text(
        "CWE-312, secrets stored in clear: https://cwe.mitre.org/data/definitions/312.html",
        "CWE-312，明文存储敏感信息：https://cwe.mitre.org/data/definitions/312.html",
    ),
)
IDENTITY = Rule(
    "content.identity_papers",
    Severity.RISK,
    Owner.SECURITY,
    Text("Scans of identity papers by their names", "名称显示为证件扫描件的文件"),
    Text(
        "They are sensitive personal data: where they lie after the move, and who sees them, has to be decided before.",
        "属于敏感个人信息：迁移后存于何处、谁可查看，须事先决定。",
    ),
    Text(
        "Put them into a space of few people, or delete what is no longer needed.",
        "请放入仅限少数人的空间，或删除不再需要者。",
    ),
    Text(*_LAW),
)
MAIL = Rule(
    "content.mail_archives",
    Severity.RISK,
    Owner.DESKTOP_TEAM,
    Text("Mail archives", "邮件归档文件"),
    Text(
        "Outlook keeps them open and writes to them all day: a copy is rarely whole, and over a network they break.",
        "Outlook 全天打开并写入：副本很少完整，经网络使用容易损坏。",
    ),
    Text(
        "Import them into the mail system or close them before the last pass.",
        "请导入邮件系统，或在最后一轮之前关闭。",
    ),
    Text(
        "Outlook data files over a network: https://learn.microsoft.com/en-us/outlook/troubleshoot/data-files/limits-using-pst-files-over-lan-wan",
        "通过网络使用 Outlook 数据文件：https://learn.microsoft.com/en-us/outlook/troubleshoot/data-files/limits-using-pst-files-over-lan-wan",
    ),
)
CRITICAL_LOST = Rule(
    "content.critical_lost",
    Severity.BLOCKER,
    Owner.BUSINESS_OWNER,
    Text("Files critical to a deal that would not arrive whole", "无法完整到达的交易关键文件"),
    Text(
        "A deal may hang on one of them; it is among what cannot be read, held or trusted.",
        "一笔交易可能取决于其中一份；它属于无法读取、无法容纳或不可信的内容。",
    ),
    Text("Mend each of them before the start.", "请在开始前逐一处理。"),
    Text(
        "Engineering rule: the files that matter most are looked at first", "工程规则：最重要的文件最先检查"
    ),
    waivable=False,
)
CRITICAL_HIT = Rule(
    "content.critical_hit",
    Severity.RISK,
    Owner.BUSINESS_OWNER,
    Text("Files critical to a deal that change on the way", "迁移中会受影响的交易关键文件"),
    Text(
        "They get another name, are held by somebody or change while they are read.",
        "它们会被改名、正被占用或在读取时变化。",
    ),
    Text("Look at each of them with the deal's team.", "请与项目团队逐一确认。"),
    Text(
        "Engineering rule: the files that matter most are looked at first", "工程规则：最重要的文件最先检查"
    ),
)

CHECK = check_of(
    Line("keys", KEYS, Text("{count:,} {count:file|files}", "{count:,} 个文件")),
    Line("passwords", PASSWORDS, Text("{count:,} {count:file|files}", "{count:,} 个文件")),
    Line("identity_papers", IDENTITY, Text("{count:,} {count:file|files}", "{count:,} 个文件")),
    Line("mail_archives", MAIL, Text("{count:,} {count:file|files}, {size}", "{count:,} 个文件，共 {size}")),
    Line("critical_lost", CRITICAL_LOST, Text("{count:,} critical files", "{count:,} 个关键文件")),
    Line("critical_hit", CRITICAL_HIT, Text("{count:,} critical files", "{count:,} 个关键文件")),
)
