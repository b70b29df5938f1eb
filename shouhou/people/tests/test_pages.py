"""One's own settings, the language switch, and the administrators' pages."""

from datetime import date

import pytest
from django.utils import translation
from django.utils.translation import gettext

from shouhou.people.actions import appoint
from shouhou.people.models import Organisation, User

pytestmark = pytest.mark.django_db
ADMIN_PAGES = ["/people/", "/people/new/", "/people/organisations/"]


def me(**changes: str) -> dict[str, str]:
    return {
        "name": "李雷", "email": "li@example.cn", "phone": "", "language": "zh-hans", "zone": "Asia/Shanghai",
        "theme": "auto", **changes,
    }  # fmt: skip


def colleague(company, **changes):
    return {
        "username": "han", "name": "韩梅", "number": "HX9", "email": "", "phone": "", "is_active": "on",
        "organisation": company.pk, "roles": ["agent"], "password": "correct-horse-2", **changes,
    }  # fmt: skip


@pytest.fixture
def admin(person):
    return person("admin", "administrator")


def test_a_person_sets_name_zone_theme_and_language(client, person):
    user = person("li", "agent")
    client.force_login(user)
    sent = client.post("/people/me/", me(zone="Europe/Berlin", theme="dark", language="en"))
    assert (sent.status_code, sent["Location"]) == (302, "/people/me/")

    user.refresh_from_db()
    assert (user.name, user.zone, user.theme, user.language) == ("李雷", "Europe/Berlin", "dark", "en")
    page = client.get("/people/me/")
    assert page.headers["Content-Language"] == "en"
    assert "My settings" in page.content.decode()


@pytest.mark.parametrize(
    "wrong", [{"zone": "Mars/Phobos"}, {"language": "xx"}, {"theme": "x"}, {"name": ""}, {"email": "x"}]
)
def test_wrong_settings_are_shown_again_and_change_nothing(client, person, wrong):
    user = person("li", "agent", name="旧")
    client.force_login(user)
    answer = client.post("/people/me/", me(**wrong))
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    user.refresh_from_db()
    assert (user.name, user.zone) == ("旧", "Asia/Shanghai")


def test_nobody_gives_oneself_rights_by_the_settings(client, person, company):
    user = person("li", "agent")
    client.force_login(user)
    client.post(
        "/people/me/", {**me(), "is_superuser": "on", "is_staff": "on", "username": "root", "roles": "administrator"}
    )
    user = User.objects.get(pk=user.pk)
    assert (user.username, user.is_superuser, user.is_staff, user.roles) == ("li", False, False, {"agent"})


def test_a_visitor_switches_the_language_and_stays_on_the_page(client, company):
    answer = client.post("/people/language/", {"language": "en", "next": "/accounts/login/"})
    assert answer["Location"] == "/accounts/login/"
    assert client.get("/accounts/login/").headers["Content-Language"] == "en"


def test_a_signed_in_person_keeps_the_switched_language(client, person):
    user = person("li", "agent")
    client.force_login(user)
    client.post("/people/language/", {"language": "en", "next": "/"})
    user.refresh_from_db()
    assert user.language == "en"


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"]
)
def test_the_switch_leads_to_no_foreign_page(client, company, back):
    assert client.post("/people/language/", {"language": "en", "next": back})["Location"] == "/"


def test_an_unknown_language_changes_nothing(client, company):
    answer = client.post("/people/language/", {"language": "xx", "next": "/accounts/login/"})
    assert "language" not in answer.cookies


@pytest.mark.parametrize("role", ["administrator", "general_manager"])
@pytest.mark.parametrize("address", ADMIN_PAGES)
def test_administrators_and_general_managers_keep_people(client, person, role, address):
    client.force_login(person("li", role))
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("role", ["agent", "duty_manager", "engineer", "supervisor", "document_keeper", None])
@pytest.mark.parametrize("address", ADMIN_PAGES)
def test_nobody_else_does(client, person, company, role, address):
    client.force_login(person("li", *([role] if role else [])))
    for answer in (client.get(address), client.post(address, colleague(company))):
        assert answer.status_code in (302, 403, 404, 405, 409), answer.status_code
    assert not User.objects.filter(username="han").exists()


def test_a_new_colleague_may_sign_in_with_the_roles_given(client, admin, company):
    client.force_login(admin)
    answer = client.post("/people/new/", colleague(company, roles=["agent", "trainer"]))
    assert (answer.status_code, answer["Location"]) == (302, "/people/")

    han = User.objects.get(username="han")
    assert han.roles == {"agent", "trainer"}
    assert han.check_password("correct-horse-2")


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": ""}, {"password": "short"}, {"roles": []}, {"roles": ["king"]}, {"username": "admin"},
        {"organisation": 0},
    ],
)  # fmt: skip
def test_a_colleague_with_a_mistake_is_not_made(client, admin, company, wrong):
    client.force_login(admin)
    answer = client.post("/people/new/", colleague(company, **wrong))
    assert answer.status_code == 422
    assert not User.objects.filter(username="han").exists()
    assert User.objects.count() == 1


def test_a_colleague_keeps_the_password_where_none_is_typed(client, admin, person, company):
    li = person("li", "agent")
    client.force_login(admin)
    answer = client.post(f"/people/{li.pk}/", colleague(company, username="li", password="", roles=["engineer"]))
    assert answer.status_code == 302
    li = User.objects.get(pk=li.pk)
    assert (li.roles, li.check_password("correct-horse-1")) == ({"engineer"}, True)


def test_an_administrator_of_a_centre_stays_inside_it(client, person, company, centre):
    """Neither the people nor the organisations above are theirs to change, and no role there is theirs to give."""
    boss = person("boss", "general_manager")
    client.force_login(person("local", "administrator", organisation=centre))

    assert client.get(f"/people/{boss.pk}/").status_code == 404
    assert client.post(f"/people/{boss.pk}/", colleague(centre, username="boss")).status_code == 404
    assert client.post("/people/new/", colleague(company)).status_code == 422
    page = client.get("/people/").content.decode()
    assert ("local" in page, "boss" in page) == (True, False)
    fields = {"name": "X", "kind": "centre", "parent": company.pk, "zone": "Asia/Shanghai"}
    assert client.post("/people/organisations/", fields).status_code == 422


def test_an_administrator_of_a_centre_cannot_take_over_somebody_who_also_holds_a_role_above(client, person, centre):
    boss = person("boss", "general_manager")
    appoint(user=boss, role="trainer", organisation=centre, from_on=date(2020, 1, 1), by=None)
    client.force_login(person("local", "administrator", organisation=centre))

    client.post(f"/people/{boss.pk}/", colleague(centre, username="boss", password="taken-over-99"))
    boss.refresh_from_db()
    assert boss.check_password("correct-horse-1")


def test_a_new_organisation_hangs_in_the_tree(client, admin, company):
    client.force_login(admin)
    fields = {"name": "昆明服务中心", "kind": "centre", "parent": company.pk, "zone": "Asia/Shanghai"}
    assert client.post("/people/organisations/", fields).status_code == 302
    assert Organisation.objects.get(name="昆明服务中心").path.startswith(company.path)


@pytest.mark.parametrize("wrong", [{"zone": "Mars/Phobos"}, {"parent": ""}, {"name": "华信软件"}, {"kind": "x"}])
def test_a_wrong_organisation_is_not_made(client, admin, company, wrong):
    client.force_login(admin)
    fields = {"name": "昆明", "kind": "centre", "parent": company.pk, "zone": "Asia/Shanghai", **wrong}
    assert client.post("/people/organisations/", fields).status_code == 422
    assert Organisation.objects.count() == 1


@pytest.mark.parametrize(("language", "label"), [("zh-hans", "可以登录"), ("en", "May sign in")])
def test_the_form_of_a_colleague_speaks_one_language_and_explains_itself(client, person, language, label):
    boss = person("boss", "administrator", language=language)
    other = person("han", "agent")
    client.force_login(boss)
    new, old = (client.get(a).content.decode() for a in ("/people/new/", f"/people/{other.pk}/"))
    assert label in new
    assert ("Is active" in new, "Ctrl" in new) == (False, True)
    with translation.override(language):
        keep = gettext("At least 10 characters; leave empty to keep it.")
    assert (keep in new, keep in old) == (False, True)


def test_a_user_name_that_is_taken_is_told_in_chinese_only(client, admin, company, person):
    person("han", "agent")
    client.force_login(admin)
    answer = client.post("/people/new/", colleague(company))
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["username"])
    assert answer.context["form"].errors["username"] == ["该用户名已被使用，请换一个。"]


def test_a_new_colleague_needs_a_password_and_an_edited_one_keeps_it(client, admin, company, person):
    client.force_login(admin)
    answer = client.post("/people/new/", colleague(company, password=""))
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["password"])
    other = person("han", "agent")
    assert client.post(f"/people/{other.pk}/", colleague(company, password="")).status_code == 302
    other.refresh_from_db()
    assert other.check_password("correct-horse-1")
