"""The form of the norm, and the small forms around it."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.urls import reverse_lazy
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from shouhou.customers.models import Contact, Customer
from shouhou.hotline.models import DeskPlan, Door, Extension, HotlineCard, Line, ShiftKind
from shouhou.people.models import User
from shouhou.people.rules import SERVING, Away, Skill
from shouhou.requests.actions.visits import Where, halves
from shouhou.requests.models import ServiceRequest
from shouhou.requests.rules.words import Grade, Kind, Wish
from shouhou.shared.forms import Day, Dressed, Found, Instant, Once
from shouhou.shared.time import now

HALF = {"am": _("morning"), "pm": _("afternoon")}


class RecordForm(Dressed, Once):
    """Exactly the fields of A3.3, in speaking order (A3.12): the number to call back first."""

    phone = forms.CharField(label=_("Call-back number"), max_length=60)
    unit = forms.CharField(label=_("Unit"), max_length=200)
    address = forms.CharField(label=_("Address"), max_length=300)
    contact_name = forms.CharField(label=_("Contact"), max_length=100)
    question = forms.CharField(label=_("Question"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 4}))
    handling = forms.CharField(label=_("Handling"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}))


class WhoForm(Dressed, forms.Form):
    """Who is calling, where the number does not say."""

    customer = forms.ModelChoiceField(
        label=_("Customer"), queryset=Customer.objects.none(), widget=Found(reverse_lazy("customers:find"))
    )
    contact = forms.ModelChoiceField(label=_("Contact"), queryset=Contact.objects.none(), required=False)

    def __init__(self, *args: Any, user: User, customer: Customer | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["customer"].queryset = Customer.objects.visible_to(user)  # type: ignore[attr-defined]
        if customer:
            self.fields["contact"].queryset = customer.contacts.filter(retired_at=None)  # type: ignore[attr-defined]
        else:
            del self.fields["contact"]


class RequestForm(Dressed, forms.Form):
    """What a service request needs beyond the record."""

    existing = forms.ModelChoiceField(
        label=_("About the open request"), queryset=ServiceRequest.objects.none(), required=False,
        empty_label=_("A new request"),
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=_("Kind"), choices=[c for c in Kind.choices if c[0] != Kind.CONSULTATION], initial=Kind.FAULT
    )
    impact = forms.ChoiceField(label=_("Impact"), choices=Grade.choices, initial=Grade.MEDIUM)
    urgency = forms.ChoiceField(label=_("Urgency"), choices=Grade.choices, initial=Grade.MEDIUM)
    promise_given = forms.BooleanField(label=_("I have told the customer these times"), required=False)

    def __init__(self, *args: Any, open_requests: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["existing"]
        field.queryset = open_requests
        field.label_from_instance = lambda r: f"{r.number} {r.subject}"


class AboutForm(Dressed, forms.Form):
    """Whom a caller complains of, if anybody."""

    about = forms.ModelChoiceField(
        label=_("Whom it is about"), queryset=User.objects.none(), required=False,
        empty_label=_("Nobody in particular"),
        help_text=_("This person does not handle the complaint."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        serving = User.objects.visible_to(user).filter(pk__in=User.objects.holding(*SERVING))
        self.fields["about"].queryset = serving.order_by("name")  # type: ignore[attr-defined]


class ByHandForm(Dressed, forms.Form):
    """A call on a plain telephone."""

    caller = forms.CharField(label=_("Caller's number"), max_length=60, required=False)
    line = forms.ModelChoiceField(label=_("Line"), queryset=Line.objects.none(), required=False)
    rings = forms.IntegerField(
        label=_("Rings before you answered"), min_value=0, max_value=60, required=False,
        help_text=_("Leave it empty if nobody counted: then no verdict on the three rings is invented."),
    )  # fmt: skip
    answered_at = Instant(label=_("Answered at"), required=False, help_text=_("Empty: just now."))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lines = Line.objects.visible_to(user).filter(retired_at=None)
        self.fields["line"].queryset = lines  # type: ignore[attr-defined]
        self.fields["line"].initial = lines.order_by("pk").first()


class VisitForm(Dressed, forms.Form):
    """The customer's answer to a visit, and the on-site service request (A3.14-A3.18)."""

    wish = forms.ChoiceField(label=_("The customer's answer"), choices=Wish.choices, widget=forms.RadioSelect)
    available = forms.MultipleChoiceField(
        label=_("When somebody is there"), required=False, widget=forms.CheckboxSelectMultiple
    )
    wanted = forms.CharField(label=_("What the customer wants"), max_length=300, required=False)
    unit = forms.CharField(label=_("Unit"), max_length=200)
    address = forms.CharField(label=_("Address"), max_length=300)
    contact_name = forms.CharField(label=_("Contact"), max_length=100)
    phone = forms.CharField(label=_("Call-back number"), max_length=60)

    def __init__(self, *args: Any, case: ServiceRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["available"].choices = half_days(halves(case, now()))  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("wish") == Wish.AGREED and not data.get("available"):
            self.add_error("available", _("Ask when somebody is there, and mark it."))
        if data.get("wish") in (Wish.SPECIAL, Wish.URGENT) and not data.get("wanted"):
            self.add_error("wanted", _("Write down what the customer wants."))
        return data

    def where(self) -> Where:
        data = self.cleaned_data
        return Where(data["unit"], data["address"], data["contact_name"], data["phone"])


def half_days(halves: Iterable[tuple[Any, str]]) -> list[tuple[str, str]]:
    """Days with their halves, as they are spoken."""
    return [
        (f"{day.isoformat()} {half}", f"{date_format(day, 'MONTH_DAY_FORMAT')} {date_format(day, 'D')} {HALF[half]}")
        for day, half in halves
    ]


class ArrangeForm(Dressed, forms.Form):
    """What the duty manager told the customer."""

    outcome = forms.CharField(label=_("What was told to the customer"), max_length=300)
    engineer = forms.ModelChoiceField(
        label=_("Service engineer"), queryset=User.objects.none(), required=False,
        help_text=_("Who has said yes; leave it empty while nobody is found."),
    )  # fmt: skip
    appointed_at = Instant(label=_("Appointment"), required=False)
    called_at = Instant(label=_("Told at"), required=False, help_text=_("Empty: just now."))

    def __init__(self, *args: Any, engineers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["engineer"].queryset = engineers  # type: ignore[attr-defined]


class ReceivedForm(Dressed, forms.Form):
    """How a colleague knows that the hotline card arrived."""

    how = forms.ChoiceField(
        label=_("How you know it"), choices=[c for c in HotlineCard.How.choices if c[0] != HotlineCard.How.LINK]
    )
    name = forms.CharField(label=_("Who received it"), max_length=100)


class LineForm(Dressed, forms.ModelForm):
    class Meta:
        model = Line
        fields = ("name", "number", "purpose", "organisation", "ring_seconds", "pause_seconds")


class DoorForm(Dressed, forms.ModelForm):
    class Meta:
        model = Door
        fields = ("name", "organisation")


class ExtensionForm(Dressed, forms.ModelForm):
    class Meta:
        model = Extension
        fields = ("number", "user")


class PlanForm(Dressed, forms.ModelForm):
    """How the hotline is planned."""

    class Meta:
        model = DeskPlan
        fields = (
            "count", "end_users", "window", "level", "qualified_only", "rest_hours", "days_running", "week_hours",
        )  # fmt: skip


class KindForm(Dressed, forms.ModelForm):
    """A kind of shift."""

    class Meta:
        model = ShiftKind
        fields = ("name", "starts", "ends", "break_minutes", "days", "seats")
        widgets: ClassVar = {
            name: forms.TimeInput(attrs={"type": "time"}, format="%H:%M") for name in ("starts", "ends")
        }

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        same = ShiftKind.objects.filter(organisation=self.instance.organisation, name=name, retired_at=None)
        if same.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is a kind of shift of this name already: take another one."))
        return name


class QualificationForm(Dressed, forms.Form):
    """Who was trained and examined in what."""

    user = forms.ModelChoiceField(label=_("Colleague"), queryset=User.objects.none())
    skill = forms.ChoiceField(label=_("Qualification"), choices=Skill.choices)
    given_on = Day(label=_("From"))
    until_on = Day(label=_("Until"), required=False, help_text=_("Empty: without an end."))
    proof = forms.CharField(label=_("Proof"), max_length=200, required=False)

    def __init__(self, *args: Any, people: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = User.objects.filter(pk__in=[p.pk for p in people]).order_by("name")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("until_on") and data.get("given_on") and data["until_on"] < data["given_on"]:
            self.add_error("until_on", _("It ends before it begins: correct one of the days."))
        return data


class LeaveForm(Dressed, forms.Form):
    """Asking to be away."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Away.choices)
    from_at = Instant(label=_("From"))
    until_at = Instant(label=_("Until"))
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("from_at") and data.get("until_at") and data["until_at"] <= data["from_at"]:
            self.add_error("until_at", _("The leave ends before it begins: correct its times."))
        return data


class DecideForm(Dressed, forms.Form):
    """What is decided about a leave, and who covers."""

    cover = forms.ModelChoiceField(label=_("Covering colleague"), queryset=User.objects.none(), required=False)
    answer = forms.CharField(label=_("Answer"), max_length=300, required=False)

    def __init__(self, *args: Any, people: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cover"].queryset = User.objects.filter(pk__in=[p.pk for p in people])  # type: ignore[attr-defined]
