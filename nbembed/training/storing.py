"""A run as plain settings and arrays, and back: what a file holds of it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nbembed._types import State
from nbembed.errors import InvalidInputError, RunEndedError
from nbembed.neighbors import Graph, Neighbors
from nbembed.phases import Phase
from nbembed.training.frame import Event
from nbembed.training.history import History
from nbembed.training.preparation import Prepared
from nbembed.training.reading import Readable

__all__ = ["Storable", "joined", "split", "there"]

Arrays = dict[str, NDArray[Any]]


class Storable(Readable):
    """The part of a run that turns into settings and arrays, and back."""

    X: NDArray[np.float32]
    seed: int
    n_steps: int
    history: History
    events: list[Event]

    def to_config(self) -> dict[str, Any]:
        """Return what is stored of the run as JSON: all but arrays.

        Raises
        ------
        RunEndedError
            If there is no map yet.
        """
        if not self.has_map:
            raise RunEndedError("there is no map yet that could be stored; pull frames first")
        return {
            "shape": list(self.X.shape),
            "phases": [phase.to_dict() for phase in self.phases],
            "seed": self.seed,
            "step": self.step,
            "phase_index": self._phase_index,
            "events": [asdict(event) for event in self.events],
            "overrides": dict(self._overrides),
            "degrees_of_freedom": self.degrees_of_freedom,
            "history": self.history.to_config(),
        }

    def arrays(self) -> Arrays:
        """Return what is stored of the run as arrays: the map, the history."""
        return {"map": there(self.embedding), **self.history.arrays()}

    def way_config(self) -> dict[str, Any]:
        """Return as JSON what the run needs beside its data to go on, bit by bit."""
        by_phase, found = self._graphs.there, there(self._prepared).neighbors
        graphs = _distinct(by_phase)
        return {
            "state": split(self.state)[0],
            "states": [split(state)[0] for state in self.history.states],
            "graphs": {str(index): graphs.index(graph) for index, graph in by_phase.items()},
            "exact": None if found is None else bool(found.exact),
        }

    def way_arrays(self) -> Arrays:
        """Return as arrays what the run needs beside its data to go on, bit by bit."""
        prepared = there(self._prepared)
        arrays: Arrays = {"start": prepared.start}
        if prepared.neighbors is not None:
            arrays["neighbors.indices"] = prepared.neighbors.indices
            arrays["neighbors.distances"] = prepared.neighbors.distances
        for number, graph in enumerate(_distinct(self._graphs.there)):
            for part in ("indptr", "indices", "weights"):
                arrays[f"graph.{number}.{part}"] = getattr(graph, part)
        for index, rows in self._graphs.sources.items():
            arrays[f"source.{index}"] = rows
        for place, state in (("now", self.state), *enumerate(self.history.states)):
            for name, array in split(state)[1].items():
                arrays[f"state.{place}.{name}"] = array
        return arrays

    def restore(self, config: Mapping[str, Any], way: Mapping[str, Any], arrays: Arrays) -> Self:
        """Stand where the stored run stood, and return the run.

        Parameters
        ----------
        config, way
            What :meth:`to_config` and :meth:`way_config` of a run with the same data returned. Its phases
            hold, though the recipe of today may lead to others.
        arrays
            What :meth:`arrays` and :meth:`way_arrays` returned.

        Raises
        ------
        InvalidInputError
            If an array does not fit.
        """
        # In place: the run shares the list with those who compute its affinities.
        self.phases[:] = [Phase.from_dict(phase) for phase in config["phases"]]
        self.n_steps = sum(phase.n_steps for phase in self.phases)
        n = len(self.X)
        distinct: dict[int, Graph] = {}
        for number in sorted(set(way["graphs"].values())):
            parts = (arrays[f"graph.{number}.{part}"] for part in ("indptr", "indices", "weights"))
            distinct[number] = _checked_graph(Graph(*parts), n)
        graphs = {int(index): distinct[number] for index, number in way["graphs"].items()}
        found = None
        if way["exact"] is not None:
            near, far = arrays["neighbors.indices"], arrays["neighbors.distances"]
            found = _checked_neighbors(Neighbors(near, far, exact=bool(way["exact"])), n)
        prepared = Prepared(found, graphs[0], arrays["start"])
        self.history = History.from_config(config["history"], arrays)
        states = enumerate(way["states"])
        self.history.states = [joined(plain, _of(arrays, f"state.{i}.")) for i, plain in states]
        self._graphs.there.update(graphs)
        for index, rows in _of(arrays, "source.").items():
            self._graphs.sources[int(index)] = rows
        self.events = [Event(**event) for event in config["events"]]
        self._load(joined(way["state"], _of(arrays, "state.now.")), prepared)
        return self

    def _load(self, state: State, prepared: Prepared) -> None:
        """Stand where ``state`` was taken."""
        raise NotImplementedError


def split(state: State) -> tuple[dict[str, Any], Arrays]:
    """Return a run's state as what JSON can say, and the arrays of its stepper."""
    stepper = state["stepper"]
    arrays = {name: value for name, value in stepper.items() if isinstance(value, np.ndarray)}
    plain = {name: value for name, value in stepper.items() if name not in arrays}
    return {**state, "stepper": plain}, arrays


def joined(plain: Mapping[str, Any], arrays: Arrays) -> State:
    """Return the state that :func:`split` has taken apart."""
    return {**plain, "stepper": {**plain["stepper"], **arrays}}


def _distinct(graphs: Mapping[int, Graph]) -> list[Graph]:
    """Return each graph once."""
    return list({id(graph): graph for graph in graphs.values()}.values())


def _of(arrays: Arrays, prefix: str) -> Arrays:
    """Return the arrays whose names begin so, without that."""
    return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}


def there(value: Any) -> Any:
    """Return what a run has from its first map on; raise before that."""
    if value is None:
        raise RunEndedError("there is no map yet that could be stored; pull frames first")
    return value


def _checked_graph(graph: Graph, n: int) -> Graph:
    """Return a graph out of a file if its numbers cannot lead compiled loops astray."""
    ends, places, weights = graph.indptr, graph.indices, graph.weights
    fits = (
        (ends.dtype, places.dtype, weights.dtype) == (np.int64, np.int32, np.float32)
        and (ends.shape, places.ndim, weights.shape) == ((n + 1,), 1, places.shape)
        and ends[0] == 0
        and ends[-1] == len(places)
        and bool((np.diff(ends) >= 0).all())
        and _are_rows(places, n)
    )
    if not fits:
        raise InvalidInputError(f"the stored affinities must be those of {n} rows, got others")
    return graph


def _checked_neighbors(found: Neighbors, n: int) -> Neighbors:
    near, far = found.indices, found.distances
    fits = (near.dtype, far.dtype) == (np.int32, np.float32) and near.shape == far.shape
    if not (fits and near.ndim == 2 and len(near) == n and _are_rows(near, n)):  # noqa: PLR2004
        raise InvalidInputError(f"the stored neighbours must be those of {n} rows, got others")
    return found


def _are_rows(places: NDArray[Any], n: int) -> bool:
    return not places.size or (int(places.min()) >= 0 and int(places.max()) < n)
