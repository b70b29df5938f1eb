"""Who sees whose rows: every room's `visible_to`, found by itself; a new one without an example here fails."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.apps import apps

from shouhou.people.actions import appoint
from shouhou.people.models import Organisation, User
from shouhou.shared.time import now

pytestmark = pytest.mark.django_db


def with_visible_to() -> dict[str, Any]:
    return {model._meta.label: model for model in apps.get_models() if hasattr(model._default_manager, "visible_to")}


MODELS = with_visible_to()
OF_CUSTOMER = {  # what a customer's own people see of it
    "customers.Customer", "customers.Site", "customers.Contact", "customers.Project", "equipment.InstalledItem",
    "agreements.Agreement", "requests.ServiceRequest", "requests.VisitRequest", "feedback.FollowUp",
    "feedback.Complaint", "hotline.HotlineCard", "visits.Visit", "records.Record",
}  # fmt: skip
OF_BRANCH = {
    "people.Organisation", "people.User", "requests.MajorIncident", "requests.Problem", "hotline.Call", "hotline.Line",
    "hotline.Door", "hotline.ShiftKind", "hotline.Shift", "requests.SupportRequest",
    "knowledge.Article", "knowledge.Compilation", "reports.CorrectiveAction",
}  # fmt: skip
OWN = {"notices.Notice", "requests.SavedView"}
LED = {"people.Leave"}  # one's own, and those of the branch that one leads


class Place:
    """An organisation with people, a customer, and one row of each model."""

    def __init__(self, organisation: Organisation, name: str, person: Any, take: Any) -> None:
        self.organisation = organisation
        self.colleague = person(f"{name}-engineer", "engineer", organisation=organisation)
        self.clerk = person(f"{name}-clerk")
        mine = {"organisation": organisation}
        customer = self.make("customers.Customer", name=f"{name}-customer", **mine)
        ours = {**mine, "customer": customer}
        self.customer = customer
        self.contact = self.make("customers.Contact", name="陈芳", user=self.clerk, **ours)
        item = self.make("equipment.InstalledItem", product=self.make("equipment.Product", name=name), **ours)
        level = apps.get_model("agreements", "ServiceLevel").objects.first()
        case = take(by=self.colleague, customer=customer, contact=self.contact)
        kind = self.make("hotline.ShiftKind", name=f"{name}早班", starts=time(8), ends=time(16), **mine)
        hour = {"starts_at": now(), "ends_at": now() + timedelta(hours=1)}
        self.rows: dict[str, Any] = {
            "people.Organisation": organisation,
            "people.User": self.colleague,
            "customers.Customer": customer,
            "customers.Contact": self.contact,
            "customers.Site": self.make("customers.Site", name="主楼", **ours),
            "customers.Project": self.make("customers.Project", name="P", manager=self.colleague, **ours),
            "equipment.InstalledItem": item,
            "agreements.Agreement": self.make(
                "agreements.Agreement", number=name, name="N", service_level=level, starts_on=date(2026, 1, 1), **ours
            ),
            "requests.ServiceRequest": case,
            "requests.VisitRequest": self.make(
                "requests.VisitRequest", request=case, number=name, wish="agreed", unit="U", address="A",
                contact_name="C", phone="1", taken_by=self.colleague, taken_at=now(), **ours,
            ),
            "requests.SupportRequest": self.make(
                "requests.SupportRequest", request=case, vendor=organisation, contact_name="C", way="fax", problem="P",
                tried="T", wanted="W", asked_by=self.colleague, asked_at=now(),
                paper=self.make(
                    "records.Record", kind="paper", title="R", status="draft", digest="0" * 64, made_at=now(), **ours
                ), **ours,
            ),
            "reports.CorrectiveAction": self.make(
                "reports.CorrectiveAction", clause="A5.1", cause="C", measure="M", owner=self.colleague,
                due_on=date(2026, 1, 31), opened_by=self.colleague, opened_at=now(), first_on=date(2026, 1, 1),
                last_on=date(2026, 1, 31), applicable=2, conforming=1, **mine,
            ),
            "hotline.Call": self.make("hotline.Call", arrived_at=now(), **ours),
            "hotline.Line": self.make("hotline.Line", name="H", number=f"028-{name}", **mine),
            "hotline.Door": self.make("hotline.Door", name="D", **mine),
            "hotline.ShiftKind": kind,
            "hotline.Shift": self.make(
                "hotline.Shift", kind=kind, user=self.colleague, planned_by=self.colleague, status="published",
                published_at=now(), limit_at=now(), **hour, **mine,
            ),
            "people.Leave": self.make(
                "people.Leave", user=self.colleague, asked_at=now(), from_at=hour["starts_at"],
                until_at=hour["ends_at"], **mine,
            ),
            "requests.MajorIncident": self.make(
                "requests.MajorIncident", title="M", leader=self.colleague, opened_at=now(), **mine
            ),
            "requests.Problem": self.make("requests.Problem", title="P", owner=self.colleague, opened_at=now(), **mine),
            "feedback.FollowUp": self.make(
                "feedback.FollowUp", request=case, served_by=self.colleague, from_on=date(2026, 1, 1),
                due_on=date(2026, 1, 5), **ours,
            ),
            "feedback.Complaint": self.make(
                "feedback.Complaint", number=f"CP-{name}", name="陈芳", phone="1", words="W", owner=self.colleague,
                taken_by=self.colleague, received_at=now(), **ours,
            ),
            "visits.Visit": self.make(
                "visits.Visit", request=case, number=f"SV-{name}", engineer=self.colleague, unit="U", address="A",
                contact_name="C", phone="1", planned_by=self.colleague, planned_at=now(), **hour, **ours,
            ),
            "hotline.HotlineCard": self.make(
                "hotline.HotlineCard", sent_at=now(), sent_by=self.colleague, digest=name, **ours
            ),
            "records.Record": self.make(
                "records.Record", kind="sheet", title="R", status="signed", digest="0" * 64, made_at=now(), **ours
            ),
            "notices.Notice": self.make(
                "notices.Notice", user=self.colleague, kind="clock.warned", case_kind="request", case_id=case.pk,
                made_at=now(),
            ),
            "knowledge.Article": self.make(  # a draft: what is published, every colleague reads
                "knowledge.Article", title="T", problem="P", author=self.colleague, edited_by=self.colleague,
                drafted_at=now(), **mine,
            ),
            "knowledge.Compilation": self.make(
                "knowledge.Compilation", starts_on=date(2026, 1, 1) - timedelta(days=customer.pk),
                ends_on=date(2026, 3, 31), due_on=date(2026, 4, 15), **mine,
            ),
            "requests.SavedView": self.make("requests.SavedView", user=self.colleague, name="mine", query="?a=b"),
        }  # fmt: skip

    @staticmethod
    def make(label: str, **fields: Any) -> Any:
        return apps.get_model(label).objects.create(**fields)


def seen_of(place: Place, by: User) -> set[str]:
    """Which of a place's rows this person sees, as the next web request asks it."""
    user = User.objects.get(pk=by.pk)
    counts = {
        label: model.objects.visible_to(user).filter(pk=place.rows[label].pk).count() for label, model in MODELS.items()
    }
    assert max(counts.values()) <= 1, "a row comes twice"
    return {label for label, count in counts.items() if count}


@pytest.fixture
def chengdu(centre, person, take):
    return Place(centre, "chengdu", person, take)


@pytest.fixture
def xian(company, person, take):
    return Place(Organisation.objects.create(name="西安服务中心", parent=company), "xian", person, take)


def test_every_model_with_visible_to_has_its_example(chengdu):
    assert set(MODELS) == set(chengdu.rows) == OF_CUSTOMER | OF_BRANCH | OWN | LED


def test_a_colleague_sees_the_rows_of_the_own_organisation_and_not_of_a_sibling(chengdu, xian):
    assert seen_of(chengdu, by=chengdu.colleague) == set(MODELS)
    assert seen_of(chengdu, by=xian.colleague) == set()
    assert seen_of(xian, by=xian.colleague) == set(MODELS)


def test_headquarters_sees_the_whole_tree_but_nobody_s_own_things(chengdu, xian, manager):
    for place in (chengdu, xian):
        assert seen_of(place, by=manager) == set(MODELS) - OWN


def test_a_centre_does_not_see_what_lies_above_it(company, chengdu, person, take):
    top = Place(company, "top", person, take)
    assert seen_of(top, by=chengdu.colleague) == set()
    assert seen_of(chengdu, by=top.colleague) == set(MODELS) - OWN - LED


def test_a_customer_sees_the_own_things_only(chengdu, xian):
    assert seen_of(chengdu, by=chengdu.clerk) == OF_CUSTOMER
    assert seen_of(chengdu, by=xian.clerk) == set()


def test_two_customers_of_one_organisation_do_not_see_each_other(chengdu, person, take):
    beside = Place(chengdu.organisation, "beside", person, take)
    assert seen_of(chengdu, by=beside.clerk) == set()
    assert seen_of(beside, by=beside.clerk) == OF_CUSTOMER


def test_somebody_without_role_and_customer_sees_nothing_at_all(chengdu, person):
    nobody = person("nobody")
    assert [label for label, model in MODELS.items() if model.objects.visible_to(nobody).exists()] == []


def test_a_former_colleague_sees_nothing_any_more(chengdu):
    chengdu.colleague.appointments.update(until_on=date(2026, 1, 1))
    assert seen_of(chengdu, by=chengdu.colleague) == OWN | LED


def test_a_colleague_who_is_yet_to_come_sees_nothing(chengdu):
    chengdu.colleague.appointments.update(from_on=date(2099, 1, 1))
    assert seen_of(chengdu, by=chengdu.colleague) == OWN | LED


def test_a_contact_that_retired_sees_nothing_any_more(chengdu):
    chengdu.contact.retired_at = now()
    chengdu.contact.save()
    assert seen_of(chengdu, by=chengdu.clerk) == set()


def test_an_organisation_whose_number_begins_alike_is_not_below(chengdu, person):
    """/1/2/ is not above /1/21/."""
    organisation = chengdu.organisation
    alike = Organisation.objects.create(pk=int(f"{organisation.pk}1"), name="alike", parent=organisation.parent)
    user = person("alike", "engineer", organisation=alike)
    assert alike.path.startswith(organisation.path[:-1])
    assert seen_of(chengdu, by=user) == set()
    assert alike not in Organisation.objects.visible_to(chengdu.colleague)


def test_two_roles_in_one_branch_show_a_row_once(chengdu):
    appoint(user=chengdu.colleague, role="agent", organisation=chengdu.organisation, from_on=date(2020, 1, 1), by=None)
    assert seen_of(chengdu, by=chengdu.colleague) == set(MODELS)
