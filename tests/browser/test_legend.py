"""What stands beside the map, against the kernel: legend, ranges, colour, search, caption."""

import json

import pytest

from tests.browser.lab import ROOT

DIGITS = """import json, numpy as np, nbembed as nb
X, y = nb.datasets.digits()
w = nb.EmbedWidget(X, labels=y, n_epochs=60, random_state=0)
w.fit()"""
FRAME = """import json, numpy as np, pandas as pd, nbembed as nb
rng = np.random.default_rng(0)
n = 240
fruit = np.array(["apple", "pear", "plum"])[np.arange(n) % 3]
frame = pd.DataFrame({
    "a": rng.normal(size=n), "b": rng.normal(size=n), "c": rng.normal(size=n) + 3 * (np.arange(n) % 3),
    "fruit": fruit, "weight": np.linspace(0, 10, n),
    "note": [f"from garden {i % 7}" for i in range(n)],
})
pictures = rng.integers(0, 255, (n, 8, 8), dtype=np.uint8)
w = nb.EmbedWidget(frame, features=["a", "b", "c"], color="fruit", hover=["note", "weight"], images=pictures,
                   n_epochs=60, random_state=0)
w.fit()"""
FILTER = "print(json.dumps(w.filter))"


@pytest.fixture
def open_done(open_notebook):
    """Open a notebook, run its first cell, and wait until the map of the run rests."""

    def open_one(*cells, **options):
        notebook = open_notebook(*cells, **options)
        notebook.run(0)
        notebook.until(
            "r.dataset.state === 'done' && r.querySelector('[data-cmd=play]').ariaPressed === 'false'"
        )
        notebook.until("r.dataset.controls === 'live'")
        return Beside(notebook)

    return open_one


class Beside:
    """The widget's sidebar: its rows, sliders and fields."""

    def __init__(self, notebook):
        self.notebook = notebook
        self.page = notebook.page

    def find(self, selector):
        return self.page.locator(f"{ROOT} {selector}")

    def row(self, name):
        return self.find(f"button.nbe-row[title^='{name}:']")

    def pressed(self):
        return [
            e.get_attribute("title").split(":")[0]
            for e in self.find(".nbe-row[aria-pressed=true]").all()
        ]

    def rest(self):
        """Wait until what was done here is in the kernel, and drawn."""
        self.page.wait_for_timeout(600)
        return self.notebook.pixels()[0]

    def ask(self, cell):
        """Run a cell that prints JSON."""
        return json.loads(self.notebook.run(cell).text(cell))


def test_a_click_in_the_legend_filters_here_and_in_python(open_done):
    beside = open_done(DIGITS, FILTER)
    everything = beside.rest()
    beside.row("3").click()
    beside.notebook.until("r.dataset.filtered === 'true'")
    only_three = beside.rest()
    assert beside.ask(1) == {"categories": ["3"]}
    beside.row("8").click()
    both = beside.rest()
    assert beside.ask(1) == {"categories": ["3", "8"]}
    assert beside.pressed() == ["3", "8"]
    beside.row("3").click()
    beside.rest()
    assert beside.ask(1) == {"categories": ["8"]}
    beside.notebook.press("showall")
    beside.notebook.until("r.dataset.filtered === 'false'")
    assert beside.rest() == everything
    assert beside.ask(1) == {}
    assert len({everything, only_three, both}) == 3
    assert beside.notebook.errors == []


def test_a_filter_from_python_is_shown_in_the_legend(open_done):
    beside = open_done(DIGITS, 'w.filter = {"categories": ["1", "7"]}', "w.filter = {}")
    everything = beside.rest()
    beside.notebook.run(1).until("r.dataset.filtered === 'true'")
    assert beside.pressed() == ["1", "7"]
    assert beside.rest() != everything
    beside.notebook.run(2).until("r.dataset.filtered === 'false'")
    assert beside.pressed() == []
    assert beside.rest() == everything


def test_what_is_shown_can_be_selected_by_the_keyboard(open_done):
    beside = open_done(DIGITS, "print(json.dumps(w.selection == np.flatnonzero(y == 4).tolist()))")
    beside.row("4").focus()
    beside.page.keyboard.press("Enter")
    beside.notebook.until("r.dataset.filtered === 'true'")
    beside.find("[data-cmd=select-shown]").focus()
    beside.page.keyboard.press("Enter")
    beside.notebook.until("+r.dataset.selected > 0")
    assert beside.find("[data-cmd=select-shown]").inner_text() == "Select 181"
    beside.rest()
    assert beside.notebook.root("selected") == "181"
    assert beside.ask(1) is True


def test_sliders_and_python_share_the_range_of_numbers(open_done):
    beside = open_done(
        FRAME + '\nw.color("weight")', FILTER, 'w.filter = {"range": [2.5, 7.5]}', "w.filter = {}"
    )
    everything = beside.rest()
    start, end = beside.find("[data-cmd=filter-from]"), beside.find("[data-cmd=filter-to]")
    start.focus()
    for _ in range(50):
        beside.page.keyboard.press("ArrowRight")
    some = beside.rest()
    assert beside.ask(1) == {"range": [2.5, 10]}
    end.focus()
    beside.page.keyboard.press("Home")
    fewest = beside.rest()
    assert beside.ask(1) == {"range": [2.5, 2.5]}  # they do not cross
    assert end.get_attribute("aria-valuetext") == "2.5"
    assert len({everything, some, fewest}) == 3
    beside.notebook.run(2).until("r.querySelector('[data-cmd=filter-to]').value === '150'")
    assert start.input_value() == "50"
    assert beside.find(".nbe-range-text").inner_text().split() == ["from", "2.5", "to", "7.5"]
    beside.notebook.run(3).until("r.dataset.filtered === 'false'")
    assert (start.input_value(), end.input_value()) == ("0", "200")
    assert beside.rest() == everything
    ticks = beside.find(".nbe-ticks span span").all_inner_texts()
    assert ticks in (["0", "5", "10"], ["0", "2", "4", "6", "8", "10"])


def test_the_notebooks_own_shortcuts_leave_what_has_the_focus_alone(open_done):
    beside = open_done(DIGITS, "1 + 1")
    cells = "() => window.jupyterapp.shell.currentWidget.content.widgets.map(c => c.model.type)"
    before = beside.notebook.js(cells)
    for focused in ("button.nbe-row", "[data-cmd=moment]", "[data-cmd=play]", ".nbe-surface"):
        beside.find(focused).first.focus()
        # Cut, delete, insert, change into text, copy, paste.
        for key in ("x", "d", "d", "b", "m", "c", "v", "ArrowDown", "k"):
            beside.page.keyboard.press(key)
    beside.page.wait_for_timeout(1500)
    assert beside.notebook.js(cells) == before
    assert beside.find("button.nbe-row").count() == 10


def test_a_colour_chosen_here_is_pythons_colour(open_done):
    beside = open_done(
        FRAME,
        'print(json.dumps(w.color().get("name")))',
        'w.color("note");',
        "print(len(w.filter))",
    )
    by_fruit = beside.rest()
    select = beside.find("[data-cmd=color]")
    shown = "e => e.selectedOptions[0].text"
    assert select.evaluate(shown) == "fruit"
    assert select.evaluate("e => [...e.options].map(o => o.text)")[-1] == "one colour"
    beside.row("plum").click()
    beside.notebook.until("r.dataset.filtered === 'true'")
    beside.rest()
    select.select_option(label="weight")
    beside.notebook.until("r.querySelector('.nbe-ramp') !== null")
    by_weight = beside.rest()
    assert beside.ask(1) == "weight"
    assert beside.notebook.run(3).text(3) == "0"  # a new colour shows all
    select.select_option(label="one colour")
    beside.notebook.until("r.querySelector('.nbe-legend') === null")
    plain = beside.rest()
    assert beside.ask(1) is None
    assert len({by_fruit, by_weight, plain}) == 3
    beside.notebook.run(2).until("r.querySelectorAll('button.nbe-row').length === 7")
    assert select.evaluate(shown) == "note"
    assert beside.notebook.errors == []


def test_search_selects_the_rows_that_hold_a_text(open_done):
    beside = open_done(FRAME, "print(json.dumps(w.selection))")
    field = beside.find("[data-cmd=search]")
    for text, said, rows in (
        ("Garden 3", "34 found", [i for i in range(240) if i % 7 == 3]),
        ("PEAR", "80 found", [i for i in range(240) if i % 3 == 1]),
        ("nowhere", "none found", []),
    ):
        field.fill(text)
        field.press("Enter")
        beside.find(f".nbe-found:text-is('{said}')").wait_for()
        beside.notebook.until("+r.dataset.selected === argument", len(rows))
        assert beside.ask(1) == rows
    field.press("Escape")
    assert field.input_value() == ""
    assert beside.find(".nbe-found").inner_text() == ""


def test_the_caption_says_how_trustworthy_the_map_on_show_is(open_done):
    values = "c = w.history_.curves['trustworthiness']\nprint(json.dumps([c.steps, c.values]))"
    beside = open_done(DIGITS, values, "w.moment = 0")
    steps, trust = beside.ask(1)
    warning = "Sizes and gaps of clusters are not to scale."

    def caption(value):
        return f"Neighbours: {min(value, 0.99):.2f} trustworthy here. {warning}"

    # The view draws a frame that it gets; what was measured of it may come a little later.
    beside.find(f".nbe-caption:has-text('{caption(trust[-1])}')").wait_for()
    beside.notebook.run(2).until("r.dataset.shown === '0'")
    early = [v for s, v in zip(steps, trust, strict=True) if s <= 0]
    assert beside.find(".nbe-caption").inner_text() == (caption(early[-1]) if early else warning)


HUNDRED = """import json, numpy as np, nbembed as nb
rng = np.random.default_rng(0)
names = [f"class {i:02d}" + " with a long name" * (i % 3 == 0) for i in range(100)]
labels = np.array(names, dtype=object)[np.arange(1000) % 100]
labels[:5] = None
w = nb.EmbedWidget(rng.normal(size=(1000, 5)), labels=labels, n_epochs=30, random_state=0)
w.fit()"""


@pytest.mark.parametrize("width", [1200, 620])
def test_a_hundred_classes_scroll_beside_the_map_and_can_be_searched(open_done, width):
    beside = open_done(HUNDRED, FILTER, width=width)
    rows = beside.find("button.nbe-row")
    assert rows.count() == 100
    assert beside.find("li.nbe-missing").inner_text().split() == ["missing", "5"]
    sizes = beside.page.evaluate(
        """() => ['.nbe-legend', '.nbe-legend ul', '.nbe-body']
          .map(s => document.querySelector(s)).map(e => [e.clientHeight, e.scrollHeight, e.scrollWidth - e.clientWidth])"""
    )
    (legend, _, _), (shown, whole, wide), (body, _, overflow) = sizes
    assert legend <= body
    assert shown < whole  # it scrolls,
    assert wide <= 0  # downwards only,
    assert overflow <= 0  # inside the widget
    find = beside.find("[data-cmd=search-legend]")
    find.fill("CLASS 4")
    assert rows.count() == 10
    beside.row("class 42 with a long name").click()
    beside.notebook.until("r.dataset.filtered === 'true'")
    find.fill("")
    assert rows.count() == 100
    assert beside.pressed() == ["class 42 with a long name"]
    beside.rest()
    assert beside.ask(1) == {"categories": ["class 42 with a long name"]}
    assert beside.notebook.errors == []
