"""Check that the oldest Jupyter packages the project allows really show the widget and its buttons.

``python tests/check_oldest.py FOLDER`` takes the wheel in the folder, installs it into an empty
environment with exactly the lowest anywidget and ipywidgets that ``pyproject.toml`` names, with
JUPYTER, and works the widget in a real JupyterLab. ``make oldest`` builds the wheel and runs it; it
takes minutes and the package index, so ``make test`` does not.
"""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

# Not dependencies of nbembed, but what it is shown by: the oldest that are supported.
JUPYTER = {"jupyterlab": "4.0.0", "ipykernel": "6.29.0"}
SETUP = """import nbembed as nb
X, y = nb.datasets.digits()
w = nb.EmbedWidget(X, labels=y, n_epochs={epochs}, random_state=0)"""
SHOW_VERSIONS = """from importlib.metadata import version
print(*(f"{name} {version(name)}" for name in ("jupyterlab", "ipykernel", "ipywidgets", "anywidget")), sep=", ")"""
# ipywidgets 7 in a JupyterLab of version 4: said of its own layout model, and harmless.
KNOWN = "Module @jupyter-widgets/base, version ^1.2.0 is not registered"


def floors():
    """Return the lowest versions that pyproject.toml allows of what reaches the browser."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lowest = {}
    for requirement in project["dependencies"]:
        name, floor = re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement).groups()
        if name in ("anywidget", "ipywidgets"):
            lowest[name] = floor
    return lowest


def install(wheel, folder, pins):
    """Make an empty environment with the wheel and the pinned versions; return its Python."""
    venv.create(folder / "env", with_pip=True)
    python = folder / "env/bin/python"
    exact = [f"{name}=={version}" for name, version in pins.items()]
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", wheel, *exact], check=True, cwd=folder
    )
    return python


def try_fit(lab):
    """See fit() draw, and keep its result."""
    notebook = lab.notebook(
        [SETUP.format(epochs=200), "w.fit()", "print(w.embedding_.shape)", SHOW_VERSIONS],
        name="fit.ipynb",
    )
    notebook.run(0, timeout=240).run(1, timeout=240)
    notebook.until("r.dataset.state === 'done'")
    assert notebook.rest()[0][1] > 0.003, "fit() draws nothing"
    assert notebook.run(2).text(2) == "(1797, 2)"
    print(notebook.run(3).text(3))
    return notebook


def try_buttons(lab):
    """See start() draw, and every button act in the kernel."""
    notebook = lab.notebook(
        [SETUP.format(epochs=100_000), "w.start()", "print(w.status['state'], w.embedding_.shape)"],
        name="start.ipynb",
    )
    notebook.run(0, timeout=240).run(1)
    notebook.until("r.dataset.controls === 'live' && +r.dataset.step > 10 && +r.dataset.drawn > 2")
    notebook.press("pause")
    notebook.until("r.dataset.state === 'paused'")
    rested = int(notebook.root("step"))
    notebook.press("step")
    notebook.until("r.dataset.state === 'paused' && +r.dataset.step === argument", rested + 1)
    notebook.press("resume")
    notebook.until("+r.dataset.step > argument", rested + 5)
    assert notebook.pixels()[1] > 0.003, "start() draws nothing"
    notebook.press("stop")
    notebook.until("r.dataset.state === 'stopped'")
    assert notebook.run(2).text(2) == "stopped (1797, 2)"
    return notebook


def main(folder):
    """Install the wheel in ``folder`` with the oldest packages and work the widget."""
    from tests.browser.chromium import find_chromium
    from tests.browser.lab import Lab

    chromium = find_chromium()
    if chromium is None:
        sys.exit("this check needs Chromium: python tests/browser/chromium.py gets one")
    (wheel,) = Path(folder).resolve().glob("*.whl")
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        python = install(wheel, place, JUPYTER | floors())
        (place / "notebooks").mkdir()
        path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
        with Lab(place / "notebooks", chromium, python=python, environment={"PATH": path}) as lab:
            for attempt in (try_fit, try_buttons):
                notebook = attempt(lab)
                errors = [error for error in notebook.errors if KNOWN not in error]
                assert errors == [], errors
                notebook.page.context.close()
    print("the oldest supported packages show the widget, and its buttons act")


if __name__ == "__main__":
    main(sys.argv[1])
