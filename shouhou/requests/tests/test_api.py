"""The JSON door: the same rows, the same moves and the same words as the pages."""

import pytest

from shouhou.requests.models import ServiceRequest
from shouhou.requests.tests.make import at
from shouhou.shared.time import moved_to


@pytest.fixture
def api(client, agent):
    client.force_login(agent)
    return client


def post(client, path, body):
    return client.post(path, body, content_type="application/json")


@pytest.mark.parametrize("path", ["", "/1", "/1/clocks"])
def test_without_a_session_nothing_is_read(client, take, path):
    take()
    answer = client.get(f"/api/requests{path}")
    assert (answer.status_code, answer.json()) == (401, {"detail": "Unauthorized"})


def test_without_a_session_nothing_is_written(client, company):
    assert post(client, "/api/requests", {"subject": "x"}).status_code == 401
    assert not ServiceRequest.objects.exists()


def test_a_request_is_created_listed_and_read(api, customer, agreement):
    agreement("application_maintenance")
    with moved_to(at("2026-09-30 17:50")):
        made = post(
            api,
            "/api/requests",
            {
                "subject": "磁盘将满",
                "customer_id": customer.pk,
                "impact": "high",
                "urgency": "high",
                "description": "95 %",
            },
        )
    assert made.status_code == 201
    row = made.json()
    assert (row["status"], row["severity"], row["customer_id"]) == ("new", "critical", customer.pk)
    assert api.get("/api/requests").json() == [row]
    assert api.get(f"/api/requests/{row['id']}").json() == row
    clocks = api.get(f"/api/requests/{row['id']}/clocks").json()
    assert {c["code"]: c["state"] for c in clocks} == {"i8": "running", "i9": "running"}
    assert {c["code"]: c["due_at"] for c in clocks}["i9"] == "2026-10-09T16:00:00Z"


def test_pages_go_by_id(api, take):
    made = [take().pk for _ in range(5)]
    first = [r["id"] for r in api.get("/api/requests?limit=2").json()]
    rest = [r["id"] for r in api.get(f"/api/requests?after={first[-1]}").json()]
    assert first + rest == made


@pytest.mark.parametrize("path", ["", "/clocks"])
def test_a_stranger_gets_404_and_an_empty_list(client, take, stranger, path):
    case = take()
    client.force_login(stranger)
    assert client.get(f"/api/requests/{case.pk}{path}").status_code == 404
    assert client.get("/api/requests").json() == []
    assert post(client, f"/api/requests/{case.pk}/resolve", {"solution": "x"}).status_code == 404


def test_a_customer_that_one_cannot_see_is_404(client, stranger, customer):
    client.force_login(stranger)
    assert post(client, "/api/requests", {"subject": "x", "customer_id": customer.pk}).status_code == 404
    assert not ServiceRequest.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "subject"), ({"subject": ""}, "subject"), ({"subject": "x" * 201}, "subject"),
        ({"subject": "x", "reported_at": "gestern"}, "reported_at"),
        ({"subject": "x", "customer_id": "one"}, "customer_id"),
        ({"subject": "x", "kind": "party"}, "kind"), ({"subject": "x", "impact": "huge"}, "impact"),
        ({"subject": "x", "urgency": "later"}, "urgency"), ({"subject": "x", "channel": "pigeon"}, "channel"),
        ({"subject": "x", "reported_at": "2026-06-08T09:00:00"}, "reported_at"),  # no offset: which zone?
    ],
)  # fmt: skip
def test_a_wrong_body_is_422_and_names_the_field(api, company, body, field):
    answer = post(api, "/api/requests", body)
    assert answer.status_code == 422
    assert [error["loc"][-1] for error in answer.json()["detail"]] == [field]
    assert not ServiceRequest.objects.exists()


def test_a_refusal_is_409_with_the_words_of_the_page(api, take):
    case = take()
    assert post(api, f"/api/requests/{case.pk}/resolve", {"solution": "已修复"}).json()["status"] == "resolved"
    again = post(api, f"/api/requests/{case.pk}/resolve", {"solution": "再次"})
    page = api.post(f"/requests/{case.pk}/resolve/", {"solution": "再次"}, headers={"HX-Request": "true"})
    assert again.status_code == page.status_code == 409
    assert again.json()["detail"] in page.content.decode()


def test_a_report_in_the_future_is_409(api, company):
    answer = post(api, "/api/requests", {"subject": "x", "reported_at": "2099-01-01T09:00:00+08:00"})
    assert answer.status_code == 409
    assert not ServiceRequest.objects.exists()
