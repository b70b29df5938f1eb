"""The sheets of the import workbook: their names, columns and words, in Chinese and English."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_NOISE = re.compile(r"[\s*＊_]+|[(（].*?[)）]")


def plain(name: str) -> str:
    """A name for comparing: without blanks, stars, brackets and capitals."""
    return _NOISE.sub("", name).casefold()


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how its cells are read (text, phones, list, whole, day, instant, choice, email), and its heads."""

    key: str
    zh: str
    en: str
    reads: str = "text"
    required: bool = False
    limit: int = 0
    also: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        return (self.key, self.zh, self.en, *self.also)

    def head(self, chinese: bool) -> str:
        """The head line, with a star where the cell must be filled."""
        return (self.zh if chinese else self.en) + ("*" if self.required else "")


@dataclass(frozen=True, slots=True)
class SheetKind:
    """One kind of sheet with its columns."""

    key: str
    zh: str
    en: str
    columns: tuple[Column, ...]
    also: tuple[str, ...] = ()
    open_ended: bool = False  # further columns are the blanks of presets

    def name(self, chinese: bool) -> str:
        return self.zh if chinese else self.en

    def column(self, key: str) -> Column:
        return next(c for c in self.columns if c.key == key)


_KINDS = {"software": ("软件", "software"), "device": ("设备", "硬件", "device", "hardware")}
_CASES = {
    "fault": ("故障", "报修", "fault"),
    "consultation": ("咨询", "consultation"),
    "usability": ("易用性改进", "易用性", "usability wish", "usability"),
    "performance": ("性能问题", "性能", "performance problem", "performance"),
    "depot": ("返厂维修", "返厂", "返修", "return to depot", "depot"),
    "presales": ("售前咨询", "售前", "presales question", "presales"),
    "service": ("其他服务", "其他", "other service", "other", "service"),
}
_GRADES = {"high": ("高", "high"), "medium": ("中", "medium"), "low": ("低", "low")}
_CUSTOMER = Column(
    "customer", "客户", "Customer", required=True, limit=200, also=("客户名称", "用户单位", "Customer name")
)

EXAMPLES = ("示例", "Examples")  # the sheet of the workbook to fill in that is never read

SHEETS: tuple[SheetKind, ...] = (
    SheetKind(
        "customers",
        "客户",
        "Customers",
        (
            Column(
                "name",
                "客户名称",
                "Name",
                required=True,
                limit=200,
                also=("名称", "客户", "用户单位", "Customer", "Customer name"),
            ),
            Column("number", "客户编号", "Customer number", limit=40, also=("编号", "Number")),
            Column("short_name", "简称", "Short name", limit=60),
            Column("region", "地区", "Region", limit=100, also=("区域",)),
            Column("address", "地址", "Address", limit=300),
            Column(
                "organisation",
                "服务机构",
                "Service organisation",
                limit=200,
                also=("机构", "Organisation", "Organization"),
            ),
            Column(
                "owner",
                "责任人用户名",
                "Owner user name",
                limit=150,
                also=("责任人", "负责人", "Owner", "Person responsible"),
            ),
            Column(
                "deputy", "备份责任人用户名", "Deputy user name", limit=150, also=("备份责任人", "代理人", "Deputy")
            ),
            Column("end_users", "最终用户数", "End users", reads="whole", also=("用户数",)),
        ),
        also=("Customer", "用户单位"),
    ),
    SheetKind(
        "contacts",
        "联系人",
        "Contacts",
        (
            _CUSTOMER,
            Column("name", "姓名", "Name", required=True, limit=100, also=("联系人", "Contact", "Contact name")),
            Column(
                "phones",
                "电话",
                "Phones",
                reads="phones",
                limit=60,
                also=("手机", "联系电话", "Phone", "Telephone", "Mobile"),
            ),
            Column("department", "部门", "Department", limit=100),
            Column("email", "邮箱", "E-mail", reads="email", limit=254, also=("电子邮箱", "Email", "Mail")),
            Column("site", "服务地点", "Site", limit=100, also=("地点", "场所", "网点")),
        ),
        also=("Contact",),
    ),
    SheetKind(
        "items",
        "已装产品",
        "Installed items",
        (
            _CUSTOMER,
            Column("product", "产品", "Product", required=True, limit=200, also=("产品名称", "Product name")),
            Column("kind", "类型", "Kind", reads="choice", also=("种类", "Type"), words=_KINDS),
            Column("item_class", "类别", "Class", limit=60),
            Column("version", "版本", "Version", limit=60, also=("版本号",)),
            Column("serial_number", "序列号", "Serial number", limit=100, also=("SN", "Serial")),
            Column("site", "服务地点", "Site", limit=100, also=("地点", "场所", "安装地点")),
            Column("vendor", "厂商", "Vendor organisation", limit=200, also=("厂家", "供应商", "Vendor")),
            Column(
                "certified_on",
                "证书签署日期",
                "Certificate signed on",
                reads="day",
                also=("合格证签署日期", "签署日期"),
            ),
            Column("accepted_on", "验收日期", "Accepted on", reads="day"),
            Column("purchased_on", "购买日期", "Purchased on", reads="day", also=("采购日期",)),
        ),
        also=("设备", "产品", "Items", "Equipment"),
    ),
    SheetKind(
        "agreements",
        "协议",
        "Agreements",
        (
            Column(
                "number", "协议编号", "Agreement number", required=True, limit=60, also=("编号", "合同编号", "Number")
            ),
            _CUSTOMER,
            Column("name", "名称", "Name", limit=200, also=("协议名称", "合同名称", "Agreement name")),
            Column(
                "preset",
                "服务等级",
                "Preset",
                required=True,
                limit=200,
                also=("服务标准", "预置方案", "服务级别", "Service level"),
            ),
            Column(
                "starts_on", "开始日期", "From", reads="day", required=True, also=("起始日期", "生效日期", "Starts on")
            ),
            Column("ends_on", "结束日期", "Until", reads="day", also=("截止日期", "到期日期", "Ends on")),
            Column(
                "items",
                "产品序列号",
                "Item serial numbers",
                reads="list",
                limit=100,
                also=("序列号", "设备序列号", "Serial numbers", "Items"),
            ),
        ),
        also=("合同", "Agreement"),
        open_ended=True,
    ),
    SheetKind(
        "requests",
        "未结请求",
        "Open requests",
        (
            _CUSTOMER,
            Column("subject", "主题", "Subject", required=True, limit=200, also=("标题",)),
            Column("description", "描述", "Description", limit=10_000, also=("问题描述",)),
            Column("contact", "联系人", "Contact", limit=100, also=("报告人",)),
            Column(
                "reported_at", "报告时间", "Reported at", reads="instant", required=True, also=("报修时间", "受理时间")
            ),
            Column("responded_at", "首次响应时间", "First response at", reads="instant", also=("响应时间",)),
            Column("owner", "责任人用户名", "Owner user name", limit=150, also=("责任人", "负责人", "Owner")),
            Column("kind", "类型", "Kind", reads="choice", also=("种类", "请求类型"), words=_CASES),
            Column("impact", "影响", "Impact", reads="choice", also=("影响程度",), words=_GRADES),
            Column("urgency", "紧急程度", "Urgency", reads="choice", also=("紧急度",), words=_GRADES),
            Column(
                "item", "产品序列号", "Item serial number", limit=100, also=("序列号", "设备序列号", "Serial number")
            ),
            Column(
                "external_ref",
                "外部编号",
                "External number",
                limit=100,
                also=("原编号", "工单编号", "External reference"),
            ),
        ),
        also=("请求", "未结工单", "Requests"),
    ),
)

BY_KEY = {sheet.key: sheet for sheet in SHEETS}
_BY_NAME = {plain(name): sheet for sheet in SHEETS for name in (sheet.key, sheet.zh, sheet.en, *sheet.also)}


def sheet_named(title: str) -> SheetKind | None:
    """The kind of a sheet by its Chinese or English name."""
    return _BY_NAME.get(plain(title))


def column_named(sheet: SheetKind, head: str) -> Column | None:
    """The column of a head line by its Chinese or English name; the column's own name wins over a by-name."""
    wanted = plain(head)
    for column in sheet.columns:
        if wanted in (plain(column.zh), plain(column.en), column.key):
            return column
    return next((c for c in sheet.columns if wanted in {plain(name) for name in c.names}), None)


def is_examples(title: str) -> bool:
    """Whether a sheet is the one with the examples."""
    return plain(title) in {plain(name) for name in EXAMPLES}
