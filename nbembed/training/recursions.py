"""What a run with recursions looked like at the end of each of them."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.phases import Phase
from nbembed.training.stages import stages_of

__all__ = ["LayerStatistics", "Recursed", "extent", "recursed", "remember", "sampled", "scores"]

# Rows on which layers and maps are described: the same ones at every recursion.
SAMPLE = 1000
# Neighbours that overlaps and scores count.
K = 15
# Maps whose shortest axis is a smaller share of the longest one than this are lines.
FLAT = 1e-3


@dataclass(frozen=True)
class LayerStatistics:
    r"""What a layer makes of the data.

    Attributes
    ----------
    width : int
        Numbers that it gives for each row.
    participation_ratio : float
        :math:`(\sum \lambda)^2 / \sum \lambda^2` of its variances: about so many directions matter.
    overlap_input, overlap_map : float
        Mean share of a row's 15 nearest rows in the layer that are so in the data, and in the map.
    """

    width: int
    participation_ratio: float
    overlap_input: float
    overlap_map: float


@dataclass(frozen=True, eq=False)
class Recursed:
    """A recursion of a run, or what came before the first, as it stood at its end.

    Attributes
    ----------
    number : int
        0 for the training before the first recursion.
    name : str
        What people read, for example ``"recursion 1 on f2000"``.
    layer : str
        What the affinities were measured in: ``"input"`` is the data.
    start, end : int
        Steps of the run after which it began and ended.
    embedding : ndarray of float32, shape (n_samples, n_components)
        The map at its end.
    extent : float
        Root of the mean squared distance of a point from the centre of that map.
    flatness : float
        Its spread along its shortest axis as a share of that along its longest, 0 to 1; 1 for maps of one dimension.
    metrics : dict
        ``"trustworthiness"``, ``"continuity"`` and ``"neighbor_recall"`` of that map, 15 neighbours, among the
        same 1000 rows each time.
    layers : dict
        The layers of the network by name, as :class:`LayerStatistics`.
    """

    number: int
    name: str
    layer: str
    start: int
    end: int
    embedding: NDArray[np.float32]
    extent: float
    flatness: float = 1.0
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])
    layers: Mapping[str, LayerStatistics] = field(default_factory=dict[str, LayerStatistics])

    @property
    def is_collapsed(self) -> bool:
        """Whether the map has become a point, or a line: its axes differ by more than a thousand times."""
        return not self.extent > 0.0 or self.flatness < FLAT

    def to_config(self) -> dict[str, Any]:
        """Return all but the map as plain data."""
        found = {name: value for name, value in vars(self).items() if name != "embedding"}
        return found | {
            "metrics": dict(self.metrics),
            "layers": {name: asdict(layer) for name, layer in self.layers.items()},
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any], embedding: NDArray[np.float32]) -> "Recursed":
        """Return what :meth:`to_config` wrote, with its map."""
        layers = {name: LayerStatistics(**numbers) for name, numbers in config["layers"].items()}
        known: dict[str, Any] = {**config, "layers": layers, "embedding": embedding}
        return cls(**known)

    def __repr__(self) -> str:
        scores = ", ".join(f"{name}={value:.3f}" for name, value in self.metrics.items())
        return f"Recursed(number={self.number}, layer={self.layer!r}, steps={self.start}-{self.end}, {scores})"


def recursed(
    phases: Sequence[Phase], index: int, step: int, X: NDArray[np.float32], stepper: Any
) -> Recursed | None:
    """Return what a run looks like if a recursion ends here, else None.

    Parameters
    ----------
    phases
        All phases of the run.
    index
        Number of the present one.
    step
        Steps done.
    X
        The data.
    stepper
        That of the present phase.
    """
    stage = next((stage for stage in stages_of(phases) if stage.index == index), None)
    if stage is None or stage.recursion is None or step != stage.end:
        return None
    embedding = stepper.embedding()
    rows = sampled(len(X))
    layers = {phase.affinities_from for phase in phases} - {"input", "embedding"}
    return Recursed(
        number=stage.recursion,
        name=stage.name,
        layer=stage.layer,
        start=stage.start,
        end=step,
        embedding=embedding,
        extent=extent(embedding),
        flatness=_flatness(embedding),
        metrics=scores(X[rows], embedding[rows]),
        layers=_described(stepper, layers, rows, X[rows], embedding[rows]),
    )


def remember(history: Any, record: Recursed) -> None:
    """Keep a record in a run's history, and warn if its map has collapsed."""
    history.recursions.append(record)
    if record.is_collapsed:
        warnings.warn(
            f"the map has collapsed at the end of {record.name!r}: extent {record.extent:.3g}, shortest axis "
            f"{record.flatness:.1e} of the longest. Lower learning_rate, or leave that recursion out",
            UserWarning,
            stacklevel=2,
        )


def extent(embedding: NDArray[np.float32]) -> float:
    """Return the root of the mean squared distance of a point from the centre of a map."""
    centred = embedding - embedding.mean(axis=0, dtype=np.float64)
    return float(np.sqrt(np.square(centred).sum(axis=1).mean()))


def _flatness(embedding: NDArray[np.float32]) -> float:
    centred = embedding - embedding.mean(axis=0, dtype=np.float64)
    axes = np.linalg.svd(centred, compute_uv=False)
    return float(axes[-1] / axes[0]) if axes[0] > 0 else 0.0


def sampled(n: int) -> NDArray[np.int64]:
    """Return the rows on which maps of ``n`` rows are described."""
    return np.arange(0, n, -(-n // SAMPLE))


def scores(X: NDArray[np.float32], embedding: NDArray[np.float32]) -> dict[str, float]:
    """Return trustworthiness, continuity and neighbour recall of a map, 15 neighbours."""
    from nbembed import metrics

    k = _neighbors(len(X))
    functions = (metrics.trustworthiness, metrics.continuity, metrics.neighbor_recall)
    return {f.__name__: float(f(X, embedding, n_neighbors=k)) for f in functions}


def _described(
    stepper: Any,
    wanted: set[str],
    rows: NDArray[np.int64],
    X: NDArray[np.float32],
    embedding: NDArray[np.float32],
) -> dict[str, LayerStatistics]:
    """Return the statistics of the layers of a network: all hidden ones, or those ``wanted`` of a caller's own."""
    from nbembed.metrics import neighbor_recall

    k = _neighbors(len(X))
    names: Sequence[str] = getattr(stepper, "hidden_layers", ()) or sorted(wanted)
    found: dict[str, LayerStatistics] = {}
    for name in names:
        features = stepper.features(name, rows)
        centred = features - features.mean(axis=0, dtype=np.float64)
        # The smaller of the two matrices whose squares share their trace and their sum.
        small = centred.T @ centred if centred.shape[1] < len(centred) else centred @ centred.T
        total, squares = float(np.trace(small)), float(np.square(small).sum())
        found[name] = LayerStatistics(
            width=features.shape[1],
            participation_ratio=total * total / squares if squares > 0 else 0.0,
            overlap_input=float(neighbor_recall(X, features, n_neighbors=k)),
            overlap_map=float(neighbor_recall(features, embedding, n_neighbors=k)),
        )
    return found


def _neighbors(n: int) -> int:
    """Return how many neighbours are counted among ``n`` rows: 15, or what the scores allow."""
    return max(1, min(K, (n - 2) // 2))
