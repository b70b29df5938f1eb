"""The import door: a workbook checked against what is known, then taken over all or nothing."""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, connection, transaction
from django.utils.timezone import get_current_timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from shouhou.agreements.actions import blanks, preset_of
from shouhou.agreements.models import ServiceLevel
from shouhou.desk.actions.workbook_cases import check
from shouhou.desk.actions.workbook_check import Plan
from shouhou.desk.actions.workbook_write import RowRefused, write
from shouhou.desk.rules.columns import SHEETS
from shouhou.desk.rules.reading import BadWorkbook, Problem, read_workbook
from shouhou.desk.rules.sample import sample
from shouhou.people.models import User
from shouhou.shared.files import keep, open_blob
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Blob
from shouhou.shared.time import now

SALT = "desk.workbook"
KEPT_SECONDS = 24 * 3600  # between preview and import
SHOWN = 200  # problems and skipped rows on the page


@dataclass(frozen=True, slots=True)
class Counted:
    """What the rows of one sheet come to."""

    title: str
    new: int
    updated: int
    unchanged: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do, or has done; with problems it does nothing."""

    name: str
    token: str
    counts: list[Counted]
    problems: list[Problem]
    total_problems: int
    skipped: list[Problem]
    total_skipped: int
    ignored: list[str]
    imported: bool = False

    @property
    def rows(self) -> int:
        return sum(c.new + c.updated for c in self.counts)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written below the head lines."""
        return not self.total_problems and not any(c.new + c.updated + c.unchanged + c.skipped for c in self.counts)

    @property
    def can_import(self) -> bool:
        return not self.imported and not self.total_problems and self.rows > 0


def keep_workbook(upload: UploadedFile, *, by: User) -> Preview:
    """Keep an uploaded workbook and say what its import would do. Raises Refused with the remedy."""
    _must_lead(by)
    blob = keep(upload)
    name = (upload.name or "")[-100:]
    token = signing.dumps({"sha256": blob.sha256, "name": name, "user": by.pk}, salt=SALT)
    return _preview(_plan(blob, name=name, by=by), name=name, token=token)


def import_workbook(token: str, *, by: User) -> Preview:
    """Take over the workbook that was previewed, all of it or nothing. Raises Refused with the remedy."""
    _must_lead(by)
    again = _("The preview is too old: choose the workbook again.")
    try:
        held = signing.loads(token, salt=SALT, max_age=KEPT_SECONDS)
    except signing.BadSignature:
        raise Refused(again) from None
    blob = Blob.objects.filter(sha256=held["sha256"]).first()
    if blob is None or not hmac.compare_digest(str(held["user"]), str(by.pk)):
        raise Refused(again)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:  # one import at a time: the second sees what the first has written
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [SALT])
            plan = _plan(blob, name=held["name"], by=by)
            if not plan.problems:
                write(plan, by=by)
    except RowRefused as refused:
        plan.problems.append(refused.problem)
    except IntegrityError:
        raise Refused(_("Somebody changed the same rows at this moment. Nothing was imported: try again.")) from None
    return _preview(plan, name=held["name"], token=token, imported=not plan.problems)


def sample_workbook() -> bytes:
    """The workbook to fill in, in the reader's language, with dates that make sense today."""
    chinese = (get_language() or "").startswith("zh")
    offered = [
        (level, preset_of(level)) for level in ServiceLevel.objects.filter(retired_at=None).order_by("position", "pk")
    ]
    if not offered:
        raise Refused(_("No service level is offered: ask an administrator to adopt one."))
    level, preset = next((pair for pair in offered if blanks(pair[1])), offered[0])
    open_promises = [(c.name_zh if chinese else c.name_en, c.proposed or "24 h") for c in blanks(preset)]
    local = (now() - timedelta(hours=2)).astimezone(get_current_timezone()).replace(second=0, microsecond=0)
    today, customer, person = local.date(), _word("customer"), _word("contact")
    rows: dict[str, dict[str, Any]] = {
        "customers": {
            "name": customer,
            "number": "C-0001",
            "short_name": _word("short"),
            "region": _word("region"),
            "end_users": 120,
        },
        "contacts": {
            "customer": customer,
            "name": person,
            "phones": "028-85331234 转 808; 13800138000",
            "email": "chen@example.cn",
            "site": _word("site"),
        },
        "items": {
            "customer": customer,
            "product": _word("product"),
            "kind": "设备" if chinese else "device",
            "version": "2.1",
            "serial_number": "SN-20260001",
            "site": _word("site"),
            "certified_on": today - timedelta(days=90),
            "accepted_on": today - timedelta(days=60),
            "purchased_on": today - timedelta(days=120),
        },
        "agreements": {
            "number": "HT-0001",
            "customer": customer,
            "name": _word("agreement"),
            "preset": level.name_zh if chinese else level.key,
            "starts_on": today - timedelta(days=60),
            "ends_on": today + timedelta(days=670),
            "items": "SN-20260001",
            **dict(open_promises),
        },
        "requests": {
            "customer": customer,
            "subject": _word("subject"),
            "contact": person,
            "reported_at": local,
            "responded_at": local + timedelta(minutes=5),
            "kind": "故障" if chinese else "fault",
            "impact": "中" if chinese else "medium",
            "urgency": "高" if chinese else "high",
            "item": "SN-20260001",
            "external_ref": "OLD-0001",
        },
    }
    return sample(chinese=chinese, rows=rows, further=tuple(name for name, _proposed in open_promises))


def _word(key: str) -> str:
    """The words of the example rows."""
    return {
        "customer": pgettext("example", "Example customer"),
        "short": pgettext("example", "Example"),
        "region": pgettext("example", "Chengdu"),
        "site": pgettext("example", "Main building"),
        "contact": pgettext("example", "Chen Fang"),
        "product": pgettext("example", "Self-service terminal"),
        "agreement": pgettext("example", "Yearly service"),
        "subject": pgettext("example", "The screen stays black"),
    }[key]


def _must_lead(by: User) -> None:
    if not by.leads:
        raise Refused(_("Only who leads an organisation may import data."))


def _plan(blob: Blob, *, name: str, by: User) -> Plan:
    """Read the kept workbook and check it against the database. Raises Refused if it is no workbook."""
    levels = {
        level: preset_of(level) for level in ServiceLevel.objects.filter(retired_at=None).order_by("position", "pk")
    }
    further = {name for preset in levels.values() for c in blanks(preset) for name in (c.key, c.name_zh, c.name_en)}
    with open_blob(blob) as file:
        content = file.read()
    try:
        book = read_workbook(content, zone=get_current_timezone(), further=further)
    except BadWorkbook as bad:
        raise Refused(_("%(name)s: %(trouble)s") % {"name": name, "trouble": bad}) from None
    return check(book, levels=levels, by=by)


def _preview(plan: Plan, *, name: str, token: str, imported: bool = False) -> Preview:
    order = {title: place for place, title in enumerate(plan.book.titles.values())}
    problems = sorted(plan.problems, key=lambda p: (order.get(p.sheet, 99), p.row, len(p.column), p.column))
    counts = []
    for sheet in SHEETS:
        if sheet.key in plan.book.titles:
            tally = plan.tally[sheet.key]
            counts.append(
                Counted(
                    plan.book.titles[sheet.key], tally["new"], tally["updated"], tally["unchanged"], tally["skipped"]
                )
            )
    return Preview(
        name=name,
        token=token,
        counts=counts,
        problems=problems[:SHOWN],
        total_problems=len(problems),
        skipped=plan.skipped[:SHOWN],
        total_skipped=len(plan.skipped),
        ignored=plan.book.ignored,
        imported=imported,
    )
