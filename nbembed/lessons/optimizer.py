"""Exercises of notebook 04, the optimiser's four knobs."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

import math

from nbembed.lessons.exercise import Exercise, agrees, close_to

__all__ = ["EXERCISES", "printed_cost"]

COSTS = [(1.92, 12.0), (0.8, 4.0), (0.3, 1.0)]


def printed_cost(kl: float, factor: float) -> float:
    r"""Return :math:`\sum f p \log_2 (f p/q)` of a map whose divergence is ``kl`` nats."""
    return factor * (kl / math.log(2) + math.log2(factor))


EXERCISES = {
    "04-a": Exercise(
        right=close_to((12.5, 5000.0), 0.02),
        mistakes={
            "one step for both: the force on a point falls as 1 over the number of points": (
                lambda value, **_: float(value[0]) == float(value[1])
            ),
            "the exaggeration is not in it: it multiplies the attraction, and so each step": close_to(
                (150.0, 60_000.0), 0.02
            ),
            "that is scikit-learn's, whose gradient has a factor 4 that ours leaves out": close_to(
                (12.5 / 4, 5000 / 4), 0.02
            ),
            "the other way round: more points, larger steps": close_to((5000.0, 12.5), 0.02),
            "the exaggeration divides: it makes the forces larger already": close_to(
                (1800.0, 720_000.0), 0.02
            ),
        },
        otherwise="first the step for 150 points, then that for 60,000; both need the exaggeration too",
    ),
    "04-b": Exercise(
        right=agrees(printed_cost, COSTS),
        mistakes={
            "the factor within the logarithm is forgotten": agrees(
                lambda kl, factor: factor * kl / math.log(2), COSTS
            ),
            "the factor before the sum is forgotten": agrees(
                lambda kl, factor: kl / math.log(2) + math.log2(factor), COSTS
            ),
            "this is in nats; the printed cost is in bits": agrees(
                lambda kl, factor: factor * (kl + math.log(factor)), COSTS
            ),
            "nats and bits are added: turn the divergence into bits first": agrees(
                lambda kl, factor: factor * (kl + math.log2(factor)), COSTS
            ),
            "from nats to bits one divides by ln 2": agrees(
                lambda kl, factor: factor * (kl * math.log(2) + math.log2(factor)), COSTS
            ),
        },
        otherwise="write f p instead of p in the sum, and take the factor out of the product and of the logarithm",
        probes=COSTS,
    ),
}
