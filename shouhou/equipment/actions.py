"""Saving what is installed, with its trace in the journal."""

from typing import Any

from django.db import transaction

from shouhou.equipment.models import InstalledItem, Product
from shouhou.shared.journal import record


@transaction.atomic
def save_item(item: InstalledItem, *, changed: list[str], by: Any, product: Product | None = None) -> InstalledItem:
    """Save an installed item; it is recorded as added, or with the fields that changed, never with their words.

    `product` is one that nobody had yet: it is made with its first item.
    """
    if product is not None:
        product.save()
        item.product = product
    if item.pk is None:
        item.organisation = item.customer.organisation
        item.save()
        record("item.added", subject=item, by=by)
    elif changed:
        item.save(update_fields=changed)
        record("item.edited", subject=item, by=by, data={"fields": sorted(changed)})
    return item
