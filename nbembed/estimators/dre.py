"""Deep t-SNE, deep UMAP, and deep recursive embedding."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nbembed import _checks
from nbembed.errors import InvalidInputError
from nbembed.estimators.base import at_most, check_perplexity, neighbors_part
from nbembed.estimators.mini_batches import MANY_ROWS, enough, per_epoch, related_part
from nbembed.estimators.parametric import ParametricEmbedder
from nbembed.estimators.recursions import (
    METHODS,
    Recursion,
    as_recursion,
    as_recursions,
    check_layers,
)
from nbembed.phases import Part, Phase
from nbembed.training import Recursed, Run

__all__ = ["DRE"]

# As many negatives per edge as UMAP has, where edges are sampled.
REPULSION = 5.0
BATCHES = ("edges", "redrawn", "fixed", "neighbors")
# Of the publication: the hidden layers of model A, those that models A and B share, and rows of a batch.
MODEL_A, HEAD, PAPER_BATCH = (500, 500, 500, 500, 500), (2000, 500, 100), 2500


class DRE(ParametricEmbedder):
    r"""Deep recursive embedding: a network learns t-SNE or UMAP, then again from what its own layers say is near.

    First the network is trained as deep t-SNE or deep UMAP, with affinities measured in the data. In each
    recursion they are measured anew in one of its layers, and the training goes on with them. Without
    recursions (``recursions=()``) it is deep t-SNE or deep UMAP alone.

    Whether recursions help is a question to the data at hand: :func:`nbembed.recursion_study` compares them with
    equally long further training, which the publication does not, and ``recursions_`` holds the map before and after
    each. Measured so (``benchmarks/README.md``) they lose neighbours of the data everywhere; on Fashion-MNIST one on
    the first layer put more neighbours of the same class together, on the digits none did.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 1. Default 2.
    method
        ``"tsne"`` (default) or ``"umap"``: the method before the first recursion, and in those that do not say.
    recursions
        Names of layers, such as ``("f2000", "f500")``, or :class:`nbembed.Recursion`, each with epochs, perplexity
        and learning rate of its own; ``()`` for none. Recommended ``("hidden3",)``, with ``"cnn"`` ``("f500",)``;
        paper ``("f2000", "f500", "f100")``.
    second_stage
        True, or a :class:`nbembed.Recursion`, adds the publication's second stage: training by UMAP, measured in the
        data (recommended) or in ``"f100"`` (paper). Default False.
    n_epochs
        Epochs before the first recursion, at least 1; an epoch is n_samples / batch_size mini-batches, rounded
        up. Recommended as many as make 0.5 mini-batches for each row, at least 1500 and at most 5000 of
        them; paper 100. A recursion has half as many if it says nothing.
    perplexity
        Of t-SNE's affinities, above 1 and less than n_samples - 1. Default 30.
    n_neighbors
        Of UMAP's, the row itself among them, at least 2. Default 15.
    min_dist
        Of UMAP's kernel, at least 0. Recommended 0.1, paper 0.001.
    metric
        Any metric name of scikit-learn, or a function of two samples, for affinities in the data; those in layers
        are Euclidean. Default ``"euclidean"``.
    preset
        ``"recommended"`` (default), or ``"paper"``: model A or B, the published losses over all pairs of a batch, in
        fixed batches of 2500 rows. What is None is the preset's.
    graph, shape, device, random_state, n_jobs, verbose, callbacks
        As for :class:`ParametricTSNE`.
    model
        ``"fcnn"`` (default), model A: dense layers; ``"cnn"``, model B, for pictures; or a ``torch.nn.Module``.
    hidden
        Widths of the first hidden layers of ``"fcnn"``, called ``"hidden1"``, ``"hidden2"``, … Recommended
        (256, 256, 256), paper (500, 500, 500, 500, 500).
    head
        Widths of the layers after them, or after the convolutions, called ``"f2000"`` if 2000 wide: those that
        the published recursions are about. Recommended none, with ``"cnn"`` (500, 100); paper (2000, 500, 100).
    normalization
        Of the first hidden layers: ``"layer"`` (recommended), ``"batch"`` (paper with ``"fcnn"``) or ``"none"``
        (paper with ``"cnn"``).
    batches
        ``"edges"`` (recommended): mini-batches of edges of the affinities of all rows, trained by InfoNCE or by UMAP's
        sampled cross entropy. ``"redrawn"`` shuffles the rows every epoch and measures affinities within each
        batch; ``"fixed"`` (paper) shuffles once; ``"neighbors"`` puts rows and their neighbours into a batch.
    batch_size
        Edges of a mini-batch, or rows, at least 1. Recommended 256, above 30,000 rows and for batches of rows 512;
        paper 2500. Never more than n_samples.
    n_negatives
        Rows of a batch of edges that count as noise, at least 1. Recommended 512.
    learning_rate
        Of Adam, above 0. Recommended 0.003, above 30,000 rows 0.002, for batches of rows 0.001; paper 0.001, and
        0.0001 in the second stage.
    n_directions, noise
        As for :class:`ParametricTSNE`; recommended 100 and 0.3, paper 0 and 0.
    init
        As for :class:`ParametricTSNE`: ``"random"`` (default), ``"pca"``, ``"spectral"`` or an array.
    terms
        What is added to the loss, in recursions too: a list of :mod:`nbembed.terms`. Default none.

    Attributes
    ----------
    embedding_, model_, loss_, n_iter_
        As for :class:`ParametricUMAP`.
    recursions_ : list of Recursed
        The training before the first recursion and each recursion: steps, layer, map, its extent and scores, and
        statistics of the layers at its end.

    References
    ----------
    Zhou, Zu, Wang, Lelieveldt & Tao (2022), "Deep recursive embedding for high-dimensional data", IEEE TVCG 28.
    Corrected: eq. 4 lacks a division by the degrees of freedom, eq. 7 and 12 the maximum with 0.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> dre = nb.DRE(recursions=["f20"], head=(20,), n_epochs=2, device="cpu", random_state=0).fit(X)
    >>> [(r.layer, r.end) for r in dre.recursions_]
    [('input', 2), ('f20', 3)]
    """

    def __init__(
        self,
        n_components: int = 2,
        *,
        method: str = "tsne",
        recursions: Any = None,
        second_stage: Any = False,
        n_epochs: int | None = None,
        perplexity: float = 30.0,
        n_neighbors: int = 15,
        min_dist: float | None = None,
        metric: str | Callable[..., Any] = "euclidean",
        preset: str = "recommended",
        graph: Any = None,
        model: Any = "fcnn",
        shape: Sequence[int] | None = None,
        hidden: Sequence[int] | None = None,
        head: Sequence[int] | None = None,
        normalization: str | None = None,
        batches: str | None = None,
        batch_size: int | None = None,
        n_negatives: int | None = None,
        learning_rate: float | None = None,
        n_directions: int | None = None,
        noise: float | None = None,
        init: Any = "random",
        terms: Any = (),
        device: str = "auto",
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: bool = False,
        callbacks: Any = None,
    ) -> None:
        self.n_components = n_components
        self.method = method
        self.recursions = recursions
        self.second_stage = second_stage
        self.n_epochs = n_epochs
        self.perplexity = perplexity
        self.n_neighbors = n_neighbors
        self.min_dist = min_dist
        self.metric = metric
        self.preset = preset
        self.graph = graph
        self.model = model
        self.shape = shape
        self.hidden = hidden
        self.head = head
        self.normalization = normalization
        self.batches = batches
        self.batch_size = batch_size
        self.n_negatives = n_negatives
        self.learning_rate = learning_rate
        self.n_directions = n_directions
        self.noise = noise
        self.init = init
        self.terms = terms
        self.device = device
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callbacks = callbacks

    @property
    def title(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What people call it, and whether it is the published method."""
        name = "deep recursive embedding"
        if self.recursions is not None and not self.recursions:
            name = "deep t-SNE" if self.method == "tsne" else "deep UMAP"
        return f"{name}, as published" if self.preset == "paper" else name

    def presets(self, n_samples: int) -> Mapping[str, dict[str, Any]]:
        """Return the hyper-parameters of both presets."""
        rows, many = self.batches not in (None, "edges"), n_samples > MANY_ROWS
        size = min(n_samples, int(self.batch_size or (512 if rows or many else 256)))
        common = {"n_negatives": 512, "negatives": "batch", "mixup": 0.0, "clip_by": "norm"}
        return {
            "recommended": common
            | {
                "recursions": ("hidden3",) if self.model == "fcnn" else ("f500",),
                "n_epochs": max(1, round(enough(n_samples) / per_epoch(n_samples, size))),
                "min_dist": 0.1,
                "hidden": (256, 256, 256),
                "head": () if self.model == "fcnn" else (500, 100),
                "normalization": "layer",
                "batches": "edges",
                "batch_size": size,
                "learning_rate": 1e-3 if rows else 2e-3 if many else 3e-3,
                "schedule": "cosine",
                "warm_up": 50,
                "n_directions": 100,
                "noise": 0.3,
                "clip": 4.0,
            },
            "paper": common
            | {
                "recursions": ("f2000", "f500", "f100"),
                "n_epochs": 100,
                "min_dist": 0.001,
                "hidden": MODEL_A,
                "head": HEAD,
                "normalization": "none" if self.model == "cnn" else "batch",
                "batches": "fixed",
                "batch_size": min(n_samples, PAPER_BATCH),
                "learning_rate": 1e-3,
                "schedule": "constant",
                "warm_up": 0,
                "n_directions": 0,
                "noise": 0.0,
                "clip": None,
            },
        }

    def phases(self, n_samples: int) -> list[Phase]:
        """Return the phases: before the first recursion, each recursion, the second stage."""
        recipe = self.recipe(n_samples)
        first = Recursion("input", n_epochs=recipe["n_epochs"], method=self.method)
        phases = self._around(*self._training(recipe, n_samples, first, 0))
        for number, recursion in enumerate(self._recursions(recipe), 1):
            phases += self._training(recipe, n_samples, recursion, number)
        return phases

    def keep(self, run: Run) -> None:
        """Take the fitted arrays over from ``run``, and what it looked like at the end of each recursion."""
        super().keep(run)
        if run.embedding is not None:
            self.recursions_ = run.recursions

    def check_parameters(self, n_samples: int) -> None:
        """Raise for a hyper-parameter that cannot be used with ``n_samples`` rows."""
        _checks.check_choice("method", self.method, METHODS)
        super().check_parameters(n_samples)
        recipe = self.recipe(n_samples)
        _checks.check_choice("batches", recipe["batches"], BATCHES)
        _checks.check_number("n_epochs", recipe["n_epochs"], low=1, integer=True)
        _checks.check_number("min_dist", recipe["min_dist"], low=0, high=1)
        _checks.check_number("n_neighbors", self.n_neighbors, low=2, integer=True)
        recursions = self._recursions(recipe)
        check_layers(recursions, self._layers(recipe))
        for perplexity in (self.perplexity, *(r.perplexity for r in recursions)):
            if perplexity is not None:
                check_perplexity(perplexity, n_samples)
        plain = isinstance(self.metric, str) and self.metric == "euclidean" and self.graph is None
        if recipe["batches"] in ("redrawn", "fixed") and not plain:
            raise InvalidInputError(
                "batches must be 'edges' or 'neighbors' where metric or graph say how near rows are, got "
                f"{recipe['batches']!r}, which measures Euclidean distances within each batch"
            )

    # ---- files --------------------------------------------------------------------------------

    def _stored_parameter(self, name: str, value: Any, arrays: dict[str, NDArray[Any]]) -> Any:
        if name == "recursions" and value is not None:
            return [recursion.to_dict() for recursion in as_recursions(value)]
        if name == "second_stage" and not isinstance(value, bool):
            return as_recursion(value).to_dict()
        return super()._stored_parameter(name, value, arrays)

    def _more_of_fit(self, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
        """Return what a file holds of the recursions."""
        for number, record in enumerate(self.recursions_):
            arrays[f"recursion{number}"] = record.embedding
        return {"recursions": [record.to_config() for record in self.recursions_]}

    def restored(self, config: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Become the fitted estimator that ``save`` wrote, and return it."""
        self.recursions_ = [
            Recursed.from_config(record, np.asarray(arrays[f"recursion{number}"]))
            for number, record in enumerate(config["recursions"])
        ]
        return super().restored(config, arrays)

    # ---- inside -------------------------------------------------------------------------------

    def _recursions(self, recipe: Mapping[str, Any]) -> list[Recursion]:
        """Return the recursions, the second stage among them."""
        found = list(as_recursions(recipe["recursions"]))
        if self.second_stage is True:
            rate = 1e-4 if self.preset == "paper" else None
            layer = "f100" if self.preset == "paper" else "input"
            epochs = int(recipe["n_epochs"]) if self.preset == "paper" else None
            found.append(Recursion(layer, method="umap", n_epochs=epochs, learning_rate=rate))
        elif self.second_stage is not False and self.second_stage is not None:
            found.append(as_recursion(self.second_stage))
        return found

    def _training(
        self, recipe: dict[str, Any], n_samples: int, recursion: Recursion, number: int
    ) -> list[Phase]:
        """Return the phases of one recursion: as many as its affinities are measured."""
        n_epochs = recursion.n_epochs or max(1, int(recipe["n_epochs"]) // 2)
        size = per_epoch(n_samples, int(recipe["batch_size"]))
        each = min(self.batches_per_step, size)
        updates = min(recursion.updates, n_epochs)
        name = "training" if number == 0 else f"recursion {number} on {recursion.layer}"
        options = self._optimizer_part(recipe)
        if recursion.learning_rate is not None:
            options["learning_rate"] = float(recursion.learning_rate)
        phase = Phase(
            name=name,
            n_steps=max(1, round(n_epochs * size / (each * updates))),
            optimizer=options,
            model=self._model_part(recipe),
            init={"name": "network"} if number == 0 else None,
            affinities_from=recursion.layer,
            recursion=number,
            terms=self._term_parts(),
            **self._related(recipe, n_samples, recursion, each),
        )
        if updates == 1:
            return [phase]
        return [
            replace(phase, optimizer=options | {"part": part, "parts": updates})
            for part in range(updates)
        ]

    def _related(
        self, recipe: dict[str, Any], n_samples: int, recursion: Recursion, each: int
    ) -> dict[str, Part]:
        """Return neighbours, affinities, kernel, sampler and loss of one recursion."""
        tsne = (recursion.method or self.method) == "tsne"
        perplexity = float(recursion.perplexity or self.perplexity)
        k = min(n_samples - 1, int(3 * perplexity))
        if not tsne:
            wanted = int(recursion.n_neighbors or self.n_neighbors)
            k = at_most("n_neighbors", wanted, n_samples, n_samples) - 1
        inside = recursion.layer == "input"
        neighbors = neighbors_part(max(1, k), self.metric if inside else "euclidean")
        if not inside or recursion.scale != "none":
            neighbors |= {"scale": recursion.scale, "mix": float(recursion.mix)}
        affinities: Part = {"name": "perplexity", "perplexity": perplexity}
        kernel: Part = {"name": "student_t"}
        if not tsne:
            affinities = {"name": "fuzzy_union"}
            kernel = {"name": "cauchy", "min_dist": float(recipe["min_dist"]), "spread": 1.0}
        edges = recipe["batches"] == "edges"
        sampler = self._sampler_part(recipe, each)
        if not edges:
            sampler = related_part(recipe, perplexity, n_samples, each)
            sampler |= {"n_neighbors": k + 1, "mix": float(recursion.mix)}
        if recipe["batches"] in ("redrawn", "fixed"):
            affinities = {"name": "none"}
        loss = "cross_entropy" if not tsne else "info_nce" if edges else "kl"
        return {
            "neighbors": neighbors,
            "affinities": affinities,
            "kernel": kernel,
            "sampler": sampler,
            "loss": {"name": loss, "repulsion_strength": REPULSION if edges and not tsne else 1.0},
        }

    def _layers(self, recipe: Mapping[str, Any]) -> list[str]:
        """Return the names of the layers that a recursion may measure in."""
        if not isinstance(self.model, str):
            return [name for name, _ in self.model.named_modules() if name]
        head = [f"f{int(width)}" for width in recipe["head"]]
        if self.model == "cnn":
            return ["pictures1", "pictures2", *head]
        return [*(f"hidden{i}" for i in range(1, len(recipe["hidden"]) + 1)), *head]

    def _model_part(self, recipe: dict[str, Any]) -> Part:
        part = super()._model_part(recipe)
        if part["name"] in ("fcnn", "cnn"):
            part["head"] = [int(width) for width in recipe["head"]]
        return part

    def _check_layers(self, recipe: dict[str, Any]) -> None:
        super()._check_layers(recipe)
        super()._check_layers(recipe | {"hidden": recipe["head"]})
