"""What recursions do to a map, beside equally long training without them."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from nbembed import _checks
from nbembed.benchmarking.journal import Trial
from nbembed.benchmarking.result import Benchmark
from nbembed.benchmarking.trials import as_seeds
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.estimators import DRE, Recursion
from nbembed.estimators.recursions import as_recursions
from nbembed.training import Run

__all__ = ["recursion_study"]

CONTROL, BEFORE = "control", "before"
# Neighbours of the scores.
K = 15

Arms = dict[str, tuple[Recursion, ...]]


def recursion_study(
    X: Any,
    y: Any = None,
    *,
    arms: Any = None,
    method: DRE | None = None,
    test: tuple[Any, Any] | None = None,
    seeds: Any = 5,
    confidence: float = 0.95,
) -> Benchmark:
    """Compare recursions with a control: the same network, trained on as long in the data.

    For each seed one network is trained without recursions. Every arm, and the control, goes on from its
    weights: with the same epochs, learning rates and optimizer, begun anew alike, but the control measures its
    affinities in the data all the time. Whatever differs is due to the recursions.

    Parameters
    ----------
    X
        Data, as for :class:`nbembed.DRE`.
    y
        Labels, for the neighborhood hit. Default None.
    arms
        Name -> recursions, as ``recursions`` of :class:`nbembed.DRE`: as many of them in every arm, with the same
        epochs and learning rates. None (default) is the one arm of ``method``.
    method
        What is trained. None (default) is ``nb.DRE()``.
    test
        Rows and labels that are not trained on: adds the accuracy of their nearest neighbour among the rows of
        ``X`` in the map, and their trustworthiness among themselves. Labels may be None. Default None.
    seeds
        How many, or which. Default 5.
    confidence
        Of intervals and verdicts. Default 0.95.

    Returns
    -------
    Benchmark
        Its ``data`` are ``"recursion 1"``, ``"recursion 2"``, …, the state after each; its methods are the arms, what
        was there before, and the control, which is the baseline of its ``verdicts``.

    Raises
    ------
    InvalidInputError
        If arms are not equally long, or there is none.

    References
    ----------
    Zhou et al. (2022), IEEE TVCG 28, sec. 5, compares with the map before the recursions alone.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, y = nb.datasets.iris()
    >>> dre = nb.DRE(n_epochs=2, hidden=(8,), recursions=["hidden1"], device="cpu")
    >>> study = nb.recursion_study(X, y, method=dre, seeds=2)
    >>> study.methods, study.data
    (('before', 'control', 'recursions'), ('recursion 1',))
    """
    method = DRE() if method is None else method
    if not isinstance(method, DRE):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidTypeError(f"method must be an nbembed.DRE, got {type(method).__name__}")
    named = _checked_arms(arms, method, len(X))
    trials: list[Trial] = []
    for seed in as_seeds(seeds):
        study = _Study(_copy(method, random_state=seed), X, y, test)
        trials += study.trials(seed, named)
    count = len(next(iter(named.values())))
    return Benchmark(
        trials,
        (BEFORE, CONTROL, *(name for name in named if name != CONTROL)),
        [f"recursion {number}" for number in range(1, count + 1)],
        baseline=CONTROL,
        confidence=confidence,
    )


class _Study:
    """One seed: a network, and all that goes on from it."""

    def __init__(self, method: DRE, X: Any, y: Any, test: tuple[Any, Any] | None) -> None:
        self.method, self.X, self.test = method, X, test
        self.labels = _checks.check_labels(y, len(X))

    def trials(self, seed: int, arms: Arms) -> list[Trial]:
        """Return the trials of all arms and of the control."""
        base = self._run(())
        found: list[Trial] = []
        for before in self._recorded(base, BEFORE, seed):
            count = len(next(iter(arms.values())))
            found += [replace(before, data=f"recursion {number}") for number in range(1, count + 1)]
        start = base.step
        control = tuple(
            replace(r, layer="input", scale="none", mix=0.0, updates=1)
            for r in next(iter(arms.values()))
        )
        for name, recursions in {CONTROL: control, **arms}.items():
            run = base.branch(start, phases=self._run(recursions).phases)
            found += self._recorded(run, name, seed)
        return found

    def _run(self, recursions: Sequence[Recursion]) -> Run:
        """Return a fit that has not begun."""
        return _copy(self.method, recursions=recursions, second_stage=False).run(self.X)

    def _recorded(self, run: Run, name: str, seed: int) -> Iterator[Trial]:
        """Carry a run out, and yield a trial for each recursion that ends, or for what was before."""
        known, began = len(run.recursions), time.perf_counter()
        for _ in run:
            if len(run.recursions) > known:
                known, seconds = len(run.recursions), time.perf_counter() - began
                number = run.recursions[-1].number
                yield Trial(
                    data=f"recursion {number}",
                    method=name,
                    seed=seed,
                    n_samples=len(run.X),
                    scores=self._scores(run),
                    seconds=seconds,
                )
                began = time.perf_counter()

    def _scores(self, run: Run) -> dict[str, float]:
        from nbembed import metrics

        Y = run.recursions[-1].embedding
        k = max(1, min(K, (len(Y) - 2) // 2))
        found = {
            "trustworthiness": metrics.trustworthiness(run.X, Y, n_neighbors=k),
            "neighbor_recall": metrics.neighbor_recall(run.X, Y, n_neighbors=k),
            "shepard_goodness": metrics.shepard_goodness(run.X, Y),
        }
        if self.labels is not None:
            found["neighborhood_hit"] = metrics.neighborhood_hit(Y, self.labels)
        if self.test is not None:
            found |= self._test_scores(run, Y, k)
        return {name: float(value) for name, value in found.items()}

    def _test_scores(self, run: Run, Y: NDArray[Any], k: int) -> dict[str, Any]:
        from nbembed import metrics

        X_test, y_test = self.test or (None, None)
        placed = _copy(self.method)
        placed.keep(run)
        there = placed.transform(X_test)
        rows = np.asarray(X_test, dtype=np.float32).reshape(len(there), -1)
        k = max(1, min(k, (len(there) - 2) // 2))
        found = {"test_trustworthiness": metrics.trustworthiness(rows, there, n_neighbors=k)}
        if y_test is not None and self.labels is not None:
            found["test_1nn"] = metrics.knn_accuracy(
                Y, self.labels, 1, Y_test=there, labels_test=y_test
            )
        return found


def _checked_arms(arms: Any, method: DRE, n_samples: int) -> Arms:
    """Return the recursions of every arm; they are equally long."""
    if arms is None:
        arms = {"recursions": method.recipe(n_samples)["recursions"]}
    if not isinstance(arms, Mapping) or not arms:
        raise InvalidTypeError(
            f"arms must be a dictionary of names and recursions, such as {{'last layer': ['hidden3']}}, got {arms!r}"
        )
    found = {str(name): as_recursions(recursions) for name, recursions in arms.items()}
    for name, recursions in found.items():
        if name in (CONTROL, BEFORE) or not recursions:
            raise InvalidInputError(
                f"arms must have other names than 'control' and 'before', and recursions, got {name!r}: {recursions!r}"
            )
    lengths = {
        name: [(r.n_epochs, r.learning_rate, r.method) for r in recursions]
        for name, recursions in found.items()
    }
    first = next(iter(lengths))
    for name, length in lengths.items():
        if length != lengths[first]:
            raise InvalidInputError(
                "arms must be equally long, with the same n_epochs, learning_rate and method, for one control, got "
                f"{name!r}: {length} beside {first!r}: {lengths[first]}; make two studies of them"
            )
    return found


def _copy(method: DRE, **parameters: Any) -> DRE:
    """Return an estimator that is not fitted, with other parameters."""
    copy: Any = clone(method)
    return copy.set_params(**parameters)
