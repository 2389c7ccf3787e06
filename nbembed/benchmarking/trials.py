"""What is to be tried, and how one trial runs."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from nbembed import _checks
from nbembed.benchmarking.fingerprints import data_hash, described, digest, versions
from nbembed.benchmarking.journal import Trial
from nbembed.benchmarking.measures import Measures, measured
from nbembed.benchmarking.memory import peak_memory
from nbembed.errors import InvalidInputError, InvalidTypeError

__all__ = ["Job", "as_data", "as_methods", "as_seeds", "plan", "run_trial"]

MAX_MESSAGE = 500
MAX_SEED = 2**32 - 1


@dataclass(frozen=True, eq=False)
class Job:
    """A trial that is still to be done.

    Attributes
    ----------
    data, method : str
        Names of both.
    seed : int
        Fixes the method's randomness.
    X, labels
        The data.
    make
        The estimator, or the function from X and seed to a map.
    metrics
        Which scores, see :mod:`nbembed.benchmarking.measures`.
    fingerprint : str
        Of all of it.
    context : mapping
        Parameters and versions, for the file.
    """

    data: str
    method: str
    seed: int
    X: NDArray[np.float32]
    labels: NDArray[Any] | None
    make: Any
    metrics: Measures
    fingerprint: str
    context: Mapping[str, Any] = field(default_factory=dict[str, Any])


def as_methods(methods: Any) -> dict[str, Any]:
    """Return the methods by name, or raise for what is none."""
    if not isinstance(methods, Mapping) or not methods:
        raise InvalidTypeError(
            "methods must be a dictionary of names and estimators, such as {'t-SNE': nb.TSNE()}, got "
            f"{methods!r}"
        )
    for name, method in methods.items():
        if isinstance(method, type):
            raise InvalidTypeError(
                f"methods[{name!r}] must be an estimator, got the class {method.__name__}; write {method.__name__}()"
            )
        has_map = hasattr(method, "fit_transform") and hasattr(method, "get_params")
        if not has_map and not callable(method):
            raise InvalidTypeError(
                f"methods[{name!r}] must be an estimator with fit_transform and get_params, or a function of X and "
                f"seed that returns a map, got {type(method).__name__}"
            )
    return {str(name): method for name, method in methods.items()}


def as_data(data: Any, labels: Any) -> dict[str, tuple[NDArray[np.float32], NDArray[Any] | None]]:
    """Return checked data and labels by name."""
    if not isinstance(data, Mapping):
        data = {"data": data if labels is None else (data, labels)}
    elif labels is not None:
        raise InvalidInputError(
            "labels must be None where data is a dictionary, whose values may be pairs (X, labels)"
        )
    if not data:
        raise InvalidInputError("data must hold at least one data set, got an empty dictionary")
    checked: dict[str, tuple[NDArray[np.float32], NDArray[Any] | None]] = {}
    for name, item in data.items():
        X, y = item if isinstance(item, tuple) and len(item) == 2 else (item, None)  # noqa: PLR2004
        array = _checks.check_data(X)
        checked[str(name)] = (array, _checks.check_labels(y, len(array)))
    return checked


def as_seeds(seeds: Any) -> list[int]:
    """Return the seeds: so many from 0, or those given."""
    if isinstance(seeds, (int, np.integer)):
        _checks.check_number("seeds", seeds, low=1, integer=True)
        return list(range(int(seeds)))
    if isinstance(seeds, str) or not isinstance(seeds, Iterable):
        raise InvalidTypeError(f"seeds must be a number of seeds or a list of them, got {seeds!r}")
    found = list(seeds)
    for seed in found:
        _checks.check_number("seeds", seed, low=0, high=MAX_SEED, integer=True)
    if not found or len(set(found)) < len(found):
        raise InvalidInputError(f"seeds must be different numbers, at least one, got {found}")
    return [int(seed) for seed in found]


def plan(
    methods: Mapping[str, Any],
    data: Mapping[str, tuple[NDArray[np.float32], NDArray[Any] | None]],
    seeds: Sequence[int],
    metrics: Measures,
) -> list[Job]:
    """Return all trials, seed by seed, so that an interrupted run has tried all methods alike."""
    known = {name: versions(method, metrics) for name, method in methods.items()}
    whats = {name: described(_seeded(method, 0)) for name, method in methods.items()}
    hashes = {name: data_hash(*pair) for name, pair in data.items()}
    scores = described(metrics)
    return [
        Job(
            *(data_name, method, seed, *data[data_name], methods[method], metrics),
            fingerprint=digest(
                [whats[method], hashes[data_name], seed, scores, known[method]],
            ),
            context={"parameters": whats[method], "versions": known[method]},
        )
        for seed in seeds
        for data_name in data
        for method in methods
    ]


def run_trial(job: Job) -> Trial:
    """Fit the method, score its map, and return both; what goes wrong is part of the result."""
    base: dict[str, Any] = {
        "data": job.data,
        "method": job.method,
        "seed": job.seed,
        "n_samples": len(job.X),
        "fingerprint": job.fingerprint,
    }
    try:
        with peak_memory() as risen:
            began = time.perf_counter()
            embedding = _mapped(job)
            seconds = time.perf_counter() - began
        scores, errors = measured(job.metrics, job.X, embedding, job.labels)
    except Exception as error:  # noqa: BLE001  (one method's failure must not stop the others)
        return Trial(**base, error=f"{type(error).__name__}: {error}"[:MAX_MESSAGE])
    return Trial(
        **base,
        scores=scores,
        standard_errors=errors,
        seconds=seconds,
        peak_bytes=risen[0] if risen else None,
    )


def _mapped(job: Job) -> NDArray[Any]:
    if hasattr(job.make, "fit_transform"):
        return np.asarray(_seeded(job.make, job.seed).fit_transform(job.X))
    return np.asarray(job.make(job.X, job.seed))


def _seeded(method: Any, seed: int) -> Any:
    """Return a copy of an estimator with every ``random_state`` in it set; a function as it is."""
    if not hasattr(method, "fit_transform"):
        return method
    copy: Any = clone(method)
    names = [
        name
        for name in copy.get_params()
        if name == "random_state" or name.endswith("__random_state")
    ]
    return copy.set_params(**dict.fromkeys(names, seed)) if names else copy
