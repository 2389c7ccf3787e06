"""Numbers about a map, printed so that people can compare them."""

from collections.abc import Iterator, Mapping
from html import escape

__all__ = ["Report"]


class Report(Mapping[str, float]):
    """Measures of a map under their names; prints as a table and cannot be changed.

    Parameters
    ----------
    values
        The measures.
    standard_errors
        The standard error of each measure; 0 where nothing was sampled.
    n_samples
        Rows of the data.
    sample_size
        Rows that were looked at.
    n_neighbors
        Size of a neighbourhood.
    """

    def __init__(
        self,
        values: Mapping[str, float],
        standard_errors: Mapping[str, float],
        *,
        n_samples: int,
        sample_size: int,
        n_neighbors: int,
    ) -> None:
        self._values = dict(values)
        self._errors = dict(standard_errors)
        self._sizes = (n_samples, sample_size, n_neighbors)

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def standard_errors(self) -> dict[str, float]:
        """The standard error of each measure; 0 where nothing was sampled."""
        return dict(self._errors)

    @property
    def n_samples(self) -> int:
        """Rows of the data."""
        return self._sizes[0]

    @property
    def sample_size(self) -> int:
        """Rows that were looked at."""
        return self._sizes[1]

    @property
    def n_neighbors(self) -> int:
        """Size of a neighbourhood."""
        return self._sizes[2]

    def _cell(self, name: str) -> str:
        """Return one value as people read it."""
        value = f"{self._values[name]:.3f}"
        if self.sample_size >= self.n_samples:
            return value
        # Never "± 0.000": a sampled number is not exact.
        error = max(0.001, self._errors.get(name, 0.0))
        return f"{value} ± {error:.3f} (sample of {self.sample_size:,})"

    def __repr__(self) -> str:
        width = max(map(len, self._values), default=0)
        lines = [f"{name:<{width}}  {self._cell(name)}" for name in self._values]
        return "\n".join([f"{self.n_samples:,} points, {self.n_neighbors} neighbours", *lines])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th scope='row' style='text-align:left'>{escape(name)}</th>"
            f"<td style='text-align:left'>{escape(self._cell(name))}</td></tr>"
            for name in self._values
        )
        caption = escape(f"{self.n_samples:,} points, {self.n_neighbors} neighbours")
        return f"<table><caption>{caption}</caption><tbody>{rows}</tbody></table>"
