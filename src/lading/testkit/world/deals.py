"""
The firm on paper: eight deals, one in each phase, and the folders each deal has.

Plain data.  Every name is invented; parties appear only by their role
(borrower, agent bank, sponsor), so that no real firm is ever shown.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase in the life of a financing; *number* counts from 1."""

    number: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Deal:
    """One financing, with the year its first document was written."""

    code: str
    zh: str
    en: str
    phase: Phase
    since: int

    @property
    def folder(self) -> str:
        """The name of the deal's folder."""
        return f"{self.code} {self.zh} {self.en}"


@dataclass(frozen=True, slots=True)
class Shelf:
    """
    A folder that every deal has from phase *since* on.

    *weight* is its share of the files.  *titles* are file names without a
    number or version; *naming* says what is added to tell them apart
    (`version`, `number` or `date`), *group* which sub-folders it has (empty,
    `year`, `month` or `round`).
    """

    path: str
    since: int
    weight: int
    titles: tuple[str, ...]
    naming: str = "number"
    group: str = ""


PHASES = (
    Phase(1, "立项", "Origination"),
    Phase(2, "组团与委任", "Teaming and mandate"),
    Phase(3, "尽职调查", "Due diligence"),
    Phase(4, "结构设计与条款清单", "Structuring and term sheet"),
    Phase(5, "融资文件", "Documentation"),
    Phase(6, "财务关闭与提款先决条件", "Financial close and CPs"),
    Phase(7, "建设期提款", "Construction and drawdown"),
    Phase(8, "运营还款", "Operation and repayment"),
)

DEALS = (
    Deal("PF-2601", "望潮湾海上风电", "Wangchao Bay Offshore Wind", PHASES[0], 2025),
    Deal("PF-2504", "云栖岭高速公路", "Yunqi Ridge Toll Road", PHASES[1], 2025),
    Deal("PF-2502", "白鹭屿LNG接收站", "Egret Isle LNG Terminal", PHASES[2], 2024),
    Deal("PF-2407", "星汉地铁7号线", "Xinghan Metro Line 7", PHASES[3], 2023),
    Deal("PF-2403", "青砚数据中心", "Qingyan Data Centre", PHASES[4], 2023),
    Deal("PF-2305", "澜月水电站", "Lanyue Hydropower", PHASES[5], 2022),
    Deal("PF-2102", "绿垣垃圾焚烧发电", "Lüyuan Waste-to-Energy", PHASES[6], 2020),
    Deal("PF-1603", "金穗原光伏电站", "Jinsui Plain Solar Park", PHASES[7], 2016),
)

SHELVES = (
    Shelf(
        "01 立项 Origination",
        1,
        6,
        (
            "立项报告 Screening memo.docx",
            "项目简介 Teaser.pdf",
            "初步测算 Preliminary model.xlsx",
            "利益冲突核查 Conflict check.docx",
            "投资委员会纪要 IC minutes.docx",
        ),
        "version",
    ),
    Shelf(
        "02 组团与委任 Mandate/委任函 Mandate letters",
        2,
        3,
        ("委任函 Mandate letter.docx", "保密协议 NDA.pdf", "费用函 Fee letter.docx"),
        "version",
    ),
    Shelf(
        "02 组团与委任 Mandate/银团 Syndicate",
        2,
        3,
        ("银行反馈 Bank feedback.eml", "参贷意向 Commitment letter.pdf", "银团名单 Syndicate list.xlsx"),
        "number",
    ),
    Shelf(
        "03 尽职调查 Due diligence/技术 Technical adviser",
        3,
        6,
        (
            "技术尽调报告 Technical DD report.pdf",
            "发电量评估 Yield assessment.pdf",
            "问题清单 Question list.xlsx",
            "现场踏勘 Site note.docx",
        ),
        "version",
    ),
    Shelf(
        "03 尽职调查 Due diligence/法律 Legal",
        3,
        5,
        (
            "法律尽调报告 Legal DD report.pdf",
            "土地与许可 Land and permits.pdf",
            "红旗报告 Red flag report.docx",
            "资料室导出 Data room export.zip",
        ),
        "version",
    ),
    Shelf(
        "03 尽职调查 Due diligence/环境与社会 E&S",
        3,
        3,
        ("环评报告 EIA.pdf", "社会影响 Social impact.docx", "监测数据 Monitoring.csv"),
        "number",
    ),
    Shelf(
        "03 尽职调查 Due diligence/图纸 Drawings",
        3,
        7,
        (
            "总平面图 General layout.dxf",
            "单线图 Single line diagram.dxf",
            "地形图 Survey.png",
            "图纸包 Drawing set.zip",
        ),
        "number",
    ),
    Shelf(
        "04 财务模型 Financial model",
        2,
        9,
        (
            "融资模型 Financial model.xlsx",
            "模型审计 Model audit.pdf",
            "敏感性 Sensitivities.csv",
            "假设簿 Assumptions book.docx",
        ),
        "version",
        "year",
    ),
    Shelf(
        "05 条款清单 Term sheet",
        4,
        4,
        (
            "条款清单 Term sheet.docx",
            "条款清单 比对 Term sheet compare.pdf",
            "谈判要点 Negotiation points.xlsx",
        ),
        "version",
    ),
    Shelf(
        "06 融资文件 Finance documents/贷款协议 Loan agreement",
        5,
        6,
        (
            "贷款协议 Facility agreement.docx",
            "贷款协议 比对 Facility agreement compare.pdf",
            "共同条款协议 Common terms agreement.docx",
            "债权人间协议 Intercreditor agreement.docx",
        ),
        "version",
    ),
    Shelf(
        "06 融资文件 Finance documents/担保文件 Security",
        5,
        4,
        (
            "股权质押 Share pledge.docx",
            "账户质押 Account charge.docx",
            "收益权质押 Receivables pledge.pdf",
            "直接协议 Direct agreement.docx",
        ),
        "version",
    ),
    Shelf(
        "06 融资文件 Finance documents/法律意见书 Legal opinions",
        5,
        2,
        ("法律意见书 Legal opinion.pdf", "执行能力意见 Capacity opinion.pdf"),
        "version",
    ),
    Shelf(
        "07 项目合同 Project contracts",
        3,
        6,
        (
            "EPC总承包合同 EPC contract.pdf",
            "运维合同 O&M agreement.docx",
            "购售电合同 Offtake agreement.pdf",
            "特许经营协议 Concession agreement.pdf",
        ),
        "version",
    ),
    Shelf(
        "08 保险 Insurance",
        4,
        3,
        ("保险顾问报告 Insurance adviser report.pdf", "保单 Policy.pdf", "保费明细 Premiums.xlsx"),
        "number",
        "year",
    ),
    Shelf(
        "09 财务关闭 Financial close/提款先决条件 CPs",
        6,
        6,
        (
            "先决条件清单 CP checklist.xlsx",
            "董事会决议 Board resolution.pdf",
            "签字样本 Specimen signatures.png",
            "许可批复 Permit.pdf",
            "满足确认函 CP satisfaction letter.docx",
        ),
        "number",
    ),
    Shelf(
        "10 提款 Drawdown",
        7,
        12,
        (
            "提款申请 Drawdown request.docx",
            "工程进度证明 Progress certificate.pdf",
            "发票 Invoice.pdf",
            "付款明细 Payment schedule.xlsx",
            "资金用途 Use of proceeds.csv",
        ),
        "number",
        "round",
    ),
    Shelf(
        "11 建设期 Construction/现场照片 Site photos",
        7,
        9,
        ("现场照片 Site photo.jpg", "无人机航拍 Drone view.jpg"),
        "number",
        "month",
    ),
    Shelf(
        "11 建设期 Construction/月报 Monthly reports",
        7,
        5,
        ("建设月报 Construction report.pdf", "监理报告 Lender's engineer report.pdf", "竣工图 As-built.dxf"),
        "date",
        "year",
    ),
    Shelf(
        "12 运营 Operation/合规证明 Compliance certificates",
        8,
        7,
        (
            "合规证明 Compliance certificate.pdf",
            "偿债覆盖率计算 DSCR calculation.xlsx",
            "董事签字 Director sign-off.pdf",
        ),
        "date",
        "year",
    ),
    Shelf(
        "12 运营 Operation/还款 Repayment",
        8,
        6,
        (
            "还本付息通知 Debt service notice.docx",
            "账户对账单 Account statement.csv",
            "发电量统计 Generation data.csv",
        ),
        "date",
        "year",
    ),
    Shelf(
        "13 往来函件 Correspondence",
        1,
        12,
        ("往来邮件 Mail.eml", "致代理行 Letter to agent.docx", "通话记录 Call note.txt", "传真 Fax.png"),
        "date",
        "month",
    ),
    Shelf(
        "14 内部审批 Approvals",
        2,
        3,
        ("信贷审批 Credit approval.docx", "风险意见 Risk opinion.docx", "投票表 Voting sheet.xlsx"),
        "version",
    ),
)

EMPTY_FOLDERS = ("15 归档 Archive/待归档 To be filed", "16 待定 TBD")

COMPANY_SHELVES = (
    Shelf(
        "00 公司 Company/模板 Templates",
        1,
        5,
        (
            "条款清单模板 Term sheet template.docx",
            "模型模板 Model template.xlsx",
            "提款申请模板 Drawdown template.docx",
            "函件模板 Letter template.docx",
        ),
        "version",
    ),
    Shelf(
        "00 公司 Company/公司制度 Policies",
        1,
        4,
        ("信贷政策 Credit policy.pdf", "档案管理制度 Records policy.docx", "反洗钱制度 AML policy.pdf"),
        "version",
        "year",
    ),
    Shelf(
        "00 公司 Company/培训 Training",
        1,
        4,
        (
            "新员工培训 Induction.pdf",
            "模型培训 Modelling course.xlsx",
            "课堂照片 Class photo.jpg",
            "讲义 Handout.zip",
        ),
        "date",
        "year",
    ),
    Shelf(
        "00 公司 Company/人事与行政 Administration",
        1,
        3,
        ("会议室安排 Rooms.csv", "通知 Notice.docx", "组织架构 Organisation chart.png", "备忘 Memo.txt"),
        "date",
        "year",
    ),
)
