"""One's own settings; colleagues and organisations for administrators."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouhou.people.actions import kept_organisations, kept_people, save_colleague
from shouhou.people.forms import ColleagueForm, MeForm, OrganisationForm
from shouhou.people.models import SignedRequest, User
from shouhou.people.rules import KEEPING
from shouhou.shared.lifecycle import Refused
from shouhou.shared.middleware import LANGUAGE_COOKIE
from shouhou.shared.pages import page


def administrator(request: SignedRequest) -> User:
    """Only administrators and general managers keep people and organisations, each those of the own branch."""
    user: User = request.user
    if not user.holds(*KEEPING):
        raise Refused(_("Only an administrator may do this."))
    return user


@require_http_methods(["GET", "POST"])
@login_required
def me(request: SignedRequest) -> HttpResponse:
    """Name, language, zone, theme."""
    form = MeForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.instance.save(update_fields=form.changed_data or ["name"])
        messages.success(request, _("Saved."))
        return redirect("people:me")
    return page(request, "people/me.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """A visitor's language; who is signed in keeps it with the account."""
    chosen, back = request.POST.get("language", ""), request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = "/"
    answer = redirect(back)
    if chosen in User.Language.values:
        answer.set_cookie(
            LANGUAGE_COOKIE, chosen, max_age=365 * 86400, httponly=True, samesite="Lax", secure=request.is_secure()
        )
        if request.user.is_authenticated:
            User.objects.filter(pk=request.user.pk).update(language=chosen)
    return answer


@require_GET
@login_required
def index(request: SignedRequest) -> HttpResponse:
    """Colleagues of one's branch."""
    user = administrator(request)
    people = User.objects.filter(appointments__organisation__in=kept_organisations(user)).distinct()
    people = people.prefetch_related("appointments__organisation").order_by("name", "pk")
    return page(request, "people/list.html", {"people": people})


@require_http_methods(["GET", "POST"])
@login_required
def new(request: SignedRequest) -> HttpResponse:
    """A new colleague."""
    user = administrator(request)
    form = ColleagueForm(request.POST or None, request.FILES or None, by=user)
    if request.method == "POST" and form.is_valid():
        save_colleague(form.instance, **_given(form), by=user)
        return redirect("people:list")
    return page(
        request, "people/form.html", {"form": form, "title": _("New colleague")}, status=422 if form.errors else 200
    )


@require_http_methods(["GET", "POST"])
@login_required
def edit(request: SignedRequest, pk: int) -> HttpResponse:
    """A colleague's data and roles."""
    user = administrator(request)
    person = get_object_or_404(User.objects.visible_to(user), pk=pk)
    if not kept_people(user).filter(pk=pk).exists():
        raise Refused(_("Only an administrator may do this."))
    form = ColleagueForm(request.POST or None, request.FILES or None, by=user, instance=person)
    if request.method == "POST" and form.is_valid():
        save_colleague(form.instance, **_given(form), by=user)
        return redirect("people:list")
    return page(request, "people/form.html", {"form": form, "title": person.name}, status=422 if form.errors else 200)


def _given(form: ColleagueForm) -> dict[str, Any]:
    given = {name: form.cleaned_data[name] for name in ("organisation", "roles", "password")}
    if form.cleaned_data["photo"]:
        form.instance.portrait = form.cleaned_data["photo"]
    return {**given, "changed": set(form.changed_data) - given.keys()}


@require_http_methods(["GET", "POST"])
@login_required
def organisations(request: SignedRequest) -> HttpResponse:
    """The tree of service organisations, and a form for one more."""
    user = administrator(request)
    form = OrganisationForm(request.POST or None, by=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("people:organisations")
    rows = kept_organisations(user).order_by("path")
    return page(request, "people/organisations.html", {"rows": rows, "form": form}, status=422 if form.errors else 200)
