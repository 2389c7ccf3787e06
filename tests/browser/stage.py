"""A widget's map in the browser, with its points in pixels, to click and to draw around."""

import numpy as np
from matplotlib.path import Path as Outline

# A small data frame with text, numbers and pictures, and its map.
FRAME = """import numpy as np, pandas as pd, nbembed as nb
rng = np.random.default_rng(0)
kind = np.repeat(["ant", "bee", "cat"], 60)
X = rng.normal(size=(180, 6)) + 9 * np.repeat(np.eye(6)[:3], 60, axis=0)
df = pd.DataFrame(X, columns=list("uvwxyz"))
df["kind"] = kind
df["name"] = [f"<b>row</b> {i} " + "very long words " * 30 for i in range(180)]
df["mass"] = np.arange(180.0)
df.index = [f"id-{i}" for i in range(180)]
pictures = np.zeros((180, 8, 8, 3), "u1")
pictures[:60, ..., 0], pictures[60:, ..., 1] = 255, 255
w = nb.EmbedWidget(df, features=list("uvwxyz"), color="kind", hover=["name", "mass"], images=pictures,
                   n_epochs=60, random_state=0)
w.fit()"""
WHERE = "print(np.round(w.embedding_.astype(float), 4).tolist())"
PADDING = 18


class Stage:
    """The map of a notebook's or page's widget, with its points in pixels of the window."""

    def __init__(self, notebook, Y):
        self.notebook, self.page = notebook, notebook.page
        notebook.until("+r.dataset.drawn > 0")
        # A short run is played again first: its points are elsewhere meanwhile.
        notebook.rest()
        low, high = Y.min(0), Y.max(0)
        self.away = (Y - (low + high) / 2) * [1, -1]
        self.extent = high - low

    @property
    def box(self):
        """Return where the map is now: a notebook scrolls when a cell runs."""
        canvas = self.page.locator("canvas.nbe-map")
        canvas.scroll_into_view_if_needed()
        return canvas.bounding_box()

    @property
    def points(self):
        """Return where the points are, while the whole map is in view."""
        box = self.box
        room = np.array([box["width"], box["height"]])
        scale = ((room - 2 * PADDING) / self.extent).min()
        return [box["x"], box["y"]] + room / 2 + scale * self.away

    def lonely(self, rows=None):
        """Return the rows of a few points that no other point is near to, the loneliest first."""
        gaps = np.linalg.norm(self.away[:, None] - self.away, axis=2)
        np.fill_diagonal(gaps, np.inf)
        order = np.argsort(-gaps.min(1), kind="stable")
        return [int(i) for i in order if rows is None or i in rows][:5]

    def middle(self, rows):
        """Return the row in the middle of some."""
        rows = np.asarray(rows)
        return int(rows[np.linalg.norm(self.away[rows] - self.away[rows].mean(0), axis=1).argmin()])

    def empty(self):
        """Return a place far from all points and from the buttons."""
        x, y = np.meshgrid(
            np.linspace(30, self.box["width"] - 30, 40),
            np.linspace(60, self.box["height"] - 30, 40),
        )
        places = np.c_[x.ravel(), y.ravel()] + [self.box["x"], self.box["y"]]
        gaps = np.linalg.norm(places[:, None] - self.points, axis=2).min(1)
        return places[gaps.argmax()]

    def click(self, place, *keys):
        for key in keys:
            self.page.keyboard.down(key)
        self.page.mouse.click(*map(float, place))
        for key in keys:
            self.page.keyboard.up(key)

    def around(self, row, radius=45):
        """Return an outline around a point, and the rows in it."""
        angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        outline = self.points[row] + radius * np.c_[np.cos(angles), np.sin(angles)]
        inside = Outline(outline).contains_points(self.points)
        return outline, {int(i) for i in np.flatnonzero(inside)}

    def draw(self, outline, *keys):
        for key in keys:
            self.page.keyboard.down(key)
        self.page.mouse.move(*map(float, outline[0]))
        self.page.mouse.down()
        for place in [*outline[1:], outline[0]]:
            self.page.mouse.move(*map(float, place))
        self.page.mouse.up()
        for key in keys:
            self.page.keyboard.up(key)

    def selected(self, count):
        """Wait until so many rows are selected."""
        self.notebook.until("r.dataset.selected === String(argument)", count, timeout=20)
