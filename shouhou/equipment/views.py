"""Adding and editing installed items. The page of one item spans rooms and lives at the desk."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from shouhou.customers.models import Customer
from shouhou.equipment.actions import save_item
from shouhou.equipment.forms import ItemForm
from shouhou.equipment.models import InstalledItem, Product
from shouhou.people.models import SignedRequest
from shouhou.shared.pages import page


def colleague(request: SignedRequest) -> None:
    """As for customers: whoever of us sees the customer keeps what is installed there."""
    if not request.user.is_colleague:
        raise Http404


@require_GET
@login_required
def products(request: SignedRequest) -> JsonResponse:
    """Products for a field that is being typed in: at most 30, by name."""
    colleague(request)
    words = request.GET.get("q", "").strip()[:100]
    found = Product.objects.filter(retired_at=None, name__icontains=words).order_by("name", "pk")[:30]
    return JsonResponse([{"value": str(row.pk), "text": str(row)} for row in found], safe=False)


@require_http_methods(["GET", "POST"])
@login_required
def new(request: SignedRequest, customer: int) -> HttpResponse:
    """Something more is installed at this customer."""
    colleague(request)
    row = get_object_or_404(Customer.objects.visible_to(request.user).select_related("organisation"), pk=customer)
    return _form(request, InstalledItem(customer=row, organisation=row.organisation), _("New installed item"))


@require_http_methods(["GET", "POST"])
@login_required
def edit(request: SignedRequest, pk: int) -> HttpResponse:
    colleague(request)
    rows = InstalledItem.objects.visible_to(request.user).select_related("customer__organisation", "product")
    row = get_object_or_404(rows, pk=pk)
    return _form(request, row, str(row))


def _form(request: SignedRequest, item: InstalledItem, title: str) -> HttpResponse:
    form = ItemForm(request.POST or None, instance=item, customer=item.customer)
    if request.method == "POST" and form.is_valid():
        save_item(form.instance, changed=form.changed_columns, by=request.user, product=form.product_to_make)
        return redirect("desk:item", form.instance.pk)
    context = {"form": form, "title": title, "item": item}
    return page(request, "equipment/form.html", context, status=422 if form.errors else 200)
