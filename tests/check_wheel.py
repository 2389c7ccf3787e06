"""Build the wheel and the sdist, and check them as a user gets them: complete, small, and alive without Node.

``python tests/check_wheel.py dist`` is what ``make wheel`` runs; they are in the folder afterwards.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

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


def chromium():
    """Return the path of a browser, or None where there is none and that is no mistake."""
    from tests.browser.chromium import find_chromium

    path = find_chromium()
    if path is None and os.environ.get("CI") == "true":
        sys.exit("CI needs a browser to look at the installed wheel")
    return path


def install(python, *what):
    """Install into the environment; what is never imported is never compiled."""
    constraints = ["-c", ROOT / "constraints.txt"]
    command = [python, "-m", "pip", "install", "--quiet", "--no-compile", *constraints, *what]
    subprocess.run(command, check=True, cwd=python.parent)


def environment(folder):
    """Make an environment with JupyterLab and nothing of ours; return its Python."""
    venv.create(folder / "env", with_pip=True)
    python = folder / "env/bin/python"
    install(python, "jupyterlab", "ipykernel")
    return python


def show(python, browser, folder):
    """Look at the widget of an environment in its JupyterLab, without Node."""
    from tests.browser.lab import Lab

    (folder / "notebooks").mkdir()
    # A path without Node: only the environment's own folder and the system's tools it needs.
    (folder / "bin").mkdir()
    path = {"PATH": f"{python.parent}:{folder / 'bin'}"}
    with Lab(folder / "notebooks", browser, python=python, environment=path) as lab:
        notebook = lab.notebook(CELLS)
        notebook.run(0, timeout=240).run(1, timeout=240)
        notebook.until("r.dataset.state === 'done'")
        ((_, ink),) = notebook.rest()
        assert ink > 0.003, f"the installed wheel draws nothing: {ink:.4f} of the map is inked"
        assert notebook.errors == [], notebook.errors


def check_archives(folder):
    """Exit with what is wrong with the archives in ``folder``; return the wheel."""
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    found = [f"{wheel.name}: {p}" for p in problems(wheel_sizes(wheel))]
    found += [f"{sdist.name}: {p}" for p in problems(sdist_sizes(sdist))]
    if found:
        sys.exit("\n".join(found))
    print(f"{wheel.name}: complete, bundle {wheel_sizes(wheel)[NEEDED[0]]:,} bytes")
    return wheel


def main(folder):
    """Build into ``folder`` and check all of it; exit with the problems found."""
    browser = chromium()
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor() as pool:
        # JupyterLab is installed while the package is built.
        python = pool.submit(environment, Path(temporary)) if browser else None
        build = [sys.executable, "-m", "build", "--outdir", folder, ROOT]
        subprocess.run(build, check=True)
        wheel = check_archives(folder)
        if browser is None:
            print("no Chromium to be had: the wheel was not installed and looked at")
            return
        install(python.result(), wheel)
        show(python.result(), browser, Path(temporary))
    print("the installed wheel shows the widget in JupyterLab, without Node")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
