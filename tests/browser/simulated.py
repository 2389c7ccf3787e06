"""A host made after reports on Colab and VS Code: the real widget and the real bundle, a wire that loses things.

No kernel takes part: the widget lives in this process, where threads of its own run as they do in a kernel.
What comes from the browser is handled in the main thread, one message after the other.
"""

import base64
import json
import threading
import time
from collections import deque
from pathlib import Path

from ipywidgets.widgets.widget import _put_buffers, _remove_buffers

import nbembed

STATIC = Path(nbembed.__file__).parent / "static"
PAGE = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/widget.css"><div id="cell"></div>
<script type="module">
const views = (buffers) => buffers.map((text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer));
const put = (state, paths, buffers) => {
  paths.forEach((path, i) => {
    let place = state;
    for (const key of path.slice(0, -1)) place = place[key];
    if (buffers[i] !== undefined) place[path.at(-1)] = buffers[i];
  });
  return state;
};
const take = (value, path, paths, buffers) => {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    paths.push(path);
    const bytes = value instanceof ArrayBuffer ? new Uint8Array(value)
      : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    buffers.push(btoa(String.fromCharCode(...bytes)));
    return undefined;
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, take(v, [...path, k], paths, buffers)])
    .filter(([, v]) => v !== undefined));
};
const handlers = new Map();
const emit = (name, ...rest) => { for (const h of handlers.get(name) ?? []) h(...rest); };
const start = JSON.parse(await window.openComm());
const state = put(start.state, start.buffer_paths, views(start.buffers));
let changed = {};
const say = (data, own = []) => {
  const paths = [], buffers = [];
  const plain = take(data, [], paths, buffers);
  window.toKernel(JSON.stringify({
    data: data.method === "update" ? { ...plain, buffer_paths: paths.map((p) => p.slice(1)) } : plain,
    buffers: data.method === "update" ? buffers : own.map((b) => btoa(String.fromCharCode(...new Uint8Array(b)))),
  }));
};
const model = {
  get: (name) => state[name],
  set: (name, value) => { state[name] = value; changed[name] = value; },
  save_changes: () => { say({ method: "update", state: changed }); changed = {}; },
  on: (name, h) => handlers.set(name, [...(handlers.get(name) ?? []), h]),
  off: (name, h) => handlers.set(name, (handlers.get(name) ?? []).filter((other) => other !== h)),
  send: (content, _callbacks, buffers) => say({ method: "custom", content }, buffers ?? []),
};
const hear = ({ data, buffers }) => {
  if (data.method === "custom") return emit("msg:custom", data.content, views(buffers));
  const fresh = put(data.state, data.buffer_paths, views(buffers));
  Object.assign(state, fresh);
  for (const name of Object.keys(fresh)) emit(`change:${name}`);
};
const widget = (await import("/widget.js")).default();
await widget.initialize?.({ model });
widget.render({ model, el: document.getElementById("cell") });
const listen = async () => {
  for (const message of JSON.parse(await window.fromKernel())) hear(message);
  setTimeout(listen, 15);
};
listen();
</script>"""


class Host:
    """One widget in one or several frames of a browser, behind a wire.

    Parameters
    ----------
    browser, widget
        A browser that runs, and a widget of this process.
    keeps_buffers
        False loses the binary buffers of every message, on both ways.
    hears_threads
        False loses what threads of the widget send while no message is answered.
    answers_one_frame
        True brings an answer only to the frame that has asked.
    hears_while_busy
        False handles messages only when :attr:`is_busy` is False, as kernels without subshells.
    """

    def __init__(
        self, browser, widget, *, keeps_buffers=True, hears_threads=True, answers_one_frame=False,
        hears_while_busy=True, frames=1,
    ):  # fmt: skip
        self.widget = widget
        self.keeps_buffers, self.hears_threads = keeps_buffers, hears_threads
        self.answers_one_frame, self.hears_while_busy = answers_one_frame, hears_while_busy
        self.is_busy = False
        self.lost = 0
        self.said = []
        self._asking, self._late = None, []
        self._ways = [deque() for _ in range(frames)]
        widget._send = self._send
        widget._publisher.send = lambda content, buffers=None: self._send(
            {"method": "custom", "content": content}, buffers or []
        )
        self.context = browser.new_context(viewport={"width": 900, "height": 800})
        self.pages = [self._open(i) for i in range(frames)]
        self.page = self.pages[0]

    def _open(self, i):
        page = self.context.new_page()
        page.set_default_timeout(30_000)
        self.errors = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.expose_function("openComm", self._comm)
        page.expose_function("toKernel", lambda text: self._hear(i, json.loads(text)))
        page.expose_function("fromKernel", lambda: self._given(i))
        types = {"": "text/html", "widget.js": "text/javascript", "widget.css": "text/css"}
        for name, kind in types.items():
            body = (STATIC / name).read_text(encoding="utf-8") if name else PAGE
            page.route(
                f"http://host.test/{name}",
                lambda route, _, body=body, kind=kind: route.fulfill(body=body, content_type=kind),
            )
        page.goto("http://host.test/")
        page.wait_for_selector("[data-nbembed=root]")
        return page

    def _comm(self):
        state, paths, buffers = _remove_buffers(self.widget.get_state())
        return json.dumps({"state": state, "buffer_paths": paths, "buffers": self._texts(buffers)})

    def _texts(self, buffers):
        kept = buffers if self.keeps_buffers else []
        return [base64.b64encode(bytes(b)).decode() for b in kept]

    def _send(self, message, buffers=None):
        own = threading.current_thread().name.startswith("nbembed-")
        if own and not self.hears_threads:
            self.lost += 1
            return
        text = json.dumps({"data": message, "buffers": self._texts(buffers or [])})
        ways = self._ways
        if self._asking is not None and self.answers_one_frame and not own:
            ways = [self._ways[self._asking]]
        for way in ways:
            way.append(text)

    def _given(self, i):
        if not self.is_busy or self.hears_while_busy:
            late, self._late = self._late, []
            for frame, message in late:
                self._handle(frame, message)
        way, texts = self._ways[i], []
        while way:
            texts.append(way.popleft())
        return f"[{','.join(texts)}]"

    def _hear(self, i, message):
        self.said.append(message["data"].get("content") or {"t": "update"})
        if self.is_busy and not self.hears_while_busy:
            self._late.append((i, message))
        else:
            self._handle(i, message)

    def _handle(self, i, message):
        data, self._asking = message["data"], i
        buffers = [base64.b64decode(b) for b in message["buffers"]] if self.keeps_buffers else []
        try:
            if data["method"] == "update":
                paths = data["buffer_paths"][: len(buffers)]
                _put_buffers(data["state"], paths, buffers)
                self.widget.set_state(data["state"])
            else:
                self.widget._handle_custom_msg(data["content"], buffers)
        finally:
            self._asking = None

    def until(self, condition, argument=None, timeout=30, page=0):
        """Wait until a condition on the root element ``r`` of a frame holds; messages are handled meanwhile."""
        self.pages[page].wait_for_function(
            f"(argument) => {{ const r = document.querySelector('[data-nbembed=root]'); return r && ({condition}); }}",
            arg=argument,
            timeout=1000 * timeout,
        )

    def wait(self, condition, timeout=20):
        """Wait until a condition in Python holds; messages are handled meanwhile."""
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            self.page.wait_for_timeout(50)

    def press(self, command):
        self.page.locator(f"[data-cmd={command}]").click()

    def close(self):
        self.widget.stop()
        self.context.close()
