"""Adopting presets: copying, filling the blanks, freezing."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shouhou.agreements.models import Agreement, ServiceLevel, may_agree
from shouhou.agreements.rules import following_period
from shouhou.customers.models import Customer
from shouhou.equipment.models import InstalledItem
from shouhou.people.models import Organisation
from shouhou.promises.actions import case_model, replay_cases
from shouhou.promises.models import Calendar, Commitment, CommitmentSet
from shouhou.promises.rules.period import BadPeriod, in_words, read_period
from shouhou.promises.rules.presets import Preset, PresetCommitment, load_preset
from shouhou.promises.rules.replay import Replay
from shouhou.shared.journal import record
from shouhou.shared.lifecycle import Refused
from shouhou.shared.time import now

MOST_CASES = 10_000  # of one what-if on a page


def blanks(preset: Preset) -> list[PresetCommitment]:
    """The promises whose figure the source document leaves open: who adopts the preset must fill them in."""
    return [c for c in preset.commitments if c.within is None]


def kept_parts(preset: Preset, parts: tuple[str, ...] | None) -> set[str]:
    """The separable parts that are agreed; None means every one that is not optional."""
    return {name for name in preset.parts if (name not in preset.optional if parts is None else name in parts)}


def agreed(preset: Preset, parts: tuple[str, ...] | None) -> list[PresetCommitment]:
    """The promises of the chosen parts."""
    kept = kept_parts(preset, parts)
    return [c for c in preset.commitments if not c.part or c.part in kept]


def preset_of(level: ServiceLevel) -> Preset:
    """The service level's terms as the company has them now."""
    return load_preset(level.terms)


def name_of(commitment: PresetCommitment) -> str:
    """The promise in the reader's language."""
    return commitment.name_zh if (get_language() or "zh").startswith("zh") else commitment.name_en


def filled_period(commitment: PresetCommitment, filled: dict[str, str]) -> str:
    """The figure of a promise, from the text or from the person who adopts it. Raises Refused naming the blank."""
    within = commitment.within or filled.get(commitment.key, "").strip()
    if not within:
        words = {
            "promise": name_of(commitment),
            "example": in_words(commitment.proposed or "24 h", get_language() or "zh"),
        }
        raise Refused(
            _("“%(promise)s”: the source document leaves the period open. Fill it in, for example %(example)s.") % words
        )
    try:
        return str(read_period(within))
    except BadPeriod:
        raise Refused(
            _("“%(promise)s”: %(within)s is no period. Write for example 24 hours or 2 working days.")
            % {"promise": name_of(commitment), "within": within}
        ) from None


@transaction.atomic
def freeze(
    *, preset: Preset, organisation: Organisation, calendar: Calendar, purpose: str, filled: dict[str, str],
    parts: tuple[str, ...] | None = None,
) -> CommitmentSet:  # fmt: skip
    """Copy a preset's promises into a set that is never changed again. `parts` picks among separable parts."""
    kept = CommitmentSet.objects.create(
        organisation=organisation, purpose=purpose, name_zh=preset.name_zh, name_en=preset.name_en, preset=preset.key,
        calendar=calendar, clauses=list(preset.clauses_of(parts)), frozen_at=now(),
    )  # fmt: skip
    chosen = agreed(preset, parts)
    Commitment.objects.bulk_create(
        [_copied(c, position, filled_period(c, filled), set=kept) for position, c in enumerate(chosen)]
    )
    return kept


def _copied(c: PresetCommitment, position: int, within: str, **of_set: Any) -> Commitment:
    """The unsaved row of a promise, as a preset writes it."""
    return Commitment(
        **of_set, code=c.key, clause=c.clause or "", position=position, name_zh=c.name_zh, name_en=c.name_en,
        start=c.start, stops=list(c.stop), cancels=list(c.cancel), within=within,
        window=c.window or "", days=c.days, roll=c.roll, when=dict(c.when), pause=list(c.pause),
        attempts=c.attempts, warn=[[w.step, w.audience] for w in c.warn], otherwise=c.otherwise or "",
        follow_on=c.follow_on, repeat=c.repeat, owed_by=c.by, source=c.source,
    )  # fmt: skip


def tried(promises: list[PresetCommitment], filled: dict[str, str]) -> list[Commitment]:
    """What a set of these promises would hold, unsaved; raises Refused while a blank is open."""
    return [_copied(c, position, filled_period(c, filled)) for position, c in enumerate(promises)]


def promises_of(agreement: Agreement) -> list[Commitment]:
    """The promises of an agreement: those frozen, else those that its draft would freeze now. Raises Refused."""
    if agreement.commitment_set:
        return list(agreement.commitment_set.terms())
    parts = tuple(agreement.parts) if agreement.parts is not None else None
    return tried(agreed(preset_of(agreement.service_level), parts), agreement.filled)


@transaction.atomic
def draft_agreement(
    *, customer: Customer, level: ServiceLevel, number: str, name: str, starts_on: date, ends_on: date | None,
    by: Any, items: list[InstalledItem] | None = None, project: Any = None, filled: dict[str, str] | None = None,
    parts: tuple[str, ...] | None = None, renewal: str = Agreement.Renewal.NONE, notice_days: int = 60,
    follows: Agreement | None = None,
) -> Agreement:  # fmt: skip
    """Write an agreement that copies a service level; it binds once it is signed."""
    preset = preset_of(level)
    agreement = Agreement.objects.create(
        organisation=customer.organisation,
        customer=customer,
        number=number,
        name=name,
        service_level=level,
        starts_on=starts_on,
        ends_on=ends_on,
        project=project,
        filled=filled or {},
        parts=list(parts) if parts is not None else None,
        entitlements=_entitlements(preset, parts),
        renewal=renewal,
        notice_days=notice_days,
        follows=follows,
    )
    agreement.items.set(items or [])
    record("agreement.drafted", subject=agreement, by=by, to=Agreement.Status.DRAFT)
    return agreement


def _entitlements(preset: Preset, parts: tuple[str, ...] | None) -> list[Any]:
    return [e for e in preset.entitlements if "part" not in e or e["part"] in kept_parts(preset, parts)]


def edit_draft(
    agreement: Agreement, *, level: ServiceLevel, number: str, name: str, starts_on: date, ends_on: date | None,
    items: list[InstalledItem], filled: dict[str, str], parts: tuple[str, ...] | None, changed: list[str], by: Any,
    renewal: str = Agreement.Renewal.NONE, notice_days: int = 60,
) -> None:  # fmt: skip
    """Write a draft anew; which fields changed is recorded. Refused once it is in force."""
    with agreement.noting("agreement.edited", by=by, data={"fields": sorted(changed)}):
        must_be_draft(agreement, by=by)
        agreement.service_level, agreement.number, agreement.name = level, number, name
        agreement.starts_on, agreement.ends_on, agreement.filled = starts_on, ends_on, filled
        agreement.parts = list(parts) if parts is not None else None
        agreement.entitlements = _entitlements(preset_of(level), parts)
        agreement.renewal, agreement.notice_days = renewal, notice_days
        agreement.items.set(items)


def discard_draft(agreement: Agreement, *, by: Any) -> None:
    """Delete a draft, which never bound anybody; its number is free again. Refused once it is in force."""
    with agreement.locked():
        must_be_draft(agreement, by=by)
        record("agreement.discarded", subject=agreement, by=by, data={"number": agreement.number})
        agreement.delete()


def must_be_draft(agreement: Agreement, *, by: Any) -> None:
    """Raises Refused for what is in force or ended, and for who does not decide."""
    if agreement.status != Agreement.Status.DRAFT:
        raise Refused(_("Only a draft is edited or deleted: what is in force is ended, and another one written."))
    if not may_agree(agreement, by):
        raise Refused(_("Agreements are written by who leads the organisation or the project."))


@transaction.atomic
def sign_agreement(agreement: Agreement, *, by: Any, calendar: Calendar | None = None) -> None:
    """Put an agreement in force: its promises are copied and frozen now. Refused while a blank is open."""
    calendar = calendar or company_calendar(agreement.organisation)
    if agreement.follows is not None:
        _supersede(agreement.follows, by=by, successor=agreement)
    with agreement.moving(Agreement.Status.IN_FORCE, by=by):
        agreement.commitment_set = freeze(
            preset=preset_of(agreement.service_level), organisation=agreement.organisation, calendar=calendar,
            purpose=CommitmentSet.Purpose.AGREEMENT, filled=agreement.filled,
            parts=tuple(agreement.parts) if agreement.parts is not None else None,
        )  # fmt: skip


def _supersede(former: Agreement, *, by: Any, successor: Agreement) -> None:
    """End the former one on the day before; what was reported until then stays bound by it."""
    last = successor.starts_on - timedelta(days=1)
    with former.noting("agreement.superseded", by=by, data={"successor": successor.pk, "last": last.isoformat()}):
        if former.status != Agreement.Status.IN_FORCE:
            raise Refused(_("What this agreement follows is not in force any more."))
        if last < former.starts_on:
            raise Refused(_("It starts before what it follows: choose a later day."))
        former.ends_on = min(last, former.ends_on or last)


@transaction.atomic
def amend(agreement: Agreement, *, from_on: date, by: Any) -> Agreement:
    """Draft the amendment of an agreement in force: the same terms, to be changed, from a day on (J1).

    What is in force is never edited. Raises Refused where an amendment or renewal is written already.
    """
    return _follow(agreement, starts_on=from_on, ends_on=agreement.ends_on, by=by)


@transaction.atomic
def renew(agreement: Agreement, *, by: Any) -> Agreement:
    """Draft the renewal for the same length, from the day after its end. Raises Refused for one without an end."""
    if agreement.ends_on is None:
        raise Refused(_("This agreement has no end: amend it instead."))
    starts_on, ends_on = following_period(agreement.period_from or agreement.starts_on, agreement.ends_on)
    return _follow(agreement, starts_on=starts_on, ends_on=ends_on, by=by)


def _follow(agreement: Agreement, *, starts_on: date, ends_on: date | None, by: Any) -> Agreement:
    with agreement.locked():
        if agreement.status != Agreement.Status.IN_FORCE:
            raise Refused(_("Only an agreement in force is amended or renewed."))
        if not may_agree(agreement, by):
            raise Refused(_("Agreements are written by who leads the organisation or the project."))
        standing = agreement.successor()
        if standing is not None:
            raise Refused(_("%(number)s follows it already.") % {"number": standing.number})
        if starts_on <= agreement.starts_on or (ends_on is not None and ends_on < starts_on):
            raise Refused(_("It starts within what it follows: choose another day."))
        return draft_agreement(
            customer=agreement.customer, level=agreement.service_level, number=_next_number(agreement),
            name=agreement.name, starts_on=starts_on, ends_on=ends_on, by=by, items=list(agreement.items.all()),
            project=agreement.project, filled=agreement.filled,
            parts=tuple(agreement.parts) if agreement.parts is not None else None, renewal=agreement.renewal,
            notice_days=agreement.notice_days, follows=agreement,
        )  # fmt: skip


def _next_number(agreement: Agreement) -> str:
    """HT-1 is followed by HT-1/2, that by HT-1/3."""
    base, _slash, last = agreement.number.rpartition("/")
    stem, n = (base, int(last) + 1) if base and last.isdecimal() else (agreement.number, 2)
    while Agreement.objects.filter(number=f"{stem}/{n}").exists():
        n += 1
    return f"{stem}/{n}"[-60:]


def watch_periods(at: datetime) -> None:
    """Announce agreements that expire within their notice, and renew tacit ones on the day after their last."""
    rows = Agreement.objects.filter(status=Agreement.Status.IN_FORCE, ends_on__isnull=False)
    late = rows.filter(ends_on__lte=at.date() + timedelta(days=1), renewal=Agreement.Renewal.TACIT)
    soon = rows.filter(announced_at=None, ends_on__lte=at.date() + timedelta(days=366))
    for agreement in (late | soon).select_related("organisation").order_by("pk"):
        _watch_one(agreement, at)


@transaction.atomic
def _watch_one(agreement: Agreement, at: datetime) -> None:
    today = at.astimezone(agreement.organisation.tz).date()
    with agreement.locked():
        last = agreement.ends_on
        if agreement.status != Agreement.Status.IN_FORCE or last is None or agreement.successor() is not None:
            return
        if last < today and agreement.renewal == Agreement.Renewal.TACIT:
            starts_on = agreement.period_from or agreement.starts_on
            while last < today:
                starts_on, last = following_period(starts_on, last)
            data = {"was": agreement.ends_on.isoformat() if agreement.ends_on else None, "last": last.isoformat()}
            with agreement.noting("agreement.renewed", by=None, data=data):
                agreement.period_from, agreement.ends_on, agreement.announced_at = starts_on, last, None
        elif agreement.announced_at is None and today <= last <= today + timedelta(days=agreement.notice_days):
            with agreement.noting("agreement.announced", by=None, data={"last": last.isoformat()}):
                agreement.announced_at = at


@transaction.atomic
def adopt_for_company(
    *,
    preset: Preset,
    organisation: Organisation,
    purpose: str,
    by: Any,
    filled: dict[str, str] | None = None,
    parts: tuple[str, ...] | None = None,
) -> CommitmentSet:
    """The organisation's own promises: to callers without an agreement, or by adopting a preset for the company."""
    CommitmentSet.objects.filter(organisation=organisation, purpose=purpose, preset=preset.key, retired_at=None).update(
        retired_at=now()
    )
    kept = freeze(
        preset=preset,
        organisation=organisation,
        calendar=company_calendar(organisation),
        purpose=purpose,
        filled=filled or {},
        parts=parts,
    )
    record("preset.adopted", subject=kept, by=by, data={"preset": preset.key, "purpose": purpose})
    return kept


def standing_set(organisation: Organisation, purpose: str) -> CommitmentSet | None:
    """The organisation's own set of this purpose, else that of the nearest organisation above it."""
    return standing_sets(organisation, purpose).get(purpose)


def standing_sets(organisation: Organisation, *purposes: str) -> dict[str, CommitmentSet]:
    """For each purpose the organisation's own set, else that of the nearest organisation above it, in one query."""
    above = [int(part) for part in organisation.path.split("/") if part]
    found = CommitmentSet.objects.filter(organisation_id__in=above, purpose__in=purposes, retired_at=None)
    return {s.purpose: s for s in sorted(found, key=lambda s: (above.index(s.organisation_id), s.pk))}


def company_calendar(organisation: Organisation) -> Calendar:
    """The organisation's working calendar, else that of the nearest above it, else the first one."""
    above = [int(part) for part in organisation.path.split("/") if part]
    found = {c.organisation_id: c for c in Calendar.objects.filter(organisation_id__in=above)}
    for pk in reversed(above):
        if pk in found:
            return found[pk]
    return Calendar.objects.order_by("pk")[:1].get()


def covering_agreement(customer: Customer, item: InstalledItem | None, on: date) -> Agreement | None:
    """The agreement that binds a case of this customer and item on this day, if any."""
    return Agreement.objects.covering(customer, item, on).select_related("commitment_set", "service_level").first()


def what_if(
    agreement: Agreement, *, by: Any, whole_desk: bool, first: date, last: date
) -> tuple[Replay, list[Commitment]]:
    """Past requests that began on these local days, judged by the agreement's promises as of now; writes nothing.

    Those of the customer, or of the whole desk, that the asker may see. Raises Refused while a blank is open, and for
    more than MOST_CASES, so that the page answers at once.
    """
    promises, days = promises_of(agreement), company_calendar(agreement.organisation).current.days()
    rows = case_model("request").objects.visible_to(by)
    since, until = days.at(first, 0), days.at(last + timedelta(days=1), 0)
    cases = rows if whole_desk else rows.filter(customer=agreement.customer)
    if cases.filter(reported_at__gte=since, reported_at__lt=until).count() > MOST_CASES:
        raise Refused(_("More than %(most)d cases: choose a shorter period.") % {"most": MOST_CASES})
    terms = [c.built(days) for c in promises]
    return replay_cases(terms, cases=cases, since=since, until=until, at=now(), zone=days.zone), promises
