"""Visits on a phone in real browsers: on line, without signal, with the browser killed, on two devices, a day off."""

import json
import os
import random
import re
import signal
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shouhou.visits.rules.sheet import Bound, fold
from shouhou.visits.rules.steps import ORDER, table
from shouhou.visits.rules.telling import kept
from shouhou.visits.tests.make import EIGHT, WHOLE, Phone, before
from tests.live import FLAGS, PASSWORD, chromium

pytestmark = pytest.mark.browser
PLAN = """
import json
from datetime import timedelta
from shouhou.customers.models import Customer
from shouhou.desk.actions import adopt_norm
from shouhou.people.models import Organisation, User
from shouhou.promises.models import CommitmentSet
from shouhou.requests.actions.intake import take_request
from shouhou.requests.actions.visits import Where, ask_for_visit, halves
from shouhou.shared.time import now
from shouhou.visits.actions import planning
top = Organisation.top()
if not CommitmentSet.objects.filter(organisation=top, purpose="company").exists():
    adopt_norm(top, by=None)
agent, manager, engineer = (User.objects.get(username=name) for name in ("agent", "manager", "engineer"))
customer = Customer.objects.get()
case = take_request(by=agent, subject=SUBJECT, description="三号机卡纸", need="恢复打印", customer=customer,
                    contact=customer.contacts.get(), promise_given=True)
half = ["%s %s" % (day.isoformat(), half) for day, half in halves(case, now())]
wanted = ask_for_visit(case, wish="agreed", where=Where("蓉城市民服务中心", "天府大道 1 号", "陈芳", "028-1"),
                       available=half, by=agent)
start = now() + timedelta(hours=1)
visit = planning.plan_visit(wanted, engineer=engineer, starts_at=start, ends_at=start + timedelta(hours=1), by=manager,
                            reason="walk")
print(visit.pk)
"""
STATE = """
import json
from shouhou.visits.models import Visit, VisitOperation
from shouhou.shared.models import Event
v = Visit.objects.get(pk=PK)
facts = Event.objects.filter(subject_kind="visit", subject_id=v.pk, kind="visit.arrived")
found = {
    "status": v.status, "step": v.step, "review": v.to_review, "fields": v.sheet.get("fields", {}),
    "steps": {k: p["how"] for k, p in v.sheet.get("steps", {}).items()}, "conflicts": v.sheet.get("conflicts", {}),
    "request": v.request.status, "how": v.request.confirmed_how, "arrivals": facts.count(), "evidence": v.evidence,
    "operations": VisitOperation.objects.filter(visit=v).count(), "photos": v.photos.count(),
    "arrived": v.arrived_at.isoformat() if v.arrived_at else None,
}
print(json.dumps(found))
"""


READY = """() => new Promise((ready) => {
  if (navigator.serviceWorker.controller) ready(true);
  else navigator.serviceWorker.addEventListener("controllerchange", () => ready(true));
})"""


def planned(live, subject) -> int:
    return int(live.script(f"SUBJECT = {subject!r}\n{PLAN}"))


def state(live, pk):
    return json.loads(live.script(f"PK = {pk}\n{STATE}"))


@contextmanager
def phone(live, folder: Path, **options):
    """A phone: a browser with a memory of its own, that outlives it."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(folder), executable_path=chromium(), args=FLAGS, base_url=live.url,
            viewport={"width": 390, "height": 844}, locale="zh-CN", timezone_id="Asia/Shanghai",
            permissions=["geolocation"], geolocation={"latitude": 30.66, "longitude": 104.07, "accuracy": 15},
            **options,
        )  # fmt: skip
        page = context.pages[0]
        page.troubles = []
        page.on("pageerror", lambda error: page.troubles.append(str(error)))
        yield page
        with suppress(Error):  # its battery may be empty
            context.close()


def sign_in(page) -> None:
    page.goto("/accounts/login/?next=/visits/app/")
    page.fill("#id_login", "engineer")
    page.fill("#id_password", PASSWORD)
    page.click("main form button.btn-primary")
    page.wait_for_url(re.compile(r"^[^?]*/visits/app/$"))
    page.evaluate(READY)


def show(page, pk: int) -> None:
    page.goto(f"/visits/app/#{pk}")
    page.wait_for_selector("#main .page-title")
    page.wait_for_selector("section[data-step], .alert-success")


def do_step(page, step: str, **other: str) -> None:
    """Fill a step in by hand and go on."""
    if step == "meet":
        page.click("section[data-arrive] button")
    card = page.locator(f"section[data-step='{step}']")
    card.wait_for()
    fill(page, card, step, **other)
    card.locator("button.btn-primary").click()
    card.wait_for(state="detached")


def fill(page, card, step: str, **other: str) -> None:
    """Every field of a step, as a finger does it."""
    for name, value in {**WHOLE[step], **other}.items():
        full = f"{step}.{name}"
        if full == "sign.signature":
            card.locator("canvas").scroll_into_view_if_needed()
            box = card.locator("canvas").bounding_box()
            page.mouse.move(box["x"] + 30, box["y"] + 40)
            page.mouse.down()
            for n in range(1, 6):
                page.mouse.move(box["x"] + 30 + 40 * n, box["y"] + 40 + 15 * (n % 2))
            page.mouse.up()
            page.wait_for_timeout(300)
        elif card.locator(f"[id='{full}={value}']").count():
            card.locator(f"label[for='{full}={value}']").click()
        else:
            card.locator(f"[id='{full}']").fill(value)


def all_sent(page) -> None:
    page.click("#bar button")
    page.wait_for_selector("#bar.kept", timeout=20_000)


@pytest.mark.clause("A4.2", "A4.7", "A4.9", "A4.11")
def test_a_whole_visit_on_line(live, tmp_path):
    pk = planned(live, "窗口卡纸")
    with phone(live, tmp_path) as page:
        sign_in(page)
        page.click(f"a[href='#{pk}']")
        for step in ORDER[:6]:
            do_step(page, step)
        do_step(page, "trial", passed="no")  # back to mending
        do_step(page, "fix", remedy="更换控制板")
        do_step(page, "trial")
        for step in ORDER[7:]:
            do_step(page, step)
        page.wait_for_selector(".alert-success")
        all_sent(page)
        assert page.troubles == []
    found = state(live, pk)
    assert (found["status"], found["review"], found["request"], found["how"]) == ("done", 0, "confirmed", "signature")
    assert (found["fields"]["fix.remedy"], found["evidence"], found["photos"]) == ("更换控制板", "location", 1)


PRACTISED = """
from shouhou.visits.models import Visit
mine = Visit.objects.get(pk=PK)
for n in range(10):
    mine.pk, mine.number, mine.status, mine._state.adding = None, f"OLD-{n}", "done", True
    mine.token_digest = ""
    mine.save()
"""


@pytest.mark.clause("A4.7", "A4.9")
def test_a_practised_engineer_fills_in_one_page_and_every_gate_holds(live, tmp_path):
    pk = planned(live, "更换打印头")
    live.script(f"PK = {pk}\n{PRACTISED}")
    with phone(live, tmp_path) as page:
        sign_in(page)
        page.click(f"a[href='#{pk}']")
        for step in ("prepare", "badge"):
            do_step(page, step)
        page.click("section[data-arrive] button")
        page.get_by_role("button", name="全部一页填写").click()
        card = page.locator("section[data-step='together']")
        fill(page, card, "fix")  # out of order, and not all of it
        card.locator("button.btn-primary").click()
        page.locator("section[data-step='together'] .state.broken").wait_for()
        for step in ORDER[2:]:
            if step != "backup":
                fill(page, card, step)
        page.reload()  # what was filled in is still there
        card.wait_for()
        assert page.locator("[id='fix.cause']").input_value() == WHOLE["fix"]["cause"]
        page.check("[id='together.no_data']")
        card.locator("button.btn-primary").click()
        page.wait_for_selector(".alert-success")
        all_sent(page)
        assert page.troubles == []
    found = state(live, pk)
    assert (found["status"], found["review"]) == ("done", 0)
    assert found["steps"] == {**dict.fromkeys(ORDER, "done"), "backup": "excepted"}


@pytest.mark.clause("A4.7")
def test_without_signal_with_the_server_gone_and_the_browser_killed(live, tmp_path):
    pk = planned(live, "地下室卡纸")
    with phone(live, tmp_path) as page:
        sign_in(page)
        show(page, pk)
        do_step(page, "prepare")
        live.stop_web()
        for step in ("badge", "meet", "verify"):
            do_step(page, step)
        page.locator("[id='backup.what']").press_sequentially("业务数据库")  # typed, and not yet left
        page.wait_for_timeout(500)  # a letter is on the disk soon after it was typed, but not at once
        kill(tmp_path)
    with phone(live, tmp_path) as page:
        show(page, pk)  # the page opens without any server
        assert page.input_value("[id='backup.what']") == "业务数据库"
        for step in ORDER[4:]:
            do_step(page, step)
        page.wait_for_selector(".alert-success")
        assert "条待发送" in page.inner_text("#bar") or "没有信号" in page.inner_text("#bar")
        before_start = state(live, pk)
        live.start_web()
        page.click("#bar button")
        page.wait_for_selector("#bar.kept, #bar.broken", timeout=20_000)
        if page.locator("#bar.broken").count():  # the browser had not written its sign-in down when it died
            sign_in(page)
            show(page, pk)
        all_sent(page)
        again = state(live, pk)
        all_sent(page)
        assert page.troubles == []
    assert before_start["status"] != "done"
    assert (again["status"], again["review"], again["step"], again["arrivals"]) == ("done", 0, "", 1)
    assert list(again["steps"].values()) == ["done"] * 10
    assert state(live, pk)["operations"] == again["operations"]


def kill(folder: Path) -> None:
    """The battery is empty: every process of that browser ends at once."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(folder).encode() in command and b"chrom" in command:
                try:
                    os.kill(int(entry.name), signal.SIGKILL)
                except ProcessLookupError:
                    continue
    (folder / "SingletonLock").unlink(missing_ok=True)


def test_two_devices_with_one_visit_say_where_they_differ(live, tmp_path):
    pk = planned(live, "两台手机")
    with phone(live, tmp_path / "one") as page:
        sign_in(page)
        show(page, pk)
        for step in ("prepare", "badge", "meet"):
            do_step(page, step)
        all_sent(page)
    for name in ("one", "two"):  # both took the visit along, then each writes without the other
        with phone(live, tmp_path / name) as page:
            if name == "two":
                sign_in(page)
            show(page, pk)
            all_sent(page)
            page.context.set_offline(True)
            page.fill("[id='verify.found']", f"{name} 看到卡纸")
            page.press("[id='verify.found']", "Tab")
            page.wait_for_timeout(300)
    with phone(live, tmp_path / "one") as page:
        show(page, pk)
        all_sent(page)
    with phone(live, tmp_path / "two") as page:
        show(page, pk)
        all_sent(page)
        assert list(state(live, pk)["conflicts"]) == ["verify.found"]
        page.reload()
        page.wait_for_selector("[data-field='verify.found'] .state.broken")
        page.fill("[id='verify.found']", "两处都卡纸")
        page.press("[id='verify.found']", "Tab")
        all_sent(page)
    found = state(live, pk)
    assert (found["conflicts"], found["fields"]["verify.found"], found["review"]) == ({}, "两处都卡纸", 0)


def test_a_phone_whose_clock_is_a_day_off_tells_the_true_times(live, tmp_path):
    pk = planned(live, "慢一天的手机")
    with phone(live, tmp_path) as page:
        page.clock.install(time=datetime.now(UTC) - timedelta(days=1))
        sign_in(page)
        show(page, pk)
        for step in ("prepare", "badge", "meet"):
            do_step(page, step)
        all_sent(page)
    found = state(live, pk)
    assert abs(datetime.fromisoformat(found["arrived"]) - datetime.now(UTC)) < timedelta(minutes=2)
    assert found["review"] == 0


# --- the same arithmetic on the phone and on the server ---------------------------------------------


def story(dice: random.Random) -> list:
    """What two devices did, partly in the order of the norm, partly at random."""
    made = []
    for device, by in (("p1", 1), ("p2", 2)):
        one = Phone(device, by, EIGHT + timedelta(minutes=dice.randint(-90, 90)))
        for step in before(dice.choice(ORDER)):
            one.step(step)
        for _n in range(dice.randint(0, 14)):
            step = dice.choice(ORDER)
            name = dice.choice(list(WHOLE[step]))
            _do(one, dice, step, name)
            one.at += timedelta(minutes=dice.randint(-5, 5))
        made += one.done
    dice.shuffle(made)
    return made


def _do(one: Phone, dice: random.Random, step: str, name: str) -> None:
    said = [
        ("field", {"name": f"{step}.{name}", "value": dice.choice(["yes", "no", "x", " "]),
                   "base": dice.choice(["", "p1-2", "p2-3"])}),
        ("done", {"step": step}),
        ("except", {"step": step, "reason": dice.choice(["", "no_data", "r"]), "consent": "c", "released_by": "m"}),
        ("arrive", {"how": "none"}), ("part", {"name": "辊", "count": dice.randint(0, 2)}),
        ("part_removed", {"part": dice.choice(["p1-1", "p2-2"])}), ("support", {"words": "w"}),
        ("problem", {"words": dice.choice(["", "二号机"])}), ("photo", {"sha256": "ff"}), ("nonsense", {}),
        ("guest", {"name": dice.choice(["", "陈工"]), "of": "建文"}),
        ("guest_work", {"guest": dice.choice(["p1-1", "p2-2", "p1-9", "p2-9"]), "words": "换板"}),
    ]  # fmt: skip
    kind, data = dice.choice(said)
    one.do(kind, **data)


FOLD = """([stories, rules, bounds]) => stories.map((told) => {
  const s = window.visits.fold(told, rules, bounds), iso = (ms) => new Date(ms).toISOString();
  return { fields: s.fields, setters: s.setters, conflicts: s.conflicts, problems: s.problems, photos: s.photos,
    parts: s.parts, review: s.review, failures: s.failures.map(iso), support: Object.keys(s.support).sort(),
    step: s.step,
    guests: Object.fromEntries(Object.entries(s.guests).map(([k, g]) => [k, [iso(g.ms), g.name, g.of, g.work]])),
    steps: Object.fromEntries(Object.entries(s.steps).map(([k, p]) => [k, [iso(p.ms), p.how, p.by, p.said]])) };
})"""


def test_the_phone_folds_a_visit_as_the_server_does(browser):
    dice = random.Random(20261123)
    stories = [story(dice) for _n in range(400)]
    bounds = [Bound(EIGHT + timedelta(minutes=30), frozenset({1}))]
    told = [
        [{"uid": o.uid, "device": o.device, "seq": o.seq, "kind": o.kind, "at": o.at.isoformat(), "by": o.by,
          "data": dict(o.data), "allowed": False} for o in one]
        for one in stories
    ]  # fmt: skip
    page = browser.new_page()
    page.add_script_tag(path=str(Path(__file__).parent.parent / "shouhou/visits/static/visits/sheet.js"))
    on_phone = page.evaluate(FOLD, [told, table(), [[b.at.isoformat(), sorted(b.engineers)] for b in bounds]])
    page.close()
    passed = joined = 0
    for one, seen in zip(stories, on_phone, strict=True):
        sheet = fold(one, bounds)
        expected = json.loads(json.dumps(kept(sheet)))
        assert seen["steps"] == {k: [iso(p["at"]), p["how"], p["by"], p["said"]] for k, p in expected["steps"].items()}
        assert seen["support"] == sorted(expected["support"])
        guests = {k: [iso(g["at"]), g["name"], g["of"], g["work"]] for k, g in expected["guests"].items()}
        assert seen["guests"] == guests
        joined += len(guests)
        assert seen["failures"] == [iso(at) for at in expected["failures"]]
        for name in ("fields", "setters", "conflicts", "problems", "photos", "parts", "review"):
            assert seen[name] == expected[name], name
        assert seen["step"] == sheet.step
        passed += len(seen["steps"])
    assert joined > 20
    assert passed > 500  # the stories are not all refusals


def iso(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
