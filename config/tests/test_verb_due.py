"""`./run due` from the outside: what it prints and how it ends. It needs no database and no home."""

import json
import os
import subprocess
import sys

import pytest

from config.verbs import VERBS
from tests.stage import ROOT


def run(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    bare = {"PATH": os.environ["PATH"], "SHOUHOU_HOME": "/nonexistent/home", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-m", "config.verbs", *arguments],
        cwd=ROOT, env=bare, input=typed, capture_output=True, text=True, encoding="utf-8", timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "due"),
    [
        (("2026-09-30 17:50", "2 wd", "--holidays", "CN"), "到期  2026-10-09 Fri 24:00"),
        (("2026-09-30 17:50", "24 h"), "到期  2026-10-01 Thu 17:50"),
        (("2026-09-30 17:50", "24 h", "--lang", "en"), "Due  2026-10-01 Thu 17:50"),
    ],
)
def test_a_person_gets_the_due_time_and_its_reasons(arguments, due):
    done = run("due", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    said = done.stdout.splitlines()
    assert said[0] == due
    assert len(said) > 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ((), 2),
        (("2026-09-30 17:50",), 2),
        (("2026-09-30 17:50", "soon"), 1),
        (("yesterday", "2 d"), 1),
        (("--what",), 2),
    ],
)
def test_what_cannot_be_counted_ends_with_an_error_and_says_why(arguments, status):
    done = run("due", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr
    assert "Traceback" not in done.stderr


def lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_a_batch_of_good_lines_ends_with_0():
    good = {"id": 7, "start": "2026-09-30 17:50", "within": "24 h"}
    done = run("due", "--batch", typed=lines(good, good))
    assert (done.returncode, done.stderr) == (0, "")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [7, 7]
    assert answers[0]["due"].startswith("2026-10-01T17:50")


def test_one_bad_line_ends_with_1_and_the_others_are_answered():
    good = {"id": 1, "start": "2026-09-30 17:50", "within": "24 h"}
    bad = {"id": 2, "start": "2026-09-30 17:50", "within": "soon"}
    done = run("due", "--batch", typed=lines(good, bad, {**good, "id": 3}) + "no json\n")
    assert done.returncode == 1
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == 4
    assert ["error" in answer for answer in answers] == [False, True, False, True]


def test_an_empty_batch_ends_with_0():
    done = run("due", "--batch")
    assert (done.returncode, done.stdout) == (0, "")


def test_help_names_every_verb_and_an_unknown_verb_ends_with_2():
    helped, unknown = run("help"), run("fly")
    assert (helped.returncode, unknown.returncode) == (0, 2)
    for verb in VERBS:
        assert f"./run {verb}" in helped.stdout
        assert f"./run {verb}" in unknown.stdout
