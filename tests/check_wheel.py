"""Check the wheel and the sdist as a user gets them: complete, small, and alive without Node.

``python tests/check_wheel.py dist`` is what ``make wheel`` runs after the build.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

MAX_BUNDLE = 250_000
NEEDED = ("nbembed/static/widget.js", "nbembed/static/widget.css", "nbembed/__init__.py")
CELLS = (
    "import shutil, nbembed as nb\nassert shutil.which('node') is None",
    "X, y = nb.datasets.digits()\nw = nb.EmbedWidget(X, labels=y, n_epochs=30, random_state=0)\nw.fit()",
)


def problems(sizes):
    """Return what is wrong with an archive, given its members' names and sizes."""
    found = [f"{name} is missing" for name in NEEDED if not sizes.get(name)]
    bundle = sizes.get(NEEDED[0], 0)
    if bundle > MAX_BUNDLE:
        found.append(f"{NEEDED[0]} has {bundle:,} bytes, more than {MAX_BUNDLE:,}")
    return found


def wheel_sizes(path):
    """Return the sizes of a wheel's members."""
    with zipfile.ZipFile(path) as archive:
        return {info.filename: info.file_size for info in archive.infolist()}


def sdist_sizes(path):
    """Return the sizes of an sdist's members, without the leading folder."""
    with tarfile.open(path) as archive:
        return {m.name.split("/", 1)[-1]: m.size for m in archive.getmembers()}


def show_in_empty_environment(wheel, folder):
    """Install the wheel where nothing of ours is, without Node, and look at it in JupyterLab."""
    from tests.browser.chromium import find_chromium
    from tests.browser.lab import Lab

    chromium = find_chromium()
    if chromium is None:
        if os.environ.get("CI") == "true":
            sys.exit("CI needs a browser to look at the installed wheel")
        print("no Chromium to be had: the installed wheel was not looked at")
        return
    venv.create(folder / "env", with_pip=True)
    python = folder / "env/bin/python"
    constraints = Path(__file__).parent.parent / "constraints.txt"
    install = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "-c",
        constraints,
        wheel,
        "jupyterlab",
        "ipykernel",
    ]
    subprocess.run(install, check=True, cwd=folder)
    (folder / "notebooks").mkdir()
    # A path without Node: only the environment's own folder and the system's tools it needs.
    (folder / "bin").mkdir()
    with Lab(
        folder / "notebooks",
        chromium,
        python=python,
        environment={"PATH": f"{folder / 'env/bin'}:{folder / 'bin'}"},
    ) as lab:
        notebook = lab.notebook(CELLS)
        notebook.run(0, timeout=240).run(1, timeout=240)
        notebook.until("r.dataset.state === 'done'")
        notebook.page.wait_for_timeout(3500)
        ink = notebook.pixels()[1]
        assert ink > 0.003, f"the installed wheel draws nothing: {ink:.4f} of the map is inked"
        assert notebook.errors == [], notebook.errors


def main(folder):
    """Check everything in ``folder``; exit with the problems found."""
    (wheel,), (sdist,) = Path(folder).glob("*.whl"), Path(folder).glob("*.tar.gz")
    found = [f"{wheel.name}: {p}" for p in problems(wheel_sizes(wheel))]
    found += [f"{sdist.name}: {p}" for p in problems(sdist_sizes(sdist))]
    if found:
        sys.exit("\n".join(found))
    size = wheel_sizes(wheel)[NEEDED[0]]
    print(f"{wheel.name}: complete, bundle {size:,} bytes")
    with tempfile.TemporaryDirectory() as temporary:
        show_in_empty_environment(wheel.resolve(), Path(temporary))
    print("the installed wheel shows the widget in JupyterLab, without Node")


if __name__ == "__main__":
    main(sys.argv[1])
