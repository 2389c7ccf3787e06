"""The same method with several weights of its losses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbembed import _checks
from nbembed.errors import InvalidTypeError
from nbembed.estimators.routine import Routine
from nbembed.spec import Spec

__all__ = ["Swept", "sweep"]


@dataclass(frozen=True, eq=False)
class Swept:
    """One fit of a sweep.

    Attributes
    ----------
    weights : dict
        The weights of losses that it had, by name.
    estimator : Routine
        The fitted method.
    losses : dict
        The value of each loss of its last phase, without its weight.
    """

    weights: dict[str, float]
    estimator: Routine
    losses: dict[str, float]


def sweep(
    spec: Any, X: Any, y: Any = None, *, weights: Sequence[Mapping[str, float]], **options: Any
) -> list[Swept]:
    """Fit a method once for each choice of the weights of its losses, everything else equal.

    Losses differ by orders of magnitude, so that the weight at which one begins to matter has to be looked for; the
    paper of the grammar names this as its limitation. With ``normalize: initial`` in a phase every loss begins at 1,
    and weights are of order 1 too.

    Parameters
    ----------
    spec
        As for :class:`nbembed.Routine`.
    X, y
        As for ``fit``.
    weights
        For each fit the weights that are to be others, by the name of their loss, each at least 0.
    options
        Further arguments of :class:`nbembed.Routine`. Without ``random_state`` all fits share one fresh seed.

    Returns
    -------
    list of Swept

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> spec = nb.ParametricUMAP(n_batches=25, terms=["correlation"]).spec(len(X))
    >>> found = nb.sweep(spec, X, weights=[{"correlation": w} for w in (0, 1)], random_state=0)
    >>> [each.estimator.embedding_.shape for each in found]
    [(150, 2), (150, 2)]
    """
    given: Any = weights
    if isinstance(given, (str, Mapping)) or not isinstance(given, Sequence) or not given:
        raise InvalidTypeError(
            f"weights must be a list of dictionaries from names of losses to numbers, got {weights!r}"
        )
    document = Spec.of(spec)
    seed = options.pop("random_state", None)
    seed = _checks.check_seed(document.parts.seed if seed is None else seed)
    changed = [document.with_weights(each) for each in weights]
    return [
        _fitted(Routine(other, random_state=seed, **options), X, y, dict(each))
        for other, each in zip(changed, weights, strict=True)
    ]


def _fitted(estimator: Routine, X: Any, y: Any, weights: dict[str, float]) -> Swept:
    run = estimator.run(X, y)
    for _ in run:
        pass
    estimator.keep(run)
    return Swept(weights, estimator, run.losses)
