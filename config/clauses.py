"""Which tests exercise which clause of the norm, and where in the code each clause is kept."""

import argparse
import ast
import importlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shouhou.promises.rules.clauses import Clause, all_clauses

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Mark:
    """One clause id in a `@pytest.mark.clause(…)` over a test; `id` is empty where the mark is no plain text."""

    id: str
    test: str


def test_files(root: Path) -> list[Path]:
    """Every file in which pytest looks for tests."""
    return sorted({*root.glob("shouhou/**/tests/**/test_*.py"), *root.glob("config/tests/**/test_*.py"),
                   *root.glob("tests/**/test_*.py")})  # fmt: skip


def marks(root: Path = ROOT) -> Iterator[Mark]:
    """The clause marks of all tests, of their classes and of whole files, read without running anything."""
    for path in test_files(root):
        tree = ast.parse(path.read_text("utf-8"), str(path))
        name = path.relative_to(root).as_posix()
        whole = [id for node in tree.body for id in _of_file(node)]
        yield from _in_body(tree.body, name, whole)


def _in_body(body: list[ast.stmt], name: str, above: list[str]) -> Iterator[Mark]:
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from _in_body(node.body, f"{name}::{node.name}", [*above, *_of_decorators(node)])
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            for id in dict.fromkeys([*above, *_of_decorators(node)]):
                yield Mark(id, f"{name}::{node.name}")


def _of_decorators(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    return [id for decorator in node.decorator_list for id in _ids(decorator)]


def _of_file(node: ast.stmt) -> list[str]:
    """`pytestmark = …` at the top of a file marks all its tests."""
    if not isinstance(node, ast.Assign) or [getattr(t, "id", "") for t in node.targets] != ["pytestmark"]:
        return []
    listed = node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
    return [id for mark in listed for id in _ids(mark)]


def _ids(node: ast.expr) -> list[str]:
    """The ids of one `pytest.mark.clause(…)`, anything else has none."""
    if not isinstance(node, ast.Call) or ast.unparse(node.func) not in ("pytest.mark.clause", "mark.clause"):
        return []
    return [str(a.value) if isinstance(a, ast.Constant) and isinstance(a.value, str) else "" for a in node.args]


def is_importable(place: str) -> bool:
    """Whether a dotted path leads to something: the longest module of it, then its attributes."""
    parts = place.split(".")
    for length in range(len(parts), 0, -1):
        module = ".".join(parts[:length])
        try:
            found: object = importlib.import_module(module)
        except ModuleNotFoundError as missing:
            if missing.name and (module == missing.name or module.startswith(f"{missing.name}.")):
                continue
            raise
        for part in parts[length:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


@dataclass(frozen=True, slots=True)
class Report:
    """Tests by clause id, and what is wrong with marks and places."""

    tests: dict[str, list[str]]
    troubles: list[str]


def report(root: Path, catalogue: dict[str, Clause]) -> Report:
    """Read all marks and try all places."""
    tests: dict[str, list[str]] = {id: [] for id in catalogue}
    troubles = []
    for mark in marks(root):
        if mark.id in tests:
            tests[mark.id].append(mark.test)
        elif mark.id:
            troubles.append(f"{mark.test} is marked with {mark.id}, which is no clause of the catalogue.")
        else:
            troubles.append(f"{mark.test}: write the ids of a clause mark as plain texts.")
    for clause in catalogue.values():
        if clause.place:
            try:
                leads = is_importable(clause.place)
            except Exception as error:  # whatever importing a module raises
                troubles.append(f"{clause.id}: importing its place {clause.place} fails: {error}")
                continue
            if not leads:
                troubles.append(f"{clause.id}: its place {clause.place} does not exist.")
    return Report(tests, troubles)


def _say(found: Report, catalogue: dict[str, Clause]) -> None:
    open_ids = [id for id, tests in found.tests.items() if not tests]
    for id, tests in found.tests.items():
        if tests:
            print(f"{id:6} {catalogue[id].title_zh}  {catalogue[id].place or '-'}")
            for test in tests:
                print(f"         {test}")
    covered = len(found.tests) - len(open_ids)
    print(f"\n{covered} of {len(found.tests)} clauses have a test.")
    if open_ids:
        print("Not yet covered:")
        for id in open_ids:
            print(f"{id:6} {catalogue[id].title_zh}  {catalogue[id].place or '-'}")


def main(arguments: list[str] | None = None, *, root: Path = ROOT, catalogue: dict[str, Clause] | None = None) -> int:
    """Print the report; exit 1 for an unknown id or a place that does not exist."""
    parser = argparse.ArgumentParser(prog="run clauses", description="Which tests exercise which clause of the norm.")
    parser.add_argument("--evidence", action="store_true", help="what each clause's figure is counted from")
    parser.add_argument("--json", action="store_true", help='{id: {"tests": […], "place": …}}')
    options = parser.parse_args(arguments)
    known = all_clauses() if catalogue is None else catalogue
    if options.evidence:
        _set_up_django()
        return _say_evidence(known, as_json=options.json)
    if any(clause.place for clause in known.values()):
        _set_up_django()
    found = report(root, known)
    if options.json:
        answer = {id: {"tests": tests, "place": known[id].place} for id, tests in found.tests.items()}
        print(json.dumps(answer, ensure_ascii=False, indent=1))
    else:
        _say(found, known)
    for trouble in found.troubles:
        print(trouble, file=sys.stderr)
    return 1 if found.troubles else 0


# The room whose data a clause waits for, by its document; single clauses first. None of these rooms exists yet.
WAITS = {
    "A2": "training", "B": "training", "C": "parts", "D": "parts", "E": "maintenance", "F": "delivery",
    "G": "inspections", "H": "maintenance", "I": "maintenance", "J": "reports", "K": "inspections", "L": "delivery",
    "M": "parts", "A": "portal",
}  # fmt: skip


def evidence_of(known: dict[str, Clause]) -> dict[str, str]:
    """For each clause the query behind its figure in words, or “not yet” with the room that it waits for."""
    from shouhou.reports.actions.clauses import CLAUSES

    said = {}
    for id, clause in known.items():
        count = CLAUSES.get(id)
        if count is None:
            room = next(WAITS[start] for start in (id.partition(".")[0], id[0]) if start in WAITS)
            said[id] = f"not yet: {room}"
        elif clause.is_commitment:
            said[id] = f"clocks of {id}: met of met and broken, {clause.start} -> {clause.until} within {clause.within}"
        else:
            said[id] = " ".join((count.__doc__ or "").split()) or _closure(count)
    return said


def _closure(count: Any) -> str:
    """A figure of one step of a visit, which one function makes for each."""
    step = next((cell.cell_contents for cell in count.__closure__ or () if isinstance(cell.cell_contents, str)), "")
    return f"visits that are over whose step “{step}” is done, of all that are over"


def _say_evidence(known: dict[str, Clause], *, as_json: bool) -> int:
    said = evidence_of(known)
    if as_json:
        print(json.dumps(said, ensure_ascii=False, indent=1))
        return 0
    for id, words in said.items():
        print(f"{id:6} {known[id].title_zh}\n         {words}")
    waiting = sum(words.startswith("not yet") for words in said.values())
    print(f"\n{len(said) - waiting} of {len(said)} clauses have a figure; {waiting} wait for their room.")
    return 0


def _set_up_django() -> None:
    """Places are models and views: importing them needs the apps, but no database."""
    import django
    from django.apps import apps

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if not apps.ready:
        django.setup()


if __name__ == "__main__":
    sys.exit(main())
