"""A phase says what to minimise, from where, and for how long.

A method is a list of phases. A phase holds only plain data (names, numbers, nested dictionaries of
them), so it turns into JSON or YAML and back without loss. Each part of it is a dictionary whose
``"name"`` picks the part and whose other keys are that part's parameters, for example
``{"name": "perplexity", "perplexity": 30.0}``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from difflib import get_close_matches
from itertools import accumulate
from typing import Any

from nbembed.errors import InvalidInputError, InvalidTypeError

__all__ = ["Part", "Phase", "phase_at"]

# One part of a method: its name and its parameters, JSON types only.
Part = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One stretch of a run in which nothing about the method changes.

    Parameters
    ----------
    name
        What people read while it runs, for example ``"early exaggeration"``.
    n_steps
        Number of steps, at least 1. A step is one full-batch update (t-SNE) or one epoch, that is
        one visit of every edge (UMAP).
    neighbors
        The search: ``n_neighbors``, ``metric``, ``method``; with ``geodesic``, along the paths of a graph of as many
        neighbours.
    affinities
        ``{"name": "perplexity", "perplexity": u}``, ``{"name": "multiscale", "perplexities": […]}``,
        ``{"name": "fuzzy_union", …}``, which heeds labels by ``target_weight``, ``{"name": "joint", …}`` with every
        switch of :func:`nbembed.affinities.joint`, ``{"name": "scaled_pairs", "n_neighbors": k}``,
        ``{"name": "distances"}`` themselves,
        ``{"name": "equal_label", "normalized": False}``, which asks labels alone; ``{"name": "none"}`` where none are
        needed.
    kernel
        Distances in the map to similarities: ``{"name": "student_t", "degrees_of_freedom": 1.0}``, where
        ``"learned"`` is a number too, ``{"name": "cauchy", "a": a, "b": b}``, ``{"name": "gaussian"}``, or the
        ``{"name": "distance"}`` itself.
    sampler
        Which pairs a step looks at: ``{"name": "everything"}``, ``{"name": "edges", "n_negatives": 5}``,
        ``{"name": "gathered", "weights": …, "repulsion": …, "symmetric_attraction": …, "n_negatives": 1}`` or
        ``{"name": "near_mid_far", "n_mid_near": 5, "n_far": 20}``.
    loss
        ``{"name": "kl"}``, with ``spectrum`` at a place between t-SNE and UMAP, ``{"name": "rowwise_kl"}``,
        ``{"name": "stress"}``, ``{"name": "strain"}``,
        ``{"name": "negative_sampling", "repulsion_strength": 1.0}``, with ``density`` as densMAP,
        ``{"name": "matching", "divergence": "kl", "normalized": False}``,
        ``{"name": "contrastive", "contrast": "neg_tsne", "spectrum": 1.0}``,
        ``{"name": "pacmap", "near": 2.0, "mid_near": [1000.0, 3.0], "far": 1.0}``; ``{"name": "none"}`` where only
        terms count.
    optimizer
        ``{"name": "momentum_gains", "learning_rate": …, "momentum": …, "exaggeration": …}`` or
        ``{"name": "decayed_sgd", "learning_rate": …}``.
    model
        Where the points live: ``{"name": "free", "n_components": 2}``.
    init
        The start: ``{"name": "pca" | "spectral" | "random" | "array"}``. None goes on from where
        the phase before ended.
    affinities_from
        What the neighbours are searched in. ``"input"`` (default) is the data itself; in a later phase
        ``"embedding"`` is the map as it stands when the phase begins, and with a network the name of one
        of its layers is what that layer makes of the data then. With ``neighbors["scale"]`` these numbers are
        brought to other scales first, and ``neighbors["mix"]`` is the share of the affinities in the data that is
        mixed in.
    recursion
        The number of the recursion that the phase belongs to, 0 for what comes before the first; None
        (default) for methods without recursions.
    terms
        What is added to the loss of a network: ``{"name": "correlation", "key": "correlation",
        "weight": 0.1}``. ``key`` tells several of one name apart. Default none.
    """

    name: str
    n_steps: int
    neighbors: Part
    affinities: Part
    kernel: Part
    sampler: Part
    loss: Part
    optimizer: Part
    model: Part = field(default_factory=lambda: {"name": "free", "n_components": 2})
    init: Part | None = None
    affinities_from: str = "input"
    recursion: int | None = None
    terms: list[Part] = field(default_factory=list[Part])

    def __post_init__(self) -> None:
        if self.n_steps < 1:
            raise InvalidInputError(
                f"n_steps of phase {self.name!r} must be at least 1, got {self.n_steps}"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the phase as plain data, which :meth:`from_dict` turns back into an equal one."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Phase":
        """Return the phase that ``data`` describes.

        Raises
        ------
        InvalidTypeError
            If a key is unknown or a required one is missing; the message names the nearest key.
        """
        known = [f.name for f in fields(cls)]
        for key in data:
            if key not in known:
                nearest = get_close_matches(str(key), known, n=1)
                hint = (
                    f"; did you mean {nearest[0]!r}?"
                    if nearest
                    else f"; known are {', '.join(known)}"
                )
                raise InvalidTypeError(f"a phase has no field {key!r}{hint}")
        try:
            return cls(**data)
        except TypeError as error:
            raise InvalidTypeError(f"a phase needs more fields: {error}") from None


def phase_at(phases: Iterable[Phase], step: int) -> int:
    """Return the number of the phase that ``step`` belongs to; each begins after the last step of the one before."""
    return sum(end < step for end in accumulate(phase.n_steps for phase in phases))
