"""Searching, reading, writing and reviewing articles; the compilations of providers."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouhou.customers.models import contact_of
from shouhou.equipment.models import Product
from shouhou.knowledge.actions import writing
from shouhou.knowledge.actions.finding import find, known_terms
from shouhou.knowledge.forms import ArticleForm
from shouhou.knowledge.models import Article, Compilation
from shouhou.knowledge.rules.excerpt import excerpt, marked
from shouhou.people.models import SignedRequest, User, today
from shouhou.shared.forms import row_id
from shouhou.shared.models import Event
from shouhou.shared.pages import keyset, one_line, page

VIEWS = ("published", "review", "drafts", "mine", "retired")


def colleague(request: SignedRequest) -> None:
    if not request.user.is_colleague:
        raise Http404


def chosen(rows: Any, view: str, user: User) -> Any:
    """The rows of one tab of the list."""
    status = Article.Status
    if view == "review":
        return rows.filter(status=status.SUBMITTED)
    if view == "drafts":
        return rows.filter(status=status.DRAFT)
    if view == "mine":
        return rows.filter(author=user)
    return rows.filter(status=status.RETIRED) if view == "retired" else rows.published()


@require_GET
@login_required
def index(request: SignedRequest) -> HttpResponse:
    """What may be read, searched as typed; colleagues also see the review queue and drafts of their branch."""
    user = request.user
    if not user.is_colleague and contact_of(user) is None:
        raise Http404
    view = request.GET.get("view", "")
    view = view if user.is_colleague and view in VIEWS else "published"
    text = one_line(request.GET.get("q", ""), 200)
    product = row_id(request.GET.get("product"))
    rows = chosen(Article.objects.visible_to(user), view, user)
    if product:
        rows = rows.filter(product_id=product)
    after = ""
    if text:
        ids = find(rows, text)
        by_id = Article.objects.for_list().in_bulk(ids)
        shown = [by_id[pk] for pk in ids if pk in by_id]
    else:
        shown, after = keyset(rows.for_list(), ("-id",), request.GET.get("after", ""), 30)
    wanted = list(known_terms(text)) if text else []
    context = {
        "lines": [line_of(article, wanted) for article in shown], "after": after, "view": view, "q": text,
        "product": product, "products": Product.objects.filter(articles__isnull=False).distinct().order_by("name"),
        "may_write": user.serves, "staff": user.is_colleague,
    }  # fmt: skip
    return page(request, "knowledge/list.html", context, fragment="rows")


def line_of(article: Article, wanted: list[str]) -> dict[str, Any]:
    """An article as the list shows it."""
    read = article.read
    words = "\n".join((read.problem, read.cause, read.remedy))
    return {"article": article, "title": marked(read.title, wanted), "excerpt": excerpt(words, wanted)}


def found(request: SignedRequest, pk: int, *, staff: bool = True) -> Article:
    """The article, if this person may see it; with `staff`, only for colleagues."""
    if staff:
        colleague(request)
    rows = Article.objects.visible_to(request.user).for_list().select_related("compilation", "edited_by")
    return get_object_or_404(rows, pk=pk)


@require_GET
@login_required
def article(request: SignedRequest, pk: int) -> HttpResponse:
    """One article; its writers also see the draft, the versions and the time line."""
    row = found(request, pk, staff=False)
    user = request.user
    staff = user.is_colleague
    inside = staff and user.sees(row.organisation)
    mine = row.votes.filter(user=user).first()
    context: dict[str, Any] = {
        "article": row, "read": row.read, "staff": staff, "inside": inside, "mine": mine,
        "may_rate": row.version is not None and user.pk not in (row.author_id, row.edited_by_id)
        and row.status != Article.Status.RETIRED,
    }  # fmt: skip
    if inside:
        events = list(Event.objects.of(row).order_by("-occurred_at", "-id")[:100])
        people = User.objects.in_bulk({e.by_id for e in events if e.by_id})
        context |= {
            "moves": row.moves_for(user),
            "versions": row.versions.select_related("author", "reviewer").order_by("-number"),
            "lines": [(event, people.get(event.by_id)) for event in events],
            "draft": row if row.version and row.status in (Article.Status.DRAFT, Article.Status.SUBMITTED) else None,
        }  # fmt: skip
    return page(request, "knowledge/article.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def new(request: SignedRequest) -> HttpResponse:
    """A new draft."""
    colleague(request)
    form = ArticleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        row = writing.draft_article(organisation=request.user.home, by=request.user, **form.cleaned_data)
        return redirect(row)
    return page(request, "knowledge/form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
def edit(request: SignedRequest, pk: int) -> HttpResponse:
    """The words of a draft."""
    row = found(request, pk)
    if not request.user.sees(row.organisation):
        raise Http404
    before = {name: getattr(row, name) for name in (*Article.WORDS, "audience", "product")}
    form = ArticleForm(request.POST or None, initial=before)
    if request.method == "POST" and form.is_valid():
        row.edit(by=request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect(row)
    return page(request, "knowledge/form.html", {"form": form, "article": row}, status=422 if form.errors else 200)


@require_POST
@login_required
def submit(request: SignedRequest, pk: int) -> HttpResponse:
    """Ask for review."""
    row = found(request, pk)
    row.submit(by=request.user)
    return redirect(row)


@require_POST
@login_required
def publish(request: SignedRequest, pk: int) -> HttpResponse:
    """Reviewed and good: people may read it."""
    row = found(request, pk)
    row.publish(by=request.user)
    return redirect(row)


@require_POST
@login_required
def send_back(request: SignedRequest, pk: int) -> HttpResponse:
    """Reviewed and not good yet."""
    row = found(request, pk)
    row.send_back(reason=request.POST.get("reason", "")[:2000], by=request.user)
    return redirect(row)


@require_POST
@login_required
def revise(request: SignedRequest, pk: int) -> HttpResponse:
    """Take it up again; readers keep the published version."""
    row = found(request, pk)
    row.revise(by=request.user)
    return redirect("knowledge:edit", pk=row.pk)


@require_POST
@login_required
def retire(request: SignedRequest, pk: int) -> HttpResponse:
    """Nobody finds it any more."""
    row = found(request, pk)
    row.retire(by=request.user)
    return redirect("knowledge:list")


@require_POST
@login_required
def vote(request: SignedRequest, pk: int) -> HttpResponse:
    """Whether it helped this reader."""
    row = found(request, pk, staff=False)
    if request.POST.get("useful") in ("yes", "no"):
        writing.vote(row, useful=request.POST["useful"] == "yes", by=request.user)
    return redirect(row)


@require_GET
@login_required
def compilations(request: SignedRequest) -> HttpResponse:
    """What each provider compiles, the overdue ones flagged."""
    colleague(request)
    rows = Compilation.objects.visible_to(request.user).select_related("organisation", "submitted_by")
    shown, after = keyset(rows.annotate(held=Count("articles")), ("-id",), request.GET.get("after", ""), 30)
    lines = [(row, row.moves_for(request.user), row.articles.order_by("pk")) for row in shown]
    context = {"lines": lines, "after": after, "today": today()}
    return page(request, "knowledge/compilations.html", context, fragment="rows")


@require_POST
@login_required
def move_compilation(request: SignedRequest, pk: int, move: str) -> HttpResponse:
    """Submit a compilation, send it back or publish it."""
    colleague(request)
    row = get_object_or_404(Compilation.objects.visible_to(request.user), pk=pk)
    if move not in ("submit", "return", "publish"):
        raise Http404
    verbs = {"submit": row.submit, "return": row.send_back, "publish": row.publish}
    verbs[move](by=request.user)
    return redirect("knowledge:compilations")
