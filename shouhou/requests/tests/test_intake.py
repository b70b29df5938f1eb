"""Whoever calls is never turned away; what is recorded, and how severity, person and promise are found."""

import io
import zipfile
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from shouhou.customers.models import Contact
from shouhou.requests.actions.intake import offers, take_request
from shouhou.requests.actions.talk import attach_files
from shouhou.requests.models import Attachment, ServiceRequest
from shouhou.requests.rules.words import Channel
from shouhou.requests.tests.make import at, clock, kinds, states
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Blob, Event
from shouhou.shared.time import moved_to

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"


@pytest.mark.parametrize("channel", Channel.values)
def test_a_request_is_taken_from_every_channel_with_a_number_and_an_owner(take, agent, channel):
    case = take(channel=channel)

    assert case.number.startswith("SR-")
    assert (case.channel, case.owner, case.status) == (channel, agent, "new")
    assert kinds(case, "request.received", "fault.reported", "fault.occurred") == [
        "request.received", "fault.reported", "fault.occurred",
    ]  # fmt: skip
    responded = ["request.responded"] if channel == "phone" else []  # only who spoke with the caller has responded
    assert kinds(case, "request.responded") == responded


def test_numbers_follow_each_other_and_never_repeat(take):
    numbers = [take().number for _ in range(3)]
    assert len(set(numbers)) == 3
    assert numbers == sorted(numbers)


def test_an_unknown_caller_gets_the_company_default_promises_and_a_flag(company, agent):
    start = at("2026-09-30 17:50")
    with moved_to(start):
        case = take_request(
            by=agent, subject="系统打不开", channel="mail", caller_unit="某某镇政府", caller_name="李先生",
            caller_phone="13900000000", reported_at=start,
        )  # fmt: skip

    assert (case.customer, case.agreement, case.coverage, case.organisation) == (None, None, "undecided", company)
    assert {c.commitment.code: c.due_at for c in case.clocks()} == {
        "default_response": at("2026-09-30 21:50"),
        "default_repair": at("2026-10-11 00:00"),  # 8, 9 and the worked Saturday 10 October
    }


def test_out_of_cover_is_taken_like_no_cover_at_all(agreement, take):
    agreement("application_maintenance", starts_on=date(2024, 1, 1), ends_on=date(2026, 9, 29))
    with moved_to(at("2026-09-29 23:59")):
        inside = take()
    with moved_to(at("2026-09-30 00:01")):
        outside = take()

    assert (inside.coverage, set(states(inside))) == ("covered", {"i8", "i9"})
    assert (outside.agreement, outside.coverage) == (None, "undecided")
    assert set(states(outside)) == {"default_response", "default_repair"}


def test_a_consultation_records_no_fault_and_owes_no_repair(take):
    case = take(kind="consultation")
    assert kinds(case, "fault.reported", "fault.occurred") == []
    assert set(states(case)) == {"default_response"}


@pytest.mark.parametrize(
    ("impact", "urgency", "severity"),
    [
        ("high", "high", "critical"), ("high", "medium", "major"), ("medium", "high", "major"),
        ("high", "low", "medium"), ("medium", "medium", "medium"), ("low", "high", "medium"),
        ("medium", "low", "minor"), ("low", "medium", "minor"), ("low", "low", "minor"),
    ],
)  # fmt: skip
@pytest.mark.clause("K2")
def test_severity_follows_from_impact_and_urgency(take, impact, urgency, severity):
    assert take(impact=impact, urgency=urgency).severity == severity


# --- late registration ----------------------------------------------------------------------------


def test_a_late_registration_counts_from_the_real_report_is_marked_and_breaks_nothing_that_was_done(
    agreement, take, agent
):
    agreement("application_maintenance")
    reported = at("2026-06-08 09:00")
    with moved_to(at("2026-06-08 12:30")):
        case = take(channel="engineer", reported_at=reported)

    assert case.registered_late
    assert (case.reported_at, case.received_at > reported) == (reported, True)
    assert clock(case, "i8").due_at == at("2026-06-08 13:00")
    received = Event.objects.of(case).get(kind="request.received")
    assert (received.occurred_at, received.recorded_at >= at("2026-06-08 12:30")) == (reported, True)
    assert case.owner == agent


def test_a_late_registration_fires_at_most_one_warning_per_promise(agreement, take):
    agreement("application_maintenance")
    with moved_to(at("2026-06-08 12:55")):
        case = take(channel="engineer", reported_at=at("2026-06-08 09:00"))  # 50 % and 80 % of four hours have passed

    warned = Event.objects.of(case).filter(kind="clock.warned", data__code="i8")
    assert [e.data["step"] for e in warned] == ["80 %"]


def test_a_minute_or_two_is_not_late(take):
    with moved_to(at("2026-06-08 09:05")):
        assert not take(reported_at=at("2026-06-08 09:00")).registered_late


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ({"reported_at": timedelta(hours=1)}, "The time of the report lies in the future: correct it."),
        ({"occurred_at": timedelta(hours=1)}, "The fault cannot occur after it was reported: correct one of the two"),
        (
            {"reported_at": timedelta(hours=-2), "occurred_at": timedelta(hours=-1)},
            "The fault cannot occur after it was reported: correct one of the two",
        ),
    ],
)
def test_times_that_cannot_be_are_refused_and_nothing_is_saved(take, times, words):
    start = at("2026-06-08 09:00")
    with moved_to(start), translation.override("en"), pytest.raises(Refused, match=words):
        take(**{name: start + shift for name, shift in times.items()})

    assert not ServiceRequest.objects.exists()
    assert not Event.objects.filter(case_kind="request").exists()


def test_a_clock_that_runs_a_minute_ahead_is_forgiven(take):
    with moved_to(at("2026-06-08 09:00")):
        case = take(reported_at=at("2026-06-08 09:01"))
    assert case.reported_at <= case.received_at


@pytest.mark.parametrize(("given", "counted"), [("2026-06-08 08:00", "2026-06-08 08:00"), (None, "2026-06-08 09:00")])
def test_a_fault_occurred_when_the_customer_says_else_when_it_was_reported(take, given, counted):
    with moved_to(at("2026-06-08 09:30")):
        case = take(reported_at=at("2026-06-08 09:00"), occurred_at=at(given) if given else None)
    assert Event.objects.of(case).get(kind="fault.occurred").occurred_at == at(counted)


# --- who calls ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    [
        "13800138000", "138-0013-8000", "+86 138 0013 8000", "(028) 85331234-808", "０２８８５３３１２３４转808",
        "028 8533 1234", "(028) 8533-1234-808",
    ],
)  # fmt: skip
def test_a_phone_number_is_recognised_however_it_is_written(contact, number):
    assert list(Contact.objects.called_by(number)) == [contact]


@pytest.mark.parametrize("number", ["13800138001", "028-8533 1235", "808", "", "没有号码"])
def test_another_number_is_nobodys(contact, number):
    assert list(Contact.objects.called_by(number)) == []


# --- files ----------------------------------------------------------------------------------------


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("app.log", "ERROR")
    return out.getvalue()


@pytest.mark.clause("F2")
@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("屏幕截图.png", PNG, "image/png"),
        ("photo.dat", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + b"\0" * 40, "image/jpeg"),
        ("app.log", b"2026-06-08 09:00 ERROR printer\n", "text/plain"),
        ("gbk.log", "打印机错误日志文件".encode("gb18030"), "text/plain"),
        ("logs.zip", zipped(), "application/zip"),
    ],
)
def test_screenshots_and_logs_are_kept_by_what_they_are(take, agent, name, content, kind):
    case = take()
    (kept,) = attach_files(case, files=[SimpleUploadedFile(name, content, "application/x-wrong")], by=agent)
    assert (kept.name, kept.blob.type, kept.blob.size) == (name, kind, len(content))
    assert kinds(case, "file.attached") == ["file.attached"]


@pytest.mark.clause("F2")
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("screenshot.png", b"MZ\x90\x00" + b"\0" * 100),
        ("app.log", b"\x7fELF" + b"\0" * 100),
        ("page.png", b"<html><script>alert(1)</script></html>"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'></svg>"),
        ("empty.log", b""),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_by_name(take, agent, name, content):
    case = take()
    with pytest.raises(Refused, match=name.replace(".", r"\.")):
        attach_files(case, files=[SimpleUploadedFile(name, content, "image/png")], by=agent)
    assert not Attachment.objects.exists()
    assert kinds(case, "file.attached") == []


@pytest.mark.clause("F2")
def test_a_file_that_is_too_large_is_refused_with_the_limit(take, agent, settings):
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    with pytest.raises(Refused, match="1 MB"):
        attach_files(take(), files=[SimpleUploadedFile("big.log", b"x" * (1024 * 1024 + 1))], by=agent)


def test_the_same_content_twice_is_kept_once(take, agent):
    first, second = take(), take()
    for case, name in ((first, "a.png"), (first, "b.png"), (second, "c.png")):
        attach_files(case, files=[SimpleUploadedFile(name, PNG)], by=agent)
    assert Blob.objects.count() == 1
    assert (first.attachments.count(), second.attachments.count()) == (1, 1)


# --- promising (A1.1) -----------------------------------------------------------------------------


@pytest.mark.clause("A1.1")
@pytest.mark.parametrize("missing", ["description", "need", "contact"])
def test_no_time_is_promised_before_contact_problem_and_need_are_recorded(take, agent, missing):
    case = take(**{missing: None if missing == "contact" else ""})
    with pytest.raises(Refused):
        case.give_promise(by=agent)
    case.refresh_from_db()
    assert (case.promised_at, kinds(case, "promise.given")) == (None, [])

    with pytest.raises(Refused):
        take(**{missing: None if missing == "contact" else ""}, promise_given=True)
    assert ServiceRequest.objects.count() == 1  # the refused promise took its request along


@pytest.mark.clause("A1.1")
@pytest.mark.parametrize(
    ("preset", "fields"),
    [
        ("application_maintenance", {}),
        ("terminal_warranty", {}),
        ("local_centre", {}),
        ("integration_operations", {"impact": "high", "urgency": "high"}),
        ("integration_operations", {"impact": "low", "urgency": "low"}),
        ("project_warranty", {"kind": "presales"}),
        (None, {}),
        (None, {"kind": "consultation"}),
    ],
)
def test_the_times_shown_before_saving_are_the_times_that_run_afterwards(
    agreement, take, agent, customer, company, preset, fields
):
    signed = agreement(preset, filled={"c9": "24 h"}) if preset else None
    start = at("2026-09-30 17:50")
    with moved_to(start):
        found, shown = offers(
            organisation=company, customer=customer, item=None, reported_at=start,
            **{"kind": "fault", "channel": "mail", "impact": "medium", "urgency": "medium", **fields},
        )  # fmt: skip
        case = take(reported_at=start, channel="mail", promise_given=True, **fields)

    assert found == signed
    assert {o.code: o.due_at for o in shown} == {c.commitment.code: c.due_at for c in case.clocks()}
    given = Event.objects.of(case).get(kind="promise.given")
    assert given.data["due"] == {o.code: o.due_at.isoformat() for o in shown}
    assert given.audience == "customer"
    assert case.promised_at is not None
