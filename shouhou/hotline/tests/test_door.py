"""The door of telephone systems: signed, once, in any order, nothing lost."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouhou.hotline.actions.hearing import LINE_FACTS, hear
from shouhou.hotline.actions.lines import renew_secret
from shouhou.hotline.models import Call, Signal
from shouhou.hotline.tests.make import message, post, seconds, telephones
from shouhou.promises.models import Clock
from shouhou.shared.models import Event
from shouhou.shared.time import moved, now

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(company, agent):
    return telephones(company, n801=agent)


def ring(door, caller="13800138000", start=None, rings=2):
    """A whole call: rings at 801, answered, hung up."""
    start = start or now() - timedelta(minutes=5)
    return [
        message("ringing", start, caller=caller, dialled="4001234567", extension="801"),
        message("answered", start + seconds(7), extension="801", rings=rings),
        message("hung_up", start + seconds(97), extension="801"),
    ]


def events(call):
    return list(Event.objects.of(call).filter(kind__in=LINE_FACTS).values_list("kind", flat=True))


@pytest.mark.clause("A3.9")
def test_a_call_is_told_by_its_messages(client, house, agent, customer, contact):
    line, door = house
    for body in ring(door):
        answer = post(client, door, body)
        assert answer.status_code == 200, answer.content
    call = Call.objects.get()
    assert (call.line, call.agent, call.customer, call.contact) == (line, agent, customer, contact)
    assert (call.phase, call.rings, call.status) == ("ended", 2, "open")
    assert events(call) == ["call.ringing", "call.answered", "call.ended"]


@pytest.mark.clause("A3.9")
@pytest.mark.parametrize(("rings", "state"), [(3, "met"), (4, "broken")])
def test_three_rings_are_judged_by_the_count(client, house, rings, state):
    _line, door = house
    for body in ring(door, rings=rings):
        post(client, door, body)
    clock = Clock.objects.get(case_kind="call", commitment__clause="A3.9")
    assert clock.state == state


@pytest.mark.clause("A3.9")
def test_giving_up_while_queueing_does_not_conform(client, house):
    _line, door = house
    start = now() - timedelta(minutes=5)
    post(client, door, message("ringing", start, caller="13800138000"))
    post(client, door, message("abandoned", start + seconds(60)))
    call = Call.objects.get()
    assert Call.objects.to_call_back().get() == call
    assert Clock.objects.get(case_kind="call").state == "broken"


def test_a_late_answer_takes_the_giving_up_back(client, house):
    _line, door = house
    first, answered, ended = ring(door)
    post(client, door, first)
    post(client, door, ended)  # a system that only hangs up: as if the caller gave up
    assert Call.objects.get().phase == "abandoned"
    post(client, door, answered)
    call = Call.objects.get()
    assert (call.phase, call.rings) == ("ended", 2)
    assert Clock.objects.get(case_kind="call").state == "met"
    voided = Event.objects.of(call).get(kind="event.corrected")
    assert voided.data["void"]
    assert Event.objects.get(pk=voided.corrects_id).kind == "call.abandoned"


def test_twice_is_once(client, house):
    _line, door = house
    body = ring(door)[0]
    first = post(client, door, body, message_id="m1")
    again = post(client, door, body, message_id="m1")
    assert (first.json()["taken"], again.json()["taken"]) == ("now", "before")
    assert first.json()["call"] == again.json()["call"]
    assert Signal.objects.count() == 1
    assert events(Call.objects.get()) == ["call.ringing"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_out_of_order_is_the_same_call(client, house, order):
    _line, door = house
    bodies = ring(door)
    for n in order:
        assert post(client, door, bodies[n]).status_code == 200
    call = Call.objects.get()
    assert (call.phase, call.rings, call.agent.username) == ("ended", 2, "agent")
    assert call.caller_number == "13800138000"
    assert Clock.objects.get(case_kind="call").state == "met"


LEGS = st.sampled_from(["", "801", "802"])
SAID = st.lists(
    st.tuples(
        st.sampled_from(["ringing", "answered", "held", "resumed", "abandoned", "hung_up"]), st.integers(0, 90), LEGS
    ),
    min_size=1, max_size=6, unique=True,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=SAID, dice=st.randoms(use_true_random=False))
def test_shuffled_and_doubled_messages_leave_one_call_with_one_journal(company, house, said, dice):
    """Whatever arrives in whatever order: the row, the journal in force and the clock are those of the right order."""
    from shouhou.hotline.actions.hearing import standing_facts

    _line, door = house
    start = now() - timedelta(minutes=10)
    named = [(f"{n}:{dice.random()}", *one) for n, one in enumerate(said)]
    shuffled = [*named, *dice.sample(named, k=len(named) // 2)]
    dice.shuffle(shuffled)

    def tell(ref, line):
        for pk, kind, second, extension in line:
            hear(
                door, message_id=f"{ref}{pk}", kind=kind, call_ref=ref, at=start + seconds(second), extension=extension
            )
        call = Call.objects.get(door=door, call_ref=ref)
        facts = {
            k: (at, {**d, "void": False, "desks": 0})
            for k, (_p, at, d) in standing_facts(call).items()
            if not d.get("void")
        }
        clocks = sorted((c.state, c.started_at, c.stopped_at) for c in Clock.objects.of(call) if c.state != "cancelled")
        return (call.phase, call.rings, call.ringing_at, call.answered_at, call.ended_at, facts, clocks)

    key = str(dice.random())
    assert tell(f"right{key}", sorted(named, key=lambda m: m[2])) == tell(f"mixed{key}", shuffled)


def test_who_signs_with_another_secret_is_turned_away(client, house):
    _line, door = house
    answer = post(client, door, ring(door)[0], secret="whsec_" + "QUJD" * 8)
    assert answer.status_code == 401
    assert not Call.objects.exists()


def test_a_recorded_message_played_again_later_is_turned_away(client, house):
    _line, door = house
    answer = post(client, door, ring(door)[0], signed_at=datetime.now(UTC) - timedelta(minutes=6))
    assert answer.status_code == 401
    assert not Signal.objects.exists()


@pytest.mark.parametrize("signature", ["", "nonsense", "v1,", "v1,äöü", "v2,QUJD", "v1,QUJD v1,QUJD"])
def test_signatures_that_are_none(client, house, signature):
    _line, door = house
    headers = {"webhook-id": "m", "webhook-timestamp": str(int(datetime.now(UTC).timestamp()))}
    answer = client.post(
        f"/hotline/door/{door.pk}/", "{}", content_type="application/json",
        headers={**headers, "webhook-signature": signature},
    )  # fmt: skip
    assert answer.status_code == 401


def test_a_renewed_secret_leaves_the_former_a_day(client, house, person):
    _line, door = house
    former = door.secret
    renew_secret(door, by=person("chief", "administrator"))
    assert door.secret != former
    assert post(client, door, ring(door)[0]).status_code == 200
    assert post(client, door, ring(door)[1], secret=former).status_code == 200
    with moved(timedelta(days=1, minutes=1)):
        assert door.secrets() == [door.secret]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{", "body"),
        ("[]", "body"),
        ({"type": "call.whistled", "timestamp": "2026-10-08T09:00:00Z", "data": {"call_id": "1"}}, "type"),
        ({"type": "call.ringing", "timestamp": "2026-10-08T09:00:00", "data": {"call_id": "1"}}, "timestamp"),
        ({"type": "call.ringing", "timestamp": "2026-10-08T09:00:00Z", "data": {"call_id": ""}}, "data.call_id"),
        ({"type": "call.ringing", "timestamp": "2026-10-08T09:00:00Z", "data": {}}, "data.call_id"),
        (
            {"type": "call.answered", "timestamp": "2026-10-08T09:00:00Z", "data": {"call_id": "1", "rings": -1}},
            "data.rings",
        ),
        (
            {"type": "call.ringing", "timestamp": "2026-10-08T09:00:00Z", "data": {"call_id": "1", "caller": "\x00"}},
            "data.caller",
        ),
    ],
)
def test_what_is_not_understood_is_named(client, house, body, field):
    _line, door = house
    answer = post(client, door, body)
    assert answer.status_code == 400
    assert field in answer.json()["fields"]
    assert not Call.objects.exists()


def test_a_door_that_is_closed_or_never_was(client, house):
    _line, door = house
    door.retired_at = now()
    door.save()
    assert post(client, door, ring(door)[0]).status_code == 401
    door.pk = 999_999
    assert post(client, door, ring(door)[0]).status_code == 401


def test_a_door_needs_no_session_and_no_csrf_token(house):
    _line, door = house
    assert post(Client(enforce_csrf_checks=True), door, ring(door)[0]).status_code == 200


def test_two_contacts_with_one_number_are_not_guessed(client, house, customer, contact):
    from shouhou.customers.models import Contact

    other = Contact.objects.create(organisation=customer.organisation, customer=customer, name="李四")
    other.set_phones("138 0013 8000")
    _line, door = house
    post(client, door, ring(door)[0])
    call = Call.objects.get()
    assert (call.contact, call.customer) == (None, None)
    assert call.caller_e164 == "+8613800138000"
