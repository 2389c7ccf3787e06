r"""Descent on contrastive losses along sampled edges: one slider from t-SNE to UMAP and beyond."""

from functools import partial
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed._threads import share
from nbembed.errors import InvalidInputError
from nbembed.forces.attraction import CHUNKS
from nbembed.forces.compiling import FAST, INLINED
from nbembed.forces.hashing import draw, draws, stream, substream
from nbembed.forces.sampled import SampledStepper, differences
from nbembed.forces.stepper import Points
from nbembed.forces.turns import LOW_BITS, TURNS, Edges, Law, clipped
from nbembed.neighbors import Graph

__all__ = ["CONTRASTS", "ContrastiveStepper", "log_normalizer"]

CONTRASTS = ("neg_tsne", "nce", "info_nce")
# Z of a finished t-SNE map, per point: the published value, reached from this many points for each
# unit on, and the value of maps of few points (measured on digits: 3 at 100 points, 5 at 300 and 600, 7
# at 1,797).
Z_PER_POINT, POINTS_PER_UNIT, LEAST_Z = 100.0, 250.0, 5.0
# t-SNE stays this far from UMAP where points are very few.
FARTHEST = 10.0
# InfoNCE divides its repulsion by this to the power of the spectrum.
FOUR = 4.0
# Step of the learned logarithm of Z, per unit of the mean slope of an edge.
NORMALIZER_RATE = 0.2
# Edges on which the reported InfoNCE loss is estimated.
LOSS_EDGES = 20_000
ONE, TWO, TINY = np.float32(1.0), np.float32(2.0), 1e-12


class Rule(NamedTuple):
    """What sets a positive pair against its negatives: InfoNCE or a noise level z, and a divisor."""

    info: bool
    z: np.float32
    divisor: np.float32


class ContrastiveStepper(SampledStepper):
    r"""One step is one epoch: each acting edge is told from ``n_negatives`` random pairs.

    With the kernel w, m negatives :math:`ik` for each acting edge :math:`ij` and
    :math:`z = m \bar Z / n^2`, the losses per acting edge are

    * ``"neg_tsne"``, negative sampling: :math:`-\ln \frac{w_{ij}}{w_{ij} + z}
      - \sum_k \ln \frac{z}{w_{ik} + z}` with a fixed :math:`\bar Z`, which ``spectrum`` says;
    * ``"nce"``: the same with a learned :math:`\bar Z`, which makes it an estimate of t-SNE's Z;
    * ``"info_nce"``: :math:`-\ln \frac{w_{ij}}{w_{ij} + \sum_k w_{ik}}`, whose repulsion is divided by
      :math:`4^s`.

    :math:`\ln \bar Z` goes in a straight line from that of a t-SNE map at a spectrum s of 0, see
    :func:`log_normalizer`, to :math:`\ln(n^2/m)` at 1, where z is 1 as in UMAP. Heads move, once for
    each direction of an edge.

    Parameters
    ----------
    graph, embedding, a, b, learning_rate, n_steps, n_negatives, seed, phase
        As for :class:`SampledStepper`.
    contrast
        ``"neg_tsne"``, ``"nce"`` or ``"info_nce"``.
    spectrum
        s; 0 is t-SNE, 1 is UMAP, beyond attraction grows further. NCE starts there.

    References
    ----------
    Damrich, Böhm, Hamprecht & Kobak (2023), ICLR, From t-SNE to UMAP with contrastive learning, sec.
    3 and 5; Böhm, Berens & Kobak (2022), JMLR 23, for the factor 4.
    """

    def __init__(
        self,
        graph: Graph,
        embedding: NDArray[np.floating],
        *,
        contrast: str = "neg_tsne",
        spectrum: float = 1.0,
        **options: Any,
    ) -> None:
        if contrast not in CONTRASTS:
            names = ", ".join(map(repr, CONTRASTS))
            raise InvalidInputError(f"contrast must be one of {names}, got {contrast!r}")
        super().__init__(graph, embedding, **options)
        self.contrast = contrast
        self._live["spectrum"] = float(spectrum)
        if contrast == "nce":
            m = round(self._live["n_negatives"])
            self._live["log_normalizer"] = log_normalizer(graph.n, m, spectrum)
        self._slopes = np.empty((graph.n, 2))

    @property
    def normalizer(self) -> float:
        r"""The present :math:`\bar Z`; infinite for InfoNCE, which has none."""
        if self.contrast == "info_nce":
            return np.inf
        m = round(self._live["n_negatives"])
        if self.contrast == "nce":
            return float(np.exp(self._live["log_normalizer"]))
        return float(np.exp(log_normalizer(self.graph.n, m, self._live["spectrum"])))

    def losses(self) -> dict[str, float]:
        """Return the loss per acting edge, in nats; for many points sums are over fixed samples."""
        if self.contrast == "info_nce":
            return {"info_nce": self._info_nce()}
        graph, z, m = self.graph, self._noise(), self._live["n_negatives"]
        rows = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
        mass = float(self._degrees.sum())
        w = self._kernels(rows, graph.indices)
        attraction = float((graph.weights * np.log1p(z / w)).sum(dtype=np.float64))
        indptr, tails, weights = self._pairs
        w = self._kernels(np.repeat(np.arange(graph.n), np.diff(indptr)), tails)
        repulsion = float((weights * np.log1p(w / z)).sum(dtype=np.float64))
        return {"attraction": attraction / mass, "repulsion": m * repulsion / mass}

    # ---- inside -------------------------------------------------------------------------------

    def _noise(self) -> float:
        return self._live["n_negatives"] * self.normalizer / self.graph.n**2

    def _take_turns(self, given: tuple[Any, ...]) -> None:
        edges, _, law, time, key, axes = given
        for turn in range(TURNS):
            own = np.uint64(substream(key, turn))
            self._take_turn((self._points, self._moved, edges, law, time, own, turn, axes))
            self._points, self._moved = self._moved, self._points

    def _take_turn(self, given: tuple[Any, ...]) -> None:
        info = self.contrast == "info_nce"
        z = np.float32(1.0 if info else self._noise())
        divisor = np.float32(FOUR ** self._live["spectrum"] if info else 1.0)
        rule = Rule(info, z, divisor)
        share(CHUNKS, partial(_contrast_part, (*given, rule, self._slopes)))
        if self.contrast == "nce":
            slope, count = self._slopes.sum(axis=0)
            self._live["log_normalizer"] -= NORMALIZER_RATE * slope / max(count, 1.0)

    def _kernels(self, heads: NDArray[Any], tails: NDArray[Any]) -> NDArray[np.float64]:
        difference = self._points[heads].astype(np.float64) - self._points[tails]
        squared = np.maximum((difference**2).sum(axis=1), TINY)
        return 1.0 / (1.0 + self._live["a"] * squared ** self._live["b"])

    def _info_nce(self) -> float:
        graph, m = self.graph, round(self._live["n_negatives"])
        rows = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
        kept = np.linspace(0, len(rows) - 1, min(len(rows), LOSS_EDGES)).astype(np.int64)
        heads, weights = rows[kept], graph.weights[kept].astype(np.float64)
        near = self._kernels(heads, graph.indices[kept])
        tails = draws(stream(*self._name, -1), m * len(kept), graph.n).reshape(m, -1)
        far = sum(
            (self._kernels(heads, tail) * (tail != heads) for tail in tails), np.zeros(len(kept))
        )
        return float((weights * np.log1p(far / near)).sum() / weights.sum())


def log_normalizer(n: int, n_negatives: int, spectrum: float) -> float:
    r"""Return :math:`\ln \bar Z` at a place of the spectrum: 0 is t-SNE, 1 is UMAP.

    t-SNE's is taken as 100 n from 25,000 points on, as published, and n²/250 below, but at least 5 n:
    100 n would lie beyond UMAP's n²/m for a few hundred points.

    Parameters
    ----------
    n
        Number of points.
    n_negatives
        Negatives m for each acting edge.
    spectrum
        Place on the line; any number.

    References
    ----------
    Damrich et al. (2023), ICLR, sec. 5 and appendix, for 100 n.
    """
    tsne = n * min(Z_PER_POINT, max(LEAST_Z, n / POINTS_PER_UNIT))
    umap = n**2 / n_negatives
    tsne = min(tsne, umap / FARTHEST)
    return float((1.0 - spectrum) * np.log(tsne) + spectrum * np.log(umap))


def _contrast_part(given: tuple[Any, ...], first: int, last: int) -> None:
    _contrast(first, last, *given)


@numba.njit(**INLINED)
def _similarity(squared: np.float32, law: Law) -> tuple[np.float32, np.float32]:
    """Return the kernel and twice its logarithmic slope."""
    power = law.a * squared**law.b
    w = ONE / (ONE + power)
    return w, TWO * law.b * power * w / squared


@numba.njit(**INLINED)
def _sum_of(
    here: Points,
    i: int,
    others: NDArray[np.int64],
    points: Points,
    law: Law,
    axes: tuple[int, ...],
    difference: Points,
) -> np.float32:
    """Return the sum of the kernels of the negatives."""
    total = np.float32(0.0)
    for k in others:
        if k != i:
            total += _similarity(differences(here, points[k], axes, difference), law)[0]
    return total


@numba.njit(**FAST)
def _contrast(
    first: int,
    last: int,
    points: Points,
    moved: Points,
    edges: Edges,
    law: Law,
    time: np.uint64,
    key: np.uint64,
    turn: int,
    axes: tuple[int, ...],
    rule: Rule,
    slopes: NDArray[np.float64],
) -> None:
    n = len(points)
    here, difference = np.empty(len(axes), np.float32), np.empty(len(axes), np.float32)
    move = np.empty(len(axes), np.float32)
    others = np.empty(law.n_negatives, np.int64)
    for i in range(n * first // CHUNKS, n * last // CHUNKS):
        here[:] = points[i]
        slopes[i] = 0.0
        own, n_drawn, place = substream(key, i), 0, n * turn + i
        for e in range(edges.indptr[place], edges.indptr[place + 1]):
            weight = np.uint64(edges.clock[e])
            if ((weight * time) & LOW_BITS) >= weight:
                continue
            for number in range(law.n_negatives):
                others[number] = draw(own, n_drawn, n)
                n_drawn += 1
            slopes[i, 0] += _tell_apart(
                here, i, edges.indices[e], others, points, law, rule, axes, difference, move
            )
            slopes[i, 1] += 1.0
        moved[i] = here


@numba.njit(**INLINED)
def _tell_apart(
    here: Points,
    i: int,
    near: int,
    others: NDArray[np.int64],
    points: Points,
    law: Law,
    rule: Rule,
    axes: tuple[int, ...],
    difference: Points,
    move: Points,
) -> float:
    """Move a head along its edge and from its negatives; return the loss's slope by ln z."""
    w, slope = _similarity(differences(here, points[near], axes, difference), law)
    level = _sum_of(here, i, others, points, law, axes, move) if rule.info else rule.z
    pull = slope * level / (w + level)
    by_noise = level / (w + level)
    for d in range(len(axes)):
        move[d] = -clipped(pull * difference[d])
    for k in others:
        if k == i:
            continue
        v, slope = _similarity(differences(here, points[k], axes, difference), law)
        part = v / (level + w) if rule.info else v / (v + level)
        by_noise -= part
        push = slope * part / rule.divisor
        for d in range(len(axes)):
            move[d] += clipped(push * difference[d])
    for d in range(len(axes)):
        here[d] += law.learning_rate * move[d]
    return float(by_noise)
