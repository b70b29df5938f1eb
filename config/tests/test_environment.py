"""Settings are read from the environment; a bad value stops the start with the remedy."""

import os
import subprocess
import sys

import pytest

from config import environment
from config.environment import BadSetting
from config.roles import APP, as_role
from tests.stage import ROOT


@pytest.mark.parametrize(
    ("value", "read"),
    [("true", True), ("TRUE", True), ("1", True), ("yes", True), ("false", False), ("0", False), ("no", False)],
)
def test_a_switch_is_yes_or_no(monkeypatch, value, read):
    monkeypatch.setenv("SWITCH", value)
    assert environment.boolean("SWITCH", not read) is read


@pytest.mark.parametrize("default", [True, False])
def test_an_empty_switch_stays_as_it_is_by_default(monkeypatch, default):
    monkeypatch.setenv("SWITCH", "")
    assert environment.boolean("SWITCH", default) is default
    monkeypatch.delenv("SWITCH")
    assert environment.boolean("SWITCH", default) is default


@pytest.mark.parametrize("value", ["on", "2", "maybe", "ture", " "])
def test_a_switch_that_says_something_else_stops_the_start(monkeypatch, value):
    monkeypatch.setenv("SWITCH", value)
    with pytest.raises(BadSetting, match="SWITCH=true or SWITCH=false"):
        environment.boolean("SWITCH")


@pytest.mark.parametrize(("value", "read"), [("25", 25), ("", 7), ("1", 1), ("99", 99)])
def test_a_number_between_its_bounds(monkeypatch, value, read):
    monkeypatch.setenv("SIZE", value)
    assert environment.integer("SIZE", 7, least=1, most=99) == read


@pytest.mark.parametrize("value", ["0", "100", "-1", "x", "1.5", "1e3"])
def test_any_other_number_stops_the_start(monkeypatch, value):
    monkeypatch.setenv("SIZE", value)
    with pytest.raises(BadSetting, match="SIZE"):
        environment.integer("SIZE", 7, least=1, most=99)


def test_a_secret_comes_from_a_file(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("hush\n")
    monkeypatch.setenv("KEY", "from the variable")
    monkeypatch.setenv("KEY_FILE", str(tmp_path / "secret"))
    assert environment.text("KEY") == "hush"


def test_a_secret_file_that_is_missing_is_named(monkeypatch):
    monkeypatch.setenv("KEY_FILE", "/nowhere/secret")
    with pytest.raises(BadSetting, match="KEY_FILE: cannot read /nowhere/secret"):
        environment.text("KEY")


@pytest.mark.parametrize(
    ("url", "host", "port", "name", "user", "password"),
    [
        ("postgresql://li:p%40ss@db.example:5433/shouhou", "db.example", "5433", "shouhou", "li", "p@ss"),
        ("postgres://db.example/shouhou", "db.example", "", "shouhou", "", ""),
        ("postgresql://li@/shouhou?host=%2Ftmp%2Frun", "/tmp/run", "", "shouhou", "li", ""),
        ("postgresql://li@[::1]:5432/%E5%94%AE%E5%90%8E", "::1", "5432", "售后", "li", ""),
    ],
)
def test_the_address_of_a_database_in_its_parts(url, host, port, name, user, password):
    read = environment.database(url)
    assert (read["HOST"], read["PORT"], read["NAME"]) == (host, port, name)
    assert (read["USER"], read["PASSWORD"]) == (user, password)


def test_what_stands_after_the_question_mark_goes_to_the_driver():
    read = environment.database("postgresql://li@db/shouhou?sslmode=require&application_name=x")
    assert read["OPTIONS"]["sslmode"] == "require"
    assert read["OPTIONS"]["application_name"] == "x"


@pytest.mark.parametrize("url", ["mysql://db/x", "sqlite:///x", "db.example/shouhou", "postgresql://db.example/", ""])
def test_an_address_that_is_none_stops_the_start(url):
    with pytest.raises(BadSetting, match="DATABASE_URL"):
        environment.database(url)


def test_the_app_role_is_taken_on_by_whoever_signs_in():
    assert as_role("postgresql://postgres@/x?host=%2Ftmp%2Frun", APP).startswith(f"postgresql://{APP}@/x")
    elsewhere = environment.database(as_role("postgresql://admin:p@db:5432/x?sslmode=require", APP))
    assert elsewhere["USER"] == "admin"
    assert elsewhere["OPTIONS"]["options"] == f"-c role={APP}"
    assert elsewhere["OPTIONS"]["sslmode"] == "require"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too short"),
        ({"SHOUHOU_DEBUG": "on"}, "SHOUHOU_DEBUG"),
        ({"UPLOAD_MAX_BYTES": "12"}, "UPLOAD_MAX_BYTES=12 must lie between"),
        ({"EMAIL_PORT": "smtp"}, "EMAIL_PORT='smtp' is not a whole number"),
        ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL must start with postgresql://"),
    ],
)
def test_the_product_refuses_to_start_on_a_bad_value(tmp_path, changes, says):
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=ROOT, env={**os.environ, "SHOUHOU_HOME": str(tmp_path), **changes}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode != 0
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_secret_key_is_made_once_and_kept_to_its_owner(tmp_path):
    environ = {k: v for k, v in os.environ.items() if k != "SECRET_KEY"} | {"SHOUHOU_HOME": str(tmp_path / "new")}
    code = "from config import settings; print(settings.SECRET_KEY)"
    first, second = (
        subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, env=environ, text=True) for _ in range(2)
    )
    assert first == second
    assert len(first.strip()) > 60
    assert (tmp_path / "new" / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("given", "counted"),
    [({}, 0), ({"SHOUHOU_HTTPS": "true"}, 1), ({"SHOUHOU_HTTPS": "true", "TRUSTED_PROXY_COUNT": "2"}, 2)],
)
def test_the_proxy_that_speaks_https_is_counted(given, counted):
    code = "from django.conf import settings; print(settings.ALLAUTH_TRUSTED_PROXY_COUNT)"
    variables = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", **given}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=variables, capture_output=True, text=True)
    assert done.stdout.strip() == str(counted), done.stderr
