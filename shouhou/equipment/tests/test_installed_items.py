"""Installed items: found by what stands on them, each serial number once."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from shouhou.customers.models import Customer
from shouhou.equipment.models import InstalledItem, Product

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(company):
    return Product.objects.create(name="自助服务终端 ZT-3200", kind="device")


@pytest.fixture
def item(customer, product):
    return InstalledItem.objects.create(
        organisation=customer.organisation,
        customer=customer,
        product=product,
        serial_number="SN2026001",
        version="4.2.1",
    )


@pytest.mark.parametrize("words", ["自助", "zt-3200", "终端 ZT", "SN2026001", "sn2026", "2026001", "4.2"])
def test_an_item_is_found_by_product_version_or_serial_number(item, words):
    assert list(InstalledItem.objects.matching(words)) == [item]


@pytest.mark.parametrize("words", ["SN2026002", "叫号", "%", "_", "4_2"])
def test_what_does_not_stand_on_it_does_not_find_it(item, words):
    assert not InstalledItem.objects.matching(words).exists()


def test_a_serial_number_is_taken_once_per_product(item, company, product):
    other = Customer.objects.create(organisation=company, name="别家")
    same = {"organisation": company, "customer": other, "serial_number": "SN2026001"}
    with pytest.raises(IntegrityError), transaction.atomic():
        InstalledItem.objects.create(product=product, **same)
    InstalledItem.objects.create(product=Product.objects.create(name="叫号屏"), **same)


def test_items_without_serial_number_are_many(item, customer, product):
    for _n in range(2):
        InstalledItem.objects.create(organisation=customer.organisation, customer=customer, product=product)
    assert customer.items.count() == 3


def test_an_item_calls_itself_by_what_it_is(item, customer, product):
    assert str(item) == "自助服务终端 ZT-3200 4.2.1 SN2026001"
    bare = InstalledItem(organisation=customer.organisation, customer=customer, product=product)
    assert str(bare) == "自助服务终端 ZT-3200"


def test_what_is_installed_keeps_its_product_and_customer(item, product, customer):
    for row in (product, customer):
        with pytest.raises(ProtectedError):
            row.delete()


def test_a_customer_sees_the_own_items_only(item, customer_user, stranger):
    assert list(InstalledItem.objects.visible_to(customer_user).matching("SN2026001")) == [item]
    assert not InstalledItem.objects.visible_to(stranger).exists()


def test_a_warranty_is_kept_in_days(item):
    item.warranty_from, item.warranty_until = date(2026, 1, 16), date(2027, 1, 15)
    item.save()
    item.refresh_from_db()
    assert (item.warranty_from, item.warranty_until) == (date(2026, 1, 16), date(2027, 1, 15))
