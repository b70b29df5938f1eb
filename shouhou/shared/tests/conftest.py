"""A database of its own for tests in which things must commit, and a way to run several people at once."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection

from tests.stage import copy_of_template


@contextmanager
def database_of_its_own(blocker, user: str = "") -> Iterator[str]:
    """Let this process work in a fresh copy of the database. Gives the superuser's address."""
    url = copy_of_template()
    name = urlsplit(url).path.lstrip("/")
    settings = connection.settings_dict
    before = {key: settings[key] for key in ("NAME", "USER")}
    connection.close()
    settings.update(NAME=name, USER=user or settings["USER"])
    with blocker.unblock():
        try:
            yield url
        finally:
            connection.close()
            settings.update(before)
            with psycopg.connect(os.environ["SHOUHOU_TEST_SERVER"], autocommit=True) as server:
                server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def committed(django_db_blocker) -> Iterator[str]:
    """A database for one test in which every write commits."""
    with database_of_its_own(django_db_blocker) as url:
        yield url


@pytest.fixture(scope="module")
def committed_once(django_db_blocker) -> Iterator[str]:
    """A database for the tests of one file, in which every write commits."""
    with database_of_its_own(django_db_blocker) as url:
        yield url


@pytest.fixture(scope="module")
def superuser_once(django_db_blocker) -> Iterator[str]:
    """As `committed_once`, and the process works in it as a superuser."""
    with database_of_its_own(django_db_blocker, "postgres") as url:
        yield url


@pytest.fixture
def together() -> Callable[..., list[object]]:
    """Run functions at the same time, each on a connection of its own; gives what each returned or raised."""

    def run(*calls: Callable[[], object]) -> list[object]:
        results: list[object] = [None] * len(calls)
        gate = threading.Barrier(len(calls))

        def one(index: int) -> None:
            try:
                gate.wait(10)
                results[index] = calls[index]()
            except Exception as trouble:
                results[index] = trouble
            finally:
                connection.close()

        threads = [threading.Thread(target=one, args=(i,)) for i in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads), "a thread hangs"
        return results

    return run


@pytest.fixture(scope="module")
def probe() -> Iterator[str]:
    """A fact that only tests declare."""
    from shouhou.shared.facts import DECLARED, Declared

    DECLARED["probe.seen"] = Declared("probe.seen", "Seen")
    yield "probe.seen"
    del DECLARED["probe.seen"]
