"""A role holds from its first day to its last, counted where the company is."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from shouhou.people.actions import appoint, save_colleague
from shouhou.people.models import Organisation, User
from shouhou.people.rules import LEADING, SERVING, Role
from shouhou.shared.models import Event
from shouhou.shared.time import moved_to

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 9, 30, 4, tzinfo=UTC)  # 12:00 in Shanghai


def fresh(user: User) -> User:
    """As the next web request reads the person."""
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize(
    ("from_on", "until_on", "holds"),
    [
        (date(2026, 9, 30), None, True),
        (date(2026, 9, 1), date(2026, 9, 30), True),
        (date(2026, 9, 30), date(2026, 9, 30), True),
        (date(2026, 10, 1), None, False),
        (date(2026, 9, 1), date(2026, 9, 29), False),
    ],
)
def test_first_and_last_day_count(person, company, from_on, until_on, holds):
    user = person("li")
    appoint(user=user, role=Role.ENGINEER, organisation=company, from_on=from_on, until_on=until_on, by=None)

    with moved_to(NOON):
        assert (fresh(user).roles == {Role.ENGINEER}) is holds
        assert fresh(user).is_colleague is holds
        assert (user in User.objects.holding(Role.ENGINEER)) is holds


@pytest.mark.parametrize(
    ("instant", "holds"),
    [
        (datetime(2026, 9, 29, 15, 59, tzinfo=UTC), False),  # 29 September, 23:59 in Shanghai
        (datetime(2026, 9, 29, 16, 1, tzinfo=UTC), True),  # 30 September, 00:01
        (datetime(2026, 9, 30, 15, 59, tzinfo=UTC), True),  # 30 September, 23:59
        (datetime(2026, 9, 30, 16, 1, tzinfo=UTC), False),  # 1 October, 00:01
    ],
)
def test_the_day_begins_at_midnight_in_shanghai_not_in_greenwich(person, company, instant, holds):
    user = person("li")
    day = date(2026, 9, 30)
    appoint(user=user, role=Role.ENGINEER, organisation=company, from_on=day, until_on=day, by=None)

    with moved_to(instant):
        assert fresh(user).is_colleague is holds


def test_a_role_cannot_end_before_it_begins(person, company):
    with pytest.raises(IntegrityError), transaction.atomic():
        appoint(
            user=person("li"),
            role=Role.AGENT,
            organisation=company,
            from_on=date(2026, 9, 2),
            until_on=date(2026, 9, 1),
            by=None,
        )


def test_several_roles_in_several_organisations(person, company, centre):
    user = person("li", "agent", organisation=centre)
    appoint(user=user, role=Role.TRAINER, organisation=company, from_on=date(2020, 1, 1), by=None)

    user = fresh(user)
    assert user.roles == {Role.AGENT, Role.TRAINER}
    assert user.holds(Role.TRAINER)
    assert user.holds(Role.AGENT, organisation_path=centre.path)
    assert not user.holds(Role.AGENT, organisation_path=company.path)
    assert user.home == centre  # that of the first appointment
    assert user.sees_all


@pytest.mark.parametrize("role", Role.values)
def test_what_a_role_may_by_its_nature(person, role):
    user = person("li", role)
    assert (user.serves, user.leads) == (role in SERVING, role in LEADING)


def test_who_holds_a_role_above_holds_it_for_the_centre(person, company, centre):
    other = Organisation.objects.create(name="西安服务中心", parent=company)
    top, here, there = (
        person(name, "duty_manager", organisation=place)
        for name, place in (("top", company), ("here", centre), ("there", other))
    )
    assert set(User.objects.holding(Role.DUTY_MANAGER, organisation=centre)) == {top, here}
    assert set(User.objects.holding(Role.DUTY_MANAGER)) == {top, here, there}


def test_who_left_holds_nothing(person, company):
    user = person("li", "engineer")
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert user not in User.objects.holding(Role.ENGINEER)


def test_the_appointment_is_in_the_journal_with_who_gave_it(person, company, manager):
    user = person("li", "engineer")
    appoint(user=user, role=Role.AGENT, organisation=company, from_on=date(2026, 1, 1), by=manager)
    event = Event.objects.of(user).order_by("-id").first()
    assert (event.kind, event.by_id, event.data) == (
        "person.appointed",
        manager.pk,
        {"role": "agent", "organisation": company.pk},
    )


def test_saving_a_colleague_makes_the_roles_exactly_these(person, company, manager):
    user = person("li", "agent", "trainer")
    save_colleague(user, organisation=company, roles=["agent", "engineer"], password="", by=manager)

    assert fresh(user).roles == {Role.AGENT, Role.ENGINEER}
    assert user.check_password("correct-horse-1")


def test_saving_roles_leaves_those_in_other_organisations_alone(person, company, centre, manager):
    user = person("li", "agent", organisation=centre)
    save_colleague(user, organisation=company, roles=["trainer"], password="", by=manager)
    assert fresh(user).roles == {Role.AGENT, Role.TRAINER}


@pytest.mark.parametrize("hour", [1, 9, 17])
def test_a_role_given_now_holds_now_and_one_taken_away_is_gone_at_once(person, company, manager, hour):
    """Also a role that was given by mistake a minute ago."""
    user = person("li", "agent")
    with moved_to(datetime(2026, 9, 30, hour, tzinfo=UTC)):
        save_colleague(user, organisation=company, roles=["agent", "administrator"], password="", by=manager)
        assert fresh(user).roles == {Role.AGENT, Role.ADMINISTRATOR}
        save_colleague(fresh(user), organisation=company, roles=["engineer"], password="", by=manager)
        assert fresh(user).roles == {Role.ENGINEER}
        save_colleague(fresh(user), organisation=company, roles=["administrator"], password="", by=manager)
        assert fresh(user).roles == {Role.ADMINISTRATOR}


def test_taking_a_role_away_is_recorded_too(person, company, manager):
    user = person("li", "agent", "trainer")
    before = Event.objects.of(user).count()
    save_colleague(user, organisation=company, roles=["agent"], password="", by=manager)

    event = Event.objects.of(user).order_by("-id").first()
    assert Event.objects.of(user).count() == before + 1
    assert (event.kind, event.by_id, event.data["role"]) == ("person.relieved", manager.pk, "trainer")


def test_the_path_of_an_organisation_follows_its_place_in_the_tree(company, centre):
    below = Organisation.objects.create(name="高新站", parent=centre)
    assert below.path == f"/{company.pk}/{centre.pk}/{below.pk}/"
    assert Organisation.top() == company
    assert set(Organisation.objects.under([centre.path])) == {centre, below}


def test_a_branch_that_moves_takes_its_own_branch_along(company, centre):
    below = Organisation.objects.create(name="高新站", parent=centre)
    region = Organisation.objects.create(name="西南大区", parent=company)
    centre.parent = region
    centre.save()

    below.refresh_from_db()
    assert centre.path == f"{region.path}{centre.pk}/"
    assert below.path == f"{centre.path}{below.pk}/"
