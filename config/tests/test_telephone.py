"""`./run telephone` with a telephone system and a door that come and go: nothing is lost, each call's order is kept."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from functools import partial

import pytest

from config.telephone import switchboard
from config.telephone.outbox import Outbox
from config.telephone.switchboard import Switchboard, listen_on
from config.tests.exchange import HOST, PASSWORD, SECRET, Asterisk, Door, Freeswitch, opened, renamed, until
from config.verbs import VERBS
from shouhou.hotline.rules import asterisk, freeswitch
from shouhou.hotline.tests import make_asterisk, make_freeswitch
from tests.live import free_port
from tests.stage import ROOT

SHORT = 0.02  # seconds between tries


class System:
    """One kind of telephone system: its double, our listener for it, and a call that is answered by 801."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        if kind == "asterisk":
            from config.telephone.asterisk import listen

            make, self.rules, self.double, self.user = make_asterisk, asterisk, Asterisk, "shouhou"
            self.id, self.events = make.LINKED, make.flat(*make.ANSWERED)
            self.beginning = make.flat(*make.ANSWERED[:6])
            self.row = {
                "Event": "CoreShowChannel", "Channel": make.CUSTOMER, "Uniqueid": self.id, "Linkedid": self.id,
            }  # fmt: skip
        else:
            from config.telephone.freeswitch import listen

            make, self.rules, self.double, self.user = make_freeswitch, freeswitch, Freeswitch, ""
            self.id, self.beginning = make.CALLER, make.flat(*make.QUEUED)
            self.events = [*self.beginning, make.hangs_up(90, make.LEG), make.hangs_up(91)]
            self.row = {"uuid": self.id, "call_uuid": self.id}
        self.listen = listen

    def other(self, n: int, events: list[dict[str, str]] | None = None) -> tuple[str, list[dict[str, str]]]:
        """Another call: its id and its events."""
        old, new = (self.id[:9], f"179142{n:03}") if self.kind == "asterisk" else (self.id[:8], f"{n:08}")
        return self.id.replace(old, new), renamed(events or self.events, old, new)


ANSWERED = [("ringing", ""), ("ringing", "801"), ("answered", "801"), ("hung_up", "")]


@pytest.fixture(params=["asterisk", "freeswitch"])
def system(request):
    return System(request.param)


@pytest.fixture
def door():
    door = Door(free_port())
    yield door
    door.close()


@asynccontextmanager
async def adapter(system, exchange, door, *, password=PASSWORD, said=None):
    """The adapter at work, without its process."""
    said = [] if said is None else said
    outbox = Outbox(door.url, SECRET, say=said.append, shortest=SHORT)
    board = Switchboard(system.rules.hear, outbox.put, said.append)
    listen = partial(system.listen, host=HOST, port=exchange.port, user=system.user, password=password)
    tasks = [asyncio.create_task(listen_on(listen, board, shortest=SHORT)), asyncio.create_task(outbox.run())]
    try:
        yield outbox, board
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(one, asyncio.CancelledError) for one in ended), ended
        if exchange.server:
            await exchange.drop()


def test_while_the_door_is_shut_nothing_is_lost_and_each_call_keeps_its_order(system, door):
    async def walk():
        exchange, said = system.double(), []
        await exchange.open()
        async with adapter(system, exchange, door, said=said) as (outbox, _board):
            await exchange.heard()
            calls = dict(system.other(n) for n in range(20))
            for turn in zip(*calls.values(), strict=True):  # all calls at once
                await exchange.say(*turn)
            await until(lambda: outbox.count == 20 * len(ANSWERED) and outbox.trouble)
            assert door.taken == {}
            with opened(door):
                await until(lambda: not outbox.count)
            half = system.other(77, system.beginning)[1]
            await exchange.say(*half)  # and it shuts once more
            await until(lambda: outbox.count == 3 and outbox.trouble)
            with opened(door):
                await until(lambda: not outbox.count)
        assert outbox.dropped == 0
        return set(calls), said

    calls, said = asyncio.run(walk())
    told = door.by_call()
    assert {call: told[call] for call in calls} == dict.fromkeys(calls, ANSWERED)
    assert told[system.other(77)[0]] == ANSWERED[:3]
    assert door.knocks == len(door.taken) == 20 * 4 + 3
    assert sum("The door does not answer" in line for line in said) == 2
    assert sum("takes messages again" in line for line in said) == 2


def test_a_connection_that_breaks_is_had_again_and_what_was_missed_is_found_out(system, door):
    going, events = system.other(2)

    async def walk():
        exchange, said = system.double(), []
        await exchange.open()
        with opened(door):
            async with adapter(system, exchange, door, said=said) as (outbox, board):
                await exchange.heard()
                await exchange.say(*system.beginning)
                await exchange.say(*system.other(2, system.beginning)[1])
                await until(lambda: outbox.sent == 6)
                await exchange.drop()
                await asyncio.sleep(5 * SHORT)
                exchange.channels = renamed([system.row], system.id, going)  # the first caller hung up meanwhile
                await exchange.open()
                await exchange.heard()
                await until(lambda: outbox.sent == 7)
                assert list(board.calls) == [going]
                await exchange.say(*events[-2:])
                await exchange.say(*system.other(3)[1])
                await until(lambda: outbox.sent == 12)
        assert exchange.logins == 2
        return said

    said = asyncio.run(walk())
    assert door.by_call() == dict.fromkeys([system.id, going, system.other(3)[0]], ANSWERED)
    assert said[0] == "Connected to the telephone system."
    assert sum("No connection" in line for line in said) >= 1
    assert said.count("Connected again.") == 1


def test_a_telephone_system_that_falls_silent_is_left_and_tried_again(system, door, monkeypatch):
    monkeypatch.setattr(switchboard, "PING", 0.05)
    monkeypatch.setattr(f"config.telephone.{system.kind}.TIMEOUT", 0.1)

    async def walk():
        exchange, said = system.double(), []
        await exchange.open()
        async with adapter(system, exchange, door, said=said) as (_outbox, board):
            await until(lambda: board.connections == 1)
            await asyncio.sleep(0.2)  # it is asked now and then, and answers
            assert board.connections == 1
            exchange.silent = True
            await until(lambda: any("No connection" in line for line in said))
            exchange.silent = False
            await until(lambda: board.connections == 2)
        return said

    assert any("does not answer" in line for line in asyncio.run(walk()))


def test_a_wrong_password_is_named_and_tried_again(system, door):
    async def walk():
        exchange, said = system.double(), []
        await exchange.open()
        async with adapter(system, exchange, door, password="guessed", said=said) as (_outbox, board):
            await until(lambda: said)
            await asyncio.sleep(5 * SHORT)
        assert board.connections == exchange.logins == 0
        return said

    (said,) = asyncio.run(walk())
    assert "refuses" in said


def test_a_user_of_the_directory_may_listen_to_a_freeswitch(door):
    system = System("freeswitch")
    system.user = "801@pbx.example"

    async def walk():
        exchange = system.double()
        await exchange.open()
        async with adapter(system, exchange, door):
            await exchange.heard()
        return exchange.logins

    assert asyncio.run(walk()) == 1


def test_something_else_at_the_address_is_no_telephone_system(system, door, monkeypatch):
    """The door itself, for example."""
    monkeypatch.setattr(f"config.telephone.{system.kind}.TIMEOUT", 0.3)

    async def walk():
        exchange, said = Door(door.port), []
        async with adapter(system, exchange, door, said=said):
            await until(lambda: said)
        return said

    with opened(door):
        assert "No connection" in asyncio.run(walk())[0]


def test_a_system_that_may_not_list_its_channels_is_listened_to_all_the_same(door):
    system = System("asterisk")

    async def walk():
        exchange, said = system.double(), []
        exchange.reports = False
        await exchange.open()
        with opened(door):
            async with adapter(system, exchange, door, said=said) as (outbox, board):
                await exchange.heard()
                await exchange.say(*system.beginning)
                await until(lambda: outbox.sent == 3)
                await exchange.drop()
                await exchange.open()
                await until(lambda: board.connections == 2)
                await exchange.say(*system.events[-2:])
                await until(lambda: outbox.sent == 4)
        return said

    assert any("does not say which channels exist" in line for line in asyncio.run(walk()))
    assert door.by_call() == {system.id: ANSWERED}


def test_an_event_that_cannot_be_read_does_not_silence_the_next(door, monkeypatch):
    system, said = System("freeswitch"), []

    async def walk():
        exchange = system.double()
        await exchange.open()
        with opened(door):
            async with adapter(system, exchange, door, said=said) as (outbox, _board):
                await exchange.heard()
                for body in (
                    b"{half",
                    b'["no event"]',
                    '{"Event-Name": "X", "Name": "陈"}'.encode("gbk"),
                ):
                    exchange.listeners[0].write(
                        b"Content-Length: %d\nContent-Type: text/event-json\n\n%s" % (len(body), body)
                    )
                await exchange.say(*system.events)
                await until(lambda: outbox.sent == 4)

    asyncio.run(walk())
    assert sum("could not be read" in line for line in said) == 2


# --- the process ----------------------------------------------------------------------------------


def run(*arguments, **environment):
    bare = {"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8", **environment}
    return subprocess.Popen(
        [sys.executable, "-m", "config.verbs", "telephone", *arguments],
        cwd=ROOT, env=bare, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_the_verb_tells_a_call_and_stops_when_it_is_told_to(system, door, tmp_path):
    (tmp_path / "secret").write_text(SECRET + "\n")
    (tmp_path / "password").write_text(PASSWORD + "\n", "utf-8")

    async def walk():
        exchange = system.double()
        await exchange.open()
        with opened(door):
            process = run(
                system.kind, "--url", door.url, "--port", str(exchange.port), "--secret-file", str(tmp_path / "secret"),
                "--password-file", str(tmp_path / "password"), *(["--user", system.user] if system.user else []),
            )  # fmt: skip
            try:
                await asyncio.wait_for(exchange.heard(), 30)
                await exchange.say(*system.events)
                await until(lambda: len(door.taken) == 4)
                process.send_signal(signal.SIGTERM)
                _out, said = await asyncio.to_thread(process.communicate, timeout=20)
            finally:
                process.kill()
        await exchange.drop()
        return process.returncode, said

    status, said = asyncio.run(walk())
    assert said.splitlines() == ["Connected to the telephone system.", "Stopped: 4 messages sent, 0 not sent, 0 lost."]
    assert status == 0
    assert door.by_call() == {system.id: ANSWERED}


GIVEN = {"TELEPHONE_SECRET": SECRET, "TELEPHONE_PASSWORD": PASSWORD}
URL = ("--url", "https://service.example/hotline/door/1/")


@pytest.mark.parametrize(
    ("arguments", "environment", "named"),
    [
        (("asterisk", *URL, "--user", "shouhou"), {}, "TELEPHONE_SECRET"),
        (("asterisk", *URL, "--user", "shouhou"), {"TELEPHONE_SECRET": SECRET}, "--password-file"),
        (("asterisk", *URL, "--user", "shouhou"), {**GIVEN, "TELEPHONE_SECRET": "letmein"}, "whsec_"),
        (("asterisk", *URL, "--user", "shouhou", "--secret-file", "/nowhere/secret"), GIVEN, "cannot read"),
        (("asterisk", *URL, "--user", "shouhou"), {**GIVEN, "TELEPHONE_PASSWORD": "a\r\nb"}, "--password-file"),
        (("asterisk", *URL), GIVEN, "--user"),
        (("freeswitch", *URL, "--user", "a\nb"), GIVEN, "--user"),
        (("freeswitch", "--url", "file:///etc/passwd"), GIVEN, "--url"),
        (("freeswitch", *URL, "--password", "x"), GIVEN, "password"),
        (("avaya", *URL), GIVEN, "avaya"),
    ],
)
def test_what_is_missing_or_wrong_is_named(arguments, environment, named, tmp_path, monkeypatch, capsys):
    for name in ("TELEPHONE_SECRET", "TELEPHONE_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        VERBS["telephone"](list(arguments))
    assert ended.value.code not in (0, None)
    assert named in f"{ended.value.code} {capsys.readouterr().err}"


def test_who_does_not_listen_does_not_load_the_library():
    code = "import sys, config.verbs, config.telephone.verb; print({'panoramisk', 'django'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "set()"
