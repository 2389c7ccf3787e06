"""Relations between all rows: one storage, edges in compressed rows or a function of some rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nbembed import affinities, kernels, neighbors
from nbembed.errors import InvalidInputError
from nbembed.neighbors import Graph, Neighbors, check_given
from nbembed.spec.parts import Relation, Step
from nbembed.spec.rules import wrong
from nbembed.training.preparation import WEIGHINGS, weigh

__all__ = ["MAX_PAIRS", "Known", "Radii", "Target"]

# Relations of more pairs than these are not stored: 8 bytes each.
MAX_PAIRS = 25_000_000
# Transforms of each distance on its own.
PAIRWISE = ("t_dist", "student_t", "cauchy", "gaussian", "distance", "distances", "none")
NEIGHBORS = 15
GEODESIC = 5
# Metrics that a function of some rows can measure; others are measured once, between all rows.
MEASURABLE = ("euclidean", "sqeuclidean", "manhattan", "cosine")

Values = Neighbors | Any


@dataclass(frozen=True, eq=False)
class Known:
    """The relation of a document between all rows, computed when it is first asked for.

    Parameters
    ----------
    recipe
        What the document says.
    arrays
        Gives the array that a name of data stands for.
    seed
        Fixes what searches draw.
    metric
        The caller's own function of two rows, or the name of a metric.
    rows
        What is measured instead of the data, where the recipe names a layer.
    """

    recipe: Relation
    arrays: Callable[[str], NDArray[Any]]
    seed: int
    metric: Any = "euclidean"
    rows: NDArray[np.float32] | None = None

    @property
    def data(self) -> str:
        """What it is measured in: data by name, or a layer."""
        return self.recipe.data

    def at(self, rows: NDArray[np.float32]) -> "Known":
        """Return the same relation between other rows, such as what a layer makes of the data."""
        return replace(self, rows=rows)

    @cached_property
    def graph(self) -> Graph:
        """The relation as edges."""
        values = self._start()
        for step in self.recipe.transforms:
            values = self._transformed(values, step)
        return (
            affinities.distances(values)
            if isinstance(values, Neighbors)
            else Graph.from_scipy(values)
        )

    def lengths(self) -> NDArray[np.float64]:
        """Return how long the edges are, in what they are measured in."""
        graph = self.graph
        heads = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
        return neighbors.edge_lengths(self._rows(), heads, graph.indices, self.metric)

    def stored(self, device: str) -> Any:
        """Return what gives the relations among the rows of a mini-batch, on the device of a network."""
        from nbembed.networks import relating

        kind, steps = self.recipe.type.name, self.recipe.transforms
        if kind == "pairwise_eq" and not steps:
            return relating.Equal(self._codes(), device)
        each = all(step.name in PAIRWISE and step.function is None for step in steps)
        if kind == "differences" and steps:
            raise wrong(
                f"{self._path}.transforms", "empty for differences", [step.name for step in steps]
            )
        if kind == "differences" or (kind == "pairwise" and each and self.metric in MEASURABLE):
            parts = [{"name": step.name} | step.options for step in steps]
            relation = relating.BatchRelation(kind, str(self.metric), relating.Steps(parts))
            return relating.Measured(self._rows(), relation, device)
        return relating.Restricted(self.graph, device)

    # ---- inside -------------------------------------------------------------------------------

    @property
    def _path(self) -> str:
        return f"relations.{self.recipe.name}"

    def _rows(self) -> NDArray[np.float32]:
        rows = self.arrays(self.recipe.data) if self.rows is None else self.rows
        return np.ascontiguousarray(rows.reshape(len(rows), -1), dtype=np.float32)

    def _codes(self) -> NDArray[np.int64]:
        codes = self.arrays(self.recipe.data)
        if codes.ndim != 1 or codes.dtype.kind not in "iu":
            wanted = "the name of labels, one for each row"
            raise wrong(f"{self._path}.data", wanted, self.recipe.data)
        return codes.astype(np.int64)

    def _start(self) -> Values:
        """Return what the type says, before any transform."""
        kind = self.recipe.type
        if kind.function is not None:
            return self._given(kind.function(self._rows(), **kind.options))
        match kind.name:
            case "pairwise_eq":
                codes = self._codes()
                sizes = np.bincount(codes[codes >= 0]).astype(np.float64)
                self._check_size(float(np.square(sizes).sum()), "draw fewer rows of each label")
                return affinities.equal_label(codes).to_scipy()
            case "precomputed":
                given: Any = self.arrays(self.recipe.data)
                n = given.shape[0]
                return self._nearest(check_given(given, n, "precomputed"), n, "precomputed")
            case "geodesic":
                near = int(kind.options.get("n_neighbors", GEODESIC))
                return self._along(self._found(self._rows(), near), self._wanted(len(self._rows())))
            case "pairwise" | "neighbor":
                rows = self._rows()
                return self._nearest(rows, len(rows), self.metric)
            case name:
                raise wrong(f"{self._path}.type", "a relation that all rows can have", name)

    def _nearest(self, rows: Any, n: int, metric: Any) -> Neighbors:
        return self._found(rows, self._wanted(n), metric)

    def _found(self, rows: Any, k: int, metric: Any = None) -> Neighbors:
        n = len(rows)
        k = max(1, min(k, n - 1))
        self._check_size(float(n) * k, "take the type neighbor, or fewer neighbours")
        method = self.recipe.type.options.get(
            "method", "auto" if self.recipe.type.name == "neighbor" else "exact"
        )
        return neighbors.nearest_neighbors(
            rows,
            n_neighbors=k,
            metric=self.metric if metric is None else metric,
            method=method,
            random_state=self.seed,
        )

    def _along(self, found: Neighbors, wanted: int) -> Neighbors:
        self._check_size(float(len(found.indices)) * wanted, "draw fewer rows")
        options: dict[str, Any] = {"X": self._rows(), "metric": self.metric}
        return affinities.geodesic_neighbors(found, n_neighbors=wanted, **options)

    def _wanted(self, n: int) -> int:
        """Return how many neighbours of each row the transforms look at; all of them without need."""
        recipe, most = self.recipe, n - 1
        if "n_neighbors" in recipe.type.options and recipe.type.name == "neighbor":
            return min(most, int(recipe.type.options["n_neighbors"]))
        for step in recipe.transforms:
            if step.name == "connect":
                return min(most, max(1, int(step.options.get("neighbors", NEIGHBORS)) - 1))
            if step.name == "perplexity" and recipe.type.name == "neighbor":
                return min(most, max(1, int(3 * step.options["perplexity"])))
        return min(most, NEIGHBORS) if recipe.type.name == "neighbor" else most

    def _transformed(self, values: Values, step: Step) -> Values:
        if step.function is not None:
            matrix = _matrix(values)
            return self._given(step.function(matrix, **step.options))
        apply = TRANSFORMS.get(step.name)
        if apply is not None:
            return apply(values, step.options, self)
        if step.name in WEIGHINGS and isinstance(values, Neighbors):
            return weigh(values, {"name": step.name} | step.options).to_scipy()
        wanted = f"a transform that a relation of type {self.recipe.type.name!r} can have there"
        raise wrong(f"{self._path}.transforms", wanted, step.name)

    def of_distances(self, values: Values, step: str) -> Neighbors:
        """Return values that are distances still; raise where a transform came before that needs them."""
        if not isinstance(values, Neighbors):
            wanted = f"such that {step!r} comes first, which needs distances"
            raise wrong(
                f"{self._path}.transforms", wanted, [s.name for s in self.recipe.transforms]
            )
        return values

    def geodesic(self, values: Values) -> Neighbors:
        """Return the lengths of paths along neighbours instead of distances."""
        found = self.of_distances(values, "geodesic")
        return self._along(found, len(found.indices) - 1)

    def _given(self, matrix: Any) -> sparse.csr_matrix:
        """Return what a function of the caller's returned, if it can be a relation."""
        n = len(self._rows())
        shape = getattr(matrix, "shape", None)
        if shape != (n, n):
            wanted = f"a function that returns a sparse matrix of shape {(n, n)}"
            raise wrong(self._path, wanted, shape if shape is not None else type(matrix).__name__)
        if not sparse.issparse(matrix):
            self._check_size(float(n) * n, "return a scipy sparse matrix")
        found = sparse.csr_matrix(matrix, dtype=np.float64)
        if not np.isfinite(found.data).all():
            raise wrong(self._path, "a function that returns finite numbers", "NaN or infinity")
        return found

    def _check_size(self, pairs: float, instead: str) -> None:
        if pairs > MAX_PAIRS:
            raise InvalidInputError(
                f"spec at {self._path}: must hold at most {MAX_PAIRS:,} pairs of rows, would hold {pairs:,.0f}; "
                f"{instead}"
            )


@dataclass(frozen=True, eq=False)
class Radii:
    """What the term of densities needs: how far the neighbours of each row are in the data.

    Attributes
    ----------
    known : Known
        The relation between all rows, whose edges weigh.
    """

    known: Known

    @property
    def data(self) -> str:
        """What the relation is measured in."""
        return self.known.data

    def at(self, rows: NDArray[np.float32]) -> "Radii":
        """Return the same with the relation measured in other rows."""
        return Radii(self.known.at(rows))

    def radii(self) -> NDArray[np.float64]:
        """Return the logarithm of the mean squared length of each row's edges."""
        from nbembed.forces import log_radii

        return log_radii(self.known.graph, np.square(self.known.lengths()))


@dataclass(frozen=True, eq=False)
class Target:
    """What the term of a relation needs beside plain data: both relations, and functions of the caller's.

    Attributes
    ----------
    known : Known
        The relation between all rows.
    recipe : Relation
        That of the map.
    function : callable or None
        The caller's loss.
    options : mapping
        What it is called with besides.
    on_edges : bool
        Whether mini-batches are drawn from the edges of ``known``.
    """

    known: Known
    recipe: Relation
    function: Any
    options: Mapping[str, Any]
    on_edges: bool

    @property
    def data(self) -> str:
        """What the relation between all rows is measured in."""
        return self.known.data

    def at(self, rows: NDArray[np.float32]) -> "Target":
        """Return the same with the relation measured in other rows."""
        return replace(self, known=self.known.at(rows))

    def related(self, device: str) -> Any:
        """Return what the term works on."""
        from nbembed.networks import relating
        from nbembed.networks.terms.relating import Related

        type_ = "differences" if self.recipe.type.name == "differences" else "pairwise"
        steps: Sequence[Step] = self.recipe.transforms
        functions = {i: step.function for i, step in enumerate(steps) if step.function is not None}
        parts = [{"name": step.name} | step.options for step in steps]
        metric = str(self.recipe.type.options.get("metric", "euclidean"))
        relation = relating.BatchRelation(type_, metric, relating.Steps(parts, functions))
        return Related(
            self.known.stored(device), relation, self.function, self.options, self.on_edges
        )


def _matrix(values: Values) -> Any:
    """Return values as a sparse matrix; an edge of length 0 between equal rows is none."""
    if not isinstance(values, Neighbors):
        return values
    return affinities.distances(values).to_scipy().astype(np.float64)


def _rows_of(values: Neighbors, weights: NDArray[np.float64]) -> sparse.csr_matrix:
    """Return one weight for each neighbour as a matrix."""
    indices = values.indices
    n, k = indices.shape[0], indices.shape[1]
    return sparse.csr_matrix(
        (weights.ravel(), indices.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n)
    )


def _perplexity(values: Values, options: Mapping[str, Any], known: Known) -> Values:
    found = known.of_distances(values, "perplexity")
    most = float(found.indices.shape[1])
    weights, _ = affinities.conditional(found, perplexity=min(float(options["perplexity"]), most))
    return _rows_of(found, weights)


def _connect(values: Values, options: Mapping[str, Any], known: Known) -> Values:
    found = known.of_distances(values, "connect")
    near = float(options.get("local_connectivity", 1.0))
    graph = affinities.joint(found, rows="fuzzy", local_connectivity=near, symmetrization="none")
    return sparse.csr_matrix(graph.to_scipy(), dtype=np.float64)


def _symmetrize(values: Values, options: Mapping[str, Any], known: Known) -> Values:  # noqa: ARG001
    how = "union" if options.get("sub_prod") else "mean"
    return sparse.csr_matrix(affinities.symmetrized(_matrix(values), how))


def _normalize(values: Values, options: Mapping[str, Any], known: Known) -> Values:  # noqa: ARG001
    return affinities.normalized_to_one(_matrix(values))


def _normalize_rows(values: Values, options: Mapping[str, Any], known: Known) -> Values:  # noqa: ARG001
    matrix = _matrix(values)
    sums = np.asarray(matrix.sum(axis=1)).ravel()
    scale = 1.0 / np.where(sums > 0, sums, 1.0)
    return sparse.csr_matrix(sparse.diags(scale) @ matrix)


def _along_paths(values: Values, options: Mapping[str, Any], known: Known) -> Values:  # noqa: ARG001
    return known.geodesic(values)


def _by_kernel(name: str, values: Values, options: Mapping[str, Any], known: Known) -> Values:  # noqa: ARG001
    """Return similarities of distances, or of what is stored for them."""
    matrix = (
        affinities.distances(values).to_scipy() if isinstance(values, Neighbors) else values.copy()
    )
    squared = np.square(matrix.data.astype(np.float64))
    if name == "gaussian":
        found = kernels.gaussian(squared)
    elif name == "cauchy":
        a, b = options.get("a"), options.get("b")
        if a is None or b is None:
            a, b = kernels.fit_ab(options.get("min_dist", 0.1), options.get("spread", 1.0))
        found = kernels.cauchy(squared, a, b)
    else:
        dof = float(options.get("alpha", options.get("degrees_of_freedom", 1.0)))
        found = kernels.student_t(squared, dof)
    return sparse.csr_matrix((found, matrix.indices, matrix.indptr), shape=matrix.shape)


def _as_it_is(values: Values, options: Mapping[str, Any], known: Known) -> Values:  # noqa: ARG001
    return values


TRANSFORMS: dict[str, Callable[[Values, Mapping[str, Any], Known], Values]] = {
    "perplexity": _perplexity,
    "connect": _connect,
    "symmetrize": _symmetrize,
    "normalize": _normalize,
    "normalize_rows": _normalize_rows,
    "geodesic": _along_paths,
    "t_dist": partial(_by_kernel, "t_dist"),
    "student_t": partial(_by_kernel, "student_t"),
    "cauchy": partial(_by_kernel, "cauchy"),
    "gaussian": partial(_by_kernel, "gaussian"),
    "none": _as_it_is,
    "distance": _as_it_is,
    "distances": _as_it_is,
}
