"""Who hears of what, once, in whose language; and mail that really leaves."""

import socketserver
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from shouhou.notices.actions import send_mail
from shouhou.notices.jobs import deliver_mail, tell_about_clock
from shouhou.notices.models import Mail, Notice
from shouhou.shared.models import Event
from shouhou.shared.tests.conftest import committed, together
from shouhou.shared.time import moved_to

__all__ = ["committed", "together"]  # fixtures


class Receiver(socketserver.ThreadingTCPServer):
    """A small mail server on the loopback: takes every mail, or says that it is busy."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.taken: list[bytes] = []
        self.busy = False


class Session(socketserver.StreamRequestHandler):
    server: Receiver

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        self.say("220 loopback")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "DATA":
                self.say("354 go on")
                content = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    content += part
                self.server.taken.append(content)
                self.say("250 taken")
            elif word == "QUIT":
                self.say("221 bye")
                return
            elif word == "MAIL" and self.server.busy:
                self.say("451 busy, try later")
            else:
                self.say("250 ok")


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address[:2]
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    yield server
    server.shutdown()
    server.server_close()


def read(content: bytes) -> tuple[str, str, str]:
    """To, subject, text."""
    message = message_from_bytes(content)
    text = message.get_payload(decode=True).decode(message.get_content_charset() or "utf-8")
    return message["To"], str(make_header(decode_header(message["Subject"]))), text.replace("\r\n", "\n").strip()


# --- mail -----------------------------------------------------------------------------------------


def test_a_mail_leaves_with_the_worker_and_arrives_as_it_was_written(db, receiver, run_jobs):
    send_mail(to="chen@example.cn", subject="[SR-1] 打印机卡纸", body="已修复。\n请确认。")
    assert receiver.taken == []

    assert run_jobs() == ["shouhou.notices.jobs.deliver_mail"]

    (content,) = receiver.taken
    assert read(content) == ("chen@example.cn", "[SR-1] 打印机卡纸", "已修复。\n请确认。")
    mail = Mail.objects.get()
    assert (mail.state, mail.tries, mail.sent_at is not None) == ("sent", 1, True)


def test_a_job_that_runs_again_sends_nothing_twice(db, receiver):
    mail = send_mail(to="chen@example.cn", subject="x", body="y")
    for _ in range(3):
        deliver_mail(mail_id=mail.pk)
    assert len(receiver.taken) == 1


def test_a_dropped_mail_never_leaves(db, receiver):
    mail = send_mail(to="chen@example.cn", subject="x", body="y")
    Mail.objects.filter(pk=mail.pk).update(state="dropped")
    deliver_mail(mail_id=mail.pk)
    assert (receiver.taken, Mail.objects.get().state) == ([], "dropped")


def test_a_busy_server_is_tried_again_and_the_mail_waits_meanwhile(db, receiver):
    mail = send_mail(to="chen@example.cn", subject="x", body="y")
    receiver.busy = True
    for tries in (1, 2):
        with pytest.raises(Exception, match="busy"):
            deliver_mail(mail_id=mail.pk)
        mail.refresh_from_db()
        assert (mail.state, mail.tries, "busy" in mail.trouble) == ("waiting", tries, True)
    receiver.busy = False
    deliver_mail(mail_id=mail.pk)
    mail.refresh_from_db()
    assert (mail.state, len(receiver.taken)) == ("sent", 1)


def test_after_eight_tries_it_is_marked_as_failed(db, receiver):
    mail = send_mail(to="chen@example.cn", subject="x", body="y")
    receiver.busy = True
    for _ in range(8):
        with pytest.raises(Exception, match="busy"):
            deliver_mail(mail_id=mail.pk)
    mail.refresh_from_db()
    assert (mail.state, mail.tries) == ("failed", 8)
    deliver_mail(mail_id=mail.pk)
    assert receiver.taken == []


def test_a_subject_with_line_breaks_leaves_as_one_line(db, receiver, run_jobs):
    row = send_mail(to="chen@example.cn", subject="打印机\r\nBcc: x@evil.example\n 坏了", body="…")
    assert row.subject == "打印机 Bcc: x@evil.example 坏了"
    run_jobs()
    row.refresh_from_db()
    (content,) = receiver.taken
    assert (row.state, message_from_bytes(content)["Bcc"]) == (Mail.State.SENT, None)


@pytest.mark.parametrize(("field", "value"), [("to", "a@example.cn\nBcc: x@evil.example"), ("subject", "one\ntwo")])
def test_a_mail_that_no_server_can_take_fails_at_once_and_says_why(db, receiver, field, value):
    row = send_mail(to="chen@example.cn", subject="S", body="…")
    Mail.objects.filter(pk=row.pk).update(**{field: value})
    deliver_mail(mail_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.tries, receiver.taken) == (Mail.State.FAILED, 1, [])
    assert row.trouble


def test_two_workers_with_one_mail_send_it_once(committed, together, receiver):
    mail = send_mail(to="chen@example.cn", subject="x", body="y")
    results = together(*[lambda: deliver_mail(mail_id=mail.pk)] * 4)
    assert [r for r in results if r is not None] == []
    assert len(receiver.taken) == 1
    assert Mail.objects.get().state == "sent"


def test_a_transaction_that_fails_sends_nothing(db):
    with transaction.atomic():
        send_mail(to="chen@example.cn", subject="x", body="y")
        transaction.set_rollback(True)
    assert (Mail.objects.count(), ProcrastinateJob.objects.count()) == (0, 0)


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "已解决"), ("en", "is solved")])
def test_a_mail_speaks_the_recipients_language_whoever_wrote_it(
    client, take, agent, contact, customer_user, language, words
):
    customer_user.language = language
    customer_user.save()
    contact.refresh_from_db()
    agent.language = "en" if language == "zh-hans" else "zh-hans"
    agent.save()
    case = take()
    client.force_login(agent)
    client.post(f"/requests/{case.pk}/resolve/", {"solution": "换线"})
    assert words in Mail.objects.get().body


# --- notices --------------------------------------------------------------------------------------

START = datetime(2026, 6, 8, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def sweep():
    return lambda: app.tasks["shouhou.promises.jobs.sweep_clocks"].func(timestamp=0)


@pytest.fixture
def running(agreement, take, manager):
    """I8 (4 h) runs from Monday 8 June 2026, 09:00, at an agent; there is a duty manager."""
    agreement("application_maintenance")
    with moved_to(START):
        return take(channel="mail", reported_at=START), START


def told(case, code="i8") -> list[tuple[str, str]]:
    rows = Notice.objects.filter(case_id=case.pk, data__code=code, dropped_at=None).order_by("id")
    return [(n.kind, n.user.username) for n in rows.select_related("user")]


def test_warnings_reach_whom_the_promise_names_and_a_breach_both(running, sweep, pump):
    case, start = running
    for hours in (1, 2.01, 2.5, 3.21, 3.5, 4.01, 5):
        with moved_to(start + timedelta(hours=hours)):
            sweep()
            sweep()
            pump()
    assert told(case) == [
        ("clock.warned", "agent"), ("clock.warned", "manager"), ("clock.broken", "agent"), ("clock.broken", "manager"),
    ]  # fmt: skip


def test_hearing_of_an_event_again_tells_nobody_twice(running, sweep, pump):
    _case, start = running
    with moved_to(start + timedelta(hours=5)):
        sweep()
        pump()
        before = Notice.objects.count()
        for event in Event.objects.filter(kind__in=["clock.warned", "clock.broken"]):
            tell_about_clock(event)
    assert Notice.objects.count() == before


def test_an_owner_who_is_the_duty_manager_hears_once(agreement, take, manager, sweep, pump):
    agreement("application_maintenance")
    case = take(by=manager, channel="mail")
    with moved_to(case.reported_at + timedelta(hours=5)):
        sweep()
        pump()
    assert told(case) == [("clock.broken", "manager")]


def test_a_promise_met_meanwhile_warns_nobody(running, sweep, pump, agent):
    """The sweep warned, the answer came, and only then the listeners heard of it."""
    case, start = running
    with moved_to(start + timedelta(hours=2, minutes=1)):
        sweep()
        case.note("request.responded", by=agent)
        pump()
    assert told(case) == []


def test_a_promise_that_turns_out_kept_takes_its_unread_notices_back_and_corrects_the_read_ones(
    running, sweep, pump, agent
):
    case, start = running
    with moved_to(start + timedelta(hours=5)):
        sweep()
        pump()
        Notice.objects.filter(user=agent, kind="clock.broken").update(read_at=start)
        case.note("request.responded", by=agent, occurred_at=start + timedelta(hours=1))
        pump()
    kept = Notice.objects.filter(case_id=case.pk, dropped_at=None, data__code="i8", kind__startswith="clock.")
    found = sorted((n.kind, n.user.username) for n in kept.select_related("user") if n.kind != "clock.warned")
    # the one who had read of the breach hears that it was none; the other sees no breach any more
    assert ("clock.reinstated", "agent") in found
    assert ("clock.broken", "manager") not in found


def test_imported_events_tell_nobody(running, pump):
    case, _start = running
    case.note("message.received", by=None, origin="import")
    pump()
    assert not Notice.objects.filter(kind="message.received").exists()


def test_the_owner_hears_of_the_customers_words_but_not_of_the_own_ones(client, take, agent, customer_user, pump):
    case = take()
    client.force_login(customer_user)
    client.post(f"/portal/requests/{case.pk}/", {"do": "reply", "text": "还有一张照片"})
    client.force_login(agent)
    client.post(f"/requests/{case.pk}/say/", {"way": "reply", "text": "他电话里说…"})
    pump()
    heard = Notice.objects.filter(kind="message.received", user=agent)
    assert heard.count() == 1


def test_notices_are_ones_own_and_speak_the_readers_language(client, running, sweep, pump, agent, manager, engineer):
    case, start = running
    with moved_to(start + timedelta(hours=5)):
        sweep()
        pump()
    for user, language, seen in ((agent, "zh-hans", True), (manager, "en", True), (engineer, "en", False)):
        user.language = language
        user.save()
        client.force_login(user)
        page = client.get("/notices/").content.decode()
        assert (case.number in page) is seen
        if language == "en" and seen:
            assert "A promise was broken" in page
    other = Notice.objects.filter(user=agent).first()
    client.force_login(engineer)
    assert client.post(f"/notices/{other.pk}/").status_code == 404
