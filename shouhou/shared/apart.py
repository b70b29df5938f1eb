"""Work that native code does, in a process of its own: its faults stop nobody here, and its memory does not stay."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]  # where the package lies, wherever the web server was started


class NoAnswer(RuntimeError):
    """The process failed or took too long."""


def answer_of(module: str, asked: str, *, timeout: float) -> str:
    """What `python -m module` writes for what it is asked, within `timeout` seconds. Raises NoAnswer."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", module], input=asked, capture_output=True, encoding="utf-8", timeout=timeout,
            check=True, cwd=ROOT,
        )  # fmt: skip
    except subprocess.CalledProcessError as trouble:
        last = (trouble.stderr or "").strip().splitlines()[-1:]
        raise NoAnswer(f"{module} ended with {trouble.returncode}: {' '.join(last)}") from trouble
    except (subprocess.SubprocessError, OSError, ValueError) as trouble:
        raise NoAnswer(str(trouble)) from trouble
    return done.stdout
