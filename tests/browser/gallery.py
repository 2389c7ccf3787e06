"""Take the pictures of the README and the gallery, from the real browser.

``python tests/browser/gallery.py`` makes all of them, ``… gallery.py images dark`` only those named.
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.browser.chromium import find_chromium
from tests.browser.lab import Lab

DIGITS = "import numpy as np, pandas as pd, nbembed as nb\nX, y = nb.datasets.digits()"
RUN = "w = nb.EmbedWidget(X, labels=y, method='tsne', random_state=0)\nw.fit()"
FRAME = """from sklearn.datasets import load_wine
wine = load_wine(as_frame=True).frame
wine["cultivar"] = wine.pop("target").map({0: "Barolo", 1: "Grignolino", 2: "Barbera"})
numbers = wine.drop(columns="cultivar")
scaled = ((numbers - numbers.mean()) / numbers.std()).assign(cultivar=wine["cultivar"])
w = nb.EmbedWidget(scaled, labels="cultivar", hover=["alcohol", "color_intensity", "proline"], random_state=0)
w.fit().color(by="proline").size(by="alcohol")
w.selection = range(40, 75)"""
IMAGES = """w = nb.EmbedWidget(X, labels=y, images=X.reshape(-1, 8, 8), method='tsne', random_state=0)
w.fit()"""
CLASSES = """rng = np.random.default_rng(0)
centres = rng.normal(scale=9, size=(100, 20))
which = rng.integers(0, 100, 20_000)
names = np.array([f"species {i:02d}" for i in range(100)])
w = nb.EmbedWidget(centres[which] + rng.normal(scale=3, size=(20_000, 20)), labels=names[which], n_epochs=200, random_state=0)
w.fit()"""

NETWORK = """w = nb.EmbedWidget(X, labels=y, method='parametric_umap', terms=['reconstruction'], random_state=0)
w.fit()"""

COMPARED = """runs = [nb.EmbedWidget(X, labels=y, method='tsne', random_state=0).fit(show=False)]
runs.append(runs[0].branch(step=260, exaggeration=4).fit(show=False))
runs += [nb.EmbedWidget(X, labels=y, random_state=i).fit(show=False) for i in range(4)]
c = nb.EmbedWidget.compare(runs)
c"""
RECURSIONS = """w = nb.EmbedWidget(X[:900], labels=y[:900], method='dre', recursions=['hidden1', 'hidden3'], n_epochs=60, hidden=(128, 128, 128), random_state=0)
w.view = 'recursions'
w.fit()"""
SHADES = "\nw.color(subclass=np.where(X[:900].mean(1) > X.mean(), 'heavy', 'light'))"
PARAMETERS = """w = nb.EmbedWidget(X, labels=y, method='tsne', random_state=0).step(260)
w.set(exaggeration=4)
w.step(140)"""

# Name: cells, width, height, dark, how far to wait, what to do then.
SCENES = {
    "quickstart": ((DIGITS, RUN), 1100, 680, False, "+r.dataset.step > 420"),
    "light": ((DIGITS, RUN), 1280, 900, False, None),
    "dark": ((DIGITS, RUN), 1280, 900, True, None),
    "narrow": ((DIGITS, RUN), 560, 1700, False, None),
    "frame": ((DIGITS, FRAME), 1280, 900, False, None),
    "images": ((DIGITS, IMAGES), 1280, 900, False, None),
    "network": ((DIGITS, NETWORK), 1280, 900, False, None),
    "compare": ((DIGITS, COMPARED), 1280, 1320, False, None),
    "compare_dark_narrow": ((DIGITS, COMPARED), 700, 1900, True, None),
    "overlay": (
        (DIGITS, COMPARED.replace("compare(runs)", "compare(runs[:2]).arrange('over')")),
        1280,
        1260,
        False,
        None,
    ),
    "recursions": ((DIGITS, RECURSIONS), 1280, 1320, False, None),
    "recursions_dark": (
        (DIGITS, RECURSIONS + "\nw.arrange('large').selection = range(3, 60, 9)"),
        1280,
        1480,
        True,
        None,
    ),
    "recursions_narrow": ((DIGITS, RECURSIONS + SHADES), 700, 1700, False, None),
    "parameters": ((DIGITS, PARAMETERS), 1280, 1200, False, None),
    "classes": ((DIGITS, CLASSES), 1280, 900, False, None),
    "classes_dark_narrow": ((DIGITS, CLASSES), 560, 1700, True, None),
}


def take(lab, name):
    """Run the cells of one scene and photograph the notebook."""
    cells, width, height, dark, moment = SCENES[name]
    notebook = lab.notebook(cells, name=f"{name}.ipynb", width=width, height=height, dark=dark)
    # The server remembers the theme of the scene before.
    notebook.js(
        "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })",
        "JupyterLab Dark" if dark else "JupyterLab Light",
    )
    notebook.page.wait_for_timeout(1500)
    notebook.js("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    notebook.run(0).run(1, wait=moment is None)
    if moment is None:
        notebook.until("['done', 'paused'].includes(r.dataset.state)")
        notebook.page.wait_for_timeout(3500)  # a short run is played again
    else:
        notebook.until(moment)
    if name in ("images", "overlay"):
        _hover(notebook)
    if name.startswith("recursions"):
        # What is drawn over the maps.
        notebook.press("affinities" if name.endswith("dark") else "trails")
        notebook.page.wait_for_timeout(1500)
    if name == "parameters":
        notebook.page.locator("[data-cmd=parameters]").click()
        notebook.page.wait_for_timeout(500)
    notebook.js("() => document.querySelector('[data-nbembed=root]').scrollIntoView()")
    target = ROOT / ("docs/quickstart.png" if name == "quickstart" else f"docs/gallery/{name}.png")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = ".jp-NotebookPanel-notebook" if name == "quickstart" else "[data-nbembed=root]"
    notebook.shot(target, part)
    print(target.relative_to(ROOT), notebook.errors or "")
    notebook.idle()
    notebook.page.context.close()


def _hover(notebook):
    """Rest the pointer on a point: the middle of the map first, then around it."""
    notebook.js("() => document.querySelector('[data-nbembed=root]').scrollIntoView()")
    notebook.page.wait_for_timeout(500)
    box = notebook.page.locator("canvas.nbe-map").first.bounding_box()
    for step in range(60):
        x = box["x"] + box["width"] * (0.35 + 0.006 * step)
        notebook.page.mouse.move(x, box["y"] + box["height"] * 0.4)
        notebook.page.wait_for_timeout(30)
        if notebook.js("() => document.querySelector('.nbe-card-point, .nbe-tip') !== null"):
            break
    notebook.page.wait_for_timeout(800)


def main():
    """Make the pictures that were asked for."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("no Chromium to be had")
    names = sys.argv[1:] or list(SCENES)
    with tempfile.TemporaryDirectory() as folder, Lab(folder, chromium) as lab:
        for name in names:
            take(lab, name)


if __name__ == "__main__":
    main()
