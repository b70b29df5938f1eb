"""Connections that say nothing do not keep others from the pages, and no address offers a weaker way in."""

import socket
import time
from contextlib import ExitStack
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.apps import apps

from config.supervise import CONNECTIONS, allow_open_files, commands
from shouhou.shared import live
from tests.live import running

UNFINISHED = b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\nabc"


@pytest.mark.django_db
def test_there_is_one_sign_in_page_and_it_knows_the_second_step(client):
    assert client.get("/admin/").status_code == client.post("/admin/login/").status_code == 404
    assert not apps.is_installed("django.contrib.admin")


def test_streams_leave_room_for_pages():
    assert live.PER_PROCESS < CONNECTIONS
    assert str(CONNECTIONS) in commands("127.0.0.1", 1, 1)["web"]


def test_hundreds_of_silent_connections_stop_nobody(tmp_path):
    allow_open_files()
    with running(tmp_path) as system, ExitStack() as open_ones:
        port = int(system.url.rpartition(":")[2])
        held = []
        for number in range(300):
            one = open_ones.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            if number % 2:
                one.sendall(UNFINISHED)
            held.append(one)
        time.sleep(0.5)
        with urlopen(f"{system.url}/accounts/login/", timeout=10) as page:
            assert page.status == 200
        sent = Request(f"{system.url}/accounts/login/", b"x" * 1024 * 1024, {"Cookie": "language=en"})
        with pytest.raises(HTTPError, match="413") as refused:
            urlopen(sent, timeout=10)
        assert "64 KB" in refused.value.read().decode()
        assert held[0].recv(1) == b""  # who says nothing is hung up on
