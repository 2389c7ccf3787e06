"""Quality on the map: measured colours over the moments, the neighbours of a point, in page and kernel."""

import json

import numpy as np
import pytest

import nbembed as nb
from tests.browser.lab import Notebook
from tests.browser.stage import FRAME, WHERE, Stage

MEASURED = "print(json.dumps([w.color()['name'], w.color()['measured']['step']]))"
SETUP = "import json\n" + FRAME
# Neighbours of a row as Python counts them, in the map as the browser has it.
COUNT = """e = nb.metrics.neighbor_errors(X, w.embedding_, {row})
print(len(e.kept), len(e.missing), len(e.false))"""
KEY = "[data-nbembed=neighbors]"
COUNTS = f"""() => [...document.querySelectorAll('{KEY} [data-kind]')].map((e) => +e.dataset.n)"""


def stage_of(notebook, cell):
    return Stage(notebook, np.array(json.loads(notebook.run(cell).text(cell))))


def test_a_measure_is_chosen_here_and_follows_the_moment(open_notebook):
    notebook = open_notebook(SETUP, MEASURED, "w.color('continuity');", "w.moment = -1")
    notebook.run(0)
    notebook.until("r.dataset.state === 'done' && r.dataset.controls === 'live'")
    select = notebook.page.locator("[data-cmd=color]")
    group = "e => [...e.querySelectorAll('optgroup option')].map(o => o.text)"
    offered = select.evaluate(group)
    assert offered[:3] == ["trustworthiness", "continuity", "kept neighbours"]
    before = notebook.pixels()[0]
    select.select_option(label="kept neighbours")
    notebook.until("r.querySelector('[data-nbembed=measured]')?.dataset.step === '60'")
    assert json.loads(notebook.run(1).text(1)) == ["kept neighbours", 60]
    notebook.page.wait_for_timeout(500)
    last = notebook.pixels()[0]
    assert last != before
    slider = notebook.page.locator("[data-cmd=moment]")
    slider.focus()
    slider.press("Home")
    notebook.until("r.querySelector('[data-nbembed=measured]').dataset.step === '0'")
    assert json.loads(notebook.run(1).text(1)) == ["kept neighbours", 0]
    assert "on show" not in notebook.page.locator("[data-nbembed=measured]").inner_text()
    notebook.run(2)
    notebook.until("r.querySelector('[data-cmd=color]').value === 'measure continuity'")
    notebook.run(3)
    notebook.until("r.querySelector('[data-nbembed=measured]').dataset.step === '60'")
    assert notebook.errors == []


def test_a_click_shows_the_neighbours_in_the_data(open_notebook):
    notebook = open_notebook(FRAME, WHERE)
    notebook.run(0)
    stage = stage_of(notebook, 1)
    over = "canvas.nbe-over"
    row, other, *_ = stage.lonely()
    stage.click(stage.points[row])
    notebook.until("r.querySelector(argument) !== null", KEY)
    stage.page.mouse.move(*map(float, stage.empty()))
    assert notebook.js(f"() => document.querySelector('{KEY}').dataset.row") == str(row)
    kept, missing, false = map(int, notebook.ask(COUNT.format(row=row)).split())
    # Places on the page are rounded: of two neighbours about as near, either may be the fifteenth.
    assert np.abs(np.subtract(notebook.js(COUNTS), [kept, missing, false])).max() <= 1
    assert sum(notebook.js(COUNTS)[:2]) == 15
    assert (kept + missing, missing) == (15, false)
    stage.page.wait_for_timeout(400)
    ink = f"""() => {{ const c = document.querySelector('{over}');
      const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
      let n = 0; for (let i = 3; i < p.length; i += 4) n += p[i] > 0 ? 1 : 0; return n; }}"""
    lines = notebook.js(ink)
    assert lines > 200
    # The lines go with the points, and what is near in the map is counted anew.
    notebook.page.locator("[data-cmd=moment]").focus()
    notebook.page.keyboard.press("Home")
    stage.page.wait_for_timeout(900)
    early = notebook.js(COUNTS)
    assert sum(early[:2]) == 15
    assert notebook.js(ink) != lines
    notebook.page.keyboard.press("End")
    # By the keyboard: go on, select, and clear.
    notebook.page.evaluate("() => document.querySelector('.nbe-surface').focus()")
    notebook.page.keyboard.press("n")
    notebook.page.keyboard.press("Enter")
    notebook.until(
        "![null, argument].includes(r.querySelector('[data-nbembed=neighbors]')?.dataset.row ?? null)",
        str(row),
    )
    notebook.until(
        "r.querySelector('[data-nbembed=spoken]').textContent.startsWith('Of the neighbours in the data')"
    )
    notebook.page.keyboard.press("Escape")
    notebook.until("r.querySelector(argument) === null", KEY)
    assert notebook.root("selected") == "0"
    stage.click(stage.points[row])
    stage.click(stage.points[other], "Shift")
    stage.selected(2)
    notebook.until("r.querySelector(argument) === null", KEY)
    assert notebook.errors == []


@pytest.fixture(scope="module")
def page_path(tmp_path_factory):
    X, _ = nb.datasets.digits()
    widget = nb.EmbedWidget(X, n_epochs=60, random_state=0).fit().color("missing")
    return widget.to_html(tmp_path_factory.mktemp("quality") / "map.html"), widget


def test_a_page_shows_neighbours_and_measured_moments_without_a_kernel(lab, page_path):
    path, widget = page_path
    context = lab.browser.new_context(viewport={"width": 1000, "height": 800})
    page = context.new_page()
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    notebook = Notebook(page)
    page.goto(path.as_uri())
    stage = Stage(notebook, widget.embedding_.astype(float))
    (row, *_) = stage.lonely()
    stage.click(stage.points[row])
    notebook.until("r.querySelector(argument) !== null", KEY)
    errors = nb.metrics.neighbor_errors(widget._data, widget.embedding_, row)
    assert notebook.js(COUNTS) == [len(errors.kept), len(errors.missing), len(errors.false)]
    picture = notebook.pixels()[0]
    slider = page.locator("[data-cmd=moment]")
    slider.focus()
    slider.press("Home")
    notebook.until("r.querySelector('[data-nbembed=measured]').dataset.step === '0'")
    page.wait_for_timeout(700)
    assert notebook.pixels()[0] != picture
    assert sum(notebook.js(COUNTS)[:2]) == 15
    assert all(url == path.as_uri() or url.startswith(("data:", "blob:")) for url in requests)
    assert notebook.errors == []
    context.close()
