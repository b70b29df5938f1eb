"""One command runs everything: database, web server, worker; restarted when they die, stopped cleanly."""

import argparse
import os
import resource
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FrameType

from config.install import prepare
from config.postgres import EmbeddedPostgres, die_with_parent
from config.translations import compile_all

ROOT = Path(__file__).resolve().parent.parent
GRACE = 20
# Of one web process. Streams and keep-alive connections cost little; the pages behind them still come one by one.
CONNECTIONS = 4096


def options(arguments: list[str]) -> argparse.Namespace:
    """The command line of `./run up`."""
    parser = argparse.ArgumentParser(prog="run up", description="Start Shouhou: database, web server, worker.")
    parser.add_argument("--demo", action="store_true", help="load a demo company with a login per role")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
    parser.add_argument("--workers", type=int, default=2, help="web server processes")
    return parser.parse_args(arguments)


class Supervisor:
    """Keeps the children alive until it is told to stop."""

    def __init__(self, commands: dict[str, list[str]], database: EmbeddedPostgres | None) -> None:
        self.commands = commands
        self.database = database
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.stopping = False

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Signal handler."""
        self.stopping = True

    def start(self, name: str) -> None:
        # A session of its own: Ctrl-C in the terminal reaches only the supervisor, which stops the children in order.
        # It goes when the supervisor is killed: a web server without its database would only hold the port.
        # The worker would wait for its jobs, and these for the database that goes at the same moment: it is killed.
        end = signal.SIGKILL if name == "worker" else signal.SIGINT
        self.children[name] = subprocess.Popen(
            self.commands[name], cwd=ROOT, start_new_session=True, preexec_fn=partial(die_with_parent, end)
        )

    def run(self) -> None:
        """Until a signal: restart what died."""
        while not self.stopping:
            time.sleep(0.2)
            if self.database and self.database.revive():
                print("The database had stopped and was started again.", file=sys.stderr, flush=True)
            for name, child in list(self.children.items()):
                if child.poll() is not None and not self.stopping:
                    sweep_up(child)
                    print(f"{name} stopped ({child.returncode}) and is started again.", file=sys.stderr, flush=True)
                    time.sleep(1)
                    self.start(name)

    def end(self) -> None:
        """Stop the children together, then the database."""
        for child in self.children.values():
            child.terminate()
        end = time.monotonic() + GRACE
        for child in self.children.values():
            try:
                child.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
            sweep_up(child)
        if self.database:
            self.database.stop()


def sweep_up(child: "subprocess.Popen[bytes]") -> None:
    """End what an ended child left behind: the processes of a killed web server go on serving the port otherwise."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)


def commands(host: str, port: int, workers: int) -> dict[str, list[str]]:
    """How the web server and the worker are started."""
    python = sys.executable
    return {
        "web": [
            python,
            "-m",
            "config.web",
            "--host",
            host,
            "--port",
            str(port),
            "--workers",
            str(workers),
            "--connections",
            str(CONNECTIONS),
        ],
        "worker": [
            python,
            "-m",
            "django",
            "procrastinate",
            "worker",
            "--concurrency",
            "4",
            "--delete-jobs",
            "successful",
            "--shutdown-graceful-timeout",
            "10",
        ],
    }


def close_to_others(folder: Path) -> None:
    """Also what an earlier version left readable for everybody on this machine."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)


def allow_open_files(wanted: int = CONNECTIONS + 1024) -> None:
    """Each connection is an open file, and many systems allow a thousand unless somebody asks for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(ValueError, OSError):  # some systems promise more than they give
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def wait_for(host: str, port: int, supervisor: Supervisor, timeout: float = 60) -> bool:
    """Until the web server answers its port; False when it was told to stop meanwhile."""
    end = time.monotonic() + timeout
    while time.monotonic() < end and not supervisor.stopping:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.settimeout(0.5)
            if probe.connect_ex((host, port)) == 0:
                return True
        time.sleep(0.05)
    return False


def port_is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def serve(arguments: list[str]) -> int:
    """The verb `up`."""
    chosen = options(arguments)
    if not port_is_free(chosen.host, chosen.port):
        print(f"Port {chosen.port} is taken. Choose another: ./run up --port {chosen.port + 1}", file=sys.stderr)
        return 1
    address = f"http://{'localhost' if chosen.host in ('127.0.0.1', '0.0.0.0') else chosen.host}:{chosen.port}"
    os.environ.setdefault("PUBLIC_URL", address)
    home = Path(os.environ.get("SHOUHOU_HOME") or ROOT / "var").resolve()
    home.mkdir(parents=True, exist_ok=True)
    close_to_others(home / "files")
    compile_all()
    allow_open_files()
    database = None if os.environ.get("DATABASE_URL") else EmbeddedPostgres(home / "postgres")
    supervisor = Supervisor(commands(chosen.host, chosen.port, chosen.workers), database)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, supervisor.stop)
    try:
        if database is not None:
            if not database.start():
                print(f"Another Shouhou runs in {home}. Set SHOUHOU_HOME to start a second system.", file=sys.stderr)
                return 1
            prepare(database.url("shouhou"), server=database.url())
        else:
            prepare(os.environ["DATABASE_URL"])
        announce = prepare_content(demo=chosen.demo)
        if supervisor.stopping:
            return 0
        for name in supervisor.commands:
            supervisor.start(name)
        if wait_for(chosen.host, chosen.port, supervisor):
            print(f"\nShouhou 售后: {address}\n{announce}", flush=True)
        supervisor.run()
    finally:
        supervisor.end()
    return 0


def prepare_content(*, demo: bool) -> str:
    """Reference data, and what to tell the person who started: the demo's logins or the wizard's key."""
    from shouhou.desk.actions import load_reference_data, needs_wizard

    load_reference_data()
    if demo:
        from config.demo import load_demo

        return load_demo()
    if needs_wizard():
        key = secrets.token_urlsafe(9)
        os.environ["SHOUHOU_SETUP_KEY"] = key
        return f"First run: open the address and set the company up. Setup key: {key}\n"
    return ""
