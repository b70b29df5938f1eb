"""What rooms above the customers have running follows a customer to its new organisation."""

import pytest

from shouhou.agreements.models import Agreement
from shouhou.customers.actions import move_customer
from shouhou.equipment.models import InstalledItem, Product

pytestmark = pytest.mark.django_db


def test_items_and_agreements_follow_but_what_is_over_stays(
    customer, company, centre, manager, agreement, client, person
):
    product = Product.objects.create(name="政务平台")
    InstalledItem.objects.create(organisation=company, customer=customer, product=product)
    over = agreement("application_maintenance", number="HT-0")
    with over.moving(Agreement.Status.ENDED, by=manager):
        pass
    running = agreement("application_maintenance", number="HT-1")
    local = person("local", "duty_manager", organisation=centre)
    client.force_login(local)
    assert client.get(f"/agreements/{running.pk}/").status_code == 404

    move_customer(customer, organisation=centre, by=manager)

    assert InstalledItem.objects.get().organisation == centre
    places = dict(Agreement.objects.values_list("number", "organisation"))
    assert places == {"HT-0": company.pk, "HT-1": centre.pk}
    assert client.get(f"/agreements/{running.pk}/").status_code == 200
