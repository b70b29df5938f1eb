"""Who may change whose account: only where one administers, never a superuser's, and not unseen."""

from datetime import date

import pytest

from shouhou.people.actions import appoint
from shouhou.people.models import Organisation, User
from shouhou.shared.models import Event

pytestmark = pytest.mark.django_db
NEW = "taken-over-99"


def fields(user: User, organisation: Organisation, **changes) -> dict[str, object]:
    return {
        "username": user.username, "name": user.name, "number": user.number, "email": user.email, "phone": user.phone,
        "is_active": "on", "organisation": organisation.pk, "roles": ["engineer"], "password": "", **changes,
    }  # fmt: skip


@pytest.fixture
def mixed(person, company, centre):
    """Administers the centre, and only trains at headquarters."""
    user = person("mixed", "administrator", organisation=centre)
    appoint(user=user, role="trainer", organisation=company, from_on=date(2020, 1, 1), by=None)
    return User.objects.get(pk=user.pk)


def test_an_office_in_one_place_keeps_nobody_in_another(client, mixed, engineer, company, centre):
    client.force_login(mixed)
    client.get(f"/people/{engineer.pk}/")
    client.post(f"/people/{engineer.pk}/", fields(engineer, company, password=NEW, roles=["administrator"]))
    client.post(f"/people/{engineer.pk}/", fields(engineer, centre, password=NEW, roles=["administrator"]))

    engineer = User.objects.get(pk=engineer.pk)
    assert engineer.check_password("correct-horse-1")
    assert engineer.roles == {"engineer"}
    assert "engineer" not in client.get("/people/").content.decode()


def test_nor_gives_roles_or_founds_organisations_there(client, mixed, person, company, centre):
    client.force_login(mixed)
    new = User(username="han", name="韩梅")
    assert client.post("/people/new/", fields(new, company, password=NEW)).status_code == 422
    assert client.post("/people/new/", fields(new, centre, password=NEW)).status_code == 302
    place = {"name": "X", "kind": "centre", "parent": company.pk, "zone": "Asia/Shanghai"}
    assert client.post("/people/organisations/", place).status_code == 422
    assert company not in client.get("/people/organisations/").context["rows"]


@pytest.mark.parametrize("role", ["general_manager", "administrator"])
def test_a_superuser_is_changed_by_a_superuser_only(client, person, company, role):
    root = person("root", "administrator", is_superuser=True)
    client.force_login(person("boss", role))
    client.post(f"/people/{root.pk}/", fields(root, company, password=NEW, email="x@evil.example"))
    root.refresh_from_db()
    assert (root.check_password("correct-horse-1"), root.email) == (True, "")

    client.force_login(person("second", "administrator", is_superuser=True))
    assert client.post(f"/people/{root.pk}/", fields(root, company, password=NEW)).status_code == 302
    root.refresh_from_db()
    assert root.check_password(NEW)


def test_a_password_set_by_another_and_changed_fields_are_recorded(client, person, engineer, company):
    boss = person("boss", "administrator")
    client.force_login(boss)
    client.post(f"/people/{engineer.pk}/", fields(engineer, company, password=NEW, phone="13900139000"))

    events = {e.kind: e for e in Event.objects.of(engineer).filter(by_id=boss.pk)}
    assert set(events) == {"person.edited", "person.password_reset"}
    assert events["person.edited"].data == {"fields": ["phone"]}
    assert "139" not in str([e.data for e in events.values()])


def test_a_new_colleague_s_first_password_is_no_reset(client, person, company):
    client.force_login(person("boss", "administrator"))
    client.post("/people/new/", fields(User(username="han", name="韩梅"), company, password=NEW))
    kinds = set(Event.objects.of(User.objects.get(username="han")).values_list("kind", flat=True))
    assert kinds == {"person.appointed"}


def me(user: User, **changes: str) -> dict[str, str]:
    return {
        "name": user.name, "email": user.email, "phone": "", "language": "zh-hans", "zone": "Asia/Shanghai",
        "theme": "auto", **changes,
    }  # fmt: skip


def test_a_customer_keeps_the_name_that_we_know(client, customer_user):
    client.force_login(customer_user)
    assert client.post("/people/me/", me(customer_user, name="周敏 值班经理", phone="1")).status_code == 302
    customer_user.refresh_from_db()
    assert (customer_user.name, customer_user.phone) == ("陈芳", "1")
    assert "disabled" in client.get("/people/me/").content.decode()


@pytest.mark.parametrize("address", ["zhou@huaxin.example", "ZHOU@huaxin.example"])
def test_an_address_by_which_another_signs_in_is_not_taken(client, person, customer_user, company, address):
    zhou = person("zhou", "engineer", email="zhou@huaxin.example")
    client.force_login(customer_user)
    assert client.post("/people/me/", me(customer_user, email=address)).status_code == 422
    client.post("/accounts/email/", {"action_add": "", "email": address})
    client.post("/accounts/email/", {"action_primary": "", "email": address})
    customer_user.refresh_from_db()
    assert customer_user.email == ""

    client.force_login(person("boss", "administrator"))
    other = User(username="han", name="韩梅", email=address)
    assert client.post("/people/new/", fields(other, company, password=NEW)).status_code == 422

    User.objects.filter(pk=zhou.pk).update(is_active=False)
    assert client.post("/people/new/", fields(other, company, password=NEW)).status_code == 302


def test_one_s_own_address_may_stay(client, person):
    user = person("li", "agent", email="li@huaxin.example")
    client.force_login(user)
    assert client.post("/people/me/", me(user)).status_code == 302
    assert client.post("/people/me/", me(user, email="Li@huaxin.example")).status_code == 302
