"""The service request and its moves."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.agreements.models import Agreement
from shouhou.customers.models import Contact, Customer, OfCustomer, Project, Site
from shouhou.equipment.models import InstalledItem
from shouhou.people.models import User
from shouhou.promises.models import Clock, Promised
from shouhou.requests.models.permits import (
    document_keeper,
    may_cancel,
    may_confirm,
    responsible,
    solves,
    staff,
    within_thirty_days,
)
from shouhou.requests.rules import facts, words
from shouhou.shared.facts import declare
from shouhou.shared.journal import record
from shouhou.shared.lifecycle import Refused, nobody
from shouhou.shared.search import found_ids, matching, similar_ids
from shouhou.shared.time import now

declare(facts.MOVES)
declare(facts.NOTED)

REOPEN_DAYS = 30


class ServiceRequestQuerySet(OfCustomer):
    def open(self) -> Self:
        """Requests on which work or an answer is still owed."""
        return self.filter(status__in=ServiceRequest.OPEN)

    def overdue(self, at: datetime) -> Self:
        return self.open().filter(next_due_at__lt=at)

    def for_list(self) -> Self:
        return self.select_related("customer", "owner")

    def with_promise(self) -> Self:
        """Each row with the name of the promise that its due time belongs to, read by the same query."""
        clocks = Clock.objects.filter(
            case_kind=ServiceRequest.KIND, case_id=OuterRef("pk"), due_at=OuterRef("next_due_at"),
            state__in=(Clock.State.RUNNING, Clock.State.BROKEN), stopped_at=None,
        )  # fmt: skip
        name = "commitment__name_zh" if (get_language() or "").startswith("zh") else "commitment__name_en"
        return self.annotate(promise_name=Subquery(clocks.order_by("pk").values(name)[:1]))

    def matching(self, text: str) -> Self:
        """Requests in whose number, title, description or customer's name the words stand."""
        where: dict[str, Any] = {"vector": "search", "exact": ("number", "external_ref"), "part": "subject"}
        ids = found_ids(ServiceRequest._base_manager.all(), text, **where)
        return self.filter(matching(text, **where)) if ids is None else self.filter(pk__in=ids)

    def like(self, text: str) -> "list[ServiceRequest]":
        """Up to five solved requests that share the telling words of a text, the likest first; none said twice."""
        ids = similar_ids(self.exclude(solution=""), text, vector="search")[:30]
        rows = self.in_bulk(ids)
        return list({(rows[pk].subject, rows[pk].solution): rows[pk] for pk in reversed(ids)}.values())[:-6:-1]


class ServiceRequest(Promised):
    """One need of a customer, from any channel, until it is confirmed solved."""

    class Status(models.TextChoices):
        NEW = "new", _("New")
        WORKING = "working", _("In progress")
        RESOLVED = "resolved", _("Awaiting confirmation")
        CONFIRMED = "confirmed", _("Confirmed")
        FOLLOWED_UP = "followed_up", _("Followed up")
        CLOSED = "closed", _("Closed")
        FILED = "filed", _("Filed")
        CANCELLED = "cancelled", _("Cancelled")
        MERGED = "merged", _("Merged")

    KIND: ClassVar[str] = "request"
    RUNNING: ClassVar = (Status.NEW, Status.WORKING)
    OPEN: ClassVar = (Status.NEW, Status.WORKING, Status.RESOLVED, Status.CONFIRMED, Status.FOLLOWED_UP)
    ENDED: ClassVar = (Status.CLOSED, Status.FILED, Status.CANCELLED, Status.MERGED)
    MOVES: ClassVar = {
        Status.NEW: {
            Status.WORKING: responsible,
            Status.RESOLVED: solves,
            Status.CANCELLED: may_cancel,
            Status.MERGED: staff,
        },
        Status.WORKING: {Status.RESOLVED: solves, Status.CANCELLED: may_cancel, Status.MERGED: staff},
        Status.RESOLVED: {Status.CONFIRMED: may_confirm, Status.NEW: may_confirm},
        Status.CONFIRMED: {Status.FOLLOWED_UP: staff, Status.NEW: may_confirm, Status.CLOSED: nobody},
        Status.FOLLOWED_UP: {Status.CLOSED: staff, Status.NEW: may_confirm},
        Status.CLOSED: {Status.FILED: document_keeper, Status.NEW: within_thirty_days},
        Status.FILED: {},
        Status.CANCELLED: {},
        Status.MERGED: {},
    }
    FACTS: ClassVar = {
        Status.WORKING: "request.accepted",
        Status.RESOLVED: "request.resolved",
        Status.CONFIRMED: "request.confirmed",
        Status.FOLLOWED_UP: "request.followed_up",
        Status.CLOSED: "request.closed",
        Status.FILED: "request.filed",
        Status.CANCELLED: "request.cancelled",
        Status.MERGED: "request.merged",
        Status.NEW: "request.reopened",
    }

    number = models.CharField(_("Number"), max_length=30, unique=True, editable=False)
    status = models.CharField(_("Status"), max_length=12, choices=Status.choices, default=Status.NEW)
    channel = models.CharField(_("Channel"), max_length=12, choices=words.Channel.choices, default=words.Channel.PHONE)
    kind = models.CharField(_("Kind"), max_length=14, choices=words.Kind.choices, default=words.Kind.FAULT)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="requests", verbose_name=_("Customer")
    )
    caller_name = models.CharField(_("Caller"), max_length=100, blank=True, default="")
    caller_phone = models.CharField(_("Call-back number"), max_length=60, blank=True, default="")
    caller_unit = models.CharField(_("Unit"), max_length=200, blank=True, default="")
    site = models.ForeignKey(Site, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Site"))
    contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="requests", verbose_name=_("Contact")
    )
    item = models.ForeignKey(
        InstalledItem, models.PROTECT, null=True, blank=True, related_name="requests", verbose_name=_("Installed item")
    )
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="requests", verbose_name=_("Project")
    )
    agreement = models.ForeignKey(
        Agreement, models.PROTECT, null=True, blank=True, related_name="requests", verbose_name=_("Agreement")
    )
    subject = models.CharField(_("In one line"), max_length=200)
    description = models.TextField(_("What happened"), blank=True, default="")
    need = models.CharField(_("What the customer needs"), max_length=300, blank=True, default="")
    impact = models.CharField(_("Impact"), max_length=6, choices=words.Grade.choices, default=words.Grade.MEDIUM)
    urgency = models.CharField(_("Urgency"), max_length=6, choices=words.Grade.choices, default=words.Grade.MEDIUM)
    severity = models.CharField(
        _("Severity"), max_length=10, choices=words.Severity.choices, default=words.Severity.MEDIUM
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="owned_requests", verbose_name=_("Owner")
    )
    waiting = models.CharField(_("Waiting"), max_length=14, choices=words.Waiting.choices, blank=True, default="")
    coverage = models.CharField(
        _("Coverage"), max_length=10, choices=words.Coverage.choices, default=words.Coverage.COVERED
    )
    coverage_reason = models.CharField(_("Ground"), max_length=300, blank=True, default="")
    coverage_approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    needs_visit = models.BooleanField(_("Needs a visit"), default=False)
    # None: nobody has decided yet; a promise that asks for it waits and reminds (H3).
    remote_failed = models.BooleanField(_("Remote work did not solve it"), null=True, default=None)
    cause = models.CharField(_("Cause"), max_length=12, choices=words.Cause.choices, blank=True, default="")
    solution = models.TextField(_("Solution"), blank=True, default="")
    reported_at = models.DateTimeField(_("Reported at"))
    received_at = models.DateTimeField(_("Received at"))
    registered_late = models.BooleanField(_("Registered late"), default=False)
    promised_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    confirm_by = models.DateTimeField(null=True, blank=True)
    confirmed_how = models.CharField(
        _("Confirmed"), max_length=10, choices=words.Confirmation.choices, blank=True, default=""
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    reopenings = models.PositiveIntegerField(default=0)
    reassignments = models.PositiveIntegerField(default=0)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="absorbed")
    major_incident = models.ForeignKey(
        "requests.MajorIncident", models.PROTECT, null=True, blank=True, related_name="requests"
    )
    problem = models.ForeignKey("requests.Problem", models.PROTECT, null=True, blank=True, related_name="requests")
    external_ref = models.CharField(max_length=100, blank=True, default="", editable=False)
    search = SearchVectorField(null=True, editable=False)

    objects = ServiceRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("Service request")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="request_resolved_has_solution",
                condition=~Q(status__in=["resolved", "confirmed", "followed_up"]) | ~Q(solution=""),
            ),
            models.CheckConstraint(
                name="request_merged_has_target", condition=~Q(status="merged") | ~Q(merged_into=None)
            ),
            models.CheckConstraint(
                name="request_goodwill_has_approver",
                condition=~Q(coverage="goodwill") | (~Q(coverage_reason="") & ~Q(coverage_approver=None)),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_due_at", "id"],
                name="request_due",
                condition=Q(status__in=["new", "working", "resolved", "confirmed", "followed_up"]),
            ),
            models.Index(
                fields=["organisation", "next_due_at", "id"],
                name="request_org_due",
                condition=Q(status__in=["new", "working", "resolved", "confirmed", "followed_up"]),
            ),
            models.Index(
                fields=["owner", "next_due_at", "id"],
                name="request_owner_due",
                condition=Q(status__in=["new", "working", "resolved", "confirmed", "followed_up"]),
            ),
            models.Index(fields=["customer", "-id"], name="request_customer"),
            models.Index(fields=["status", "-id"], name="request_status"),
            models.Index(fields=["-reported_at", "-id"], name="request_reported"),
            models.Index(fields=["confirm_by"], name="request_confirm_by", condition=Q(status="resolved")),
            models.Index(fields=["external_ref"], name="request_external", condition=~Q(external_ref="")),
            GinIndex(fields=["search"], name="request_words", fastupdate=False),
            GinIndex(OpClass(Upper("subject"), name="gin_trgm_ops"), name="request_subject_trgm"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("requests:detail", args=[self.pk])

    def promise_facts(self) -> Mapping[str, Any]:
        return {
            "severity": self.severity,
            "channel": self.channel,
            "kind": self.kind,
            "coverage": self.coverage,
            "item_class": self.item.product.item_class if self.item else "",
            "urgent": self.urgency == words.Grade.HIGH,
            "needs_visit": self.needs_visit,
            "remote_failed": self.remote_failed,
            "cause": self.cause,
        }

    def must_be_open(self) -> None:
        """Raises Refused once the case has ended: what was counted and filed stays as it was."""
        if self.status in self.ENDED:
            raise Refused(_now("%(number)s has ended: reopen it first.") % {"number": self.number})

    def is_reopenable(self, at: datetime) -> bool:
        """Whether the 30 days after closing still run."""
        return self.closed_at is None or at <= self.closed_at + timedelta(days=REOPEN_DAYS)

    def refusal(self, to: str) -> str:
        if to == self.Status.NEW and self.status == self.Status.CLOSED and not self.is_reopenable(now()):
            return _now("Closed more than 30 days ago: register a new request linked to this one.")
        if to in self.MOVES[self.status] and to in (self.Status.RESOLVED, self.Status.WORKING, self.Status.CANCELLED):
            return _now("Only the owner, %(owner)s, or who leads the organisation may do this.") % {"owner": self.owner}
        return super().refusal(to)

    def missing_for_promise(self) -> list[str]:
        """What must be recorded before a time may be promised (A1.1): contact, problem and need."""
        lacking = []
        if not (self.contact_id or self.caller_name) or not (self.caller_phone or self.contact_id):
            lacking.append(_now("contact"))
        if not self.description:
            lacking.append(_now("what happened"))
        if not self.need:
            lacking.append(_now("what the customer needs"))
        return lacking

    def must_be_promisable(self) -> None:
        """Refuse to promise a time while something that must be recorded first is missing."""
        lacking = self.missing_for_promise()
        if lacking:
            raise Refused(_now("Before promising a time, record: %(lacking)s.") % {"lacking": ", ".join(lacking)})

    def give_promise(self, *, by: User) -> None:
        """The agent has told the customer the times that the agreement gives (A1.1)."""
        self.must_be_promisable()
        with self.noting("promise.given", by=by, audience="customer", data=self.told(self.clocks())) as at:
            self.must_be_open()
            self.promised_at = at

    @staticmethod
    def told(clocks: Iterable[Clock]) -> dict[str, Any]:
        """The due times that the customer hears, by commitment."""
        return {"due": {c.commitment.code: c.due_at.isoformat() for c in clocks if c.is_open and c.due_at}}

    def clocks(self) -> Any:
        """Its clocks, the earliest due first."""
        return Clock.objects.of(self).select_related("commitment").order_by("due_at", "pk")

    def begin(self, *, by: User) -> None:
        """The owner starts work."""
        with self.moving(self.Status.WORKING, by=by):
            pass

    def resolve(
        self,
        solution: str,
        *,
        by: User | None,
        cause: str = "",
        confirm_by: datetime | None = None,
        occurred_at: datetime | None = None,
    ) -> None:
        """Say that it is solved, and how. The customer's confirmation is still owed (A1.2)."""
        if not solution.strip():
            raise Refused(_now("Write down the solution: what was wrong and what was done."))
        with self.moving(self.Status.RESOLVED, by=by, occurred_at=occurred_at, audience="customer") as at:
            self.solution, self.cause = solution.strip(), cause or self.cause
            self.resolved_at, self.confirm_by, self.waiting = at, confirm_by, ""
            self.end_offers(by=by)
            if self.kind in (words.Kind.FAULT, words.Kind.PERFORMANCE):
                record("fault.repaired", subject=self, by=by, occurred_at=at)

    def confirm(self, how: str, *, by: User | None) -> None:
        """The customer says that it is really solved; or the window expired, which is recorded as such (A1.2)."""
        with self.moving(self.Status.CONFIRMED, by=by, audience="customer", data={"how": how}):
            self.confirmed_how = how

    def reopen(self, *, by: User | None, how: str = "") -> None:
        """Not solved after all. Before closing it voids the repair; after closing a new cycle begins (30 days)."""
        answered = (self.Status.RESOLVED, self.Status.CONFIRMED, self.Status.FOLLOWED_UP)
        fact = "request.rejected" if self.status in answered else "request.reopened"
        with self.moving(self.Status.NEW, by=by, audience="customer", data={"how": how} if how else None, fact=fact):
            self.reopenings += 1
            # A link sent for the solution that failed must not confirm the next one.
            self.confirmation_links.filter(used_at=None, expires_at__gt=now()).update(expires_at=now())
            self.resolved_at = self.confirm_by = self.closed_at = None
            self.confirmed_how = ""

    def follow_up(self, *, by: User | None, data: dict[str, Any] | None = None) -> None:
        """The follow-up has shown that it is truly solved (A1.3); the room feedback calls this."""
        with self.moving(self.Status.FOLLOWED_UP, by=by, data=data):
            pass

    def close(self, *, by: User | None) -> None:
        """Nothing is owed any more."""
        with self.moving(self.Status.CLOSED, by=by) as at:
            self.closed_at = at
            self.end_offers(by=by)

    def file(self, *, by: User) -> None:
        """The document keeper has filed the papers."""
        with self.moving(self.Status.FILED, by=by):
            pass

    def cancel(self, *, by: User | None) -> None:
        """Registered by mistake or withdrawn by the customer."""
        with self.moving(self.Status.CANCELLED, by=by, audience="customer") as at:
            self.closed_at, self.waiting = at, ""
            self.end_offers(by=by)

    def end_offers(self, *, by: User | None) -> None:
        """Nobody is asked to take over what is done: an offer that waits ends with the work, under the same lock."""
        for offer in self.handovers.filter(state="offered"):
            offer.state, offer.answered_at = "withdrawn", now()
            offer.save(update_fields=["state", "answered_at"])
            about = {"taker": offer.taker_id, "kind": offer.kind, "handover": offer.pk}
            record("reassignment.withdrawn", subject=self, by=by, data=about)
