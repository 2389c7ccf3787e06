"""A method as a document."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from nbembed import _checks
from nbembed.phases import Phase
from nbembed.spec import Spec
from nbembed.spec.writing import for_rows

__all__ = ["WithSpec"]

# Rows of a document that is written before any fit.
MANY = 10_000
# Between these a document is compared with those of other numbers of rows.
FEWEST, MOST = 2, 10_000_000


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
        With ``pca`` it says what is done with the components, which are what it then wants as ``X``.

        Parameters
        ----------
        n_samples
            Rows for which numbers that depend on them are written, at least 2. None (default): those of the fit, or
            before any fit 10,000. The entry ``rows`` says for which other numbers of rows they hold too; it is not
            there if they hold for all.

        Raises
        ------
        InvalidTypeError
            If a hyper-parameter is code without a name: the message says which, and how it gets one.

        Examples
        --------
        >>> import nbembed as nb
        >>> spec = nb.UMAP(random_state=0).spec()
        >>> spec.title, spec.to_dict()["rows"]
        ('UMAP', {'to': 10000})
        """
        fitted = getattr(self, "embedding_", None)
        n = len(fitted) if n_samples is None and fitted is not None else n_samples or MANY
        _checks.check_number("n_samples", n, low=2, integer=True)
        self.check_parameters(n)
        phases, given = self._written(n)
        seed = self.random_state
        seed = int(seed) if isinstance(seed, (int, np.integer)) else None
        rows = self._span(n)
        return Spec.of_phases(phases, given=given, name=self.title, rows=rows, seed=seed)

    def _span(self, n: int) -> dict[str, int] | None:
        """Return for how many rows the phases of ``n`` rows hold: the fewest and the most, None for any number."""
        written = self.phases(n)

        def holds(rows: int) -> bool:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what gets smaller with few rows
                return [for_rows(phase, rows) for phase in written] == self.phases(rows)

        found = {"from": _farthest(n, FEWEST, holds), "to": _farthest(n, MOST, holds)}
        ends = {"from": FEWEST, "to": MOST}
        return {key: rows for key, rows in found.items() if rows != ends[key]} or None

    def _written(self, n_samples: int) -> tuple[list[Phase], dict[str, Any]]:
        """Return the phases of the method, and the arrays that they need besides, by name."""
        given = {} if isinstance(self.init, str) else {"init": np.asarray(self.init)}
        return self.phases(n_samples), given


def _farthest(held: int, end: int, holds: Callable[[int], bool]) -> int:
    """Return the number nearest to ``end`` for which ``holds``, as it does for ``held``, up to the first that fails."""
    if holds(end):
        return end
    while abs(end - held) > 1:
        middle = (held + end) // 2
        held, end = (middle, end) if holds(middle) else (held, middle)
    return held
