"""Staff pages that span rooms, and the live stream."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from http.cookies import SimpleCookie
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user, login
from django.contrib.auth.decorators import login_required
from django.db import close_old_connections
from django.db.models import BigIntegerField, OuterRef, Q, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, JSONObject
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouhou.agreements.models import Agreement
from shouhou.customers.models import Contact, Customer, Project, Site
from shouhou.desk.actions import first_run, needs_wizard
from shouhou.desk.actions.articles import SOLVED, articles_for, write_from
from shouhou.desk.actions.workbook import Preview, import_workbook, keep_workbook, sample_workbook
from shouhou.desk.forms import ImportForm, SetupForm
from shouhou.equipment.models import InstalledItem
from shouhou.feedback.models import FollowUp
from shouhou.knowledge.actions.writing import used_in
from shouhou.knowledge.models import Article
from shouhou.notices.actions import PLACES
from shouhou.notices.models import Notice
from shouhou.people.models import Organisation, SignedRequest, User, today
from shouhou.promises.models import Clock
from shouhou.requests.models import Reassignment, ServiceRequest
from shouhou.shared.forms import row_id
from shouhou.shared.lifecycle import Refused
from shouhou.shared.live import stream
from shouhou.shared.models import Event
from shouhou.shared.pages import keyset, page
from shouhou.shared.time import now

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def colleague(request: SignedRequest) -> User:
    user: User = request.user
    if not user.is_colleague:
        raise Http404
    return user


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What I owe now, by due time; what waits for me. A fresh system goes to the wizard, a customer to the portal."""
    if not request.user.is_authenticated:
        return redirect("desk:setup" if needs_wizard() else settings.LOGIN_URL)
    user: User = request.user
    if not user.is_colleague:
        return redirect("portal:home")
    at = now()
    mine = ServiceRequest.objects.filter(owner=user).for_list()
    running = mine.filter(status__in=ServiceRequest.RUNNING)
    context = {
        "owed": running.with_promise().order_by("next_due_at", "id")[:30],
        "waiting": mine.filter(status=ServiceRequest.Status.RESOLVED).order_by("confirm_by", "id")[:10],
        "offers": Reassignment.objects.filter(taker=user, state=Reassignment.State.OFFERED).select_related(
            "request__customer", "giver"
        ),
        "follow_ups": FollowUp.objects.visible_to(user)
        .filter(status=FollowUp.Status.PLANNED, from_on__lte=today())
        .exclude(served_by=user)
        .select_related("request__customer")
        .order_by("due_on", "id")[:10]
        if user.serves
        else [],
        "now": at,
        "today": today(),
        "at_risk": ServiceRequest.objects.visible_to(user)
        .open()
        .exclude(owner=user)
        .filter(next_due_at__lt=at)
        .for_list()
        .with_promise()
        .order_by("next_due_at", "id")[:15]
        if user.leads
        else [],
    }
    return page(request, "desk/home.html", context, fragment="work")


@require_GET
@login_required
def search(request: SignedRequest) -> HttpResponse:
    """Requests, customers, contacts and items by words; a number goes straight to its request."""
    user: User = request.user
    words = request.GET.get("q", "").strip()[:100]
    context: dict[str, Any] = {"q": words, "now": now()}
    if words:
        rows = ServiceRequest.objects.visible_to(user)
        exact = rows.filter(number=words.upper()).first()
        if exact:
            return redirect(exact)
        context["requests"] = list(rows.matching(words).for_list().with_promise().order_by("-id")[:30])
        if user.is_colleague:
            context["customers"] = list(Customer.objects.visible_to(user).matching(words).order_by("name")[:10])
            context["contacts"] = list(
                Contact.objects.visible_to(user).matching(words).select_related("customer").order_by("name", "id")[:10]
            )
        context["items"] = list(
            InstalledItem.objects.visible_to(user)
            .matching(words)
            .select_related("product", "customer")
            .order_by("id")[:10]
        )
    return page(request, "desk/search.html", context)


def about_clock(notice: Notice) -> dict[str, Any]:
    """What a notice of a promise says beyond its kind: which one, due when, and how late it was kept if it was."""
    clock = notice.clock or {}  # type: ignore[attr-defined]
    if not clock.get("due"):
        return {}
    due, stopped = (datetime.fromisoformat(clock[name]) if clock[name] else None for name in ("due", "stopped"))
    chinese = (get_language() or "").startswith("zh")
    return {"name": clock["name_zh" if chinese else "name_en"], "due": due, "stopped": stopped,
            "late": stopped - due if stopped and due and stopped > due else None, "state": clock["state"]}  # fmt: skip


@require_GET
@login_required
def notices(request: SignedRequest) -> HttpResponse:
    """What I should know, the newest first; each clock comes along with its notice."""
    clock = Clock.objects.filter(pk=OuterRef("clock_id")).values(
        found=JSONObject(
            due="due_at", stopped="stopped_at", state="state",
            name_zh="commitment__name_zh", name_en="commitment__name_en",
        )
    )  # fmt: skip
    own = Notice.objects.visible_to(request.user).filter(dropped_at=None)
    numbered = own.annotate(clock_id=Cast(KeyTextTransform("clock", "data"), BigIntegerField()))
    rows = list(numbered.annotate(clock=Subquery(clock)).order_by("-id")[:100])
    cases = ServiceRequest.objects.visible_to(request.user).in_bulk(
        {n.case_id for n in rows if n.case_kind == ServiceRequest.KIND}
    )
    who = User.objects.in_bulk({n.data["user"] for n in rows if isinstance(n.data.get("user"), int)})
    context = {
        "rows": [
            (
                n,
                cases.get(n.case_id) if n.case_kind == ServiceRequest.KIND else None,
                about_clock(n),
                who.get(n.data.get("user")),
            )
            for n in rows
        ],
        "places": set(PLACES),
        "unread_here": any(n.read_at is None for n in rows),
        "now": now(),
    }
    return page(request, "desk/notices.html", context)


@require_POST
@login_required
def open_notice(request: SignedRequest, pk: int) -> HttpResponse:
    """Mark it read and go there."""
    notice = get_object_or_404(Notice.objects.visible_to(request.user), pk=pk)
    Notice.objects.filter(pk=pk, read_at=None).update(read_at=now())
    if notice.case_kind == ServiceRequest.KIND:
        return redirect("requests:detail", notice.case_id)
    place = PLACES.get(notice.case_kind)
    return redirect(place(notice.case_id) if place else "desk:notices")


@require_POST
@login_required
def read_all(request: SignedRequest) -> HttpResponse:
    Notice.objects.visible_to(request.user).unread().update(read_at=now())
    return redirect("desk:notices")


def told(request: SignedRequest, events: Any) -> dict[str, Any]:
    """One page of what happened, the newest first, with who did it."""
    asked = request.GET.get("after", "")
    found, after = keyset(events.exclude(kind__startswith="clock."), ("-occurred_at", "-id"), asked, 20)
    people = User.objects.in_bulk({e.by_id for e in found if e.by_id})
    ids = {e.case_id for e in found if e.case_kind == ServiceRequest.KIND}
    cases = ServiceRequest.objects.visible_to(request.user).in_bulk(ids)
    lines = [
        {
            "event": e,
            "by": people.get(e.by_id),
            "case": cases.get(e.case_id) if e.case_kind == ServiceRequest.KIND else None,
        }
        for e in found
    ]
    return {"lines": lines, "after": after, "earlier": bool(asked)}


@require_GET
@login_required
def customer(request: SignedRequest, pk: int) -> HttpResponse:
    """客户360: people responsible, items, agreements, requests, and everything that happened, in order (E7)."""
    user = colleague(request)
    row = get_object_or_404(Customer.objects.visible_to(user).select_related("organisation", "owner", "deputy"), pk=pk)
    context = {
        "customer": row,
        "now": now(),
        "contacts": Contact.objects.filter(customer=row, retired_at=None)
        .select_related("site", "user")
        .prefetch_related("phones")
        .order_by("name")[:100],
        "sites": Site.objects.filter(customer=row, retired_at=None).order_by("name")[:50],
        "projects": Project.objects.filter(customer=row)
        .select_related("manager", "support_engineer")
        .order_by("name")[:50],
        "items": InstalledItem.objects.filter(customer=row, retired_at=None)
        .select_related("product", "site", "vendor")
        .order_by("product__name", "id")[:100],
        "agreements": Agreement.objects.filter(customer=row)
        .select_related("service_level")
        .order_by("-starts_on", "-id")[:50],
        "open": ServiceRequest.objects.visible_to(user)
        .open()
        .filter(customer=row)
        .for_list()
        .order_by("next_due_at", "id")[:50],
        **told(request, Event.objects.filter(customer_id=pk)),
    }
    return page(request, "desk/customer.html", context, fragment="history")


@require_GET
@login_required
def item(request: SignedRequest, pk: int) -> HttpResponse:
    """One installed item: what stands on it, which agreements cover it, its requests, and what happened to it."""
    user = colleague(request)
    rows = InstalledItem.objects.visible_to(user).select_related(
        "product", "customer", "site", "project", "vendor", "subcontractor"
    )
    row = get_object_or_404(rows, pk=pk)
    cases = ServiceRequest.objects.visible_to(user).filter(item=row)
    mine = Q(case_kind=InstalledItem.KIND, case_id=pk)
    mine |= Q(case_kind=ServiceRequest.KIND, case_id__in=cases.values("pk"))
    context = {
        "item": row,
        "now": now(),
        "covered_by": Agreement.objects.covering(row.customer, row, today()).select_related("service_level"),
        "open": cases.open().for_list().with_promise().order_by("next_due_at", "id")[:50],
        "over": cases.exclude(status__in=ServiceRequest.OPEN).order_by("-reported_at", "-id")[:50],
        **told(request, Event.objects.filter(mine)),
    }
    return page(request, "desk/item.html", context, fragment="history")


@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """The first-run wizard: company, hotline, calendar, administrator, presets. Gone once there is a company."""
    if not needs_wizard():
        return redirect("desk:home")
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = first_run(**{k: v for k, v in form.cleaned_data.items() if k not in ("setup_key", "password_again")})
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        return redirect("desk:home")
    return page(request, "desk/setup.html", {"form": form}, status=422 if form.errors else 200)


def _watching(cookies: str, asked: list[str]) -> tuple[int, frozenset[str]] | None:
    """Whose session this is and what it may watch; None for a stranger. Each row is authorised again when fetched."""
    try:
        morsel = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
        request = HttpRequest()
        request.session = import_module(settings.SESSION_ENGINE).SessionStore(morsel.value if morsel else None)
        user = get_user(request)  # as for every page: a changed password ends the session
        if not isinstance(user, User):
            return None
        allowed = set()
        for topic in asked[:20]:
            kind, _colon, number = topic.partition(":")
            if topic == f"desk:{user.pk}":
                allowed.add(topic)
            if not (number.isascii() and number.isdecimal() and len(number) < 19):
                continue
            if (
                kind == ServiceRequest.KIND and ServiceRequest.objects.visible_to(user).filter(pk=int(number)).exists()
            ) or (kind == "board" and Organisation.objects.visible_to(user).filter(pk=int(number)).exists()):
                allowed.add(topic)
        return user.pk, frozenset(allowed)
    finally:
        close_old_connections()


async def events(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """The live stream, outside Django's request cycle: only allowed topics, and only while the session holds."""
    cookies = dict(scope["headers"]).get(b"cookie", b"").decode("latin-1")
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("topic", [])
    await stream(receive, send, partial(sync_to_async(_watching, thread_sensitive=False), cookies, asked))


@require_http_methods(["GET", "POST"])
@login_required
def imports(request: SignedRequest) -> HttpResponse:
    """The import door: a chosen workbook is previewed, a previewed one is taken over, all or nothing."""
    user = colleague(request)
    if not user.leads:
        raise Http404
    form = ImportForm(request.POST or None, request.FILES or None)
    preview: Preview | None = None
    try:
        if request.method == "POST" and request.POST.get("token"):
            preview = import_workbook(request.POST["token"], by=user)
        elif request.method == "POST" and form.is_valid():
            preview = keep_workbook(form.cleaned_data["file"], by=user)
    except Refused as refused:
        form.add_error("file", str(refused))
    wrong = bool(preview and preview.problems) or (form.is_bound and bool(form.errors) and preview is None)
    return page(request, "desk/imports.html", {"form": form, "preview": preview}, status=422 if wrong else 200)


@require_GET
@login_required
def import_sample(request: SignedRequest) -> HttpResponse:
    """A workbook to fill in, with examples on a sheet of their own."""
    if not colleague(request).leads:
        raise Http404
    answer = HttpResponse(sample_workbook(), content_type=XLSX)
    answer["Content-Disposition"] = 'attachment; filename="shouhou-import.xlsx"'
    return answer


def _case(request: SignedRequest, pk: int) -> ServiceRequest:
    colleague(request)
    rows = ServiceRequest.objects.visible_to(request.user).select_related("organisation", "item__product")
    return get_object_or_404(rows, pk=pk)


@require_GET
@login_required
def articles(request: SignedRequest, pk: int) -> HttpResponse:
    """The articles that fit a request, and whether one of them solved it."""
    case = _case(request, pk)
    used = Article.objects.filter(uses__case_kind=case.KIND, uses__case_id=case.pk).values_list("pk", flat=True)
    context = {
        "case": case, "articles": articles_for(case, request.user), "used": set(used), "solved": case.status in SOLVED,
        "may_write": request.user.serves_in(case.organisation.path),
    }  # fmt: skip
    return page(request, "desk/_articles.html", context)


@require_POST
@login_required
def write_article(request: SignedRequest, pk: int) -> HttpResponse:
    """A draft from a solved request, ready to be completed."""
    article = write_from(_case(request, pk), request.user)
    if article.status == Article.Status.DRAFT:
        return redirect("knowledge:edit", pk=article.pk)
    return redirect(article)


@require_POST
@login_required
def article_used(request: SignedRequest, pk: int) -> HttpResponse:
    """This article solved the request."""
    case = _case(request, pk)
    rows = Article.objects.visible_to(request.user).published()
    article = get_object_or_404(rows, pk=row_id(request.POST.get("article")) or 0)
    if not request.user.serves_in(case.organisation.path):
        raise Refused(_("Only who serves in its organisation says what solved a request."))
    used_in(article, case_kind=case.KIND, case_id=case.pk, by=request.user)
    return redirect(case)
