"""Who may do what with a request."""

from typing import Any

from shouhou.customers.models import contact_of
from shouhou.people.models import User
from shouhou.people.rules import Role
from shouhou.shared.time import now


def staff(case: Any, by: User) -> bool:
    """People who serve, in the request's organisation or above it."""
    return by.serves_in(case.organisation.path)


def leads(case: Any, by: User) -> bool:
    """Who serves and decides in the request's organisation or above it."""
    return staff(case, by) and by.leads_in(case.organisation.path)


def responsible(case: Any, by: User) -> bool:
    """The accountable owner, or who leads the organisation."""
    return case.owner_id == by.pk or leads(case, by)


def solves(case: Any, by: User) -> bool:
    """Who answers for it, or the engineer who was sent: dispatch hands over no responsibility (A1.10)."""
    return responsible(case, by) or (case.needs_visit and case.visit_requests.filter(engineer=by).exists())


def may_confirm(case: Any, by: User) -> bool:
    """The customer's own people; a colleague notes what the customer said."""
    return staff(case, by) or customer_side(case, by)


def customer_side(case: Any, by: User) -> bool:
    contact = contact_of(by)
    return contact is not None and contact.customer_id == case.customer_id


def may_cancel(case: Any, by: User) -> bool:
    """The customer withdraws it, or who answers for it: nobody makes a colleague's overdue case disappear."""
    return responsible(case, by) or customer_side(case, by)


def within_thirty_days(case: Any, by: User) -> bool:
    """Reopening with the history is possible for 30 days after closing; later a new, linked request is made."""
    return may_confirm(case, by) and case.is_reopenable(now())


def document_keeper(case: Any, by: User) -> bool:
    return by.holds(Role.DOCUMENT_KEEPER, Role.ADMINISTRATOR, organisation_path=case.organisation.path)
