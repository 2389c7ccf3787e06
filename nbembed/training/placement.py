"""From the phase of a fit to the places of rows that were not in it."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import affinities
from nbembed._scaling import Scaling
from nbembed.errors import InvalidInputError
from nbembed.kernels import kernel_named
from nbembed.neighbors import Graph, Index, Neighbors, content_keys
from nbembed.phases import Phase
from nbembed.training.live import curve, exaggeration_of, kernel_of
from nbembed.training.run import Run
from nbembed.training.scaling_placement import placed_by_scaling

__all__ = ["Reference"]

# openTSNE's perplexity and exaggeration for new rows: few, near neighbours, and a firmer hold.
MAX_PERPLEXITY, MIN_EXAGGERATION = 5.0, 1.5
# Rows placed at once, so that an interrupt is heard.
BATCH = 2_048
# What, with the seed, names the random draws for new rows; phases have the numbers from 0 on.
NEW_ROWS = -2

Points = NDArray[np.float32]
Rows = NDArray[np.int64]


class Reference:
    """What a fit leaves behind for placing new rows: its data and its method.

    Parameters
    ----------
    X
        The checked data of the fit, shape (n_samples, n_features); kept as it is, not copied.
    phase
        The phase in which the fit ended.
    overrides
        What was set in mid-run and still in force at the end.
    seed
        That of the fit.
    scaling
        How ``X`` was made of the data as they were given.
    graph
        The affinities of the fit, where they are still there.
    """

    def __init__(
        self,
        X: Points,
        phase: Phase,
        overrides: dict[str, float],
        *,
        seed: int,
        scaling: Scaling,
        graph: Graph | None = None,
    ) -> None:
        self.X, self.phase, self.overrides = X, phase, overrides
        self.seed, self.scaling, self.graph = seed, scaling, graph

    @classmethod
    def of(cls, run: Run, before: "Reference | None" = None) -> "Reference":
        """Return what ``run`` leaves behind as it stands; ``before`` is what it left earlier."""
        graph = run.graph
        overrides = run.overrides
        if "degrees_of_freedom" in run.phase.kernel:
            overrides["degrees_of_freedom"] = run.degrees_of_freedom
        left = cls(run.X, run.phase, overrides, seed=run.seed, scaling=run.scaling, graph=graph)
        if before is not None and before.X is left.X and before.graph is graph:
            left.index = before.index
        return left

    def place(self, rows: Points, embedding: Points) -> Points:
        """Return the place of each row on the map, whatever the rows it comes with.

        A row that equals a row of the fit gets its place, and of several equal ones that of the
        first. The others are placed by the method's own loss with the map fixed.
        """
        places = np.empty((len(rows), embedding.shape[1]), dtype=np.float32)
        for start in range(0, len(rows), BATCH):
            part = slice(start, start + BATCH)
            same = self.index.equal(rows[part])
            places[part] = embedding[same]
            new = start + np.flatnonzero(same < 0)
            if len(new):
                places[new] = self._placed(rows[new], embedding, None)
        self.index.rest()
        return places

    def place_again(self, numbers: Rows, embedding: Points) -> Points:
        """Return where rows of the fit would be placed if they were new and not on the map's data."""
        parts = [numbers[start : start + BATCH] for start in range(0, len(numbers), BATCH)]
        places = [self._placed(self.X[part], embedding, part) for part in parts]
        self.index.rest()
        return np.concatenate([np.empty((0, embedding.shape[1]), dtype=np.float32), *places])

    @cached_property
    def index(self) -> Index:
        """Where the neighbours of new rows are looked up."""
        metric = self.phase.neighbors["metric"]
        return Index(self.X, metric=metric, random_state=self.seed)

    def to_config(self) -> dict[str, Any]:
        """Return what is stored as JSON."""
        return {
            "phase": self.phase.to_dict(),
            "overrides": self.overrides,
            "seed": self.seed,
            "divisor": self.scaling.divisor,
        }

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what is stored as arrays."""
        return {"data": self.X, **self.scaling.arrays()}

    @classmethod
    def from_config(cls, config: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> "Reference":
        """Return what :meth:`to_config` and :meth:`arrays` described."""
        phase = Phase.from_dict(config["phase"])
        scaling = Scaling.stored(config["divisor"], arrays)
        seed = config["seed"]
        return cls(arrays["data"], phase, config["overrides"], seed=seed, scaling=scaling)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: not what can be made again."""
        return {name: value for name, value in self.__dict__.items() if name != "index"}

    # ---- inside -------------------------------------------------------------------------------

    def _nearest(self, rows: Points, own: Rows | None, wanted: int) -> Neighbors:
        most = len(self.X) - (own is not None)
        return self.index.nearest(rows, min(wanted, most), own=own)

    def _placed(self, rows: Points, embedding: Points, own: Rows | None) -> Points:
        loss = self.phase.loss
        match loss["name"]:
            case "kl" | "rowwise_kl":
                return self._settled(rows, embedding, own)
            case "matching" if loss["normalized"]:
                return self._settled(rows, embedding, own)
            case "negative_sampling" | "matching" | "contrastive":
                return self._wandered(rows, embedding, own)
            case "pacmap":
                return self._pulled(rows, embedding, own)
            case "stress" | "strain":
                known = (self.phase, self.index, self.graph)
                return placed_by_scaling(*known, rows, embedding, own)
            case name:
                raise InvalidInputError(
                    "transform needs a fit with loss 'kl', 'negative_sampling', 'matching', 'contrastive', 'pacmap', "
                    f"'stress' or 'strain', got {name!r}"
                )

    def _settled(self, rows: Points, embedding: Points, own: Rows | None) -> Points:
        """Place rows as t-SNE does, starting at the median of their neighbours."""
        from nbembed.forces import Ties, settle, settle_under

        perplexity = min(self.phase.affinities.get("perplexity", MAX_PERPLEXITY), MAX_PERPLEXITY)
        found = self._nearest(rows, own, int(3 * perplexity))
        weights, _ = affinities.conditional(
            found, perplexity=min(perplexity, found.indices.shape[1])
        )
        start = np.median(embedding[found.indices], axis=1)
        ties, begin = Ties(found.indices, weights.astype(np.float32)), start.astype(np.float32)
        hold = max(MIN_EXAGGERATION, exaggeration_of(self.phase, self.overrides))
        kernel = kernel_of(self.phase, self.overrides)
        if kernel == kernel_named("student_t"):
            return settle(embedding, ties, begin, exaggeration=hold)
        return settle_under(kernel, embedding, ties, begin, exaggeration=hold)

    def _pulled(self, rows: Points, embedding: Points, own: Rows | None) -> Points:
        """Place rows by PaCMAP's near pairs alone, starting at the mean of their neighbours."""
        from nbembed.forces import rest_near

        found = self._nearest(rows, own, int(self.phase.affinities["n_neighbors"]))
        near = [embedding[each] for each in found.indices]
        return np.array([rest_near(each, each.mean(axis=0)) for each in near])

    def _wandered(self, rows: Points, embedding: Points, own: Rows | None) -> Points:
        """Place rows as UMAP does, starting at the weighted mean of their neighbours."""
        from nbembed.forces import Ties, stream, substreams, wander

        found = self._nearest(rows, own, self.phase.neighbors["n_neighbors"] + 1)
        part = self.phase.affinities
        if part["name"] == "perplexity":
            most = float(found.indices.shape[1])
            weights, _ = affinities.conditional(found, perplexity=min(part["perplexity"], most))
        else:
            weights = affinities.memberships(found, local_connectivity=part["local_connectivity"])
        keys = substreams(stream(self.seed, NEW_ROWS), content_keys(rows))
        return wander(
            embedding,
            Ties(found.indices, weights.astype(np.float32)),
            _weighted_mean(embedding, found.indices, weights),
            keys,
            self._law(),
        )

    def _law(self) -> Any:
        from nbembed.forces import Law

        phase = self.phase
        live: dict[str, Any] = {**phase.optimizer, **phase.sampler, **phase.loss, **self.overrides}
        a, b = curve(phase, self.overrides)
        return Law(
            np.float32(a),
            np.float32(b),
            np.float32(live.get("repulsion_strength", 1.0)),
            np.float32(1.0 if live["learning_rate"] == "auto" else live["learning_rate"]),
            round(live["n_negatives"]),
        )


def _weighted_mean(
    embedding: Points, indices: NDArray[np.int32], weights: NDArray[np.float64]
) -> Points:
    """Return the mean place of each row's neighbours, summed one by one: in the same order always."""
    total = np.zeros(len(indices))
    place = np.zeros((len(indices), embedding.shape[1]))
    for j in range(indices.shape[1]):
        total += weights[:, j]
        place += weights[:, j, None] * embedding[indices[:, j]]
    return (place / total[:, None]).astype(np.float32)
