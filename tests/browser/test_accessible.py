"""For everybody: no barrier that axe knows, still pictures for those who ask for them, and keys for everything."""

import shutil
from pathlib import Path

import pytest

from tests.browser.lab import PICTURE, ROOT

HERE = Path(__file__).parents[2]
AXE = HERE / "js/node_modules/axe-core/axe.min.js"
# Every violation that keeps somebody out, in words.
BARRIERS = f"""async () => {{
  const {{ violations }} = await axe.run('{ROOT}', {{ resultTypes: ['violations'] }});
  return violations.filter(({{ impact }}) => impact === 'serious' || impact === 'critical')
    .flatMap(({{ id, nodes }}) => nodes.map((node) => [id, node.html, node.failureSummary].join(' | ')));
}}"""
# Counts how often the picture of the first map changes.
RECORD = f"""() => {{
  const picture = {PICTURE};
  const canvas = document.querySelector('{ROOT} canvas.nbe-map');
  let last = picture(canvas)[0];
  window.pictures = 0;
  const look = () => {{
    const now = picture(canvas)[0];
    if (now !== last) window.pictures += 1;
    last = now;
    requestAnimationFrame(look);
  }};
  look();
}}"""
DIGITS = "import numpy as np, nbembed as nb\nX, y = nb.datasets.digits()\n"


def test_axe_finds_no_barrier_in_a_finished_map(open_notebook):
    labels = ("np.array([f'digit {d}' for d in y])", "X.sum(axis=1)")
    notebook = open_notebook(
        DIGITS,
        *(
            f"nb.EmbedWidget(X, labels={column}, n_epochs=60, random_state=0).fit()"
            for column in labels
        ),
        height=1800,
    )
    notebook.run(0).run(1).run(2)
    notebook.page.add_script_tag(path=AXE)
    # The light one last: the server keeps the choice, and other tests look at colours.
    for theme in ("Dark", "Light"):
        notebook.js(
            "(name) => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})",
            f"JupyterLab {theme}",
        )
        notebook.page.wait_for_function(
            f"(theme) => {{ const roots = [...document.querySelectorAll('{ROOT}')];"
            " return roots.length === 2 && roots.every((r) => r.dataset.theme === theme); }",
            arg=theme.lower(),
        )
        notebook.rest()
        for index in range(2):
            notebook.js(f"(i) => document.querySelectorAll('{ROOT}')[i].scrollIntoView()", index)
            assert notebook.js(BARRIERS) == []


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_who_wants_no_motion_sees_each_frame_at_once(open_notebook, motion):
    notebook = open_notebook(
        DIGITS + "w = nb.EmbedWidget(X, labels=y, n_epochs=100_000, random_state=0)",
        "w.step(20)",
        "w.step(40)",
        "w.stop()",
        motion=motion,
    )
    notebook.run(0).run(1)
    notebook.until(
        "r.dataset.step === '20' && r.dataset.state === 'paused' && +r.dataset.drawn > 0"
    )
    notebook.page.wait_for_timeout(1500)
    frames = int(notebook.root("drawn"))
    notebook.js(RECORD)
    # The way from frame to frame takes many pictures, unless nobody wants to see it; a busy machine may miss them once.
    for goal in (60, 100, 140):
        notebook.run(2)
        notebook.until(f"r.dataset.step === '{goal}' && r.dataset.state === 'paused'")
        notebook.page.wait_for_timeout(1500)
        drawn = int(notebook.root("drawn")) - frames
        pictures = notebook.js("() => window.pictures")
        assert drawn > 0
        if pictures > drawn:
            break
    assert (pictures <= drawn) == (motion == "reduce"), f"{pictures} pictures of {drawn} frames"
    notebook.run(3)


class Hands:
    """Somebody who works a notebook with the keyboard alone."""

    HERE = f"document.activeElement.closest('{ROOT}')"

    def __init__(self, notebook):
        self.notebook, self.page = notebook, notebook.page
        self.press = notebook.page.keyboard.press

    def run_cells(self, first, last):
        """Run the active cell, which is the first, and those that follow it."""
        for index in range(first, last + 1):
            assert (
                self.notebook.js(f"() => {self.notebook.CURRENT}.content.activeCellIndex") == index
            )
            self.press("Shift+Enter")
            self.page.wait_for_timeout(300)
            self.notebook.idle()

    def go(self, key, target):
        """Press a key until what matches ``target`` has the focus."""
        for _ in range(150):
            self.press(key)
            if self.notebook.js("(target) => document.activeElement.matches(target)", target):
                return
        raise AssertionError(f"{key} does not lead to {target}")

    def data(self, name):
        """Return a data attribute of the widget that has the focus."""
        return self.notebook.js(f"(name) => {self.HERE}.dataset[name]", name)

    def until(self, condition, argument=None):
        """Wait for a condition on the widget ``r`` that has the focus."""
        self.page.wait_for_function(
            f"(argument) => {{ const r = {self.HERE}; if (!r) throw new Error('the focus was lost');"
            f" return {condition}; }}",
            arg=argument,
        )

    def until_python(self, expression, value):
        """Wait until an expression has a value in the kernel."""
        said = None
        for _ in range(50):
            said = self.notebook.ask(f"print({expression})")
            if said == value:
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"{expression} is {said}, not {value}")


def look_around(hands):
    """Scrub, select and zoom the finished map."""
    hands.until("r.dataset.state === 'done' && r.dataset.shown === r.dataset.step")
    for _ in range(3):
        hands.press("[")
    hands.until("+r.dataset.shown < +r.dataset.step")
    hands.page.wait_for_timeout(600)
    hands.until_python("w.moment", hands.data("shown"))
    for _ in range(3):
        hands.press("]")
    hands.until("r.dataset.shown === r.dataset.step")
    hands.press("n")
    hands.press("Enter")
    hands.until("r.dataset.selected === '1'")
    hands.until_python("len(w.selection)", "1")
    hands.press("n")
    hands.press("Shift+Enter")
    hands.until("r.dataset.selected === '2'")
    hands.until_python("len(w.selection)", "2")
    hands.press("Escape")
    hands.until("r.dataset.selected === '0'")
    hands.until_python("w.selection", "[]")


def steer(hands):
    """Step, resume, pause and stop the run that rests."""
    hands.until("r.dataset.state === 'paused' && r.dataset.step === '100'")
    hands.press(".")
    hands.until("r.dataset.state === 'paused' && r.dataset.step === '101'")
    hands.press("Space")
    hands.until("+r.dataset.step > 105")
    hands.press("Space")
    hands.until("r.dataset.state === 'paused'")
    hands.until_python("t.status['state']", "paused")
    rested = int(hands.data("step"))
    hands.go("Tab", "[data-cmd=step]")
    # A button that cannot act for a while keeps the focus: it is pressed again without a search.
    for more in (1, 2):
        hands.press("Enter")
        hands.until("r.dataset.state === 'paused' && +r.dataset.step === argument", rested + more)
    hands.go("Tab", "[data-cmd=stop]")
    hands.press("Enter")
    hands.until("r.dataset.state === 'stopped'")
    hands.until_python("t.status['state'], t.estimator_.n_iter_", f"stopped {rested + 2}")


def test_the_quickstart_by_keyboard_alone(lab):
    shutil.copy(HERE / "notebooks/00_quickstart.ipynb", lab.root)
    notebook = lab.open("00_quickstart.ipynb")
    hands = Hands(notebook)
    hands.run_cells(0, 3)
    notebook.check(3)
    notebook.until("r.dataset.state === 'done'")
    hands.go("Shift+Tab", ".nbe-surface")
    look_around(hands)
    hands.go("Shift+Tab", ".jp-Cell")
    hands.press("ArrowDown")
    hands.run_cells(4, 10)
    notebook.check(10)
    hands.go("Shift+Tab", ".nbe-surface")
    steer(hands)
    assert notebook.errors == []
    lab.end(notebook)
