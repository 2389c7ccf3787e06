"""Thirty widgets in one notebook share one WebGL context; without WebGL there is another way."""

import nbembed as nb
from tests.browser.lab import AS_HARDWARE, FLAGS, PICTURE, ROOT, Notebook

MANY = 30
# Tells which WebGL contexts a page has made, whoever made them.
COUNT_CONTEXTS = """
  window.webglContexts = [];
  for (const kind of [HTMLCanvasElement, window.OffscreenCanvas].filter(Boolean)) {
    const get = kind.prototype.getContext;
    kind.prototype.getContext = function (...given) {
      const context = get.apply(this, given);
      if (/webgl/.test(given[0]) && context && !window.webglContexts.includes(context))
        window.webglContexts.push(context);
      return context;
    };
  }"""
# Scrolls through the notebook as a reader does, and looks at each map when it has come to rest.
LOOK_AT_ALL = f"""async () => {{
  const picture = {PICTURE};
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const canvases = [...document.querySelectorAll('{ROOT} canvas.nbe-map')];
  const isSeen = (canvas) => {{
    const {{ top, bottom }} = canvas.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  }};
  const seen = new Map();
  for (const canvas of canvases) {{
    if (seen.has(canvas)) continue;
    canvas.closest('{ROOT}').scrollIntoView();
    await pause(250);
    const here = canvases.filter((other) => other === canvas || isSeen(other));
    for (let last = '', tries = 0; tries < 40; tries++) {{
      const pictures = here.map(picture);
      if (last === String(pictures) && pictures.every(([, ink]) => ink > 0)) break;
      last = String(pictures);
      await pause(150);
    }}
    for (const other of here) seen.set(other, picture(other));
  }}
  return canvases.map((canvas) => seen.get(canvas));
}}"""
# The pictures on the page are wiped meanwhile: what is there afterwards has been drawn again.
# Returns the ink of the maps in view before anything is scrolled.
LOSE_AND_RESTORE = f"""async () => {{
  const key = Object.getOwnPropertySymbols(globalThis)
    .find((symbol) => symbol.description?.startsWith('nbembed.context'));
  const {{ canvas, gl }} = globalThis[key];
  const extension = gl.getExtension('WEBGL_lose_context');
  const happens = (name) =>
    new Promise((resolve) => canvas.addEventListener(name, () => setTimeout(resolve, 50), {{ once: true }}));
  const lost = happens('webglcontextlost');
  extension.loseContext();
  await lost;
  for (const map of document.querySelectorAll('{ROOT} canvas.nbe-map'))
    map.getContext('2d').clearRect(0, 0, map.width, map.height);
  if (!gl.isContextLost()) throw new Error('the context is still there');
  const restored = happens('webglcontextrestored');
  extension.restoreContext();
  await restored;
  await new Promise((resolve) => setTimeout(resolve, 500));
  return [...document.querySelectorAll('{ROOT} canvas.nbe-map')].filter((map) => {{
    const {{ top, bottom }} = map.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  }}).map((map) => ({PICTURE})(map)[1]);
}}"""


def test_thirty_widgets_share_one_context_and_survive_its_loss(open_notebook):
    notebook = open_notebook(
        "import nbembed as nb\nX, y = nb.datasets.digits()",
        *(
            f"nb.EmbedWidget(X[{i}::9], labels=y[{i}::9], height=300, n_epochs=20, random_state={i}).fit()"
            for i in range(MANY)
        ),
        height=2400,
        before=COUNT_CONTEXTS + AS_HARDWARE,
    )
    notebook.js("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    notebook.page.wait_for_function(
        f"(many) => {{ const roots = [...document.querySelectorAll('{ROOT}')];"
        " return roots.length === many && roots.every((r) => r.dataset.state === 'done'); }",
        arg=MANY,
        timeout=150_000,
    )
    first = notebook.js(LOOK_AT_ALL)
    assert all(ink > 0.003 for _, ink in first)
    assert len({picture for picture, _ in first}) == MANY
    renderers = f"() => [...document.querySelectorAll('{ROOT}')].map((r) => r.dataset.renderer)"
    assert set(notebook.js(renderers)) == {"webgl"}
    assert notebook.js("() => window.webglContexts.filter((c) => !c.isContextLost()).length") == 1
    in_view = notebook.js(LOSE_AND_RESTORE)
    assert in_view
    assert min(in_view) > 0.003
    assert notebook.js(LOOK_AT_ALL) == first
    assert notebook.js("() => window.webglContexts.length") == 1
    # The browser itself speaks of a lost context; nothing else may.
    assert [e for e in notebook.errors if "CONTEXT_LOST_WEBGL" not in e] == []


def test_a_browser_without_3d_draws_on_a_plain_canvas(lab, tmp_path):
    X, y = nb.datasets.digits()
    widget = nb.EmbedWidget(X, labels=y, n_epochs=50, random_state=0).fit()
    path = widget.to_html(tmp_path / "map.html")
    flags = [f for f in FLAGS if "swiftshader" not in f] + ["--disable-gpu", "--disable-3d-apis"]
    browser = lab.playwright.chromium.launch(executable_path=lab.chromium, args=flags)
    page = browser.new_page()
    notebook = Notebook(page)
    page.goto(path.as_uri())
    notebook.until("r.dataset.state === 'done' && r.dataset.renderer === 'canvas'")
    assert notebook.js("() => document.createElement('canvas').getContext('webgl2')") is None
    page.wait_for_function(f"() => ({PICTURE})(document.querySelector('canvas.nbe-map'))[1] > .003")
    assert notebook.errors == []
    browser.close()
