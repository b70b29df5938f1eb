"""The base of every case that promises bind: its clocks advance with each event, in the same transaction."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from shouhou.people.models import Organisation
from shouhou.promises.models.clocks import Clock
from shouhou.promises.models.commitments import Commitment, CommitmentSet, commitments_of, current_versions
from shouhou.promises.rules.facts import corrected
from shouhou.promises.rules.fold import Fact, Reading, Terms, fold
from shouhou.shared.journal import event_of
from shouhou.shared.lifecycle import Lifecycle
from shouhou.shared.models import Event
from shouhou.shared.time import NEVER, now

NO_CLOCK = "none"


class ClockState(models.TextChoices):
    """What the list shows of a case's promises at a glance."""

    NONE = "none", _("No promise running")
    RUNNING = "running", _("On time")
    AT_RISK = "at_risk", _("At risk")
    PAUSED = "paused", _("Paused")
    BROKEN = "broken", _("Overdue")


class Promised(Lifecycle):
    """A case with promises: a request, a call, a depot repair, a maintenance order, a complaint."""

    GUARDED: ClassVar[frozenset[str]] = frozenset(
        {"status", "next_due_at", "next_clock_state", "commitment_set", "company_set"}
    )
    ENDED: ClassVar[tuple[str, ...]] = ()  # statuses in which nothing is owed any more

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("Service organisation")
    )
    commitment_set = models.ForeignKey(CommitmentSet, models.PROTECT, null=True, related_name="+")
    company_set = models.ForeignKey(CommitmentSet, models.PROTECT, null=True, related_name="+")
    next_due_at = models.DateTimeField(default=NEVER)
    next_clock_state = models.CharField(max_length=10, choices=ClockState.choices, default=ClockState.NONE)

    class Meta:
        abstract = True

    def promise_facts(self) -> Mapping[str, Any]:
        """What the case is, in the closed vocabulary that commitments may ask for (`when`)."""
        raise NotImplementedError

    def binding(self) -> list[Commitment]:
        """The commitments that bind this case: its agreement's, then the company's own where no clause is doubled."""
        first = list(commitments_of(self.commitment_set_id)) if self.commitment_set_id else []
        clauses = {c.clause for c in first if c.clause}
        company = commitments_of(self.company_set_id) if self.company_set_id else ()
        return first + [c for c in company if c.clause not in clauses]

    def recorded(self, event: Event) -> None:
        self.advance()

    def advance(self) -> None:
        """Fold all events of the case anew, write what changed of its clocks, record what that means.

        Folding everything costs a millisecond and makes advancing equal to replaying by construction.
        """
        at = now()
        facts = facts_of(Event.objects.of(self))
        rows = list(Clock.objects.of(self).select_related("commitment"))
        Event.objects.bulk_create(unwritten(advance_clocks(self, facts, rows, at)))
        self.show(rows, at)

    def arrived(
        self, events: Sequence[Event], at: datetime, then: Callable[[list[Clock]], Event] | None = None
    ) -> None:
        """Start the clocks of a case that was written this moment: these are all its events, and it has no clocks.

        `then` makes one more event of the clocks that started, such as the times told to the customer.
        """
        rows: list[Clock] = []
        passages = advance_clocks(self, facts_of(events), rows, at)
        more = then(rows) if then else None
        Event.objects.bulk_create([*passages, *([more] if more else [])])
        if more and self.heeds(more.kind):
            self.advance()
        else:
            self.show(rows, at)

    def heeds(self, kind: str) -> bool:
        """Whether a commitment that binds this case starts, ends or pauses by facts of this kind."""
        return any(kind in (c.start, *c.stops, *c.cancels) or kind in json.dumps(c.pause) for c in self.binding())

    def show(self, clocks: Sequence[Clock], at: datetime) -> None:
        """Write the earliest due time and its colour to the row, when they changed."""
        due, state = summary(clocks, at) if self.status not in self.ENDED else (NEVER, NO_CLOCK)
        if (due, state) != (self.next_due_at, self.next_clock_state):
            self.next_due_at, self.next_clock_state = due, state
            type(self)._base_manager.filter(pk=self.pk).update(next_due_at=due, next_clock_state=state)


def facts_of(events: Sequence[Event] | models.QuerySet[Event]) -> list[Fact]:
    """What the engine reads of the journal: no event of its own making."""
    own = ("clock.warned", "clock.broken", "clock.kept", "clock.reinstated", "clock.rebased")
    return [
        Fact(
            kind=e.kind, occurred_at=e.occurred_at, recorded_at=e.recorded_at, key=e.key or f"{e.pk:020}", id=e.pk,
            data=e.data, corrects_id=e.corrects_id,
        )
        for e in events
        if e.kind not in own
    ]  # fmt: skip


def readings(
    case: Promised, facts: Sequence[Fact], rows: Sequence[Clock], at: datetime
) -> list[tuple[Commitment, int, Reading]]:
    """Every clock that should exist now: commitment, calendar version, reading.

    A chain's follow-on starts from its forerunner's missed due time, so forerunners are read first. A clock keeps the
    calendar version that it started with; one that was broken stays even where its commitment binds no longer.
    """
    what, binding = case.promise_facts(), case.binding()
    bound = {c.pk for c in binding}
    broken = [r for r in rows if r.state == Clock.State.BROKEN]
    binding += {r.commitment_id: r.commitment for r in broken if r.commitment_id not in bound}.values()
    current = current_versions({c.set_id for c in binding}) if binding else {}
    versions = {(r.commitment_id, r.start_event_id): r.calendar_version_id for r in rows}
    found: list[tuple[Commitment, int, Reading]] = []
    derived: list[Fact] = []
    for commitment in sorted(binding, key=lambda c: c.follow_on):
        newest = current[commitment.set_id]
        held = {r.start_event_id for r in broken if r.commitment_id == commitment.pk}
        for version in {v for (c, _start), v in versions.items() if c == commitment.pk} | {newest}:
            terms, told = commitment.terms(version), [*facts, *derived]
            read = fold(terms, what, told, at) if commitment.pk in bound else ()
            for reading in still_broken(terms, told, read, held, at) if held else read:
                if versions.get((commitment.pk, reading.start_fact_id), newest) != version:
                    continue
                found.append((commitment, version, reading))
                if reading.state == "broken" and commitment.otherwise and reading.due_at:
                    derived.append(missed(commitment, reading, at))
    return found


def still_broken(
    terms: Terms, facts: Sequence[Fact], read: Sequence[Reading], held: set[int], at: datetime
) -> list[Reading]:
    """The readings, with those clocks (`held`, by their start) that were broken while the commitment applied.

    A lower grade, another agreement or a visit that is needed no longer does not undo what was broken before: the case
    is overdue no longer, but the breach stays on record. A corrected time may undo it.
    """
    gone = held - {reading.start_fact_id for reading in read if reading.state != "cancelled"}
    plain = fold(replace(terms, when={}), {}, facts, at)
    again = [replace(reading, lapsed=True) for reading in plain if reading.start_fact_id in gone]
    back = {reading.start_fact_id for reading in again}
    return [*(reading for reading in read if reading.start_fact_id not in back), *again]


def missed(commitment: Commitment, reading: Reading, at: datetime) -> Fact:
    """The fact that a follow-on commitment starts with: this promise's due time passed."""
    return Fact(
        kind=f"{commitment.code}.broken",
        occurred_at=reading.due_at or at,
        recorded_at=at,
        key=f"~{reading.start_fact_id}",
        id=reading.start_fact_id,
        data={},
        corrects_id=None,
    )


def advance_clocks(case: Promised, facts: Sequence[Fact], rows: list[Clock], at: datetime) -> list[Event]:
    """Bring the stored clocks in line with the fold. `rows` grows by new clocks.

    Gives the events that say what changed, unwritten: some may stand in the journal already.
    """
    passages = []
    new, changed, seen = [], [], set()
    stored = {(r.commitment_id, r.start_event_id): r for r in rows}
    for commitment, version, reading in readings(case, facts, rows, at):
        key = (commitment.pk, reading.start_fact_id)
        seen.add(key)
        clock = stored.get(key)
        was = clock.state if clock else ""
        if clock is None:
            clock = Clock(
                case_kind=case.KIND, case_id=case.pk, organisation_id=case.organisation_id,
                customer_id=getattr(case, "customer_id", None), commitment=commitment, calendar_version_id=version,
                start_event_id=reading.start_fact_id, external=reading.verdict_external is not None,
            )  # fmt: skip
            clock.take(reading)
            new.append(clock)
        elif clock.take(reading):
            changed.append(clock)
        passages.append((clock, was, reading))
    told = {fact.id for fact in corrected(facts)}
    for key, clock in stored.items():
        owed = clock.is_owed or clock.state == Clock.State.WAITING
        gone = clock.start_event_id not in told  # the start itself was taken away: nothing was ever owed
        if key not in seen and (owed or gone or (clock.commitment.follow_on and clock.state != Clock.State.CANCELLED)):
            clock.state, clock.next_at, clock.void_reason = Clock.State.CANCELLED, None, "void"
            changed.append(clock)
    if new:
        Clock.objects.bulk_create(new)
    for clock in changed:
        clock.save()
    rows.extend(new)
    return [
        event_of(kind, subject=case, occurred_at=when or at, recorded_at=at, key=key, data=data)
        for clock, was, reading in passages
        for kind, key, when, data in passage_events(clock, was, reading, at)
    ]


Passage = tuple[str, str, datetime | None, dict[str, Any]]


def passage_events(clock: Clock, was: str, reading: Reading, at: datetime) -> list[Passage]:
    """What a change of a clock means: warned, broken, kept, reinstated, each with a key that exists at most once."""
    state, due = clock.state, clock.due_at.isoformat() if clock.due_at else ""
    about = {
        "clock": clock.pk,
        "commitment": clock.commitment_id,
        "code": clock.commitment.code,
        "clause": clock.commitment.clause,
    }
    stem = f"clock:{clock.pk}"
    if state == "broken" and was != "broken":
        return [("clock.broken", f"{stem}:broken:{due}", clock.due_at, {**about, "audience": "owner"})]
    if was == "broken" and state in ("met", "running", "paused"):
        return [("clock.reinstated", f"{stem}:reinstated:{due}:{state}", at, about)]
    if state == "met" and was != "met":
        return [("clock.kept", f"{stem}:kept:{due}", clock.stopped_at, about)]
    if state not in ("running", "waiting"):
        return []
    passed = [(step, when) for step, when in reading.warnings if when <= at]
    audiences = dict(clock.commitment.warn)
    # A late registration starts with several warnings behind it: only the last is worth anybody's attention.
    return [
        (
            "clock.warned",
            f"{stem}:{step}:{due}",
            when,
            {**about, "step": step, "audience": audiences.get(step, "owner")},
        )
        for step, when in (passed if was else passed[-1:])
    ]


def unwritten(events: Sequence[Event]) -> list[Event]:
    """Those of the passages that the journal does not have yet; the case's lock keeps others out meanwhile."""
    if not events:
        return []
    known = set(Event.objects.filter(origin="live", key__in=[e.key for e in events]).values_list("key", flat=True))
    return [e for e in events if e.key not in known]


def summary(clocks: Sequence[Clock], at: datetime) -> tuple[datetime, str]:
    """The earliest due instant still owed, and how it stands.

    What waits for a person's decision stands there too until its time has come: only then is it too late to decide.
    """
    owed = [c for c in clocks if c.is_owed or (c.state == Clock.State.WAITING and c.due_at and c.due_at > at)]
    dated = [c for c in owed if c.due_at and c.state != Clock.State.PAUSED]
    if dated:
        first = min(dated, key=lambda c: c.due_at or NEVER)
        if first.state == Clock.State.BROKEN:
            return first.due_at or NEVER, ClockState.BROKEN
        span = (first.due_at or NEVER) - first.started_at
        at_risk = at >= first.started_at + span * 0.75
        return first.due_at or NEVER, ClockState.AT_RISK if at_risk else ClockState.RUNNING
    return NEVER, ClockState.PAUSED if owed else ClockState.NONE
