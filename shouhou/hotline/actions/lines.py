"""Numbers, telephone systems and whose telephones they ring: kept by who keeps people, and journalled."""

from django.db import transaction
from django.db.models import F

from shouhou.hotline.models import Door, Extension, Line
from shouhou.people.models import User
from shouhou.shared.journal import record
from shouhou.shared.time import now


@transaction.atomic
def open_line(line: Line, *, by: User) -> Line:
    """Another number of ours that customers call."""
    line.save()
    record("line.opened", subject=line, by=by)
    return line


@transaction.atomic
def edit_line(line: Line, *, by: User) -> Line:
    """Other words or another number; with the number changed, its customers are owed a new card (A3.2)."""
    former = Line.objects.select_for_update().get(pk=line.pk)
    line.save()
    changed = sorted(name for name in ("number", "purpose", "name") if getattr(former, name) != getattr(line, name))
    record("line.edited", subject=line, by=by, data={"changed": changed})
    return line


@transaction.atomic
def retire_line(line: Line, *, by: User) -> None:
    """A number that is ours no longer; what came in on it stays."""
    if Line.objects.filter(pk=line.pk, retired_at=None).update(retired_at=now()):
        record("line.retired", subject=line, by=by)


@transaction.atomic
def open_door(door: Door, *, by: User) -> Door:
    """Another telephone system that may tell us of calls."""
    door.save()
    record("door.opened", subject=door, by=by)
    return door


@transaction.atomic
def renew_secret(door: Door, *, by: User) -> None:
    """Sign with another secret from now on; the former one serves for a day, for the telephone system to change."""
    Door.objects.filter(pk=door.pk).update(version=F("version") + 1, renewed_at=now())
    record("door.renewed", subject=door, by=by)
    door.refresh_from_db()


def give_extension(door: Door, *, number: str, user: User) -> Extension:
    """An inner number rings at this person's desk; it may have been somebody else's."""
    row, _new = Extension.objects.update_or_create(door=door, number=number.strip(), defaults={"user": user})
    return row
