"""The ground a benchmark stands on: a PostgreSQL, web server and worker of its own under the system's temp folder."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.install import prepare
from config.postgres import SETTINGS, TEST_SETTINGS, EmbeddedPostgres
from config.supervise import commands
from config.translations import compile_all

ROOT = Path(__file__).resolve().parent.parent
# While rows are made nothing need survive a crash; for measuring, the server runs as `./run up` starts it.
LOADING = {
    **TEST_SETTINGS, "wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "16GB", "checkpoint_timeout": "1h",
    "maintenance_work_mem": "512MB", "autovacuum": "off", "shared_buffers": "512MB",
}  # fmt: skip


class Ground:
    """A database cluster and a home folder that vanish at the end."""

    def __init__(self, *, prepared: bool = True) -> None:
        """`prepared` makes the product's database in it, and this process its user, which it can be once only."""
        self.prepared = prepared
        self.folder = Path(tempfile.mkdtemp(prefix="shouhou-bench-"))
        self.folder.chmod(0o755)  # the system user that runs PostgreSQL must reach its own folder in it
        self.home = self.folder / "home"
        self.home.mkdir()
        self.postgres = EmbeddedPostgres(self.folder / "pg", LOADING)
        os.environ["SHOUHOU_HOME"] = str(self.home)
        os.environ.pop("DATABASE_URL", None)
        self.port = free_port()
        os.environ["PUBLIC_URL"] = f"http://localhost:{self.port}"

    def __enter__(self) -> "Ground":
        compile_all()
        try:
            self.postgres.start()
            if self.prepared:
                prepare(self.postgres.url("shouhou"), server=self.postgres.url())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *trouble: object) -> None:
        self._let_go()
        self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def superuser(self, database: str = "shouhou") -> str:
        """The address under which rows are copied, past the checks that copies of right rows need not pass again."""
        return self.postgres.url(database)

    def restart(self, *, loading: bool) -> None:
        """Start the database anew, fast and careless for loading, or exactly as `./run up` starts it."""
        wanted = LOADING if loading else SETTINGS
        if self.postgres.settings is wanted:
            return
        self._let_go()
        self.postgres.stop(timeout=300)
        self.postgres.settings = wanted
        self.postgres.start()

    @staticmethod
    def _let_go() -> None:
        from django.conf import settings
        from django.db import connections

        if settings.configured:
            connections.close_all()

    @contextmanager
    def serving(self, *, workers: int = 2) -> Iterator[dict[str, int]]:
        """Web server and worker, started as `./run up` starts them. Yields their process ids."""
        log = self.folder / "log"
        running: dict[str, subprocess.Popen[bytes]] = {}
        try:
            with log.open("ab") as out:
                for name, command in commands("127.0.0.1", self.port, workers).items():
                    running[name] = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, start_new_session=True)
            wait_for(self.port, log)
            yield {name: process.pid for name, process in running.items()}
        finally:
            stop(list(running.values()))

    def trees(self, serving: dict[str, int]) -> dict[str, int]:
        """The process at the top of each part: web, worker, database."""
        database = {} if self.postgres.process is None else {"database": self.postgres.process.pid}
        return {**serving, **database}

    def pss(self, serving: dict[str, int]) -> dict[str, float | None]:
        """Proportional memory of each process tree in MB (10^6 bytes); None where the system does not tell."""
        found = {name: pss_of_tree(pid) for name, pid in self.trees(serving).items()}
        known = [mb for mb in found.values() if mb is not None]
        return {**found, "together": round(sum(known), 1) if len(known) == len(found) else None}


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, log: Path, timeout: float = 60) -> None:
    """Until the web server answers. Raises RuntimeError with the end of its log."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"The web server did not come up:\n{log.read_text('utf-8', errors='replace')[-3000:]}")


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """End what was started here, politely, then by force."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def tree_of(pid: int) -> set[int]:
    """A process and all below it. Raises OSError where there is no /proc."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # it ended meanwhile
    tree, grown = {pid}, True
    while grown:
        more = {child for child, parent in parents.items() if parent in tree} - tree
        tree, grown = tree | more, bool(more)
    return tree


def pss_of_tree(pid: int) -> float | None:
    """PSS in MB of a process and all below it; None where /proc does not tell."""
    try:
        return round(sum(_pss(member) for member in tree_of(pid)) / 1e6, 1)
    except OSError:
        return None


def cpu_of_tree(pid: int) -> float:
    """Seconds of processor time that a process and all below it have used; 0 where /proc does not tell."""
    ticks = 0
    try:
        for member in tree_of(pid):
            try:
                fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
            except OSError:
                continue  # it ended meanwhile
    except OSError:
        return 0.0
    return ticks / os.sysconf("SC_CLK_TCK")


def _pss(pid: int) -> int:
    """Bytes; 0 for a process that ended meanwhile."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0
