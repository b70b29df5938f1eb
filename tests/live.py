"""The real thing for browser walks: web server and worker processes over a fresh copy of the database."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.roles import APP, as_role
from config.supervise import commands
from tests.stage import ROOT, copy_of_template

PASSWORD = "correct-horse-1"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def chromium() -> str:
    """Where Chromium is; a clear skip where it is not, a failure where it must be (CI)."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    if os.environ.get("SHOUHOU_BROWSER_REQUIRED"):
        pytest.fail("Chromium is not installed, and SHOUHOU_BROWSER_REQUIRED is set.")
    pytest.skip("No Chromium on this machine: browser walks are skipped (apt install chromium fonts-noto-cjk).")


@dataclass
class Live:
    """A running system."""

    url: str
    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]]
    home: Path

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def start(self, name: str) -> None:
        """Start the web server or the worker."""
        command = commands("127.0.0.1", self.port, 1)[name]
        with (self.home / "log").open("ab") as log:
            self.processes.append(
                subprocess.Popen(
                    command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
                )
            )

    def start_web(self) -> None:
        """The web server, and wait until it answers."""
        self.start("web")
        _wait(self.port, self.home / "log")

    def stop_web(self) -> None:
        """The web server is gone: what knocks at its door hears nothing."""
        for process in [p for p in self.processes if "config.web" in p.args]:  # type: ignore[operator]
            process.terminate()
            process.wait(15)
            self.processes.remove(process)

    def script(self, code: str) -> str:
        """Run Python in this system, as the app role, and return what it printed."""
        full = f"import django; django.setup()\n{code}"
        done = subprocess.run(
            [sys.executable, "-c", full], cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(home: Path, setup: str = "") -> Iterator[Live]:
    """Start web and worker; `setup` is Python that fills the database first."""
    port = free_port()
    url = f"http://localhost:{port}"
    environment = {
        **os.environ, "DATABASE_URL": as_role(copy_of_template(), APP), "SHOUHOU_HOME": str(home), "PUBLIC_URL": url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }  # fmt: skip
    live = Live(url, environment, [], home)
    if setup:
        live.script(setup)
    try:
        live.start("worker")
        live.start_web()
        yield live
    finally:
        for process in live.processes:
            process.terminate()
        for process in live.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait(port: int, log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"The web server did not come up:\n{log.read_text()[-3000:]}")


def sign_in(browser: Any, live: Live, username: str, **options: Any) -> Any:
    """A fresh browser window of one person."""
    page = browser.new_context(base_url=live.url, viewport={"width": 1440, "height": 900}, **options).new_page()
    page.troubles = []
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    page.goto("/accounts/login/")
    page.fill("#id_login", username)
    page.fill("#id_password", PASSWORD)
    page.click("main form button.btn-primary")
    page.wait_for_url(live.url + "/")
    return page
