"""Complaints: an owner who is not the one complained of, an answer with its cause, agreement, and an effect."""

import pytest

from shouhou.feedback.actions.complaining import take_complaint
from shouhou.feedback.models import Complaint
from shouhou.notices.models import Notice
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event

pytestmark = pytest.mark.django_db
WHOLE = {"cause": "排班漏了", "measure": "补派工程师", "answer": "已致歉并约好周三上门"}


@pytest.fixture
def complain(company, customer, agent, supervisor):
    def make(**fields):
        said = {
            "organisation": company,
            "customer": customer,
            "name": "陈芳",
            "phone": "13900001111",
            "words": "没人来",
        }
        return take_complaint(by=agent, **{**said, **fields})

    return make


def facts(complaint) -> list[str]:
    return list(Event.objects.of(complaint).order_by("id").values_list("kind", flat=True))


def test_it_belongs_to_the_supervisor_who_hears_of_it(complain, supervisor, pump):
    complaint = complain()
    pump()
    assert complaint.owner == supervisor
    assert complaint.number.startswith("CP-")
    assert Notice.objects.filter(user=supervisor, kind="complaint.received", case_id=complaint.pk).exists()


def test_it_never_belongs_to_the_one_complained_of(complain, supervisor, manager):
    complaint = complain(about=supervisor)
    assert complaint.owner == manager
    with pytest.raises(Refused):
        complaint.reply(by=supervisor, **WHOLE)
    with pytest.raises(Refused):
        complaint.give_to(supervisor, by=manager)
    assert complaint.moves_for(supervisor) == set()


def test_nobody_to_answer_it_is_said(company, customer, agent, person):
    only = person("only", "supervisor")
    with pytest.raises(Refused):
        take_complaint(organisation=company, name="陈芳", phone="1", words="没人来", by=agent, about=only)
    assert not Complaint.objects.exists()


def test_from_the_words_to_the_effect(complain, supervisor):
    complaint = complain()
    with pytest.raises(Refused):
        complaint.reply(cause="x", measure=" ", answer="x", by=supervisor)
    complaint.reply(by=supervisor, **WHOLE)
    complaint.reopen(words="周三也没人来", by=supervisor)
    assert complaint.words.endswith("周三也没人来")
    complaint.reply(by=supervisor, **WHOLE)
    complaint.agree(by=supervisor)
    with pytest.raises(Refused):
        complaint.close(effect="", by=supervisor)
    complaint.close(effect="一个月内没有再漏排", by=supervisor)
    assert complaint.status == "closed"
    assert facts(complaint) == [
        "complaint.received", "complaint.answered", "complaint.reopened", "complaint.answered", "complaint.agreed",
        "complaint.closed",
    ]  # fmt: skip


def test_the_pages(client, complain, supervisor, customer, person):
    client.force_login(supervisor)
    page = client.post(
        "/complaints/new/", {"customer": customer.pk, "name": "陈芳", "phone": "1", "words": "没人来"}, follow=True
    )
    complaint = Complaint.objects.get()
    assert complaint.number in page.content.decode()
    here = f"/complaints/{complaint.pk}/"
    wrong = client.post(f"{here}answer/", {"cause": "排班漏了"})
    assert (wrong.status_code, "排班漏了" in wrong.content.decode()) == (422, True)
    client.post(f"{here}answer/", WHOLE)
    client.post(f"{here}agree/")
    client.post(f"{here}close/", {"effect": "好了"})
    assert client.get(here).context["complaint"].status == "closed"
    assert complaint.number in client.get("/complaints/?view=closed").content.decode()
    assert complaint.number not in client.get("/complaints/").content.decode()
    assert client.post("/complaints/new/", {"name": "x", "phone": "1", "words": "y"}).status_code == 422


def test_another_owner_is_named_by_who_leads(client, complain, supervisor, manager, agent):
    complaint = complain()
    client.force_login(agent)
    client.post(f"/complaints/{complaint.pk}/give/", {"owner": agent.pk})
    complaint.refresh_from_db()
    assert complaint.owner == supervisor
    client.force_login(supervisor)
    client.post(f"/complaints/{complaint.pk}/give/", {"owner": manager.pk})
    complaint.refresh_from_db()
    assert complaint.owner == manager


def test_a_form_sent_twice_makes_one_complaint(complain):
    assert complain(key="form:1:a").pk == complain(key="form:1:a").pk
    assert Complaint.objects.count() == 1
