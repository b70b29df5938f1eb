"""Words are found in Chinese, in mixed text and in numbers; nothing that is typed breaks the query."""

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from shouhou.shared import search

TEXT = "窗口电脑无法打印回执，自助服务终端 ZT-3200（序列号 SN2026001）报错 0x0000011b，请联系 Chen.Fang@example.cn"


def found(typed: str, *texts: str) -> bool:
    """Whether what is typed is found in the texts, asked of PostgreSQL."""
    query = search._query(typed)
    with connection.cursor() as cursor:
        words = search.vector(*texts).source_expressions[0].value
        cursor.execute("SELECT array_to_tsvector(%s::text[]) @@ %s::tsquery", [words, query])
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed",
    ["打印", "电脑", "电脑 打印", "终端", "自助服务", "回执", "打", "ZT-3200", "zt-3200", "ZT-32", "SN2026001",
     "sn2026001", "SN2026", "0x0000011b", "0X0000011B", "窗口电脑无法打印", "example", "打印 ZT-3200", "联系 chen"],
)  # fmt: skip
def test_words_parts_of_words_and_beginnings_are_found(typed):
    assert found(typed, TEXT)


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["交换机", "打印 交换机", "ZT-3201", "SN2026002", "电脑 SN9", "012b"])
def test_what_is_not_there_is_not_found(typed):
    assert not found(typed, TEXT)


@pytest.mark.django_db
def test_the_words_may_stand_in_different_columns():
    assert found("打印 市民中心", "打印报错", "市民中心")


def test_words_are_cut_long_and_short_and_marks_are_dropped():
    assert search.tokens("服务终端，ZT-3200！") == ["服务", "终端", "zt", "zt-3200"]
    assert search.tokens("") == search.tokens(" ，。\x00 ") == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed", ["'", "a'b", "a & | !", "((", "a:*", "\\", "\x00x", "<->", "x <2> y", "%", "_", "🙂", "“双引号”"]
)
def test_marks_of_the_query_language_do_no_harm(typed):
    if search._query(typed):
        found(typed, TEXT)  # does not raise


@pytest.mark.django_db
@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30))
def test_whatever_is_written_is_indexed_and_found_again(text):
    with connection.cursor() as cursor:
        words = search.vector(text).source_expressions[0].value
        cursor.execute("SELECT array_to_tsvector(%s::text[]) = %s::tsvector", [words, search.vector_text(text)])
        assert cursor.fetchone()[0]
    if search._query(text):
        assert found(text, text)


def test_an_endless_text_is_cut_to_what_postgresql_takes():
    words = search.vector(" ".join(f"w{n}" for n in range(5000)), "x" * 9000).source_expressions[0].value
    assert len(words) == 2000
    assert max(len(word) for word in words) <= 200
