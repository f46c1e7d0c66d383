"""What documents have inside: encryption, damage, links to the old address."""

from __future__ import annotations

from lading.model.text import Text
from lading.stages.readiness.findings import Owner, Rule, Severity
from lading.stages.readiness.tallies import Line, check_of

ENCRYPTED = Rule(
    "content.encrypted",
    Severity.ADVICE,
    Owner.BUSINESS_OWNER,
    Text("Documents locked with a password", "设有密码的文档"),
    Text(
        "They arrive, but nobody can search, preview or check them; the password may have left with its owner.",
        "它们会到达，但无法检索、预览或检查；密码可能已随所有者离职而失传。",
    ),
    Text(
        "Make sure that the owner still opens them; remove the password where the drive protects enough.",
        "请确认所有者仍能打开；若网盘的保护已足够，则去除密码。",
    ),
    Text(
        "MS-OFFCRYPTO: https://learn.microsoft.com/en-us/openspecs/office_file_formats/ms-offcrypto/; PDF: ISO 32000, /Encrypt",
        "MS-OFFCRYPTO：https://learn.microsoft.com/en-us/openspecs/office_file_formats/ms-offcrypto/；PDF：ISO 32000 的 /Encrypt",
    ),
)
DAMAGED = Rule(
    "content.damaged",
    Severity.RISK,
    Owner.BUSINESS_OWNER,
    Text("Documents that are damaged already", "已经损坏的文档"),
    Text(
        "They arrive as damaged as they are, and the upgrade gets the blame.",
        "它们会按损坏的原样到达，而升级会被归咎。",
    ),
    Text(
        "Have their owners confirm or restore them before the move; keep this list.",
        "请所有者在迁移前确认或恢复；并保存此清单。",
    ),
    Text(
        "Structure of ZIP and OOXML: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT; of PDF: ISO 32000",
        "ZIP 与 OOXML 的结构：https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT；PDF：ISO 32000",
    ),
)
LINKS = Rule(
    "content.links_to_old",
    Severity.RISK,
    Owner.BUSINESS_OWNER,
    Text("Documents with links to the old address", "含有指向旧地址链接的文档"),
    Text(
        "The links lead nowhere when the old drive is gone; linked workbooks show old figures without saying so.",
        "旧网盘停用后链接失效；相互引用的工作簿会显示旧数字而不加提示。",
    ),
    Text(
        "Keep the old address as a redirect for the soak time, and have linked workbooks repaired first.",
        "请在观察期内保留旧地址的跳转，并优先修复相互引用的工作簿。",
    ),
    Text(
        "External relationships of OOXML: ECMA-376 part 2; PDF: ISO 32000, /URI",
        "OOXML 的外部关系：ECMA-376 第 2 部分；PDF：ISO 32000 的 /URI",
    ),
)

CHECK = check_of(
    Line(
        "encrypted",
        ENCRYPTED,
        Text("{count:,} of the documents opened ask for a password", "已打开的文档中有 {count:,} 份需要密码"),
    ),
    Line(
        "damaged",
        DAMAGED,
        Text("{count:,} of the documents opened are damaged", "已打开的文档中有 {count:,} 份已损坏"),
    ),
    Line(
        "links_to_old",
        LINKS,
        Text(
            "{count:,} of the documents opened name the old address",
            "已打开的文档中有 {count:,} 份含有旧地址",
        ),
    ),
)
