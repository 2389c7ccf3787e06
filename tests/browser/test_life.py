"""What can happen to a notebook with a widget in it: reload, closed tab, restart, two views, re-run."""

import csv
import json
import time

import pytest

SETUP = """import numpy as np, nbembed as nb
X, y = nb.datasets.digits()
w = nb.EmbedWidget(X, labels=y, random_state=0, n_epochs={epochs})"""
LONG = SETUP.format(epochs=100_000)
SHORT = SETUP.format(epochs=150)
SAVE = "() => window.jupyterapp.commands.execute('docmanager:save')"
STATE = "import json; print(json.dumps([w._session.run.step, w.history_.steps, w.status['state']]))"
VIEWS = "() => document.querySelectorAll('[data-nbembed=root]').length"


def states(notebook, state, count):
    """Wait until this many views say so."""
    notebook.page.wait_for_function(
        """([state, count]) => { const roots = [...document.querySelectorAll('[data-nbembed=root]')];
        return roots.length === count && roots.every((r) => r.dataset.state === state); }""",
        arg=[state, count],
    )


def check_whole_story(notebook):
    """Check that the page holds all maps that Python holds, from the first, and every value of the loss."""
    step, kept, _ = json.loads(notebook.ask(STATE))
    assert len(kept) > 10
    slider = "r.querySelector('[data-cmd=moment]')"
    notebook.until(f"!{slider}.disabled && +{slider}.max >= argument", min(len(kept), 119) - 1)
    notebook.page.locator("[data-nbembed=root] [data-cmd=moment]").first.press("Home")
    notebook.until("r.dataset.shown === '0'")
    with notebook.page.expect_download() as download:
        notebook.press("csv-loss")
    rows = csv.reader(download.value.path().read_text(encoding="utf-8").splitlines())
    steps = [int(row[0]) for row in rows if row[0].isdigit()]
    assert steps[: step // 10 + 1] == list(range(0, step + 1, 10))


def test_a_reload_in_mid_run_finds_the_whole_story(open_notebook):
    notebook = open_notebook(LONG, "w.start()")
    notebook.run(0).run(1)
    notebook.until("+r.dataset.step > 40")
    notebook.js(SAVE)
    before = int(notebook.root("step"))
    notebook.page.reload()
    notebook.ready()
    notebook.until(
        "r.dataset.state === 'running' && +r.dataset.drawn > 2 && +r.dataset.step > argument",
        before,
    )
    assert notebook.pixels()[1] > 0.003
    notebook.press("pause")
    notebook.until("r.dataset.state === 'paused'")
    check_whole_story(notebook)
    assert notebook.errors == []


def test_a_closed_tab_stops_nothing_and_misses_nothing(open_notebook, lab):
    notebook = open_notebook(LONG, "w.start()", fresh=True)
    notebook.run(0).run(1)
    notebook.until("+r.dataset.step > 20")
    notebook.js(SAVE)
    before, path = (
        int(notebook.root("step")),
        notebook.js("() => window.jupyterapp.shell.currentWidget.context.path"),
    )
    notebook.page.context.close()
    time.sleep(4)
    again = lab.open(path)
    again.until("r.dataset.state === 'running' && +r.dataset.step > argument", before)
    again.press("pause")
    again.until("r.dataset.state === 'paused'")
    check_whole_story(again)
    again.page.context.close()


def test_without_its_kernel_a_notebook_shows_the_picture(open_notebook, lab):
    notebook = open_notebook(SHORT + "\nw.fit()", "w", fresh=True)
    notebook.run(0).run(1)
    picture = ".nbembed-still img"
    notebook.until("r.dataset.state === 'done'")
    assert notebook.page.locator(picture).count() == 2
    # Beside a live view it takes no room.
    shown = """() => [...document.querySelectorAll('.jp-OutputArea-child:has(.nbembed-still)')]
      .map((e) => e.getBoundingClientRect().height)"""
    assert notebook.js(shown) == [0, 0]
    notebook.js(SAVE)
    lab.api(f"/api/kernels/{notebook.kernel}", "DELETE")
    notebook.page.reload()
    notebook.ready()
    notebook.page.wait_for_selector(picture)
    sizes = "() => [...document.querySelectorAll('.nbembed-still img')].map((i) => [i.naturalWidth > 200, i.height > 100])"
    notebook.page.wait_for_function(f"() => ({sizes})().every((i) => i[0] && i[1])")
    assert notebook.js(VIEWS) == 0


@pytest.mark.parametrize("by", ["this page", "another program"])
def test_a_restarted_kernel_leaves_the_map_and_a_notice(open_notebook, lab, by):
    notebook = open_notebook(LONG, "w.start()", fresh=True)
    notebook.run(0).run(1)
    notebook.until("+r.dataset.step > 20 && +r.dataset.drawn > 5")
    if by == "this page":
        notebook.js(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
        )
    else:
        lab.api(f"/api/kernels/{notebook.kernel}/restart", "POST")
    began = time.monotonic()
    notebook.until("/kernel is gone|comes from the kernel any more/.test(r.innerText)")
    assert time.monotonic() - began < 30  # 10 s on a quiet machine
    assert notebook.root("state") == "running"
    assert notebook.pixels()[1] > 0.003
    # What is on screen can be looked at, without a kernel.
    before = notebook.pixels()[0]
    notebook.page.locator("[data-nbembed=root] [data-cmd=moment]").press("Home")
    notebook.until("r.dataset.shown === '0'")
    notebook.page.wait_for_timeout(800)
    assert notebook.pixels()[0] != before
    assert [error for error in notebook.errors if "nbe" in error or "Uncaught" in error] == []


def test_two_views_and_a_third_agree(open_notebook):
    notebook = open_notebook(LONG, "w.start()", "w", "print(w.status['state'])", fresh=True)
    notebook.run(0).run(1).run(2)
    notebook.js(
        """() => { const { content } = window.jupyterapp.shell.currentWidget; content.activeCellIndex = 1;
        return window.jupyterapp.commands.execute('notebook:create-output-view'); }"""
    )
    states(notebook, "running", 3)
    notebook.until("+r.dataset.step > 20")
    notebook.js(
        "() => document.querySelectorAll('[data-nbembed=root] [data-cmd=pause]')[1].click()"
    )
    states(notebook, "paused", 3)
    notebook.page.wait_for_timeout(1500)
    steps = "() => [...document.querySelectorAll('[data-nbembed=root]')].map((r) => r.dataset.step)"
    assert len(set(notebook.js(steps))) == 1
    for i in range(3):
        notebook.page.locator("canvas.nbe-map").nth(i).scroll_into_view_if_needed()
        notebook.page.wait_for_timeout(800)
        assert notebook.pixels(i)[1] > 0.003, i
    # Views of one width draw the same to the pixel.
    same = """() => { const c = [...document.querySelectorAll('.jp-Notebook canvas.nbe-map')].map((c) => c.toDataURL());
      return c.length === 2 && c[0] === c[1]; }"""
    assert notebook.js(same)
    notebook.js(
        """() => { for (const w of window.jupyterapp.shell.widgets('main'))
        if (w.content?.model?.cells) w.content.widgets[1].outputArea.model.clear(); }"""
    )
    notebook.page.wait_for_function(
        "() => document.querySelectorAll('[data-nbembed=root]').length < 3"
    )
    left = notebook.js(VIEWS)
    notebook.press("resume")
    states(notebook, "running", left)
    notebook.press("stop")
    states(notebook, "stopped", left)
    assert notebook.errors == []


COUNT = """import gc, threading, psutil
gc.collect()
live = sum(isinstance(o, nb.EmbedWidget) for o in gc.get_objects())
workers = sum(t.name == "nbembed-run" for t in threading.enumerate())
print([live, workers, psutil.Process().memory_info().rss // 1_000_000])"""


def test_fifty_runs_of_a_cell_leave_one_widget_one_worker_one_view(open_notebook):
    notebook = open_notebook(
        "import numpy as np, nbembed as nb\nX = np.random.default_rng(0).normal(size=(2000, 50)).astype('f4')",
        "w = nb.EmbedWidget(X, n_neighbors=5, n_epochs=100_000).start()\nw",
        fresh=True,
    )
    notebook.run(0).run(1)
    notebook.until("+r.dataset.step > 0")
    rerun = """async (times) => { for (let i = 0; i < times; i++) {
      window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1;
      await window.jupyterapp.commands.execute('notebook:run-cell'); } }"""
    notebook.js(rerun, 20)
    live, workers, first = json.loads(notebook.ask(COUNT))
    assert (live, workers) == (1, 1)
    notebook.js(rerun, 29)
    notebook.idle()
    notebook.check(1)
    live, workers, last = json.loads(notebook.ask(COUNT))
    assert (live, workers) == (1, 1)
    assert last - first < 60  # MB; 29 leaked widgets would be some hundreds
    notebook.until("r.dataset.state === 'running' && +r.dataset.drawn > 0")
    assert notebook.js(VIEWS) == 1
    assert notebook.js("() => document.querySelectorAll('canvas.nbe-map').length") == 1
    notebook.press("stop")
    assert notebook.errors == []
