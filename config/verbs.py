"""The verbs of ./run. Each prepares what it needs and hands over."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def home() -> Path:
    """Where all data of this system lies."""
    return Path(os.environ.get("SHOUHOU_HOME") or ROOT / "var").resolve()


@contextmanager
def database() -> Iterator[None]:
    """A provisioned, migrated database: DATABASE_URL's, or the embedded one, started if nobody runs it."""
    from config.install import prepare
    from config.postgres import EmbeddedPostgres

    given = os.environ.get("DATABASE_URL")
    if given:
        prepare(given)
        yield
        return
    embedded = EmbeddedPostgres(home() / "postgres")
    embedded.start()
    try:
        prepare(embedded.url("shouhou"), server=embedded.url())
        yield
    finally:
        embedded.stop()


def up(arguments: list[str]) -> int:
    """Start everything: database, web server, worker. --demo loads a demo company, --port N, --host H."""
    from config.supervise import serve

    return serve(arguments)


def test(arguments: list[str]) -> int:
    """Run the tests (two processes); arguments go to pytest."""
    from config.translations import compile_all

    compile_all()
    extra = arguments or []
    parallel = [] if any(a.startswith(("-n", "--pdb")) for a in extra) else ["-n", "2", "--dist", "loadfile"]
    return subprocess.run([sys.executable, "-m", "pytest", *parallel, *extra], cwd=ROOT).returncode


def check(arguments: list[str]) -> int:
    """Linters, types, the house plan, templates, migrations, translations."""
    from config.check import main

    return main(arguments)


def clauses(arguments: list[str]) -> int:
    """Which tests exercise which clause of the norm."""
    from config.clauses import main

    return main(arguments)


def due(arguments: list[str]) -> int:
    """A due time and its explanation; --batch reads JSON lines."""
    from shouhou.promises.rules.batch import main

    return main(arguments)


def manage(arguments: list[str]) -> int:
    """Django's own commands, against this system's database."""
    with database():
        from django.core.management import execute_from_command_line

        execute_from_command_line(["run manage", *arguments])
    return 0


def load(arguments: list[str]) -> int:
    """import incidents FILE.csv: load a service desk's event log."""
    with database():
        import django

        django.setup()
        from config.imports import main

        return main(arguments)


def telephone(arguments: list[str]) -> int:
    """asterisk|freeswitch --url …: tell our telephone door what a telephone system does."""
    from config.telephone.verb import main

    return main(arguments)


def bench(arguments: list[str]) -> int:
    """Measure; --json for machines."""
    from bench.main import main

    return main(arguments)


def verify(arguments: list[str]) -> int:
    """Read the journal's chain and the filed records again; exit 1 when something does not fit."""
    with database():
        import django

        django.setup()
        from shouhou.records.actions.filing import altered
        from shouhou.records.models import Record
        from shouhou.shared.seal import verify as read_chain

        verdict = read_chain()
        print(f"{verdict.sealed} events sealed and read again, {verdict.unsealed} not sealed yet.")
        found = [*verdict.troubles, *altered()]
        print(f"{Record.objects.filed().count()} filed records read again.")
        for trouble in found:
            print(f"TAMPERED: {trouble}")
        return 1 if found else 0


VERBS: dict[str, Callable[[list[str]], int]] = {
    "up": up, "test": test, "check": check, "clauses": clauses, "due": due, "import": load,
    "telephone": telephone, "bench": bench, "verify": verify, "manage": manage,
}  # fmt: skip


def main() -> int:
    """Dispatch; an unknown verb lists them all."""
    name = sys.argv[1] if len(sys.argv) > 1 else "help"
    verb = VERBS.get(name)
    if verb is None:
        for known, does in VERBS.items():
            print(f"./run {known:9} {(does.__doc__ or '').splitlines()[0]}")
        return 0 if name == "help" else 2
    try:
        return verb(sys.argv[2:])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
