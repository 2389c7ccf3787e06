"""The widget's look: what colours and sizes the points, what is selected, shown and told of them."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import traitlets

from nbembed import _checks
from nbembed.columns import Column
from nbembed.encodings import CHANNELS, Spec, color_spec, sized_spec, without_values
from nbembed.errors import InvalidInputError, NbembedError
from nbembed.tables import Table
from nbembed.widget.arguments import as_column_of, is_name
from nbembed.widget.details import Details
from nbembed.widget.run_widget import RunWidget
from nbembed.widget.selection import Filter, Moment, Selection
from nbembed.widget.texts import as_sent
from nbembed.widget.traits import kept

__all__ = ["LookWidget"]

# Columns that the browser offers for colour.
MAX_OFFERED = 200


class _Keep:
    """Stands for an argument that was not given; None is one that was."""

    def __repr__(self) -> str:
        return "<as it is>"


KEEP = _Keep()


@dataclass(frozen=True)
class Look:
    """What lies behind a spec, so that it can be made again with other options."""

    spec: Spec
    column: Column
    options: dict[str, Any]


def make_look(channel: str, column: Column, options: Mapping[str, Any]) -> Look:
    """Return a column's look in a channel; ``options`` are those of :meth:`LookWidget.color`."""
    known = {name: value for name, value in options.items() if value is not None}
    try:
        make = (
            color_spec(column, **known)
            if channel == "color"
            else sized_spec(channel, column, **known)
        )
    except NbembedError as error:
        raise type(error)(f"{channel}: {error}") from None
    return Look(make, column, known)


class LookWidget(RunWidget):
    """A widget whose points have colours, sizes, opacities, and can be selected.

    Before it is initialised, a subclass calls ``_read_data`` and ``_read_look`` and sets ``_details``.

    Attributes
    ----------
    selection
        Positions of the selected rows, a list of ints, ascending. Any sequence or array of positions
        or a boolean mask may be assigned; ``w.observe(f, "selection")`` calls ``f`` when it changes.
        Assign a new list: what is done to the list itself is not noticed.
    filter
        What is shown: ``{}`` for all, ``{"categories": [name, …]}``, or ``{"range": [low, high]}``,
        ends included. A new colour resets it.
    moment
        The step on show; -1 follows the newest.
    """

    _table: Table
    _details: Details
    _looks: dict[str, Look]
    _labels: Column | None

    # The browser reads these two and writes none of them.
    encodings = traitlets.Dict().tag(sync=True, to_json=as_sent, from_json=kept("encodings"))
    fields = traitlets.Dict().tag(sync=True, from_json=kept("fields"))
    selection = Selection(lambda widget: len(widget._data))  # noqa: SLF001 - its own
    filter = Filter(lambda widget: widget.encodings.get("color"))
    moment = Moment()

    # ---- taking the arguments in ----------------------------------------------------------------

    def _read_data(self, X: Any, *, labels: Any, y: Any, images: Any, features: Any) -> None:
        """Take the data in, and decide what of it is embedded."""
        table = Table(X)
        apart: list[str] = []
        for argument, value in (("labels", labels), ("y", y), ("images", images)):
            if is_name(table, value):
                apart.append(table.find(value, argument))
        if is_name(table, images):
            table.hide(table.find(images, "images"))
        table.choose(features, apart=apart)
        self._table = table
        self._data = _checks.check_data(table.embedded(), metric=str(self._estimator.metric))
        self._estimator.check_parameters(len(self._data))
        self._y = y
        if y is not None:
            self._y = self._column_of(y, "y", unnamed="y").values

    def _read_look(self, labels: Any, given: dict[str, Any]) -> None:
        """Take in what colours the map, and what else its points look like."""
        self._labels = None
        if labels is not None:
            self._labels = self._column_of(labels, "labels", unnamed="label")
        columns = {
            channel: None if by is None else self._column_of(by, channel, unnamed=channel)
            for channel, by in given.items()
        }
        columns["color"] = columns["color"] or self._labels
        self._looks = {
            channel: make_look(channel, column, {})
            for channel in CHANNELS
            if (column := columns[channel]) is not None
        }

    def _column_of(self, by: Any, argument: str, *, unnamed: str) -> Column:
        column = as_column_of(self._table, by, len(self._data), argument=argument, unnamed=unnamed)
        self._table.add(column)
        return column

    # ---- what the points look like ------------------------------------------------------------

    def color(
        self,
        by: Any = KEEP,
        *,
        map: Any = None,  # noqa: A002 - the word that everybody uses
        scale: str | None = None,
        name: str | None = None,
        subclass: Any = None,
    ) -> Any:
        """Colour the points, or without arguments say what colours them.

        Text, booleans and integers with at most 50 different values are categories. Other numbers
        have a ramp; so have dates, as years or as days, hours, … since the first, and durations.

        Parameters
        ----------
        by
            A column's name, or one value per row: array, list, Series (taken by position), tensor.
            None is one colour for all. Left out, the values stay and the other arguments change.
        map
            For numbers ``"viridis"`` (default), ``"cividis"``, ``"magma"``, or ``"rdbu"`` with its
            middle at zero. For categories a list with a colour ``"#rrggbb"`` for each, or a dict from
            categories to colours, the others grey. For integers it decides which of the two they are.
        scale
            For numbers ``"linear"`` (default) or ``"log"``, on which values not above 0 are missing.
        name
            What the legend says; by default the column's name.
        subclass
            Classes within the classes of ``by``: a column's name, or one value per row. Each has a shade of the
            colour of its class, and the legend shows both.

        Returns
        -------
        EmbedWidget or dict
            The widget; or what colours the points now, {} for one colour.

        Raises
        ------
        InvalidInputError, InvalidTypeError
            For an unknown name, with the nearest suggested, values that are not one per row, and
            arguments that do not apply.

        Examples
        --------
        >>> import nbembed as nb
        >>> X, y = nb.datasets.iris()
        >>> w = nb.EmbedWidget(X).color(X[:, 0], name="sepal length", map="magma")
        >>> w.color()["max"]
        7.9...
        """
        inner = (
            None if subclass is None else self._column_of(subclass, "subclass", unnamed="subclass")
        )
        options = {"map": map, "scale": scale, "name": name, "subclass": inner}
        return self._change_look("color", by, options)

    def size(
        self,
        by: Any = KEEP,
        *,
        range: Any = None,  # noqa: A002 - the word that everybody uses
        scale: str | None = None,
        name: str | None = None,
    ) -> Any:
        """Size the points, or without arguments say what sizes them.

        Parameters
        ----------
        by
            As in :meth:`color`, but integers are always numbers. Categories are spread evenly.
        range
            Factors of the usual diameter, ``(low, high)``, 0.1 to 5, for the smallest and the
            largest value. Default (0.4, 2.2). A missing value has the low end.
        scale, name
            As in :meth:`color`.

        Returns
        -------
        EmbedWidget or dict
            The widget; or what sizes the points now, {} for one size.
        """
        return self._change_look("size", by, {"range": range, "scale": scale, "name": name})

    def opacity(
        self,
        by: Any = KEEP,
        *,
        range: Any = None,  # noqa: A002 - the word that everybody uses
        scale: str | None = None,
        name: str | None = None,
    ) -> Any:
        """Make points fainter, or without arguments say what does.

        Parameters
        ----------
        by
            As in :meth:`color`, but integers are always numbers. Categories are spread evenly.
        range
            Parts of the usual opacity, ``(low, high)``, 0 to 1, for the smallest and the largest
            value. Default (0.1, 1). A missing value has the low end.
        scale, name
            As in :meth:`color`.

        Returns
        -------
        EmbedWidget or dict
            The widget; or what makes points fainter now, {} for one opacity.
        """
        return self._change_look("opacity", by, {"range": range, "scale": scale, "name": name})

    # ---- the selected rows --------------------------------------------------------------------

    @property
    def selected(self) -> Any:
        """The selected rows in the type they were given in: data frame, array, tensor, list or other.

        See :attr:`selection` for their positions.
        """
        self._needs_data("selected")
        return self._table.rows(self.selection)

    # ---- what the browser asks ----------------------------------------------------------------

    def _tell(self, question: int, row: int) -> None:
        """Answer what a row is."""
        if row >= len(self._data):
            return
        try:
            told = self._details.about(row, self._shown_columns())
            picture = None if self._details.pictures is None else self._details.pictures.png(row)
        except Exception:  # noqa: BLE001 - the caller may have changed the data frame since
            told, picture = {"values": []}, None
        self._publisher.message({"t": "details", "id": question, "row": row, **told}, picture)

    def _search(self, text: str) -> None:
        """Select the rows in which ``text`` occurs, and say how many there are."""
        found = self._details.find(text, self.encodings.get("color"))
        self.selection = found
        first = found[0] if found else -1
        self._publisher.message({"t": "found", "text": text, "count": len(found), "first": first})

    def _recolor(self, by: str | None) -> None:
        """Colour by a column that was chosen in the browser."""
        if by is None:
            self.color(by=None)
        elif self._table.has(by):
            # What cannot colour changes nothing; the browser shows what does colour.
            with suppress(NbembedError):
                self.color(by)

    # ---- inside -------------------------------------------------------------------------------

    def _shown_columns(self) -> list[Column]:
        """Return the columns behind what the points look like now."""
        looks = [(self._looks.get(name), self.encodings.get(name)) for name in CHANNELS]
        shown = [look for look, spec in looks if look is not None and look.spec is spec]
        inner = [look.options["subclass"] for look in shown if "subclass" in look.options]
        return [*(look.column for look in shown), *inner]

    def _change_look(self, channel: str, by: Any, options: dict[str, Any]) -> Any:
        given = {name: value for name, value in options.items() if value is not None}
        if by is KEEP and not given:
            return without_values(self.encodings.get(channel))
        if by is None:
            if given:
                raise InvalidInputError(
                    f"{channel}(by=None) is plain and takes no other argument, got {', '.join(given)}"
                )
            self._put_look(channel, None)
            return self
        if by is KEEP:
            look = self._looks.get(channel)
            if look is None or look.spec is not self.encodings.get(channel):
                raise InvalidInputError(
                    f"{channel}() changes {', '.join(given)} of what is there, and there is nothing; add by="
                )
            column, given = look.column, {**look.options, **given}
        else:
            column = as_column_of(self._table, by, len(self._data), argument="by", unnamed=channel)
            if isinstance(given.get("name"), str) and not is_name(self._table, by):
                column = replace(column, name=given["name"])
            self._table.add(column)
        self._put_look(channel, make_look(channel, column, given))
        return self

    def _put_look(self, channel: str, look: Look | None) -> None:
        looks = {name: self._looks.get(name) for name in CHANNELS} | {channel: look}
        self._looks = {name: one for name, one in looks.items() if one is not None}
        specs = {name: spec for name, spec in self.encodings.items() if name != channel}
        if look is not None:
            specs[channel] = look.spec
        ordered = {name: specs[name] for name in CHANNELS if name in specs}
        # Before the new colour is there: its categories are not those of the filter.
        keeps = channel != "color" or _is_same_measure(specs.get("color"), self.encodings)
        self._set_traits(
            **({} if keeps else {"filter": {}}), encodings=ordered, fields=self._offered()
        )

    @traitlets.observe("encodings")
    def _show_all(self, change: Any) -> None:
        """Forget a filter that was made for another colour."""
        old = change["old"] if isinstance(change["old"], dict) else {}
        new = change["new"].get("color")
        if new is not old.get("color") and not _is_same_measure(new, old):
            self.filter = {}

    def _offered(self) -> dict[str, Any]:
        """Return what the data offers beside the map."""
        table, details = self._table, self._details
        columns = [*table.added, *table.left_out(), *table.features]
        return {
            "columns": columns[:MAX_OFFERED],
            "hover": details.hover,
            "images": details.pictures is not None,
            "searchable": True,
            "index": details.has_index,
        }


def _is_same_measure(color: Spec | None, before: Mapping[str, Any]) -> bool:
    """Return whether a colour measures what the one before measured, at another moment perhaps."""
    measured = (color or {}).get("measured")
    old = (before.get("color") or {}).get("measured")
    return measured is not None and old is not None and measured["key"] == old["key"]
