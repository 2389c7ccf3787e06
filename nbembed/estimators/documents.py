"""A method as a document."""

from typing import Any

import numpy as np

from nbembed import _checks
from nbembed.phases import Phase
from nbembed.spec import Spec

__all__ = ["WithSpec"]

# Rows of a document that is written before any fit.
MANY = 10_000


class WithSpec:
    """The part of an estimator that writes it down."""

    title: str
    init: Any
    random_state: Any

    def phases(self, n_samples: int) -> list[Phase]:
        """Return what a fit of ``n_samples`` rows does, as plain data."""
        raise NotImplementedError

    def check_parameters(self, n_samples: int) -> None:
        """Raise for a hyper-parameter that cannot be used with ``n_samples`` rows."""
        raise NotImplementedError

    def spec(self, n_samples: int | None = None) -> Spec:  # pyright: ignore[reportRedeclaration]
        """Return the method as a document, of which :class:`nbembed.Routine` gives the same numbers.

        Beside it :class:`nbembed.Routine` wants what is no plain data: a network of yours as ``model``, and ``graph``.

        Parameters
        ----------
        n_samples
            Rows for which numbers that depend on them are written, at least 2. None (default): those of the fit, or
            before any fit 10,000.

        Raises
        ------
        InvalidTypeError
            If a hyper-parameter is code without a name: the message says which, and how it gets one.

        Examples
        --------
        >>> import nbembed as nb
        >>> print(nb.TSNE(n_iter=250, random_state=0).spec(500).to_yaml()[:21])
        name: t-SNE
        rows: 500
        """
        fitted = getattr(self, "embedding_", None)
        n = len(fitted) if n_samples is None and fitted is not None else n_samples or MANY
        _checks.check_number("n_samples", n, low=2, integer=True)
        self.check_parameters(n)
        phases, given = self._written(n)
        seed = self.random_state
        seed = int(seed) if isinstance(seed, (int, np.integer)) else None
        return Spec.of_phases(phases, given=given, name=self.title, rows=n, seed=seed)

    def _written(self, n_samples: int) -> tuple[list[Phase], dict[str, Any]]:
        """Return the phases of the method, and the arrays that they need besides, by name."""
        given = {} if isinstance(self.init, str) else {"init": np.asarray(self.init)}
        return self.phases(n_samples), given
