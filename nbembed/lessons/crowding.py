"""Exercises of notebook 02, crowding and the heavy tail."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

import math

import numpy as np

from nbembed.lessons.exercise import Exercise, agrees, close_to
from nbembed.lessons.textbook import similarities, squared_distances

__all__ = ["EXERCISES"]

MAPS = [(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [3.0, 1.0], [-1.0, -2.0]]),)]


def _kernel(Y: np.ndarray) -> np.ndarray:
    return 1 / (1 + squared_distances(Y))


EXERCISES = {
    "02-a": Exercise(
        right=agrees(similarities, MAPS),
        mistakes={
            "each row sums to 1: that is SNE's; here all pairs together do": agrees(
                lambda Y: (
                    (_kernel(Y) - np.eye(len(Y)))
                    / (_kernel(Y) - np.eye(len(Y))).sum(axis=1, keepdims=True)
                ),
                MAPS,
            ),
            "the diagonal is in: a point is not its own neighbour": agrees(
                lambda Y: _kernel(Y) / _kernel(Y).sum(), MAPS
            ),
            "the distance has to be squared in the kernel": agrees(
                lambda Y: similarities_of(1 / (1 + np.sqrt(squared_distances(Y)))), MAPS
            ),
            "this is the Gaussian: its tail is the light one": agrees(
                lambda Y: similarities_of(np.exp(-squared_distances(Y))), MAPS
            ),
            "this is the kernel; to be probabilities they have to sum to 1": agrees(
                lambda Y: _kernel(Y) - np.eye(len(Y)), MAPS
            ),
            "every pair is there twice, as ij and ji: the sum over the whole matrix is 1": agrees(
                lambda Y: 2 * similarities(Y), MAPS
            ),
        },
        otherwise="the result is symmetric, has zeros on the diagonal and sums to 1",
        probes=MAPS,
    ),
    "02-b": Exercise(
        right=close_to(math.sqrt(math.exp(4.5) - 1)),
        mistakes={
            "the 1 of Student's t is missing": close_to(math.exp(2.25)),
            "this is the squared distance": close_to(math.exp(4.5) - 1),
            "the Gaussian has a 2 under its squared distance here": close_to(
                math.sqrt(math.exp(9) - 1)
            ),
            "3 is where the Gaussian itself would put them": close_to(3.0),
        },
        otherwise="set the two kernels equal, and solve for the distance in the map",
    ),
}


def similarities_of(kernel: np.ndarray) -> np.ndarray:
    """Return a kernel of all pairs without its diagonal, with sum 1."""
    w = kernel * (1 - np.eye(len(kernel)))
    return w / w.sum()
