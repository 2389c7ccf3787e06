"""Two groups of points compared: one that is kept, and the selection."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import metrics
from nbembed.errors import NbembedError, RunEndedError
from nbembed.labels import classes, numbers
from nbembed.metrics import GroupComparison
from nbembed.widget.measures import Background
from nbembed.widget.quality import neighborhood
from nbembed.widget.quality_widget import QualityWidget
from nbembed.widget.selection import Selection

__all__ = ["GroupsWidget"]


class GroupsWidget(QualityWidget):
    """A widget whose selection can be compared with another group of points.

    Attributes
    ----------
    group
        Positions of the rows that are kept as group A, a list of ints; anything that ``selection``
        takes may be assigned. While there are some, the selection is group B, and the browser shows
        a card with what :meth:`compare_groups` returns.
    """

    group = Selection(lambda widget: len(widget._data))  # noqa: SLF001 - its own

    def compare_groups(self, a: Any = None, b: Any = None) -> GroupComparison:
        """Return how far apart two groups are, in the data and in the map, and what sets them apart.

        Parameters
        ----------
        a, b
            Positions of rows, or masks. None takes :attr:`group` and :attr:`selection`.

        Returns
        -------
        GroupComparison
            Prints as text; see :func:`nbembed.metrics.compare_groups` for what its numbers mean. Its maps
            are the moment on show, then :attr:`other_maps`.

        Raises
        ------
        RunEndedError
            If there is no map yet.
        InvalidInputError
            If a group has less than 2 rows of its own.

        Examples
        --------
        >>> import nbembed as nb
        >>> X, y = nb.datasets.iris()
        >>> w = nb.EmbedWidget(X, labels=y, n_epochs=50, random_state=0).fit()
        >>> found = w.compare_groups(y == "versicolor", y == "virginica")
        >>> found.in_data < 0.5
        True
        """
        moment = self._moment()
        if moment is None:
            raise RunEndedError("there is no map yet; call fit(), start() or step() first")
        others = [one for one in self._others if one.shape[1] == moment[1].shape[1]]
        return metrics.compare_groups(
            self._data,
            [moment[1], *others],
            self.group if a is None else a,
            self.selection if b is None else b,
            labels=self._classes(),
            columns=self._comparable(),
            n_neighbors=neighborhood(len(self._data)),
        )

    def _classes(self) -> NDArray[Any] | None:
        """Return the classes that colour the points, else the labels, if these are classes."""
        look = self._looks.get("color")
        if look is not None and look.spec["kind"] == "category":
            return look.column.values
        return None if self._labels is None else self._labels.values

    def _comparable(self) -> list[tuple[str, NDArray[Any]]]:
        """Return the columns that may set groups apart: the embedded ones, and other numbers."""
        names = list(self._table.features)
        if len(names) != self._data.shape[1]:
            names = [f"column {i}" for i in range(self._data.shape[1])]
        columns = [(name, self._data[:, i]) for i, name in enumerate(names)]
        beside = dict.fromkeys([*self._table.left_out(), *self._table.added])
        columns += [
            (name, numbers(values)[0])
            for name in beside
            # Few whole numbers are classes, mostly those by which the groups were chosen.
            if name not in names
            and self._table.is_numeric(name)
            and classes(values := self._table.column(name).values) is None
        ]
        return columns

    # ---- what the browser asks ----------------------------------------------------------------

    def _tell_groups(self, question: int) -> None:
        """Answer how the two groups compare; in the background, because it takes a while."""
        a, b = list(self.group), list(self.selection)
        if not hasattr(self, "_comparer"):
            self._comparer = Background()

        def work() -> None:
            answer: dict[str, Any] = {"t": "groups", "id": question}
            try:
                moment = self._moment()
                step = -1 if moment is None else moment[0]
                answer |= {"step": step, **as_answer(self.compare_groups(a, b))}
            except NbembedError as error:
                answer["error"] = str(error)
            self._publisher.message(answer)

        self._comparer.ask(work)


def as_answer(found: GroupComparison) -> dict[str, Any]:
    """Return a comparison as JSON has it; a difference without end is None."""
    return {
        "n": [found.n_a, found.n_b],
        "data": found.in_data,
        "maps": list(found.in_maps),
        "classes": list(found.classes),
        "across": [found.across_in_data, found.across_in_map],
        "k": found.n_neighbors,
        "columns": [
            [d.name, d.size if np.isfinite(d.size) else None, d.mean_a, d.mean_b]
            for d in found.differences
        ],
    }
