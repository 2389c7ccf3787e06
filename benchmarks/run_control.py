"""How long a click on Pause takes to act, in a real JupyterLab, while fit() blocks and during start().

Measured in the page: from the click to the moment the widget shows that the kernel has paused, so
both ways of the message are in it. ``python benchmarks/run_control.py``
"""

import statistics
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.browser.chromium import find_chromium
from tests.browser.lab import Lab

CLICKS = 15
CLICK = """() => new Promise((resolve) => {
  const root = document.querySelector('[data-nbembed=root]');
  const began = performance.now();
  const watch = new MutationObserver(() => {
    if (root.dataset.state === 'paused') { watch.disconnect(); resolve(performance.now() - began); }
  });
  watch.observe(root, { attributes: true, attributeFilter: ['data-state'] });
  root.querySelector('[data-cmd=pause]').click();
})"""
CELLS = (
    "import nbembed as nb\nX, y = nb.datasets.digits()\nw = nb.EmbedWidget(X, labels=y, n_epochs=1_000_000)",
    "w.{mode}()",
)


def latencies(lab, mode):
    """Return the milliseconds of CLICKS clicks on Pause."""
    notebook = lab.notebook([c.format(mode=mode) for c in CELLS], name=f"{mode}.ipynb")
    notebook.run(0).run(1, wait=False)
    notebook.until("r.dataset.controls === 'live' && +r.dataset.step > 20")
    measured = []
    for _ in range(CLICKS):
        measured.append(notebook.js(CLICK))
        notebook.press("resume")
        notebook.until("r.dataset.state === 'running'")
        notebook.page.wait_for_timeout(300)
    notebook.press("stop")
    notebook.idle()
    notebook.page.context.close()
    return measured


def main():
    """Print a line for each mode."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("no Chromium to be had")
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("ipykernel", "jupyterlab", "ipywidgets", "anywidget")
    )
    print(f"Pause, {CLICKS} clicks each ({versions})")
    with tempfile.TemporaryDirectory() as folder, Lab(folder, chromium) as lab:
        for mode in ("fit", "start"):
            measured = latencies(lab, mode)
            print(
                f"  {mode + '()':8} median {statistics.median(measured):5.0f} ms, largest {max(measured):5.0f} ms"
            )


if __name__ == "__main__":
    main()
