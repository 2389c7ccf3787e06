"""The map of an exported page: saved, lost and restored, without WebGL, under fingers, out of sight."""

import base64
import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from tests.browser.lab import AS_HARDWARE, Notebook
from tests.browser.stage import FRAME, Stage


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    space = {}
    exec(FRAME.replace("w.fit()", "w.fit(show=False)"), space)  # noqa: S102 - our own cell
    widget = space["w"]
    widget.size(by="mass")
    path = widget.to_html(tmp_path_factory.mktemp("page") / "map.html")
    return path, widget.embedding_.astype(float)


@pytest.fixture
def open_stage(lab, exported):
    path, Y = exported
    opened = []

    def open_one(before="", **options):
        context = lab.browser.new_context(**options)
        opened.append(context)
        if before:
            context.add_init_script(before)
        page = context.new_page()
        notebook = Notebook(page)
        page.goto(path.as_uri())
        notebook.until("r.dataset.state === 'done'")
        return Stage(notebook, Y)

    yield open_one
    for context in opened:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_map_is_saved_as_png_and_svg(open_stage, tmp_path, scheme):
    stage = open_stage(color_scheme=scheme, accept_downloads=True)
    stage.draw(stage.around(0)[0], "Shift")
    saved = {}
    for kind in ("png", "svg"):
        with stage.page.expect_download() as download:
            stage.notebook.press(f"export-{kind}")
        assert download.value.suggested_filename == f"UMAP-map.{kind}"
        download.value.save_as(tmp_path / kind)
        saved[kind] = (tmp_path / kind).read_bytes()
    picture = np.asarray(Image.open(io.BytesIO(saved["png"])).convert("RGB")).astype(int)
    height, width, _ = picture.shape
    assert abs(width - 2 * stage.box["width"]) <= 2
    # Legend and caption stand below the map.
    assert height > 2 * stage.box["height"] + 60
    paper = picture[0, 0]
    assert (paper.mean() > 128) == (scheme == "light")
    inked = np.abs(picture - paper).max(2) > 60
    assert inked[: int(2 * stage.box["height"])].mean() > 0.002
    assert inked[int(2 * stage.box["height"]) :].mean() > 0.002

    svg = ET.fromstring(saved["svg"])  # noqa: S314 - what this test has made itself
    tags = [element.tag.rsplit("}", 1)[1] for element in svg.iter()]
    assert set(tags) == {"svg", "rect", "g", "path", "circle", "text"}
    dots = sum(e.get("d").count("M") for e in svg.iter() if e.tag.endswith("path"))
    assert dots == 180
    assert tags.count("path") < 200
    words = " ".join(e.text or "" for e in svg.iter() if e.tag.endswith("text"))
    for word in ("kind", "ant", "bee", "cat", "Size:", "mass", "not to scale."):
        assert word in words
    assert stage.notebook.errors == []


def test_a_lost_context_keeps_the_picture_and_comes_back_pixel_equal(open_stage):
    stage = open_stage(before=AS_HARDWARE)
    notebook = stage.notebook
    assert notebook.root("renderer") == "webgl"
    stage.draw(stage.around(100)[0], "Shift")
    stage.page.mouse.move(*map(float, stage.empty()))
    stage.page.wait_for_timeout(600)
    whole = notebook.pixels()
    lose = """() => { const shared = Object.getOwnPropertySymbols(globalThis)
        .filter((s) => s.description?.startsWith('nbembed.context')).map((s) => globalThis[s])[0];
      window.loss = shared.gl.getExtension('WEBGL_lose_context'); window.loss.loseContext(); }"""
    notebook.js(lose)
    stage.page.wait_for_timeout(400)
    # Something that asks for a new picture: the last one stays.
    stage.page.keyboard.press("Escape")
    stage.page.set_viewport_size({"width": 1000, "height": 700})
    stage.page.wait_for_timeout(400)
    assert notebook.pixels() == whole
    stage.page.set_viewport_size({"width": 1280, "height": 720})
    stage.page.wait_for_timeout(400)
    notebook.js("() => window.loss.restoreContext()")
    stage.page.wait_for_timeout(800)
    stage.draw(stage.around(100)[0], "Shift")
    stage.page.mouse.move(*map(float, stage.empty()))
    stage.page.wait_for_timeout(600)
    assert notebook.pixels() == whole


NO_WEBGL = """const get = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
  return kind === 'webgl2' ? null : get.call(this, kind, ...more); };"""


def test_with_and_without_a_graphics_card_the_map_looks_the_same(open_stage):
    pictures = []
    for renderer, before in {"webgl": AS_HARDWARE, "canvas": ""}.items():
        stage = open_stage(before=before, device_scale_factor=2)
        assert stage.notebook.root("renderer") == renderer
        stage.draw(stage.around(0)[0], "Shift")
        stage.page.mouse.move(*map(float, stage.empty()))
        stage.page.wait_for_timeout(600)
        data = stage.notebook.js("() => document.querySelector('canvas.nbe-map').toDataURL()")
        picture = Image.open(io.BytesIO(base64.b64decode(data.split(",")[1])))
        pictures.append(np.asarray(picture).astype(float))
    drawn, summed = (p[..., :3] * p[..., 3:] / 255 for p in pictures)
    assert (drawn > 30).any(2).mean() > 0.003
    # A graphics card rounds after each point, and places points on a grid of parts of a pixel.
    assert np.abs(drawn - summed)[(drawn + summed > 30).any(2)].mean() < 5
    assert np.abs(pictures[0][..., 3].sum() / pictures[1][..., 3].sum() - 1) < 0.02


def test_without_webgl_points_are_selected_and_sized_too(open_stage):
    stage = open_stage(before=NO_WEBGL)
    notebook = stage.notebook
    assert notebook.root("renderer") == "canvas"
    before = notebook.pixels()
    # Few are selected: they get rings, all the others fade.
    outline, inside = stage.around(stage.lonely()[0], radius=15)
    stage.draw(outline, "Shift")
    stage.selected(len(inside))
    stage.page.mouse.move(*map(float, stage.empty()))
    stage.page.wait_for_timeout(500)
    assert 0 < notebook.pixels()[1] < before[1]


def test_fingers_pan_zoom_tap_and_draw(open_stage):
    stage = open_stage(has_touch=True)
    notebook = stage.notebook
    session = stage.page.context.new_cdp_session(stage.page)

    def touch(kind, *places):
        points = [{"x": float(x), "y": float(y), "id": i} for i, (x, y) in enumerate(places)]
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

    (row, *_) = stage.lonely()
    stage.page.touchscreen.tap(*map(float, stage.points[row]))
    stage.selected(1)
    assert stage.page.locator(".nbe-tip").count() == 1
    fitted = notebook.pixels()[0]
    middle = np.array([stage.box["x"] + stage.box["width"] / 2, stage.box["y"] + 200])
    touch("Start", middle)
    for way in (0.5, 1):
        touch("Move", middle + way * np.array([60, 40]))
    touch("End")
    stage.page.wait_for_timeout(500)
    panned = notebook.pixels()[0]
    assert panned != fitted
    notebook.press("fit")
    stage.page.wait_for_timeout(500)
    aside = np.array([20, 0])
    touch("Start", middle - 2 * aside, middle + 2 * aside)
    for spread in (3, 4, 5):
        touch("Move", middle - spread * aside, middle + spread * aside)
    touch("End")
    stage.page.wait_for_timeout(500)
    assert notebook.pixels()[0] not in (fitted, panned)
    assert notebook.root("selected") == "1"
    notebook.press("fit")
    notebook.press("lasso")
    outline, inside = stage.around(0)
    touch("Start", outline[0])
    for place in outline[1:]:
        touch("Move", place)
    touch("End")
    stage.selected(len(inside))


def test_a_view_out_of_sight_does_not_draw(open_stage):
    stage = open_stage(before=AS_HARDWARE)
    notebook = stage.notebook
    count = """() => { window.draws = 0; const shared = Object.getOwnPropertySymbols(globalThis)
        .filter((s) => s.description?.startsWith('nbembed.context')).map((s) => globalThis[s])[0];
      const draw = shared.gl.drawElements.bind(shared.gl);
      shared.gl.drawElements = (...all) => { window.draws += 1; draw(...all); };
      document.querySelector('[data-nbembed=root]').style.marginTop = '5000px'; }"""
    notebook.js(count)
    stage.page.wait_for_timeout(600)
    hidden = notebook.js("() => window.draws")
    for key in ("n", "a", "+"):
        notebook.js("(key) => document.querySelector('.nbe-surface').dispatchEvent("
                    "new KeyboardEvent('keydown', {key, bubbles: true}))", key)  # fmt: skip
    stage.page.wait_for_timeout(600)
    assert notebook.root("selected") == "180"
    assert notebook.js("() => window.draws") == hidden
    notebook.js("() => { document.querySelector('[data-nbembed=root]').style.marginTop = '0'; }")
    notebook.page.wait_for_function("(hidden) => window.draws > hidden", arg=hidden)
