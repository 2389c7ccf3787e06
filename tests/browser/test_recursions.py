"""The map after each phase and recursion, in a real JupyterLab: a DRE run, and free t-SNE and UMAP runs."""

import json

import numpy as np
import pytest

from tests.browser.lab import PICTURE, ROOT, Notebook
from tests.browser.stage import PADDING
from tests.browser.test_accessible import AXE, BARRIERS

DATA = """import json, numpy as np, nbembed as nb
rng = np.random.default_rng(0)
X = rng.normal(size=(120, 6)) + 9 * np.repeat(np.eye(6)[:3], 40, axis=0)
y = np.repeat(["ant", "bee", "cat"], 40)
z = np.tile(["young", "old"], 60)
"""
DRE = (
    DATA
    + """w = nb.EmbedWidget(X, labels=y, method="dre", recursions=["f20", "f10"], head=(20, 10), n_epochs=30,
                   batch_size=40, perplexity=10, device="cpu", random_state=0)"""
)
TSNE = (
    DATA
    + 'w = nb.EmbedWidget(X, labels=y, method="tsne", perplexity=10, early_exaggeration_iter=40, n_iter=60, random_state=0)'
)
UMAP = DATA + "w = nb.EmbedWidget(X, labels=y, n_epochs=60, random_state=0)"
FIT = "w.fit()"
TILES = f"{ROOT} .nbe-tile"
RINGS = f"""() => [...document.querySelectorAll('{TILES} canvas.nbe-over')].map({PICTURE}).map((p) => p[1] > 0)"""
# Lines of a kind in each tile: a path begins one with every M.
LINES = f"""(kind) => [...document.querySelectorAll('{TILES}')].map((tile) =>
  [...tile.querySelectorAll('.nbe-trail .nbe-' + kind)].map((path) =>
    path.getAttribute('d').split('M').length - 1).reduce((a, b) => a + b, 0))"""
GALLERY = "print(json.dumps(w.gallery))"


def opened(open_notebook, cells, maps):
    notebook = open_notebook(cells, FIT, height=1500)
    notebook.run(0).run(1)
    notebook.until("r.dataset.state === 'done' && r.dataset.controls === 'live'")
    notebook.rest()
    notebook.press("recursions")
    notebook.until("r.dataset.view === 'recursions' && r.dataset.maps === argument", str(maps))
    return notebook


@pytest.fixture
def dre(open_notebook):
    return opened(open_notebook, DRE, 4)


def aligned_points(notebook, number):
    """Return where the points of a tile are: all but the first, laid onto the second one, as the page does."""
    code = (
        "kept = {f.step: f.embedding for f in w.history_.frames} | {w.history_.steps[-1]: w.embedding_}\n"
        "from nbembed import metrics\n"
        "maps = [kept[m['step']] for m in w.gallery['maps']]\n"
        "maps = [metrics.align(m, maps[1], same_size=True) for m in maps]\n"
        "print(json.dumps([m.tolist() for m in maps]))"
    )
    maps = np.array(json.loads(notebook.ask(code)))
    # The map that the run began with fits itself in.
    low, high = maps[1:].min((0, 1)), maps[1:].max((0, 1))
    canvas = notebook.page.locator(f".nbe-tile[data-map='{number}'] canvas.nbe-map")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    room = np.array([box["width"], box["height"]])
    scale = ((room - 2 * PADDING) / (high - low)).min()
    away = (maps[number] - (low + high) / 2) * [1, -1]
    return [box["x"], box["y"]] + room / 2 + scale * away


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        (DRE, ["start", "before recursion", "recursion 1 on f20", "recursion 2 on f10"]),
        (TSNE, ["start", "early exaggeration", "optimization"]),
        (UMAP, ["start", "optimization"]),
    ],
    ids=["dre", "tsne", "umap"],
)
def test_every_phase_and_recursion_has_a_map(open_notebook, cells, names):
    notebook = opened(open_notebook, cells, len(names))
    page = notebook.page
    pictures = notebook.rest()
    assert len({picture for picture, _ in pictures}) == len(names)
    assert notebook.ask("print(w.view)") == "recursions"
    told = json.loads(notebook.ask(GALLERY))
    assert [m["name"] for m in told["maps"]] == names
    assert page.locator(".nbe-tile figcaption").all_inner_texts() == names
    # Scores as Python has measured them stand in the table.
    notebook.until("r.querySelectorAll('.nbe-scores tbody tr').length === argument", len(names))
    last = page.locator(".nbe-scores tbody tr").last.locator("td").all_inner_texts()
    scores = told["maps"][-1]["scores"]
    assert last[0] == f"{scores['trustworthiness']:.3f}"
    assert last[3] == f"{scores['neighborhood_hit']:.3f}"
    assert len(last) == len(told["measures"])
    # And back, from Python.
    notebook.ask("w.view = 'map'")
    notebook.until("r.dataset.view === 'map' && r.dataset.maps === '1'")
    assert page.locator(".nbe-tile").count() == 0
    assert notebook.pixels()[1] > 0.003
    assert notebook.errors == []


def test_selection_hover_and_zoom_are_those_of_all_maps(dre):
    page = dre.page
    before = dre.rest()
    row = 57
    x, y = aligned_points(dre, 2)[row]
    page.mouse.move(x, y)
    page.wait_for_function(f"() => ({RINGS})().every(Boolean)")
    pointed = int(dre.root("pointed"))
    near = np.linalg.norm(aligned_points(dre, 2) - [x, y], axis=1)
    # That it is the right point shows that Python's alignment is the page's.
    assert near[pointed] <= near.min() + 1.5
    assert page.locator(".nbe-tile[data-map='2'] .nbe-tip").count() == 1
    page.mouse.click(x, y)
    dre.until("r.dataset.selected === '1'")
    assert dre.ask("print(w.selection)") == f"[{pointed}]"
    assert all(a != b for a, b in zip(before, dre.rest(), strict=True))
    dre.ask("w.selection = []")
    dre.until("r.dataset.selected === '0'")
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(300)
    assert all(a[0] != b[0] for a, b in zip(before, dre.rest(), strict=True))
    page.keyboard.press("0")
    page.mouse.move(5, 5)
    assert dre.rest() == before


def test_trails_lead_from_each_map_to_the_next(dre):
    dre.rest()
    assert dre.js(LINES, "head") == [0, 0, 0, 0]
    dre.press("trails")
    dre.page.wait_for_function(f"() => ({LINES})('head').join() === '0,120,120,120'")
    dre.ask("w.selection = [3, 44, 99]")
    dre.page.wait_for_function(f"() => ({LINES})('head').join() === '0,3,3,3'")
    # A trail ends where the point is: in the third map, three lines of three colours.
    colors = dre.js(
        "() => [...document.querySelectorAll('.nbe-tile[data-map=\"2\"] .nbe-trail g')].map((g) => g.getAttribute('stroke'))"
    )
    assert len(set(colors)) == 3
    ends = dre.js(
        "() => [...document.querySelectorAll('.nbe-tile[data-map=\"2\"] .nbe-head')].map((p) =>"
        " p.getAttribute('d').split('L')[1].split(' ').map(Number))"
    )
    box = dre.page.locator(".nbe-tile[data-map='2'] canvas.nbe-map").bounding_box()
    points = aligned_points(dre, 2)[[3, 44, 99]]
    box = dre.page.locator(".nbe-tile[data-map='2'] canvas.nbe-map").bounding_box()
    np.testing.assert_allclose(np.add(ends, [box["x"], box["y"]]), points, atol=1.5)
    dre.press("trails")
    dre.page.wait_for_function(f"() => ({LINES})('head').join() === '0,0,0,0'")


def test_affinities_that_changed_are_drawn(dre):
    dre.rest()
    dre.press("affinities")
    changes = json.loads(dre.ask("print(json.dumps(w.affinity_changes()))"))
    expected = [0, 0, *(len(change["gained"]) // 2 for change in changes)]
    dre.page.wait_for_function(
        f"(e) => ({LINES})('gained').join() === e", arg=",".join(map(str, expected))
    )
    assert min(expected[2:]) > 0
    lost = [0, 0, *(len(change["lost"]) // 2 for change in changes)]
    assert dre.js(LINES, "lost") == lost
    fresh, gone, kept = changes[0]["counts"]
    words = dre.page.locator(".nbe-tile[data-map='2'] [data-nbembed=changed]").inner_text()
    assert words == f"{fresh:,} pairs new, {gone:,} gone, {kept:,} kept"
    # Of the selected points only.
    dre.ask("w.selection = [7]")
    own = json.loads(dre.ask("print(json.dumps(w.affinity_changes([7])))"))
    expected = [0, 0, *(len(change["gained"]) // 2 for change in own)]
    dre.page.wait_for_function(
        f"(e) => ({LINES})('gained').join() === e", arg=",".join(map(str, expected))
    )


def test_phases_of_a_free_map_have_the_same_affinities(open_notebook):
    notebook = opened(open_notebook, TSNE, 3)
    notebook.press("affinities")
    words = notebook.page.locator(".nbe-tile[data-map='2'] [data-nbembed=changed]")
    words.wait_for()
    assert words.inner_text() == "the same affinities"


def test_insets_show_what_is_around_a_point(dre):
    dre.rest()
    dre.press("insets")
    assert dre.page.locator(".nbe-inset").count() == 0
    dre.ask("w.selection = [44]")
    dre.page.wait_for_function("() => document.querySelectorAll('.nbe-inset').length === 4")
    ink = f"() => [...document.querySelectorAll('.nbe-inset')].map({PICTURE})"
    dre.page.wait_for_function(f"() => ({ink})().every(([, ink]) => ink > 0.001)")
    first = dre.js(ink)
    x, y = aligned_points(dre, 1)[99]
    dre.page.mouse.move(x, y)
    dre.page.wait_for_function(
        f"(f) => JSON.stringify(({ink})()) !== f", arg=json.dumps(first, separators=(",", ":"))
    )


def test_one_map_is_large_and_another_one_is_chosen(dre):
    page = dre.page
    dre.rest()
    dre.press("mode-large")
    dre.until("r.dataset.arrangement.startsWith('large')")
    assert json.loads(dre.ask("print(json.dumps(w.arrangement))"))["mode"] == "large"
    heights = "() => [...document.querySelectorAll('.nbe-tile')].map((t) => t.getBoundingClientRect().height)"
    dre.rest()
    sizes = dre.js(heights)
    assert sizes.index(max(sizes)) == 3
    assert max(sizes) > 2 * sorted(sizes)[-2]
    page.locator("[data-cmd=large-1]").click()
    dre.rest()
    sizes = dre.js(heights)
    assert sizes.index(max(sizes)) == 1
    assert page.locator("[data-cmd=large-1]").get_attribute("aria-pressed") == "true"


def test_classes_and_classes_within_them_are_told_apart(dre):
    before = dre.rest()
    dre.ask("w.color(subclass=z)")
    dre.page.wait_for_selector(".nbe-shades")
    assert all(a[0] != b[0] for a, b in zip(before, dre.rest(), strict=True))
    rows = dre.page.locator(".nbe-shades .nbe-row")
    assert rows.all_inner_texts()[:2] == ["old\n20", "young\n20"]
    rows.nth(3).click()
    dre.until("r.dataset.selected === '20'")
    expected = [i for i in range(40, 80) if i % 2 == 0]
    assert json.loads(dre.ask("print(w.selection)")) == expected


def test_maps_come_one_after_the_other_as_a_run_goes(open_notebook):
    notebook = open_notebook(TSNE, "w.step(20)", height=1500)
    notebook.run(0).run(1)
    notebook.until("r.dataset.state === 'paused' && r.dataset.controls === 'live'")
    notebook.press("recursions")
    notebook.until("r.dataset.maps === '3'")
    captions = notebook.page.locator(".nbe-tile figcaption")
    empty = ".nbe-tile .nbe-empty"
    assert captions.all_inner_texts() == ["start", "early exaggeration, so far", "optimization"]
    assert notebook.page.locator(empty).all_inner_texts() == ["The run has not come so far."]
    notebook.ask("w.step(30)")
    notebook.until("r.dataset.step === '50'")
    assert captions.all_inner_texts() == ["start", "early exaggeration", "optimization, so far"]
    notebook.page.wait_for_selector(empty, state="detached")
    row = notebook.page.locator(".nbe-scores tbody tr").nth(1).locator("td").first
    notebook.page.wait_for_function(
        "() => /\\d/.test(document.querySelector('.nbe-scores tbody tr:nth-child(2) td')?.textContent)"
    )
    scores = json.loads(notebook.ask(GALLERY))["maps"][1]["scores"]
    assert row.inner_text() == f"{scores['trustworthiness']:.3f}"
    # The buttons go on to act.
    notebook.press("resume")
    notebook.until("r.dataset.state === 'done'")
    assert captions.all_inner_texts() == ["start", "early exaggeration", "optimization"]
    assert notebook.ask("print(w.history_.steps[-1] <= 100)") == "True"
    notebook.rest()


def test_frames_go_on_to_come_while_the_maps_are_looked_at(open_notebook):
    cells = TSNE.replace("n_iter=60", "n_iter=5_000_000")
    notebook = open_notebook(cells, "w.start()", height=1500)
    notebook.run(0).run(1)
    notebook.until("r.dataset.controls === 'live' && +r.dataset.shown > 45")
    notebook.press("recursions")
    notebook.until("r.dataset.maps === '3'")
    shown = int(notebook.root("shown"))
    # More than the two frames that may be on their way.
    for _ in range(6):
        notebook.until("+r.dataset.shown > argument", shown)
        shown = int(notebook.root("shown"))
    notebook.press("stop")
    notebook.until("r.dataset.state === 'stopped'")
    notebook.until("r.querySelectorAll('.nbe-tile')[2].innerText === 'optimization'")


def test_the_keyboard_opens_and_arranges_the_maps(open_notebook):
    notebook = open_notebook(TSNE, FIT, height=1500)
    notebook.run(0).run(1)
    notebook.until("r.dataset.state === 'done' && r.dataset.controls === 'live'")
    notebook.rest()
    page = notebook.page
    page.locator("[data-cmd=recursions]").focus()
    page.keyboard.press("Enter")
    notebook.until("r.dataset.view === 'recursions'")
    assert page.locator("[data-cmd=recursions]").get_attribute("aria-pressed") == "true"
    page.locator("[data-cmd=mode-large]").focus()
    page.keyboard.press("Space")
    notebook.until("r.dataset.arrangement.startsWith('large')")
    page.locator("[data-cmd=trails]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".nbe-head", state="attached")
    page.add_script_tag(path=AXE)
    assert notebook.js(BARRIERS) == []


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    space = {}
    exec(DRE + "\nw.fit().color(subclass=z)", space)  # noqa: S102
    widget = space["w"]
    return widget, widget.to_html(tmp_path_factory.mktemp("page") / "dre.html")


@pytest.mark.parametrize("width", [360, 700, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_has_every_view_without_a_kernel(lab, made, width, scheme):
    widget, path = made
    context = lab.browser.new_context(
        viewport={"width": width, "height": 1200}, color_scheme=scheme
    )
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    notebook = Notebook(page)
    page.goto(path.as_uri())
    notebook.until("r.dataset.state === 'done'")
    notebook.press("recursions")
    notebook.until("r.dataset.maps === '4'")
    assert len({picture for picture, _ in notebook.rest()}) == 4
    notebook.press("affinities")
    expected = [0, 0, *(len(c["gained"]) // 2 for c in widget.affinity_changes([]))]
    page.wait_for_function(
        f"(e) => ({LINES})('gained').join() === e", arg=",".join(map(str, expected))
    )
    notebook.press("trails")
    page.wait_for_function(f"() => ({LINES})('head').join() === '0,120,120,120'")
    for mode in ("large", "over", "flicker", "beside"):
        notebook.press(f"mode-{mode}")
        notebook.until("r.dataset.arrangement.startsWith(argument)", mode)
        page.wait_for_timeout(300)
        overflow = notebook.js(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0
    assert page.locator(".nbe-scores tbody tr").count() == 4
    assert page.locator(".nbe-shades").count() == 3
    assert all(url == path.as_uri() or url.startswith(("data:", "blob:")) for url in asked)
    assert notebook.errors == []
    context.close()
