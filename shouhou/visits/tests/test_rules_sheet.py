"""The visit as it is folded from what phones sent: gates both ways, several devices, any order of arrival."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouhou.visits.rules.sheet import Bound, fold, in_order
from shouhou.visits.rules.steps import ORDER, RULE, previous
from shouhou.visits.tests.make import EIGHT, WHOLE, Phone, before


def whole() -> Phone:
    phone = Phone()
    phone.do("set_out")
    for step in ORDER:
        phone.step(step)
    return phone


def test_the_ten_steps_in_their_order():
    sheet = fold(whole().done)
    assert list(sheet.steps) == list(ORDER)
    assert {passed.how for passed in sheet.steps.values()} == {"done"}
    assert (sheet.review, sheet.conflicts, sheet.step) == ({}, {}, "")
    assert sheet.set_out_at < sheet.arrived_at < sheet.left_at


# --- every gate, both ways ------------------------------------------------------------------------


@pytest.mark.parametrize("step", ORDER[1:])
def test_a_step_does_not_open_before_the_one_before_it(step):
    phone = Phone().steps(previous(step))
    if ORDER.index(step) >= ORDER.index("meet"):
        phone.do("arrive", how="none")
    typed = [phone.do("field", name=f"{step}.{name}", value=value) for name, value in WHOLE[step].items()]
    said = phone.do("done", step=step)
    sheet = fold(phone.done)
    assert step not in sheet.steps
    assert [sheet.review[o.uid] for o in (*typed, said)] == ["too_early"] * (len(typed) + 1)


@pytest.mark.parametrize(("step", "missing"), [(s, n) for s in ORDER for n in RULE[s].needs])
def test_a_step_is_not_done_while_something_lacks(step, missing):
    phone = Phone().steps(step)
    phone.step(step, **{missing: "  "})
    assert fold(phone.done).review[phone.done[-1].uid] == "incomplete"
    phone.do("field", name=f"{step}.{missing}", value=WHOLE[step][missing])
    phone.do("done", step=step)
    assert step in fold(phone.done).steps


@pytest.mark.parametrize("step", [s for s in ORDER if s != "fix"])
def test_a_step_is_passed_by_its_recorded_exception_and_by_no_half_of_it(step):
    phone = Phone().steps(step)
    if step == "meet":
        phone.do("arrive", how="none")
    said = dict.fromkeys(RULE[step].exception, "客户同意")
    for name in said:
        half = phone.do("except", step=step, **{**said, name: ""})
        assert fold(phone.done).review[half.uid] == "incomplete"
    phone.do("except", step=step, **said)
    passed = fold(phone.done).steps[step]
    assert (passed.how, dict(passed.said)) == ("excepted", said)


def test_mending_has_no_exception_but_may_say_that_it_did_not_succeed():
    phone = Phone().steps("fix")
    phone.do("except", step="fix", reason="没时间")
    assert "fix" not in fold(phone.done).steps
    phone.step("fix", outcome="unsolved")
    assert fold(phone.done).fields["fix.outcome"] == "unsolved"
    assert "fix" in fold(phone.done).steps


def test_no_data_needs_nobody_s_consent():
    phone = Phone().steps("backup")
    phone.do("except", step="backup", reason="no_data")
    assert fold(phone.done).step == "fix"


def test_a_failed_trial_goes_back_to_mending():
    phone = Phone().steps("trial")
    phone.step("trial", passed="no")
    sheet = fold(phone.done)
    assert (sheet.step, len(sheet.failures), "trial" in sheet.steps) == ("fix", 1, False)
    phone.do("done", step="trial")
    assert fold(phone.done).step == "fix"
    phone.do("field", name="fix.remedy", value="更换控制板")
    phone.do("done", step="fix")
    phone.step("trial")
    assert (fold(phone.done).step, fold(phone.done).fields["fix.remedy"]) == ("explain", "更换控制板")


def test_without_arrival_nothing_on_site_opens():
    phone = Phone().steps("meet")
    phone.do("field", name="meet.whom", value="陈芳")
    phone.do("done", step="meet")
    assert fold(phone.done).step == "meet"


def test_after_the_farewell_only_photos_come_late():
    phone = whole()
    photo = phone.do("photo", sha256="ff", step="fix")
    late = phone.do("field", name="fix.cause", value="别的")
    sheet = fold(phone.done)
    assert photo.uid in sheet.photos
    assert sheet.review == {late.uid: "ended"}


# --- several people and devices -------------------------------------------------------------------


def test_two_devices_with_different_fields_are_put_together():
    one, two = Phone("p1").steps("fix"), Phone("p2", start=EIGHT + timedelta(hours=1))
    one.do("field", name="fix.cause", value="进纸辊老化")
    two.do("field", name="fix.remedy", value="更换进纸辊")
    sheet = fold([*one.done, *two.done])
    assert (sheet.fields["fix.cause"], sheet.fields["fix.remedy"]) == ("进纸辊老化", "更换进纸辊")
    assert sheet.conflicts == {}


def test_two_devices_with_one_field_say_so_until_somebody_who_saw_both_writes():
    one, two = Phone("p1").steps("fix"), Phone("p2", start=EIGHT + timedelta(hours=1))
    first = one.do("field", name="fix.cause", value="进纸辊老化")
    second = two.do("field", name="fix.cause", value="控制板故障")
    sheet = fold([*one.done, *two.done])
    assert sheet.fields["fix.cause"] == "控制板故障"
    assert sheet.conflicts == {"fix.cause": (second.uid, first.uid)}
    two.do("field", name="fix.cause", value="两处都有", base=second.uid)
    assert fold([*one.done, *two.done]).conflicts == {}


def test_who_has_seen_the_other_s_words_corrects_them_without_conflict():
    one, two = Phone("p1").steps("fix"), Phone("p2", start=EIGHT + timedelta(hours=1))
    first = one.do("field", name="fix.cause", value="进纸辊老化")
    two.do("field", name="fix.cause", value="控制板故障", base=first.uid)
    assert fold([*one.done, *two.done]).conflicts == {}


def test_what_was_done_after_the_visit_became_another_s_waits_for_review_and_may_be_let_in():
    phone = Phone(by=1).steps("fix")
    away = Bound(phone.at + timedelta(seconds=30), frozenset({2}))
    phone.step("fix")
    sheet = fold(phone.done, [Bound(EIGHT, frozenset({1})), away])
    late = [o.uid for o in phone.done if o.at > away.at]
    assert set(sheet.review) == set(late)
    assert set(sheet.review.values()) == {"not_yours"}
    assert "fix" in fold(phone.done, [Bound(EIGHT, frozenset({1})), away], allowed=late).steps
    off = Bound(EIGHT, frozenset())
    assert set(fold(phone.done, [off]).review.values()) == {"called_off"}


# --- order, repetition, clocks --------------------------------------------------------------------


def test_a_clock_that_jumps_back_does_not_reorder_what_one_device_did():
    phone = Phone().steps("fix")
    phone.at -= timedelta(days=1)
    phone.step("fix")
    sheet = fold(phone.done)
    assert "fix" in sheet.steps
    assert [o.seq for o in in_order(phone.done)] == list(range(1, phone.seq + 1))


def test_what_comes_late_changes_the_verdict_on_what_came_before_it():
    phone = Phone().steps("meet")
    assert fold([o for o in phone.done if o.seq != 3]).review
    assert fold(phone.done).review == {}


NAMES = [f"{step}.{name}" for step in ORDER for name in WHOLE[step]]


def field(name: str, value: str, base: str):
    return "field", {"name": name, "value": value, "base": base}


def exception(step: str, reason: str):
    return "except", {"step": step, "reason": reason, "consent": "c", "released_by": "m"}


kinds = st.one_of(
    st.builds(
        field, st.sampled_from(NAMES), st.sampled_from(["yes", "no", "x", ""]), st.sampled_from(["", "p1-2", "p2-3"])
    ),
    st.builds(lambda s: ("done", {"step": s}), st.sampled_from(ORDER)),
    st.builds(exception, st.sampled_from(ORDER), st.sampled_from(["", "no_data", "r"])),
    st.just(("arrive", {"how": "none"})),
    st.just(("part", {"name": "辊", "count": 1})),
    st.builds(lambda p: ("part_removed", {"part": p}), st.sampled_from(["p1-1", "p2-2"])),
    st.just(("support", {})),
    st.just(("nonsense", {})),
)


@st.composite
def stories(draw):
    """What two devices did, each with its own clock: some of it in the order of the norm, some at random."""
    made = []
    for device, by in (("p1", 1), ("p2", 2)):
        phone = Phone(device, by, EIGHT + timedelta(minutes=draw(st.integers(-90, 90))))
        for step in before(draw(st.sampled_from(ORDER))):
            phone.step(step)
        for kind, data in draw(st.lists(kinds, max_size=12)):
            phone.do(kind, **data)
            phone.at += timedelta(minutes=draw(st.integers(-5, 5)))
        made += phone.done
    return made


@given(stories(), st.data())
def test_any_order_and_repetition_gives_the_same_visit(story, data):
    again = data.draw(st.lists(st.sampled_from(story), max_size=9)) if story else []
    told = data.draw(st.permutations([*story, *again]))
    bounds = [Bound(EIGHT + timedelta(minutes=20), frozenset({1}))]
    assert fold(told, bounds) == fold(story, bounds)


@given(stories())
def test_each_operation_is_taken_or_named_and_no_field_is_of_nobody_s_making(story):
    sheet = fold(story)
    uids = {o.uid: o for o in story}
    assert set(sheet.review) <= set(uids)
    assert {o.uid for o in story if o.kind == "nonsense"} <= set(sheet.review)
    for name, setter in sheet.setters.items():
        assert setter not in sheet.review
        assert uids[setter].data["name"] == name


@given(stories())
def test_no_step_is_passed_without_the_ones_before_it(story):
    passed = fold(story).steps
    for step in passed:
        assert all(earlier in passed for earlier in before(step))
