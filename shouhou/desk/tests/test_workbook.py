"""The import door: a workbook is previewed cell by cell, then taken over all or nothing."""

import io
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from django.utils.translation import gettext
from python_calamine import CalamineWorkbook

from shouhou.agreements.models import Agreement
from shouhou.customers.models import Contact, Customer
from shouhou.desk.actions.workbook import import_workbook, keep_workbook, sample_workbook
from shouhou.equipment.models import InstalledItem
from shouhou.requests.models import ServiceRequest
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")


def upload(content: bytes, name: str = "客户.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def book(**sheets: list[list[object]]) -> bytes:
    """A workbook: sheet name -> rows, the head line first."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd hh:mm"}) as written:
        for title, rows in sheets.items():
            sheet = written.add_worksheet(title)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return out.getvalue()


def counted() -> list[int]:
    return [rows.objects.count() for rows in (Customer, Contact, InstalledItem, Agreement, ServiceRequest, Event)]


CUSTOMERS = [["客户名称", "客户编号"], ["新津区人民医院", "C-77"]]
REPORTED = datetime(2026, 9, 30, 17, 50, tzinfo=SHANGHAI)


def filled_in(blank: bytes) -> bytes:
    """The downloaded workbook with each example copied below its sheet's head line, as a person would."""
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(blank))
    *kinds, examples = sheets.sheet_names
    blocks = sheets.get_sheet_by_name(examples).to_python(skip_empty_area=False)
    rows: dict[str, list[list[object]]] = {}
    for at, title in enumerate(kinds):
        assert blocks[at * 4][0] == title
        rows[title] = blocks[at * 4 + 1 : at * 4 + 3]
    return book(**rows)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_downloaded_workbook_untouched_holds_nothing_to_import(company, manager, client, language):
    manager.language = language
    manager.save()
    client.force_login(manager)
    content = client.get("/imports/sample/").content
    before = counted()

    shown = client.post("/imports/", {"file": upload(content)})

    preview = shown.context["preview"]
    assert (shown.status_code, preview.problems, preview.rows, preview.ignored) == (200, [], 0, [])
    assert (preview.is_empty, preview.can_import) == (True, False)
    words = "There is nothing to import: write your rows below the head lines. The sheet of examples is never read."
    with translation.override(language):
        assert gettext(words) in shown.content.decode()
    client.post("/imports/", {"token": preview.token})  # a button pressed all the same
    assert counted() == before


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_examples_themselves_import_and_a_second_time_change_nothing(company, manager, language):
    with translation.override(language):
        content = filled_in(sample_workbook())
        preview = keep_workbook(upload(content), by=manager)
        assert preview.problems == []
        assert [c.new for c in preview.counts] == [1, 1, 1, 1, 1]
        assert Customer.objects.count() == 0

        done = import_workbook(preview.token, by=manager)

        assert done.imported
        assert [Customer.objects.count(), Agreement.objects.in_force(done_on()).count()] == [1, 1]
        before = counted()
        again = keep_workbook(upload(content), by=manager)
        assert (again.problems, again.can_import, again.is_empty) == ([], False, False)
        assert counted() == before


def done_on():
    return datetime.now(SHANGHAI).date()


@pytest.mark.clause("I9")
def test_an_open_case_is_promised_from_its_real_report_time(company, manager, customer, contact, agreement, take):
    agreement("application_maintenance")
    sheets = {
        "未结请求": [
            ["客户", "主题", "报告时间", "联系人"],
            [customer.name, "报表打不开", REPORTED.replace(tzinfo=None), contact.name],
        ]
    }
    preview = keep_workbook(upload(book(**sheets)), by=manager)
    assert preview.problems == []

    import_workbook(preview.token, by=manager)

    imported = ServiceRequest.objects.get(subject="报表打不开")
    by_hand = take(reported_at=REPORTED, channel=imported.channel)
    due = {case: case.clocks().get(commitment__code="i9").due_at for case in (imported, by_hand)}
    assert due[imported] == due[by_hand] == datetime(2026, 10, 10, 0, 0, tzinfo=SHANGHAI)


TERMS = ["协议编号", "客户", "服务标准", "开始日期"]
BAD = [
    ("客户", [["客户名称", "最终用户数"], ["新津区人民医院", "很多"]], "B2"),
    ("客户", [["客户名称"], ["新津区人民医院"], ["新津区人民医院"]], "A3"),
    ("客户", [["客户名称", "责任人用户名"], ["新津区人民医院", "nobody"]], "B2"),
    ("联系人", [["客户", "姓名", "电话"], ["没有这个客户", "李四", "028-85331234"]], "A2"),
    ("联系人", [["客户", "姓名", "邮箱"], ["蓉城市民服务中心", "李四", "不是邮箱"]], "C2"),
    ("已装产品", [["客户", "产品", "验收日期"], ["蓉城市民服务中心", "政务平台", "2026-02-30"]], "C2"),
    ("协议", [TERMS, ["HT-9", "蓉城市民服务中心", "白金", "2026-01-01"]], "C2"),
    (
        "协议",
        [TERMS, ["HT-9", "蓉城市民服务中心", "terminal_warranty", ""]],
        "D2",
    ),
    ("未结请求", [["客户", "主题", "报告时间"], ["蓉城市民服务中心", "死机", "2099-01-01 08:00"]], "C2"),
]


@pytest.mark.parametrize(("title", "rows", "cell"), BAD)
def test_a_bad_cell_is_named_with_its_remedy_and_nothing_is_written(company, manager, customer, title, rows, cell):
    before = counted()
    sheets = {title: rows} if title == "客户" else {"客户": CUSTOMERS, title: rows}

    preview = keep_workbook(upload(book(**sheets)), by=manager)
    found = {(p.sheet, p.cell) for p in preview.problems}

    assert (title, cell) in found
    assert all(p.wrong and p.remedy for p in preview.problems)
    assert not import_workbook(preview.token, by=manager).imported
    assert counted() == before


def test_an_open_blank_of_a_preset_is_named(company, manager, customer):
    rows = [["协议编号", "客户", "服务标准", "开始日期"], ["HT-9", customer.name, "terminal_warranty", "2026-01-01"]]

    preview = keep_workbook(upload(book(协议=rows)), by=manager)

    assert [p.row for p in preview.problems] == [2]
    assert Agreement.objects.count() == 0


def test_a_row_that_a_rule_refuses_late_takes_everything_back(company, manager, monkeypatch):
    """The check said yes, the room says no while writing: the customer of the row before is not there either."""
    import shouhou.desk.actions.workbook_write as writing

    def refuse(*args, **kwargs):
        raise Refused("nein")

    sheets = {"客户": CUSTOMERS, "联系人": [["客户", "姓名"], ["新津区人民医院", "李四"]]}
    preview = keep_workbook(upload(book(**sheets)), by=manager)
    monkeypatch.setattr(writing, "save_contact", refuse)

    done = import_workbook(preview.token, by=manager)

    assert not done.imported
    assert [(p.sheet, p.row, p.wrong) for p in done.problems] == [("联系人", 2, "nein")]
    assert Customer.objects.count() == 0


def test_only_who_leads_imports_and_only_their_own_preview(company, agent, manager, supervisor, person, client):
    content = book(客户=CUSTOMERS)
    with pytest.raises(Refused):
        keep_workbook(upload(content), by=agent)
    preview = keep_workbook(upload(content), by=manager)
    other = person("other", "duty_manager")
    with pytest.raises(Refused):
        import_workbook(preview.token, by=other)
    with pytest.raises(Refused):
        import_workbook(preview.token + "x", by=manager)
    client.force_login(agent)
    assert client.get("/imports/").status_code == 404
    assert client.get("/imports/sample/").status_code == 404


def test_another_organisations_customer_is_out_of_reach(company, centre, person, customer):
    leader = person("li", "duty_manager", organisation=centre)
    preview = keep_workbook(upload(book(客户=[["客户名称"], [customer.name]])), by=leader)
    assert [p.cell for p in preview.problems] == ["A2"]


def test_what_is_no_workbook_is_refused_and_the_page_says_why(company, manager, client):
    client.force_login(manager)
    answer = client.post("/imports/", {"file": upload(b"PK\x03\x04 not a workbook", "x.xlsx")})
    assert answer.status_code == 422
    assert "invalid-feedback" in answer.content.decode()


def test_the_pages_lead_from_the_sample_to_the_imported_rows(company, manager, client):
    client.force_login(manager)
    sample = client.get("/imports/sample/")
    assert sample["Content-Disposition"].endswith('.xlsx"')
    shown = client.post("/imports/", {"file": upload(filled_in(sample.content), "样例.xlsx")})
    assert shown.status_code == 200
    token = shown.context["preview"].token
    done = client.post("/imports/", {"token": token})
    assert done.context["preview"].imported
    assert ServiceRequest.objects.get().subject


def test_a_bad_workbook_lists_its_cells_on_the_page(company, manager, client):
    client.force_login(manager)
    shown = client.post("/imports/", {"file": upload(book(客户=[["客户名称", "最终用户数"], ["甲", "很多"]]))})
    assert shown.status_code == 422
    assert "<b>B2</b>" in shown.content.decode()


def test_thousands_of_rows_take_a_handful_of_statements(company, manager, customer, django_assert_max_num_queries):
    rows = [["客户", "产品", "序列号"]] + [[customer.name, "政务平台", f"SN-{i}"] for i in range(2000)]
    preview = keep_workbook(upload(book(已装产品=rows)), by=manager)
    with django_assert_max_num_queries(60):
        import_workbook(preview.token, by=manager)
    assert InstalledItem.objects.filter(serial_number__startswith="SN-").count() == 2000


def test_the_report_time_is_read_in_the_readers_zone(company, manager, customer):
    rows = [["客户", "主题", "报告时间"], [customer.name, "死机", "2026-10-08 09:30"]]
    preview = keep_workbook(upload(book(未结请求=rows)), by=manager)
    import_workbook(preview.token, by=manager)
    assert ServiceRequest.objects.get().reported_at - datetime(2026, 10, 8, 9, 30, tzinfo=SHANGHAI) == timedelta(0)
