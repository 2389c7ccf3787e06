"""Whether distances in the map are those of the data, over all pairs of points or a sample of them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_choice, check_number, check_seed
from nbembed._threads import share
from nbembed.errors import InvalidInputError
from nbembed.metrics.budget import block_rows, budget, each_block
from nbembed.metrics.devices import space_on
from nbembed.metrics.pair import checked_pair
from nbembed.metrics.ranking import Space
from nbembed.metrics.score import Score

__all__ = [
    "Distances",
    "between",
    "distance_correlation",
    "lengths_between",
    "measured",
    "normalized_stress",
    "shepard_goodness",
]

# Up to this many pairs the default is all of them; above, a sample of SAMPLE_PAIRS.
MAX_EXACT_PAIRS = 4_000_000
SAMPLE_PAIRS = 1_000_000
# Numbers, distances in both spaces and their ranks.
BYTES_PER_PAIR = 64
# Parts of a sample whose spread tells the standard error.
BATCHES = 20
# A spread below this share of the mean is what rounding leaves of none.
ROUNDING = 1e-13


def shepard_goodness(X: Any, Y: Any, *, sample: int | None = None, random_state: Any = 0) -> Score:
    r"""Return the Spearman correlation of distances in the data and in the map.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features).
    Y
        The map, shape (n_samples, n_components).
    sample
        Number of pairs of points to draw, at least 20. None takes all pairs up to 4,000,000 (2,828
        rows) and 1,000,000 above; a number of at least all pairs takes all.
    random_state
        Seed that picks the pairs.

    Returns
    -------
    Score
        A float, -1 to 1: 1 if the map orders distances as the data does. NaN if all distances in
        one of the spaces are the same, as in a map without extent.

    Raises
    ------
    InvalidInputError
        If X and Y do not match, or the pairs do not fit into the memory budget (512 MB hold
        8,000,000).

    References
    ----------
    Espadoto et al. (2021), "Toward a quantitative survey of dimension reduction techniques", IEEE
    TVCG 27; Joia et al. (2011), "Local affine multidimensional projection", IEEE TVCG 17,
    for the diagram.

    Examples
    --------
    >>> line = np.arange(5.0)[:, None]
    >>> round(shepard_goodness(line, 3.0 * line), 6)
    1.0
    """
    return distance_correlation(X, Y, kind="spearman", sample=sample, random_state=random_state)


def distance_correlation(
    X: Any,
    Y: Any,
    *,
    kind: str = "pearson",
    sample: int | None = None,
    random_state: Any = 0,
    device: str = "cpu",
) -> Score:
    """Return the correlation of distances in the data and in the map.

    Parameters
    ----------
    X, Y, sample, random_state
        As in :func:`shepard_goodness`.
    device
        Where all pairs of many points are summed up, as in :func:`nbembed.metrics.trustworthiness`.
    kind
        "pearson", of the distances themselves, or "spearman", of their ranks. All pairs of any
        number of points fit into memory for "pearson".

    Returns
    -------
    Score
        A float, -1 to 1: 1 for a map that is the data at another scale. NaN if all distances in one
        of the spaces are the same.

    Raises
    ------
    InvalidInputError
        As :func:`shepard_goodness`.

    References
    ----------
    Geng, Zhan & Zhou (2005), "Supervised nonlinear dimensionality reduction for visualization and
    classification", IEEE Trans. SMC-B 35: the residual variance there is one less the square.
    """
    check_choice("kind", kind, ("pearson", "spearman"))
    found = measured(X, Y, sample, random_state, streamed=kind == "pearson", device=device)
    return found.spearman() if kind == "spearman" else found.pearson()


def normalized_stress(
    X: Any,
    Y: Any,
    *,
    scaled: bool = False,
    sample: int | None = None,
    random_state: Any = 0,
    device: str = "cpu",
) -> Score:
    r"""Return the squared error of distances in the map, as a share of those in the data.

    .. math:: \frac{\sum_{i<j} (\Delta_{ij} - s\, d_{ij})^2}{\sum_{i<j} \Delta_{ij}^2}

    where :math:`\Delta` are distances in the data and d those in the map. With :math:`s = 1` this is
    mostly a statement about the scale of the map, which t-SNE and UMAP do not fix.

    Parameters
    ----------
    X, Y, sample, random_state
        As in :func:`shepard_goodness`.
    device
        Where all pairs of many points are summed up, as in :func:`nbembed.metrics.trustworthiness`.
    scaled
        Whether the map may be scaled to fit best: :math:`s = \sum \Delta d / \sum d^2`. The value
        then is :math:`1 - (\sum \Delta d)^2 / (\sum \Delta^2 \sum d^2)`, from 0 to 1.

    Returns
    -------
    Score
        A float: 0 if all distances are the same; 1 for a map without extent. NaN if all points of
        the data coincide.

    Raises
    ------
    InvalidInputError
        If X and Y do not match.

    References
    ----------
    Espadoto et al. (2021), "Toward a quantitative survey of dimension reduction techniques", IEEE
    TVCG 27; Smelser, Miller & Kobourov (2024), "'Normalized stress' is not normalized",
    arXiv:2408.07724, for the best scale. Others call the square root stress.
    """
    found = measured(X, Y, sample, random_state, streamed=True, device=device)
    return found.stress(scaled=scaled)


class Sums(NamedTuple):
    """What correlation and stress are made of, of distances a in the data and b in the map."""

    n_pairs: float
    a: float
    b: float
    aa: float
    bb: float
    ab: float

    def pearson(self) -> float:
        """Return the correlation, NaN where it does not exist."""
        spread_a = self.n_pairs * self.aa - self.a**2
        spread_b = self.n_pairs * self.bb - self.b**2
        if spread_a <= ROUNDING * self.a**2 or spread_b <= ROUNDING * self.b**2:
            return np.nan
        return (self.n_pairs * self.ab - self.a * self.b) / float(
            np.sqrt(spread_a) * np.sqrt(spread_b)
        )

    def stress(self, ratio: float, *, scaled: bool) -> float:
        """Return the normalised stress, NaN for data without extent; ``ratio`` is a's unit in b's."""
        if not self.aa > 0.0:
            return np.nan
        if not scaled:
            return max(0.0, (self.aa - 2.0 * ratio * self.ab + ratio * (ratio * self.bb)) / self.aa)
        return max(0.0, 1.0 - (self.ab / self.aa) * (self.ab / self.bb)) if self.bb > 0.0 else 1.0


class Distances:
    """Distances of pairs of points in the data and in the map.

    Parameters
    ----------
    in_data, in_map
        One distance per pair; in random order if they are a sample.
    n_pairs
        How many pairs there are.
    units
        What one is in the data and in the map: 1 unless they were scaled to be finite.
    sums
        Their sums, where the distances themselves were not kept.
    """

    def __init__(
        self,
        in_data: NDArray[np.float64],
        in_map: NDArray[np.float64],
        n_pairs: int,
        *,
        units: tuple[float, float],
        sums: Sums | None = None,
    ) -> None:
        self.in_data, self.in_map, self.n_pairs, self.units = in_data, in_map, n_pairs, units
        self._sums = sums

    def pearson(self) -> Score:
        """Return the correlation of the distances."""
        return self._score(self.in_data, self.in_map, Sums.pearson)

    def spearman(self) -> Score:
        """Return the correlation of their ranks; equal distances share the mean of theirs."""
        from scipy.stats import rankdata

        return self._score(rankdata(self.in_data), rankdata(self.in_map), Sums.pearson)

    def stress(self, *, scaled: bool) -> Score:
        """Return the normalised stress."""
        ratio = self.units[1] / self.units[0]
        return self._score(
            self.in_data, self.in_map, lambda sums: sums.stress(ratio, scaled=scaled)
        )

    def _score(
        self,
        a: NDArray[np.float64],
        b: NDArray[np.float64],
        statistic: Callable[[Sums], float],
    ) -> Score:
        if self._sums is not None:
            return Score(statistic(self._sums))
        value = statistic(_sums(a, b))
        if len(a) >= self.n_pairs:
            return Score(value)
        parts = [statistic(_sums(a[i::BATCHES], b[i::BATCHES])) for i in range(BATCHES)]
        return Score(
            value,
            standard_error=float(np.std(parts, ddof=1)) / np.sqrt(BATCHES),
            sample_size=len(a),
            population=self.n_pairs,
            unit="pairs",
        )


def measured(
    X: Any,
    Y: Any,
    sample: int | None,
    random_state: Any,
    *,
    streamed: bool = False,
    device: str = "cpu",
) -> Distances:
    """Return distances of all pairs, or of a sample drawn with replacement.

    With ``streamed`` all pairs of many points are summed up without being kept.
    """
    points, embedding = checked_pair(X, Y)
    spaces = space_on(points, device), space_on(embedding, device)
    return between(*spaces, sample, random_state, streamed=streamed)


def between(
    data: Space,
    embedding: Space,
    sample: int | None,
    random_state: Any,
    *,
    streamed: bool = False,
) -> Distances:
    """Do the same for checked points."""
    n_pairs = data.n * (data.n - 1) // 2
    units = data.unit, embedding.unit
    if sample is None:
        sample = n_pairs if n_pairs <= MAX_EXACT_PAIRS else SAMPLE_PAIRS
    check_number("sample", sample, low=min(BATCHES, n_pairs), integer=True)
    size = min(int(sample), n_pairs)
    if size == n_pairs and size > MAX_EXACT_PAIRS and streamed:
        nothing = np.empty(0)
        return Distances(nothing, nothing, n_pairs, units=units, sums=_streamed(data, embedding))
    if BYTES_PER_PAIR * size > budget():
        raise InvalidInputError(
            f"sample must be at most {budget() // BYTES_PER_PAIR:,} pairs to fit into {budget() / 1e6:,.0f} MB, "
            f"got {size:,}; take fewer, or raise nbembed.metrics.memory_budget"
        )
    if size == n_pairs:
        heads, tails = np.triu_indices(data.n, 1)
    else:
        generator = np.random.default_rng(check_seed(random_state))
        heads = generator.integers(data.n, size=size)
        tails = (heads + generator.integers(1, data.n, size=size)) % data.n
    in_data, in_map = (lengths_between(space, heads, tails) for space in (data, embedding))
    return Distances(in_data, in_map, n_pairs, units=units)


def lengths_between(
    space: Space, heads: NDArray[np.intp], tails: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the distance of each pair, in the unit of the space."""
    lengths = np.empty(len(heads))
    share(
        len(heads),
        lambda first, last: _measure(first, last, space.points, heads, tails, lengths),
    )
    return lengths


def _sums(a: NDArray[np.float64], b: NDArray[np.float64]) -> Sums:
    return Sums(len(a), float(a.sum()), float(b.sum()), float(a @ a), float(b @ b), float(a @ b))


def _streamed(data: Space, embedding: Space) -> Sums:
    """Return the sums over all ordered pairs of different points."""

    def work(first: int, last: int) -> Sums:
        block = np.arange(first, last)
        lengths: list[Any] = []
        for space in (data, embedding):
            squared = space.squared_distances(block)
            squared[np.arange(len(block)), block] = 0.0
            np.sqrt(np.maximum(squared, 0.0, out=squared), out=squared)
            lengths.append(np.divide(squared, space.scale, out=squared))
        return _sums(lengths[0].ravel(), lengths[1].ravel())

    parts = np.array(each_block(data.n, block_rows(24 * data.n), work)).sum(axis=0)
    # The distance of a point to itself is 0 in all sums but the number of pairs.
    return Sums(data.n * (data.n - 1.0), *map(float, parts[1:]))


@numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _measure(
    first: int,
    last: int,
    points: NDArray[np.floating[Any]],
    heads: NDArray[np.intp],
    tails: NDArray[np.intp],
    lengths: NDArray[np.float64],
) -> None:
    for e in range(first, last):
        here, there = points[heads[e]], points[tails[e]]
        total = 0.0
        for t in range(len(here)):
            difference = np.float64(here[t]) - np.float64(there[t])
            total += difference * difference
        lengths[e] = np.sqrt(total)
