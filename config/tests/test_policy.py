"""The browser is told to run nothing but our own files, and no page needs more than that."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.headers import POLICY
from tests.live import FLAGS, Live, chromium, running

COMPANY = (Path(__file__).parents[2] / "tests" / "walk_company.py").read_text("utf-8")
CASE = """
from shouhou.requests.actions.intake import take_request
case = take_request(by=owner, subject="打印机坏了", description="x", need="x", customer=customer, contact=contact)
from shouhou.customers.models import Contact
Contact.objects.filter(pk=contact.pk).update(user=User.objects.create_user("clerk", "correct-horse-1", name="陈芳"))
"""


def policy(answer) -> dict[str, str]:
    return dict(part.strip().partition(" ")[::2] for part in answer["Content-Security-Policy"].split(";"))


@pytest.mark.django_db
def test_every_page_forbids_foreign_and_inline_scripts(client, company, agent):
    client.force_login(agent)
    for address in ("/", "/accounts/login/", "/customers/", "/nowhere/", "/api/docs", "/requests/"):
        found = policy(client.get(address))
        assert (found["default-src"], found["script-src"], found["style-src"]) == ("'none'", "'self'", "'self'")
        assert (found["frame-ancestors"], found["base-uri"], found["form-action"]) == ("'none'", "'none'", "'self'")


@pytest.mark.django_db
def test_a_browser_that_came_by_https_stays_there(client, company, settings):
    settings.SECURE_HSTS_SECONDS = 365 * 24 * 3600
    assert client.get("/accounts/login/", secure=True)["Strict-Transport-Security"] == "max-age=31536000"
    assert not client.get("/accounts/login/").has_header("Strict-Transport-Security")
    cookie = client.post("/people/language/", {"language": "en"}, secure=True).cookies["language"]
    assert cookie["secure"] is True


@pytest.fixture(scope="module")
def live(tmp_path_factory) -> Iterator[Live]:
    chromium()
    with running(tmp_path_factory.mktemp("live"), COMPANY + CASE) as system:
        yield system


class Walk:
    """A signed-in browser that keeps what its console says."""

    def __init__(self, chrome, live: Live, username: str) -> None:
        self.page = chrome.new_context(base_url=live.url, viewport={"width": 1440, "height": 900}).new_page()
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", lambda said: self.troubles.append(said.text) if said.type == "error" else None)
        self.page.goto("/accounts/login/")
        self.page.fill("#id_login", username)
        self.page.fill("#id_password", "correct-horse-1")
        self.page.click("main form button.btn-primary")
        self.page.wait_for_url(lambda address: "/accounts/" not in address)

    def open(self, *addresses: str) -> None:
        for address in addresses:
            self.page.goto(address)
            self.page.wait_for_load_state("load")


@pytest.mark.browser
def test_the_pages_work_under_the_policy_and_the_console_stays_silent(live):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        walk = Walk(chrome, live, "manager")
        page = walk.page
        walk.open("/", "/requests/", "/requests/board/", "/customers/", "/agreements/", "/promises/calendars/")
        walk.open("/imports/", "/notices/", "/people/me/", "/follow-ups/", "/search/?q=x", "/api/docs")
        page.wait_for_selector(".swagger-ui .opblock")

        walk.open("/promises/calendars/1/", "/promises/count/?start=2026-01-05T09:00&within=2+wd&days=working")
        strip = page.locator(".strip i").first
        assert strip.evaluate("el => getComputedStyle(el).flexGrow") != "0"

        walk.open("/requests/take/")  # htmx fills in the caller, TomSelect finds the customer
        page.fill("#id_caller_phone", "028-85331234转808")
        page.keyboard.press("Tab")
        page.wait_for_selector("#id_contact")
        assert page.locator(".ts-control").count() > 0
        page.locator(".ts-control").first.click()
        page.wait_for_selector(".ts-dropdown .option")
        page.click("[data-bs-toggle=dropdown]")  # Bootstrap places the menu by style attributes
        page.wait_for_selector(".dropdown-menu.show")

        walk.open("/requests/1/")  # a live screen: another's note arrives by itself
        live.script(
            "from shouhou.requests.models import ServiceRequest; from shouhou.people.models import User\n"
            "from shouhou.requests.actions.talk import write_note\n"
            "write_note(ServiceRequest.objects.get(pk=1), text='Ersatzteil da', by=User.objects.get(username='agent'))"
        )
        page.wait_for_selector("text=Ersatzteil da", timeout=15_000)
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x: onerror=\"window.burnt = 1\">')")
        page.wait_for_timeout(300)
        assert page.evaluate("window.burnt") is None
        refused = [t for t in walk.troubles if "onerror" in t or "inline event handler" in t or "x:" in t]
        assert refused
        assert [t for t in walk.troubles if t not in refused] == []

        clerk = Walk(chrome, live, "clerk")
        clerk.open("/portal/", "/portal/requests/1/")
        assert clerk.troubles == []
        chrome.close()


def test_the_policy_names_no_foreign_place():
    assert "http" not in POLICY
    assert "unsafe-eval" not in POLICY
