"""Our numbers, and the telephone systems that tell of calls: an administrator's pages."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouhou.hotline.actions import lines
from shouhou.hotline.forms import DoorForm, ExtensionForm, LineForm
from shouhou.hotline.models import Door, Extension, Line
from shouhou.people.models import Organisation, SignedRequest, User
from shouhou.people.rules import KEEPING
from shouhou.shared.pages import page


def keeper(request: SignedRequest) -> None:
    """Who keeps people and organisations keeps their telephones."""
    if not request.user.holds(*KEEPING):
        raise Http404


@require_GET
@login_required
def index(request: SignedRequest) -> HttpResponse:
    """Numbers and telephone systems."""
    keeper(request)
    user = request.user
    context = {
        "lines": Line.objects.visible_to(user).filter(retired_at=None).select_related("organisation").order_by("pk"),
        "doors": Door.objects.visible_to(user).filter(retired_at=None).select_related("organisation").order_by("pk"),
    }
    return page(request, "hotline/lines.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def new_line(request: SignedRequest) -> HttpResponse:
    """Another number of ours."""
    keeper(request)
    form = LineForm(request.POST or None, initial={"organisation": request.user.home})
    form.fields["organisation"].queryset = Organisation.objects.visible_to(request.user)  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        lines.open_line(form.instance, by=request.user)
        return redirect("hotline:lines")
    context = {"form": form, "title": _("New number")}
    return page(request, "hotline/form.html", context, status=422 if form.errors else 200)


def _line(request: SignedRequest, pk: int) -> Line:
    keeper(request)
    return get_object_or_404(Line.objects.visible_to(request.user).filter(retired_at=None), pk=pk)


@require_http_methods(["GET", "POST"])
@login_required
def line(request: SignedRequest, pk: int) -> HttpResponse:
    """One number of ours: changed here, its customers are owed a new card."""
    row = _line(request, pk)
    form = LineForm(request.POST or None, instance=row)
    form.fields["organisation"].queryset = Organisation.objects.visible_to(request.user)  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        lines.edit_line(form.instance, by=request.user)
        return redirect("hotline:lines")
    context = {"form": form, "title": row.name, "retire": reverse("hotline:retire_line", args=[pk])}
    return page(request, "hotline/form.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def retire_line(request: SignedRequest, pk: int) -> HttpResponse:
    """This number is ours no longer."""
    lines.retire_line(_line(request, pk), by=request.user)
    return redirect("hotline:lines")


@require_http_methods(["GET", "POST"])
@login_required
def new_door(request: SignedRequest) -> HttpResponse:
    """Another telephone system."""
    keeper(request)
    form = DoorForm(request.POST or None, initial={"organisation": request.user.home})
    form.fields["organisation"].queryset = Organisation.objects.visible_to(request.user)  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        return redirect(lines.open_door(form.instance, by=request.user))
    context = {"form": form, "title": _("New telephone system")}
    return page(request, "hotline/form.html", context, status=422 if form.errors else 200)


def _door(request: SignedRequest, pk: int) -> Door:
    keeper(request)
    return get_object_or_404(Door.objects.visible_to(request.user).filter(retired_at=None), pk=pk)


@require_http_methods(["GET", "POST"])
@login_required
def door(request: SignedRequest, pk: int) -> HttpResponse:
    """How a telephone system is connected, and whose telephones its inner numbers are."""
    row = _door(request, pk)
    form = ExtensionForm(request.POST or None, instance=Extension(door=row))
    form.fields["user"].queryset = User.objects.visible_to(request.user).order_by("name")  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        lines.give_extension(row, number=form.cleaned_data["number"], user=form.cleaned_data["user"])
        return redirect(row)
    address = request.build_absolute_uri(f"/hotline/door/{row.pk}/")
    extensions = row.extensions.select_related("user").order_by("number")
    context = {"door": row, "form": form, "address": address, "extensions": extensions}
    return page(request, "hotline/door.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def renew(request: SignedRequest, pk: int) -> HttpResponse:
    """Another secret; the former still serves for a day."""
    row = _door(request, pk)
    lines.renew_secret(row, by=request.user)
    messages.success(request, _("The secret is renewed. The former one serves for another day."))
    return redirect(row)
