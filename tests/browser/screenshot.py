"""Take the picture of the README, from the real browser: ``python tests/browser/screenshot.py``."""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.browser.chromium import find_chromium
from tests.browser.lab import Lab

CELLS = (
    "import nbembed as nb\nX, y = nb.datasets.digits()",
    "w = nb.EmbedWidget(X, labels=y, method='tsne', random_state=0)\nw.fit()",
)


def main():
    """Run a t-SNE of the digits and photograph the notebook while it trains."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("no Chromium to be had")
    with tempfile.TemporaryDirectory() as folder, Lab(folder, chromium) as lab:
        notebook = lab.notebook(CELLS, name="digits.ipynb", width=1100, height=770)
        notebook.js("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
        notebook.run(0).run(1, wait=False)
        notebook.until("+r.dataset.step > 420")
        notebook.shot(ROOT / "docs/quickstart.png", ".jp-NotebookPanel-notebook")
        notebook.idle()


if __name__ == "__main__":
    main()
