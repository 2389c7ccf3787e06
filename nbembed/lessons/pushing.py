"""Exercises of notebook 03, pushing and pulling."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

from typing import Any

import numpy as np

from nbembed.lessons.exercise import Exercise, Probes, Test, agrees, close_to
from nbembed.lessons.textbook import forces, similarities, squared_distances, tsne_gradient

__all__ = ["EXERCISES", "gradient_mistakes", "probes"]


def probes() -> Probes:
    """Return affinities and a map to try a gradient on."""
    random = np.random.default_rng(3)
    Y = random.normal(size=(7, 2))
    P = random.random((7, 7)) * (1 - np.eye(7))
    return [((P + P.T) / (P + P.T).sum(), Y)]


def _without_kernel(P: Any, Y: Any) -> Any:
    return 4 * forces(P - similarities(Y), Y)


def _unnormalised(P: Any, Y: Any) -> Any:
    w = (1 - np.eye(len(Y))) / (1 + squared_distances(Y))
    return 4 * forces((P - w) * w, Y)


def gradient_mistakes() -> dict[str, Test]:
    """Return the mistakes of t-SNE's gradient, each with its hint."""
    on = probes()
    return {
        "the factor before the sum is missing: compare with finite differences": agrees(
            lambda P, Y: tsne_gradient(P, Y) / 4, on
        ),
        "half of it: every pair is in the loss twice, as ij and as ji": agrees(
            lambda P, Y: tsne_gradient(P, Y) / 2, on
        ),
        "the sign: this is the force, which goes down the slope; the gradient goes up": agrees(
            lambda P, Y: -tsne_gradient(P, Y), on
        ),
        "the kernel is missing as a factor of each pair: this is SNE's spring": agrees(
            _without_kernel, on
        ),
        "q is the kernel here: it has to be divided by its sum over all pairs": agrees(
            _unnormalised, on
        ),
        "attraction alone: what pushes is missing": agrees(
            lambda P, Y: 4 * forces(P / (1 + squared_distances(Y)), Y), on
        ),
    }


EXERCISES = {
    "03-a": Exercise(
        right=agrees(tsne_gradient, probes()),
        mistakes=gradient_mistakes(),
        otherwise="it must have the shape of Y; sum over j, and look at one pair of points alone",
        probes=probes(),
    ),
    "03-b": Exercise(
        right=close_to(4.0, 1e-2),
        mistakes={
            "2 belongs to asymmetric SNE, with rows that sum to 1 each; take the joint Q here": close_to(
                2.0, 1e-2
            ),
            "twice too much: a step to either side is two steps apart": close_to(8.0, 1e-2),
            "that is what remains when both sides are divided by the factor": close_to(1.0, 1e-2),
            "the sign: the loss grows along the gradient": close_to(-4.0, 1e-2),
        },
        otherwise="divide the finite difference by the sum of (p - q)(y_i - y_j), both for the same point",
    ),
}
