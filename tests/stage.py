"""The stage of every test process: an embedded PostgreSQL of its own, a migrated template, and a copy of it.

A pytest plugin (addopts -p tests.stage) and no conftest, since the database must be named before Django reads its
settings. Each worker has a server of its own, since open transactions of one would hold back the pump of the other:
transaction numbers are counted per server, not per database. The app role may neither create databases nor truncate
tables, so copies are made as the superuser.
"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from itertools import pairwise
from pathlib import Path

from config.postgres import TEST_SETTINGS, EmbeddedPostgres
from config.roles import APP, as_role, create_database
from config.translations import compile_all

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "shouhou_template"


def start_server() -> str:
    """Start the server of this process with its migrated template, and return its address."""
    home = Path(tempfile.mkdtemp(prefix="shouhou-test-"))
    home.chmod(0o755)
    os.environ["SHOUHOU_HOME"] = str(home / "home")
    server = EmbeddedPostgres(home / "pg", TEST_SETTINGS)
    server.start()
    owner = os.getpid()

    def end() -> None:
        if os.getpid() == owner:  # not in a forked child
            server.stop()
            shutil.rmtree(home, ignore_errors=True)

    atexit.register(end)
    create_database(server.url(), TEMPLATE)
    # In a process of its own: nobody may be connected to a template that is being copied.
    environment = {**os.environ, "DATABASE_URL": server.url(TEMPLATE), "DJANGO_SETTINGS_MODULE": "config.settings"}
    code = "import os; from config.install import prepare; prepare(os.environ['DATABASE_URL'])"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)
    return server.url()


def copy_of_template() -> str:
    """The superuser's address of a fresh, migrated database."""
    server = os.environ["SHOUHOU_TEST_SERVER"]
    name = f"test_{uuid.uuid4().hex[:12]}"
    create_database(server, name, template=TEMPLATE)
    return server.replace("/postgres?", f"/{name}?")


def runs_tests() -> bool:
    """Whether this process runs tests itself, and does not only hand them out to workers (pytest -n)."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return True
    counts = [word.removeprefix("-n") or after for word, after in pairwise([*sys.argv, "0"]) if word.startswith("-n")]
    return all(count == "0" for count in counts)


if runs_tests():
    compile_all()
    os.environ["SHOUHOU_TEST_SERVER"] = start_server()
    os.environ["DATABASE_URL"] = as_role(copy_of_template(), APP)
else:
    os.environ["DATABASE_URL"] = "postgresql://nobody@localhost/nothing"
