"""The first run and reference data."""

from collections.abc import Sequence

from django.db import transaction

from shouhou.agreements.actions import adopt_for_company
from shouhou.agreements.models import ServiceLevel
from shouhou.people.actions import appoint
from shouhou.people.models import Organisation, User
from shouhou.people.rules import Role
from shouhou.promises.actions import make_calendar
from shouhou.promises.models import Calendar, CommitmentSet
from shouhou.promises.rules.calendar import Calendar as Days
from shouhou.promises.rules.presets import company_norm, preset, raw_presets
from shouhou.shared.lifecycle import Refused
from shouhou.shared.time import now

NORM_PARTS = ("A", "J")  # the service norm and the management system; B and L are for who delivers projects


def needs_wizard() -> bool:
    """Whether there is no company yet."""
    return not Organisation.objects.exists()


@transaction.atomic
def load_reference_data() -> None:
    """The shipped presets as editable rows, and the calendars; what a company has edited is left alone."""
    known = set(ServiceLevel.objects.values_list("key", flat=True))
    for position, (key, terms) in enumerate(raw_presets().items()):
        if key not in known and key != "standing":
            ServiceLevel.objects.create(
                key=key, name_zh=terms["name_zh"], name_en=terms["name_en"], terms=terms, position=position
            )
    names = set(Calendar.objects.values_list("name", flat=True))
    for name, days in (("中国(含调休)", Days.china), ("周一至周五", Days.plain)):
        if name not in names:
            make_calendar(name=name, days=days())


@transaction.atomic
def first_run(
    *,
    company: str,
    hotline: str,
    calendar: str,
    presets: list[str],
    norm: Sequence[str] = NORM_PARTS,
    username: str,
    name: str,
    email: str,
    password: str,
) -> User:
    """Make the headquarters, its calendar, its own promises, and the first administrator."""
    if not needs_wizard():
        raise Refused("There is a company already.")
    load_reference_data()
    headquarters = Organisation.objects.create(name=company, kind=Organisation.Kind.HEADQUARTERS, hotline=hotline)
    make_calendar(
        name=f"{company} 工作日历", days=Days.china() if calendar == "CN" else Days.plain(), organisation=headquarters
    )
    user = User.objects.create_user(username, password, name=name, email=email, is_staff=True, is_superuser=True)
    today = now().date()
    for role in (Role.ADMINISTRATOR, Role.DUTY_MANAGER):
        appoint(user=user, role=role, organisation=headquarters, from_on=today, by=None)
    adopt_standing(headquarters, by=user)
    adopt_norm(headquarters, by=user, parts=tuple(norm))
    ServiceLevel.objects.exclude(key__in=presets).update(retired_at=now())
    return user


def adopt_norm(
    organisation: Organisation, *, by: User | None, parts: tuple[str, ...] = NORM_PARTS
) -> CommitmentSet | None:
    """What binds the company itself rather than through an agreement; nothing where no part is chosen."""
    if not parts:
        return None
    return adopt_for_company(
        preset=company_norm(),
        organisation=organisation,
        purpose=CommitmentSet.Purpose.COMPANY,
        by=by,
        parts=parts,
    )


def adopt_standing(organisation: Organisation, *, by: User | None) -> CommitmentSet:
    """The company's default promises for callers without an agreement."""
    return adopt_for_company(
        preset=preset("standing"), organisation=organisation, purpose=CommitmentSet.Purpose.STANDING, by=by
    )
