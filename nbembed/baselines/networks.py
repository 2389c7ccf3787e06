"""Recipes of ours, trained epoch by epoch until rows that were held out say stop."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import _checks
from nbembed._scaling import Scaling
from nbembed.baselines.base import Transforming
from nbembed.errors import InvalidTypeError
from nbembed.estimators import Autoencoder, Projection

__all__ = ["NetworkBaseline"]

# The part of the rows that is held out to see when to stop; fewer than 20 rows hold out none.
HELD_OUT = 0.1


class NetworkBaseline(Transforming):
    """A baseline that trains a network; it holds what all of them share."""

    hidden: Any
    n_epochs: int
    batch_size: int
    learning_rate: float
    patience: int
    device: Any
    n_jobs: int

    def _check_parameters(self, X: NDArray[np.float32]) -> None:  # noqa: ARG002
        if isinstance(self.hidden, str) or not isinstance(self.hidden, Sequence):
            raise InvalidTypeError(
                f"hidden must be the widths of the hidden layers, such as (500, 500), got {self.hidden!r}"
            )
        for width in self.hidden:
            _checks.check_number("hidden", width, low=1, integer=True)
        for name in ("n_epochs", "batch_size", "patience", "n_jobs"):
            _checks.check_number(name, getattr(self, name), low=1, integer=True)
        _checks.check_number("learning_rate", self.learning_rate, low=0, above=True)
        if not isinstance(self.device, str):
            raise InvalidTypeError(
                f"device must be a name such as 'auto' or 'cpu', got {self.device!r}"
            )

    def _fit_map(self, X: NDArray[np.float32], seed: int | None) -> Any:
        method = self._recipe(X, _checks.check_seed(seed))
        # A step is one epoch.
        method.batches_per_step = max(1, round(len(X) / self.batch_size))
        method.set_params(
            hidden=self.hidden,
            n_batches=self.n_epochs * method.batches_per_step,
            batch_size=max(2, self.batch_size),
            learning_rate=self.learning_rate,
            held_out=HELD_OUT,
            device=self.device,
            random_state=_checks.check_seed(seed),
        )
        run = method.run_checked(X, Scaling())
        self.losses_: list[float] = []
        state: Any = None
        for frame in run:
            if frame.is_stage or frame.step == 0:
                continue
            self.losses_.append(frame.loss)
            best = int(np.argmin(self.losses_))
            if best == len(self.losses_) - 1:
                state = run.state
            if len(self.losses_) - 1 - best >= self.patience:
                run.close()
        method.keep(run.resume(state))
        self.model_ = method
        return method.embedding_

    def _recipe(self, X: NDArray[np.float32], seed: int) -> Autoencoder | Projection:
        """Return what is trained; what all baselines share is set later."""
        raise NotImplementedError

    def _place(self, X: NDArray[np.float32]) -> Any:
        return self.model_.transform(X)
