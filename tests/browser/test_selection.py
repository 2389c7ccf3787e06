"""Points: clicked, caught, filtered, told of, by mouse and keys; asserted in the page and in Python."""

import ast
import time

import numpy as np

from tests.browser.stage import FRAME, WHERE, Stage

SAY = "print(w.selection, len(w.selected))"


# Number of pixels of the map that hide what is behind them.
STRONG = """() => { const c = document.querySelector('canvas.nbe-map');
  const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;
  for (let i = 3; i < p.length; i += 4) n += p[i] > 128 ? 1 : 0; return n; }"""


def stage_of(notebook, cell):
    return Stage(notebook, np.array(ast.literal_eval(notebook.run(cell).text(cell))))


def caught(notebook, rows):
    """Wait until Python holds this selection: the front end tells of it when the kernel has time."""
    end = time.monotonic() + 20
    while True:
        words, count = notebook.ask(SAY).rsplit(" ", 1)
        selection = ast.literal_eval(words)
        assert len(selection) == int(count)
        if selection == sorted(rows) or time.monotonic() > end:
            break
        time.sleep(0.2)
    assert selection == sorted(rows)


def test_clicks_and_lassos_reach_python(open_notebook):
    notebook = open_notebook(FRAME, WHERE)
    notebook.run(0)
    stage = stage_of(notebook, 1)
    first, second, *_ = stage.lonely()
    stage.click(stage.points[first])
    stage.selected(1)
    caught(notebook, [first])
    stage.click(stage.points[second], "Shift")
    stage.selected(2)
    caught(notebook, [first, second])
    stage.click(stage.empty())
    stage.selected(0)

    outline, inside = stage.around(0)
    stage.draw(outline, "Shift")
    stage.selected(len(inside))
    caught(notebook, inside)
    notebook.press("lasso")
    assert notebook.root("tool") == "lasso"
    more, others = stage.around(stage.middle(range(120, 180)))
    stage.draw(more, "Control")
    stage.selected(len(inside | others))
    stage.draw(outline, "Alt")
    stage.selected(len(others - inside))
    caught(notebook, others - inside)
    notebook.press("clear")
    stage.selected(0)
    caught(notebook, [])
    assert notebook.errors == []


def test_what_a_cell_selects_and_filters_is_seen(open_notebook):
    notebook = open_notebook(
        FRAME,
        WHERE,
        "w.selection = range(60)",
        "w.selection = []\nw.filter = {'categories': ['bee']}",
        "w.filter = {}",
    )
    notebook.run(0)
    stage = stage_of(notebook, 1)
    pictures, strong = [notebook.pixels()], [notebook.js(STRONG)]
    notebook.run(2)
    stage.selected(60)
    notebook.page.wait_for_timeout(500)
    pictures.append(notebook.pixels())
    strong.append(notebook.js(STRONG))
    # Two thirds of the points have faded, one third has grown.
    assert 0.3 * strong[0] < strong[1] < 0.8 * strong[0]
    notebook.run(3)
    notebook.until("r.dataset.filtered === 'true' && r.dataset.selected === '0'")
    box = stage.box
    notebook.page.wait_for_timeout(500)
    pictures.append(notebook.pixels())
    # Points that are filtered out are neither clicked, nor caught, nor told of.
    (hidden, *_) = stage.lonely(range(60))
    stage.page.mouse.move(*map(float, stage.points[hidden]))
    stage.page.wait_for_timeout(400)
    assert stage.page.locator(".nbe-tip").count() == 0
    stage.click(stage.points[hidden])
    stage.page.wait_for_timeout(400)
    assert notebook.root("selected") == "0"
    left, top = box["x"] + 3, box["y"] + 3
    right, bottom = box["x"] + box["width"] - 3, box["y"] + box["height"] - 3
    stage.draw(np.array([[left, top], [left, bottom], [right, bottom], [right, top]]), "Shift")
    stage.selected(60)
    caught(notebook, list(range(60, 120)))
    notebook.run(4)
    notebook.until("r.dataset.filtered === 'false'")
    assert len({picture for picture, _ in pictures}) == 3
    assert notebook.errors == []


def test_selecting_by_the_keyboard_alone(open_notebook):
    notebook = open_notebook(FRAME, WHERE)
    notebook.run(0)
    stage_of(notebook, 1)
    page, keyboard = notebook.page, notebook.page.keyboard
    page.evaluate("() => document.querySelector('.nbe-surface').focus()")
    for _ in range(3):
        keyboard.press("n")
    page.wait_for_selector(".nbe-tip")
    notebook.until(
        "/^row \\d+, id-\\d+, kind \\w+/.test(r.querySelector('[data-nbembed=spoken]').textContent)"
    )
    spoken = page.locator("[data-nbembed=spoken]").text_content()
    row = int(spoken.split(",")[0].removeprefix("row "))
    keyboard.press("Enter")
    notebook.until("r.dataset.selected === '1'")
    caught(notebook, [row])
    page.evaluate("() => document.querySelector('.nbe-surface').focus()")
    keyboard.press("p")
    keyboard.press("Shift+Enter")
    notebook.until("r.dataset.selected === '2'")
    keyboard.press("Escape")
    notebook.until("r.dataset.selected === '0'")
    keyboard.press("a")
    notebook.until("r.dataset.selected === '180'")
    caught(notebook, list(range(180)))
    page.evaluate("() => document.querySelector('.nbe-surface').focus()")
    keyboard.press("/")
    assert page.evaluate("() => document.activeElement.dataset.cmd") == "search"
    keyboard.type("nal")
    assert notebook.root("selected") == "180"
    assert notebook.errors == []


def test_the_card_of_a_data_frame(open_notebook):
    notebook = open_notebook(FRAME, WHERE, "_ = w.color(by='mass')", width=700)
    notebook.run(0)
    stage = stage_of(notebook, 1)
    (row, *_) = stage.lonely(range(60))
    stage.page.mouse.move(*map(float, stage.points[row]))
    card = stage.page.locator(".nbe-tip")
    card.wait_for()
    notebook.until("r.querySelector('.nbe-tip canvas')?.width > 0")
    text = card.inner_text()
    for part in (
        f"id-{row}",
        "kind",
        "ant",
        "name",
        f"<b>row</b> {row} very",
        "mass",
        f"row {row}",
    ):
        assert part in text
    assert notebook.js("() => document.querySelectorAll('.nbe-tip b').length") == 0
    red = "() => [...document.querySelector('.nbe-tip canvas').getContext('2d').getImageData(4, 4, 1, 1).data]"
    assert notebook.js(red) == [255, 0, 0, 255]
    box, inner = stage.box, card.bounding_box()
    assert inner["x"] >= box["x"]
    assert inner["y"] >= box["y"]
    assert inner["x"] + inner["width"] <= box["x"] + box["width"]
    assert inner["y"] + inner["height"] <= box["y"] + box["height"]
    # Another colour: the card says it, too.
    notebook.run(2)
    stage.page.mouse.move(*map(float, stage.empty()))
    stage.page.mouse.move(*map(float, stage.points[row]))
    notebook.until("r.querySelector('.nbe-tip dl')?.innerText.startsWith('mass')")
    stage.page.mouse.move(*map(float, stage.empty()))
    notebook.until("r.querySelector('.nbe-tip') === null")
    assert notebook.errors == []


def test_the_whole_screen_and_back(open_notebook):
    notebook = open_notebook(FRAME)
    notebook.run(0)
    notebook.until("r.dataset.fullscreen === 'false' && +r.dataset.drawn > 0")
    height = "() => document.querySelector('canvas.nbe-map').clientHeight"
    before = notebook.js(height)
    notebook.page.locator("[data-cmd=fullscreen]").click()
    notebook.until("r.dataset.fullscreen === 'true'")
    notebook.page.wait_for_timeout(600)
    assert notebook.js(height) > before + 100
    assert notebook.pixels()[1] > 0.003
    notebook.page.evaluate("() => document.querySelector('.nbe-surface').focus()")
    notebook.page.keyboard.press("Escape")
    notebook.until("r.dataset.fullscreen === 'false'")
    notebook.page.wait_for_timeout(300)
    assert notebook.js(height) == before
    assert notebook.errors == []
