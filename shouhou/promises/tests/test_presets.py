import re
from copy import deepcopy
from pathlib import Path

import pytest

from shouhou.promises.rules.clauses import all_clauses
from shouhou.promises.rules.presets import (
    CANCELS,
    BadPreset,
    all_presets,
    company_norm,
    load_preset,
    preset,
    raw_presets,
    standing,
)

SPEC = Path(__file__).resolve().parents[4] / "shared" / "spec"
ALL = ("customer", "force_majeure", "postponed")
COMPANY_HOURS = ("09:00-18:00", "working", "company")
NO_WINDOW = ("", "daily", None)
DUTY_HOURS = ("08:00-24:00", "daily", None)
ROLLING = ("", "daily", "company")

# presets.md, row by row: preset, clause, from, until, within, (window, days, calendar), roll, pausable, source
A, C, D, G = "software_standard", "terminal_warranty", "local_centre", "project_warranty"
H, I_, M = "platform_assurance", "application_maintenance", "depot_service"
ROWS = [
    (A, "A3.9", "call.ringing", "call.answered", "3 rings", NO_WINDOW, False, (), "text"),
    (A, "A3.18", "visit.urgent_requested", "manager.called_back", "1 h", NO_WINDOW, False, (), "text"),
    (A, "A3.5", "call.answered", "visit.dispatched", "24 h", NO_WINDOW, False, (), "text"),
    (A, "A3.16", "visit.requested", "visit.arrived", "3 d", COMPANY_HOURS, True, ("postponed",), "text"),
    (A, "A5.3", "support.solution_received", "customer.informed", "1 h", NO_WINDOW, False, (), "assumed"),
    (C, "C2", "fault.reported", "engineer.contacted_customer", "5 min", NO_WINDOW, False, (), "text"),
    (C, "C3", "fault.reported", "solution.proposed", "1 h", NO_WINDOW, False, ALL, "text"),
    (C, "C4", "fault.reported", "visit.arrived", "12 h", NO_WINDOW, False, (), "text"),
    (C, "C7", "remote.requested", "remote.started", "1 h", NO_WINDOW, False, (), "text"),
    (C, "C9", "visit.arrived", "fault.repaired", None, NO_WINDOW, False, ALL, "required"),
    ("backend_warranty", "C14", "fault.reported", "request.responded", None, NO_WINDOW, False, (), "required"),
    (D, "D4", "request.received", "request.responded", "15 min", DUTY_HOURS, False, (), "assumed"),
    (D, "D5", "visit.requested", "visit.arrived", "8 h", NO_WINDOW, False, (), "text"),
    (D, "D6", "visit.requested", "fault.repaired", "24 h", NO_WINDOW, False, ALL, "text"),
    (G, "G2", "presales.requested", "presales.answered", "2 d", ROLLING, True, ALL, "text"),
    (G, "G4", "rma.received", "rma.shipped", "5 wd", ROLLING, False, ALL, "text"),
    (H, "H3", "fault.occurred", "visit.arrived", "2 h", NO_WINDOW, False, (), "text"),
    (H, "H9", "fault.reported", "visit.arrived", "2 h", NO_WINDOW, False, (), "text"),
    (H, "H4", "vendor.arrived", "fault.repaired", "3 wd", ROLLING, False, ALL, "text"),
    (I_, "I8", "fault.reported", "request.responded", "4 h", NO_WINDOW, False, (), "text"),
    (I_, "I9", "fault.reported", "fault.repaired", "2 wd", ROLLING, False, ALL, "text"),
    (I_, "I10", "i9.broken|plan.declared", "plan.submitted", "2 d", ROLLING, True, (), "text"),
    (I_, "I11", "usability.requested", "change.delivered", "2 w", ROLLING, True, ALL, "text"),
    (I_, "I12", "performance.requested", "change.delivered", "1 mo", ROLLING, True, ALL, "text"),
    (M, "M2", "rma.received", "rma.tested", "same day", COMPANY_HOURS, False, (), "text"),
    (M, "M3", "rma.received", "rma.answered", "24 h", NO_WINDOW, False, (), "text"),
]

# severity: respond, on site, restored
SEVERITIES = {
    "critical": ("10 min", "2 h", "8 h"),
    "major": ("30 min", "4 h", "24 h"),
    "medium": ("2 h", "1 wd", "3 wd"),
    "minor": ("4 h", None, "10 wd"),
}


def of_clause(key, clause):
    return [c for c in preset(key).commitments if c.clause == clause]


@pytest.mark.parametrize("row", ROWS, ids=[row[1] for row in ROWS])
def test_each_promise_has_the_figures_of_its_document(row):
    key, clause, start, until, within, hours, rolls, pause, source = row

    (found,) = of_clause(key, clause)

    assert (found.start, found.stop[0], found.within) == (start, until, within)
    assert (found.window, found.days, found.calendar) == hours
    assert (found.rolls, found.pause, found.source) == (rolls, pause, source)


def test_there_are_nine_presets_and_no_promise_beside_the_rows():
    rows = sorted((key, clause) for key, clause, *_ in ROWS)
    found = sorted((p.key, c.clause) for p in all_presets().values() for c in p.commitments if c.clause != "K2")
    assert found == rows
    assert len(all_presets()) == 9
    assert [p.name_zh for p in all_presets().values()] == [
        "软件标准服务",
        "终端设备保修",
        "后台软件保修",
        "本地驻点服务",
        "系统集成运维",
        "软件项目质保",
        "平台保障",
        "应用软件维护",
        "产品返厂服务",
    ]


@pytest.mark.parametrize("severity", SEVERITIES)
def test_each_grade_of_fault_has_its_own_promises(severity):
    found = {c.stop: c for c in of_clause("integration_operations", "K2") if c.when == {"severity": severity}}
    periods = {stop: c.within for stop, c in found.items()}
    respond, arrive, restore = SEVERITIES[severity]

    wanted = {("request.responded",): respond, ("visit.arrived",): arrive, ("fault.repaired",): restore}
    assert periods == {stop: within for stop, within in wanted.items() if within}
    assert {c.source for c in found.values()} == {"assumed"}
    assert {c.start for c in found.values()} == {"fault.reported"}
    assert [c.pause for c in found.values() if c.stop != ("fault.repaired",)] == [()] * (len(found) - 1)


def test_blanks_of_the_documents_stay_blank():
    blank = {c.clause: c.proposed for p in all_presets().values() for c in p.commitments if c.within is None}
    assert blank.keys() == {"C9", "C14"}
    assert blank["C9"] == "24 h"
    assert (preset("backend_warranty").warranty.start, preset("backend_warranty").warranty.source) == (None, "required")
    left_open = {e["clause"] for p in all_presets().values() for e in p.entitlements if e.get("source") == "required"}
    assert left_open == {"C13", "G9"}


def test_conditions_chains_and_attempts():
    assert of_clause("software_standard", "A3.5")[0].when == {"needs_visit": True}
    assert of_clause("platform_assurance", "H9")[0].when == {"urgent": True}
    assert of_clause("platform_assurance", "H3")[0].when == {"remote_failed": True}
    assert ("30 min", "owner") in [(w.step, w.audience) for w in of_clause("platform_assurance", "H3")[0].warn]
    assert of_clause("application_maintenance", "I12")[0].when == {"cause": "software"}
    assert of_clause("terminal_warranty", "C9")[0].otherwise == "loaner"
    (i9,), (i10,) = of_clause("application_maintenance", "I9"), of_clause("application_maintenance", "I10")
    assert (i9.otherwise, i10.follow_on, i10.starts) == (i10.key, True, (f"{i9.key}.broken", "plan.declared"))
    assert {c.clause for p in all_presets().values() for c in p.commitments if c.attempts} == {"A3.18", "A5.3", "C2"}


def test_every_fact_is_one_that_somebody_records():
    listed = SPEC / "facts.md"
    if not listed.exists():
        pytest.skip(f"the list of facts {listed} is not on this machine")
    known = set(re.findall(r"\b[a-z]+\.[a-z_]+\b", listed.read_text("utf-8")))
    # the acts that end a case, and the declaration that I10 may start with, are this product's own
    known |= {*CANCELS, "plan.declared"}
    for found in (*all_presets().values(), standing(), company_norm()):
        for commitment in found.commitments:
            assert commitment.facts <= known, commitment.key


def test_every_clause_can_be_adopted():
    adopted = {i for p in (*all_presets().values(), company_norm()) for i in p.clauses_of(tuple(p.parts))}
    assert adopted == set(all_clauses())


def test_documents_are_adopted_apart():
    integration, project = preset("integration_operations"), preset("project_warranty")
    assert {i[0] for i in integration.clauses_of(("E",))} == {"E"}
    assert {i[0] for i in integration.clauses_of()} == {"E", "K"}
    assert "G4" not in project.clauses_of(("F",))
    assert {c.part for c in project.commitments} == {"G"}
    assert {i[0] for i in company_norm().clauses_of()} == {"A", "J"}
    assert {i[0] for i in company_norm().clauses_of(("B", "L"))} == {"B", "L"}
    assert "C14" not in preset("terminal_warranty").clauses_of()


def test_warranty_rules():
    found = {key: (p.warranty.rule, p.warranty.within, p.warranty.start) for key, p in all_presets().items()}
    assert found == {
        "software_standard": (None, None, "agreement"),
        "terminal_warranty": ("day_after", "12 mo", "certificate"),
        "backend_warranty": (None, "1 y", None),
        "local_centre": ("from_day", "1 y", "acceptance"),
        "integration_operations": (None, None, "item"),
        "project_warranty": (None, None, "stage"),
        "platform_assurance": (None, None, "agreement"),
        "application_maintenance": ("day_after", "3 y", "agreement_end"),
        "depot_service": ("from_day", "1 y", "agreement"),
    }


def test_callers_without_agreement_are_promised_something():
    found = {c.clause or c.key: c for c in standing().commitments}
    assert found.keys() == {"A3.9", "A3.18", "default_response", "default_repair"}
    assert {found["default_response"].source, found["default_repair"].source} == {"assumed"}
    assert [c.clause for c in company_norm().commitments] == ["A3.9", "A3.18", "A3.5", "A3.16", "A5.3"]


def test_both_languages_are_there():
    for found in (*all_presets().values(), standing(), company_norm()):
        named = [(found.name_zh, found.name_en), *((e["zh"], e["en"]) for e in found.entitlements)]
        for zh, en in [*named, *((c.name_zh, c.name_en) for c in found.commitments)]:
            assert re.search("[\u4e00-\u9fff]", zh)
            assert not re.search("[\u4e00-\u9fff]", en)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"when": {"weather": "rain"}}, "'weather' is none of"),
        ({"pause": ["lunch"]}, "'lunch' is none of"),
        ({"warn": [["50 %", "everybody"]]}, "'everybody' is none of"),
        ({"warn": [["half way", "owner"]]}, "'half way' is no warning step"),
        ({"otherwise": "i99"}, "'i99' is none of"),
        ({"within": None}, "only a promise with source 'required'"),
        ({"start": "a fault"}, "'a fault' is no fact"),
        ({"clause": "C2"}, "'C2' is none of"),
        ({"colour": "red"}, "unknown field colour"),
        ({"within": "soon"}, "is no period"),
    ],
)
def test_an_edited_preset_that_cannot_be_counted_is_refused(change, message):
    terms = raw_presets()["application_maintenance"]
    before = deepcopy(raw_presets())
    terms["commitments"][0].update(change)

    with pytest.raises(ValueError, match=message) as refused:
        load_preset(terms)

    assert isinstance(refused.value, BadPreset) or "period" in message
    assert raw_presets() == before
