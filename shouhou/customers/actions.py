"""Saving customers and contacts with their trace in the journal."""

from typing import Any

from django.db import transaction

from shouhou.customers.models import Contact, Customer
from shouhou.shared.journal import record


@transaction.atomic
def save_customer(customer: Customer, *, changed: list[str], by: Any) -> Customer:
    """Save a customer; what was edited and who answers for it is recorded (H6)."""
    new = customer.pk is None
    customer.save()
    if new or "owner" in changed or "deputy" in changed:
        record(
            "customer.owner_named",
            subject=customer,
            by=by,
            data={"owner": customer.owner_id, "deputy": customer.deputy_id},
        )
    if changed:
        record("customer.edited", subject=customer, by=by, data={"fields": sorted(changed)})
    return customer


@transaction.atomic
def save_contact(contact: Contact, *, phones: list[str]) -> Contact:
    """Save a contact with its numbers, readable ones made comparable."""
    contact.save()
    contact.set_phones(*phones)
    return contact
