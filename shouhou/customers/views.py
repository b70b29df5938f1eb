"""Customers and what belongs to them. The page of one customer (客户360) spans rooms and lives at the desk."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.forms import ModelForm
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from shouhou.customers.actions import (
    close_account,
    may_admit,
    open_account,
    reset_account,
    save_contact,
    save_customer,
)
from shouhou.customers.forms import AccountForm, ContactForm, CustomerForm, ProjectForm, SiteForm, phones_in
from shouhou.customers.models import Contact, Customer
from shouhou.people.models import SignedRequest
from shouhou.shared.pages import keyset, page
from shouhou.shared.time import now


def colleague(request: SignedRequest) -> None:
    """These pages are ours; a customer does not learn that they exist."""
    if not request.user.is_colleague:
        raise Http404


@require_GET
@login_required
def index(request: SignedRequest) -> HttpResponse:
    """Customers by name."""
    colleague(request)
    rows = Customer.objects.visible_to(request.user).filter(retired_at=None).select_related("organisation", "owner")
    words = request.GET.get("q", "").strip()
    if words:
        rows = rows.matching(words)
    found, after = keyset(rows, ("name", "id"), request.GET.get("after", ""), 50)
    return page(request, "customers/list.html", {"rows": found, "after": after, "q": words}, fragment="rows")


@require_GET
@login_required
def find(request: SignedRequest) -> JsonResponse:
    """Customers for a field that is being typed in: at most 30, by name."""
    colleague(request)
    rows = Customer.objects.visible_to(request.user).filter(retired_at=None)
    words = request.GET.get("q", "").strip()[:100]
    found = (rows.matching(words) if words else rows).order_by("name", "pk")[:30]
    return JsonResponse([{"value": str(row.pk), "text": str(row)} for row in found], safe=False)


def _form(request: SignedRequest, form: ModelForm, title: str, **more: Any) -> HttpResponse:
    context = {"form": form, "title": title, **more}
    return page(request, "customers/form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
def new(request: SignedRequest) -> HttpResponse:
    colleague(request)
    form = CustomerForm(request.POST or None, by=request.user, initial={"organisation": request.user.home})
    if request.method == "POST" and form.is_valid():
        return redirect("desk:customer", save_customer(form.instance, changed=[], by=request.user).pk)
    return _form(request, form, _("New customer"))


@require_http_methods(["GET", "POST"])
@login_required
def edit(request: SignedRequest, pk: int) -> HttpResponse:
    colleague(request)
    customer = get_object_or_404(Customer.objects.visible_to(request.user).select_related("organisation"), pk=pk)
    form = CustomerForm(request.POST or None, by=request.user, instance=customer)
    if request.method == "POST" and form.is_valid():
        save_customer(form.instance, changed=form.changed_data, by=request.user)
        return redirect("desk:customer", pk)
    return _form(request, form, customer.name, back=pk)


@require_http_methods(["GET", "POST"])
@login_required
def new_contact(request: SignedRequest, pk: int) -> HttpResponse:
    colleague(request)
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    form = ContactForm(request.POST or None, customer=customer)
    if request.method == "POST" and form.is_valid():
        form.instance.customer, form.instance.organisation = customer, customer.organisation
        save_contact(form.instance, phones=phones_in(form.cleaned_data["phones"]))
        return redirect("desk:customer", pk)
    return _form(request, form, _("New contact"), back=pk)


@require_http_methods(["GET", "POST"])
@login_required
def edit_contact(request: SignedRequest, pk: int) -> HttpResponse:
    colleague(request)
    contact = get_object_or_404(
        Contact.objects.visible_to(request.user).select_related("customer__organisation", "user"), pk=pk
    )
    form = ContactForm(request.POST or None, customer=contact.customer, instance=contact)
    if request.method == "POST" and form.is_valid():
        save_contact(form.instance, phones=phones_in(form.cleaned_data["phones"]))
        return redirect("desk:customer", contact.customer_id)
    admits = may_admit(request.user, contact)
    return _form(request, form, contact.name, back=contact.customer_id, contact=contact, may_admit=admits)


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def account(request: SignedRequest, pk: int) -> HttpResponse:
    """A contact's door to the portal: opened, closed, or with a new invitation, whose link is shown this once."""
    colleague(request)
    rows = Contact.objects.visible_to(request.user).select_related("customer__organisation", "user")
    contact = get_object_or_404(rows, pk=pk, retired_at=None)
    first = contact.email.partition("@")[0]
    form = AccountForm(request.POST if "open" in request.POST else None, initial={"username": first})
    link = ""
    if "open" in request.POST and form.is_valid():
        link = open_account(contact, username=form.cleaned_data["username"], by=request.user)
    elif "reset" in request.POST:
        link = reset_account(contact, by=request.user)
    elif "close" in request.POST:
        close_account(contact, by=request.user)
        return redirect("customers:account", pk)
    contact.refresh_from_db()
    context = {
        "contact": contact,
        "form": form,
        "link": request.build_absolute_uri(link) if link else "",
        "until": now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT),
        "may_admit": may_admit(request.user, contact),
    }
    return page(request, "customers/account.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
def new_site(request: SignedRequest, pk: int) -> HttpResponse:
    colleague(request)
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    form = SiteForm(request.POST or None)
    form.instance.customer, form.instance.organisation = customer, customer.organisation
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("desk:customer", pk)
    return _form(request, form, _("New site"), back=pk)


@require_http_methods(["GET", "POST"])
@login_required
def new_project(request: SignedRequest, pk: int) -> HttpResponse:
    colleague(request)
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    form = ProjectForm(request.POST or None, customer=customer)
    form.instance.customer, form.instance.organisation = customer, customer.organisation
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("desk:customer", pk)
    return _form(request, form, _("New project"), back=pk)
