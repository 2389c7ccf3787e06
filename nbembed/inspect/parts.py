"""What a view of an internal draws: plates of panels, the same few kinds for every internal.

A front end that can draw a :class:`Plate` can draw all of them; it knows no internal by name.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nbembed.errors import InvalidInputError

__all__ = ["Arrows", "Control", "Heat", "Internal", "Panel", "Plate", "Scene", "Series"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Series:
    """A line, points, bars or steps.

    Attributes
    ----------
    label : str
    x, y : ndarray, shape (m,)
    kind : str
        "line", "points", "bars" or "step".
    index : ndarray of int, shape (m,), or None
        The row of X that each point stands for, for linked highlighting.
    """

    label: str
    x: Floats
    y: Floats
    kind: Literal["line", "points", "bars", "step"] = "line"
    index: NDArray[np.intp] | None = None


@dataclass(frozen=True, eq=False)
class Heat:
    """Values on a regular grid, the first row at the low end of y.

    Attributes
    ----------
    values : ndarray, shape (rows, columns)
    x, y : tuple of float
        From where to where the grid reaches, centres of the outer cells.
    """

    values: Floats
    x: tuple[float, float]
    y: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Arrows:
    """Arrows in the coordinates of the map.

    Attributes
    ----------
    vectors : ndarray, shape (m, 4)
        Tail and extent: x, y, dx, dy.
    labels : tuple of str
        What each one is.
    groups : tuple of str
        What each one belongs to, such as "attraction": one colour each.
    to_scale : bool
        Whether they reach as far as they say. Forces do not: they are drawn as long as they are seen well.
    """

    vectors: Floats
    labels: tuple[str, ...]
    groups: tuple[str, ...]
    to_scale: bool = True


@dataclass(frozen=True, eq=False)
class Panel:
    """One of the linked drawings of a plate.

    Attributes
    ----------
    kind : str
        "chart" draws ``series``, "heat" draws ``heat`` (with ``series`` on top), "arrows" draws
        ``arrows`` on the map, "colors" colours the map by ``colors`` (one value per row of X, NaN where
        there is none), "table" writes ``table`` (columns of text or numbers).
    """

    kind: Literal["chart", "heat", "arrows", "colors", "table"]
    title: str
    x_label: str = ""
    y_label: str = ""
    x_scale: Literal["linear", "log"] = "linear"
    y_scale: Literal["linear", "log"] = "linear"
    series: tuple[Series, ...] = ()
    heat: Heat | None = None
    arrows: Arrows | None = None
    colors: Floats | None = None
    table: dict[str, list[Any]] | None = None


@dataclass(frozen=True)
class Control:
    """Something the learner may change; ``name`` is the key in the scene's settings.

    Attributes
    ----------
    kind : str
        "slider" from ``low`` to ``high``, "choice" of ``choices``, or "toggle".
    acts : str
        "now", "next step" or "restart".
    """

    name: str
    label: str
    kind: Literal["slider", "choice", "toggle"]
    value: Any
    low: float = 0.0
    high: float = 1.0
    step: float = 0.0
    scale: Literal["linear", "log"] = "linear"
    choices: tuple[str, ...] = ()
    acts: Literal["now", "next step", "restart"] = "now"


@dataclass(frozen=True, eq=False)
class Plate:
    """One internal, ready to be drawn.

    Attributes
    ----------
    name : str
        Its key in the catalogue.
    title : str
    panels : tuple of Panel
        One or two, linked.
    text : str
        What is to be seen, in words with its numbers.
    snippet : str
        At most ten lines of NumPy that compute exactly this: run by itself with ``inputs`` as its
        namespace, and ``np``, it leaves ``result``.
    inputs : dict
        Arrays and numbers that the snippet starts from.
    result : ndarray
        What this package computed, and the snippet computes too.
    controls : tuple of Control
    sample : str or None
        "computed on 500 of 1,797 rows", or None where all rows were looked at.
    """

    name: str
    title: str
    panels: tuple[Panel, ...]
    text: str
    snippet: str
    inputs: dict[str, Any]
    result: Floats
    controls: tuple[Control, ...] = ()
    sample: str | None = None


@dataclass(frozen=True, eq=False)
class Scene:
    """What is looked at: the data, and where there are any the map, the chosen points and the run.

    Attributes
    ----------
    X : array_like, shape (n, n_features)
    embedding : ndarray, shape (n, n_components), or None
    i, j : int or None
        The chosen point, and a second one.
    settings : dict
        What the controls say; a missing one has its default.
    labels : array_like, shape (n,), or None
    estimator : object or None
        A fitted estimator, for the internals of networks.
    frames : ndarray, shape (m, n, n_components), or None
        Maps of a run in their order.
    steps : ndarray of int, shape (m,), or None
        The step of each of the frames.
    live : dict
        Numbers of a run that goes on which can be changed for its next step.
    """

    X: Any
    embedding: Any = None
    i: int | None = None
    j: int | None = None
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    labels: Any = None
    estimator: Any = None
    frames: Any = None
    steps: Any = None
    live: dict[str, float] = field(default_factory=dict[str, float])

    def get(self, name: str, default: Any) -> Any:
        """Return a setting, or its default."""
        value = self.settings.get(name)
        return default if value is None else value

    def need(self, name: str) -> Any:
        """Return a part of the scene.

        Raises
        ------
        InvalidInputError
            If the scene is without it.
        """
        value = getattr(self, name)
        if value is None:
            raise InvalidInputError(
                f"this view needs {name}, but the scene has none; make it with Scene(X, {name}=…)"
            )
        return value


@dataclass(frozen=True)
class Internal:
    """An entry of the catalogue.

    Attributes
    ----------
    name, title : str
    number : int
        Its place in the list of 33 internals.
    make : callable
        Takes a :class:`Scene`, returns a :class:`Plate`.
    needs : frozenset of str
        Of "point", "two points", "map", "run", "labels", "network": what the scene must have. A view that
        needs a "run" has its own where the scene has no frames.
    """

    name: str
    title: str
    number: int
    make: Callable[[Scene], Plate]
    needs: frozenset[str] = frozenset()
