"""The archive's pages: finding, reading, signing, filing; and the public page that says whether a print is genuine."""

import base64
import binascii
import re
from typing import Any
from uuid import UUID

from allauth.core.internal.ratelimit import consume
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouhou.people.models import Organisation, SignedRequest, User
from shouhou.records.actions import filing, making, signing
from shouhou.records.forms import FilterForm, SignForm, VoidForm
from shouhou.records.models import Record, Signature, keeper
from shouhou.records.rules.content import canonical
from shouhou.records.rules.rendering import laid_out
from shouhou.shared.files import download_name, keep, open_blob
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.pages import keyset, one_line, page

# Of one address: a person who checks a folder of prints stays below it, a machine that tries addresses does not.
LOOKS = {"verify_record": "60/m/ip"}


@require_GET
@login_required
def index(request: SignedRequest) -> HttpResponse:
    """The records that this person sees, the newest first."""
    form = FilterForm(request.GET, user=request.user)
    rows = form.narrow(Record.objects.visible_to(request.user).for_list())
    shown, after = keyset(rows, ("-id",), request.GET.get("after", ""), 50)
    return page(request, "records/list.html", {"rows": shown, "after": after, "form": form}, fragment="rows")


def _found(request: SignedRequest, pk: int) -> Record:
    rows = Record.objects.visible_to(request.user).for_list().select_related("pdf", "filed_by")
    return get_object_or_404(rows, pk=pk)


def _kept(request: SignedRequest, pk: int) -> Record:
    """One that this person may sign for, file or void; a customer's people only read."""
    if not request.user.is_colleague:
        raise Http404
    return _found(request, pk)


def _shown(request: SignedRequest, record: Record, form: VoidForm | None = None) -> dict[str, Any]:
    events = list(Event.objects.of(record).order_by("-occurred_at", "-id")) if request.user.is_colleague else []
    people = User.objects.in_bulk({e.by_id for e in events if e.by_id})
    sort, missing = record.sort, record.unsigned()
    colleague = request.user.is_colleague
    may_sign = colleague and record.status in signing.OPEN and keeper(record, request.user)
    may_sign = may_sign and bool(record.open_parties())
    return {
        "record": record, "sort": sort, "missing": missing, "form": form or VoidForm(),
        "sections": laid_out(sort, record.content, timezone.localtime()) if sort else [],
        "plain": "" if sort else canonical(record.content).decode(),
        "signatures": record.signatures.select_related("record", "image").order_by("pk"),
        "lines": [(event, people.get(event.by_id)) for event in events],
        "moves": record.moves_for(request.user) if colleague else set(), "may_sign": may_sign,
        "verify": filing.verify_url(record),
    }  # fmt: skip


@require_GET
@login_required
def detail(request: SignedRequest, pk: int) -> HttpResponse:
    """What one record says, who signed it, and its way."""
    return page(request, "records/detail.html", _shown(request, _found(request, pk)))


@require_GET
@login_required
def pdf(request: SignedRequest, pk: int) -> HttpResponse:
    """The PDF, to be read in the browser; with ?save as a download."""
    record = _found(request, pk)
    answer = HttpResponse(filing.pdf_of(record), content_type="application/pdf")
    name = download_name(one_line(f"{record.number} {record.title}".strip(), 150) + ".pdf", "application/pdf")
    answer["Content-Disposition"] = content_disposition_header("save" in request.GET, name) or "inline"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    answer["Cache-Control"] = "private, no-cache"
    return answer


@require_GET
@login_required
def signature(request: SignedRequest, pk: int) -> FileResponse:
    """What was drawn, or the signed paper."""
    rows = Signature.objects.filter(record__in=Record.objects.visible_to(request.user), image__isnull=False)
    row = get_object_or_404(rows.select_related("image"), pk=pk)
    assert row.image is not None
    drawn = row.image.type == "image/png"
    name = download_name(f"signature-{row.pk}", row.image.type)
    answer = FileResponse(open_blob(row.image), as_attachment=not drawn, filename=name, content_type=row.image.type)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@require_http_methods(["GET", "POST"])
@login_required
def sign(request: SignedRequest, pk: int) -> HttpResponse:
    """A party signs at this screen, on paper, or refuses."""
    record = _kept(request, pk)
    if not keeper(record, request.user):
        raise Http404
    parties = record.open_parties()
    if record.status not in signing.OPEN or not parties:
        raise Refused(record.refusal(Record.Status.SIGNED))
    form = SignForm(request.POST or None, request.FILES or None, parties=parties, initial={"digest": record.digest})
    if request.method == "POST" and form.is_valid():
        _take(record, form, request)
        messages.success(request, _("It is written down."))
        return redirect(record)
    context = {**_shown(request, record), "form": form}
    return page(request, "records/sign.html", context, status=422 if form.errors else 200)


def _take(record: Record, form: SignForm, request: SignedRequest) -> Signature:
    given = form.cleaned_data
    common: dict[str, Any] = {
        "role": given["role"], "name": given["name"], "by": request.user, "digest": given["digest"],
        "device": one_line(request.headers.get("User-Agent", ""), 300), "key": form.key(request.user),
    }  # fmt: skip
    if given["how"] == Signature.How.REFUSED:
        return signing.refuse(record, reason=given["reason"], **common)
    if given["how"] == Signature.How.PAPER:
        scan = keep(given["scan"]) if given["scan"] else None
        return signing.sign(record, how=Signature.How.PAPER, scan=scan, **common)
    return signing.sign(
        record, how=Signature.How.DRAWN, png=_png_of(given["drawn"]), strokes=given["strokes"] or None, **common
    )


def _png_of(address: str) -> bytes:
    """The bytes of a canvas's data: address; nothing where it is none."""
    head, _comma, body = address.partition(",")
    if head != "data:image/png;base64":
        return b""
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        return b""


@require_POST
@login_required
def file(request: SignedRequest, pk: int) -> HttpResponse:
    """Into the archive, with number and PDF."""
    record = _kept(request, pk)
    filing.file(record, by=request.user)
    messages.success(request, _("%(number)s is filed.") % {"number": record.number})
    return redirect(record)


@require_POST
@login_required
def void(request: SignedRequest, pk: int) -> HttpResponse:
    """Declare it void."""
    record, form = _kept(request, pk), VoidForm(request.POST)
    if not form.is_valid():
        return page(request, "records/detail.html", _shown(request, record, form), status=422)
    making.void(record, reason=form.cleaned_data["reason"], by=request.user)
    return redirect(record)


@never_cache
@require_GET
def verify(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Whether a print is genuine, for whoever holds it: no names, no content. ?sha256= compares a PDF's hash."""
    company = Organisation.objects.filter(parent=None).order_by("pk").first()  # none before the first run
    if not consume(request, app="records", action="verify_record", config=LOOKS, limit_get=True):
        return page(request, "records/verify.html", {"company": company, "too_often": True}, status=429)
    record = Record.objects.filter(uid=uid).select_related("organisation", "pdf").first()
    if record is None:
        return page(request, "records/verify.html", {"company": company}, status=404)
    said = re.sub(r"\s", "", request.GET.get("sha256", ""))[:200].lower()
    filed = record.status == Record.Status.FILED
    context: dict[str, Any] = {
        "company": company, "record": record, "filed": filed, "genuine": filing.is_genuine(record),
        "name": _name(record), "said": said, "same": bool(filed and record.pdf and said == record.pdf.sha256),
        "hash": record.pdf.sha256 if filed and record.pdf else "",
    }  # fmt: skip
    return page(request, "records/verify.html", context)


def _name(record: Record) -> str:
    """What the kind is called, in the reader's language; a title may name people and is not shown."""
    sort = record.sort
    return str(sort.name) if sort else record.kind
