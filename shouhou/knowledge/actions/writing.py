"""Articles begun, from nothing or from a solved case; what readers say of them; compilations."""

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from shouhou.equipment.models import Product
from shouhou.knowledge.models import Article, Audience, Compilation, Use, Vote
from shouhou.people.models import Organisation, User
from shouhou.shared.journal import record
from shouhou.shared.lifecycle import Refused
from shouhou.shared.time import now


@transaction.atomic
def draft_article(
    *, organisation: Organisation, by: User, title: str, problem: str, cause: str = "", remedy: str = "",
    audience: str = Audience.STAFF, product: Product | None = None, from_kind: str = "", from_id: int | None = None,
) -> Article:  # fmt: skip
    """A new draft. Raises Refused for who does not serve in the organisation, and without title or problem."""
    if not by.serves_in(organisation.path):
        raise Refused(_("Only who serves in its organisation writes an article."))
    if not title.strip() or not problem.strip():
        raise Refused(_("Write down the title and the problem."))
    article = Article.objects.create(
        organisation=organisation, product=product, title=" ".join(title.split())[:200], problem=problem.strip(),
        cause=cause.strip(), remedy=remedy.strip(), audience=audience, author=by, edited_by=by, drafted_at=now(),
        from_kind=from_kind, from_id=from_id,
    )  # fmt: skip
    record("article.drafted", subject=article, by=by)
    return article


def draft_from_case(
    *, case_kind: str, case_id: int, organisation: Organisation, by: User, title: str, problem: str, cause: str = "",
    remedy: str = "", product: Product | None = None,
) -> Article:  # fmt: skip
    """The article that a solved case gives (A5.5); asked twice, the same one while it stands. Raises Refused."""
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
        before = Article.objects.filter(from_kind=case_kind, from_id=case_id).exclude(status=Article.Status.RETIRED)
        return before.order_by("pk").first() or draft_article(
            organisation=organisation, by=by, title=title, problem=problem, cause=cause, remedy=remedy,
            product=product, from_kind=case_kind, from_id=case_id,
        )  # fmt: skip


def vote(article: Article, *, useful: bool, by: User) -> None:
    """Whether it helped; a person's latest word counts, and nobody rates an own article. Raises Refused."""
    if article.version is None or article.status == Article.Status.RETIRED:
        raise Refused(_("Only published articles are rated."))
    if by.pk in (article.author_id, article.edited_by_id):
        raise Refused(_("Nobody rates an own article."))
    with article.noting("article.rated", by=by, data={"useful": useful}) as at:
        Vote.objects.update_or_create(article=article, user=by, defaults={"useful": useful, "at": at})
        counts = article.votes.aggregate(yes=Count("pk", Q(useful=True)), no=Count("pk", Q(useful=False)))
        article.useful, article.useless = counts["yes"], counts["no"]


def used_in(article: Article, *, case_kind: str, case_id: int, by: User) -> None:
    """The article solved a case; said once for each case. Raises Refused for what is not published."""
    if article.version is None or article.status == Article.Status.RETIRED:
        raise Refused(_("Only a published article can have solved a case."))
    if article.uses.filter(case_kind=case_kind, case_id=case_id).exists():
        return
    with article.noting("article.used", by=by, data={"kind": case_kind, "id": case_id}) as at:
        Use.objects.get_or_create(article=article, case_kind=case_kind, case_id=case_id, defaults={"by": by, "at": at})
        article.solved = article.uses.count()


DAYS_TO_SUBMIT = 15


def quarter_before(day: date) -> tuple[date, date]:
    """First and last day of the quarter before the one that holds `day`."""
    month = day.month - (day.month - 1) % 3
    last = date(day.year, month, 1) - timedelta(days=1)
    return date(last.year, last.month - 2, 1), last


@transaction.atomic
def open_compilation(*, organisation: Organisation, starts_on: date, ends_on: date, by: User | None) -> Compilation:
    """The compilation of a provider's period, once; its articles are those drafted in it and in no other.

    Days are in the provider's zone; it is to be submitted within 15 days of the period's end. Raises Refused for who
    does not lead there; None is the system.
    """
    if by is not None and not by.leads_in(organisation.path):
        raise Refused(_("Only who leads the organisation opens a compilation."))
    due = ends_on + timedelta(days=DAYS_TO_SUBMIT)
    row, made = Compilation.objects.get_or_create(
        organisation=organisation, starts_on=starts_on, ends_on=ends_on, defaults={"due_on": due}
    )
    if made:
        record("compilation.opened", subject=row, by=by)
    gather(row)
    return row


def gather(row: Compilation) -> int:
    """Put what was drafted in the period, and is in no compilation yet, into an open one; returns how many."""
    if row.status != Compilation.Status.OPEN:
        return 0
    zone = row.organisation.tz
    first = datetime.combine(row.starts_on, time.min, zone)
    after = datetime.combine(row.ends_on + timedelta(days=1), time.min, zone)
    loose = Article.objects.filter(
        organisation=row.organisation, compilation=None, drafted_at__gte=first, drafted_at__lt=after
    ).exclude(status=Article.Status.RETIRED)
    return loose.update(compilation=row)


def open_due_compilations() -> None:
    """Each centre and partner gets the compilation of the quarter that is over; late articles join while it is open."""
    kinds = (Organisation.Kind.CENTRE, Organisation.Kind.PARTNER)
    for organisation in Organisation.objects.filter(kind__in=kinds, retired_at=None).order_by("pk"):
        first, last = quarter_before(now().astimezone(organisation.tz).date())
        open_compilation(organisation=organisation, starts_on=first, ends_on=last, by=None)
