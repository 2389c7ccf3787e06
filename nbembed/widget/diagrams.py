"""The picture of a method beside its run: the phase that trains is lit, with the values of its losses."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from nbembed.estimators import Embedder, Routine
from nbembed.spec import Spec
from nbembed.training import Run
from nbembed.widget.session import ENDED

if TYPE_CHECKING:
    from collections.abc import Callable

    from ipywidgets import HTML

    from nbembed.training.history import Curve
    from nbembed.widget.session import Session

__all__ = ["live_diagram", "loss_values"]

TOTAL = "loss"
# What runs call the parts of a method's own loss, where they do not call it by its name.
OWN = ("kl", "attraction", "repulsion", "near", "mid_near", "far")


def live_diagram(
    widget: Any, method: "Callable[[], Embedder]", n: int, session: "Callable[[], Session | None]"
) -> "HTML":
    """Return the picture of a method, which follows the status of a widget; of a run that has ended nothing is lit.

    Parameters
    ----------
    widget
        Has the trait ``status``, which changes about once a second while a run goes on, and when it rests or ends.
    method
        Returns the method, which is another one after a restart with other parameters.
    n
        Rows of the data.
    session
        Returns the present session of the widget, None before the first run.
    """
    from ipywidgets import HTML

    view = HTML()
    document = cache(partial(_document, n=n))
    document(method())  # raises here what must not be raised where a trait is observed

    def draw(_: Any = None) -> None:
        spec, shown = document(method()), session()
        status = widget.status
        phase = None if status.get("state") in ENDED else str(status.get("phase", ""))
        known = {} if shown is None else loss_values(spec, shown.run)
        view.value = spec.diagram(active=phase, losses=known).svg()

    draw()
    widget.observe(draw, "status")
    return view


def _document(method: Embedder, n: int) -> Spec:
    return Spec.of(method.spec) if isinstance(method, Routine) else method.spec(n)


def loss_values(spec: Spec, run: Run) -> dict[str, float]:
    """Return the newest recorded values of a document's losses, by their names, each of the last phase that had it."""
    curves = dict(run.history.curves)
    found: dict[str, float] = {}
    start = 0
    for stage, phase in zip(spec.parts.stages, run.phases, strict=False):
        steps = range(start, start + phase.n_steps + 1)
        values = {name: value for name, curve in curves.items() for value in _last(curve, steps)}
        known = {
            name: values.get(name, values.get(name.split(" #")[0])) for name in stage.components
        }
        first = stage.components[0]
        if known[first] is None:
            known[first] = _own(values, alone=len(known) == 1)
        found |= {name: value for name, value in known.items() if value is not None}
        start += phase.n_steps
    return found


def _own(values: Mapping[str, float], *, alone: bool) -> float | None:
    """Return the value of a method's own loss, which runs record in parts; None where there is none."""
    if alone and TOTAL in values:
        return values[TOTAL]
    parts = [values[name] for name in OWN if name in values]
    return sum(parts) if parts else None


def _last(curve: "Curve", steps: range) -> Sequence[float]:
    """Return the last value of a curve within a phase, without that of the map that it began with; or nothing."""
    # Of a curve that is being written the last value may be missing for a moment.
    end = min(bisect_right(curve.steps, steps[-1]), len(curve.values))
    began = steps.start > 0 and end > 0 and curve.steps[end - 1] == steps.start
    inside = end > 0 and curve.steps[end - 1] in steps and not began
    return curve.values[end - 1 : end] if inside else []
