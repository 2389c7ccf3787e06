"""The picture of a method beside its run: the phase that trains is lit, with the values of its losses."""

from typing import TYPE_CHECKING, Any

from nbembed.estimators import Embedder, Routine
from nbembed.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from ipywidgets import HTML

    from nbembed.widget.session import Session

__all__ = ["live_diagram"]


def live_diagram(
    widget: Any, estimator: Embedder, n: int, session: "Callable[[], Session | None]"
) -> "HTML":
    """Return the picture of a method, which follows the status of a widget.

    Parameters
    ----------
    widget
        Has the trait ``status``, which changes about once a second while a run goes on, and when it rests or ends.
    estimator
        Whose method it is.
    n
        Rows of the data.
    session
        Returns the present session of the widget, None before the first run.
    """
    from ipywidgets import HTML

    spec = Spec.of(estimator.spec) if isinstance(estimator, Routine) else estimator.spec(n)
    view = HTML()

    def draw(_: Any = None) -> None:
        shown = session()
        phase = str(widget.status.get("phase", ""))
        # Of a curve that is being written the last value may be missing for a moment.
        curves = {} if shown is None else dict(shown.run.history.curves)
        values = {name: curve.values[-1] for name, curve in curves.items() if curve.values}
        known = {name: values[name] for name in spec.parts.losses if name in values}
        view.value = spec.diagram(active=phase, losses=known).svg()

    draw()
    widget.observe(draw, "status")
    return view
