"""Terms, ranking and excerpts, without a database."""

import pytest

from shouhou.knowledge.rules.excerpt import excerpt, marked
from shouhou.knowledge.rules.ranking import score, telling, times, weight
from shouhou.knowledge.rules.segment import fold, query_of, terms


def test_chinese_gives_words_and_pairs_of_characters():
    found = terms("打印机驱动程序")
    assert {"打印机", "打印", "印机", "机驱", "驱动", "驱动程序"} <= found


def test_a_single_character_is_found_only_where_it_stands_alone():
    assert "慢" in terms("慢!")
    assert "慢" not in terms("慢查询")


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("ORA-01555", {"ora-01555", "ora", "01555"}),
        ("5.2.19", {"5.2.19", "19"}),
        ("0x80070005", {"0x80070005", "80070005"}),
        ("tidb_mem_quota_8001", {"tidb_mem_quota_8001", "8001", "quota"}),
    ],
)
def test_a_code_is_kept_whole_and_in_parts(code, parts):
    assert parts <= terms(f"升级后报{code}错误")


def test_full_width_and_capitals_are_folded():
    assert fold("ＯＲＡ－０１５５５　Ｅrror") == "ora-01555 error"
    assert terms("ＯＲＡ－０１５５５") == terms("ora-01555")


def test_marks_and_odd_letters_break_no_query():
    for text in ("'\\:&|!()<>*\x00", "", "a'b\\c", "🙂", "-", "…。"):
        assert all(term.strip() for term in terms(text))
    assert query_of(["a'b", "c\\"]) == "'a''b' & 'c\\\\'"
    assert query_of([]) == ""


def test_a_rare_term_weighs_more_and_a_common_one_never_less_than_nothing():
    assert weight("打印", 1000, 1) > weight("打印", 1000, 500) > weight("打印", 1000, 1000) > 0
    assert weight("打印", 1000, 1) > weight("打印机", 1000, 1) > 0


def test_a_number_is_counted_as_a_word_of_its_own():
    assert times("8001", "错误 8001,不是 80010 或 18001") == 1
    assert times("打印", "打印机和打印纸") == 2


def test_the_shorter_text_and_the_title_win():
    wanted = {"打印": 1.0}
    assert score("", "打印", wanted, mean=10) > score("", "打印" + "其他" * 50, wanted, mean=10)
    assert score("打印", "打印 其他", wanted, mean=10) > score("其他", "打印 其他", wanted, mean=10)
    assert score("", "没有", wanted, mean=10) == 0


def test_telling_terms_are_the_rare_known_ones():
    assert telling(["a", "b", "c", "d"], {"a": 9, "b": 2, "c": 0}, most=5) == ["b", "a"]
    assert telling(["a", "b"], {"a": 9, "b": 2}, most=1) == ["b"]


def test_hits_are_marked_and_nothing_is_lost():
    text = "打印机坏了,ORA-01555 和 打印纸"
    pieces = marked(text, ["打印", "印机", "ora-01555"])
    assert "".join(piece for piece, _hit in pieces) == text
    assert [piece for piece, hit in pieces if hit] == ["打印机", "ORA-01555", "打印"]
    assert marked("", ["a"]) == []


def test_an_excerpt_begins_a_little_before_the_first_hit():
    text = "前" * 300 + "打印" + "后" * 300
    pieces = excerpt(text, ["打印"])
    shown = "".join(piece for piece, _hit in pieces)
    assert "打印" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) < 130
    assert "".join(p for p, _h in excerpt("短", ["打印"])) == "短"
