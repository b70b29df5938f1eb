"""Paging by key: every row once, whatever comes and goes between two pages."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.signing import Signer
from django.db.models import F

from shouhou.shared.models import Blob
from shouhou.shared.pages import keyset
from shouhou.shared.tests.make import blob

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 5, 1, 2, 3, 456789, tzinfo=UTC)
ORDERS = [
    ("size", "id"), ("-size", "id"), ("size", "-id"), ("-size", "-id"), ("id",), ("-id",), ("stored_at", "id"),
    ("-stored_at", "-id"), ("type", "-size", "id"), ("-type", "size", "-stored_at", "id"),
]  # fmt: skip


@pytest.fixture
def rows():
    """Twenty-three rows with many ties."""
    return [
        blob(size=n % 4, type="ab"[n % 2], stored_at=START + timedelta(microseconds=n // 5)) for n in range(23)
    ]  # fmt: skip


def walk(order, size, between=lambda page: None):
    """Every page to the end."""
    pages, after = [], ""
    while True:
        found, after = keyset(Blob.objects.all(), order, after, size)
        pages.append([row.pk for row in found])
        if not after:
            return pages
        between(len(pages))
        assert len(pages) < 50


def flat(pages):
    return [pk for page in pages for pk in page]


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
@pytest.mark.parametrize("size", [1, 5, 22, 23, 24])
def test_every_row_comes_once_and_in_order(rows, order, size):
    pages = walk(order, size)
    assert flat(pages) == list(Blob.objects.order_by(*order).values_list("id", flat=True))
    assert all(len(page) == size for page in pages[:-1])
    assert len(pages) == -(-23 // size)  # no empty last page


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
def test_the_reverse_order_walks_back_over_the_same_rows(rows, order):
    back = tuple(column[1:] if column.startswith("-") else f"-{column}" for column in order)
    assert flat(walk(order, 4))[::-1] == flat(walk(back, 4))


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
def test_rows_that_arrive_between_pages_neither_repeat_nor_hide_others(rows, order):
    def arrive(page):
        for size in (0, 3, 9):
            blob(size=size, type="ab"[page % 2], stored_at=START + timedelta(microseconds=page))

    seen = flat(walk(order, 5, arrive))
    assert len(seen) == len(set(seen))
    assert {row.pk for row in rows} <= set(seen)


def test_rows_that_go_between_pages_hide_no_others(rows):
    first, after = keyset(Blob.objects.all(), ("size", "id"), "", 5)
    Blob.objects.filter(pk__in=[row.pk for row in first]).delete()  # also the one that the key was taken from
    rest, _after = keyset(Blob.objects.all(), ("size", "id"), after, 50)
    assert {r.pk for r in first} | {r.pk for r in rest} == {r.pk for r in rows}


def test_an_empty_list_is_one_empty_page():
    assert keyset(Blob.objects.all(), ("size", "id"), "", 5) == ([], "")


@pytest.mark.parametrize("key", ["x", "a:b", "%00", "W10:forged", "é" * 300])
def test_a_mangled_key_is_read_as_the_first_page(rows, key):
    found, _after = keyset(Blob.objects.all(), ("id",), key, 3)
    assert [row.pk for row in found] == [row.pk for row in rows[:3]]


def test_a_key_that_somebody_made_up_is_read_as_the_first_page(rows):
    key = Signer(key="another secret", salt="keyset").sign_object([rows[9].pk])
    found, _after = keyset(Blob.objects.all(), ("id",), key, 3)
    assert found[0].pk == rows[0].pk


@pytest.mark.parametrize("order", [("type", "id"), ("id",), ("stored_at", "id"), ("-size", "id")], ids=" ".join)
def test_the_key_of_another_list_is_read_as_the_first_page(rows, order):
    """A link with a sorting changed by hand: the key of names must not be compared with numbers."""
    _found, key = keyset(Blob.objects.all(), order, "", 3)
    found, _after = keyset(Blob.objects.all(), ("size", "id"), key, 3)
    assert [row.pk for row in found] == list(Blob.objects.order_by("size", "id").values_list("id", flat=True)[:3])


def test_annotated_columns_order_too(rows):
    rows_by = Blob.objects.annotate(rank=F("size") * -1)
    seen, after = [], ""
    while True:
        found, after = keyset(rows_by, ("rank", "id"), after, 4)
        seen += [row.pk for row in found]
        if not after:
            break
    assert seen == list(rows_by.order_by("rank", "id").values_list("id", flat=True))
