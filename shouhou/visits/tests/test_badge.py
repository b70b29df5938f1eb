"""On site: the badge that customers scan, the vendor's engineers, calls for support, the engineer's calendar."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from icalendar import Calendar

from shouhou.records.tests.make import png
from shouhou.requests.tests.make import kinds
from shouhou.shared.files import keep
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import moved_to
from shouhou.visits.actions import badge, calendar, helping
from shouhou.visits.actions.papers import content_of
from shouhou.visits.tests.make import TWO, ask, phone, plan, take, uid, visit  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


def path_of(row) -> str:
    return "/visits/badge/" + badge.address(row).split("/visits/badge/")[1]


# --- the badge ------------------------------------------------------------------------------------


@pytest.mark.clause("A4.2")
def test_the_scanned_badge_shows_photo_name_and_number(client, visit, engineer):
    engineer.portrait = keep(SimpleUploadedFile("w.png", png(), "image/png"))
    engineer.number = "HX-0017"
    engineer.save()
    with moved_to(TWO):
        shown = client.get(path_of(visit)).content.decode()
    assert engineer.name in shown
    assert "HX-0017" in shown
    assert "data:image/png;base64," in shown


@pytest.mark.clause("A4.2")
def test_the_badge_is_void_at_other_times_for_others_and_made_up(client, visit, person, manager):
    here = path_of(visit)
    for at in (TWO - timedelta(hours=26), TWO + timedelta(hours=30)):
        with moved_to(at):
            assert client.get(here).status_code == 404
    with moved_to(TWO):
        assert client.get(here).status_code == 200
        assert client.get(here[:-2] + "x/").status_code == 404
        visit.give_to(person("other", "engineer"), by=manager)
        assert client.get(here).status_code == 404


@pytest.mark.clause("A4.2")
def test_looking_proves_nothing_and_a_colleague_s_word_neither(client, visit, engineer):
    with moved_to(TWO):
        client.get(path_of(visit))
        client.force_login(engineer)
        client.post(path_of(visit))
    visit.refresh_from_db()
    assert visit.badge_seen_at is None


@pytest.mark.parametrize("first", ["scan", "phone"])
def test_the_customer_s_scan_proves_the_arrival_whichever_comes_first(client, visit, phone, engineer, first):
    phone.do("set_out")
    for step in ("prepare", "badge"):
        phone.step(step)
    phone.do("arrive", how="none")

    def scan():
        with moved_to(TWO):
            client.post(path_of(visit))

    if first == "phone":
        take(visit, phone, engineer, at=TWO)
        visit.refresh_from_db()
        assert visit.evidence == "none"
        scan()
    else:
        scan()
        take(visit, phone, engineer)
    visit.refresh_from_db()
    assert visit.evidence == "scan"
    assert kinds(visit.request, "visit.badge_verified") == ["visit.badge_verified"]
    arrived = (
        Event.objects.of(visit.request).filter(kind__in=("visit.arrived", "event.corrected")).order_by("id").last()
    )
    assert arrived.data["evidence"] == "scan"


def test_an_administrator_gives_the_badge_its_photo(client, person, engineer):
    admin = person("root", "administrator")
    client.force_login(admin)
    words = {"username": engineer.username, "name": engineer.name, "is_active": "on", "roles": ["engineer"],
             "organisation": engineer.posts[0].organisation_id}  # fmt: skip
    text = SimpleUploadedFile("w.txt", b"not a picture", "text/plain")
    assert client.post(f"/people/{engineer.pk}/", {**words, "photo": text}).status_code == 422
    picture = SimpleUploadedFile("w.png", png(), "image/png")
    assert client.post(f"/people/{engineer.pk}/", {**words, "photo": picture}).status_code == 302
    engineer.refresh_from_db()
    assert badge.portrait(engineer).startswith("data:image/png")
    client.post(f"/people/{engineer.pk}/", words)
    engineer.refresh_from_db()
    assert engineer.portrait is not None  # no new photo chosen: the former stays


# --- the vendor's engineers -----------------------------------------------------------------------


@pytest.mark.clause("E8", "H4")
def test_the_vendor_s_engineer_joins_and_their_work_is_on_the_sheet(visit, phone, engineer):
    early = phone.do("guest", name="陈工", of="建文软件")
    phone.steps("verify")
    joined = phone.do("guest", name="陈工", of="建文软件")
    phone.do("guest_work", guest=str(uid(f"{visit.pk}:{joined.uid}")), words="更换主板")
    take(visit, phone, engineer)
    visit.refresh_from_db()
    assert list(visit.sheet["review"].values()) == ["too_early"]
    assert early.uid != joined.uid
    guest = content_of(visit)["guests"][0]
    assert (guest["name"], guest["of"], guest["work"]) == ("陈工", "建文软件", "更换主板")
    event = Event.objects.of(visit.request).get(kind="vendor.arrived")
    assert (event.occurred_at, event.subject_kind) == (joined.at, "visit")


# --- calls for support ----------------------------------------------------------------------------


@pytest.fixture
def asking(visit, phone, engineer):
    phone.steps("fix")
    phone.do("support", words="主板型号不明")
    take(visit, phone, engineer)
    visit.refresh_from_db()
    return visit


@pytest.mark.clause("A4.8")
def test_the_duty_manager_answers_and_the_time_is_counted(client, asking, manager):
    (call,) = helping.support_calls(asking)
    assert (call.words, call.answered_at) == ("主板型号不明", None)
    client.force_login(manager)
    with moved_to(call.at + timedelta(minutes=7)):
        assert "主板型号不明" in client.get(f"/visits/{asking.pk}/").content.decode()
        client.post(f"/visits/{asking.pk}/act/advise/", {"uid": call.uid, "words": "用 B760"})
    (call,) = helping.support_calls(asking)
    assert timedelta(minutes=7) <= call.took < timedelta(minutes=8)
    assert asking.request.messages.get().text == "用 B760"
    assert kinds(asking.request, "support.requested", "support.given") == ["support.requested", "support.given"]


def test_an_answer_survives_what_the_phone_sends_later(asking, phone, manager, engineer):
    helping.answer_support(asking, helping.support_calls(asking)[0].uid, words="用 B760", by=manager)
    phone.step("fix")
    take(asking, phone, engineer)
    asking.refresh_from_db()
    assert helping.support_calls(asking)[0].answered_at is not None
    assert kinds(asking.request, "support.given") == ["support.given"]


def test_who_asked_does_not_answer_nor_anybody_twice_or_nothing(asking, manager, engineer):
    call = helping.support_calls(asking)[0].uid
    for who, words, which in ((engineer, "x", call), (manager, " ", call), (manager, "x", "made-up")):
        with pytest.raises(Refused):
            helping.answer_support(asking, which, words=words, by=who)
    helping.answer_support(asking, call, words="x", by=manager)
    with pytest.raises(Refused):
        helping.answer_support(asking, call, words="x", by=manager)


# --- the calendar ---------------------------------------------------------------------------------


def test_the_calendar_holds_the_visits_and_cancels_what_was_given_away(client, visit, engineer, person, manager):
    here = "/visits/feed/" + calendar.address(engineer).split("/visits/feed/")[1]

    def entry():
        with moved_to(TWO):
            (found,) = Calendar.from_ical(client.get(here).content).walk("VEVENT")
        return found

    first = entry()
    assert first.decoded("dtstart") == visit.starts_at
    assert (first["status"], str(first["location"])) == ("TENTATIVE", visit.address)
    other = person("other", "engineer")
    visit.give_to(other, by=manager)
    assert (entry()["status"], entry()["uid"]) == ("CANCELLED", first["uid"])


def test_a_calendar_address_ends_with_the_password_and_is_not_guessed(client, visit, engineer):
    here = "/visits/feed/" + calendar.address(engineer).split("/visits/feed/")[1]
    assert client.get(here).status_code == 200
    for wrong in (f"/visits/feed/{engineer.pk}-{'0' * 40}.ics", "/visits/feed/x.ics", "/visits/feed/9-.ics"):
        assert client.get(wrong).status_code == 404
    engineer.set_password("another-horse-2")
    engineer.save()
    assert client.get(here).status_code == 404
