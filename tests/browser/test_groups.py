"""Two groups drawn around and compared, by the mouse and by the keyboard, asserted in the kernel."""

import ast

import numpy as np

from tests.browser.stage import FRAME, WHERE, Stage

CARD = "[data-nbembed=groups]"
TEXT = f"() => document.querySelector('{CARD}')?.innerText.replace(/\\s+/g, ' ') ?? ''"
SAY = "print((w.group, w.selection))"
FOUND = """c = w.compare_groups()
print((c.n_a, c.n_b, round(100 * c.in_data), [round(100 * m) for m in c.in_maps], c.differences[0].name))"""


def stage_of(notebook, cell):
    return Stage(notebook, np.array(ast.literal_eval(notebook.run(cell).text(cell))))


def finished(notebook):
    """Wait for the card's numbers and return its text."""
    notebook.page.wait_for_function(f"() => document.querySelector('{CARD} table') !== null")
    return notebook.js(TEXT)


def test_a_lasso_around_each_of_two_groups_opens_the_comparison(open_notebook, tmp_path):
    notebook = open_notebook(FRAME, WHERE, "w.add_seeds(2);", width=1280)
    notebook.run(0)
    notebook.run(2)
    stage = stage_of(notebook, 1)
    outline, first = stage.around(0)
    stage.draw(outline, "Shift")
    stage.selected(len(first))
    notebook.press("group")
    stage.selected(0)
    assert "Now select a second group" in notebook.js(TEXT)
    outline, second = stage.around(150)
    assert not first & second
    stage.draw(outline, "Shift")
    text = finished(notebook)
    group, selection = ast.literal_eval(notebook.ask(SAY))
    assert (set(group), set(selection)) == (first, second)
    n_a, n_b, data, (own, *others), name = ast.literal_eval(notebook.ask(FOUND))
    assert f"A: {n_a} and B: {n_b} points" in text
    assert f"in the data {data} %" in text
    assert f"in the map, step 60 {own} %" in text
    assert f"2 other runs {min(others)}\u2013{max(others)} %" in text
    assert name in text
    notebook.shot(tmp_path / "groups.png")
    # It hides nothing of the map, and another moment is compared anew.
    box, card = stage.box, notebook.page.locator(CARD).bounding_box()
    assert card["y"] >= box["y"] + box["height"]
    assert abs(card["width"] - box["width"]) < 2
    notebook.page.locator("[data-cmd=moment]").focus()
    notebook.page.keyboard.press("Home")
    notebook.page.wait_for_function(f"({TEXT})().includes('in the map, step 0')")
    early = ast.literal_eval(notebook.ask(FOUND))
    assert f"in the map, step 0 {early[3][0]} %" in notebook.js(TEXT)
    notebook.press("drop-group")
    notebook.until("r.querySelector(argument) === null", CARD)
    assert ast.literal_eval(notebook.ask(SAY))[0] == []
    assert notebook.errors == []


def test_groups_are_compared_by_the_keyboard_alone(open_notebook):
    notebook = open_notebook(FRAME, WHERE, width=700)
    notebook.run(0)
    stage_of(notebook, 1)
    keyboard = notebook.page.keyboard
    for rows, key in ((60, "g"), (60, None)):
        row = notebook.page.locator("button.nbe-row").nth(0 if key else 2)
        row.focus()
        keyboard.press("Enter")
        notebook.page.locator("[data-cmd=select-shown]").focus()
        keyboard.press("Enter")
        notebook.until("r.dataset.selected === String(argument)", rows)
        if key:
            keyboard.press(key)
            notebook.page.locator("[data-cmd=showall]").focus()
            keyboard.press("Enter")
    text = finished(notebook)
    assert "A: 60 and B: 60 points" in text
    assert "One run: another seed may say something else" in text
    assert ast.literal_eval(notebook.ask(SAY)) == (list(range(60)), list(range(120, 180)))
    notebook.page.evaluate("() => document.querySelector('.nbe-surface').focus()")
    keyboard.press("Escape")
    notebook.until("r.dataset.selected === '0'")
    keyboard.press("Escape")
    notebook.until("r.querySelector(argument) === null", CARD)
    assert ast.literal_eval(notebook.ask(SAY)) == ([], [])
    assert notebook.errors == []
