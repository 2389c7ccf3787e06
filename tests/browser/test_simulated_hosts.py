"""Hosts that cannot be had here, by what is reported of them: see ``simulated.py``."""

import threading

import numpy as np
import pytest

import nbembed as nb
from nbembed.widget.control import Command
from tests.browser.simulated import Host

# What is reported of Colab: nothing that a thread pushes is shown, buffers get lost, each output has a frame.
COLAB = {"keeps_buffers": False, "hears_threads": False, "answers_one_frame": True}
# What is reported of VS Code: messages from the browser wait for the end of the cell.
VSCODE = {"hears_while_busy": False}
INK = """(i) => { const c = document.querySelector('canvas.nbe-map'); const copy = document.createElement('canvas');
  copy.width = c.width; copy.height = c.height; const x = copy.getContext('2d'); x.drawImage(c, 0, 0);
  const p = x.getImageData(0, 0, copy.width, copy.height).data; let n = 0;
  for (let k = 3; k < p.length; k += 4) n += p[k] > 30 ? 1 : 0; return n / (p.length / 4); }"""

# How many different colours strong pixels have, at three bits a channel.
COLORS = """() => { const c = document.querySelector('canvas.nbe-map'); const copy = document.createElement('canvas');
  copy.width = c.width; copy.height = c.height; const x = copy.getContext('2d'); x.drawImage(c, 0, 0);
  const p = x.getImageData(0, 0, copy.width, copy.height).data; const seen = new Set();
  for (let k = 0; k < p.length; k += 4)
    if (p[k + 3] > 130) seen.add([p[k], p[k + 1], p[k + 2]].map((v) => v >> 5).join());
  return seen.size; }"""


def make(n_epochs=100_000, **more):
    X, y = nb.datasets.digits()
    return nb.EmbedWidget(X, labels=y, n_epochs=n_epochs, random_state=0, **more)


@pytest.fixture
def host(lab):
    opened = []

    def open_one(widget, **behaviour):
        opened.append(Host(lab.browser, widget, **behaviour))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.mark.parametrize("is_named", [True, False])
def test_where_threads_are_not_heard_and_buffers_get_lost_the_browser_asks(
    host, monkeypatch, is_named
):
    """Colab by report; also where nothing says that it is Colab."""
    if is_named:
        monkeypatch.setitem(__import__("sys").modules, "google.colab", object())
    widget = make()
    colab = host(widget, **COLAB)
    colab.until("r.dataset.controls === 'live' && r.dataset.state === 'idle'")
    widget.start()
    colab.until("r.dataset.state === 'running' && +r.dataset.step > 20 && +r.dataset.drawn > 2")
    first = int(
        colab.page.evaluate("() => document.querySelector('[data-nbembed=root]').dataset.step")
    )
    colab.until("+r.dataset.step > argument && +r.dataset.drawn > 6", first + 20)
    assert colab.page.evaluate(INK) > 0.003
    # The classes of the points were in a buffer, and came again as text.
    assert colab.page.evaluate(COLORS) > 5
    assert any(message["t"] == "poll" for message in colab.said)
    assert (colab.lost == 0) == is_named  # who knows from the start loses nothing
    colab.press("pause")
    colab.wait(lambda: widget.status["state"] == "paused")
    colab.until("r.dataset.state === 'paused'")
    colab.press("step")
    colab.wait(lambda: widget._session.control.state == "paused")
    colab.press("stop")
    colab.until("r.dataset.state === 'stopped'")
    assert widget.embedding_.shape == (1797, 2)
    assert colab.errors == []


def test_what_the_browser_selects_and_asks_gets_through_without_buffers(host):
    widget = make(n_epochs=40)
    colab = host(widget, **COLAB)
    colab.until("r.dataset.controls === 'live'")
    widget.start()
    colab.until("r.dataset.state === 'done' && +r.dataset.drawn > 0", timeout=60)
    colab.page.locator("button.nbe-row").nth(3).click()
    colab.page.locator("[data-cmd=select-shown]").click()
    colab.until("+r.dataset.selected > 100")
    _, y = nb.datasets.digits()
    colab.wait(lambda: widget.selection == np.flatnonzero(y == 3).tolist())
    # A measure comes from a thread, and so with the next answer.
    colab.page.locator("[data-cmd=color]").select_option(label="kept neighbours")
    colab.until("r.querySelector('[data-nbembed=measured]')?.dataset.step === '40'", timeout=60)
    colab.page.locator("[data-cmd=clear]").click()
    colab.until("r.dataset.selected === '0'")
    widget.selection = [7]
    widget.send_state("selection")
    colab.until("r.querySelector('[data-nbembed=neighbors]')?.dataset.row === '7'")
    assert colab.errors == []


def test_two_frames_of_one_widget_both_see_the_run(host):
    widget = make()
    colab = host(widget, frames=2, **COLAB)
    for page in (0, 1):
        colab.until("r.dataset.controls === 'live'", page=page)
    widget.start()
    for page in (0, 1, 0, 1):
        step = int(
            colab.pages[page].evaluate(
                "() => +document.querySelector('[data-nbembed=root]').dataset.step"
            )
        )
        colab.until("+r.dataset.step > argument && +r.dataset.drawn > 1", step + 10, page=page)


def test_where_messages_wait_for_the_cell_the_buttons_say_so_and_start_keeps_them(host):
    """VS Code by report."""
    widget = make()
    vscode = host(widget, **VSCODE)
    vscode.until("r.dataset.controls === 'live'")
    vscode.is_busy = True
    cell = threading.Thread(target=widget.fit, name="cell")
    cell.start()
    vscode.until(
        "r.dataset.state === 'running' && +r.dataset.step > 20 && +r.dataset.drawn > 2", timeout=60
    )
    vscode.until("r.dataset.controls === 'unknown'")
    assert vscode.page.locator("[data-cmd=pause]").evaluate(
        "b => b.disabled || b.ariaDisabled === 'true'"
    )
    assert "start()" in vscode.page.locator("[data-nbembed=root]").inner_text()
    # The cell ends as an interrupt ends it.
    widget._session.control.send(Command("stop"))
    vscode.wait(lambda: not cell.is_alive(), timeout=60)
    vscode.is_busy = False
    vscode.until("r.dataset.state === 'stopped' && r.dataset.controls === 'live'")
    widget.start()
    vscode.until("r.dataset.state === 'running' && +r.dataset.step > 20")
    vscode.press("pause")
    vscode.until("r.dataset.state === 'paused'")
    assert not any(message["t"] == "poll" for message in vscode.said)
    assert vscode.errors == []
