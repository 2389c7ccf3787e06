"""The widget's place on the screen: shows itself, leaves a picture, closes, opens again."""

from typing import Any

import anywidget
import traitlets

from nbembed.widget.display import CellMemory, is_used, kernel_shell, watch, when_cell_ends
from nbembed.widget.retire import take_place
from nbembed.widget.routing import keep_route_of_front_end
from nbembed.widget.still import Still

__all__ = ["ShownWidget"]


class ShownWidget(anywidget.AnyWidget):
    """A widget that knows where it is shown.

    A second copy in one cell is text. Beside every view stands a picture for readers without a
    kernel. When a cell is run again, what it showed before retires.

    Attributes
    ----------
    height
        Height of the map in CSS pixels.
    """

    height = traitlets.Int(420).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        self._shown = CellMemory()
        self._still_due = False
        self._still = Still(self._picture_png, self._words)
        super().__init__(**traits)
        watch(_note_shown)

    def open(self) -> None:
        """Open the way to the browser, if it is not open."""
        self.layout.open()
        super().open()
        keep_route_of_front_end(self.comm)

    def close(self) -> None:
        """Close the way to the browser: all views end. To show the widget opens it again."""
        was_open = self.comm is not None
        super().close()
        # ipywidgets 8 hides the method, so that what is closed could never be shown again.
        vars(self).pop("_repr_mimebundle_", None)
        if was_open and not is_used(self.layout, name="layout"):
            self.layout.close()

    def _show(self, *, show: bool | None) -> None:
        """Show the widget in the cell that runs now; None: unless it is there already."""
        if kernel_shell() is None or not (not self._shown.here() if show is None else show):
            return
        from IPython.display import display

        self._shown.leave()
        display(self)
        self._place_still()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        text = {"text/plain": repr(self)}
        if self._shown.here():
            return text
        self.open()
        self._is_shown()
        bundle: Any = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, **text}, metadata

    def _ipython_display_(self, **kwargs: Any) -> None:
        """Show the widget under ipywidgets 7, which displays by itself instead of by bundles."""
        inherited = getattr(super(), "_ipython_display_", None)
        if inherited is None:
            raise NotImplementedError
        if not self._shown.here():
            self.open()
            self._is_shown()
            inherited(**kwargs)

    def _is_shown(self) -> None:
        """Remember the cell; put the picture below the view, which its bundle comes before."""
        take_place(self, self._shown.mark())
        if kernel_shell() is not None:
            self._still_due = True
            when_cell_ends(self._place_still)

    def _place_still(self) -> None:
        if self._still_due:
            self._still_due = False
            self._still.place()

    def _picture_png(self) -> bytes | None:
        """Return a picture of what is shown; None before there is anything."""
        return None

    def _words(self) -> str:
        """Return what the picture shows, in words."""
        return repr(self)

    def _retire(self) -> None:
        """Give up the place on the screen."""
        self.close()


def _note_shown(widget: Any) -> None:
    """Tell a widget of ours, found anywhere in what the kernel shows, that it is being shown."""
    if isinstance(widget, ShownWidget):
        widget._is_shown()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
