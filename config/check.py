"""Every check that needs no running product: style, types, the house plan, templates, migrations, translations."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = [sys.executable, "-m"]


def tool(name: str) -> str:
    """A program installed beside this Python, else the one on the path."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else name


def templates() -> list[str]:
    """The pages that djade reads."""
    return [str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("shouhou/*/templates/**/*.html"))]


def steps() -> list[tuple[str, list[str]]]:
    """Heading and command of each check, in their order."""
    return [
        ("Style: ruff check", [*PYTHON, "ruff", "check", "."]),
        ("Style: ruff format", [*PYTHON, "ruff", "format", "--check", "."]),
        ("Types: mypy", [*PYTHON, "mypy", "shouhou", "config", "bench"]),
        ("House plan: lint-imports", [tool("lint-imports")]),
        ("Templates: djade", [tool("djade"), "--target-version", "5.2", "--check", *templates()]),
        # The models are compared with the migration files; that no database answers here does not matter.
        (
            "Migrations",
            [sys.executable, "-W", "ignore::RuntimeWarning", "-m", "django", "makemigrations", "--check", "--dry-run"],
        ),
        ("Translations", [*PYTHON, "config.translations", "check"]),
    ]


def main(arguments: list[str] | None = None) -> int:
    """Run them all, even after one has failed; exit 1 if any did."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    failed = []
    for heading, command in steps():
        print(f"\n== {heading}", flush=True)
        if subprocess.run(command, cwd=ROOT, env=environment).returncode:
            failed.append(heading)
    print(f"\nFailed: {'; '.join(failed)}." if failed else "\nEverything is in order.", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
