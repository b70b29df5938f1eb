from pathlib import Path

import pytest
import yaml

from shouhou.promises.rules.clauses import UnknownClause, all_clauses, all_documents, clause

SPEC = Path(__file__).resolve().parents[4] / "shared" / "spec" / "clauses.yaml"


@pytest.fixture(scope="module")
def written():
    if not SPEC.exists():
        pytest.skip(f"the source catalogue {SPEC} is not on this machine")
    return yaml.safe_load(SPEC.read_text("utf-8"))


def test_the_catalogue_has_exactly_the_clauses_of_the_source(written):
    assert list(all_clauses()) == [row["id"] for row in written["clauses"]]
    assert list(all_documents()) == list(written["documents"])


def test_kinds_and_periods_are_those_of_the_source(written):
    ours = {c.id: (c.kind, c.start, c.until, c.within, c.window) for c in all_clauses().values()}
    theirs = {
        row["id"]: (row["kind"], row.get("from"), row.get("until"), row.get("within"), row.get("window"))
        for row in written["clauses"]
    }
    assert ours == theirs


def test_titles_are_not_copied_from_the_source(written):
    assert [row["id"] for row in written["clauses"] if row["zh"] == clause(row["id"]).title_zh] == []


def test_every_text_is_there_in_both_languages():
    for found in all_clauses().values():
        for text in (found.title_zh, found.duty_zh):
            assert any("\u4e00" <= letter <= "\u9fff" for letter in text), found.id
        for text in (found.title_en, found.duty_en):
            assert text.strip(), found.id
            assert not any("\u4e00" <= letter <= "\u9fff" for letter in text), found.id
    for document in all_documents().values():
        assert document.name_zh
        assert document.name_en


def test_there_are_159_clauses_of_13_documents():
    assert (len(all_clauses()), len(all_documents())) == (159, 13)


def test_a_clause_speaks_the_readers_language():
    assert clause("C2").title("zh-hans") == "工程师五分钟内联系"
    assert clause("C2").title("en") == "An engineer makes contact in five minutes"
    assert clause("C2").document.id == "C"


def test_an_unknown_clause_is_named():
    with pytest.raises(UnknownClause, match="'Z9' is no clause of the catalogue"):
        clause("Z9")
