"""Make .venv from nothing but Python's standard library: no pip, no ensurepip, no root, no Node.

Debian's python3 may lack pip and ensurepip, so the environment is made without them; uv's wheel is fetched from the
package index, checked against the committed lock, unpacked, and installs everything else.
"""

import hashlib
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import venv
import zipfile
from pathlib import Path
from urllib.parse import urljoin

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
DEFAULT_INDEX = "https://pypi.org/simple"


def pinned_uv() -> tuple[str, set[str]]:
    """The version of uv that the lock names, and the SHA-256 sums its files may have."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    found = re.search(r"^uv==(?P<version>\S+)(?P<hashes>(?:\s*\\\n\s+--hash=sha256:[0-9a-f]+)+)", text, re.M)
    if not found:
        raise SystemExit("requirements.lock does not pin uv with hashes.")
    return found["version"], set(re.findall(r"sha256:([0-9a-f]+)", found["hashes"]))


def wheel_tag() -> str:
    """The part of uv's wheel name that fits this machine."""
    machine = platform.machine().lower().replace("amd64", "x86_64")
    if sys.platform == "darwin":
        return "macosx_.*_arm64" if machine == "arm64" else "macosx_.*_x86_64"
    machine = machine.replace("arm64", "aarch64")
    if platform.libc_ver()[0] == "glibc":
        return rf"manylinux\S*_{machine}"
    raise SystemExit("Shouhou needs glibc Linux or macOS: the embedded database has no build for this system.")


def fetch(url: str, accept: str = "*/*") -> bytes:
    """Read an address of the package index; a hanging index is an error, not a wait without end."""
    request = urllib.request.Request(url, headers={"Accept": accept, "User-Agent": "shouhou-bootstrap"})
    with urllib.request.urlopen(request, timeout=180) as answer:
        return answer.read()


def install_uv() -> Path:
    """Put the pinned uv into .venv/bin and return its path."""
    target = VENV / "bin" / "uv"
    version, hashes = pinned_uv()
    index = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("PIP_INDEX_URL") or DEFAULT_INDEX
    page = json.loads(fetch(index.rstrip("/") + "/uv/", "application/vnd.pypi.simple.v1+json"))
    pattern = re.compile(rf"uv-{re.escape(version)}-py3-none-{wheel_tag()}\.whl")
    wheels = [f for f in page["files"] if pattern.fullmatch(f["filename"]) and f["hashes"].get("sha256") in hashes]
    if not wheels:
        raise SystemExit(f"The package index has no uv {version} for this machine.")
    body = fetch(urljoin(index.rstrip("/") + "/uv/", wheels[0]["url"]))
    if hashlib.sha256(body).hexdigest() not in hashes:
        raise SystemExit("uv's wheel does not have the sum that the lock names; nothing was installed.")
    with zipfile.ZipFile(io.BytesIO(body)) as wheel:
        name = next(n for n in wheel.namelist() if n.endswith("/scripts/uv"))
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as half:
            half.write(wheel.read(name))
        os.chmod(half.name, 0o755)
        os.replace(half.name, target)
    return target


def main() -> None:
    """Make the environment, install the lock, build and install the product with its front-end packages."""
    print("Shouhou: installing (once per change of the lock) …", file=sys.stderr, flush=True)
    if not (VENV / "bin" / "python").exists():
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, with_pip=False, symlinks=True)
    version, _ = pinned_uv()
    uv = VENV / "bin" / "uv"
    if not uv.exists() or version not in subprocess.run([uv, "--version"], capture_output=True, text=True).stdout:
        uv = install_uv()
    environment = {**os.environ, "VIRTUAL_ENV": str(VENV), "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
    environment.pop("UV_PYTHON", None)
    base = [str(uv), "pip", "install", "--quiet", "--no-config"]
    try:
        subprocess.run([*base, "--require-hashes", "-r", "requirements.lock"], cwd=ROOT, env=environment, check=True)
        subprocess.run(
            [*base, "--no-deps", "--build-constraints", "build.lock", "-e", "."], cwd=ROOT, env=environment, check=True
        )
    except subprocess.CalledProcessError as failed:
        raise SystemExit(f"Installing stopped (exit {failed.returncode}). Is the package index reachable?") from None


if __name__ == "__main__":
    main()
