"""`./run telephone asterisk|freeswitch`: the command line, the secrets, and an orderly end."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from config import environment
from config.telephone.outbox import Outbox
from config.telephone.switchboard import Switchboard, listen_on
from shouhou.hotline.rules import asterisk, freeswitch

PORTS = {"asterisk": 5038, "freeswitch": 8021}
RULES = {"asterisk": asterisk, "freeswitch": freeswitch}
GRACE = 8.0  # seconds for what still waits when the adapter is told to stop


def options(arguments: list[str]) -> argparse.Namespace:
    """The command line of `./run telephone`. No secret can be given on it: everybody on a machine can read it."""
    parser = argparse.ArgumentParser(
        prog="run telephone",
        description="Listen to a telephone system and tell our telephone door what happens to each call.",
        epilog="Secrets come from files or from TELEPHONE_SECRET and TELEPHONE_PASSWORD in the environment.",
    )
    parser.add_argument("system", choices=sorted(PORTS))
    parser.add_argument("--url", required=True, help="the door's address, as its page shows it")
    parser.add_argument("--secret-file", type=Path, help="a file that holds the door's secret (whsec_…)")
    parser.add_argument("--host", default="127.0.0.1", help="where the telephone system listens")
    parser.add_argument("--port", type=int, help="its port; AMI 5038, event socket 8021")
    parser.add_argument("--user", default="", help="AMI user; FreeSWITCH needs one only for its directory's users")
    parser.add_argument("--password-file", type=Path, help="a file that holds the password")
    parser.add_argument(
        "--context", action="append", metavar="PATTERN",
        help="where calls from outside arrive in the dial plan, may be given several times; "
        f"Asterisk {' '.join(asterisk.CONTEXTS)}, FreeSWITCH {' '.join(freeswitch.CONTEXTS)}",
    )  # fmt: skip
    chosen = parser.parse_args(arguments)
    if urlsplit(chosen.url).scheme not in ("http", "https") or not urlsplit(chosen.url).hostname:
        parser.error("--url must be an address that starts with https:// or http://")
    if not chosen.user.isprintable() or (chosen.system == "asterisk" and not chosen.user):
        parser.error("--user names the user of manager.conf")
    chosen.port = chosen.port or PORTS[chosen.system]
    chosen.secret = secret(chosen.secret_file, "TELEPHONE_SECRET", "--secret-file")
    if not chosen.secret.startswith("whsec_"):
        raise environment.BadSetting("The secret is not one of a door: copy it from the door's page (whsec_…).")
    chosen.password = secret(chosen.password_file, "TELEPHONE_PASSWORD", "--password-file")
    return chosen


def secret(file: Path | None, variable: str, option: str) -> str:
    """What a file holds, else the environment. Stops when neither has it, or when it would not stay on its line."""
    try:
        text = file.read_text("utf-8").strip() if file else environment.text(variable).strip()
    except (OSError, UnicodeDecodeError) as trouble:
        raise environment.BadSetting(f"{option}: cannot read {file} ({trouble}).") from None
    if not text or not text.isprintable():
        raise environment.BadSetting(f"Give {option} FILE, or set {variable} or {variable}_FILE.")
    return text


def say(text: str) -> None:
    """To standard error, one line at once: a service manager keeps it."""
    print(text, file=sys.stderr, flush=True)


def listener(chosen: argparse.Namespace) -> Callable[[Switchboard], Awaitable[None]]:
    """How to listen to the chosen system. Imported here, so that nobody else loads the libraries."""
    if chosen.system == "asterisk":
        from config.telephone.asterisk import listen
    else:
        from config.telephone.freeswitch import listen
    return partial(listen, host=chosen.host, port=chosen.port, user=chosen.user, password=chosen.password)


async def serve(chosen: argparse.Namespace) -> int:
    """Listen and tell until SIGTERM or Ctrl-C; then hand in what waits. 1 when something could not be told."""
    outbox = Outbox(chosen.url, chosen.secret, say=say)
    rules = RULES[chosen.system]
    board = Switchboard(partial(rules.hear, contexts=chosen.context or rules.CONTEXTS), outbox.put, say)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    listening = asyncio.create_task(listen_on(listener(chosen), board))
    sending = asyncio.create_task(outbox.run())
    stopping = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({listening, sending, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await _end(listening)
    if not sending.done():
        await outbox.drain(GRACE)
    await _end(sending)
    stopping.cancel()
    for message in outbox.left():
        say(f"NOT SENT: {message.id} {message.body()}")
    say(f"Stopped: {outbox.sent} messages sent, {outbox.count} not sent, {outbox.dropped} lost.")
    for task in done:
        task.result()  # what nobody foresaw is shown, and ends the adapter: whoever runs it starts it again
    return 1 if outbox.count or outbox.dropped else 0


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await task


def main(arguments: list[str]) -> int:
    """The verb `telephone`."""
    chosen = options(arguments)
    return asyncio.run(serve(chosen))
