"""The run as a film: scrubbed, played and measured here, against the history in the kernel."""

import csv
import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.browser.lab import ROOT

RUN = """import json, numpy as np, nbembed as nb
X, y = nb.datasets.digits()
w = nb.EmbedWidget(X, labels=y, method="tsne", n_iter=50, random_state=0)
w.fit()"""
MOMENT = "print(json.dumps(w.moment))"
CURVES = "print(json.dumps({k: [c.steps, c.values] for k, c in w.history_.curves.items()}))"


@pytest.fixture(scope="module")
def shared(lab):
    """Run the notebook, and reload its page: the kernel sends the whole history.

    How many frames a page has drawn while the run went on depends on how busy the machine was.
    """
    notebook = lab.notebook([RUN], name="film.ipynb")
    notebook.run(0)
    notebook.until("r.dataset.state === 'done'")
    notebook.js("() => window.jupyterapp.commands.execute('docmanager:save')")
    notebook.page.reload()
    notebook.ready()
    notebook.until("r.dataset.controls === 'live' && +r.dataset.drawn > 0")
    notebook.until("r.querySelector('[data-cmd=moment]').max > 50")
    yield Film(notebook)
    lab.end(notebook)


@pytest.fixture
def film(shared):
    """The same film for all tests, put back to its newest frame."""
    shared.put_back()
    return shared


class Film:
    """The player's row and the panels of a widget."""

    def __init__(self, notebook):
        self.notebook = notebook
        self.page = notebook.page

    def find(self, selector):
        return self.page.locator(f"{ROOT} {selector}")

    @property
    def shown(self):
        return int(self.notebook.root("shown"))

    @property
    def last(self):
        return int(self.notebook.root("step"))

    def put_back(self):
        """Show the newest frame, and play at the first speed when asked to."""
        for command in ("play", "loop"):
            if self.find(f"[data-cmd={command}]").get_attribute("aria-pressed") == "true":
                self.notebook.press(command)
        self.find("[data-cmd=speed]").select_option("1")
        self.page.mouse.move(1, 1)
        self.rest()
        self.notebook.ask("w.moment = -1")
        self.notebook.until("r.dataset.shown === r.dataset.step")
        self.notebook.errors.clear()

    def rest(self):
        """Wait until what was done here is drawn, and told to the kernel; return the picture."""
        return self.notebook.rest()[0][0]

    def ask(self, code):
        """Return what code in the kernel prints as JSON."""
        return json.loads(self.notebook.ask(code))

    def place(self, panel, fraction):
        """Return the pixel at a fraction of a chart's width."""
        box = self.find(f".nbe-panel-{panel} .u-over").bounding_box()
        return box["x"] + fraction * box["width"], box["y"] + box["height"] / 2

    def values(self, panel):
        """Return what stands above a chart: text by label."""
        keys = self.find(f".nbe-panel-{panel} .nbe-key")
        return {
            key.inner_text()
            .removesuffix(value := key.locator("b").inner_text())
            .strip(): value.strip()
            for key in keys.all()
        }

    def download(self, command):
        """Press a button and return the name and the text of what it hands out."""
        button = self.find(f"[data-cmd={command}]")
        button.focus()
        with self.page.expect_download() as download:
            self.page.keyboard.press("Enter")
        path = Path(download.value.path())
        return download.value.suggested_filename, path.read_bytes().decode()


def figure(value):
    """Return a number as the panels write it."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{float(f'{value:.4g}'):g}"


def value_at(curve, step):
    """Return the last value at or before a step."""
    steps, values = curve
    return [v for s, v in zip(steps, values, strict=True) if s <= step][-1]


def test_the_slider_moves_pythons_moment_and_python_moves_the_slider(film):
    newest = film.rest()
    assert film.ask(MOMENT) == -1
    slider = film.find("[data-cmd=moment]")
    slider.focus()
    slider.press("Home")
    film.notebook.until("r.dataset.shown === '0'")
    first = film.rest()
    assert film.ask(MOMENT) == 0
    for _ in range(3):
        slider.press("ArrowRight")
    assert film.rest() not in (first, newest)
    shown = film.shown
    assert 0 < shown < film.last
    assert film.ask(MOMENT) == shown
    assert f"step {shown} · " in film.find(".nbe-moment").inner_text()

    film.notebook.ask("w.moment = 137")
    film.notebook.until("+r.dataset.shown >= 125 && +r.dataset.shown <= 137")
    film.rest()
    assert film.shown in film.ask("print(json.dumps(w.history_.steps))")
    assert film.ask(MOMENT) == 137  # between two frames: Python's number is left alone
    film.notebook.ask("w.moment = -1")
    film.notebook.until("r.dataset.shown === r.dataset.step")
    assert film.rest() == newest
    assert film.find(".nbe-moment").inner_text().startswith(f"step {film.last}")
    assert film.notebook.errors == []


PLAYING = "r.querySelector('[data-cmd=play]').ariaPressed === 'true'"


def played(film, until, timeout=30):
    """Press play; return the steps on show, each once in a row, until a JavaScript condition on the root holds."""
    return film.page.evaluate(
        f"""([seconds]) => new Promise((resolve, reject) => {{
          const r = document.querySelector('{ROOT}'), seen = [], end = Date.now() + 1000 * seconds;
          let isOver = false, hasBegun = false;
          const look = () => {{
            hasBegun ||= {PLAYING};
            isOver = hasBegun && ({until});
            if (seen.at(-1) !== +r.dataset.shown) seen.push(+r.dataset.shown);
            if (isOver) resolve(seen);
            else if (Date.now() > end) reject(new Error('waited in vain: ' + seen));
            else setTimeout(look, 10);
          }};
          r.querySelector('[data-cmd=play]').click();
          look();
        }})""",
        [timeout],
    )


def test_it_plays_from_the_first_frame_to_the_newest_at_every_speed(film):
    for speed, least in (("1", 5), ("4", 2)):
        film.find("[data-cmd=speed]").select_option(speed)
        seen = played(film, f"!({PLAYING})")
        assert len(set(seen)) > least
        assert seen[-1] == film.last
        rising = seen[seen.index(min(seen)) :]
        assert rising == sorted(rising)
        # A busy machine may miss the very first.
        assert min(seen) <= film.last / 10
    film.rest()
    assert film.ask(MOMENT) == -1


def test_a_loop_begins_again_until_it_is_paused_and_the_pause_is_pythons_moment(film):
    film.find("[data-cmd=speed]").select_option("4")
    film.notebook.press("loop")
    assert film.find("[data-cmd=loop]").get_attribute("aria-pressed") == "true"
    turns = "seen.filter((s, i) => i > 0 && s < seen[i - 1]).length >= 3"
    seen = played(film, turns)
    assert {0, film.last} <= set(seen)
    film.notebook.until(f"{PLAYING} && +r.dataset.shown > 0 && r.dataset.shown !== r.dataset.step")
    film.notebook.press("play")
    film.rest()
    assert film.find("[data-cmd=play]").get_attribute("aria-pressed") == "false"
    rested = film.shown
    assert film.ask(MOMENT) == rested
    film.page.wait_for_timeout(500)
    assert film.shown == rested


def test_panels_share_their_cursor_and_a_press_in_one_looks_at_that_step(film):
    curves = film.ask(CURVES)
    assert film.values("loss") == {"KL divergence": figure(curves["kl"][1][-1])}
    mouse = film.page.mouse

    mouse.move(*film.place("loss", 0.5))
    film.page.wait_for_timeout(300)
    under = round(0.5 * film.last)
    near = [value_at(curves["kl"], step) for step in range(under - 4, under + 5)]
    assert film.values("loss")["KL divergence"] in {figure(v) for v in near}
    rate = {figure(value_at(curves["exaggeration"], under))}
    assert film.values("schedule")["exaggeration"] in rate
    assert film.shown == film.last  # a look is no press

    mouse.down()
    mouse.up()
    film.notebook.until("r.dataset.shown !== r.dataset.step")
    mouse.move(1, 1)
    film.rest()
    pressed = film.shown
    assert 0.3 * film.last < pressed <= under + 4
    assert film.ask(MOMENT) == pressed
    assert film.values("loss")["KL divergence"] == figure(value_at(curves["kl"], pressed))
    assert film.values("schedule")["learning rate"] == figure(
        value_at(curves["learning_rate"], pressed)
    )
    slider = film.find("[data-cmd=moment]")
    assert slider.get_attribute("aria-valuetext").startswith(f"step {pressed} ")

    mouse.move(*film.place("schedule", 0.5))
    mouse.down()
    mouse.move(*film.place("schedule", 0.2), steps=4)
    mouse.up()
    mouse.move(1, 1)
    film.rest()
    assert film.shown < pressed
    slider.focus()
    slider.press("End")
    film.rest()
    assert film.values("loss") == {"KL divergence": figure(curves["kl"][1][-1])}


@pytest.mark.parametrize("kind", ["loss", "quality", "schedule"])
def test_panels_hand_out_their_numbers_and_their_figure(film, kind):
    names = {
        "loss": ["kl"],
        "quality": ["trustworthiness", "neighbor_recall"],
        "schedule": ["learning_rate", "exaggeration"],
    }[kind]
    curves = film.ask(CURVES)
    name, text = film.download(f"csv-{kind}")
    assert name == f"t-SNE-{kind}.csv"
    head, *rows = csv.reader(io.StringIO(text))
    assert head[0] == "step"
    assert len(head) == 1 + len(names)
    for k, curve in enumerate(names, start=1):
        theirs = {int(row[0]): float(row[k]) for row in rows if row[k] != ""}
        assert theirs == dict(zip(*curves[curve], strict=True))

    name, text = film.download(f"svg-{kind}")
    assert name == f"t-SNE-{kind}.svg"
    svg = ET.fromstring(text)  # noqa: S314 - our own file
    space = "{http://www.w3.org/2000/svg}"
    assert svg.tag == f"{space}svg"
    drawn = [len(e.get("points").split()) for e in svg.iter(f"{space}polyline")]
    drawn += [1 for _ in svg.iter(f"{space}circle")]
    # A busy machine measures quality seldom: a score that was taken once is a dot.
    assert sorted(drawn) == sorted(len(curves[curve][0]) for curve in names)
    assert {e.tag.removeprefix(space) for e in svg.iter()} <= {
        "svg", "g", "title", "rect", "path", "text", "polyline", "circle",
    }  # fmt: skip
    assert film.notebook.errors == []
