r"""What sets P and Q apart, and its forces, from sums over edges and over pairs of points.

With the kernel w, its slope :math:`g = -\partial \ln w / \partial d^2`, :math:`Z = \sum_{kl} w_{kl}` and
sums over ordered pairs, the losses and their gradients by :math:`y_i` are

* KL, normalised (:math:`q = w/Z`): :math:`\sum p \ln(p/q)` and
  :math:`4 \sum_j (p_{ij} - q_{ij}) g_{ij} (y_i - y_j)`;
* KL, not normalised: the cross entropy :math:`-\sum [p \ln w + (1 - p) \ln(1 - w)]` and
  :math:`4 \sum_j [p_{ij} - (1 - p_{ij}) w_{ij}/(1 - w_{ij})] g_{ij} (y_i - y_j)`;
* Frobenius, normalised: :math:`\sum (p - q)^2` and
  :math:`8 \sum_j (p_{ij} - q_{ij} - S) q_{ij} g_{ij} (y_i - y_j)` with
  :math:`S = \sum_{kl} (p_{kl} - q_{kl}) q_{kl}`;
* Frobenius, not normalised: :math:`\sum (p - w)^2` and
  :math:`8 \sum_j (p_{ij} - w_{ij}) w_{ij} g_{ij} (y_i - y_j)`.

The published forces of the normalised Frobenius norm leave S out and are not its gradient, and the
published gradient of KL has the opposite sign (Draganov et al., GDR, sec. 4.1 and eq. 5).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbembed.forces.pairs import CROSS, PLAIN, SIMILAR

__all__ = ["DIVERGENCES", "Collected", "Terms", "factors", "terms_of"]

DIVERGENCES = ("kl", "frobenius")

Forces = NDArray[np.float64]


class Collected(NamedTuple):
    """Sums of one step.

    Attributes
    ----------
    pull, back
        Forces along edges: those of the attraction, and what the repulsion of the pairs in the graph is
        too much by (the cross entropy's p w/(1 - w); else 0).
    push, more
        Forces between pairs, with the factor of the repulsion, and with w times that.
    edges
        Sums of p w, -p ln w and -p ln(1 - w) over edges; the last 0 where nothing is to be taken back.
    pairs
        Sums of w, w² and -ln(1 - w) over pairs.
    constants
        Sums of p ln p, p² and p.
    """

    pull: Forces
    back: Forces
    push: Forces
    more: Forces
    edges: NDArray[np.float64]
    pairs: NDArray[np.float64]
    constants: tuple[float, float, float]


class Terms(NamedTuple):
    """Attraction and repulsion of all points and the loss they belong to.

    Their difference is a quarter of the gradient times ``scale``: Z for the normalised Frobenius norm,
    whose gradient falls with the square of the number of points, else 1.
    """

    attraction: Forces
    repulsion: Forces
    losses: dict[str, float]
    scale: float = 1.0


def factors(divergence: str, *, normalized: bool) -> tuple[int, int]:
    """Return what edges and what pairs are multiplied with, beside the slope of the kernel."""
    if divergence == "frobenius":
        return SIMILAR, SIMILAR
    return PLAIN, SIMILAR if normalized else CROSS


def terms_of(divergence: str, found: Collected, *, normalized: bool) -> Terms:
    """Return the forces and the loss of a divergence, normalised or not."""
    if divergence == "frobenius":
        return _frobenius_normalized(found) if normalized else _frobenius(found)
    return _kl(found) if normalized else _cross_entropy(found)


def _kl(found: Collected) -> Terms:
    Z, (entropy, _, mass) = found.pairs[0], found.constants
    loss = entropy + float(found.edges[1]) + mass * float(np.log(Z))
    return Terms(found.pull, found.push / Z, {"kl": loss})


def _cross_entropy(found: Collected) -> Terms:
    attraction, repulsion = found.edges[1], found.pairs[2] - found.edges[2]
    losses = {"attraction": float(attraction), "repulsion": float(repulsion)}
    return Terms(found.pull, found.push - found.back, losses)


def _frobenius(found: Collected) -> Terms:
    loss = found.constants[1] - 2.0 * found.edges[0] + found.pairs[1]
    return Terms(2.0 * found.pull, 2.0 * found.more, {"frobenius": float(loss)})


def _frobenius_normalized(found: Collected) -> Terms:
    Z = found.pairs[0]
    pq, qq = found.edges[0] / Z, found.pairs[1] / Z**2
    repulsion = 2.0 * (found.more / Z + (pq - qq) * found.push)
    loss = float(found.constants[1] - 2.0 * pq + qq)
    return Terms(2.0 * found.pull, repulsion, {"frobenius": loss}, scale=float(Z))
