"""A network's map as a function of every place: forwards, backwards, and where it changes its mind."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nbembed._checks import check_number
from nbembed.inspect.near import Floats
from nbembed.inspect.parts import Heat, Internal, Panel, Plate, Scene, Series
from nbembed.inspect.rows import Rows, chosen
from nbembed.metrics import trustworthiness

__all__ = [
    "INTERNALS",
    "Boundary",
    "FunctionView",
    "InverseGrid",
    "boundary",
    "function_view",
    "inverse_grid",
]

SIDE, INVERSE_SIDE, NEIGHBORS = 15, 10, 10
# Up to so many rows at once a network computes in float64.
EXACT_ROWS = 64

# The network as steps of plain arrays, on rows h.
FORWARD = """for step, *w in network:
    if step == "linear": h = h @ w[0].T + w[1]
    if step == "norm":   # every row: mean 0, variance 1
        h = (h - h.mean(1, keepdims=True)) / np.sqrt(h.var(1, keepdims=True) + w[2]) * w[0] + w[1]
    if step == "scale": h = h * w[0] + w[1]
    if step == "relu": h = np.maximum(h, 0)
"""


@dataclass(frozen=True, eq=False)
class FunctionView:
    """A network on a regular grid of its input; what :func:`function_view` returns.

    Attributes
    ----------
    rows : Rows
    plane : ndarray, shape (225, 2)
        The grid's coordinates along the two principal directions of the data, row by row.
    grid : ndarray, shape (225, n_features)
        The same as rows of data.
    mesh : ndarray, shape (225, n_components)
        What the network makes of them.
    places : ndarray, shape (m, n_components)
        What it makes of the data.
    trust, trust_new : float
        Trustworthiness on the data and on new rows; NaN without any.
    """

    rows: Rows
    plane: Floats
    grid: Floats
    mesh: Floats
    places: Floats
    trust: float
    trust_new: float


@dataclass(frozen=True, eq=False)
class Boundary:
    """How sure a network's classifier is over a plane of its input; what :func:`boundary` returns.

    Attributes
    ----------
    rows : Rows
    plane, grid : ndarray
        As in :class:`FunctionView`.
    latent : ndarray, shape (225, width)
        What the layer that the classifier reads makes of the grid.
    probabilities : ndarray, shape (225, n_classes)
    classes : ndarray
    accuracy : float
        On the rows whose class is known.
    W, b : ndarray
        The classifier's weights.
    """

    rows: Rows
    plane: Floats
    grid: Floats
    latent: Floats
    probabilities: Floats
    classes: Any
    accuracy: float
    W: Floats
    b: Floats


@dataclass(frozen=True, eq=False)
class InverseGrid:
    """Places of a map turned back into data; what :func:`inverse_grid` returns.

    Attributes
    ----------
    rows : Rows
    grid : ndarray, shape (100, 2)
        Places, row by row.
    decoded : ndarray, shape (100, n_features)
    back : ndarray, shape (100, 2)
        Where the network puts what was decoded.
    errors : ndarray, shape (100,)
        Distance of these from the grid.
    nearest : ndarray, shape (100,)
        Distance of each place to the nearest point of the map.
    off : ndarray of bool, shape (100,)
        Whether it is farther from the map's points than nearly all of them are from each other: decoded rows
        there are made up.
    places : ndarray, shape (m, 2)
    """

    rows: Rows
    grid: Floats
    decoded: Floats
    back: Floats
    errors: Floats
    nearest: Floats
    off: Any
    places: Floats


def plane_of(points: Floats, side: int = SIDE) -> tuple[Floats, Floats]:
    """Return a grid over the plane of the two principal directions: coordinates, and rows of data."""
    mean = points.mean(axis=0)
    axes = np.linalg.svd(points - mean, full_matrices=False)[2][:2]
    seen = (points - mean) @ axes.T
    columns, lines = (np.linspace(seen[:, d].min(), seen[:, d].max(), side) for d in (0, 1))
    plane = np.stack(np.meshgrid(columns, lines), axis=-1).reshape(-1, 2)
    return plane, mean + plane @ axes


def placed(estimator: Any, points: Floats) -> Floats:
    """Return what a network makes of rows, computed in float64."""
    parts = np.array_split(points, -(-len(points) // EXACT_ROWS))
    return np.concatenate([estimator.transform(part) for part in parts]).astype(np.float64)


def forward_inputs(estimator: Any, points: Floats) -> dict[str, Any]:
    """Return what FORWARD needs: the network's steps, and rows as it sees them, centred and on one scale."""
    from nbembed.networks import written

    reference = estimator.network_
    seen = reference.standardization.forward(reference.scaling.apply(points))
    return {"network": written(reference.module), "rows": seen.astype(np.float64)}


def function_view(estimator: Any, X: Any, *, X_new: Any = None) -> FunctionView:
    """Return what a network makes of a regular grid in the principal plane of its input.

    Parameters
    ----------
    estimator
        A fitted estimator with a network.
    X
        Rows, shape (n_samples, n_features). Of more than 500 a fixed sample is looked at.
    X_new
        Rows that were no part of the fit.
    """
    rows, points = chosen(X)
    plane, grid = plane_of(points)
    places = placed(estimator, points)
    k = min(NEIGHBORS, (len(points) - 1) // 2)
    new = float("nan")
    if X_new is not None:
        others = chosen(X_new)[1]
        new = float(
            trustworthiness(
                others, placed(estimator, others), n_neighbors=min(k, (len(others) - 1) // 2)
            )
        )
    trust = float(trustworthiness(points, places, n_neighbors=k))
    return FunctionView(rows, plane, grid, placed(estimator, grid), places, trust, new)


def boundary(estimator: Any, X: Any, labels: Any = None) -> Boundary:
    """Return the class probabilities over the principal plane of the input.

    Parameters
    ----------
    estimator
        A fitted estimator whose network has a classifier (:class:`nbembed.terms.Classification`).
    X
        Rows, shape (n_samples, n_features). Of more than 500 a fixed sample is looked at.
    labels
        True classes of the rows, for the accuracy; -1 is unknown.
    """
    rows, points = chosen(X)
    plane, grid = plane_of(points)
    reference = estimator.network_
    key = next(key for key, part in reference.terms.items() if part["name"] == "classification")
    layer = reference.terms[key].get("layer") or reference.module.hidden_layers[-1]
    from nbembed.networks import written

    (_, W, b), *_ = written(reference.heads[key])
    accuracy = float("nan")
    if labels is not None:
        accuracy = float(estimator.score(points, np.asarray(labels)[rows.indices]))
    return Boundary(
        rows,
        plane,
        grid,
        np.asarray(estimator.features(grid, layer), dtype=np.float64),
        np.asarray(estimator.predict_proba(grid)),
        estimator.classes_,
        accuracy,
        W,
        b,
    )


def inverse_grid(estimator: Any, X: Any, *, side: int = INVERSE_SIDE) -> InverseGrid:
    """Return what a decoder makes of a grid of places, and where the network puts that.

    Parameters
    ----------
    estimator
        A fitted estimator whose network has a decoder (:class:`nbembed.terms.Reconstruction`).
    X
        Rows, shape (n_samples, n_features). Of more than 500 a fixed sample is looked at.
    side
        Places along each side of the grid.
    """
    from scipy.spatial import KDTree

    check_number("side", side, low=2, high=50, integer=True)
    rows, points = chosen(X)
    places = placed(estimator, points)[:, :2]
    low, high = places.min(axis=0), places.max(axis=0)
    columns, lines = (np.linspace(low[d], high[d], side) for d in (0, 1))
    grid = np.stack(np.meshgrid(columns, lines), axis=-1).reshape(-1, 2)
    decoded = np.asarray(estimator.inverse_transform(grid), dtype=np.float64)
    back = placed(estimator, decoded)
    tree: Any = KDTree(places)
    nearest = tree.query(grid)[0]
    usual = float(np.quantile(tree.query(places, k=2)[0][:, 1], 0.95))
    errors = np.linalg.norm(back - grid, axis=1)
    return InverseGrid(rows, grid, decoded, back, errors, nearest, nearest > usual, places)


def plate_of_function(scene: Scene) -> Plate:
    """Draw the image of a regular grid under the points of the map."""
    estimator = scene.need("estimator")
    found = function_view(estimator, scene.X, X_new=scene.settings.get("X_new"))
    mesh = found.mesh.reshape(SIDE, SIDE, -1)
    lines = [Series("grid", line[:, 0], line[:, 1]) for line in (*mesh, *mesh.transpose(1, 0, 2))]
    points = Series("data", found.places[:, 0], found.places[:, 1], "points", found.rows.indices)
    drawn = Series("grid", found.plane[:, 0], found.plane[:, 1], "points")
    new = "" if np.isnan(found.trust_new) else f", {found.trust_new:.3f} on new rows"
    return Plate(
        name="function",
        title="The map as a function",
        panels=(
            Panel("chart", "A grid in the principal plane of the data", "component 1", "component 2", series=(drawn,)),
            Panel("chart", "What the network makes of it", series=(*lines, points)),
        ),
        text=f"Every row has a place, seen or not. Trustworthiness {found.trust:.3f} on the data{new}.",
        snippet="h = rows   # the grid, centred and on one scale\n" + FORWARD + "result = h",
        inputs=forward_inputs(estimator, found.grid),
        result=found.mesh,
        sample=found.rows.sample,
    )  # fmt: skip


def plate_of_boundary(scene: Scene) -> Plate:
    """Draw how sure the classifier is over the plane."""
    found = boundary(scene.need("estimator"), scene.X, scene.labels)
    ordered = np.sort(found.probabilities, axis=1)
    margin = ordered[:, -1] - ordered[:, -2]
    most = found.probabilities.argmax(axis=1).astype(np.float64)
    x, y = ((found.plane[0, d], found.plane[-1, d]) for d in (0, 1))
    unsure = float((margin < 0.5).mean())  # noqa: PLR2004 - half sure
    return Plate(
        name="boundary",
        title="Where a classifier changes its mind",
        panels=(
            Panel("heat", "Most probable class", "component 1", "component 2",
                  heat=Heat(most.reshape(SIDE, SIDE), x, y)),
            Panel("heat", "Lead of the first over the second", "component 1", "component 2",
                  heat=Heat(margin.reshape(SIDE, SIDE), x, y)),
        ),
        text=f"On {unsure:.0%} of the plane the first class leads by less than a half."
        + ("" if np.isnan(found.accuracy) else f" Accuracy on the rows whose class is known: {found.accuracy:.3f}."),
        snippet="logits = latent @ W.T + b   # latent: what the last hidden layer makes of the grid\n"
        "odds = np.exp(logits - logits.max(axis=1, keepdims=True))\n"
        "result = odds / odds.sum(axis=1, keepdims=True)",
        inputs={"latent": found.latent, "W": found.W, "b": found.b},
        result=found.probabilities,
        sample=found.rows.sample,
    )  # fmt: skip


def plate_of_inverse(scene: Scene) -> Plate:
    """Draw how far a place is moved by going to data and back, and where there are no data."""
    estimator = scene.need("estimator")
    found = inverse_grid(estimator, scene.X)
    x, y = ((found.grid[0, d], found.grid[-1, d]) for d in (0, 1))
    points = Series("data", found.places[:, 0], found.places[:, 1], "points", found.rows.indices)
    off = Series("no data near", found.grid[found.off, 0], found.grid[found.off, 1], "points")
    inside, outside = (
        float(found.errors[m].mean()) if m.any() else float("nan") for m in (~found.off, found.off)
    )
    values = found.decoded
    return Plate(
        name="inverse",
        title="From the map back to data",
        panels=(
            Panel("heat", "Moved by going back and forth", heat=Heat(found.errors.reshape(INVERSE_SIDE, -1), x, y),
                  series=(points, off)),
            Panel("heat", "Decoded rows, one per place", "column", "place",
                  heat=Heat(values, (0.0, values.shape[1] - 1.0), (0.0, len(values) - 1.0))),
        ),
        text=f"{int(found.off.sum())} of {len(found.grid)} places have no data near. A place is moved by "
        f"{inside:.3g} on average "
        f"where there are data, and by {outside:.3g} where there are none: what is decoded there is made up.",
        snippet="h = rows   # what was decoded, centred and on one scale\n" + FORWARD
        + "result = np.sqrt(((h - grid) ** 2).sum(axis=1))",
        inputs={"grid": found.grid, **forward_inputs(estimator, found.decoded)},
        result=found.errors,
        sample=found.rows.sample,
    )  # fmt: skip


NETWORK = frozenset({"network"})
INTERNALS = (
    Internal("function", "The map as a function", 26, plate_of_function, NETWORK),
    Internal("boundary", "Where a classifier changes its mind", 27, plate_of_boundary, NETWORK),
    Internal("inverse", "From the map back to data", 28, plate_of_inverse, NETWORK),
)
