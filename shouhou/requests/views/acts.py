"""What a person may open on a request's page: one small form each, fetched when it is opened."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.forms import BaseForm
from django.utils.translation import gettext_lazy as _

from shouhou.people.models import SignedRequest, User
from shouhou.requests import forms
from shouhou.requests.forms.support import AskVendorForm
from shouhou.requests.models import ServiceRequest
from shouhou.requests.models.permits import leads, responsible, staff

GRADED = ("impact", "urgency", "needs_visit", "remote_failed", "cause")


@dataclass(frozen=True, slots=True)
class Act:
    """A form with its words, the address that it is sent to, and who is offered it."""

    words: Any
    button: Any
    make: Callable[..., BaseForm]  # (case, user, data, files) -> form
    allows: Callable[[ServiceRequest, User], bool] = staff
    goes_to: str = ""  # the address's name, where it is another than the act's
    aside: bool = False  # stands in the right column, with the promises

    def form(self, request: SignedRequest, case: ServiceRequest) -> BaseForm:
        """The form as sent, or fresh."""
        sent = request.method == "POST"
        return self.make(case, request.user, request.POST if sent else None, request.FILES if sent else None)


def _grade(case: ServiceRequest, user: User, data: Any, files: Any) -> BaseForm:
    return forms.GradeForm(data, initial={name: getattr(case, name) for name in GRADED})


def _edit(case: ServiceRequest, user: User, data: Any, files: Any) -> BaseForm:
    standing = {name: getattr(case, name) for name in forms.EditForm.Meta.fields}
    return forms.EditForm(data, case=case, user=user, initial=standing)


ACTS: dict[str, Act] = {
    "edit": Act(_("Put right what was taken down"), _("Save"), _edit),
    "grade": Act(_("Severity and marks"), _("Save"), _grade),
    "coverage": Act(
        _("Coverage decision"), _("Decide"), lambda case, user, data, files: forms.CoverageForm(
            data, initial={"coverage": case.coverage}
        )
    ),
    "rebase": Act(
        _("Another agreement binds it"), _("Count the promises anew"),
        lambda case, user, data, files: forms.RebaseForm(data, case=case, initial={"agreement": case.agreement_id}),
        lambda case, user: leads(case, user) and bool(case.customer_id),
    ),
    "ask_vendor": Act(
        _("Ask the vendor for support in writing"), _("Write it"),
        lambda case, user, data, files: AskVendorForm(data, case=case),
    ),
    "attach": Act(
        _("Attach files"), _("Attach"), lambda case, user, data, files: forms.FilesForm(data, files)
    ),
    "merge": Act(
        _("Merge or link"), _("Merge into it"), lambda case, user, data, files: forms.NumberForm(data, user=user)
    ),
    "split": Act(_("Split off"), _("Split off"), lambda case, user, data, files: forms.SplitForm(data)),
    "problem": Act(
        _("Look for the cause (problem)"), _("Open a problem"),
        lambda case, user, data, files: forms.TitleForm(data),
        lambda case, user: staff(case, user) and not case.problem_id, goes_to="open_problem",
    ),
    "pause": Act(
        _("Pause"), _("Pause"), lambda case, user, data, files: forms.PauseForm(data),
        lambda case, user: staff(case, user) and not case.waiting, aside=True,
    ),
    "reassign": Act(
        _("Reassign"), _("Offer"), lambda case, user, data, files: forms.ReassignForm(data, case=case),
        responsible, aside=True,
    ),
}  # fmt: skip


def acts_for(case: ServiceRequest, user: User, *, offered: bool) -> list[tuple[str, Act]]:
    """The acts that are open to this person now; none on a request that has ended."""
    if case.status in ServiceRequest.ENDED:
        return []
    return [
        (name, act) for name, act in ACTS.items() if act.allows(case, user) and not (offered and name == "reassign")
    ]
