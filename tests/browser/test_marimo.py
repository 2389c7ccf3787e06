"""The widget in marimo, where cells run again by themselves and every output has a shadow tree of its own."""

import os
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

from tests.browser.lab import free_port

APP = """import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    import nbembed as nb
    X, y = nb.datasets.digits()
    w = nb.EmbedWidget(X, labels=y, n_epochs={n_epochs}, random_state=0)
    {shows}
    return mo, w


@app.cell
def _(w):
    w.{begin}()
    return


if __name__ == "__main__":
    app.run()
"""
ROOT = "[data-nbembed=root]"
INK = """(c) => { const copy = document.createElement('canvas'); copy.width = c.width; copy.height = c.height;
  const x = copy.getContext('2d'); x.drawImage(c, 0, 0); const p = x.getImageData(0, 0, copy.width, copy.height).data;
  let n = 0; for (let k = 3; k < p.length; k += 4) n += p[k] > 30 ? 1 : 0; return n / (p.length / 4); }"""


class Marimo:
    """A marimo server with one app, in a browser."""

    def __init__(self, browser, folder, **choices):
        path = folder / "app.py"
        path.write_text(APP.format(**choices))
        port = free_port()
        command = [sys.executable, "-m", "marimo", "run", str(path), "--headless", "--no-token",
                   "--host", "127.0.0.1", "-p", str(port)]  # fmt: skip
        home = {"XDG_CONFIG_HOME": str(folder), "MARIMO_SKIP_UPDATE_CHECK": "1"}
        self.log = (folder / "log").open("wb")
        self.server = subprocess.Popen(
            command, stdout=self.log, stderr=self.log, start_new_session=True, env=os.environ | home
        )
        self.context = browser.new_context(viewport={"width": 1200, "height": 1000})
        self.page = self.context.new_page()
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        url, end = f"http://127.0.0.1:{port}/", time.monotonic() + 60
        while True:
            try:
                urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5)
                break
            except OSError:
                assert time.monotonic() < end, (folder / "log").read_text()
                time.sleep(0.2)
        self.page.goto(url)
        self.root = self.page.locator(ROOT).first
        self.root.wait_for(timeout=60_000)

    def until(self, condition, timeout=60):
        """Wait until a condition on the root element's data ``d`` holds."""
        end = time.monotonic() + timeout
        while not self.root.evaluate(f"(r) => {{ const d = r.dataset; return {condition}; }}"):
            assert time.monotonic() < end, (
                condition,
                self.root.evaluate("(r) => ({...r.dataset})"),
            )
            self.page.wait_for_timeout(100)

    def press(self, command):
        self.page.locator(f"{ROOT} [data-cmd={command}]").first.click()

    def close(self):
        self.context.close()
        os.killpg(self.server.pid, signal.SIGTERM)
        try:
            self.server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.server.pid, signal.SIGKILL)
        self.log.close()


@pytest.fixture
def marimo(lab, tmp_path):
    pytest.importorskip("marimo")
    opened = []

    def open_one(**choices):
        opened.append(Marimo(lab.browser, tmp_path, **choices))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.mark.parametrize("shows", ["w", "mo.ui.anywidget(w)"])
def test_a_run_is_seen_paused_stepped_selected_and_stopped(marimo, shows):
    host = marimo(n_epochs=100_000, shows=f"mo.output.append({shows})", begin="start")
    host.until("d.controls === 'live' && +d.step > 20 && +d.drawn > 3")
    host.press("pause")
    host.until("d.state === 'paused'")
    step = int(host.root.get_attribute("data-step"))
    host.press("step")
    host.until(f"+d.step === {step} + 1 && d.state === 'paused'")
    host.page.wait_for_timeout(500)
    assert host.page.locator(f"{ROOT} canvas.nbe-map").first.evaluate(INK) > 0.003
    # A colour that the kernel measures, and a selection that reaches it and comes back as neighbours.
    host.page.locator(f"{ROOT} [data-cmd=color]").first.select_option(label="kept neighbours")
    note = host.page.locator("[data-nbembed=measured]").first
    note.wait_for(timeout=20_000)
    assert note.get_attribute("data-step") == str(step + 1)
    host.page.locator(f"{ROOT} [data-cmd=search]").first.fill("#12")
    host.page.keyboard.press("Enter")
    host.until("d.selected === '1'")
    host.page.locator("[data-nbembed=neighbors][data-row='12']").first.wait_for(timeout=20_000)
    host.press("stop")
    host.until("d.state === 'stopped'")
    assert host.errors == []


def test_a_cell_that_fits_draws_while_it_waits(marimo):
    host = marimo(n_epochs=400, shows="mo.output.append(w)", begin="fit")
    host.until("d.state === 'running' && +d.drawn > 1")
    host.until("d.state === 'done' && d.shown === '400'", timeout=120)
    assert host.errors == []
