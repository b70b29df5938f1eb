"""A calendar is changed by who leads its organisation; the common ones by who leads headquarters."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from shouhou.people.actions import appoint
from shouhou.people.rules import LEADING
from shouhou.promises.actions import make_calendar
from shouhou.promises.models import Calendar
from shouhou.promises.rules.calendar import Calendar as Days

pytestmark = pytest.mark.django_db
DAY = {"day": "2026-11-24", "what": "rest", "name": "厂庆"}
HOLIDAYS = b"""BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20270101\r
SUMMARY:New Year\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"""


def page_of(calendar: Calendar) -> str:
    return f"/promises/calendars/{calendar.pk}/"


@pytest.fixture
def calendars(company, centre) -> dict[str, Calendar]:
    """One of headquarters, one of the centre, one of nobody."""
    return {
        "headquarters": Calendar.objects.get(organisation=company),
        "centre": make_calendar(name="成都", days=Days.china(), organisation=centre),
        "common": Calendar.objects.filter(organisation=None).first()
        or make_calendar(name="通用", days=Days.china(), organisation=None),
    }


@pytest.mark.parametrize("role", sorted(LEADING))
@pytest.mark.parametrize("whose", ["headquarters", "centre", "common"])
@pytest.mark.parametrize("at", ["company", "centre"])
def test_only_who_leads_there_or_above_changes_a_calendar(client, person, company, centre, calendars, role, whose, at):
    client.force_login(person("li", role, organisation={"company": company, "centre": centre}[at]))
    calendar = calendars[whose]
    before, may = calendar.current.number, at == "company" or whose == "centre"

    client.post(page_of(calendar), DAY)
    client.post(page_of(calendar), {"file": SimpleUploadedFile("h.ics", HOLIDAYS)})

    assert calendar.current.number == before + (2 if may else 0)
    assert ('name="day"' in client.get(page_of(calendar)).content.decode()) is may


def test_a_role_that_leads_elsewhere_helps_nothing(client, person, company, centre, calendars):
    user = person("mixed", "duty_manager", organisation=centre)
    appoint(user=user, role="trainer", organisation=company, from_on=date(2020, 1, 1), by=None)
    client.force_login(user)
    before = calendars["headquarters"].current.number
    client.post(page_of(calendars["headquarters"]), DAY)
    assert calendars["headquarters"].current.number == before


@pytest.mark.parametrize("year", ["²", "x", "99999999999999999999", "-1", "0", "2026"])
def test_any_year_may_be_asked_for(client, agent, calendars, year):
    client.force_login(agent)
    assert client.get(page_of(calendars["common"]), {"year": year}).status_code == 200


def test_a_calendar_file_of_megabytes_is_not_read(client, manager, calendars):
    client.force_login(manager)
    calendar = calendars["headquarters"]
    before = calendar.current.number
    answer = client.post(page_of(calendar), {"file": SimpleUploadedFile("h.ics", HOLIDAYS + b" " * 1024 * 1024)})
    assert (answer.status_code, calendar.current.number) == (422, before)
    assert "h.ics" in answer.content.decode()
