"""Customers and what belongs to them. The page of one customer (客户360) spans rooms and lives at the desk."""

from django.contrib.auth.decorators import login_required
from django.forms import ModelForm
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from shouhou.customers.actions import save_contact, save_customer
from shouhou.customers.forms import ContactForm, CustomerForm, ProjectForm, SiteForm, phones_in
from shouhou.customers.models import Contact, Customer
from shouhou.people.models import SignedRequest
from shouhou.shared.pages import keyset, page


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


def _form(request: SignedRequest, form: ModelForm, title: str) -> HttpResponse:
    return page(request, "customers/form.html", {"form": form, "title": title}, status=422 if form.errors else 200)


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
    return _form(request, form, customer.name)


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
    return _form(request, form, _("New contact"))


@require_http_methods(["GET", "POST"])
@login_required
def edit_contact(request: SignedRequest, pk: int) -> HttpResponse:
    colleague(request)
    contact = get_object_or_404(Contact.objects.visible_to(request.user).select_related("customer"), pk=pk)
    form = ContactForm(request.POST or None, customer=contact.customer, instance=contact)
    if request.method == "POST" and form.is_valid():
        save_contact(form.instance, phones=phones_in(form.cleaned_data["phones"]))
        return redirect("desk:customer", contact.customer_id)
    return _form(request, form, contact.name)


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
    return _form(request, form, _("New site"))


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
    return _form(request, form, _("New project"))
