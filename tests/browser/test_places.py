"""Where things are in the widget: nothing moves when a run brings its first frame and its first curves."""

import pytest

from tests.browser.lab import ROOT

# Every shift inside a widget that no hand has caused, save for the words in the middle of an empty map.
WATCH_SHIFTS = f"""() => {{
  window.shifts = [];
  new PerformanceObserver((list) => {{
    for (const entry of list.getEntries())
      for (const {{ node }} of entry.sources)
        if (!entry.hadRecentInput && node?.nodeType === 1 && node.closest('{ROOT}') && !node.closest('.nbe-empty'))
          window.shifts.push(node.outerHTML.slice(0, 200));
  }}).observe({{ type: 'layout-shift' }});
}}"""
# Where things are, seen from the map: above it the status may need another line.
PLACES = f"""() => [
    '.nbe-stage', '.nbe-side', '.nbe-panels', '.nbe-footer', '.nbe-caption', '.nbe-range',
    '.nbe-panel-loss .nbe-chart', '.nbe-panel-quality .nbe-chart', '.nbe-panel-schedule .nbe-chart',
  ].map((selector) => {{
    const box = (s) => document.querySelector('{ROOT} ' + s).getBoundingClientRect();
    const {{ left, top, width, height }} = box(selector);
    return [selector, left - box('.nbe-body').left, top - box('.nbe-body').top, width, height].join(' ');
  }})"""


@pytest.mark.parametrize("width", [1300, 1000, 700])
def test_nothing_moves_when_the_first_frame_and_the_first_curves_come(open_notebook, width):
    setup = 'X, y = nb.datasets.digits()\nw = nb.EmbedWidget(X, labels=y, method="tsne")\nw'
    cells = ("import nbembed as nb\n" + setup, "w.start()", "w.stop()")
    notebook = open_notebook(*cells, width=width)
    notebook.run(0)
    notebook.until("r.innerText.includes('not started')")
    notebook.page.wait_for_timeout(1000)
    notebook.js(WATCH_SHIFTS)
    before = notebook.js(PLACES)
    notebook.run(1)
    notebook.until("+r.dataset.step > 100 && /recall\\s+0\\./.test(r.innerText)")
    assert notebook.js(PLACES) == before
    if width == 1300:
        assert notebook.js("() => window.shifts") == []
    notebook.run(2)
