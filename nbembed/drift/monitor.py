"""Batches of new rows against an existing map."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbembed import _checks
from nbembed.drift.batch import Batch, flat, flat_names, html_table, names_of, text_table
from nbembed.drift.comparing import band_of_mean, energy_test
from nbembed.drift.measures import Ground, reported
from nbembed.errors import InvalidInputError, InvalidTypeError, MissingPackageError
from nbembed.labels import classes
from nbembed.transport import check_map

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Monitor"]

# Rows of the map that stand for all of them where no reference is given.
REFERENCE_ROWS = 2_000
FAR_QUANTILE = 0.99
# Which side of the band a quantity leaves when rows drift: below, above, or either.
BELOW, ABOVE, EITHER = (1.0, 0.0), (0.0, 1.0), (0.5, 0.5)
SIDES = {"trust": BELOW, "novelty": EITHER, "beyond": ABOVE, "agreement": BELOW}
# Quantities that are shares: a band does not leave 0 to 1.
SHARES = ("beyond", "agreement")
# Codes of labels that are missing, and of those no row of the map has.
MISSING, UNKNOWN = -1, -2

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


class Monitor:
    """Watches whether new rows still belong on a map.

    Every batch is placed on the map and measured: are its rows where their neighbours are
    (``trust``), how far are they from all known rows (``novelty``, ``beyond``), do they fill the same
    parts of the map (``occupancy``), do they sit among their own label (``agreement``). Each
    quantity has a band in which batches of the same size lie without drift; a batch without drift is
    flagged with probability ``level`` at most, about.

    Parameters
    ----------
    mapper
        A fitted estimator, anything with ``transform``, or a function from rows to places. Its map
        stays as it is.
    X
        The data of the map, shape (n_samples, n_features).
    Y
        The map; None (default) takes ``mapper.embedding_``, or else the places the mapper gives ``X``.
    labels
        A class for each row of ``X``; missing ones are None or NaN.
    n_neighbors
        Size of a neighbourhood, at least 1 and less than half the rows. Default 15.
    level
        Probability that a batch without drift is flagged, above 0 and below 1. Default 0.01. It is
        shared out among the quantities.
    reference
        Rows of the same source that are not in ``X``, whose measures make the bands: the honest
        choice for a mapper that was trained on ``X``. None (default) takes at most 2,000 rows of
        ``X``, placed as if they were new where the mapper can do so (``TSNE``, ``UMAP``), else where the
        map has them.
    reference_labels
        A class for each row of ``reference``.
    metric
        Distance in the data; None (default) takes ``mapper.metric``, or else ``"euclidean"``.
    random_state
        Seed of samples, bootstrap and permutations.

    Attributes
    ----------
    batches : list of Batch
        What was found out, in order.
    """

    def __init__(  # noqa: PLR0913 - what is compared, and how
        self,
        mapper: Any,
        X: Any,
        Y: Any = None,
        labels: Any = None,
        *,
        n_neighbors: int = 15,
        level: float = 0.01,
        reference: Any = None,
        reference_labels: Any = None,
        metric: Any = None,
        random_state: Any = 0,
    ) -> None:
        _checks.check_number("level", level, low=0, high=1, above=True)
        self._place = _placing(mapper)
        self._seed = _checks.check_seed(random_state)
        self.level, self.batches = float(level), list[Batch]()
        metric = getattr(mapper, "metric", "euclidean") if metric is None else metric
        data, self._scaling = _checks.scaled_data(X, metric=str(metric))
        _check_neighbors(n_neighbors, len(data))
        places = self._known_places(mapper, X, Y, len(data))
        self._names, codes = _class_codes(labels, len(data))
        self._ground = Ground(
            data, places, metric=metric, n_neighbors=int(n_neighbors), codes=codes
        )
        if reference is None:
            self._refer_to_own(mapper)
        else:
            self._refer_to(reference, reference_labels)

    # ---- batches ------------------------------------------------------------------------------

    def update(self, batch: Any, y: Any = None) -> Batch:
        """Place and measure a batch, remember what was found, and return it.

        Parameters
        ----------
        batch
            Rows, shape (n_rows, n_features), at least one, in the units of ``X``.
        y
            A class for each row, if the monitor has ``labels``.

        Raises
        ------
        InvalidInputError
            If the rows do not have the columns of ``X``, or are not finite numbers.
        """
        number = len(self.batches) + 1
        rows = self._checked(batch, f"batch {number}")
        codes = self._codes(y, len(rows))
        places = self._placed(batch, len(rows))
        measured = self._measured(rows, places, codes)
        found = self._judged(number, places, measured)
        self.batches.append(found)
        return found

    def follow(self, batches: Iterable[Any]) -> Iterator[Batch]:
        """Yield what :meth:`update` finds in each batch, as they come.

        Nothing happens until the result is asked for: ``for batch in monitor.follow(stream): …``, or
        ``list(monitor.follow(stream))``.

        Parameters
        ----------
        batches
            Batches of rows, or, if the monitor has ``labels``, also pairs ``(rows, y)``: a tuple of two
            counts as such a pair.
        """
        for batch in batches:
            if self._names is not None and isinstance(batch, tuple) and len(batch) == 2:  # noqa: PLR2004
                yield self.update(*batch)
            else:
                yield self.update(batch)

    # ---- showing ------------------------------------------------------------------------------

    def to_frame(self) -> "pd.DataFrame":
        """Return a pandas data frame: a row for each batch, with values, bands and p-value.

        Raises
        ------
        MissingPackageError
            If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise MissingPackageError("to_frame() needs pandas; pip install pandas") from None
        names = names_of(self.batches)
        rows = [flat(batch, names) for batch in self.batches]
        return pd.DataFrame(rows, columns=pd.Index(flat_names(names)))

    def plot(self) -> "Figure":
        """Return a matplotlib figure: each quantity over the batches, with its band."""
        from nbembed import drift_figures  # matplotlib takes a while, and many monitors only count

        return drift_figures.monitor(self.batches, title=self._heading())

    def __repr__(self) -> str:
        return text_table(self.batches, self._heading()) if self.batches else self._heading()

    def _repr_html_(self) -> str:
        return html_table(self.batches, self._heading())

    def _heading(self) -> str:
        n, k = len(self._ground.X), self._ground.k
        flagged = sum(batch.drifted for batch in self.batches)
        seen = (
            f"{flagged} of {len(self.batches)} batches flagged" if self.batches else "no batch yet"
        )
        return f"Drift against a map of {n:,} rows, {k} neighbours, level {self.level:g}: {seen}"

    # ---- the reference ------------------------------------------------------------------------

    def _known_places(self, mapper: Any, X: Any, Y: Any, n: int) -> Floats:
        if Y is None:
            Y = getattr(mapper, "embedding_", None)
        places = check_map(self._place(X) if Y is None else Y)
        if len(places) != n:
            raise InvalidInputError(
                f"Y must have one row per row of X, {n} in all, got {len(places)}; give the data that the map shows"
            )
        return places

    def _refer_to_own(self, mapper: Any) -> None:
        """Take rows of the map as the reference, placed as if they were new where that can be done."""
        ground = self._ground
        n = len(ground.X)
        own = np.arange(n)
        if n > REFERENCE_ROWS:
            generator = np.random.default_rng(self._seed)
            own = np.sort(generator.choice(n, REFERENCE_ROWS, replace=False))
        again = getattr(mapper, "place_again", None)
        places = ground.Y[own] if again is None else check_map(again(own))
        codes = None if ground.codes is None else ground.codes[own]
        self._learn(places, ground.look(ground.X[own], places, codes=codes, own=own))

    def _refer_to(self, reference: Any, labels: Any) -> None:
        rows = self._checked(reference, "reference")
        codes = self._codes(labels, len(rows), name="reference_labels")
        places = self._placed(reference, len(rows)).astype(np.float64)
        self._learn(places, self._ground.look(rows, places, codes=codes))

    def _learn(self, places: Floats, measured: Any) -> None:
        """Keep what batches are compared with."""
        distance = measured.distance
        positive = distance[distance > 0]
        usual = float(np.median(distance)) or (float(positive.mean()) if len(positive) else 1.0)
        self._scale = {"usual": usual, "far": float(np.quantile(distance, FAR_QUANTILE))}
        self._reference = reported(measured, **self._scale)
        self._reference_places = places
        self._bands = dict[tuple[str, int, float], tuple[float, float]]()

    # ---- one batch ----------------------------------------------------------------------------

    def _checked(self, rows: Any, what: str) -> NDArray[np.float32]:
        try:
            return _checks.check_rows(
                rows,
                n_features=self._ground.X.shape[1],
                scaling=self._scaling,
                owner=type(self).__name__,
            )
        except (InvalidInputError, InvalidTypeError) as error:
            raise type(error)(f"{what}: {error}") from None

    def _placed(self, rows: Any, n: int) -> NDArray[np.float32]:
        places = check_map(self._place(rows), name="what mapper returns")
        width = self._ground.Y.shape[1]
        if places.shape != (n, width):
            raise InvalidInputError(
                f"mapper must return one place per row, shape ({n}, {width}), got {places.shape}"
            )
        return places.astype(np.float32)

    def _codes(self, y: Any, n: int, *, name: str = "y") -> Codes | None:
        """Return the known code of each label."""
        values = _checks.check_labels(y, n, name=name)
        if values is None:
            return None
        if self._names is None:
            raise InvalidInputError(
                f"{name} must be None for a monitor without labels, got {n} values; make it with labels=…"
            )
        found, codes = _named(values, name)
        known = {label: code for code, label in enumerate(self._names)}
        table = np.array([*(known.get(label, UNKNOWN) for label in found), MISSING])
        return table[codes]

    def _measured(
        self, rows: NDArray[np.float32], places: NDArray[np.float32], codes: Codes | None
    ) -> dict[str, Floats]:
        looked = self._ground.look(rows, places.astype(np.float64), codes=codes)
        named = reported(looked, **self._scale)
        # Without labelled rows in the reference there is no band to compare with.
        return {name: values for name, values in named.items() if name in self._reference}

    def _judged(
        self, number: int, places: NDArray[np.float32], measured: dict[str, Floats]
    ) -> Batch:
        share = self.level / (len(measured) + 1)
        values, bands = dict[str, float](), dict[str, tuple[float, float]]()
        for name, numbers in measured.items():
            present = numbers[~np.isnan(numbers)]
            values[name] = float(present.mean()) if len(present) else np.nan
            bands[name] = self._band(name, max(1, len(present)), share)
        value, p_value, largest = energy_test(
            places.astype(np.float64), self._reference_places, share, seed=self._seed
        )
        values["occupancy"], bands["occupancy"] = value, (-np.inf, largest)
        return Batch(number, places, measured, values, bands, p_value)

    def _band(self, name: str, size: int, share: float) -> tuple[float, float]:
        key = name, size, share
        if key not in self._bands:
            reference = self._reference[name]
            tails = SIDES[name][0] * share, SIDES[name][1] * share
            low, high = band_of_mean(reference[~np.isnan(reference)], size, tails, seed=self._seed)
            if name in SHARES:
                low, high = (max(low, 0.0), high) if np.isfinite(low) else (low, min(high, 1.0))
            self._bands[key] = low, high
        return self._bands[key]


def _placing(mapper: Any) -> Any:
    transform = getattr(mapper, "transform", mapper)
    if not callable(transform):
        raise InvalidTypeError(
            f"mapper must have transform or be a function from rows to places, got {type(mapper).__name__}"
        )
    return transform


def _check_neighbors(n_neighbors: Any, n: int) -> None:
    _checks.check_number("n_neighbors", n_neighbors, low=1, integer=True)
    if not 2 * n_neighbors < n:
        raise InvalidInputError(
            f"n_neighbors must be less than half the rows of X, {n} / 2, got {n_neighbors}; take fewer"
        )


def _class_codes(labels: Any, n: int) -> tuple[list[str] | None, Codes | None]:
    values = _checks.check_labels(labels, n)
    return (None, None) if values is None else _named(values, "labels")


def _named(values: NDArray[Any], name: str) -> tuple[list[str], Codes]:
    found = classes(values)
    if found is None:
        raise InvalidInputError(
            f"{name} must name classes, got numbers ({values.dtype}); neighbours agree on a class, not on a number"
        )
    return found
