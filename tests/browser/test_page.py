"""The exported page, the saved notebook and the look: without a kernel, in the dark, in a narrow column."""

import json

import numpy as np
import pytest

import nbembed as nb
from tests.browser.lab import Notebook


@pytest.fixture(scope="module")
def page_path(tmp_path_factory):
    X, y = nb.datasets.digits()
    labels = np.array([f"</script><s>{d}</s>" for d in y])
    widget = nb.EmbedWidget(X, labels=labels, n_epochs=100, random_state=0).fit()
    return widget.to_html(tmp_path_factory.mktemp("page") / "map.html")


@pytest.fixture
def open_page(lab, page_path):
    opened = []

    def open_one(**options):
        context = lab.browser.new_context(**options)
        page = context.new_page()
        opened.append(context)
        requests = []
        page.on("request", lambda request: requests.append(request.url))
        notebook = Notebook(page)
        page.goto(page_path.as_uri())
        notebook.until("r.dataset.state === 'done'")
        notebook.page.wait_for_timeout(500)
        return notebook, requests

    yield open_one
    for context in opened:
        context.close()


def test_the_page_works_offline_from_a_file(open_page, page_path):
    notebook, requests = open_page()
    assert notebook.pixels()[1] > 0.003
    # The file itself, and pictures that are in it.
    assert all(url == page_path.as_uri() or url.startswith(("data:", "blob:")) for url in requests)
    assert notebook.errors == []


def test_the_pages_history_can_be_scrubbed(open_page):
    notebook, _ = open_page()
    last = notebook.pixels()[0]
    slider = notebook.page.locator("input[type=range]")
    slider.focus()
    slider.press("Home")
    notebook.page.wait_for_timeout(500)
    assert notebook.pixels()[0] != last
    slider.press("End")
    notebook.page.wait_for_timeout(500)
    text = notebook.js("() => document.querySelector('[data-nbembed=root]').innerText")
    assert "step 100" in text
    assert "loss per edge" in text


def test_labels_are_text_whatever_is_in_them(open_page):
    notebook, _ = open_page()
    text = notebook.js("() => document.querySelector('[data-nbembed=root]').innerText")
    assert "</script><s>0</s>" in text
    assert notebook.js("() => document.querySelectorAll('s').length") == 0


@pytest.mark.parametrize("width", [360, 700, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_every_width_in_light_and_dark(open_page, width, scheme):
    notebook, _ = open_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    overflow = notebook.js(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0
    assert notebook.root("theme") == scheme
    ink = notebook.js("""() => {
        const [r, g, b] = getComputedStyle(document.querySelector('[data-nbembed=root]'))
          .color.match(/[\\d.]+/g).map(Number);
        return (0.3 * r + 0.6 * g + 0.1 * b) / 255; }""")
    assert (ink > 0.5) == (scheme == "dark")
    assert notebook.pixels()[1] > 0.003


def test_a_narrow_map_keeps_its_tools_in_view_when_points_are_selected(open_page):
    notebook, _ = open_page(viewport={"width": 206, "height": 900})
    notebook.page.locator(".nbe-surface").focus()
    notebook.page.keyboard.press("a")
    notebook.until("r.dataset.selected === '1797'")
    places = notebook.js("""() => { const of = (e) => e.getBoundingClientRect(), map = of(document.querySelector('.nbe-stage'));
      return [...document.querySelectorAll('.nbe-tools .nbe-tool')].map(of).map((b) =>
        [b.left - map.left, map.right - b.right, b.top - map.top]); }""")
    assert len(places) > 4
    assert min(min(place) for place in places) >= 0
    # Two lines: what is selected, below the tools.
    assert len({top for *_, top in places[1:]}) == 1 < len({top for *_, top in places})


def test_a_zoom_and_the_way_back(open_page):
    notebook, _ = open_page(viewport={"width": 900, "height": 900})
    notebook.press("fit")
    notebook.page.wait_for_timeout(600)
    fitted = notebook.pixels()[0]
    box = notebook.page.locator("canvas.nbe-map").bounding_box()
    notebook.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    notebook.page.mouse.wheel(0, -600)
    notebook.page.wait_for_timeout(600)
    assert notebook.pixels()[0] != fitted
    notebook.page.mouse.move(1, 1)
    notebook.press("fit")
    notebook.page.wait_for_timeout(600)
    assert notebook.pixels()[0] == fitted


def test_a_notebook_executed_without_a_browser_keeps_the_map(tmp_path):
    import nbformat
    from nbclient import NotebookClient
    from nbformat import v4

    cells = [
        "import nbembed as nb\nX, y = nb.datasets.digits()",
        "w = nb.EmbedWidget(X, labels=y, n_epochs=30, random_state=0)\nw.fit()",
    ]
    notebook = v4.new_notebook(cells=[v4.new_code_cell(c) for c in cells])
    NotebookClient(notebook, timeout=120, store_widget_state=True).execute()
    nbformat.validate(notebook)
    outputs = notebook.cells[1].outputs
    assert [o.data.get("text/plain") for o in outputs][-1].endswith("state='done')")
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    (widget,) = [s for s in states.values() if s["model_name"] == "AnyModel"]
    assert widget["state"]["snapshot_info"]["frames"][-1]["step"] == 30
    assert len(json.dumps(notebook)) < 2_000_000
