"""A shift at the hotline in real browsers: two agents and the duty manager at once, every branch of the call."""

import json
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from tests.live import sign_in

pytestmark = pytest.mark.browser
TELEPHONES = """
from shouhou.hotline.models import Door, Extension, Line
from shouhou.people.models import Organisation, User
from shouhou.desk.actions import adopt_norm
top = Organisation.top()
adopt_norm(top, by=None)
Line.objects.create(organisation=top, name="服务热线", number="400-123-4567")
door = Door.objects.create(organisation=top, name="总机")
for number, name in (("801", "agent"), ("802", "agent_en")):
    Extension.objects.create(door=door, number=number, user=User.objects.get(username=name))
print(door.pk, door.secret)
"""


class Switchboard:
    """The telephone system, on the other side of the door."""

    def __init__(self, live):
        self.url = live.url
        pk, self.secret = live.script(TELEPHONES).split()
        self.address = f"{live.url}/hotline/door/{pk}/"
        self.sent = 0

    def say(self, kind, call_id, extension="", **data):
        self.sent += 1
        at = datetime.now(UTC) - timedelta(seconds=1)
        body = {"type": f"call.{kind}", "timestamp": at.isoformat()}
        text = json.dumps(body | {"data": {"call_id": call_id, "extension": extension, **data}})
        stamp, name = datetime.now(UTC), f"walk-{self.sent}"
        headers = {
            "webhook-id": name, "webhook-timestamp": str(int(stamp.timestamp())),
            "webhook-signature": Webhook(self.secret).sign(name, stamp, text), "content-type": "application/json",
        }  # fmt: skip
        request = urllib.request.Request(self.address, text.encode(), headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)["call"]

    def connect(self, call_id, extension, caller):
        self.say("ringing", call_id, extension, caller=caller, dialled="4001234567")
        return self.say("answered", call_id, extension, rings=2)


@pytest.fixture(scope="module")
def switchboard(live):
    return Switchboard(live)


def open_pop(page, words):
    """The call rings at this desk; the agent opens it."""
    page.wait_for_selector(f"#ringing .card:has-text('{words}')", timeout=10_000)
    page.click("#ringing .card")
    page.wait_for_selector("#record")


def raise_request(page, question):
    page.fill("#id_question", question)
    page.fill("#id_handling", "电话指导无效")
    for name, value in (
        ("phone", "13900001111"),
        ("unit", "过路单位"),
        ("address", "某路 1 号"),
        ("contact_name", "某人"),
    ):
        if not page.input_value(f"#id_{name}"):
            page.fill(f"#id_{name}", value)
    page.click("button[formaction$='/request/']")
    page.wait_for_selector("a[href$='/visit/']")
    page.click("a[href$='/visit/']")
    page.wait_for_selector("#id_wanted")


@pytest.mark.clause("A3.11", "A3.14", "A3.15", "A3.17", "A3.18")
def test_a_shift_with_two_agents_and_the_duty_manager(live, browser, switchboard):
    agent, second, manager = (sign_in(browser, live, name) for name in ("agent", "agent_en", "manager"))
    manager.goto("/hotline/")

    # A known caller: the desk knows who it is before the agent says a word; the colleague's desk stays silent.
    switchboard.say("ringing", "c1", "801", caller="028-85331234转808", dialled="4001234567")
    agent.wait_for_selector("#ringing .card:has-text('蓉城市民服务中心')", timeout=10_000)
    manager.wait_for_selector("#duty :text('蓉城市民服务中心')", timeout=10_000)
    assert second.locator("#ringing .card").count() == 0
    switchboard.say("answered", "c1", "801", rings=2)
    open_pop(agent, "蓉城市民服务中心")
    assert agent.input_value("#id_contact_name") == "陈芳"

    # The browser dies in the middle of the talk: nothing typed is lost.
    with agent.expect_response("**/draft/"):
        agent.locator("#id_question").press_sequentially("统计报表怎么导出")
    address = agent.url
    agent.context.close()
    agent = sign_in(browser, live, "agent")
    agent.goto(address)
    assert agent.input_value("#id_question") == "统计报表怎么导出"
    switchboard.say("hung_up", "c1", "801")
    manager.wait_for_selector("#duty-missing :text('蓉城市民服务中心')", timeout=10_000)
    agent.fill("#id_handling", "指导在统计分析里导出")
    if not agent.input_value("#id_address"):
        agent.fill("#id_address", "天府大道 1 号")
    agent.click("form#record > div button.btn-primary >> nth=0")
    agent.wait_for_url("**/hotline/")

    # Consent: the date is spoken, the halves are marked, the form is numbered.
    switchboard.connect("c2", "802", "13900001111")
    open_pop(second, "13900001111")
    raise_request(second, "The printer does not print")
    assert "We would send somebody to you by" in second.locator(".say").inner_text()
    second.check("input[name=wish][value=agreed]")
    second.locator("input[name=available]").nth(2).check()
    second.click("form[data-draft] button.btn-primary")
    second.wait_for_url("**/hotline/visits/*/")
    assert "VR-" in second.title()
    switchboard.say("hung_up", "c2", "802")

    # A wish, and an urgent one: both stand before the duty manager, the urgent one with its countdown.
    for n, wish, wanted in ((3, "special", "下周一，要王工"), (4, "urgent", "今天必须来人")):
        switchboard.connect(f"c{n}", "801", f"1390000222{n}")
        agent.goto("/")
        open_pop(agent, f"1390000222{n}")
        raise_request(agent, "终端黑屏")
        agent.check(f"input[name=wish][value={wish}]")
        agent.fill("#id_wanted", wanted)
        agent.click("form[data-draft] button.btn-primary")
        agent.wait_for_url("**/hotline/visits/*/")
        switchboard.say("hung_up", f"c{n}", "801")
    manager.wait_for_selector("#duty :text('今天必须来人')", timeout=10_000)
    manager.wait_for_selector("#duty [data-due]")
    for wanted in ("今天必须来人", "下周一，要王工"):
        manager.click(f"#duty .list-group-item:has-text('{wanted}') a")
        manager.fill("#id_outcome", "已回电，安排妥当")
        manager.click("form[data-draft] button.btn-primary")
        manager.wait_for_selector(".state.kept")
        manager.goto("/hotline/")

    # A caller gave up: listed until called back, and that talk is written down as well.
    switchboard.say("ringing", "c5", caller="13900003333", dialled="4001234567")
    switchboard.say("abandoned", "c5")
    manager.wait_for_selector("#duty-abandoned :text('13900003333')", timeout=10_000)
    agent.goto("/hotline/")
    agent.click("#duty-abandoned a")
    agent.click("button[name=reached][value=yes]")
    agent.wait_for_selector("#record")
    agent.click("button[name=how][value=wrong_number]")
    agent.wait_for_url("**/hotline/")

    for name in ("missing", "abandoned"):  # nothing without a record, nobody left to call back
        assert agent.locator(f"#duty-{name} [data-row]").count() == 0
    assert agent.locator("#duty-visits [data-row]").count() == 1  # the agreed visit
    assert not [p.troubles for p in (agent, second, manager) if p.troubles]
