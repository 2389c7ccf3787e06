"""A picture beside the view, for readers without a kernel: GitHub, nbviewer, a notebook that was closed.

It is an output of its own, because a program that cannot show a view does not fall back to the other
formats of the same output. While a live view stands beside it, the style sheet hides it.
"""

import base64
import uuid
import warnings
from collections.abc import Callable
from html import escape
from typing import Any

__all__ = ["Still"]


class Still:
    """One picture, shown in as many cells as the widget is.

    Parameters
    ----------
    draw
        Returns a picture as PNG bytes, None before there is anything to be seen.
    describe
        Returns the words for who cannot see it.
    """

    def __init__(self, draw: Callable[[], bytes | None], describe: Callable[[], str]) -> None:
        self._draw, self._describe = draw, describe
        self._id = f"nbembed-{uuid.uuid4().hex}"
        self._was_warned = False
        self.is_placed = self.is_filled = False

    def place(self) -> None:
        """Show the picture, or an empty place for it, in the cell that runs now."""
        self.is_placed = True
        self._publish(update=False)

    def refresh(self) -> None:
        """Draw the picture anew in all cells that show it."""
        if self.is_placed:
            self._publish(update=True)

    def _publish(self, *, update: bool) -> None:
        from IPython.display import publish_display_data

        picture = self._picture()
        self.is_filled |= picture is not None
        if picture is None and update:
            return
        publish_display_data(
            _bundle(picture, self._describe()), transient={"display_id": self._id}, update=update
        )

    def _picture(self) -> bytes | None:
        """Return the picture; a failure is said once, and never ends a run."""
        try:
            return self._draw()
        except Exception as error:  # noqa: BLE001 - whatever it was, the map and the run matter more
            if not self._was_warned:
                self._was_warned = True
                warnings.warn(
                    f"the picture for readers without a kernel could not be drawn: {error!r}",
                    RuntimeWarning,
                    stacklevel=2,
                )
            return None


def _bundle(picture: bytes | None, words: str) -> dict[str, Any]:
    if picture is None:
        return {"text/html": '<div class="nbembed-still"></div>', "text/plain": ""}
    data = base64.b64encode(picture).decode("ascii")
    image = f'<img alt="{escape(words)}" src="data:image/png;base64,{data}">'
    return {
        "text/html": f'<div class="nbembed-still">{image}</div>',
        "image/png": data,
        "text/plain": "",
    }
