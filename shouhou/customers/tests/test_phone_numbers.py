"""A caller is recognised however the number is written."""

import pytest

from shouhou.customers.models import Contact, Customer
from shouhou.customers.rules import read_number
from shouhou.shared.time import now

LANDLINE = "+862885331234"
MOBILE = "+8613800138000"


@pytest.mark.parametrize(
    ("written", "e164", "extension"),
    [
        ("028-85331234", LANDLINE, ""),
        ("028 8533 1234", LANDLINE, ""),
        ("02885331234", LANDLINE, ""),
        ("(028)85331234", LANDLINE, ""),
        ("（028）8533－1234", LANDLINE, ""),
        ("０２８－８５３３１２３４", LANDLINE, ""),
        ("+86 28 8533 1234", LANDLINE, ""),
        ("+86-028-85331234", LANDLINE, ""),
        ("0086 28 85331234", LANDLINE, ""),
        ("86-28-85331234", LANDLINE, ""),
        ("028-85331234 转 808", LANDLINE, "808"),
        ("028-85331234转808", LANDLINE, "808"),
        ("028-85331234轉808", LANDLINE, "808"),
        ("028-85331234 分机 808", LANDLINE, "808"),
        ("028-85331234 分机：808", LANDLINE, "808"),
        ("028-85331234 ext 808", LANDLINE, "808"),
        ("028-85331234 ext. 808", LANDLINE, "808"),
        ("028-85331234 EXT808", LANDLINE, "808"),
        ("028-85331234 x808", LANDLINE, "808"),
        ("028-85331234,808", LANDLINE, "808"),
        ("028-85331234，808", LANDLINE, "808"),
        ("028-85331234#808", LANDLINE, "808"),
        ("028-85331234-808", LANDLINE, "808"),
        ("028-8533 1234-808", LANDLINE, "808"),
        ("028-8533-1234-808", LANDLINE, "808"),
        ("０２８－８５３３１２３４－８０８", LANDLINE, "808"),
        ("13800138000", MOBILE, ""),
        ("138 0013 8000", MOBILE, ""),
        ("138-0013-8000", MOBILE, ""),
        ("1380013-8000", MOBILE, ""),
        ("+86 138 0013 8000", MOBILE, ""),
        ("86 13800138000", MOBILE, ""),
        ("008613800138000", MOBILE, ""),
        ("１３８００１３８０００", MOBILE, ""),
        ("400-800-1234", "+864008001234", ""),
        ("400-8001-234", "+864008001234", ""),
        ("4008001234", "+864008001234", ""),
        ("4008001234转2", "+864008001234", "2"),
        ("+1 212-555-0100", "+12125550100", ""),
        ("+852 2345 6789", "+85223456789", ""),
    ],
)
def test_the_same_number_in_many_hands(written, e164, extension):
    read = read_number(written)
    assert (read.e164, read.extension) == (e164, extension)
    assert read.written == written.strip()


@pytest.mark.parametrize(
    "written", ["", "  ", "内线 808", "--", "匿名", "anonymous", "12", "转808", "1" * 40, "无", "#", "x"]
)
def test_what_is_no_number_is_kept_as_it_was_written(written):
    read = read_number(written)
    assert (read.e164, read.written) == ("", written.strip())


@pytest.fixture
def reception(customer, company):
    """A second contact behind the same switchboard: another extension; and a third without one."""
    made = {}
    for name, phone in (("李建国", "028-85331234-809"), ("前台", "(028)8533 1234"), ("内线", "内线 12")):
        made[name] = Contact.objects.create(organisation=company, customer=customer, name=name)
        made[name].set_phones(phone)
    return made


def names(number: str) -> list[str]:
    return sorted(Contact.objects.called_by(number).values_list("name", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["028-85331234转808", "+86 28 8533 1234 ext 808", "０２８８５３３１２３４－８０８"])
def test_the_extension_tells_contacts_of_one_switchboard_apart(reception, number):
    assert names(number) == ["陈芳"]


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["02885331234", "028-85331234 转 999"])
def test_without_a_known_extension_everybody_behind_the_number_is_offered(reception, number):
    assert names(number) == sorted(["陈芳", "李建国", "前台"])


@pytest.mark.django_db
def test_a_contact_is_found_by_each_of_several_numbers_and_once(reception):
    both = Contact.objects.get(name="陈芳")
    assert names("138-0013-8000") == ["陈芳"]
    both.set_phones("13800138000", "+8613800138000")
    assert names("13800138000") == ["陈芳"]
    assert names("028-85331234转808") == sorted(["李建国", "前台"])  # that number was taken from her


@pytest.mark.django_db
def test_what_is_no_number_finds_only_who_has_exactly_that(reception):
    assert names("内线 12") == ["内线"]
    assert names("内线 13") == names("匿名") == []


@pytest.mark.django_db
def test_an_empty_number_finds_nobody(reception):
    assert names("") == names("  ") == []


@pytest.mark.django_db
def test_a_contact_that_retired_is_not_recognised_any_more(reception):
    Contact.objects.filter(name="李建国").update(retired_at=now())
    assert names("02885331234") == sorted(["陈芳", "前台"])
    assert names("028-85331234转809") == sorted(["陈芳", "前台"])


@pytest.mark.django_db
def test_a_caller_of_another_branch_is_not_shown(reception, company, person, centre):
    other = Customer.objects.create(organisation=centre, name="成都客户")
    Contact.objects.create(organisation=centre, customer=other, name="何").set_phones("028-8533 1234")
    local = person("local", "agent", organisation=centre)
    assert [c.name for c in Contact.objects.visible_to(local).called_by("02885331234")] == ["何"]


@pytest.mark.django_db
def test_numbers_are_replaced_whole_and_doubles_and_blanks_are_dropped(reception):
    contact = Contact.objects.get(name="前台")
    contact.set_phones(" 13900139000 ", "13900139000", "", "  ", "内线 3")
    assert list(contact.phones.order_by("pk").values_list("written", "e164")) == [
        ("13900139000", "+8613900139000"),
        ("内线 3", ""),
    ]
    assert contact.phone == "13900139000"
