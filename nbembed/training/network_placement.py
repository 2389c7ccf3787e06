"""What a fit with a network leaves behind: the network is the map, and new rows go through it."""

import copy
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nbembed._scaling import Scaling
from nbembed.errors import NotKeptError, RunEndedError
from nbembed.neighbors import Graph
from nbembed.phases import Part
from nbembed.training.run import Run

__all__ = ["NetworkReference"]

# Where arrays of weights of heads are, before their key.
HEADS = "heads."

Points = NDArray[np.float32]
# Before the names of weights in a file.
WEIGHTS = "weights."
# Among what terms need: what the codes of a classification stand for.
CLASSES = "classes"


class NetworkReference:
    """A trained network and how rows are made ready for it.

    Parameters
    ----------
    X
        The checked data of the fit; kept as it is, not copied. None after loading: files do not hold it.
    module
        The trained ``torch.nn.Module``.
    standardization
        How the network's inputs were made of ``X``.
    scaling
        How ``X`` was made of the data as they were given.
    part
        The ``model`` of the phase, which names the layers.
    graph
        The affinities of the fit, where they are still there.
    device
        Where the network is.
    heads
        The networks that terms trained beside it, by key.
    terms
        The terms of all phases, by key.
    classes
        What the codes of a classification stand for.
    """

    def __init__(  # noqa: PLR0913 - what a fit leaves behind
        self,
        X: Points | None,
        module: Any,
        standardization: Any,
        *,
        scaling: Scaling,
        part: Part,
        graph: Graph | None = None,
        device: str = "cpu",
        heads: Mapping[str, Any] | None = None,
        terms: Mapping[str, Part] | None = None,
        classes: NDArray[Any] | None = None,
    ) -> None:
        self.heads, self.terms, self.classes = heads or {}, dict(terms or {}), classes
        self.X, self.module, self.standardization = X, module, standardization
        self.scaling, self.part, self.graph, self.device = scaling, part, graph, device

    @classmethod
    def of(cls, run: Run) -> Self:
        """Return what ``run`` leaves behind as it stands; the network is copied."""
        from nbembed.networks import Standardization

        if run.network is None:
            raise RunEndedError("the run has no network yet; pull frames first")
        return cls(
            run.X,
            copy.deepcopy(run.network),
            Standardization.of(run.X),
            scaling=run.scaling,
            part=run.phase.model,
            graph=run.graph,
            device=run.device,
            heads={key: copy.deepcopy(head) for key, head in run.heads.items()},
            terms={part["key"]: part for phase in run.phases for part in phase.terms},
            classes=run.targets.get(CLASSES),
        )

    def place(self, rows: Points, embedding: Points) -> Points:  # noqa: ARG002 - as other references
        """Return the place of each row, whatever the rows it comes with."""
        from nbembed.networks import pinned_torch, place

        with pinned_torch(1):
            return place(self.ready, self.inputs(rows), self.device, many=self.quick)

    def inputs(self, rows: Points) -> Any:
        """Return what the network sees of rows."""
        from nbembed.networks import Rows

        shape = self.part.get("shape")
        return Rows(rows, self.standardization, shape=shape, device=self.device, once=True)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample as the network sees it."""
        return tuple(self.part.get("shape", self.standardization.mean.shape))

    def from_raw(self) -> tuple[NDArray[np.float64], float]:
        """Return the center and the divisor that make the network's numbers of the data as they were given."""
        found = self.standardization.before(self.scaling)
        return found.mean, found.scale

    def place_again(self, numbers: NDArray[np.int64], embedding: Points) -> Points:
        """Return the places of rows of the fit: a network treats them as it treats any others."""
        if self.X is None:
            raise NotKeptError("place_again needs the data of the fit, which files do not hold")
        return self.place(self.X[numbers], embedding)

    def inverse(self, places: Points) -> Points:
        """Return the rows that the decoder makes of places, in the units of the data as they were given.

        Raises
        ------
        NotKeptError
            If no term trained a decoder.
        """
        from nbembed.networks import pinned_torch, place, ready

        key = self._named("reconstruction")
        if key is None:
            raise NotKeptError(
                "inverse_transform needs a decoder, got a fit without one; add the term: "
                "terms=[nbembed.terms.Reconstruction()]"
            )
        decoder = ready(self.heads[key], self.device, ours=not self.terms[key].get("own"))
        with pinned_torch(1):
            decoded = place(decoder, places, self.device).astype(np.float64)
        decoded = decoded.reshape(len(decoded), -1)
        if self.terms[key]["loss"] == "bce":
            return (0.5 + 0.5 * np.tanh(0.5 * decoded)).astype(np.float32)
        return self.standardization.before(self.scaling).back(decoded)

    def probabilities(self, rows: Points) -> NDArray[np.float64]:
        """Return how probable each class is for each row, shape (n_rows, n_classes).

        Raises
        ------
        NotKeptError
            If no term trained a classifier.
        """
        from nbembed.networks import pinned_torch, read_head, ready

        key = self._named("classification")
        if key is None:
            raise NotKeptError(
                "predict needs a classifier, got a fit without one; add the term: "
                "terms=[nbembed.terms.Classification()], and give labels: fit(X, y)"
            )
        ours = self.part["name"] != "module"
        head = ready(self.heads[key], self.device, ours=ours)
        layer = self.terms[key].get("layer") or ""
        with pinned_torch(1):
            logits = read_head(self.ready, head, layer, self.inputs(rows), self.device)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    def _named(self, name: str) -> str | None:
        """Return the key of the first term of a name."""
        found = (key for key, part in self.terms.items() if part["name"] == name)
        return next(found, None)

    @cached_property
    def ready(self) -> Any:
        """The network as rows go through it."""
        from nbembed.networks import ready

        return ready(self.module, self.device)

    @cached_property
    def quick(self) -> Any:
        """The network as many rows go through it; None where that is no quicker."""
        from nbembed.networks import quick

        return quick(self.module, self.device)

    def to_config(self) -> dict[str, Any]:
        """Return what is stored as JSON."""
        return {
            "model": self.part,
            "scale": self.standardization.scale,
            "divisor": self.scaling.divisor,
            "terms": self.terms,
            "classes": None if self.classes is None else self.classes.tolist(),
        }

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what is stored as arrays: the weights, not the data."""
        from nbembed.networks import weights_of

        named = {"mean": self.standardization.mean, **self.scaling.arrays()}
        for key, head in self.heads.items():
            named |= {f"{HEADS}{key}.{k}": v for k, v in weights_of(head).items()}
        return named | {WEIGHTS + k: v for k, v in weights_of(self.module).items()}

    @classmethod
    def from_config(cls, config: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Return what :meth:`to_config` and :meth:`arrays` described, on the CPU."""
        from nbembed.networks import Rows, Standardization, make_head, make_network, with_weights

        mean = arrays["mean"]
        module = make_network(config["model"], len(mean), seed=0)
        weights = {k.removeprefix(WEIGHTS): v for k, v in arrays.items() if k.startswith(WEIGHTS)}
        with_weights(module, weights)
        terms: dict[str, Part] = config.get("terms", {})
        classes = config.get("classes")
        heads: dict[str, Any] = {}
        sample = Rows(np.zeros((2, len(mean)), np.float32), shape=config["model"].get("shape"))
        for key, part in terms.items():
            n_classes = len(classes or ())
            head = make_head(part, module, sample.first(2), n_classes=n_classes)
            if head is not None:
                start = f"{HEADS}{key}."
                found = {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)}
                heads[key] = with_weights(head, found)
        return cls(
            None,
            module,
            Standardization(mean, config["scale"]),
            scaling=Scaling.stored(config["divisor"], arrays),
            part=config["model"],
            heads=heads,
            terms=terms,
            classes=None if classes is None else np.array(classes),
        )

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: not what can be made again."""
        return {
            name: value for name, value in self.__dict__.items() if name not in ("ready", "quick")
        }
