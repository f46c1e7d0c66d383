"""
Sentences that the firm's documents are made of, in Chinese and English.

Each pair says the same in both languages.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

CLAUSES = (
    (
        "借款人应在首次提款前满足全部提款先决条件。",
        "The Borrower shall satisfy all conditions precedent before the first drawdown.",
    ),
    ("贷款仅可用于支付项目建设成本。", "The Loan may be applied only towards project construction costs."),
    (
        "每个计算日的偿债覆盖率不得低于1.20倍。",
        "The DSCR on each calculation date shall not be less than 1.20x.",
    ),
    (
        "代理行应在三个工作日内通知各贷款人。",
        "The Agent shall notify each Lender within three business days.",
    ),
    (
        "发起人应保证资本金先于贷款到位。",
        "The Sponsor shall procure that equity is contributed ahead of debt.",
    ),
    (
        "偿债准备金账户余额应覆盖未来六个月的还本付息。",
        "The DSRA shall cover the next six months of debt service.",
    ),
    ("借款人质押其全部应收账款与收益权。", "The Borrower pledges all of its receivables and revenue rights."),
    (
        "技术顾问确认工程进度与提款申请一致。",
        "The technical adviser confirms that progress matches the drawdown request.",
    ),
    (
        "未经多数贷款人同意不得修改项目合同。",
        "No project contract may be amended without the consent of the Majority Lenders.",
    ),
    ("保险受益人为担保代理行。", "The Security Agent is named as loss payee."),
    (
        "逾期利率在合同利率基础上上浮百分之五十。",
        "Default interest accrues at the contract rate plus fifty per cent.",
    ),
    ("现金流瀑布按附件三所列顺序执行。", "The cash waterfall applies in the order set out in Schedule 3."),
    ("完工测试应在最晚完工日之前通过。", "The completion tests shall be passed before the long-stop date."),
    ("贷款人有权每季度赴现场检查。", "The Lenders may inspect the site once in each quarter."),
    (
        "本协议适用中华人民共和国法律。",
        "This agreement is governed by the laws of the People's Republic of China.",
    ),
    ("环境与社会行动计划应按季度报告。", "The environmental and social action plan is reported quarterly."),
)

ROLES = (
    ("借款人", "Borrower"),
    ("代理行", "Agent bank"),
    ("发起人", "Sponsor"),
    ("技术顾问", "Technical adviser"),
    ("法律顾问", "Legal counsel"),
    ("总承包商", "EPC contractor"),
)


def numbered_clauses(rng: Random, count: int) -> Iterator[str]:
    """Yield *count* lines, each with a number, a reference and one clause in both languages."""
    for number in range(1, count + 1):
        zh, en = rng.choice(CLAUSES)
        yield f"{number}. [{rng.randrange(16**6):06x}] {zh} {en}"
