"""From a clause that is not kept to a corrective action, its effect on the trend, and the same figures in Excel."""

import io
from datetime import date, timedelta

import pytest
from python_calamine import CalamineWorkbook

from shouhou.reports.actions import correcting
from shouhou.reports.actions.clauses import CLAUSES
from shouhou.reports.actions.scope import Scope
from shouhou.reports.models import CorrectiveAction
from shouhou.requests.tests.make import vendor_asked
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import moved_to, now

pytestmark = pytest.mark.django_db


@pytest.fixture
def scope(company, supervisor):
    return Scope(frozenset({company.pk}), now() - timedelta(days=30), now() + timedelta(minutes=5), supervisor)


@pytest.fixture
def spoken(take, agent):
    """A vendor asked by word of mouth: A5.1 is not kept."""
    case = take()
    case.note("vendor.requested", by=agent)
    return case


def opened(company, scope, supervisor, worker, **other):
    words = {"cause": "不知道要书面", "measure": "培训并在交接时检查", "owner": worker, "by": supervisor,
             "due_on": now().date() + timedelta(days=14), **other}  # fmt: skip
    evidence = CLAUSES["A5.1"](scope)
    return correcting.open_action(
        "A5.1", organisation=company, evidence=evidence, first=date(2026, 1, 1), last=date(2026, 1, 31), **words
    )


@pytest.mark.clause("B7")
def test_from_the_figure_to_the_judged_effect(company, scope, spoken, supervisor, agent, manager):
    row = opened(company, scope, supervisor, agent)
    assert (row.applicable, row.conforming, row.status) == (1, 0, "open")
    with pytest.raises(Refused):
        row.judge(by=supervisor, effective=True, words="x")  # nothing was done yet
    row.carry_out(by=agent, words="已培训 12 人")
    with pytest.raises(Refused):
        row.judge(by=agent, effective=True, words="我觉得有效")
    row.judge(by=manager, effective=True, words="两个月均为 100 %")
    assert (row.status, row.judged_by) == ("effective", manager)
    told = Event.objects.filter(subject_kind="corrective_action").order_by("id").values_list("kind", flat=True)
    assert list(told) == ["corrective_action.opened", "corrective_action.carried_out", "corrective_action.judged"]


def test_where_everything_conforms_nothing_is_corrected(company, scope, take, supervisor, agent):
    with pytest.raises(Refused):
        opened(company, scope, supervisor, agent)


def test_what_a_corrective_action_has_to_say_and_who_opens_it(company, scope, spoken, supervisor, agent, customer_user):
    wrong = [{"cause": " "}, {"measure": ""}, {"owner": customer_user}, {"by": agent}, {"due_on": date(2020, 1, 1)}]
    for other in wrong:
        with pytest.raises(Refused):
            opened(company, scope, supervisor, agent, **other)
    assert not CorrectiveAction.objects.exists()
    row = opened(company, scope, supervisor, agent)
    with pytest.raises(Refused):
        row.carry_out(by=customer_user, words="x")
    with pytest.raises(Refused):
        row.carry_out(by=agent, words="")


def test_the_trend_counts_each_month_by_itself(company, scope, take, agent):
    last_month = now().replace(day=1) - timedelta(days=3)
    with moved_to(last_month):
        take().note("vendor.requested", by=agent)
    from shouhou.requests.actions.support import send_support_request

    send_support_request(vendor_asked(take(), agent, signed=True), by=agent)
    months = correcting.trend("A5.1", scope, company, months=3)
    assert [(m.evidence.applicable, m.evidence.conforming) for m in months] == [(0, 0), (1, 0), (1, 1)]
    assert [m.evidence.keeps for m in months] == [None, False, True]


def test_the_pages_open_carry_out_and_judge(client, company, norm, spoken, supervisor, agent, manager):
    client.force_login(supervisor)
    page = "/reports/conformance/A5.1/"
    due = (now() + timedelta(days=9)).date().isoformat()
    words = {"cause": "不知道要书面", "measure": "培训", "owner": agent.pk, "due_on": due}
    wrong = client.post(page, {**words, "measure": ""})
    assert wrong.status_code == 422
    assert "不知道要书面" in wrong.content.decode()
    made = client.post(page, words)
    row = CorrectiveAction.objects.get()
    assert made["Location"] == f"/reports/corrective/{row.pk}/"
    assert "培训" in client.get("/reports/corrective/").content.decode()
    client.post(made["Location"], {"words": "已培训"})
    client.force_login(manager)
    client.post(made["Location"], {"words": "没有改善", "effective": "no"})
    row.refresh_from_db()
    assert row.status == "ineffective"
    assert "培训" in client.get("/reports/corrective/?view=ended").content.decode()
    assert client.get(made["Location"]).status_code == 200
    assert made["Location"] in client.get(page).content.decode()


def test_excel_says_what_the_page_says(client, norm, spoken, supervisor):
    client.force_login(supervisor)
    shown = client.get("/reports/conformance/").context["rows"]
    book = CalamineWorkbook.from_filelike(io.BytesIO(client.get("/reports/conformance/?sheet").content))
    lines = book.get_sheet_by_index(0).to_python()[1:]
    assert [(r[0], r[2], r[3], r[5]) for r in lines] == [
        (c.id, e.applicable, e.conforming, len(e.offenders)) for c, e in shown
    ]
    cases = CalamineWorkbook.from_filelike(io.BytesIO(client.get("/reports/conformance/A5.1/?sheet").content))
    (line,) = cases.get_sheet_by_index(0).to_python()[1:]
    assert line[2].endswith(f"/requests/{spoken.pk}/")
