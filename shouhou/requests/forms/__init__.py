"""What people fill in on a request."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.urls import reverse_lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.agreements.models import Agreement
from shouhou.customers.models import Contact, Customer, Site
from shouhou.equipment.models import InstalledItem
from shouhou.people.models import User
from shouhou.requests.actions.handover import nearest_first, takers_of
from shouhou.requests.actions.intake import trouble_with_times
from shouhou.requests.models import ServiceRequest
from shouhou.requests.rules import words
from shouhou.requests.rules.facts import NOTED
from shouhou.shared.forms import Day, Dressed, Found, Instant, ManyFiles, Once, row_id
from shouhou.shared.time import now

FIND_CUSTOMER = reverse_lazy("customers:find")
# A day far off the calendar is a slip of the hand, and the day after the last one cannot be counted.
LIKELY_DAYS = (MinValueValidator(date(1990, 1, 1)), MaxValueValidator(date(2199, 12, 31)))


class TakeForm(Dressed, Once):
    """A request as the norm takes it: call-back number first, then unit, contact, problem and need."""

    customer = forms.ModelChoiceField(
        Customer.objects.none(), required=False, label=_("Customer"), widget=Found(FIND_CUSTOMER)
    )
    caller_phone = forms.CharField(label=_("Call-back number"), max_length=60, required=False)
    caller_unit = forms.CharField(label=_("Unit"), max_length=200, required=False)
    contact = forms.ModelChoiceField(Contact.objects.none(), required=False, label=_("Contact"))
    caller_name = forms.CharField(label=_("Caller"), max_length=100, required=False)
    site = forms.ModelChoiceField(Site.objects.none(), required=False, label=_("Site"))
    item = forms.ModelChoiceField(InstalledItem.objects.none(), required=False, label=_("Installed item"))
    channel = forms.ChoiceField(choices=words.Channel.choices, label=_("Channel"), initial=words.Channel.PHONE)
    kind = forms.ChoiceField(choices=words.Kind.choices, label=_("Kind"), initial=words.Kind.FAULT)
    subject = forms.CharField(label=_("In one line"), max_length=200)
    description = forms.CharField(label=_("What happened"), widget=forms.Textarea(attrs={"rows": 4}), required=False)
    need = forms.CharField(label=_("What the customer needs"), max_length=300, required=False)
    impact = forms.ChoiceField(choices=words.Grade.choices, label=_("Impact"), initial=words.Grade.MEDIUM)
    urgency = forms.ChoiceField(choices=words.Grade.choices, label=_("Urgency"), initial=words.Grade.MEDIUM)
    reported_at = Instant(label=_("Reported at"), required=False, help_text=_("Leave empty for now."))
    occurred_at = Instant(label=_("Fault occurred at"), required=False)
    promise_given = forms.BooleanField(label=_("I have told the customer these times"), required=False)
    files = ManyFiles(label=_("Screenshots and logs"), required=False)  # type: ignore[assignment]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        served = Customer.objects.visible_to(user).filter(retired_at=None).select_related("organisation")
        self.fields["customer"].queryset = served.order_by("name")  # type: ignore[attr-defined]
        customer = self.chosen_customer()
        if customer:
            for name, rows in (
                ("contact", Contact.objects.visible_to(user).select_related("site").order_by("name")),
                ("site", Site.objects.visible_to(user).order_by("name")),
                (
                    "item",
                    InstalledItem.objects.visible_to(user).select_related("product").order_by("product__name", "pk"),
                ),
            ):
                self.fields[name].queryset = rows.filter(customer=customer, retired_at=None)  # type: ignore[attr-defined]

        for name in (
            "customer", "contact", "item", "caller_phone", "kind", "channel", "impact", "urgency", "reported_at",
        ):  # fmt: skip
            self.fields[name].widget.attrs["data-refresh"] = "#who"
        self.fields["customer"].widget.attrs["data-none"] = _now(
            "Not found. Write down the caller's unit, name and number below; the customer can be added later."
        )

    def chosen_customer(self) -> int | None:
        """The customer named so far, whether or not the rest is right."""
        value = self.data.get("customer") if self.is_bound else self.initial.get("customer")
        return row_id(getattr(value, "pk", value))

    def clean_caller_phone(self) -> str:
        """Any way of writing a number is taken; what holds no number calls nobody back."""
        phone: str = self.cleaned_data["caller_phone"]
        if phone and sum(c.isdigit() for c in phone) < 3:
            raise forms.ValidationError(_now("This is no telephone number: write down its digits, or leave it empty."))
        return phone

    def clean(self) -> dict[str, Any]:
        """Somebody must be there to call back."""
        data = super().clean() or {}
        if not data.get("customer") and not data.get("caller_unit"):
            self.add_error("customer", _now("Choose the customer, or write down the caller's unit."))
        if not data.get("contact") and not (data.get("caller_name") and data.get("caller_phone")):
            self.add_error("caller_name", _now("Choose a contact, or write down name and call-back number."))
        if data.get("promise_given") and not (data.get("description") and data.get("need")):
            self.add_error(
                "promise_given", _now("Before promising a time, record what happened and what the customer needs.")
            )
        for field, trouble in trouble_with_times(data.get("reported_at"), data.get("occurred_at"), now()).items():
            self.add_error(field, trouble)
        return data


class LateForm(Dressed, Once):
    """A request that reached an engineer on their own phone: registered in half a minute, marked, not punished."""

    customer = forms.ModelChoiceField(Customer.objects.none(), label=_("Customer"), widget=Found(FIND_CUSTOMER))
    subject = forms.CharField(label=_("In one line"), max_length=200)
    reported_at = Instant(label=_("When the customer told you"))
    files = ManyFiles(label=_("Photo"), required=False)  # type: ignore[assignment]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        customer: Any = self.fields["customer"]
        customer.queryset = Customer.objects.visible_to(user).filter(retired_at=None).order_by("name")
        customer.widget.attrs["data-none"] = _now("Not found. Register it as a new request, which needs no customer.")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for field, trouble in trouble_with_times(data.get("reported_at"), None, now()).items():
            self.add_error(field, trouble)
        return data


class ResolveForm(Dressed, forms.Form):
    solution = forms.CharField(label=_("Solution"), widget=forms.Textarea(attrs={"rows": 3}))
    cause = forms.ChoiceField(choices=words.Cause.choices, label=_("Cause"), required=False)


class TextForm(Dressed, forms.Form):
    """A message, a question, a note, or the customer's reply."""

    text = forms.CharField(label=_("Text"), widget=forms.Textarea(attrs={"rows": 3}))
    way = forms.ChoiceField(
        label=_("As"),
        choices=[
            ("message", _("Message to the customer")),
            ("question", _("Question to the customer (waits for the answer)")),
            ("reply", _("The customer's answer")),
            ("note", _("Internal note")),
        ],
    )


class ReassignForm(Dressed, forms.Form):
    """Who is to take it; the nearest service organisation's people stand first (J8)."""

    taker = forms.ModelChoiceField(User.objects.none(), label=_("To"))
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, case: ServiceRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        taker: Any = self.fields["taker"]
        taker.queryset = takers_of(case)
        if not self.is_bound:
            taker.choices = [("", "—"), *nearest_first(case)]


class SeverityPlanForm(Dressed, forms.Form):
    """What a grade of severity asks for."""

    severity = forms.ChoiceField(choices=words.Severity.choices, widget=forms.HiddenInput)
    measures = forms.CharField(
        label=_("Counter-measures"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    told = forms.ModelMultipleChoiceField(User.objects.none(), label=_("Told at once"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["told"].queryset = User.objects.visible_to(user).filter(is_active=True).order_by("name")  # type: ignore[attr-defined]


class DeclineForm(Dressed, forms.Form):
    answer = forms.CharField(label=_("Reason"), max_length=300)


class PauseForm(Dressed, forms.Form):
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[
            (words.Waiting.FORCE_MAJEURE.value, words.Waiting.FORCE_MAJEURE.label),
            (words.Waiting.POSTPONED.value, words.Waiting.POSTPONED.label),
        ],
    )
    words = forms.CharField(label=_("What was agreed or what happened"), max_length=300)


class NoteFactForm(Dressed, forms.Form):
    """What was done, when it was really done."""

    fact = forms.ChoiceField(choices=list(NOTED.items()), label=_("What was done"))
    occurred_at = Instant(label=_("When"), required=False, help_text=_("Leave empty for now."))
    words = forms.CharField(
        label=_("Message left"), max_length=300, required=False,
        help_text=_("Only where the customer was not reached: a try counts with the message that was left."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("fact") == "contact.attempted" and not data.get("words", "").strip():
            self.add_error("words", _now("Write down the message that you left for the customer."))
        return data

    def clean_occurred_at(self) -> Any:
        when = self.cleaned_data["occurred_at"]
        if when and when > now():
            raise forms.ValidationError(_now("The time lies in the future: correct it."))
        return when


REMOTE = [
    ("", _("Not decided yet")),
    ("False", _("Remote work solves it")),
    ("True", _("Remote work did not solve it")),
]


class RebaseForm(Dressed, forms.Form):
    """The agreement that really binds the case."""

    agreement = forms.ModelChoiceField(Agreement.objects.none(), label=_("Agreement"))

    def __init__(self, *args: Any, case: ServiceRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Agreement.objects.filter(customer=case.customer).exclude(commitment_set=None).order_by("-pk")
        self.fields["agreement"].queryset = rows  # type: ignore[attr-defined]


class CorrectForm(Dressed, forms.Form):
    """When it really happened."""

    occurred_at = Instant(label=_("It happened at"), required=False)
    void = forms.BooleanField(label=_("It did not happen at all"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("occurred_at") and not data.get("void") and "occurred_at" not in self.errors:
            self.add_error("occurred_at", _now("Say when it happened, or that it did not happen."))
        return data


class GradeForm(Dressed, forms.Form):
    impact = forms.ChoiceField(choices=words.Grade.choices, label=_("Impact"))
    urgency = forms.ChoiceField(choices=words.Grade.choices, label=_("Urgency"))
    needs_visit = forms.BooleanField(label=_("Needs a visit"), required=False)
    remote_failed = forms.TypedChoiceField(
        label=_("Remote or on site"),
        required=False,
        choices=REMOTE,
        coerce=lambda chosen: chosen == "True",
        empty_value=None,
    )
    cause = forms.ChoiceField(choices=words.Cause.choices, label=_("Cause"), required=False)


class EditForm(Dressed, forms.ModelForm):
    """What was taken down of a request, to be put right; customer and times have their own ways."""

    class Meta:
        model = ServiceRequest
        fields = ("subject", "description", "need", "contact", "caller_name", "caller_phone", "site", "item")
        widgets: ClassVar = {"description": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, case: ServiceRequest, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, model in (("contact", Contact), ("site", Site), ("item", InstalledItem)):
            field: Any = self.fields[name]
            field.queryset = model.objects.visible_to(user).filter(customer=case.customer_id, retired_at=None)
            field.required = False
        self.fields["item"].queryset = self.fields["item"].queryset.select_related("product")  # type: ignore[attr-defined]


class CoverageForm(Dressed, forms.Form):
    coverage = forms.ChoiceField(choices=words.Coverage.choices, label=_("Coverage"))
    reason = forms.CharField(label=_("Ground"), max_length=300)


class NumberForm(Dressed, forms.Form):
    """Another request, by its number."""

    number = forms.CharField(label=_("Number of the other request"), max_length=30)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_number(self) -> ServiceRequest:
        """The request of that number; one that the person may not see is as good as none."""
        number: str = self.cleaned_data["number"].strip().upper()
        row = ServiceRequest.objects.visible_to(self.user).select_related("organisation").filter(number=number).first()
        if row is None:
            raise forms.ValidationError(_now("There is no request %(number)s.") % {"number": number})
        return row


class SplitForm(Dressed, forms.Form):
    subject = forms.CharField(label=_("In one line"), max_length=200)
    description = forms.CharField(label=_("What happened"), widget=forms.Textarea(attrs={"rows": 2}), required=False)


class FilesForm(Dressed, forms.Form):
    files = ManyFiles(label=_("Screenshots and logs"))  # type: ignore[assignment]


class TitleForm(Dressed, forms.Form):
    title = forms.CharField(label=_("Title"), max_length=200)


class ExplainForm(Dressed, forms.Form):
    root_cause = forms.CharField(label=_("Root cause"), widget=forms.Textarea(attrs={"rows": 3}))
    workaround = forms.CharField(label=_("Workaround"), widget=forms.Textarea(attrs={"rows": 2}), required=False)


class RemedyForm(Dressed, forms.Form):
    remedy = forms.CharField(label=_("Permanent remedy"), widget=forms.Textarea(attrs={"rows": 3}))


class FilterForm(Dressed, forms.Form):
    """The list's filters; they stand in the address, so a view can be kept and sent."""

    VIEWS = (
        ("open", _("Open")), ("mine", _("Mine")), ("overdue", _("Overdue")), ("undecided", _("Coverage to be decided")),
        ("resolved", _("Awaiting confirmation")), ("ended", _("Ended")), ("all", _("All")),
    )  # fmt: skip
    # What a view means by status; the others show what is open.
    WITHIN: ClassVar[dict[str, tuple[str, ...]]] = {
        "resolved": (ServiceRequest.Status.RESOLVED,),
        "ended": ServiceRequest.ENDED,
        "all": tuple(ServiceRequest.Status),
    }
    EXACT = ("status", "severity", "channel", "kind", "customer", "owner")
    MORE = ("channel", "kind", "reported_from", "reported_until")  # asked for less often: folded away

    q = forms.CharField(required=False, label=_("Words"), max_length=100)
    customer = forms.ModelChoiceField(
        Customer.objects.none(), required=False, label=_("Customer"), widget=Found(FIND_CUSTOMER)
    )
    owner = forms.ModelChoiceField(
        User.objects.none(), required=False, label=_("Owner"), widget=Found(reverse_lazy("requests:owners"))
    )
    status = forms.ChoiceField(required=False, label=_("Status"))
    severity = forms.ChoiceField(choices=[("", _("Any")), *words.Severity.choices], required=False, label=_("Severity"))
    channel = forms.ChoiceField(choices=[("", _("Any")), *words.Channel.choices], required=False, label=_("Channel"))
    kind = forms.ChoiceField(choices=[("", _("Any")), *words.Kind.choices], required=False, label=_("Kind"))
    reported_from = Day(required=False, label=_("Reported from"), validators=LIKELY_DAYS)
    reported_until = Day(required=False, label=_("Reported until"), validators=LIKELY_DAYS)
    sort = forms.ChoiceField(choices=[("", ""), ("reported", "")], required=False, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any], *, user: User) -> None:
        super().__init__(data)
        asked = data.get("view")
        # Words or a status by themselves are looked for everywhere.
        self.view = asked if asked in dict(self.VIEWS) else "all" if data.get("q") or data.get("status") else "open"
        self.within = self.WITHIN.get(self.view, ServiceRequest.OPEN)
        statuses = [(key, label) for key, label in ServiceRequest.Status.choices if key in self.within]
        self.fields["status"].choices = [("", _("Any")), *statuses]  # type: ignore[attr-defined]
        self.fields["customer"].queryset = Customer.objects.visible_to(user)  # type: ignore[attr-defined]
        self.fields["owner"].queryset = User.objects.visible_to(user)  # type: ignore[attr-defined]
        for name in ("customer", "owner"):
            self.fields[name].widget.attrs["placeholder"] = _("Any")
        self.full_clean()  # a filter that means nothing is left out, the others hold

    def narrows(self) -> bool:
        """Whether anything but the view is chosen."""
        return any(value for name, value in self.cleaned_data.items() if name != "sort")

    def shown(self) -> list[forms.BoundField]:
        """The fields that always stand there."""
        return [field for field in self.visible_fields() if field.name not in self.MORE]

    def folded(self) -> list[forms.BoundField]:
        """The fields behind “More”."""
        return [self[name] for name in self.MORE]

    def unfolded(self) -> bool:
        """Whether one of those is chosen, so that they must be seen."""
        return any(self.cleaned_data.get(name) for name in self.MORE)
