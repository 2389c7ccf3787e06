"""How long a learner waits: from a click on a point to the arrows on it, from a slider to the affinities.

A real JupyterLab in headless Chromium, 500 digits, all pairs looked at. What is timed is the way there and
back: the question to the kernel, the plate that it computes, the panel and the map drawn with it.

``python benchmarks/teaching.py [--times 20]``
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.browser.chromium import find_chromium
from tests.browser.lab import Lab

LIMIT = 150
SETUP = """import nbembed as nb
X, y = nb.datasets.digits()
w = nb.explore(X[:500], labels=y[:500], random_state=0)
w"""
# Whichever view draws arrows.
FIND = """from nbembed.inspect.plates import catalogue
def draws(name):
    return any(panel.kind == 'arrows' for panel in w.inspect(name, 0, 1).panels)
print(next((name for name, each in catalogue.items() if {'point', 'map'} <= each.needs and draws(name)), ''))"""
CELLS = (SETUP, "w.step(100);", FIND)
# Milliseconds from what ``act`` does until the panel has answered and a picture has been drawn after it.
WAIT = """
const panel = document.querySelector('[data-nbembed=lesson]');
const waited = (act, is) => new Promise((done, fail) => {
  const began = performance.now();
  const observer = new MutationObserver(() => {
    if (!is()) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
  });
  observer.observe(panel, { subtree: true, childList: true, characterData: true, attributes: true });
  setTimeout(() => fail(new Error('no answer')), 10000);
  act();
});
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
"""
# Every click selects the next point from the map itself, by a key there: what a mouse does, without aiming.
CLICK = f"""async (times) => {{ {WAIT}
  const surface = document.querySelector('.nbe-surface');
  const press = (key) => surface.dispatchEvent(new KeyboardEvent('keydown', {{ key, bubbles: true }}));
  const found = [];
  for (let i = 0; i < times; i++) {{
    press('n');
    await pause(300);
    const before = panel.dataset.row;
    found.push(await waited(() => press('Enter'), () => panel.dataset.row !== before));
  }}
  return found; }}"""
SLIDE = f"""async (times) => {{ {WAIT}
  const found = [];
  for (let i = 0; i < times; i++) {{
    const slider = panel.querySelector('[data-knob=perplexity] [type=range]');
    const words = () => panel.querySelector('[data-nbembed=words]').textContent;
    const before = words();
    found.push(await waited(() => {{
      slider.value = String(350 + 25 * (i % 14));
      slider.dispatchEvent(new Event('input', {{ bubbles: true }}));
    }}, () => words() !== before));
    await pause(200);
  }}
  return found; }}"""


def timed(notebook, name, what, script, times):
    """Show an internal, do something so many times, and say how long each took."""
    notebook.page.select_option("[data-cmd=internal]", name)
    notebook.until(
        f"r.querySelector('[data-nbembed=lesson]').dataset.plate === '{name}'", timeout=30
    )
    notebook.js(script, 2)
    found = sorted(notebook.js(script, times))
    median = statistics.median(found)
    verdict = "within" if median <= LIMIT else "ABOVE"
    print(
        f"{what} ({name}): median {median:.0f} ms, {verdict} {LIMIT}; "
        f"lowest {found[0]:.0f}, highest {found[-1]:.0f} of {len(found)}"
    )
    return median


def main():
    """Measure, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    options = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        sys.exit("no Chromium to be had")
    with tempfile.TemporaryDirectory() as folder, Lab(folder, chromium) as lab:
        notebook = lab.notebook(list(CELLS), name="teaching.ipynb")
        notebook.run(0).run(1)
        notebook.until("r.dataset.controls === 'live' && r.querySelector('[data-plate]')")
        arrows = notebook.run(2).text(2).strip()
        if arrows:
            timed(notebook, arrows, "click → arrows", CLICK, options.times)
        timed(notebook, "bandwidth", "click → affinities", CLICK, options.times)
        timed(notebook, "bandwidth", "slider → affinities", SLIDE, options.times)
        print(json.dumps({"errors": notebook.errors[:5]}))


if __name__ == "__main__":
    main()
