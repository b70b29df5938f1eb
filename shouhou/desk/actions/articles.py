"""Articles beside a request: what is known of such a trouble, and what its solution teaches."""

from django.utils.translation import gettext as _

from shouhou.knowledge.actions.finding import find
from shouhou.knowledge.actions.writing import draft_from_case
from shouhou.knowledge.models import Article
from shouhou.people.models import User
from shouhou.requests.models import ServiceRequest
from shouhou.shared.lifecycle import Refused

SHOWN = 5
SOLVED = (
    ServiceRequest.Status.RESOLVED, ServiceRequest.Status.CONFIRMED, ServiceRequest.Status.FOLLOWED_UP,
    ServiceRequest.Status.CLOSED, ServiceRequest.Status.FILED,
)  # fmt: skip


def articles_for(case: ServiceRequest, by: User) -> list[Article]:
    """Published articles that this person may read and that answer the words of the request best (A1.8)."""
    rows = Article.objects.visible_to(by).published()
    ids = find(rows, f"{case.subject}\n{case.description}", most=SHOWN)
    found = Article.objects.for_list().in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def write_from(case: ServiceRequest, by: User) -> Article:
    """The draft that a solved request gives, the same one when asked again.

    Raises Refused for an unsolved request, and for who does not serve in its organisation.
    """
    if case.status not in SOLVED:
        raise Refused(_("An article is written from a solved request."))
    return draft_from_case(
        case_kind=ServiceRequest.KIND, case_id=case.pk, organisation=case.organisation, by=by, title=case.subject,
        problem=case.description or case.subject, remedy=case.solution,
        product=case.item.product if case.item else None,
    )  # fmt: skip
