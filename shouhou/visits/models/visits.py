"""The visit: who goes where and when, and what became of it."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.customers.models import Customer, OfCustomer, Site
from shouhou.people.models import Organisation, User
from shouhou.requests.models import ServiceRequest, VisitRequest
from shouhou.shared.facts import declare
from shouhou.shared.lifecycle import Lifecycle, Refused
from shouhou.visits.rules.facts import FACTS
from shouhou.visits.rules.sheet import Bound

declare(FACTS)


def dispatcher(visit: Any, by: User) -> bool:
    """The duty manager, or who else leads the organisation."""
    return by.serves_in(visit.organisation.path) and by.leads_in(visit.organisation.path)


def engineer_or_dispatcher(visit: Any, by: User) -> bool:
    return visit.engineer_id == by.pk or dispatcher(visit, by)


class VisitQuerySet(OfCustomer):
    def visible_to(self, user: User) -> Self:
        """One's branch, and the visits one goes on; a customer's people see their own."""
        seen = super().visible_to(user)
        if user.is_colleague and not user.sees_all:
            return self.filter(Q(organisation__in=Organisation.objects.visible_to(user)) | Q(engineer=user))
        return seen

    def standing(self) -> Self:
        return self.exclude(status=Visit.Status.CALLED_OFF)

    def during(self, start: datetime, until: datetime) -> Self:
        return self.filter(starts_at__lt=until, ends_at__gt=start)

    def for_list(self) -> Self:
        return self.select_related("customer", "engineer", "request", "visit_request", "organisation", "site")


class Visit(Lifecycle):
    """One on-site service, planned, done and signed (A4)."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned, engineer asked")
        ACCEPTED = "accepted", _("Engineer has accepted")
        ON_SITE = "on_site", _("On site")
        DONE = "done", _("Done")
        CALLED_OFF = "called_off", _("Called off")

    KIND: ClassVar[str] = "visit"
    MOVES: ClassVar = {
        Status.PLANNED: {Status.ACCEPTED: engineer_or_dispatcher, Status.CALLED_OFF: dispatcher},
        Status.ACCEPTED: {
            Status.PLANNED: engineer_or_dispatcher, Status.ON_SITE: engineer_or_dispatcher,
            Status.CALLED_OFF: dispatcher,
        },
        Status.ON_SITE: {Status.DONE: engineer_or_dispatcher, Status.CALLED_OFF: dispatcher},
        Status.DONE: {Status.ON_SITE: dispatcher},
        Status.CALLED_OFF: {},
    }  # fmt: skip
    FACTS: ClassVar = {
        Status.PLANNED: "visit.handed_over", Status.ACCEPTED: "visit.accepted", Status.ON_SITE: "visit.arrived",
        Status.DONE: "visit.departed", Status.CALLED_OFF: "visit.called_off",
    }  # fmt: skip
    GUARDED: ClassVar[frozenset[str]] = frozenset({"status", "engineer"})

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="visits", verbose_name=_("Customer"))
    request = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="visits", verbose_name=_("Request"))
    visit_request = models.ForeignKey(VisitRequest, models.PROTECT, null=True, related_name="visits")
    number = models.CharField(_("Number"), max_length=30, unique=True, editable=False)
    status = models.CharField(_("Status"), max_length=10, choices=Status.choices, default=Status.PLANNED)
    engineer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="visits", verbose_name=_("Service engineer")
    )
    bounds = models.JSONField(default=list, editable=False)  # whose the visit is from when: [[instant, [people]]]
    starts_at = models.DateTimeField(_("Appointment"))
    ends_at = models.DateTimeField(_("Until"))
    pinned = models.BooleanField(_("Fixed by the dispatcher"), default=False)
    site = models.ForeignKey(Site, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Site"))
    unit = models.CharField(_("Unit"), max_length=200)
    address = models.CharField(_("Address"), max_length=300)
    contact_name = models.CharField(_("Contact"), max_length=100)
    phone = models.CharField(_("Call-back number"), max_length=60)
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    agreed_at = models.DateTimeField(null=True)  # the customer knows the time and agrees
    objection = models.CharField(_("The customer's wish"), max_length=300, blank=True, default="")
    token_digest = models.CharField(max_length=64, blank=True, default="")
    # What the fold of the phones' operations says; written only by actions/syncing.py.
    sheet = models.JSONField(default=dict, editable=False)
    step = models.CharField(max_length=10, blank=True, default="prepare")
    set_out_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    badge_seen_at = models.DateTimeField(null=True)  # when the customer scanned the badge and said: this person
    evidence = models.CharField(_("Evidence of the arrival"), max_length=10, blank=True, default="")
    left_at = models.DateTimeField(null=True)
    to_review = models.PositiveIntegerField(default=0)
    released_at = models.DateTimeField(null=True)

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = _("Visit")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="visit_ends_after_start"),
            models.UniqueConstraint(fields=["token_digest"], condition=~Q(token_digest=""), name="visit_token_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["engineer", "starts_at"], name="visit_engineer"),
            models.Index(fields=["organisation", "starts_at"], name="visit_day"),
            models.Index(fields=["organisation", "id"], name="visit_to_review", condition=Q(to_review__gt=0)),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("visits:detail", args=[self.pk])

    def belongs_to(self) -> ServiceRequest:
        return self.request

    # --- whose it is --------------------------------------------------------------------------

    def bind(self, engineers: Iterable[int], at: datetime) -> None:
        """From this instant it is these people's."""
        self.bounds = [*self.bounds, [at.isoformat(), sorted(engineers)]]

    def bounds_of(self) -> list[Bound]:
        return [Bound(datetime.fromisoformat(at), frozenset(people)) for at, people in self.bounds]

    @property
    def people(self) -> frozenset[int]:
        """Whose it is now, or was at last before it was called off."""
        held = [frozenset(people) for _at, people in self.bounds if people]
        return held[-1] if held else frozenset()

    @property
    def minutes(self) -> int:
        """How long it is planned to take."""
        return round((self.ends_at - self.starts_at).total_seconds() / 60)

    # --- moves --------------------------------------------------------------------------------

    def accept(self, *, by: User) -> None:
        """The engineer goes; a dispatcher notes what the engineer said."""
        with self.moving(self.Status.ACCEPTED, by=by, data={"visit": self.pk, "engineer": self.engineer_id}) as at:
            self.accepted_at = at

    def decline(self, *, by: User, reason: str) -> None:
        """The engineer cannot; the dispatcher hears at once and names somebody else."""
        if by.pk != self.engineer_id:
            raise Refused(_now("Only the engineer asked says no."))
        if not reason.strip():
            raise Refused(_now("Say why you cannot go."))
        with self.noting("visit.declined", by=by, data={"visit": self.pk, "engineer": by.pk}):
            if self.status not in (self.Status.PLANNED, self.Status.ACCEPTED):
                raise Refused(self.refusal(self.Status.PLANNED))
            self.objection, self.accepted_at, self.status = reason.strip(), None, self.Status.PLANNED

    def give_to(self, engineer: User, *, by: User) -> None:
        """Another engineer goes; what the former one still sends is kept for review."""
        if not dispatcher(self, by):
            raise Refused(_now("Only who leads the organisation gives a visit to somebody else."))
        if engineer.pk == self.engineer_id:
            return
        data = {"visit": self.pk, "from": self.engineer_id, "to": engineer.pk}
        with self.noting("visit.handed_over", by=by, data=data) as at:
            if self.status in (self.Status.DONE, self.Status.CALLED_OFF):
                raise Refused(self.refusal(self.Status.PLANNED))
            self.engineer, self.accepted_at = engineer, None
            if self.status == self.Status.ACCEPTED:
                self.status = self.Status.PLANNED
            self.bind([engineer.pk], at)

    def move_to(self, starts_at: datetime, ends_at: datetime, *, by: User) -> None:
        """Another time; the customer has to be told again."""
        if not dispatcher(self, by):
            raise Refused(_now("Only who leads the organisation moves a visit."))
        data = {"visit": self.pk, "from": self.starts_at.isoformat(), "to": starts_at.isoformat()}
        with self.noting("visit.moved", by=by, data=data):
            if self.status not in (self.Status.PLANNED, self.Status.ACCEPTED):
                raise Refused(self.refusal(self.Status.PLANNED))
            self.starts_at, self.ends_at, self.agreed_at, self.objection = starts_at, ends_at, None, ""

    def call_off(self, *, by: User, reason: str) -> None:
        """Nobody goes. What a phone without signal did meanwhile is kept for review."""
        if not reason.strip():
            raise Refused(_now("Say why the visit is called off."))
        with self.moving(self.Status.CALLED_OFF, by=by, data={"visit": self.pk}) as at:
            self.objection = reason.strip()
            self.bind([], at)

    # --- the customer's link ------------------------------------------------------------------

    @staticmethod
    def hashed(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

    def new_link(self) -> str:
        """A secret address at which the customer agrees with the time or asks for another; the former one ends."""
        token = secrets.token_urlsafe(24)
        type(self).objects.filter(pk=self.pk).update(token_digest=self.hashed(token))
        self.token_digest = self.hashed(token)
        return token

    def agree(self, *, by: User | None) -> None:
        """The customer knows the time and agrees; by the link nobody of ours stands behind it."""
        with self.noting("visit.agreed", by=by, audience="customer", data={"visit": self.pk}) as at:
            self.must_be_coming()
            self.agreed_at, self.objection = at, ""

    def object_to(self, wish: str, *, by: User | None) -> None:
        """The customer wants another time: the dispatcher hears."""
        if not wish.strip():
            raise Refused(_now("Say when it would suit you."))
        with self.noting("visit.objected", by=by, audience="customer", data={"visit": self.pk}):
            self.must_be_coming()
            self.objection, self.agreed_at = wish.strip()[:300], None

    def must_be_coming(self) -> None:
        if self.status not in (self.Status.PLANNED, self.Status.ACCEPTED):
            raise Refused(_now("This appointment is over."))
