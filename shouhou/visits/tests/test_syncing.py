"""What phones send: each once, in whatever order; the visit and the journal brought in line, nothing lost."""

import hashlib
import random
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from shouhou.notices.models import Notice
from shouhou.promises.models import Clock
from shouhou.requests.models import RequestLink, ServiceRequest
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import moved_to
from shouhou.visits.actions import syncing
from shouhou.visits.actions.syncing import take_operations
from shouhou.visits.models import Visit, VisitOperation
from shouhou.visits.rules.steps import ORDER
from shouhou.visits.tests.make import EIGHT, TWO, Phone, ask, phone, plan, sent, take, uid, visit, whole  # noqa: F401

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"


def facts(visit):
    rows = Event.objects.of(visit.request).filter(subject_kind="visit", subject_id=visit.pk).order_by("id")
    return list(rows.values_list("kind", flat=True))


@pytest.mark.clause("A4.4", "A4.5", "A4.6", "A4.9", "A4.10", "H5")
def test_a_whole_visit_sent_afterwards_keeps_its_own_times(visit, phone, engineer):
    whole(phone)
    results = take(visit, phone, engineer)
    visit.refresh_from_db()
    assert set(results.values()) == {"taken"}
    assert (visit.status, visit.step, visit.to_review, visit.evidence) == ("done", "", 0, "location")
    assert (visit.set_out_at, visit.left_at) == (phone.done[0].at, phone.done[-1].at)
    arrived = Event.objects.of(visit.request).get(kind="visit.arrived")
    assert (arrived.occurred_at, arrived.origin, arrived.by_id) == (visit.arrived_at, "device", engineer.pk)
    clock = Clock.objects.get(case_id=visit.request_id, case_kind="request", commitment__clause="A3.16")
    assert (clock.state, clock.stopped_at) == ("met", visit.arrived_at)


@pytest.mark.clause("A4.11")
def test_the_signature_is_the_customer_s_confirmation(visit, phone, engineer):
    take(visit, whole(phone), engineer)
    case = ServiceRequest.objects.get(pk=visit.request_id)
    assert (case.status, case.confirmed_how) == ("confirmed", "signature")
    assert "更换进纸辊" in case.solution
    assert facts(visit).count("visit.signed") == 1


def test_a_refused_signature_leaves_the_confirmation_to_the_customer(visit, phone, engineer):
    phone.do("set_out")
    for step in ORDER[:-2]:
        phone.step(step)
    phone.do("except", step="sign", reason="负责人不在")
    phone.step("leave")
    take(visit, phone, engineer)
    case = ServiceRequest.objects.get(pk=visit.request_id)
    assert (case.status, facts(visit).count("visit.sign_refused")) == ("resolved", 1)


def test_sent_twice_nothing_is_doubled(visit, phone, engineer):
    whole(phone)
    phone.do("problem", words="二号机也卡")
    for _n in range(3):
        take(visit, phone, engineer)
    assert VisitOperation.objects.count() == len(phone.done)
    assert len(facts(visit)) == len(set(facts(visit))) + len(ORDER) - 1  # one step_passed for each step
    assert RequestLink.objects.count() <= 1


@pytest.mark.parametrize("seed", range(6))
def test_in_any_order_and_any_packets_the_visit_ends_the_same(visit, phone, engineer, seed):
    whole(phone)
    dice = random.Random(seed)
    told = [*sent(visit, phone), *dice.choices(sent(visit, phone), k=10)]
    dice.shuffle(told)
    with moved_to(TWO + timedelta(hours=3)):
        while told:
            size = dice.randint(1, 12)
            take_operations(told[:size], device=phone.device, by=engineer)
            told = told[size:]
    visit.refresh_from_db()
    in_force = {name: (at, data.get("void")) for name, (_pk, at, data) in syncing.standing(visit).items()}
    assert (visit.status, visit.to_review, visit.step) == ("done", 0, "")
    assert {name for name, (_at, void) in in_force.items() if not void} == {
        "set_out", "arrived", "departed", "visit.signed", *(f"step:{step}" for step in ORDER),
    }  # fmt: skip
    assert in_force["arrived"][0] == visit.arrived_at == next(o.at for o in phone.done if o.kind == "arrive")
    clock = Clock.objects.get(case_id=visit.request_id, case_kind="request", commitment__clause="A3.16")
    assert (clock.state, clock.stopped_at) == ("met", visit.arrived_at)
    assert ServiceRequest.objects.get(pk=visit.request_id).status == "confirmed"


@pytest.mark.parametrize("off", [timedelta(days=1), timedelta(days=-1), timedelta(minutes=7)])
def test_a_clock_that_is_off_is_corrected_and_what_it_said_is_kept(visit, phone, engineer, off):
    whole(phone)
    take(visit, phone, engineer, offset=off)
    visit.refresh_from_db()
    assert visit.arrived_at == next(o.at for o in phone.done if o.kind == "arrive")
    row = VisitOperation.objects.get(kind="set_out")
    assert row.device_at == phone.done[0].at - off


@pytest.mark.clause("A4.7")
def test_mending_without_a_backup_waits_for_the_duty_manager_and_is_never_lost(visit, phone, engineer, manager):
    for step in ("prepare", "badge", "meet", "verify"):
        phone.step(step)
    phone.step("fix")
    results = take(visit, phone, engineer)
    visit.refresh_from_db()
    assert [results[str(uid(f"{visit.pk}:{o.uid}"))] for o in phone.done[-4:]] == ["review:too_early"] * 4
    assert (visit.to_review, visit.step) == (4, "backup")
    assert VisitOperation.objects.count() == len(phone.done)
    late = [str(uid(f"{visit.pk}:{o.uid}")) for o in phone.done[-4:]]
    with pytest.raises(Refused):
        syncing.review(visit, late, let_in=False, by=manager)
    syncing.review(visit, late, let_in=False, by=manager, reason="先备份，再填一次")
    visit.refresh_from_db()
    assert visit.to_review == 0
    assert VisitOperation.objects.count() == len(phone.done)


def test_what_was_done_after_another_was_sent_is_kept_and_may_be_let_in(visit, phone, engineer, manager, person):
    second = person("second", "engineer")
    with moved_to(TWO - timedelta(minutes=30)):
        visit.give_to(second, by=manager)
    take(visit, whole(phone), engineer)
    visit.refresh_from_db()
    assert (visit.to_review, visit.arrived_at) == (len(phone.done), None)
    assert "visit.arrived" not in facts(visit)
    with pytest.raises(Refused):
        syncing.review(visit, [], let_in=True, by=second)
    with moved_to(TWO + timedelta(hours=4)):
        syncing.review(visit, [str(o.uid) for o in VisitOperation.objects.all()], let_in=True, by=manager)
    visit.refresh_from_db()
    assert (visit.to_review, visit.status) == (0, "done")


def test_what_was_done_on_a_visit_called_off_is_kept(visit, phone, engineer, manager):
    with moved_to(TWO - timedelta(minutes=30)):
        visit.call_off(by=manager, reason="客户停电")
    take(visit, whole(phone), engineer)
    visit.refresh_from_db()
    assert (visit.status, visit.to_review) == ("called_off", len(phone.done))


@pytest.mark.clause("H5")
def test_leaving_without_running_normally_needs_the_duty_manager_s_release(visit, phone, engineer, manager):
    phone.do("set_out")
    for step in ORDER[:-1]:
        phone.step(step, **({"outcome": "unsolved"} if step == "fix" else {}))
    phone.step("leave", normal="no")
    visit.refresh_from_db()
    take(visit, phone, engineer)
    visit.refresh_from_db()
    assert (visit.left_at, visit.step) == (None, "leave")
    phone.do("except", step="leave", reason="等备件", released_by="周敏")
    take(visit, phone, engineer)
    visit.refresh_from_db()
    assert visit.left_at is not None
    assert visit.to_review == 2  # the farewell that was not normal, and the release
    with pytest.raises(Refused):
        syncing.release(visit, by=engineer)
    syncing.release(visit, by=manager)
    visit.refresh_from_db()
    assert visit.to_review == 1
    assert ServiceRequest.objects.get(pk=visit.request_id).status in ServiceRequest.RUNNING
    data = Event.objects.get(kind="visit.departed").data
    assert data["normal"] is False


@pytest.mark.clause("A4.6")
def test_another_problem_found_on_site_is_a_request_of_its_own(visit, phone, engineer):
    for step in ("prepare", "badge", "meet"):
        phone.step(step)
    phone.do("problem", words="二号机打印偏色\n时有时无")
    take(visit, phone, engineer)
    take(visit, phone, engineer)
    link = RequestLink.objects.get(target=visit.request)
    assert (link.source.subject, link.source.customer) == ("二号机打印偏色", visit.customer)


@pytest.mark.clause("A4.8")
def test_one_tap_asks_the_duty_manager_for_support(visit, phone, engineer, manager, pump):
    phone.do("support", words="数据库起不来")
    take(visit, phone, engineer)
    take(visit, phone, engineer)
    pump()
    assert Notice.objects.filter(user=manager, kind="support.requested").count() == 1


def test_another_person_s_work_stays_on_the_phone_and_strange_visits_are_said(visit, phone, engineer, agent, stranger):
    phone.do("set_out")
    assert set(take(visit, phone, agent).values()) == {"other_person"}
    assert not VisitOperation.objects.exists()
    foreign = Phone(by=stranger.pk)
    foreign.do("set_out")
    assert set(take(visit, foreign, stranger).values()) == {"no_visit"}


def test_nobody_s_evidence_is_shown_as_none_until_the_sheet_is_signed(visit, phone, engineer):
    for step in ("prepare", "badge"):
        phone.step(step)
    phone.do("arrive", how="none")
    take(visit, phone, engineer)
    visit.refresh_from_db()
    assert visit.evidence == "none"
    for step in ORDER[2:9]:
        phone.step(step)
    take(visit, phone, engineer)
    visit.refresh_from_db()
    assert visit.evidence == "sheet"


# --- the door -------------------------------------------------------------------------------------


def body(visit, phone, **other):
    rows = [
        {"uid": str(s.uid), "visit": s.visit, "seq": s.seq, "kind": s.kind, "data": s.data, "by": s.by,
         "at": s.device_at.isoformat(), "offset": s.offset_ms}
        for s in sent(visit, phone)
    ]  # fmt: skip
    return {"device": phone.device, "operations": rows, **other}


def test_the_door_of_the_phone(client, visit, phone, engineer):
    whole(phone)
    here = "/visits/app/sync/"
    assert client.post(here, body(visit, phone), "application/json").status_code == 401
    client.force_login(engineer)
    for wrong in ({}, {"device": "", "operations": []}, "[", body(visit, phone, operations=[{"uid": "x"}])):
        answer = client.post(here, wrong, "application/json")
        assert (answer.status_code, bool(answer.json()["fields"])) == (400, True)
    assert not VisitOperation.objects.exists()
    with moved_to(TWO + timedelta(hours=3)):
        answer = client.post(here, body(visit, phone), "application/json").json()
        assert set(answer["results"].values()) == {"taken"}
        day = client.get("/visits/app/day.json").json()
    told = day["visits"][0]
    assert (told["id"], len(told["operations"]), told["status"]) == (visit.pk, len(phone.done), "done")
    assert day["me"]["id"] == engineer.pk


def test_pictures_are_kept_once_and_only_pictures(client, visit, engineer, stranger):
    here = f"/visits/{visit.pk}/photo/"
    assert client.post(here).status_code == 401
    client.force_login(stranger)
    assert client.post(here, {"file": SimpleUploadedFile("a.png", PNG, "image/png")}).status_code == 404
    client.force_login(engineer)
    for _n in range(2):
        answer = client.post(here, {"file": SimpleUploadedFile("a.png", PNG, "image/png")})
        assert answer.json() == {"sha256": hashlib.sha256(PNG).hexdigest()}
    assert visit.photos.count() == 1
    for bad in (SimpleUploadedFile("a.txt", b"x", "text/plain"), SimpleUploadedFile("a.png", b"<svg/>", "image/png")):
        assert client.post(here, {"file": bad}).status_code == 422
    assert (
        client.post("/visits/999999/photo/", {"file": SimpleUploadedFile("a.png", PNG, "image/png")}).status_code == 404
    )


def test_the_page_of_the_phone_holds_no_visit(client, visit, engineer, stranger):
    assert client.get("/visits/app/").status_code == 302
    client.force_login(stranger)
    assert client.get("/visits/app/").status_code == 404
    client.force_login(engineer)
    page = client.get("/visits/app/").content.decode()
    assert visit.unit not in page
    worker = client.get("/visits/app/sw.js")
    assert worker["Service-Worker-Allowed"] == "/visits/app/"
    assert "visits/sheet" in worker.content.decode()
    assert Visit.objects.exists()
