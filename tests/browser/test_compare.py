"""Several maps in one widget in a real JupyterLab: linked, arranged, scrubbed; branches and loaded runs beside them."""

import json

import numpy as np
import pytest

from tests.browser.lab import PICTURE, ROOT, Notebook
from tests.browser.stage import PADDING

SEEDS = """import numpy as np, nbembed as nb
rng = np.random.default_rng(0)
X = rng.normal(size=(120, 6)) + 9 * np.repeat(np.eye(6)[:3], 40, axis=0)
y = np.repeat(["ant", "bee", "cat"], 40)
ws = [nb.EmbedWidget(X, labels=y, n_epochs=60, random_state=i).fit(show=False) for i in range(3)]
c = nb.EmbedWidget.compare(ws)"""
PICTURES = f"""() => [...document.querySelectorAll('{ROOT} canvas.nbe-map')].map({PICTURE})"""
RINGS = f"""() => [...document.querySelectorAll('{ROOT} canvas.nbe-over')].map({PICTURE}).map((p) => p[1] > 0)"""


class Tiles:
    """The tiles of the notebook's widget, with their points in pixels of the window."""

    def __init__(self, notebook):
        self.notebook, self.page = notebook, notebook.page
        maps = np.array(json.loads(notebook.ask("print([m.tolist() for m in c.maps_.values()])")))
        low, high = maps.min((0, 1)), maps.max((0, 1))
        self.away, self.extent = (maps - (low + high) / 2) * [1, -1], high - low

    def points(self, number):
        """Return where the points of a tile are while all is in view."""
        canvas = self.page.locator(f".nbe-tile[data-map='{number}'] canvas.nbe-map")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        room = np.array([box["width"], box["height"]])
        scale = ((room - 2 * PADDING) / self.extent).min()
        return [box["x"], box["y"]] + room / 2 + scale * self.away[number]


@pytest.fixture
def opened(open_notebook):
    notebook = open_notebook(SEEDS, "c", height=1300)
    notebook.run(0).run(1)
    notebook.until("r.dataset.maps === '3' && r.dataset.controls === 'live'")
    return notebook, Tiles(notebook)


def test_selection_hover_and_zoom_are_those_of_all_maps(opened):
    notebook, tiles = opened
    page = notebook.page
    before = notebook.rest()
    assert len({picture for picture, _ in before}) == 3
    # Hover: a ring in every map, and one card.
    row = 57
    x, y = tiles.points(1)[row]
    page.mouse.move(x, y)
    page.wait_for_function(f"() => ({RINGS})().every(Boolean)")
    pointed = int(notebook.root("pointed"))
    near = np.linalg.norm(tiles.points(1) - [x, y], axis=1)
    assert near[pointed] <= near.min() + 1
    assert page.locator(".nbe-tip").count() == 1
    assert page.locator(".nbe-tile[data-map='1'] .nbe-tip").count() == 1
    assert notebook.rest() == before
    # A click in one map selects in all, and in Python.
    page.mouse.click(x, y)
    notebook.until("r.dataset.selected === '1'")
    assert notebook.ask("print(c.selection)") == f"[{pointed}]"
    selected = notebook.rest()
    assert all(a != b for a, b in zip(before, selected, strict=True))
    # What Python selects is seen.
    notebook.ask("c.selection = []")
    notebook.until("r.dataset.selected === '0'")
    page.mouse.move(5, 5)
    assert notebook.rest() == before
    # Zooming one map zooms all; a double click shows all again.
    page.mouse.move(x, y)
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(300)
    zoomed = notebook.rest()
    assert all(a[0] != b[0] for a, b in zip(before, zoomed, strict=True))
    page.keyboard.press("0")
    page.mouse.move(5, 5)
    assert notebook.rest() == before
    assert notebook.errors == []


def test_a_lasso_in_one_map_selects_in_python(opened):
    notebook, tiles = opened
    page = notebook.page
    notebook.rest()
    points = tiles.points(2)
    centre = points[:40].mean(0)
    radius = np.linalg.norm(points[:40] - centre, axis=1).max() + 6
    inside = np.flatnonzero(np.linalg.norm(points - centre, axis=1) < radius - 1)
    angles = np.linspace(0, 2 * np.pi, 40)
    page.keyboard.down("Shift")
    page.mouse.move(centre[0] + radius, centre[1])
    page.mouse.down()
    for angle in angles:
        page.mouse.move(centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle))
    page.mouse.up()
    page.keyboard.up("Shift")
    notebook.until("+r.dataset.selected >= 30")
    assert set(json.loads(notebook.ask("print(c.selection)"))) >= set(inside.tolist())


def test_the_arrangement_is_python_s_and_the_browser_s(opened):
    notebook, _ = opened
    page = notebook.page
    notebook.rest()
    notebook.press("mode-over")
    notebook.until("r.dataset.arrangement === 'over all 0'")
    assert json.loads(notebook.ask("import json; print(json.dumps(c.arrangement))")) == {
        "mode": "over", "align": "all", "onto": 0,
    }  # fmt: skip
    assert page.locator(".nbe-layer canvas.nbe-map").count() == 3
    notebook.rest()
    # A chip hides its map.
    page.locator(".nbe-chip[data-map='1']").click()
    assert page.locator(".nbe-layer canvas.nbe-map").count() == 2
    notebook.ask("c.arrange('beside', onto=2)")
    notebook.until("r.dataset.arrangement === 'beside all 2'")
    moved = notebook.rest()
    page.locator("[data-cmd=align]").select_option("none")
    notebook.until("r.dataset.arrangement === 'beside none 2'")
    assert notebook.ask("print(c.arrangement['align'])") == "none"
    assert notebook.rest() != moved
    page.locator("[data-cmd=align]").select_option("selection")
    notebook.until("r.dataset.arrangement === 'beside selection 2'")
    assert "at least 3 points" in page.locator(".nbe-advice").inner_text()
    every = notebook.rest()
    notebook.ask("c.selection = range(40)")
    notebook.until("r.dataset.selected === '40'")
    assert page.locator(".nbe-advice").inner_text() == ""
    assert notebook.rest() != every


def test_flicker_shows_one_map_after_the_other_and_can_be_held(opened):
    notebook, _ = opened
    page = notebook.page
    notebook.rest()
    notebook.press("mode-flicker")
    name = "() => document.querySelector('[data-nbembed=shown-map]').textContent"
    seen = set()
    for _ in range(60):
        seen.add(page.evaluate(name))
        if len(seen) == 3:
            break
        page.wait_for_timeout(100)
    assert seen == {"UMAP, seed 0", "UMAP, seed 1", "UMAP, seed 2"}
    page.locator(".nbe-chip[data-map='1']").click()
    assert page.evaluate(name) == "UMAP, seed 1"
    page.wait_for_timeout(1600)
    assert page.evaluate(name) == "UMAP, seed 1"
    assert page.locator("[data-cmd=flicker]").inner_text() == "Go on"


def test_the_scrubber_moves_all_maps_and_the_numbers_stand_in_one_table(opened):
    notebook, _ = opened
    page = notebook.page
    last = notebook.rest()
    page.locator("[data-cmd=moment]").fill("5")
    notebook.until("r.dataset.shown === '5'")
    early = notebook.rest()
    assert all(a[0] != b[0] for a, b in zip(last, early, strict=True))
    page.wait_for_timeout(400)
    assert notebook.ask("print(c.moment)") == "5"
    notebook.ask("c.moment = -1")
    notebook.until("r.dataset.shown === '60'")
    assert notebook.rest() == last
    ask = "import json; print(json.dumps([m['scores'] for m in c.gallery['maps']]))"
    told = json.loads(notebook.ask(ask))
    rows = page.locator(".nbe-scores tbody tr")
    for number, scores in enumerate(told):
        cells = rows.nth(number).locator("td").all_inner_texts()
        assert cells == [f"{value:.3f}" for value in scores.values()]
    titles = page.locator(".nbe-panel-title").all_inner_texts()
    assert titles == ["trustworthiness", "neighbour recall", "loss per edge"]


def test_a_page_of_several_maps_lives_without_a_kernel(lab, tmp_path):
    space = {}
    exec(SEEDS, space)  # noqa: S102
    path = space["c"].to_html(tmp_path / "maps.html")
    page = lab.browser.new_page(viewport={"width": 1100, "height": 900})
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    notebook = Notebook(page)
    page.goto(path.as_uri())
    notebook.until("r.dataset.maps === '3'")
    page.wait_for_function(f"() => ({PICTURES})().every(([, ink]) => ink > .003)")
    page.locator("[data-cmd=moment]").fill("3")
    notebook.until("r.dataset.shown === '3'")
    notebook.press("mode-over")
    page.wait_for_function(f"() => ({PICTURES})().every(([, ink]) => ink > .001)")
    assert asked == [path.as_uri()]
    assert notebook.errors == []
    page.close()


def test_a_branch_is_resumed_by_its_button_and_a_loaded_run_is_scrubbed(open_notebook, tmp_path):
    path = tmp_path / "run.nbembed"
    notebook = open_notebook(
        SEEDS,
        "b = ws[0].branch(step=20)\nb",
        f"b.save({str(path)!r})\nl = nb.load({str(path)!r})\nl",
    )
    notebook.run(0).run(1)
    notebook.until("r.dataset.state === 'paused' && r.dataset.shown === '20'")
    notebook.press("resume")
    notebook.until("r.dataset.state === 'done' && r.dataset.shown === '60'")
    assert notebook.ask("print((b.embedding_ == ws[0].embedding_).all())") == "True"
    notebook.run(2)
    second = f"() => document.querySelectorAll('{ROOT}')[1]?.dataset.state"
    notebook.page.wait_for_function(f"() => ({second})() === 'done'")
    slider = notebook.page.locator(f"{ROOT} [data-cmd=moment]").nth(1)
    slider.fill("4")
    notebook.page.wait_for_timeout(500)
    assert notebook.ask("print(l.moment)") == "4"
    assert notebook.ask("print((l.branch(step=30).fit(show=False).embedding_ == ws[0].embedding_).all())") == "True"  # fmt: skip
