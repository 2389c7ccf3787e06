"""Find a Chromium for the browser tests, or get one: the system's, the package manager's, Playwright's.

As a script it makes sure that there is one: ``python tests/browser/chromium.py``.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """Return the path of a browser that can be started, or None."""
    given = os.environ.get("CHROMIUM")
    if given:
        return given
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    return _playwrights()


def install_chromium() -> str | None:
    """Try the package manager, where that is permitted, then Playwright's own download."""
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        for arguments in (
            ["update", "-qq"],
            ["install", "-y", "-qq", "--no-install-recommends", "chromium"],
        ):
            subprocess.run(["apt-get", *arguments], check=False, stdout=subprocess.DEVNULL)
    if find_chromium() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    return find_chromium()


def _playwrights() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


if __name__ == "__main__":
    found = find_chromium() or install_chromium()
    print(f"browser for the tests: {found or 'none to be had; the browser tests will be skipped'}")
    if found is None and os.environ.get("CI") == "true":
        sys.exit("CI needs a browser")
