"""The main job in a real browser, in Chinese and in English: from the call to the closed request."""

import pytest

from tests.live import PASSWORD, sign_in

pytestmark = pytest.mark.browser

WORDS = {
    "zh": {"suffix": "", "start_day": "开始当日", "kept": "已兑现", "paused": "已暂停"},
    "en": {"suffix": "_en", "start_day": "starting day", "kept": "Kept", "paused": "Paused"},
}


def take_by_phone(page, subject):
    """The agent's part: the caller is recognised by the number, the times stand there before they are given."""
    page.keyboard.press("c")
    page.wait_for_url("**/requests/take/")
    page.fill("#id_caller_phone", "028-85331234转808")
    page.keyboard.press("Tab")
    page.wait_for_selector("#id_contact")
    assert page.locator("#id_customer option:checked").inner_text() == "蓉城市民服务中心"
    assert page.locator("#id_contact option:checked").inner_text() == "陈芳"
    offers = page.locator("#promised .offer b").all_inner_texts()
    assert len(offers) == 2, offers  # respond within 4 h, repaired within 2 working days
    page.fill("#id_subject", subject)
    page.fill("#id_description", "打印时报错 0x0000011b。")
    page.fill("#id_need", "尽快恢复打印")
    page.check("#id_promise_given")
    page.click("#promised button.btn-primary")
    page.wait_for_url("**/requests/*/")
    return offers


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.clause("A1.1", "A1.2", "A1.3", "A1.10")
def test_the_main_job_from_call_to_closed(live, browser, language):
    words = WORDS[language]
    suffix = words["suffix"]
    agent = sign_in(browser, live, "agent" + suffix)
    offers = take_by_phone(agent, f"窗口电脑无法打印 {language}")
    address = agent.url
    assert [d for d in offers if d in agent.locator("#promises").inner_text()] == offers

    agent.click("#reassign summary")
    taker = agent.locator("#id_taker option", has_text=f"王强{suffix and 'E'} ·")  # with the organisation beside it
    agent.select_option("#id_taker", taker.get_attribute("value"))
    agent.fill("form[action$='/reassign/'] [name=reason]", "需要现场处理")
    agent.click("form[action$='/reassign/'] button")
    agent.wait_for_selector(".alert-warning")

    engineer = sign_in(browser, live, "engineer" + suffix)
    engineer.click("#work form[action$='/accept/'] button")
    engineer.wait_for_url("**/requests/*/")
    engineer.click("form[action$='/begin/'] button")
    engineer.fill("form[action$='/say/'] textarea", "请发一张报错截图。")
    engineer.select_option("form[action$='/say/'] select[name=way]", "question")
    engineer.click("form[action$='/say/'] button")
    engineer.wait_for_selector("[data-code=i9] .state.paused")
    assert words["paused"] in engineer.locator("[data-code=i9] .state").inner_text()

    agent.goto(address)  # the customer answers on the phone; the engineer's page follows by itself
    agent.fill("form[action$='/say/'] textarea", "已发到邮箱。")
    agent.select_option("form[action$='/say/'] select[name=way]", "reply")
    agent.click("form[action$='/say/'] button")
    engineer.wait_for_selector("[data-code=i9] .state.running", timeout=15_000)

    engineer.fill("form[action$='/resolve/'] textarea", "重装打印驱动，试打三张正常。")
    engineer.click("form[action$='/resolve/'] button")
    link = engineer.locator("#confirm-link").input_value()

    customer = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    customer.goto(link)
    customer.click("button[value=solved]")
    customer.wait_for_selector("#answer")

    supervisor = sign_in(browser, live, "supervisor" + suffix)
    number = agent.title().split(" ")[0]
    for _try in range(40):  # the worker plans the follow-up within seconds
        supervisor.goto("/follow-ups/")
        if supervisor.locator(f"a:has-text('{number}')").count():
            break
        supervisor.wait_for_timeout(500)
    supervisor.click(f"a:has-text('{number}')")
    supervisor.select_option("#id_solved", "yes")
    supervisor.select_option("#id_attitude", "5")
    supervisor.click("main form button.btn-primary")
    supervisor.wait_for_url("**/follow-ups/")

    agent.goto(address)
    agent.wait_for_selector(".state.closed")
    agent.goto(address + "promises/")
    kept = agent.locator(".promise .state.met").all_inner_texts()
    assert [words["kept"] in text for text in kept] == [True, True]
    assert words["start_day"] in agent.locator("[data-code=i9]").inner_text()
    assert not [p.troubles for p in (agent, engineer, supervisor) if p.troubles]


@pytest.mark.clause("A1.1")
def test_words_survive_an_error_in_another_card_a_refusal_and_a_lost_session(live, browser):
    agent = sign_in(browser, live, "agent")
    take_by_phone(agent, "草稿不丢")
    address = agent.url
    say, solution = "form[action$='/say/'] textarea", "form[action$='/resolve/'] textarea"
    when, note = "form[action$='/fact/'] [name=occurred_at]", "form[action$='/fact/'] button"

    agent.fill(solution, "写到一半")
    agent.fill(say, " ")
    agent.click("form[action$='/say/'] button")
    agent.wait_for_selector(f"{say}.is-invalid")
    assert agent.input_value(solution) == "写到一半"

    agent.goto(address)
    agent.fill(when, "2020-01-01T09:00")  # before the report: refused
    agent.locator(note).last.click()
    agent.wait_for_selector("#toast .alert-danger")
    assert (agent.input_value(when), agent.input_value(solution)) == ("2020-01-01T09:00", "写到一半")

    agent.context.clear_cookies(name="sessionid")
    agent.fill(say, "会话已过期")
    agent.locator("form[action$='/say/'] button").last.click()
    agent.wait_for_selector("#id_login")
    agent.fill("#id_login", "agent")
    agent.fill("#id_password", PASSWORD)
    agent.click("main form button.btn-primary")
    agent.wait_for_url(address)
    assert agent.input_value(say) == "会话已过期"

    agent.locator("form[action$='/say/'] button").last.click()
    agent.wait_for_selector("#case-line .bubble")
    assert (agent.input_value(say), agent.input_value(solution)) == ("", "写到一半")
    assert not agent.troubles


FILES = """
([kind, name, type, text]) => {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type }));
  const field = document.querySelector("[data-files] input[type=file]");
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
    : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
  (kind === "paste" ? document.querySelector("#id_description") : field).dispatchEvent(event);
}
"""
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.mark.clause("F2")
def test_a_pasted_screenshot_and_a_dropped_log_come_with_the_fault(live, browser):
    agent = sign_in(browser, live, "agent")
    agent.goto("/requests/take/?customer=1")
    asked = agent.locator("[data-files]").inner_text()
    assert "截图" in asked
    assert "文件" in asked
    agent.evaluate(FILES, ["paste", "image.png", "image/png", DOT])
    agent.evaluate(FILES, ["drop", "server.log", "text/plain", "MDg6MzEgc3RvcHBlZA=="])
    names = agent.locator("[data-names]").inner_text()
    assert "截图-" in names
    assert "server.log" in names
    agent.fill("#id_subject", "带截图的故障")
    agent.fill("#id_description", "见截图")
    agent.click("#promised button.btn-primary")
    agent.wait_for_url("**/requests/*/")
    assert agent.locator("a[href^='/requests/files/']").count() == 2
    shown = agent.content()
    assert "server.log" in shown
    assert "截图-" in shown
