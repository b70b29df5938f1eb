"""`run due`: a due time for a person, and JSON lines in, JSON lines out."""

import io
import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouhou.promises.rules.batch import answer, main, run_batch

LINE = {"start": "2026-09-30 17:50", "within": "2 wd", "holidays": "CN"}


def batch(*lines):
    out = io.StringIO()
    status = run_batch([line if isinstance(line, str) else json.dumps(line) for line in lines], out)
    return status, [json.loads(text) for text in out.getvalue().splitlines()]


def test_each_line_gets_its_due_time_and_explanation_in_order_with_its_id():
    status, (first, second) = batch({**LINE, "id": "a"}, {"start": "2026-09-30T17:50", "within": "4 h", "id": [1]})
    assert status == 0
    assert first == {
        "id": "a",
        "due": "2026-10-10T00:00:00+08:00",
        "explanation": [
            {
                "from": "2026-09-30T17:50:00+08:00",
                "to": "2026-10-01T00:00:00+08:00",
                "counted": False,
                "why": "不计（开始当日不计算在内）",
            },
            {
                "from": "2026-10-01T00:00:00+08:00",
                "to": "2026-10-08T00:00:00+08:00",
                "counted": False,
                "why": "不计（法定休假日）：国庆节",
            },
            {
                "from": "2026-10-08T00:00:00+08:00",
                "to": "2026-10-10T00:00:00+08:00",
                "counted": True,
                "why": "计入（工作日）",
            },
        ],
    }
    assert (second["id"], second["due"]) == ([1], "2026-09-30T21:50:00+08:00")


@pytest.mark.parametrize(
    ("more", "due"),
    [
        ({"within": "4 h", "window": "09:00-18:00", "days": "working"}, "2026-10-08T12:50:00+08:00"),
        ({"within": "30 h", "days": "working"}, "2026-10-08T23:50:00+08:00"),
        ({"within": "30 h", "days": "working", "holidays": None}, "2026-10-01T23:50:00+08:00"),
        ({"within": "1 d"}, "2026-10-09T00:00:00+08:00"),
        ({"within": "1 d", "roll": False}, "2026-10-02T00:00:00+08:00"),
        ({"within": "1 d", "roll": True}, "2026-10-09T00:00:00+08:00"),
        ({"within": "1 d", "holidays": None}, "2026-10-02T00:00:00+08:00"),
        ({"within": "3 d", "holidays": None}, "2026-10-06T00:00:00+08:00"),
        ({"within": "same day", "window": "09:00-17:00", "days": "working"}, "2026-10-08T17:00:00+08:00"),
        (
            {"within": "1 h", "pauses": [["2026-09-30 18:00", "2026-09-30 19:00", "customer"]]},
            "2026-09-30T19:50:00+08:00",
        ),
        ({"within": "1 h", "start": "2026-09-30T09:50:00Z"}, "2026-09-30T18:50:00+08:00"),
        ({"within": "1 d", "start": "2026-10-12 24:00", "holidays": None}, "2026-10-15T00:00:00+08:00"),
        ({"within": "24 h", "start": "2026-03-07 12:00", "zone": "America/New_York"}, "2026-03-08T13:00:00-04:00"),
        ({"within": "1 h", "start": "2026-03-08 02:30", "zone": "America/New_York"}, "2026-03-08T04:30:00-04:00"),
        ({"within": "1 h", "start": "2026-11-01 01:30", "zone": "America/New_York"}, "2026-11-01T01:30:00-05:00"),
    ],
)
def test_every_field_counts(more, due):
    status, (found,) = batch({**LINE, **more})
    assert (status, found.get("due")) == (0, due)


def test_an_open_pause_leaves_the_due_time_unknown():
    status, (found,) = batch({**LINE, "within": "4 h", "pauses": [["2026-09-30 18:00", None, "customer"]]})
    assert (status, found["due"], found["state"]) == (0, None, "paused")
    assert found["explanation"][-1] == {
        "from": "2026-09-30T18:00:00+08:00",
        "to": None,
        "counted": False,
        "why": "不计（仍在暂停，到期时间未定）：等待客户",
    }


def test_a_provisional_due_time_says_so():
    assert batch({"start": "2026-11-30 09:00", "within": "3 mo", "holidays": "CN"})[1][0]["provisional"] is True


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("{", "line"),
        ("[]", "line"),
        ("null", "line"),
        ("[" * 100_000, "line"),
        ('{"a": ' * 50_000, "line"),
        ({}, "start"),
        ({"start": "2026-09-30 17:50"}, "within"),
        ({**LINE, "start": "yesterday"}, "start"),
        ({**LINE, "start": "2026-02-30 10:00"}, "start"),
        ({**LINE, "start": 5}, "start"),
        ({**LINE, "start": "9999-12-31 23:59"}, "start"),
        ({**LINE, "start": "0001-01-01 00:00"}, "start"),
        ('{"start": Infinity, "within": "1 h"}', "start"),
        ('{"start": "2026-09-30 17:50", "within": NaN}', "within"),
        ('{"start": "2026-09-30 17:50", "within": 1e999}', "within"),
        ({**LINE, "within": ["1 h"]}, "within"),
        ({**LINE, "within": "0 h"}, "within"),
        ({**LINE, "within": "-1 d"}, "within"),
        ({**LINE, "within": "99999999 d"}, "within"),
        ({**LINE, "within": "external"}, "within"),
        ({**LINE, "within": "87600 h", "window": "09:00-09:01"}, "within"),
        ({**LINE, "window": "9 to 5"}, "window"),
        ({**LINE, "window": ""}, "window"),
        ({**LINE, "window": {"from": 9}}, "window"),
        ({**LINE, "days": "sundays"}, "days"),
        ({**LINE, "days": []}, "days"),
        ({**LINE, "roll": "no"}, "roll"),
        ({**LINE, "roll": 0}, "roll"),
        ({**LINE, "holidays": "US"}, "holidays"),
        ({**LINE, "holidays": {}}, "holidays"),
        ({**LINE, "zone": "Mars/Olympus"}, "zone"),
        ({**LINE, "zone": "../../etc/passwd"}, "zone"),
        ({**LINE, "zone": "Asia"}, "zone"),
        ({**LINE, "zone": 8}, "zone"),
        ({**LINE, "pauses": "x"}, "pauses"),
        ({**LINE, "pauses": [["2026-10-01"]]}, "pauses[0]"),
        ({**LINE, "pauses": [["2026-10-02 10:00", "2026-10-01 10:00", "r"]]}, "pauses[0]"),
        ({**LINE, "pauses": [["2026-10-01 10:00", None, 5]]}, "pauses[0][2]"),
        ({**LINE, "pauses": [["soon", None, "r"]]}, "pauses[0][0]"),
        ({**LINE, "holiday": "CN"}, "holiday"),
    ],
)
def test_a_bad_line_names_its_field_and_the_remedy_and_stops_nothing(line, field):
    status, (bad, good) = batch(line, LINE)
    assert status == 1
    assert bad["error"].startswith(f"{field}: ")
    assert "write" in bad["error"]
    assert good["due"] == "2026-10-10T00:00:00+08:00"


def test_blank_lines_are_passed_over_and_a_bad_line_keeps_its_id():
    status, found = batch("", "   ", "\ufeff" + json.dumps(LINE), {"id": 7, "start": "x", "within": "1 h"})
    assert (status, len(found), found[1]["id"]) == (1, 2, 7)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None, max_examples=300)
@given(
    st.dictionaries(
        st.sampled_from(["id", *LINE, "window", "days", "roll", "zone", "pauses", "other"]), JUNK, max_size=5
    ),
    st.booleans(),
)
def test_no_junk_ever_stops_the_batch(junk, good):
    status, found = batch({**LINE, **junk} if good else junk, LINE)
    assert len(found) == 2
    assert found[1]["due"] == "2026-10-10T00:00:00+08:00"
    assert status == ("error" in found[0])


def test_a_person_reads_the_due_time_and_why(capsys):
    assert main(["2026-09-30 17:50", "2 wd", "--holidays", "CN", "--lang", "en"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Due  2026-10-09 Fri 24:00",
        "  2026-09-30 Wed 17:50  2026-09-30 Wed 24:00    not counted (the starting day)",
        "  2026-10-01 Thu 00:00  2026-10-07 Wed 24:00    not counted (public holiday): National Day",
        "  2026-10-08 Thu 00:00  2026-10-09 Fri 24:00  + counted (working day)",
    ]


def test_a_person_may_name_everything_a_line_can(capsys):
    arguments = ["2026-09-30 17:50", "4 h", "--holidays", "CN", "--window", "09:00-18:00", "--days", "working"]
    assert main([*arguments, "--pause", "2026-10-08 09:00,2026-10-08 10:00,customer", "--zone", "Asia/Shanghai"]) == 0
    assert capsys.readouterr().out.startswith("到期  2026-10-08 Thu 13:50\n")
    assert main([*arguments, "--pause", "2026-10-08 09:00,,customer"]) == 0
    assert capsys.readouterr().out.startswith("到期  暂停中，未定\n")
    assert main(["2026-10-02 09:00", "3 d", "--holidays", "CN", "--no-roll"]) == 0
    assert capsys.readouterr().out.startswith("到期  2026-10-05 Mon 24:00\n")


def test_a_person_is_told_what_to_write(capsys):
    assert main(["tomorrow", "2 wd"]) == 1
    assert capsys.readouterr().err.startswith("start: 'tomorrow' is no time")
    with pytest.raises(SystemExit):
        main(["2026-09-30 17:50"])


def test_the_command_reads_and_writes_utf_8_and_loads_no_django():
    line = json.dumps({**LINE, "id": "售后"}, ensure_ascii=False).encode() + b'\n{"id": "\xff"}\n'
    program = """
import sys
from shouhou.promises.rules.batch import main
status = main(["--batch"])
sys.exit(9 if "django" in sys.modules else status)
"""
    ran = subprocess.run([sys.executable, "-c", program], input=line, capture_output=True, check=False, timeout=60)
    first, second = (json.loads(text) for text in ran.stdout.decode().splitlines())
    assert (ran.returncode, first["id"], first["due"]) == (1, "售后", "2026-10-10T00:00:00+08:00")
    assert second["error"].startswith("line: ")


def test_a_working_day_that_a_pause_holds_is_not_called_a_day_of_rest():
    """The last day rolled over a Sunday into a pause: Monday and Tuesday are skipped for the pause, and it says so."""
    pause = ["2024-12-17T00:00", "2024-12-18T00:30", "等用户答复"]
    found = answer({"start": "2024-12-07T10:00", "within": "1 w", "pauses": [pause]})
    assert found["due"] == "2024-12-19T00:00:00+08:00"
    skipped = {s["from"][:10]: s["why"] for s in found["explanation"] if not s["counted"]}
    assert "等用户答复" in skipped["2024-12-16"]
    assert "休假日" in skipped["2024-12-15"]


def test_no_stretch_of_an_explanation_is_empty():
    found = answer({"start": "2026-11-30T09:00", "within": "3 mo", "holidays": "CN"})
    assert all(s["from"] < s["to"] for s in found["explanation"])
    assert "2027" in found["note"]


def test_a_field_written_twice_is_named_and_the_line_keeps_its_id():
    out = io.StringIO()
    assert run_batch(['{"id": 7, "start": "2026-09-30 17:50", "within": "2 wd", "within": "3 d"}'], out) == 1
    assert json.loads(out.getvalue()) == {"id": 7, "error": "within: it is written twice; write it once"}
