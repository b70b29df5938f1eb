"""Who may watch what live: the session is read as for every page."""

import pytest
from django.conf import settings
from django.test import Client

from shouhou.desk.views import _watching
from shouhou.people.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_connection(monkeypatch):
    """The stream asks in a thread of its own and gives the connection back; here it is the test's own."""
    monkeypatch.setattr("shouhou.desk.views.close_old_connections", lambda: None)


def cookies(client: Client) -> str:
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


@pytest.fixture
def signed_in(client, agent) -> str:
    client.force_login(agent)
    return cookies(client)


def test_a_colleague_watches_the_own_branch_only(signed_in, agent, take, person, centre):
    asked = [f"request:{take().pk}", f"board:{agent.home.pk}", f"board:{centre.pk}", "board:0", "person:1", "request:"]
    assert _watching(signed_in, asked) == (agent.pk, frozenset(asked[:3]))

    other = Client()
    other.force_login(person("local", "agent", organisation=centre))
    found = _watching(cookies(other), asked)
    assert found is not None
    assert found[1] == {asked[2]}


@pytest.mark.parametrize("topic", ["request:²", "board:٣", "board:" + "9" * 400, "board:-1", ":", "", "board:1\0"])
def test_a_topic_without_a_real_number_is_left_out(signed_in, agent, topic):
    assert _watching(signed_in, [topic]) == (agent.pk, frozenset())


def test_signing_out_ends_the_right(signed_in, client):
    client.post("/accounts/logout/")
    assert _watching(signed_in, ["board:1"]) is None


def test_a_new_password_ends_the_right(signed_in, agent):
    agent.set_password("another-horse-2")
    agent.save()
    assert _watching(signed_in, ["board:1"]) is None


def test_who_left_watches_nothing(signed_in, agent):
    User.objects.filter(pk=agent.pk).update(is_active=False)
    assert _watching(signed_in, ["board:1"]) is None


@pytest.mark.parametrize("cookie", ["", "sessionid=x", "sessionid=", "a=b; c"])
def test_a_stranger_watches_nothing(company, cookie):
    assert _watching(cookie, ["board:1"]) is None
