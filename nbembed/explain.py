"""Which features a network's map depends on: integrated gradients.

The package captum does it; ``pip install captum`` brings it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import _checks
from nbembed.errors import InvalidInputError, InvalidTypeError, MissingPackageError

__all__ = ["Attributions", "integrated_gradients"]


@dataclass(frozen=True, eq=False)
class Attributions:
    """How much each feature adds to the place of each row.

    Attributes
    ----------
    values : ndarray of float64, shape (m, n_features)
        In units of the map; of one row they sum to the difference of its place from that of the baseline.
    component : int
        The axis of the map.
    error : float
        The largest difference of such a sum, as a share of the largest difference of places: completeness.
    """

    values: NDArray[np.float64]
    component: int
    error: float

    @property
    def importances(self) -> NDArray[np.float64]:
        """The mean magnitude of each feature, shape (n_features,)."""
        return np.abs(self.values).mean(axis=0)


def integrated_gradients(
    estimator: Any, X: Any, *, component: int = 0, baseline: Any = None, n_steps: int = 1024
) -> Attributions:
    r"""Return integrated gradients of one axis of a fitted network's map.

    :math:`(x_i - x'_i) \int_0^1 \partial_i f(x' + t (x - x'))\,dt` with the baseline :math:`x'`, in the units of the
    map.

    Parameters
    ----------
    estimator
        Fitted, with a network: ``ParametricUMAP``, ``Routine`` and the like.
    X
        Rows, shape (m, n_features), with the columns and units of the fit.
    component
        The axis f of the map, from 0. Default 0.
    baseline
        A row; None (default) is the mean of the data of the fit.
    n_steps
        Points of the path, at least 2; more are closer to the integral, which has as many kinks as a path meets
        where units begin to act: with 256 sums are some thousandths off. Default 1024.

    Raises
    ------
    MissingPackageError
        Without captum.
    InvalidTypeError
        If the estimator has no network.

    References
    ----------
    Sundararajan, Taly & Yan (2017), "Axiomatic attribution for deep networks", ICML, eq. 1 and proposition 1.
    """
    try:
        from captum.attr import IntegratedGradients
    except ImportError:
        raise MissingPackageError("integrated_gradients needs captum: pip install captum") from None
    import torch

    if not hasattr(estimator, "model_"):
        raise InvalidTypeError(f"estimator must be fitted, with a network, got {estimator!r}")
    module = estimator.model_.double().cpu().train(mode=False)
    center, divisor = estimator.network_units()
    rows = np.asarray(X, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != center.size:  # noqa: PLR2004
        raise InvalidInputError(f"X must have {center.size} columns, got shape {rows.shape}")
    _checks.check_number("n_steps", n_steps, low=2, integer=True)
    first = (
        np.zeros(center.size)
        if baseline is None
        else (np.asarray(baseline, dtype=np.float64) - center) / divisor
    )
    inputs = torch.from_numpy((rows - center) / divisor)
    origin = torch.from_numpy(first.reshape(1, -1))
    width = int(module(inputs[:1]).shape[1])
    _checks.check_number("component", component, low=0, high=width - 1, integer=True)

    def axis(batch: Any) -> Any:
        return module(batch)[:, component]

    found = IntegratedGradients(axis).attribute(
        inputs, baselines=origin, n_steps=n_steps, method="gausslegendre", internal_batch_size=4096
    )
    values = found.detach().numpy()
    with torch.no_grad():
        moved = (axis(inputs) - axis(origin)).numpy()
    largest = float(np.abs(moved).max(initial=0.0)) or 1.0
    return Attributions(
        values, component, float(np.abs(values.sum(axis=1) - moved).max(initial=0.0)) / largest
    )
