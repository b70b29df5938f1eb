"""The door of the phone: a page that works without signal, the day's visits, and what was done taken in."""

from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from shouhou.people.models import SignedRequest, User
from shouhou.shared.files import keep
from shouhou.shared.lifecycle import Refused
from shouhou.shared.time import now
from shouhou.visits.actions import badge, calendar, rating
from shouhou.visits.actions.syncing import Sent, take_operations
from shouhou.visits.models import Visit, VisitOperation, VisitPhoto
from shouhou.visits.rules import words
from shouhou.visits.rules.steps import table

AHEAD, BEHIND = timedelta(days=3), timedelta(days=2)  # what a phone takes along into the cellar
PRACTISED = 10  # visits done, after which an engineer may fill in everything on one page
MOST = 500  # operations of one sending
FILES = ("visits/store.js", "visits/clock.js", "visits/sheet.js", "visits/sync.js", "visits/steps.js", "visits/app.js")


def turned_away(request: SignedRequest) -> JsonResponse | None:
    """401 for whose sign-in has ended, 404 for who is no colleague: no page of ours answers them with a form."""
    if not request.user.is_authenticated:
        return JsonResponse({"error": _("Sign in again.")}, status=401)
    return None if request.user.is_colleague else JsonResponse({}, status=404)


@require_GET
@login_required
def app(request: SignedRequest) -> HttpResponse:
    """The page of the phone. It holds no visit: those are in the phone's own store, and so it opens without signal."""
    if not request.user.is_colleague:
        raise Http404
    context = {"files": FILES, "words": words.spoken(), "rules": table(), "me": {"id": request.user.pk}}
    return render(request, "visits/app.html", context)


@never_cache
@require_GET
def day(request: SignedRequest) -> JsonResponse:
    """The visits of these days, with everything done on them, our clock, and a token for sending.

    401 where the sign-in has ended: the phone keeps what it has and asks to sign in again.
    """
    turned = turned_away(request)
    if turned is not None:
        return turned
    own = Visit.objects.filter(engineer=request.user, status=Visit.Status.DONE)
    me = {
        "id": request.user.pk, "name": request.user.name, "feed": calendar.address(request.user),
        "practised": own[PRACTISED - 1 : PRACTISED].exists(),
    }  # fmt: skip
    return JsonResponse(
        {"now": now().isoformat(), "me": me, "csrf": get_token(request), "visits": visits_for(request.user)}
    )


def visits_for(user: User) -> list[dict[str, Any]]:
    """What a phone takes along: its engineer's visits of these days, and those not finished before."""
    at = now()
    rows = Visit.objects.standing().for_list().filter(engineer=user, starts_at__lt=at + AHEAD)
    rows = rows.filter(Q(starts_at__gt=at - BEHIND) | ~Q(status=Visit.Status.DONE)).order_by("starts_at", "pk")
    visits = list(rows.select_related("request__item__product", "request__contact")[:50])
    done: dict[int, list[VisitOperation]] = {visit.pk: [] for visit in visits}
    for row in VisitOperation.objects.filter(visit__in=visits, set_aside_at=None).order_by("pk"):
        done[row.visit_id].append(row)
    return [_packed(visit, done[visit.pk]) for visit in visits]


def _packed(visit: Visit, done: list[VisitOperation]) -> dict[str, Any]:
    case, earlier = visit.request, history(visit)
    return {
        "id": visit.pk, "number": visit.number, "status": visit.status, "starts": visit.starts_at.isoformat(),
        "ends": visit.ends_at.isoformat(), "unit": visit.unit, "address": visit.address,
        "contact": visit.contact_name, "phone": visit.phone, "request": case.number, "subject": case.subject,
        "description": case.description, "need": case.need, "item": str(case.item) if case.item else "",
        "accepted": visit.accepted_at is not None, "agreed": visit.agreed_at is not None,
        "kind": case.item.product.kind if case.item else "", "earlier": earlier, "returning": bool(earlier),
        "code": rating.picture(visit), "badge": badge.picture(visit), "bounds": visit.bounds,
        "review": visit.to_review, "released": visit.released_at is not None,
        "operations": [
            {"uid": str(row.uid), "device": row.device, "seq": row.seq, "kind": row.kind, "data": row.data,
             "at": row.at.isoformat(), "by": row.by_id, "allowed": row.let_in_at is not None}
            for row in done
        ],
    }  # fmt: skip


def history(visit: Visit) -> list[dict[str, str]]:
    """The customer's last visits: whether one comes for the first time, and what was found then (A4.5)."""
    if visit.customer_id is None:
        return []
    rows = Visit.objects.filter(customer=visit.customer_id, status=Visit.Status.DONE).exclude(pk=visit.pk)
    return [
        {"at": row.starts_at.isoformat(), "engineer": row.engineer.name, "subject": row.request.subject,
         "remedy": row.sheet.get("fields", {}).get("fix.remedy", "")}
        for row in rows.select_related("engineer", "request").order_by("-starts_at")[:5]
    ]  # fmt: skip


class One(BaseModel):
    """One operation, as the phone sends it."""

    uid: UUID
    visit: int
    seq: int = Field(ge=0, lt=2**53)
    kind: str = Field(max_length=20)
    data: dict[str, Any] = Field(default_factory=dict)
    at: AwareDatetime
    offset: int = Field(default=0, ge=-(10**12), le=10**12)
    by: int


class Batch(BaseModel):
    """What a phone has to send, in its order."""

    device: str = Field(min_length=1, max_length=64)
    operations: list[One] = Field(max_length=MOST)


@require_POST
def sync(request: SignedRequest) -> JsonResponse:
    """Take operations in. 200 with what became of each; 400 for what no phone of ours sends; 401 signed out."""
    turned = turned_away(request)
    if turned is not None:
        return turned
    try:
        batch = Batch.model_validate_json(request.body)
    except ValidationError as wrong:
        fields = [".".join(str(part) for part in error["loc"]) for error in wrong.errors()]
        return JsonResponse({"error": _("Not understood."), "fields": fields[:20]}, status=400)
    sent = [
        Sent(one.uid, one.visit, one.seq, one.kind, clean(one.data), one.at, one.offset, one.by)
        for one in batch.operations
    ]
    results = take_operations(sent, device=batch.device, by=request.user)
    return JsonResponse({"now": now().isoformat(), "results": results})


def clean(data: Any) -> Any:
    """What the database can hold: no zero bytes; long words cut at 20,000 letters."""
    if isinstance(data, str):
        return data.replace("\x00", "")[:20_000]
    if isinstance(data, dict):
        return {clean(str(k)): clean(v) for k, v in list(data.items())[:50]}
    if isinstance(data, list):
        return [clean(v) for v in data[:100]]
    return data


@require_POST
def photo(request: SignedRequest, pk: int) -> JsonResponse:
    """A picture of the phone; the same one sent again is the same one. Answers its hash."""
    turned = turned_away(request)
    if turned is not None:
        return turned
    visit = Visit.objects.visible_to(request.user).filter(pk=pk).first()
    upload = request.FILES.get("file")
    if visit is None:
        return JsonResponse({"error": _("This visit is not known.")}, status=404)
    if upload is None or (upload.content_type or "") not in ("image/png", "image/jpeg", "image/webp"):
        return JsonResponse({"error": _("Send a picture: PNG, JPEG or WebP.")}, status=422)
    try:
        blob = keep(upload)
    except Refused as refused:
        return JsonResponse({"error": str(refused)}, status=422)
    VisitPhoto.objects.get_or_create(visit=visit, blob=blob, defaults={"by": request.user, "received_at": now()})
    return JsonResponse({"sha256": blob.sha256})


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker: it keeps the page and its files for a cellar without signal."""
    files = [static(name) for name in (*FILES, "visits/app.css", "shared/icon.svg")]
    files += [static("vendor/tabler/core/dist/css/tabler.min.css"), static("shared/theme.css")]
    files += [static("vendor/signature_pad/dist/signature_pad.umd.min.js"), static("shared/theme.js")]
    version = sha256(",".join(files).encode()).hexdigest()[:12]
    answer = render(
        request, "visits/sw.js", {"files": files, "version": version}, content_type="text/javascript; charset=utf-8"
    )
    answer["Service-Worker-Allowed"] = "/visits/app/"
    answer["Cache-Control"] = "no-cache"
    return answer


@require_GET
def manifest(request: HttpRequest) -> JsonResponse:
    """What makes the page an app on the phone's first screen."""
    return JsonResponse(
        {"name": "Shouhou 售后", "short_name": _("Visits"), "start_url": "/visits/app/", "scope": "/visits/app/",
         "display": "standalone", "background_color": "#ffffff", "theme_color": "#0c6e5c",
         "icons": [{"src": static("shared/icon.svg"), "sizes": "any", "type": "image/svg+xml"}]},
        content_type="application/manifest+json",
    )  # fmt: skip
