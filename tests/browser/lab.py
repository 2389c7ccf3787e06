"""Drive a real JupyterLab, or Notebook 7, in a real headless Chromium."""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
from nbformat import v4
from playwright.sync_api import Error, sync_playwright

# WebGL in software, but not the page itself, which would take ten times as long as without; no throttling of
# a page nobody looks at, no traffic of the browser's own.
FLAGS = [
    "--no-sandbox", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--no-proxy-server",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist", "--disable-gpu-compositing",
    "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
]  # fmt: skip
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "defer"},
}
# Module, name of its application's class, and where it opens a notebook.
APPS = {
    "lab": ("jupyterlab", "LabApp", "lab/workspaces/{page}/tree/{name}?reset&token={token}"),
    "notebook": ("notebook", "JupyterNotebookApp", "notebooks/{name}?token={token}"),
}
ROOT = "[data-nbembed=root]"
# Runs before a page's own code: the emulation of a graphics card no longer tells that it is one.
AS_HARDWARE = """const ask = WebGL2RenderingContext.prototype.getExtension;
WebGL2RenderingContext.prototype.getExtension = function (name) {
  return name === 'WEBGL_debug_renderer_info' ? null : ask.call(this, name); };"""
# For so long a map does not change before it is said to be at rest: longer than frames are apart that are played.
STILL_MS = 300
# A number that changes when a canvas's picture changes, and the share of ink in it.
PICTURE = """(canvas) => {
  const copy = document.createElement('canvas'); copy.width = canvas.width; copy.height = canvas.height;
  const context = copy.getContext('2d'); context.drawImage(canvas, 0, 0);
  const p = context.getImageData(0, 0, copy.width, copy.height).data; let hash = 0, ink = 0;
  for (let i = 0; i < p.length; i += 4) {
    hash = (hash * 31 + p[i] + 3 * p[i + 1] + 5 * p[i + 2] + 7 * p[i + 3]) | 0;
    ink += p[i + 3] > 30 ? 1 : 0;
  }
  return [hash, ink / (p.length / 4)];
}"""
# All maps that are there, once they stand still: looked at only after they could be drawn, however slow the machine.
REST = f"""() => new Promise((resolve, reject) => {{
  const picture = {PICTURE}, end = performance.now() + 60_000;
  let last = '', since = 0, times = 0;
  const look = () => {{
    const pictures = [...document.querySelectorAll('{ROOT} canvas.nbe-map')].map(picture), now = performance.now();
    const isPlaying = document.querySelector('{ROOT} [data-cmd=play][aria-pressed=true]') !== null;
    if (isPlaying || String(pictures) !== last) {{ last = String(pictures); since = now; times = 0; }}
    times += 1;
    if (times > 4 && now - since > {STILL_MS} && pictures.every(([, ink]) => ink > 0)) resolve(pictures);
    else if (now > end) reject(new Error(`the maps do not come to rest: ${{last}}`));
    else setTimeout(() => requestAnimationFrame(look), {STILL_MS} / 5);
  }};
  look();
}})"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def write_notebook(path, cells):
    """Write a notebook of code cells."""
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = v4.new_notebook(metadata=metadata, cells=[v4.new_code_cell(c) for c in cells])
    nbformat.write(notebook, path)


class Lab:
    """A Jupyter server of its own, with a profile of its own, and a browser.

    ``app="notebook"`` serves Notebook 7 in JupyterLab's place; ``browser`` is one that runs already.
    """

    def __init__(
        self, root, chromium, *, python=sys.executable, environment=None, app="lab", browser=None
    ):
        self.root = Path(root)
        self.chromium, self.python, self.app = chromium, python, app
        self.environment = environment or {}
        self.profile = Path(tempfile.mkdtemp(prefix="nbembed_lab_"))
        self.server = self.playwright = None
        self.pages = 0
        self.browser, self.is_guest = browser, browser is not None

    def __enter__(self):
        try:
            self._start_server()
            if not self.is_guest:
                self.playwright = sync_playwright().start()
                self.browser = self.playwright.chromium.launch(
                    executable_path=self.chromium, headless=True, args=FLAGS
                )
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exc):
        self.close()

    def _start_server(self):
        for key, value in SETTINGS.items():
            folder, plugin = key.rsplit("/", 1)
            file = self.profile / "settings" / folder / f"{plugin}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(value))
        clean = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER")}
        folders = {
            "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
            "IPYTHONDIR": "ipython", "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        }  # fmt: skip
        clean |= {k: str(self.profile / v) for k, v in folders.items()} | self.environment
        self.port, self.token = free_port(), secrets.token_hex(16)
        self.log = self.profile / "server.log"
        module, application, _ = APPS[self.app]
        command = [
            self.python, "-m", module, "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}",
            f"--ServerApp.root_dir={self.root}", f"--{application}.expose_app_in_browser=True",
            "--LabApp.extension_manager=readonly",
        ]  # fmt: skip
        with self.log.open("wb") as log:
            self.server = subprocess.Popen(
                command,
                env=clean,
                cwd=self.root,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        end = time.monotonic() + 90
        while True:
            if self.server.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{module} did not start:\n{self.log.read_text()[-3000:]}")
            with contextlib.suppress(OSError):
                return self.api("/api/status")
            time.sleep(0.2)

    def api(self, path, method="GET"):
        """Call the server's REST interface."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            headers={"Authorization": f"token {self.token}"},
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            request, timeout=60
        ) as answer:
            return json.loads(answer.read() or b"null")

    def notebook(self, cells, *, name="test.ipynb", **options):
        """Write a notebook, open it and wait for its kernel."""
        write_notebook(self.root / name, cells)
        return self.open(name, **options)

    def open(self, name, *, width=1200, height=1000, dark=False, before="", **options):
        """Open a notebook that is there and wait for its kernel.

        ``before`` is JavaScript that runs before the page's own; ``options`` go to the browser's context.
        """
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            **options,
        )
        if before:
            context.add_init_script(before)
        page = context.new_page()
        page.set_default_timeout(60_000)
        notebook = Notebook(page)
        # A workspace for each page: one that is loaded again must not find the notebooks of another.
        self.pages += 1
        place = APPS[self.app][2].format(page=f"page{self.pages}", name=name, token=self.token)
        page.goto(f"http://127.0.0.1:{self.port}/{place}")
        return notebook.ready()

    def end(self, notebook):
        """Close a notebook's page, and end its kernel if that has not happened."""
        with contextlib.suppress(Error):
            notebook.page.context.close()
        with contextlib.suppress(urllib.error.HTTPError):
            self.api(f"/api/kernels/{notebook.kernel}", "DELETE")

    def close(self):
        """End browser, kernels and server, and remove the profile."""
        own = None if self.is_guest else self.browser
        for end in (own and own.close, self.playwright and self.playwright.stop):
            if end:
                with contextlib.suppress(Exception):
                    end()
        if self.server is not None and self.server.poll() is None:
            with contextlib.suppress(Exception):
                for kernel in self.api("/api/kernels"):
                    self.api(f"/api/kernels/{kernel['id']}", "DELETE")
            for sign in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                    os.killpg(self.server.pid, sign)
                    self.server.wait(10)
                    break
        shutil.rmtree(self.profile, ignore_errors=True)


class Notebook:
    """An open notebook: run its cells, look at the widget, press its buttons."""

    CURRENT = "window.jupyterapp.shell.currentWidget"

    def __init__(self, page):
        self.page = page
        self.errors = []
        self.kernel = None
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)

    def ready(self):
        """Wait for the kernel."""
        self.page.wait_for_selector(".jp-Notebook")
        self.page.wait_for_function(
            "() => ['idle', 'busy'].includes("
            "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status)"
        )
        self.kernel = self.js(f"() => {self.CURRENT}.sessionContext.session.kernel.id")
        # What Lab itself says while it starts is not ours.
        self.errors.clear()
        return self

    def js(self, expression, argument=None):
        """Evaluate JavaScript in the page."""
        return self.page.evaluate(expression, argument)

    def run(self, index, *, wait=True, timeout=120):
        """Run a cell; ``wait=False`` returns while it still runs."""
        self.js(
            f"(i) => {{ const n = {self.CURRENT}; n.content.activeCellIndex = i; n.content.deselectAll();"
            " const over = () => { window.hasRun = true; }; window.hasRun = false;"
            " window.jupyterapp.commands.execute('notebook:run-cell').then(over, over); }",
            index,
        )
        if wait:
            self.page.wait_for_function("() => window.hasRun", timeout=1000 * timeout)
            self.idle(timeout)
            self.check(index)
        return self

    def idle(self, timeout=120):
        """Wait until nothing runs. JupyterLab 4.0 shows only in a cell's prompt that it runs."""
        self.page.wait_for_function(
            f"() => {{ const w = {self.CURRENT}; return w.sessionContext.session.kernel.status === 'idle' &&"
            " !w.content.widgets.some(c => c.model.type === 'code' &&"
            " (c.model.executionState === 'running' || c.promptNode?.textContent.includes('*'))); }",
            timeout=1000 * timeout,
        )
        return self

    def outputs(self, index):
        """Return a cell's outputs as the notebook stores them."""
        return self.js(
            f"(i) => {self.CURRENT}.content.widgets[i].model.sharedModel.toJSON().outputs", index
        )

    def check(self, index):
        """Raise if the cell ended in an error."""
        for output in self.outputs(index):
            assert output["output_type"] != "error", f"{output['ename']}: {output['evalue']}"

    def text(self, index):
        """Return what a cell printed or returned, as text."""
        parts = []
        for output in self.outputs(index):
            found = output.get("text") or output.get("data", {}).get("text/plain", "")
            parts.append(found if isinstance(found, str) else "".join(found))
        return "".join(parts).strip()

    def ask(self, code):
        """Run code in the idle kernel, without a cell, and return what it printed.

        What a widget has to tell waits until the kernel has answered what it told before: one empty request lets
        it go first.
        """
        return self.js(
            f"async (code) => {{ const kernel = {self.CURRENT}.sessionContext.session.kernel;"
            " await kernel.requestExecute({ code: '', silent: true, store_history: false }).done;"
            " const request = kernel.requestExecute({ code, store_history: false }); let said = '';"
            " request.onIOPub = ({ header, content }) => { said += header.msg_type === 'stream' ? content.text :"
            " header.msg_type === 'error' ? `${content.ename}: ${content.evalue}` : ''; };"
            " await request.done; return said.trim(); }",
            code,
        )

    def root(self, name):
        """Return one of the data attributes of the (first) widget's root element."""
        return self.js(f"(name) => document.querySelector('{ROOT}')?.dataset[name] ?? null", name)

    def until(self, condition, argument=None, timeout=60):
        """Wait until a JavaScript condition on the root element ``r`` holds."""
        self.page.wait_for_function(
            f"(argument) => {{ const r = document.querySelector('{ROOT}'); return r && ({condition}); }}",
            arg=argument,
            timeout=1000 * timeout,
        )
        return self

    def press(self, command):
        """Press one of the widget's buttons as soon as it can act, without Playwright's wait for a still page."""
        self.page.wait_for_function(
            f"(c) => {{ const b = document.querySelector('{ROOT} [data-cmd=' + c + ']');"
            " if (!b || b.disabled || b.ariaDisabled === 'true') return false; b.click(); return true; }",
            arg=command,
            timeout=20_000,
        )

    def pixels(self, index=0):
        """Return a number that changes when a map's picture changes, and the share of ink in it."""
        return self.js(
            f"(i) => ({PICTURE})(document.querySelectorAll('{ROOT} canvas.nbe-map')[i])", index
        )

    def inked(self, least, index=0):
        """Wait until a map has at least this share of ink."""
        self.page.wait_for_function(
            f"([least, i]) => ({PICTURE})(document.querySelectorAll('{ROOT} canvas.nbe-map')[i])[1] > least",
            arg=[least, index],
            timeout=20_000,
        )
        return self

    def rest(self):
        """Wait until nothing is played and no map has changed for a while, and return the pictures of all maps."""
        return self.js(REST)

    def shot(self, path, selector=None):
        """Take a screenshot."""
        (self.page.locator(selector).first if selector else self.page).screenshot(path=str(path))
