"""One notebook for test after test: to load JupyterLab and to start a kernel takes longer than most of them."""

import contextlib
from typing import Literal

from playwright.sync_api import Error

from tests.browser.lab import Lab, Notebook

# What the reader asks for, as the browser tells a page.
Motion = Literal["reduce", "no-preference"]
REFILL = f"""(sources) => {{
  const {{ sharedModel }} = {Notebook.CURRENT}.content.model;
  const cells = sources.map((source) => ({{ cell_type: 'code', source, metadata: {{}}, outputs: [], execution_count: null }}));
  sharedModel.transact(() => {{
    sharedModel.deleteCellRange(0, sharedModel.cells.length);
    sharedModel.insertCells(0, cells);
  }});
}}"""
# Widgets end their runs when they are closed; names go last, and with them what they hold.
FORGET = """import ipywidgets
ipywidgets.Widget.close_all()
get_ipython().run_line_magic('reset', '-f')
print('forgotten')"""


class ReusedNotebook:
    """Hands out the same page and kernel with other cells, or new ones where those are not as they were."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._notebook: Notebook | None = None
        self.is_out = False

    def take(self, cells: list[str], *, width: int, height: int, motion: Motion) -> Notebook:
        """Return a notebook of these cells, none of which has run, in a window of this size."""
        if self._notebook is None:
            self._notebook = self.lab.notebook(cells, name="reused.ipynb")
        self.is_out = True
        notebook = self._notebook
        notebook.page.set_viewport_size({"width": width, "height": height})
        notebook.page.emulate_media(reduced_motion=motion)
        notebook.js(REFILL, cells)
        notebook.errors.clear()
        return notebook

    def give_back(self, *, passed: bool) -> None:
        """Have the cells and what they made forgotten; after a failure nothing is used again."""
        self.is_out = False
        if not (passed and self._forgets()):
            self.discard()

    def discard(self) -> None:
        """Use the page and its kernel no more."""
        if self._notebook is not None:
            self.lab.end(self._notebook)
            self._notebook = None

    def _forgets(self) -> bool:
        assert self._notebook is not None
        with contextlib.suppress(Error):
            self._notebook.page.mouse.move(0, 0)
            self._notebook.idle(timeout=5).js(REFILL, [""])
            return self._notebook.ask(FORGET).endswith("forgotten")
        return False
