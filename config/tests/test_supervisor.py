"""`./run up` as a process among processes: killed, restarted, ended, twice on one machine."""

import os
import signal
import sys
import time
from collections.abc import Iterator

import psycopg
import pytest

from config.tests.live import System

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture(scope="module")
def home() -> Iterator[System]:
    """One system for the tests of this file; each starts it again where it is down."""
    made = System()
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture
def system(home) -> System:
    if home.process is None or home.process.poll() is not None:
        home.up()
    assert home.until(lambda: home.page()), home.said()
    return home


def test_the_first_page_is_the_wizard_with_the_key_that_the_start_said(system):
    assert "Setup key: " in system.said()
    assert "<form" in system.page("/")
    assert system.page("/accounts/login/")
    assert (system.home / "secret_key").stat().st_mode & 0o077 == 0


def test_a_killed_web_server_comes_back_and_leaves_nothing_behind(system):
    (web,) = system.children_of_supervisor("config.web")
    old = system.pids("config.web")
    os.kill(web, signal.SIGKILL)

    assert system.until(lambda: system.children_of_supervisor("config.web") - {web})
    assert system.until(lambda: system.page())
    assert "web stopped (-9) and is started again." in system.said()
    assert not old & system.pids("config.web"), "a process of the killed server still serves the port"


def test_a_killed_web_process_is_replaced(system):
    (child,) = system.pids("config.web") - system.children_of_supervisor("config.web")
    os.kill(child, signal.SIGKILL)
    assert system.until(lambda: system.pids("config.web") - system.children_of_supervisor("config.web") - {child})
    assert system.until(lambda: system.page())


def test_a_killed_worker_comes_back(system):
    (worker,) = system.children_of_supervisor("procrastinate")
    os.kill(worker, signal.SIGKILL)
    assert system.until(lambda: system.children_of_supervisor("procrastinate") - {worker})


def test_a_killed_database_comes_back_under_the_running_servers(system):
    (database,) = system.children_of_supervisor("postgres -D")
    os.kill(database, signal.SIGKILL)
    assert system.until(lambda: "The database had stopped and was started again." in system.said())
    assert system.until(lambda: "<form" in system.page("/setup/"))


def test_after_the_plug_was_pulled_everything_written_is_there(system):
    system.script(
        "from shouhou.people.models import User; User.objects.create_user('li', 'correct-horse-1', name='李雷')"
    )
    system.kill_everything()
    assert system.page() == ""

    system.up()
    assert system.script("from shouhou.people.models import User; print(User.objects.get().name)") == "李雷"
    assert system.page("/accounts/login/")


def test_a_killed_supervisor_takes_everything_along_and_the_next_start_works(system):
    system.process.kill()
    system.process.wait()
    assert system.until(lambda: not system.processes(), 30), system.processes()

    system.up()
    assert system.page()


def test_the_same_home_cannot_run_twice(system):
    second = System()
    try:
        second.environment["SHOUHOU_HOME"] = str(system.home)
        done = second.verb("up", "--port", str(second.port))
        assert done.returncode == 1
        assert "Another Shouhou runs in" in done.stderr
        assert system.page()
    finally:
        second.home.rmdir()


def test_a_port_that_is_taken_is_named_with_a_way_out(system):
    done = system.verb("up", "--port", str(system.port))
    assert done.returncode == 1
    assert f"Port {system.port} is taken. Choose another: ./run up --port {system.port + 1}" in done.stderr


def test_two_homes_are_two_systems(system):
    other = System()
    try:
        other.up()
        other.script(
            "from shouhou.people.models import User; User.objects.create_user('wu', 'correct-horse-1', name='吴华')"
        )
        names = "from shouhou.people.models import User; print(*User.objects.values_list('username', flat=True))"
        assert other.script(names) == "wu"
        assert "wu" not in system.script(names)
        assert (other.home / "secret_key").read_text() != (system.home / "secret_key").read_text()
        assert other.down() == 0
        assert system.page()
    finally:
        other.remove()


def test_sigterm_ends_everything_with_no_process_left(system):
    assert len(system.processes()) >= 4
    began = time.monotonic()
    assert system.down() == 0
    assert system.processes() == {}
    assert time.monotonic() - began < 25
    assert not list((system.home / "postgres" / "data").glob("postmaster.pid"))


def test_verify_ends_with_1_when_a_row_was_changed_behind_the_product(system):
    system.script(
        "from django.utils import timezone\n"
        "from shouhou.people.models import User\n"
        "from shouhou.shared.journal import record\n"
        "from shouhou.shared import seal\n"
        "user = User.objects.create_user('han', 'correct-horse-1', name='韩梅')\n"
        "for n in range(5): record('person.appointed', subject=user, by=None)\n"
        "seal.seal()"
    )
    whole = system.verb("verify")
    assert (whole.returncode, "TAMPERED" in whole.stdout) == (0, False), whole.stdout + whole.stderr
    socket = str(system.home / "postgres" / "run")
    with psycopg.connect(f"postgresql://postgres@/shouhou?host={socket}", autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        (victim,) = superuser.execute(
            "UPDATE shared_event SET by_id = 1 WHERE id = (SELECT min(event_id) FROM shared_seal) RETURNING id"
        ).fetchone()

    broken = system.verb("verify")
    assert broken.returncode == 1
    assert f"TAMPERED: event {victim} was altered" in broken.stdout
