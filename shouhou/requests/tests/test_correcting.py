"""Corrected times, open decisions, another agreement: promises are counted anew and nothing is lost."""

from datetime import timedelta

import pytest

from shouhou.promises.models import Clock
from shouhou.requests.actions.correcting import correct_event
from shouhou.requests.actions.grouping import mark_request, rebase_request
from shouhou.requests.actions.talk import note_fact
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import now

pytestmark = pytest.mark.django_db


def clock(request, code):
    return Clock.objects.of(request).get(commitment__code=code)


def kinds(request):
    return list(Event.objects.of(request).order_by("pk").values_list("kind", flat=True))


@pytest.fixture
def late_visit(agreement, take, engineer):
    """A visit asked for ten hours ago, arrived an hour ago as noted: two hours too late for D5's eight."""
    agreement("local_centre")
    request = take(reported_at=now() - timedelta(hours=11))
    note_fact(request, fact="visit.requested", by=engineer, occurred_at=now() - timedelta(hours=10))
    note_fact(request, fact="visit.arrived", by=engineer, occurred_at=now() - timedelta(hours=1))
    return request


@pytest.mark.clause("D5")
def test_a_corrected_time_counts_and_the_first_reading_stays(late_visit, engineer):
    assert clock(late_visit, "d5").state == "broken"
    noted = Event.objects.of(late_visit).get(kind="visit.arrived")
    was = noted.occurred_at

    correct_event(late_visit, noted, occurred_at=was - timedelta(hours=3), reason="记录时写错了时间", by=engineer)

    assert clock(late_visit, "d5").state == "met"
    assert Event.objects.get(pk=noted.pk).occurred_at == was
    assert {"event.corrected", "clock.reinstated"} <= set(kinds(late_visit))


def test_a_fact_that_did_not_happen_is_taken_away(late_visit, engineer):
    noted = Event.objects.of(late_visit).get(kind="visit.requested")

    correct_event(late_visit, noted, reason="客户没有要求上门", by=engineer)

    assert not Clock.objects.of(late_visit).filter(commitment__code="d5").exclude(state="cancelled").exists()


def test_only_who_noted_it_or_who_leads_corrects(late_visit, agent, manager):
    noted = Event.objects.of(late_visit).get(kind="visit.arrived")

    with pytest.raises(Refused):
        correct_event(late_visit, noted, occurred_at=now(), reason="x", by=agent)
    with pytest.raises(Refused):
        correct_event(late_visit, noted, occurred_at=now() + timedelta(hours=1), reason="x", by=manager)
    with pytest.raises(Refused):
        correct_event(late_visit, noted, occurred_at=now(), reason=" ", by=manager)
    correct_event(late_visit, noted, occurred_at=now(), reason="实际到达更晚", by=manager)


def test_the_page_asks_for_the_time_and_keeps_what_was_typed(late_visit, engineer, client):
    noted = Event.objects.of(late_visit).get(kind="visit.arrived")
    client.force_login(engineer)
    address = f"/requests/{late_visit.pk}/events/{noted.pk}/"

    assert client.get(address).status_code == 200
    answer = client.post(address, {"reason": "记录时写错了时间"})
    assert answer.status_code == 422
    assert "记录时写错了时间" in answer.content.decode()
    assert client.post(address, {"void": "on", "reason": "没有到场"}).status_code == 302


@pytest.mark.clause("H3")
class TestRemoteOrOnSite:
    """H3: on site within 2 h of the fault, when remote work did not solve it."""

    @pytest.fixture
    def fault(self, agreement, take):
        agreement("platform_assurance")
        return take(reported_at=now() - timedelta(minutes=40))

    def test_while_nobody_has_decided_it_reminds_and_is_never_broken(self, fault):
        h3 = clock(fault, "h3")
        assert h3.state == "waiting"
        assert h3.due_at == fault.reported_at + timedelta(hours=2)
        assert Event.objects.of(fault).filter(kind="clock.warned", data__code="h3", data__step="30 min").count() == 1

    def test_once_remote_work_has_failed_two_hours_count_from_the_fault(self, fault, engineer):
        mark_request(fault, by=engineer, remote_failed=True)
        h3 = clock(fault, "h3")
        assert (h3.state, h3.due_at) == ("running", fault.reported_at + timedelta(hours=2))

        note_fact(fault, fact="visit.arrived", by=engineer)
        assert clock(fault, "h3").state == "met"

    def test_where_remote_work_solves_it_nothing_is_owed(self, fault, engineer):
        mark_request(fault, by=engineer, remote_failed=False)
        assert clock(fault, "h3").state == "cancelled"

    def test_decided_too_late_it_is_broken(self, agreement, take, engineer):
        agreement("platform_assurance")
        fault = take(reported_at=now() - timedelta(hours=3))
        assert clock(fault, "h3").state == "waiting"
        mark_request(fault, by=engineer, remote_failed=True)
        assert clock(fault, "h3").state == "broken"


def test_another_agreement_binds_from_the_same_start(agreement, take, manager, agent):
    first = agreement("application_maintenance")
    request = take(reported_at=now() - timedelta(minutes=5))
    assert set(Clock.objects.of(request).values_list("commitment__set", flat=True)) >= {first.commitment_set_id}
    other = agreement("platform_assurance", number="HT-2")

    with pytest.raises(Refused):
        rebase_request(request, agreement=other, by=agent)
    rebase_request(request, agreement=other, by=manager)

    assert clock(request, "h3").started_at == request.reported_at
    owed = Clock.objects.of(request).filter(commitment__set=first.commitment_set, state__in=["running", "paused"])
    assert not owed.exists()
    assert "request.rebased" in kinds(request)


def test_a_part_that_is_not_agreed_binds_nobody(agreement):
    whole = agreement("project_warranty").commitment_set
    without = agreement("project_warranty", number="HT-2", parts=("F",)).commitment_set

    assert {"g2", "g4"} <= {c.code for c in whole.terms()}
    assert not {"g2", "g4"} & {c.code for c in without.terms()}
    assert not any(clause.startswith("G") for clause in without.clauses)
