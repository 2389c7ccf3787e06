"""The curves of a run, in the form and the portions in which the browser wants them."""

import math
from bisect import bisect_right
from typing import Any, ClassVar

from nbembed.training import Curve, thinned

__all__ = ["CurveFeed"]

# Points of one curve, and of all together, in a saved notebook; a stored number takes some 20 bytes.
SAVED_POINTS, SAVED_POINTS_TOGETHER = 200, 400
SAVED_DIGITS = 6


class CurveFeed:
    """Turns the curves of a history into what messages and traits hold.

    Attributes
    ----------
    notes : dict
        What is to be said of a curve, by its name.
    """

    LABELS: ClassVar = {
        "kl": ("KL divergence", "loss"),
        "loss": ("loss per edge", "loss"),
        "attraction": ("attraction", "loss"),
        "repulsion": ("repulsion", "loss"),
        "trustworthiness": ("trustworthiness", "quality"),
        "neighbor_recall": ("neighbour recall", "quality"),
        "learning_rate": ("learning rate", "schedule"),
        "exaggeration": ("exaggeration", "schedule"),
        "extent": ("size of the map", "schedule"),
    }

    def __init__(self) -> None:
        self.notes: dict[str, str] = {}
        # The last step of each curve that was sent.
        self._sent: dict[str, int] = {}

    def whole(self, curves: dict[str, Curve]) -> dict[str, Any]:
        """Return all values of all curves."""
        return {name: self._portion(name, *_copied(curve)) for name, curve in list(curves.items())}

    def fresh(self, curves: dict[str, Curve]) -> dict[str, Any]:
        """Return the values added since the last call."""
        portions: dict[str, Any] = {}
        for name, curve in list(curves.items()):
            steps, values = _copied(curve)
            start = bisect_right(steps, self._sent.get(name, -1))
            if start < len(steps):
                self._sent[name] = steps[-1]
                portions[name] = self._portion(name, steps[start:], values[start:])
        return portions

    def saved(self, curves: dict[str, Curve]) -> dict[str, Any]:
        """Return a few values of every curve, its lowest and highest among them."""
        portions: dict[str, Any] = {}
        for name, curve in list(curves.items()):
            steps, values = _copied(curve)
            room = max(4, min(SAVED_POINTS, SAVED_POINTS_TOGETHER // len(curves)))
            kept = thinned(steps, values, room)
            short = [float(f"{values[i]:.{SAVED_DIGITS}g}") for i in kept]
            portions[name] = self._portion(name, [steps[i] for i in kept], short)
        return portions

    def _portion(self, name: str, steps: list[int], values: list[float]) -> dict[str, Any]:
        label, kind = self.LABELS.get(name, (name, "loss"))
        portion: dict[str, Any] = {
            "label": label,
            "kind": kind,
            "steps": steps,
            "values": [v if math.isfinite(v) else None for v in values],
        }
        return portion | ({"note": self.notes[name]} if name in self.notes else {})


def _copied(curve: Curve) -> tuple[list[int], list[float]]:
    """Return steps and values of the same length, whatever the worker adds meanwhile."""
    values = list(curve.values)  # a value is added after its step
    return curve.steps[: len(values)], values
