"""The customer's own rating: by the scanned code, once, never by a colleague, apart from the engineer's phone."""

import pytest

from shouhou.shared.models import Event
from shouhou.shared.time import moved_to
from shouhou.visits.actions import rating
from shouhou.visits.models import VisitRating
from shouhou.visits.tests.make import TWO, ask, phone, plan, take, visit, whole  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db
SCORES = {"attitude": "5", "quality": "4", "solving": "5", "words": "很及时"}


def path_of(row) -> str:
    return "/visits/rate/" + rating.address(row).split("/visits/rate/")[1]


@pytest.mark.clause("A4.11")
def test_the_customer_rates_once_by_the_scanned_code(client, visit, phone, engineer):
    here = path_of(visit)
    client.post(here, SCORES)
    assert not VisitRating.objects.exists()  # nobody came yet
    take(visit, whole(phone), engineer)
    assert client.post(here, {**SCORES, "quality": ""}).status_code == 422
    assert client.post(here, {**SCORES, "quality": "6"}).status_code == 422
    client.post(here, SCORES)
    client.post(here, {**SCORES, "attitude": "1"})
    row = VisitRating.objects.get()
    assert (row.attitude, row.quality, row.solving, row.words) == (5, 4, 5, "很及时")
    assert "thanks" in client.get(here).content.decode()
    assert Event.objects.get(kind="visit.rated").data["scores"] == [5, 4, 5]


def test_a_colleague_does_not_rate_and_addresses_are_not_guessed(client, visit, phone, engineer):
    take(visit, whole(phone), engineer)
    client.force_login(engineer)
    client.post(path_of(visit), SCORES)
    assert not VisitRating.objects.exists()
    for wrong in (f"/visits/rate/{visit.pk}/", f"/visits/rate/{visit.pk}:abc/", "/visits/rate/x/"):
        assert client.get(wrong).status_code == 404


def test_the_phone_takes_the_code_along(client, visit, engineer):
    client.force_login(engineer)
    with moved_to(TWO):
        packed = client.get("/visits/app/day.json").json()["visits"][0]
    assert packed["code"].startswith("data:image/svg+xml;base64,")
