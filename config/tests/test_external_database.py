"""DATABASE_URL: install and run against a PostgreSQL that somebody else looks after (Debian's, version 15)."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.roles import create_database
from config.tests.live import System
from tests.live import free_port

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
PASSWORD = "s3cret p@ss/word"
QUOTED = "s3cret%20p%40ss%2Fword"

pytestmark = pytest.mark.skipif(
    not (PROGRAMS / "postgres").exists(),
    reason="No PostgreSQL 15 on this machine (apt-get install -y --no-install-recommends postgresql-15).",
)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server with passwords on a port; gives the address of its administrator, who is not called postgres."""
    folder = Path(tempfile.mkdtemp(prefix="shouhou-pg15-"))
    identity: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    (folder / "password").write_text(PASSWORD)
    if identity:
        for path in (folder, folder / "password"):
            shutil.chown(path, "nobody", "nogroup")
    data, port = folder / "data", free_port()
    subprocess.run(
        [PROGRAMS / "initdb", "-D", data, "-U", "keeper", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}",
         "--encoding=UTF8", "--locale=C.UTF-8"],
        check=True, capture_output=True, cwd="/", **identity,
    )  # fmt: skip
    process = subprocess.Popen(
        [PROGRAMS / "postgres", "-D", data, "-p", str(port), "-k", folder, "-c", "fsync=off"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **identity,
    )  # fmt: skip
    try:
        url = f"postgresql://keeper:{QUOTED}@127.0.0.1:{port}"
        assert System.until(lambda: answers(f"{url}/postgres")), "PostgreSQL 15 did not start"
        yield url
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture(scope="module")
def system(server) -> Iterator[System]:
    create_database(f"{server}/postgres", "shouhou")
    made = System(f"{server}/shouhou")
    try:
        yield made
    finally:
        made.remove()


def ask(server: str, question: str) -> Any:
    with psycopg.connect(f"{server}/shouhou") as connection:
        row = connection.execute(question).fetchone()
        return row[0] if row and len(row) == 1 else row


def test_installing_makes_roles_tables_and_rights_and_doing_it_again_changes_nothing(system, server):
    for _time in range(2):
        done = system.verb("manage", "migrate", "--check", "--database", "default")
        assert done.returncode == 0, done.stderr
    assert ask(server, "SELECT count(DISTINCT tableowner) = 1 FROM pg_tables WHERE tablename LIKE 'shared_%'")
    assert ask(server, "SELECT min(tableowner) FROM pg_tables WHERE tablename LIKE 'shared_%'") == "shouhou_owner"
    rights = "has_table_privilege('shouhou_app', 'shared_event', '{}')"
    allowed = [ask(server, "SELECT " + rights.format(r)) for r in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")]
    assert allowed == [True, True, False, False, False]


def test_the_product_runs_as_the_app_role_whoever_signs_in(system):
    code = "from django.db import connection as c; k = c.cursor(); k.execute('SELECT {}'); print(*k.fetchone())"
    assert system.script(code.format("session_user, current_user")) == "keeper shouhou_app"


def test_it_runs_writes_and_verifies_without_a_database_of_its_own(system):
    system.up()
    assert "<form" in system.page("/")
    assert not (system.home / "postgres").exists()
    system.script(
        "from shouhou.people.models import User\n"
        "from shouhou.shared.journal import record\n"
        "record('person.appointed', subject=User.objects.create_user('li', 'correct-horse-1', name='李雷'), by=None)"
    )
    sealed = "from shouhou.shared.models import Event as E, Seal; print(0 < E.objects.count() == Seal.objects.count())"
    assert System.until(lambda: system.script(sealed) == "True"), "the worker seals every ten seconds"
    assert system.verb("verify").returncode == 0
    assert system.down() == 0
    assert system.processes() == {}


def test_a_database_that_cannot_read_chinese_is_refused_with_the_remedy(server):
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE plain TEMPLATE template0 LC_CTYPE 'C' LC_COLLATE 'C'")
    system = System(f"{server}/plain")
    try:
        done = system.verb("verify")
        assert done.returncode != 0
        assert "Make it anew with C.UTF-8" in done.stderr
    finally:
        system.remove()
