import json
from dataclasses import replace

import pytest

from config.clauses import is_importable, main, marks
from shouhou.promises.rules.clauses import all_clauses

VISITS = """
import pytest

@pytest.mark.clause("A4.7", "A4.9")
@pytest.mark.django_db
def test_backup_comes_first(): ...

class TestBadge:
    @pytest.mark.clause("A4.2")
    async def test_worn(self): ...

def test_plain(): ...

@pytest.mark.clause("A4.2")
def made_of(): ...
"""
HOUSE = """
import pytest
pytestmark = [pytest.mark.browser, pytest.mark.clause("C2")]

@pytest.mark.clause("C2", "C3")
def test_walk(): ...
"""


@pytest.fixture
def tree(tmp_path):
    for name, text in {
        "shouhou/visits/tests/test_steps.py": VISITS,
        "tests/test_walk.py": HOUSE,
        "config/tests/test_a.py": "",
        "shouhou/visits/test_not_in_tests.py": VISITS,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


@pytest.fixture
def catalogue():
    """The clauses without their places, which belong to another day's code."""
    return {id: replace(clause, place=None) for id, clause in all_clauses().items()}


def test_marks_are_read_from_functions_classes_and_files(tree):
    assert [(m.id, m.test) for m in marks(tree)] == [
        ("A4.7", "shouhou/visits/tests/test_steps.py::test_backup_comes_first"),
        ("A4.9", "shouhou/visits/tests/test_steps.py::test_backup_comes_first"),
        ("A4.2", "shouhou/visits/tests/test_steps.py::TestBadge::test_worn"),
        ("C2", "tests/test_walk.py::test_walk"),
        ("C3", "tests/test_walk.py::test_walk"),
    ]


def test_machines_get_every_clause(tree, catalogue, capsys):
    catalogue["C2"] = replace(catalogue["C2"], place="shouhou.promises.rules.period.Period.parse")

    assert main(["--json"], root=tree, catalogue=catalogue) == 0

    answer = json.loads(capsys.readouterr().out)
    assert len(answer) == 159
    assert answer["C2"] == {
        "tests": ["tests/test_walk.py::test_walk"],
        "place": "shouhou.promises.rules.period.Period.parse",
    }
    assert answer["A1.1"] == {"tests": [], "place": None}


def test_people_see_what_is_covered_and_what_is_not(tree, catalogue, capsys):
    assert main([], root=tree, catalogue=catalogue) == 0

    said = capsys.readouterr().out
    covered, still_open = said.split("Not yet covered:")
    assert "5 of 159 clauses have a test." in covered
    assert "C3     一小时内给出办法" in covered
    assert "\nA1.1 " in still_open
    assert "\nC3 " not in still_open


@pytest.mark.parametrize(
    ("argument", "message"), [('"Z9"', "marked with Z9, which is no clause"), ("WHICH", "as plain texts")]
)
def test_a_mark_that_names_no_clause_is_an_error(tree, catalogue, capsys, argument, message):
    (tree / "config/tests/test_a.py").write_text(
        f"import pytest\n\n@pytest.mark.clause({argument})\ndef test_x(): ...\n", "utf-8"
    )

    assert main([], root=tree, catalogue=catalogue) == 1

    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "place",
    [
        "shouhou.promises.rules.period.Period.guess",
        "shouhou.promises.rules.nothing",
        "nowhere.at.all",
        "shouhou.promises.rules.period.Period.parse.text",
    ],
)
def test_a_place_that_does_not_exist_is_an_error(tree, catalogue, capsys, place):
    catalogue["A1.1"] = replace(catalogue["A1.1"], place=place)

    assert main(["--json"], root=tree, catalogue=catalogue) == 1

    assert f"A1.1: its place {place} does not exist." in capsys.readouterr().err


def test_modules_classes_and_methods_are_places():
    assert is_importable("shouhou.promises.rules.period")
    assert is_importable("shouhou.promises.rules.period.Period")
    assert is_importable("shouhou.promises.rules.period.Period.parse")
    assert not is_importable("shouhou.promises.rules.period.Epoch")


def test_every_clause_names_what_its_figure_is_counted_from_or_the_room_it_waits_for(capsys):
    from config.clauses import main as report_main
    from shouhou.promises.rules.clauses import all_clauses
    from shouhou.reports.actions.clauses import CLAUSES

    assert report_main(["--evidence", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert list(said) == list(all_clauses())
    assert {id for id, words in said.items() if not words.startswith("not yet: ")} == set(CLAUSES)
    assert all(len(words) > len("not yet: ") for words in said.values())
