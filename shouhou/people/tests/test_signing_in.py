"""The door: password, second step, lock-out, sign-out; in Chinese and in English."""

import base64
import hashlib
import hmac
import re
import struct
import time

import pytest
from django.core.cache import cache
from django.core.cache.backends import locmem
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

from shouhou.people.models import User

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
PASSWORD = "correct-horse-1"


@pytest.fixture(autouse=True)
def _fresh_counters():
    """Failed attempts are counted in the cache."""
    cache.clear()
    yield
    cache.clear()


def sign_in(client, username: str, password: str = PASSWORD, **fields: str):
    return client.post(LOGIN, {"login": username, "password": password, **fields})


def signed_in(client) -> bool:
    return client.get("/people/me/").status_code == 200


def text(answer) -> str:
    return str(answer.content.decode())


def without_tokens(page: str) -> str:
    return re.sub(r'"[0-9a-zA-Z]{64}"', "", page)


def prove_again(client) -> None:
    """Before the second step is switched on, the password is asked once more."""
    asked = client.get("/accounts/2fa/totp/activate/")
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert client.get(asked["Location"]).status_code == 200
    assert client.post(asked["Location"], {"password": "wrong-horse-1"}).status_code == 200
    assert client.post(asked["Location"], {"password": PASSWORD})["Location"] == "/accounts/2fa/totp/activate/"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_speaks_the_language_of_the_visitor(client, company, language):
    client.cookies["language"] = language
    page = client.get(LOGIN)
    assert (page.status_code, page.headers["Content-Language"]) == (200, language)
    assert f'<html lang="{language}"'.lower() in text(page).lower()
    with translation.override(language):
        words = [gettext("Sign in"), gettext("User name or e-mail"), gettext("Password")]
    assert all(word in text(page) for word in words)
    assert language == "zh-hans" or words[0] == "Sign in"


def test_a_visitor_without_a_choice_reads_chinese(client, company):
    assert client.get(LOGIN).headers["Content-Language"] == "zh-hans"
    client.cookies["language"] = "klingon"
    assert client.get(LOGIN).headers["Content-Language"] == "zh-hans"


def test_the_right_password_opens_and_by_e_mail_too(client, person):
    person("li", "agent", email="li@example.cn")
    assert sign_in(client, "li")["Location"] == "/"
    assert signed_in(client)

    other = Client()
    assert sign_in(other, "li@example.cn").status_code == 302
    assert signed_in(other)


@pytest.mark.parametrize(
    ("username", "password"), [("li", "wrong-horse-1"), ("nobody", PASSWORD), ("li", ""), ("", "x")]
)
def test_a_wrong_pair_stays_outside_and_names_the_trouble(client, person, username, password):
    person("li", "agent")
    answer = sign_in(client, username, password)
    assert answer.status_code == 200
    assert "alert" in text(answer)
    assert not signed_in(client)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_message_does_not_tell_whether_the_name_exists(client, person, language):
    person("li", "agent")
    client.cookies["language"] = language
    known, unknown = (text(sign_in(client, name, "wrong-horse-1")) for name in ("li", "nobody"))
    assert ("您提供的用户名或密码不正确" in known) is (language == "zh-hans")
    assert ("password you specified are not correct" in known) is (language == "en")
    assert without_tokens(known).replace("li", "") == without_tokens(unknown).replace("nobody", "").replace("li", "")


def test_a_wrong_password_is_no_form_that_was_not_saved_and_the_way_out_is_named(client, person):
    person("li", "agent")
    answer = text(sign_in(client, "li", "wrong-horse-1"))
    assert "登录失败" in answer
    assert "尚未保存" not in answer
    assert "忘记密码" in answer
    assert 'href="/accounts/password/reset/"' in answer
    assert client.get("/accounts/password/reset/").status_code == 200


def test_who_left_may_not_come_in(client, person):
    person("li", "agent", is_active=False)
    sign_in(client, "li")
    assert not signed_in(client)


def test_the_page_that_was_asked_for_comes_after_signing_in_but_no_foreign_one(client, person):
    person("li", "agent")
    asked = client.get("/customers/")
    assert asked["Location"] == "/accounts/login/?next=/customers/"
    assert sign_in(client, "li", next="/customers/")["Location"] == "/customers/"
    assert sign_in(Client(), "li", next="https://evil.example/")["Location"] == "/"


def test_nobody_makes_an_account_for_oneself(client, company):
    client.post("/accounts/signup/", {"username": "intruder", "password1": PASSWORD, "password2": PASSWORD})
    assert not User.objects.filter(username="intruder").exists()


def test_after_five_wrong_passwords_the_right_one_must_wait_too(client, person):
    person("li", "agent")
    person("wang", "agent")
    for _attempt in range(5):
        sign_in(client, "li", "wrong-horse-1")

    locked = sign_in(client, "li")
    assert locked.status_code in (200, 429)
    assert not signed_in(client)
    sign_in(client, "wang", "wrong-horse-1")  # a colleague at the same address still gets to try
    assert sign_in(client, "wang").status_code == 302


def test_wrong_passwords_are_counted_by_all_web_processes_together(client, person):
    person("li", "agent")
    for _attempt in range(5):
        sign_in(client, "li", "wrong-horse-1")
        for memory in locmem._caches.values():
            memory.clear()  # another process has none of this one's
    sign_in(client, "li")
    assert not signed_in(client)


@pytest.mark.parametrize(
    ("proxies", "passed_on", "opens"),
    [
        (1, ["9.9.9.1", "9.9.9.2"], True),  # two visitors behind our proxy
        (1, ["1.1.1.1, 9.9.9.1", "2.2.2.2, 9.9.9.1"], False),  # one visitor who claims to be others
        (0, ["9.9.9.1", "9.9.9.2"], False),  # no proxy of ours: the header is a visitor's invention
    ],
)
def test_limits_count_the_visitor_and_not_the_proxy(person, settings, proxies, passed_on, opens):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    person("li", "agent")
    stranger, colleague = (Client(headers={"X-Forwarded-For": address}) for address in passed_on)
    for attempt in range(12):
        sign_in(stranger, f"nobody-{attempt}", "wrong-horse-1")
    sign_in(colleague, "li")
    assert signed_in(colleague) is opens


def test_signing_out_ends_the_session_in_every_process(client, person, settings):
    """Each web process has a memory of its own; none may go on with a session that another one ended."""
    person("li", "agent")

    def in_process(name: str) -> None:
        settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": name}}

    in_process("one")
    sign_in(client, "li")
    in_process("two")
    assert signed_in(client)
    stolen = client.cookies["sessionid"].value
    in_process("one")
    client.post("/accounts/logout/")

    for name in ("one", "two"):
        in_process(name)
        client.cookies["sessionid"] = stolen
        assert not signed_in(client), f"process {name} still knows the session"


def test_leaving_needs_a_post(client, person):
    person("li", "agent")
    sign_in(client, "li")
    client.get("/accounts/logout/")
    assert signed_in(client)
    client.post("/accounts/logout/")
    assert not signed_in(client)


def test_a_changed_password_ends_the_other_sessions(client, person):
    person("li", "agent")
    other = Client()
    sign_in(client, "li")
    sign_in(other, "li")
    fields = {"oldpassword": PASSWORD, "password1": "another-horse-2", "password2": "another-horse-2"}
    assert client.post("/accounts/password/change/", fields).status_code == 302

    assert signed_in(client) or sign_in(client, "li", "another-horse-2").status_code == 302
    assert not signed_in(other)


@pytest.mark.parametrize("weak", ["short1", "password123", "1234567890"])
def test_weak_passwords_are_refused(client, person, weak):
    user = person("li", "agent")
    sign_in(client, "li")
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": weak, "password2": weak})
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_request_of_another_site_is_turned_away(person):
    person("li", "agent")
    strict = Client(enforce_csrf_checks=True)
    assert sign_in(strict, "li").status_code == 403


# --- the second step ------------------------------------------------------------------------------


def code(secret: str) -> str:
    """What the phone shows now (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


@pytest.fixture
def enrolled(client, person):
    """A colleague with the second step switched on; gives the secret that the phone keeps."""
    person("li", "agent")
    sign_in(client, "li")
    prove_again(client)
    page = client.get("/accounts/2fa/totp/activate/")
    secret: str = page.context["form"].secret
    assert client.post("/accounts/2fa/totp/activate/", {"code": code(secret)}).status_code == 302
    client.post("/accounts/logout/")
    cache.clear()  # a code works once; the next test needs no half minute of waiting
    return secret


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_to_enrol_shows_the_secret_and_a_picture(client, person, language):
    person("li", "agent", language=language)
    sign_in(client, "li")
    assert client.get("/accounts/2fa/").status_code == 200
    prove_again(client)
    page = client.get("/accounts/2fa/totp/activate/")
    assert page.status_code == 200
    assert page.context["form"].secret in text(page)
    assert "data:image/svg+xml" in text(page)


def test_a_wrong_code_does_not_enrol(client, person):
    person("li", "agent")
    sign_in(client, "li")
    prove_again(client)
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200
    assert client.post("/accounts/2fa/totp/activate/", {"code": "000000"}).status_code == 200
    client.post("/accounts/logout/")
    assert sign_in(client, "li")["Location"] == "/"


def test_password_and_code_open(client, enrolled):
    answer = sign_in(client, "li")
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert not signed_in(client)
    assert client.get(answer["Location"]).status_code == 200

    assert client.post(answer["Location"], {"code": code(enrolled)}).status_code == 302
    assert signed_in(client)


def test_the_password_alone_or_a_wrong_or_used_code_does_not_open(client, enrolled):
    door = sign_in(client, "li")["Location"]
    client.post(door, {"code": "000000"})
    assert not signed_in(client)
    used = code(enrolled)
    client.post(door, {"code": used})
    assert signed_in(client)

    other = Client()
    other.post(sign_in(other, "li")["Location"], {"code": used})
    assert not signed_in(other) or code(enrolled) != used


def test_the_second_step_cannot_be_entered_without_the_first(client, enrolled):
    answer = client.get("/accounts/2fa/authenticate/")
    assert (answer.status_code, answer["Location"]) == (302, LOGIN)
