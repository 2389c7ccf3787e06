"""Relations between the rows of a mini-batch as tensors: distances, similarities, and those of all rows restricted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from nbembed.errors import InvalidInputError
from nbembed.kernels import fit_ab
from nbembed.networks.item_objectives import Links
from nbembed.networks.losses import TINY, squared_distances

__all__ = [
    "FUNCTIONS",
    "METRICS",
    "BatchRelation",
    "Equal",
    "Measured",
    "Restricted",
    "Steps",
    "difference",
]

METRICS = ("euclidean", "sqeuclidean", "manhattan", "cosine")
# Up to this many columns differences are taken one by one: exact where points nearly coincide.
NARROW = 8
# Least 1 - w, which bounds the force between points that meet.
CLOSEST = 1e-6

Part = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Steps:
    """Transforms of relations, one after the other.

    Attributes
    ----------
    parts : sequence of mapping
        Each a ``name`` and its options.
    functions : mapping from int to callable
        Those of the caller's, by their number among the parts.
    """

    parts: Sequence[Part] = ()
    functions: Mapping[int, Callable[..., Tensor]] = field(default_factory=dict[int, Any])

    def __call__(self, squared: Tensor) -> Tensor:
        """Return what becomes of squared distances: matrices, or lists of pairs."""
        values = squared.clamp(min=TINY).sqrt()
        for number, part in enumerate(self.parts):
            options = {key: value for key, value in part.items() if key != "name"}
            if number in self.functions:
                values = self.functions[number](values, **options)
                continue
            # The first step sees squares as they are: a root and a square would cost digits.
            seen = squared if number == 0 else values.square()
            if part["name"] not in TRANSFORMS:
                raise InvalidInputError(
                    f"a relation in the map must be transformed by one of {', '.join(TRANSFORMS)}, got {part['name']!r}"
                )
            values = TRANSFORMS[part["name"]](values, seen, options)
        return values


@dataclass(frozen=True, eq=False)
class BatchRelation:
    """The relation between points that a network placed, as a differentiable function of them.

    Attributes
    ----------
    type : str
        ``"pairwise"``, or ``"differences"`` of shape (B, B, n_components).
    metric : str
        One of :data:`METRICS`.
    steps : Steps
        What becomes of the distances.
    """

    type: str = "pairwise"
    metric: str = "euclidean"
    steps: Steps = field(default_factory=Steps)

    def all_pairs(self, places: Tensor) -> Tensor:
        """Return the relation of every two points, shape (B, B)."""
        if self.type == "differences":
            return places[:, None] - places[None]
        return self.steps(_squares(places, self.metric))

    def of_pairs(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the relation of each point of ``first`` with that of ``second``, shape (…,)."""
        return self.steps(_squares_of_pairs(first, second, self.metric))


class Restricted:
    """Relations of all rows as edges, of which a mini-batch sees those among its rows."""

    def __init__(self, graph: Any, device: str) -> None:
        self._links = Links(graph, device)

    def among(self, rows: Tensor) -> Tensor:
        """Return the relations among different rows, shape (B, B)."""
        return self._links.among(rows)


class Measured:
    """Relations of all rows as a function: they are measured among the rows of each mini-batch.

    Parameters
    ----------
    rows
        All rows, shape (n, width).
    relation
        How they are measured.
    device
        Where mini-batches are.
    """

    def __init__(self, rows: Any, relation: BatchRelation, device: str) -> None:
        self._rows, self._relation, self._device = torch.from_numpy(rows), relation, device

    def among(self, rows: Tensor) -> Tensor:
        """Return the relations among rows, shape (B, B)."""
        return self._relation.all_pairs(self._rows[rows.cpu()].to(self._device))


class Equal:
    """1 between rows of the same known class, 0 between others."""

    def __init__(self, codes: Any, device: str) -> None:
        self._codes = torch.from_numpy(codes).to(device)

    def among(self, rows: Tensor) -> Tensor:
        """Return the relations among rows, shape (B, B)."""
        codes = self._codes[rows]
        return ((codes[:, None] == codes[None]) & (codes >= 0)[:, None]).float()


def difference(name: str, p: Tensor, q: Tensor) -> Tensor:
    """Return how much two relations of the same pairs differ, as the function called ``name`` says.

    Parameters
    ----------
    name
        One of :data:`FUNCTIONS`.
    p, q
        Of the data and of the map, shape (B, B); the diagonal does not count.
    """
    apart = ~torch.eye(len(p), dtype=torch.bool, device=p.device)
    return FUNCTIONS[name](p[apart], q[apart])


def mse(p: Tensor, q: Tensor) -> Tensor:
    """Return the mean of the squared differences."""
    return (p - q).square().mean() if len(p) else q.sum()


def kl(p: Tensor, q: Tensor) -> Tensor:
    r"""Return :math:`\sum p \ln(p/q)` in nats, with p made to sum to 1 within the mini-batch."""
    p = p / p.sum().clamp(min=torch.finfo(p.dtype).tiny)
    return (torch.xlogy(p, p) - p * q.clamp(min=TINY).log()).sum()


def cross_entropy(p: Tensor, q: Tensor) -> Tensor:
    r"""Return the mean of :math:`-p \ln q - (1 - p) \ln(1 - q)` in nats, p cut to [0, 1]."""
    p = p.clamp(0.0, 1.0)
    against = (1.0 - p) * (1.0 - q).clamp(min=CLOSEST).log()
    return -(p * q.clamp(min=TINY).log() + against).mean() if len(p) else q.sum()


FUNCTIONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mse": mse,
    "kl": kl,
    "cross_entropy": cross_entropy,
    "bce": cross_entropy,
}


def _student(values: Tensor, squared: Tensor, options: Part) -> Tensor:  # noqa: ARG001
    alpha = float(options.get("alpha", options.get("degrees_of_freedom", 1.0)))
    return (1.0 + squared / alpha) ** (-0.5 * (alpha + 1.0))


def _cauchy(values: Tensor, squared: Tensor, options: Part) -> Tensor:  # noqa: ARG001
    a, b = options.get("a"), options.get("b")
    if a is None or b is None:
        a, b = fit_ab(options.get("min_dist", 0.1), options.get("spread", 1.0))
    return 1.0 / (1.0 + a * squared.clamp(min=TINY) ** b)


def _gaussian(values: Tensor, squared: Tensor, options: Part) -> Tensor:  # noqa: ARG001
    return (-squared).exp()


def _normalize(values: Tensor, squared: Tensor, options: Part) -> Tensor:  # noqa: ARG001
    return values / _off_diagonal(values).sum().clamp(min=TINY)


def _normalize_rows(values: Tensor, squared: Tensor, options: Part) -> Tensor:  # noqa: ARG001
    return values / _off_diagonal(values).sum(1, keepdim=True).clamp(min=TINY)


def _symmetrize(values: Tensor, squared: Tensor, options: Part) -> Tensor:  # noqa: ARG001
    both = values + values.T
    return both - values * values.T if options.get("sub_prod") else 0.5 * both


def _as_it_is(values: Tensor, squared: Tensor, options: Part) -> Tensor:  # noqa: ARG001
    return values


TRANSFORMS: dict[str, Callable[[Tensor, Tensor, Part], Tensor]] = {
    "t_dist": _student,
    "student_t": _student,
    "cauchy": _cauchy,
    "gaussian": _gaussian,
    "normalize": _normalize,
    "normalize_rows": _normalize_rows,
    "symmetrize": _symmetrize,
    "distance": _as_it_is,
    "distances": _as_it_is,
    "none": _as_it_is,
}


def _off_diagonal(values: Tensor) -> Tensor:
    return values - torch.diag_embed(values.diagonal())


def _squares(rows: Tensor, metric: str) -> Tensor:
    """Return the squared distances between all rows, shape (B, B)."""
    if metric == "euclidean" and rows.shape[1] > NARROW:
        found = squared_distances(rows, rows).clamp(min=0)
        return found - torch.diag_embed(found.diagonal())
    return _squares_of_pairs(rows[:, None], rows[None], metric)


def _squares_of_pairs(first: Tensor, second: Tensor, metric: str) -> Tensor:
    match metric:
        case "euclidean":
            return (first - second).square().sum(-1)
        case "sqeuclidean":
            return (first - second).square().sum(-1).square()
        case "manhattan" | "cityblock":
            return (first - second).abs().sum(-1).square()
        case "cosine":
            return (1.0 - torch.cosine_similarity(first, second, dim=-1)).square()
        case _:
            raise InvalidInputError(
                f"metric in the map must be one of {', '.join(METRICS)}, got {metric!r}"
            )
