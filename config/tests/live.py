"""A whole system of its own, started as people start it, in a folder that is thrown away."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

from tests.live import free_port
from tests.stage import ROOT

FOREIGN = ("DATABASE_URL", "SHOUHOU_TEST_SERVER", "PUBLIC_URL", "PORT", "HOST", "SECRET_KEY")


class System:
    """One home, one port."""

    def __init__(self, url: str = "") -> None:
        self.home = Path(tempfile.mkdtemp(prefix="shouhou-up-"))
        self.home.chmod(0o755)  # the database's own user must reach it
        self.port = free_port()
        self.log = self.home / "log"
        self.process: subprocess.Popen[bytes] | None = None
        self.environment = {k: v for k, v in os.environ.items() if k not in FOREIGN}
        self.environment["SHOUHOU_HOME"] = str(self.home)
        if url:
            self.environment["DATABASE_URL"] = url

    def up(self, *arguments: str) -> None:
        """`./run up`, until it says where it is."""
        self.log.write_bytes(b"")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command("up", "--port", str(self.port), "--workers", "1", *arguments),
                cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        assert self.until(lambda: "Shouhou 售后:" in self.said()), self.said()

    @staticmethod
    def command(*arguments: str) -> list[str]:
        """What ./run hands over to once .venv is there."""
        return [sys.executable, "-m", "config.verbs", *arguments]

    def verb(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Another verb of ./run, to its end."""
        return subprocess.run(
            self.command(*arguments), cwd=ROOT, env=self.environment, input=typed, capture_output=True, text=True,
            timeout=60,
        )  # fmt: skip

    def script(self, code: str) -> str:
        """Python inside this system; gives what it printed."""
        done = self.verb("manage", "shell", "--no-imports", "-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def said(self) -> str:
        return self.log.read_text("utf-8", errors="replace")

    def page(self, path: str = "/") -> str:
        """A page, or "" while nobody answers."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

    def processes(self) -> dict[int, str]:
        """Every living process of this home: born with its name, or (a database's helper) working in its folder."""
        mark, found = f"SHOUHOU_HOME={self.home}".encode(), {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes()
                born = mark in (entry / "environ").read_bytes().split(b"\0")
                if command and (born or os.readlink(entry / "cwd").startswith(str(self.home))):
                    found[int(entry.name)] = command.replace(b"\0", b" ").decode()
            except OSError:
                continue
        return found

    def pids(self, word: str) -> set[int]:
        return {pid for pid, command in self.processes().items() if word in command}

    def children_of_supervisor(self, word: str) -> set[int]:
        """Those that the supervisor itself started."""
        assert self.process
        found = set()
        for pid in self.pids(word):
            status = Path(f"/proc/{pid}/status").read_text()
            if f"PPid:\t{self.process.pid}\n" in status:
                found.add(pid)
        return found

    @staticmethod
    def until(true: "object", seconds: float = 30) -> bool:
        """Wait for a condition."""
        assert callable(true)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if true():
                return True
            time.sleep(0.1)
        return False

    def kill_everything(self) -> None:
        """The plug is pulled: supervisor first, so that nothing is started again."""
        if self.process:
            self.process.kill()
            self.process.wait()
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        assert self.until(lambda: not self.processes(), 10), self.processes()

    def down(self) -> int:
        """SIGTERM, and what the supervisor says at the end."""
        assert self.process
        self.process.terminate()
        return self.process.wait(40)

    def remove(self) -> None:
        self.kill_everything()
        shutil.rmtree(self.home, ignore_errors=True)
