"""Users, organisations and appointments."""

from datetime import date
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.http import HttpRequest  # noqa: TID251 - a type only, for the doors of every room
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from shouhou.people.rules import LEADING, SERVING, Role
from shouhou.shared.facts import declare
from shouhou.shared.models import Blob
from shouhou.shared.time import now

declare(
    {
        "person.appointed": _("Role given"),
        "person.relieved": _("Role taken away"),
        "person.erased": _("Personal data erased"),
    }
)

DEFAULT_ZONE = "Asia/Shanghai"


def valid_zone(name: str) -> None:
    """Raises ValidationError for a zone that the tz database does not have."""
    if name not in available_timezones():
        raise ValidationError(_("“%(zone)s” is no time zone: write for example Asia/Shanghai."), params={"zone": name})


def today() -> date:
    """The day it is where the company is; appointments begin and end at its midnight, not at Greenwich's."""
    return now().astimezone(ZoneInfo(settings.TIME_ZONE)).date()


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def under(self, paths: list[str]) -> "OrganisationQuerySet":
        """These organisations and everything below them."""
        inside = Q(pk__in=[])
        for path in paths:
            inside |= Q(path__startswith=path)
        return self.filter(inside)

    def visible_to(self, user: "User") -> "OrganisationQuerySet":
        """A centre sees its own branch of the tree, headquarters all of it."""
        return self.under(user.branch_paths)


class Organisation(models.Model):
    """A service organisation: headquarters, local centre, partner or vendor, in one tree."""

    class Kind(models.TextChoices):
        HEADQUARTERS = "headquarters", _("Headquarters")
        CENTRE = "centre", _("Local centre")
        PARTNER = "partner", _("Partner")
        VENDOR = "vendor", _("Vendor")

    KIND: ClassVar[str] = "organisation"

    name = models.CharField(_("Name"), max_length=200)
    kind = models.CharField(_("Kind"), max_length=20, choices=Kind.choices, default=Kind.CENTRE)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("Above it")
    )
    path = models.CharField(max_length=200, editable=False, default="", db_index=True)
    zone = models.CharField(_("Time zone"), max_length=64, default=DEFAULT_ZONE, validators=[valid_zone])
    region = models.CharField(_("Region"), max_length=100, blank=True, default="")
    hotline = models.CharField(_("Hotline"), max_length=40, blank=True, default="")
    complaint_phone = models.CharField(_("Complaints line"), max_length=40, blank=True, default="")
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("Service organisation")
        verbose_name_plural = _("Service organisations")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name"], name="organisation_name_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keeps the path: /1/5/ lies under /1/; what lies below moves along."""
        super().save(*args, **kwargs)
        path = f"{self.parent.path if self.parent else '/'}{self.pk}/"
        if path != self.path:
            self.path = path
            type(self).objects.filter(pk=self.pk).update(path=path)
            for child in self.children.all():
                child.save()

    @property
    def tz(self) -> ZoneInfo:
        """The zone in which this organisation's promises are counted."""
        return ZoneInfo(self.zone)

    @classmethod
    def top(cls) -> "Organisation":
        """The headquarters. Raises Organisation.DoesNotExist before the first-run wizard."""
        return cls.objects.filter(parent=None).order_by("pk")[:1].get()


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """A new person who may sign in; without a password only by invitation."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class UserQuerySet(models.QuerySet["User"]):
    def holding(self, *roles: str, organisation: Organisation | None = None) -> "UserQuerySet":
        """Active people who now hold one of these roles, in this organisation or one above it."""
        current = Appointment.objects.current().filter(role__in=roles)
        if organisation is not None:
            above = [int(part) for part in organisation.path.split("/") if part]
            current = current.filter(organisation_id__in=above)
        return self.filter(is_active=True, pk__in=current.values("user_id"))

    def visible_to(self, user: "User") -> "UserQuerySet":
        """Colleagues: people appointed in the organisations that this person sees."""
        organisations = Organisation.objects.visible_to(user)
        return self.filter(appointments__organisation__in=organisations).distinct()

    def kept_by(self, user: "User") -> "UserQuerySet":
        """Colleagues whose account this administrator keeps: nobody who also holds a role outside that branch."""
        inside = Organisation.objects.visible_to(user)
        outside = Appointment.objects.current().exclude(organisation__in=inside)
        return self.visible_to(user).exclude(pk__in=outside.values("user_id"))


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in: staff by appointment, a customer by contact."""

    class Language(models.TextChoices):
        CHINESE = "zh-hans", "中文"
        ENGLISH = "en", "English"

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    KIND: ClassVar[str] = "person"

    username = models.CharField(_("User name"), max_length=150, unique=True)
    name = models.CharField(_("Name"), max_length=100)
    number = models.CharField(_("Staff number"), max_length=30, blank=True, default="")
    email = models.EmailField(_("E-mail"), blank=True, default="")
    phone = models.CharField(_("Phone"), max_length=40, blank=True, default="")
    portrait = models.ForeignKey(  # the photo of the badge (A4.2)
        Blob, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Photo of the badge")
    )
    language = models.CharField(_("Language"), max_length=10, choices=Language.choices, default=Language.CHINESE)
    zone = models.CharField(_("Time zone"), max_length=64, default=DEFAULT_ZONE, validators=[valid_zone])
    theme = models.CharField(_("Theme"), max_length=10, choices=Theme.choices, default=Theme.AUTO)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=now, editable=False)

    objects = UserManager.from_queryset(UserQuerySet)()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    @cached_property
    def posts(self) -> list["Appointment"]:
        """The appointments held now, read once per request."""
        return list(self.appointments.current().select_related("organisation"))

    @property
    def roles(self) -> set[str]:
        """Every role held now, anywhere."""
        return {post.role for post in self.posts}

    @property
    def branch_paths(self) -> list[str]:
        """The branches of the organisation tree that this person sees."""
        return sorted({post.organisation.path for post in self.posts})

    @property
    def is_colleague(self) -> bool:
        """Whether the person works for us (or a partner), as against a customer."""
        return bool(self.posts)

    @property
    def sees_all(self) -> bool:
        """Whether the whole tree lies under one of the person's appointments."""
        return any(post.organisation.parent_id is None for post in self.posts)

    def sees(self, organisation: Organisation) -> bool:
        """Whether an organisation's rows lie in one of the person's branches."""
        return any(organisation.path.startswith(path) for path in self.branch_paths)

    def holds(self, *roles: str, organisation_path: str = "") -> bool:
        """Whether one of these roles is held now; with a path, in that organisation or above it."""
        return any(
            post.role in roles and (not organisation_path or organisation_path.startswith(post.organisation.path))
            for post in self.posts
        )

    @property
    def serves(self) -> bool:
        """Whether the person takes and works service requests."""
        return bool(self.roles & SERVING)

    @property
    def leads(self) -> bool:
        """Whether the person decides in an organisation's name."""
        return bool(self.roles & LEADING)

    def serves_in(self, organisation_path: str) -> bool:
        """Whether the person serves in that organisation or above it: a role elsewhere counts for nothing here."""
        return self.holds(*SERVING, organisation_path=organisation_path)

    def leads_in(self, organisation_path: str) -> bool:
        """Whether the person decides in that organisation's name, appointed there or above it."""
        return self.holds(*LEADING, organisation_path=organisation_path)

    @property
    def home(self) -> Organisation:
        """The organisation in whose name the person acts: that of the first appointment."""
        return min(self.posts, key=lambda post: post.pk).organisation


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def current(self) -> "AppointmentQuerySet":
        """Appointments that hold today."""
        day = today()
        return self.filter(Q(from_on__lte=day), Q(until_on=None) | Q(until_on__gte=day))


class Appointment(models.Model):
    """A role that a person holds in an organisation, from a day until a day."""

    KIND: ClassVar[str] = "appointment"

    user = models.ForeignKey(User, models.PROTECT, related_name="appointments")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="appointments")
    role = models.CharField(_("Role"), max_length=30, choices=Role.choices)
    from_on = models.DateField(_("From"))
    until_on = models.DateField(_("Until"), null=True, blank=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["role", "organisation"], name="appointment_role")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(until_on=None) | Q(until_on__gte=models.F("from_on")), name="appointment_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role}"


class SignedRequest(HttpRequest):
    """For type checkers: a web request of somebody who is signed in, as every view behind login_required gets it."""

    user: User
