"""Periods in words: what is said is read back, and nothing that is no period is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouhou.promises.rules.period import MOST, WITHOUT_AMOUNT, BadPeriod, Period, in_words, read_period, spoken

with_amount = st.sampled_from(sorted(MOST)).flatmap(
    lambda unit: st.builds(Period, st.integers(1, MOST[unit]), st.just(unit))
)
periods = with_amount | st.sampled_from([Period(0, unit) for unit in sorted(WITHOUT_AMOUNT)])
languages = st.sampled_from(["zh-hans", "zh-Hans", "en", "EN-gb"])


@given(periods, languages)
def test_what_is_said_is_read_back(period, lang):
    assert read_period(spoken(period, lang)) == period


@given(periods, languages)
def test_blanks_capitals_and_wide_letters_make_no_difference(period, lang):
    said = spoken(period, lang)
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in said)
    assert {read_period(text) for text in (f" {said} ", said.replace(" ", ""), said.upper(), wide)} == {period}


@given(periods)
def test_the_short_form_is_read_as_the_files_read_it(period):
    assert read_period(str(period)) == Period.parse(str(period)) == period


@given(periods, periods)
def test_no_two_periods_are_said_alike(one, other):
    for lang in ("zh-hans", "en"):
        assert (spoken(one, lang) == spoken(other, lang)) is (one == other)


@given(st.text(max_size=12))
def test_any_text_is_a_period_or_refused_with_the_remedy(text):
    try:
        found = read_period(text)
    except BadPeriod as bad:
        found = str(bad)
    assert found


@given(periods)
def test_the_files_do_not_read_chinese(period):
    """`./run due --batch` reads exactly what it read before."""
    with pytest.raises(BadPeriod):
        Period.parse(spoken(period, "zh-hans"))


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("2个工作日", 2, "wd"), ("2 个工作日", 2, "wd"), ("两个工作日内", 2, "wd"), ("２工作日", 2, "wd"),
        ("4小时", 4, "h"), ("24小时以内", 24, "h"), ("30分钟", 30, "min"), ("十五分钟", 15, "min"), ("三十天", 30, "d"),
        ("二十四小时", 24, "h"), ("3日", 3, "d"), ("5个自然日", 5, "d"), ("两周", 2, "w"), ("1个月", 1, "mo"),
        ("三年", 3, "y"), ("当天", 0, "same_day"), ("三声", 3, "rings"), ("4 hours", 4, "h"),
        ("1 Working Day", 1, "wd"), ("2 business days", 2, "wd"), ("2 wd", 2, "wd"), ("same day", 0, "same_day"),
    ],
)  # fmt: skip
def test_how_people_write_it(text, amount, unit):
    assert read_period(text) == Period(amount, unit)


@pytest.mark.parametrize(
    "text",
    [
        "", "尽快", "个工作日", "0个工作日", "十十天", "三四天", "-1天", "1.5小时", "2个", "天", "9999999999天",
        "2工作日4小时", "²天", "10²天", None, 5,
    ],
)  # fmt: skip
def test_what_is_no_period_is_refused(text):
    with pytest.raises(BadPeriod):
        read_period(text)


def test_in_the_reader_s_words():
    assert [in_words(p, "zh-hans") for p in ("4 h", "2 wd", "2 w", "1 mo")] == [
        "4 小时",
        "2 个工作日",
        "2 周",
        "1 个月",
    ]
    assert [in_words(p, "en") for p in ("4 h", "2 wd", "1 wd", "3 rings")] == [
        "4 hours", "2 working days", "1 working day", "3 rings",
    ]  # fmt: skip
    assert in_words("bald", "en") == "bald"
