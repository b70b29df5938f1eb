"""The web server: everything is loaded once, then the serving processes are forked and share it.

What granian's own command would start loads the whole product in each process: some 80 MB more for each.
"""

import argparse
import gc
import multiprocessing
import os

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels


def load() -> None:
    """Import what serves pages, with its addresses and dictionaries; opens no connection and starts no thread."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import config.asgi
    import config.urls  # noqa: F401
    from shouhou.shared.search import tokens

    tokens("售后服务")  # the dictionary of words is read with the first cut
    gc.collect()
    gc.freeze()  # a collection in a forked process would otherwise write to, and so copy, every shared page


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--connections", type=int, required=True, help="at most, of one process")
    chosen = parser.parse_args()
    load()
    multiprocessing.set_start_method("fork")
    Granian(
        "config.asgi:application",
        address=chosen.host,
        port=chosen.port,
        interface=Interfaces.ASGINL,
        workers=chosen.workers,
        blocking_threads=1,
        workers_kill_timeout=3,
        log_level=LogLevels.warning,
        # Only HTTP/1.1: what guesses the version waits for a silent connection without end.
        http=HTTPModes.http1,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=10_000),
        backlog=2048,
        backpressure=chosen.connections,
        respawn_failed_workers=True,
    ).serve()


if __name__ == "__main__":
    main()
