"""A walk over every address with every sort of person: nobody breaks a page, nobody meets a stranger's row."""

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client

from shouhou.people.models import User
from shouhou.people.rules import Role
from shouhou.shared.models import Event
from shouhou.shared.time import now
from tests import things as things_of
from tests.test_house import PUBLIC, addresses

pytestmark = pytest.mark.django_db
STAFF = list(Role.values)
OUTSIDERS = ["customer", "stranger", "other branch", "nobody"]  # who must not meet the objects of the walk
ELSEWHERE = ("accounts/", "api/")  # the sign-in library; api is walked apart
DOWNLOADS = {"requests/export/", "imports/sample/"}

# Whose objects an address shows: what the number or word in the address means.
OBJECTS = {
    "requests/views/<int:pk>/drop/": "view",
    "requests/incidents/<int:pk>/": "incident",
    "requests/problems/<int:pk>/": "problem",
    "requests/files/<int:pk>/": "attachment",
    "requests/support/<int:pk>/": "support",
    "requests/<int:pk>/": "request",
    "portal/requests/<int:pk>/": "request",
    "customers/contacts/<int:pk>/": "contact",
    "customers/<int:pk>/": "customer",
    "agreements/presets/<slug:key>/": "preset",
    "agreements/<int:pk>/": "agreement",
    "promises/calendars/<int:pk>/": "calendar",
    "people/<int:pk>/": "person",
    "follow-ups/<int:pk>/": "follow_up",
    "equipment/<int:pk>/": "item",
    "equipment/of/<int:customer>/": "customer",
    "notices/<int:pk>/": "notice",
    "hotline/calls/<int:pk>/": "call",
    "hotline/requests/<int:pk>/": "request",
    "hotline/visits/<int:pk>/": "visit",
    "visits/plan/<int:pk>/": "visit",
    "visits/<int:pk>/": "on_site",
    "hotline/doors/<int:pk>/": "door",
    "hotline/lines/<int:pk>/": "line",
    "hotline/cards/<int:pk>/": "card",
    "complaints/<int:pk>/": "complaint",
    "reports/conformance/<str:code>/": "clause",
    "reports/corrective/<int:pk>/": "corrective",
    "records/<int:pk>/": "record",
    "knowledge/<int:pk>/": "article",
    "knowledge/compilations/<int:pk>/": "compilation",
    "knowledge/requests/<int:pk>/": "request",
    "records/signatures/<int:pk>/": "signature",
    "hotline/leave/<int:pk>/": "leave",
    "hotline/shift/<int:pk>/": "shift",
    "hotline/roster/kinds/<int:pk>/": "shift_kind",
    "hotline/roster/skills/<int:pk>/": "qualification",
}
CUSTOMERS_MOVES = {f"requests/<int:pk>/{move}/" for move in ("cancel", "confirm", "reopen")}  # MOVES: may_confirm
LISTS = {"requests/", "requests/board/", "requests/export/", "requests/<int:pk>/promises/"}
SHARED_BY_ALL = {"preset", "calendar", "clause"}  # reference data of the company, no customer's secret
CUSTOMERS_OWN = {
    "portal/requests/<int:pk>/",
    "requests/files/<int:pk>/",
    "records/",
    "records/<int:pk>/",
    "records/<int:pk>/pdf/",
    "records/signatures/<int:pk>/",
}  # fmt: skip  (a customer's people may open these of theirs)


def object_of(route: str) -> str:
    """Which object the address names; "" for a list or a form. The longest beginning counts."""
    if "<" not in route:
        return ""
    fitting = [start for start in OBJECTS if route.startswith(start)]
    assert fitting, f"{route}: say in OBJECTS what its number means"
    return OBJECTS[max(fitting, key=len)]


def walked() -> list[str]:
    return [r for r in addresses() if r not in PUBLIC and not r.startswith(ELSEWHERE)]


@pytest.fixture(autouse=True)
def _no_static_scan(settings):
    """Every test client starts the middleware anew; the web server's list of static files takes it half a second."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def things(company, customer, contact, person, take, agreement, manager) -> dict[str, Any]:
    """One object of each kind, all of one customer at headquarters."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from shouhou.equipment.models import InstalledItem, Product
    from shouhou.feedback.models import Complaint, FollowUp
    from shouhou.hotline.models import Call, Door, HotlineCard, Line
    from shouhou.notices.models import Notice
    from shouhou.promises.models import Calendar
    from shouhou.requests.actions.visits import Where, ask_for_visit
    from shouhou.requests.models import Attachment, MajorIncident, Problem, SavedView
    from shouhou.requests.tests.make import vendor_asked
    from shouhou.shared.files import keep

    worker = person("worker", "engineer")
    deal = agreement("application_maintenance")
    case = take()
    here = {"organisation": company}
    blob = keep(SimpleUploadedFile("a.log", b"08:31 stopped"))
    made = {
        "request": case,
        "customer": customer,
        "contact": contact,
        "agreement": deal,
        "calendar": Calendar.objects.first(),
        "person": worker,
        "attachment": Attachment.objects.create(request=case, blob=blob, name="a.log", by=worker, at=now()),
        "incident": MajorIncident.objects.create(title="M", leader=worker, opened_at=now(), **here),
        "problem": Problem.objects.create(title="P", owner=worker, opened_at=now(), **here),
        "follow_up": FollowUp.objects.create(
            request=case, customer=customer, served_by=worker, from_on=date(2026, 1, 1), due_on=date(2026, 1, 5), **here
        ),
        "notice": Notice.objects.create(
            user=manager, kind="clock.warned", case_kind="request", case_id=case.pk, made_at=now()
        ),
        "call": Call.objects.create(customer=customer, arrived_at=now(), phase="ended", agent=worker, **here),
        "visit": ask_for_visit(
            case, wish="urgent", where=Where("市民中心", "天府大道", "陈芳", "028-1"), wanted="今天", by=manager
        ),
        "item": InstalledItem.objects.create(
            product=Product.objects.create(name="政务平台", kind="software"), customer=customer, **here
        ),
        "line": Line.objects.create(organisation=company, name="热线", number="400-1"),
        "card": HotlineCard.objects.create(customer=customer, sent_at=now(), sent_by=worker, numbers=[], **here),
        "complaint": Complaint.objects.create(
            number="CP-1",
            customer=customer,
            name="陈芳",
            phone="1",
            words="窗口电脑无法打印",
            owner=worker,
            taken_by=worker,
            received_at=now(),
            **here,
        ),
        "on_site": things_of.on_site(case, worker),
        "support": vendor_asked(case, worker),
        "corrective": things_of.corrective(company, worker),
        "door": Door.objects.create(name="总机", **here),
        **things_of.duty(company, worker),
        **things_of.paper(company, customer, worker),
        **things_of.learnt(company, worker),
        "view": SavedView.objects.create(user=manager, name="mine", query="?a=b"),
    }
    return {**{name: row.pk for name, row in made.items()}, "preset": "application_maintenance", "clause": "A3.11"}


def address(route: str, things: dict[str, Any]) -> str:
    return "/" + re.sub(r"<[^>]+>", lambda _m: str(things[object_of(route)]), route)


@pytest.fixture
def visitor(person, centre, customer_user, stranger):
    """A signed-in browser of some sort of person; it answers 500 like the real server, instead of raising."""

    def make(who: str) -> Client:
        people = {"customer": customer_user, "stranger": stranger}
        if who == "other branch":
            user = person("branch", "engineer", organisation=centre)
        else:
            user = people.get(who) or person(f"the-{who}", *([who] if who in STAFF else []))
        client = Client(raise_request_exception=False)
        client.force_login(User.objects.get(pk=user.pk))
        return client

    return make


def answers(client: Client, method: str, routes: list[str], things: dict[str, Any]) -> dict[str, int]:
    return {route: getattr(client, method)(address(route, things)).status_code for route in routes}


def test_every_address_with_a_number_is_known():
    assert {object_of(route) for route in walked()} == {"", *OBJECTS.values()}


@pytest.mark.parametrize("who", [*STAFF, *OUTSIDERS])
def test_no_page_breaks_for_anybody(visitor, things, who):
    found = answers(visitor(who), "get", walked(), things)
    assert {route: code for route, code in found.items() if code >= 500} == {}
    assert set(found.values()) <= {200, 302, 403, 404, 405, 409}


@pytest.mark.parametrize("who", [*STAFF, *OUTSIDERS])
def test_no_form_sent_empty_breaks_for_anybody(visitor, things, who):
    found = answers(visitor(who), "post", walked(), things)
    assert {route: code for route, code in found.items() if code >= 500} == {}


@pytest.mark.parametrize("who", ["stranger", "other branch", "nobody"])
def test_a_stranger_s_number_is_not_found(visitor, things, who):
    client = visitor(who)
    wrong = {}
    for route in walked():
        if object_of(route) and object_of(route) not in SHARED_BY_ALL:
            codes = [getattr(client, m)(address(route, things)).status_code for m in ("get", "post")]
            if any(code not in (404, 405) for code in codes) and not administrators_only(route, codes):
                wrong[route] = codes
    assert wrong == {}


def administrators_only(route: str, codes: list[int]) -> bool:
    """The people's pages turn away before they look for the person: that tells nothing either."""
    return route.startswith("people/") and set(codes) == {302}


def test_a_customer_finds_the_own_requests_in_the_portal_only(visitor, things):
    client = visitor("customer")
    wrong = {}
    for route in walked():
        if object_of(route) and object_of(route) not in SHARED_BY_ALL:
            code = client.get(address(route, things)).status_code
            expected = {200} if route in CUSTOMERS_OWN else {302} if route == "requests/<int:pk>/" else {404, 405}
            if code not in expected and not administrators_only(route, [code]):
                wrong[route] = code
    assert wrong == {}


@pytest.mark.parametrize("who", ["customer", "stranger", "nobody"])
def test_who_is_no_colleague_opens_no_page_of_ours(visitor, things, who):
    open_to_all = {"", "people/me/", "search/", "notices/", "notices/read/", "promises/count/"}
    open_to_all |= {"knowledge/"}  # customers read what is published to them
    wrong = {}
    client = visitor(who)
    for route in walked():
        if route.startswith("portal/") or route in open_to_all | CUSTOMERS_OWN:
            continue
        answer = client.get(address(route, things))
        if answer.status_code == 200:
            wrong[route] = answer.status_code
    assert wrong == {}


@pytest.mark.parametrize("who", ["stranger", "nobody", "other branch"])
def test_words_of_a_customer_reach_no_stranger(visitor, things, who, customer):
    client = visitor(who)
    for route in walked():
        answer = client.get(address(route, things), {"q": "打印"})
        if route in DOWNLOADS or answer.streaming:
            continue
        body = answer.content.decode("utf-8", "replace")
        assert customer.name not in body, route
        assert "窗口电脑无法打印" not in body, route


def sent(things: dict[str, Any]) -> dict[str, Any]:
    """A form that fits many doors at once, so that a refusal comes from the rights and not from an empty field."""
    return {
        "solution": "x", "reason": "x", "text": "x", "way": "note", "fact": "visit.arrived", "impact": "high",
        "urgency": "high", "how": "spoken", "words": "x", "title": "x", "name": "x", "number": "X-1", "subject": "x",
        "description": "x", "need": "x", "coverage": "covered", "answer": "x", "solved": "yes",
        "customer": things["customer"],
        "level": "application_maintenance", "starts_on": "2026-01-01", "target": things["request"], "root_cause": "x",
    }  # fmt: skip


@pytest.mark.parametrize("who", ["customer", "stranger", "nobody", "other branch"])
def test_forms_sent_without_rights_change_nothing(visitor, things, who):
    """Whatever the door answers, the journal of the objects stays as it is."""
    client = visitor(who)
    before = Event.objects.count()
    codes = {}
    for route in walked():
        if who == "customer" and (route.startswith("portal/") or route in CUSTOMERS_MOVES):
            continue
        if object_of(route) and object_of(route) not in SHARED_BY_ALL:
            codes[route] = client.post(address(route, things), sent(things)).status_code
            assert Event.objects.count() == before, f"{route} was recorded"
    allowed = {302, 403, 404, 405, 409, 422}
    assert {r: c for r, c in codes.items() if c not in allowed} == {}


@pytest.mark.parametrize("route", sorted(LISTS))
def test_a_customer_opens_no_list_of_ours(visitor, things, route):
    assert visitor("customer").get(address(route, things)).status_code in (302, 403, 404)


BELOW_A_REQUEST = sorted(
    route.split("/")[-2] for route in addresses() if route.startswith("requests/<int:pk>/") and route.count("/") == 3
)


@pytest.mark.parametrize("move", BELOW_A_REQUEST)
def test_a_customer_never_reads_an_internal_note(visitor, things, manager, move):
    from shouhou.requests.actions.talk import write_note
    from shouhou.requests.models import ServiceRequest

    write_note(ServiceRequest.objects.get(pk=things["request"]), text="客户很难缠", by=manager)
    client = visitor("customer")
    for fields in ({}, sent(things)):
        for headers in ({"HX-Request": "true"}, {}):
            answer = client.post(f"/requests/{things['request']}/{move}/", fields, headers=headers, follow=True)
            assert "客户很难缠" not in answer.content.decode()


LEADERS_ONLY = ["agreements/<int:pk>/end/", "agreements/<int:pk>/sign/"]


@pytest.mark.parametrize("who", ["agent", "engineer", "trainer", "training_administrator", "document_keeper"])
def test_agreements_are_not_ended_by_people_who_do_not_lead(visitor, things, who):
    from shouhou.agreements.models import Agreement

    client = visitor(who)
    for route in LEADERS_ONLY:
        assert client.post(address(route, things), sent(things)).status_code in (302, 403, 404, 409)
    assert Agreement.objects.get(pk=things["agreement"]).status == "in_force"


@pytest.mark.parametrize(
    "who", ["trainer", "training_administrator", "document_keeper", "general_manager", "administrator"]
)
def test_a_request_is_not_moved_by_roles_that_do_not_serve(visitor, things, who):
    from shouhou.requests.models import ServiceRequest

    client = visitor(who)
    before = Event.objects.count()
    for move in ("begin", "resolve", "grade", "merge", "split", "reassign", "problem", "close", "reopen", "cancel"):
        client.post(f"/requests/{things['request']}/{move}/", sent(things))
        assert Event.objects.count() == before, f"{who} could {move}"
    assert ServiceRequest.objects.get(pk=things["request"]).status == "new"


API = ["", "/{request}", "/{request}/clocks"]


@pytest.mark.parametrize("who", [*STAFF, *OUTSIDERS])
def test_the_json_door_shows_the_same_rows(visitor, things, who):
    client = visitor(who)
    insider = who in STAFF or who == "customer"
    rows = client.get("/api/requests").json()
    assert [row["id"] for row in rows] == ([things["request"]] if insider else [])
    for route in API[1:]:
        assert client.get("/api/requests" + route.format(**things)).status_code == (200 if insider else 404)


@pytest.mark.parametrize("who", OUTSIDERS)
def test_the_json_door_takes_no_writing_from_outsiders(visitor, things, who):
    client = visitor(who)
    before = Event.objects.count()
    answer = client.post(f"/api/requests/{things['request']}/resolve", {"solution": "x"}, "application/json")
    assert answer.status_code in (403, 404, 409)
    if who != "customer":  # a customer's people may raise a request of their own
        made = client.post("/api/requests", {"subject": "x", "customer_id": things["customer"]}, "application/json")
        assert made.status_code in (403, 404, 409)
    assert Event.objects.count() == before


@pytest.mark.parametrize("who", ["customer", "stranger", "nobody"])
def test_only_colleagues_raise_a_request_for_a_caller_without_customer(visitor, things, who):
    client = visitor(who)
    made = client.post("/api/requests", {"subject": "x", "caller_unit": "y"}, "application/json")
    assert made.status_code in (403, 404, 409, 422)
