"""Exercise 07-g: where the text and the code of the GDR paper part, or err together."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

import math
from typing import Any

import numpy as np

from nbembed.lessons.printed import Formula
from nbembed.lessons.textbook import forces, squared_distances

__all__ = ["TEXT_AND_CODE"]


def _member(distance: Any, rho: float, sigma: float, *, power: int = 1, cut: bool = True) -> Any:
    beyond = np.asarray(distance) ** power - rho
    return np.exp(-(np.maximum(0, beyond) if cut else beyond) / sigma)


def _wish(min_dist: float) -> tuple[Any, Any]:
    """Return 300 distances of a map, and which strength is wished for there."""
    far = np.linspace(0, 3, 300)
    return far, np.where(far < min_dist, 1, np.exp(min_dist - far))


def _fitted(curve: Any, min_dist: float) -> Any:
    """Return the two numbers of a curve that fit the wish with least squares."""
    from scipy.optimize import curve_fit

    return curve_fit(curve, *_wish(min_dist))[0]


def _by_grid(min_dist: float) -> Any:
    """Return the best of a grid of a and b in steps of a tenth."""
    far, wish = _wish(min_dist)
    a, b = np.mgrid[0.1:2.05:0.1, 0.1:2.05:0.1]
    off = np.square(1 / (1 + a[..., None] * far ** (2 * b[..., None])) - wish).sum(axis=-1)
    best = np.unravel_index(off.argmin(), off.shape)
    return np.array([a[best], b[best]])


def _plain(P: Any, Y: Any, *, scale: float = -8, power: int = 2) -> Any:
    """Return the force on every point that makes the Frobenius norm of P - w smaller."""
    w = 1 / (1 + squared_distances(Y)) - np.eye(len(Y))
    return scale * forces((P - w) * w**power, Y)


def _affinities() -> list[tuple[Any, Any]]:
    random = np.random.default_rng(1)
    P = random.random((6, 6)) * (1 - np.eye(6))
    return [((P + P.T) / 2, random.normal(size=(6, 2)))]


FITTED = 1.5769, 0.8951
TEXT_AND_CODE = {
    "equation 2": Formula(
        right=_member,
        probes=[(np.array([0.5, 2.0, 5.0]), 2.0, 2.0), (np.array([0.1, 0.4, 3.0]), 0.3, 0.7)],
        wrong={
            "as it is printed: the square of a distance less a distance, and a copy gets more than 1": (
                lambda d, rho, sigma: _member(d, rho, sigma, power=2, cut=False)
            ),
            "as it is printed, the square of a distance less a distance": (
                lambda d, rho, sigma: _member(d, rho, sigma, power=2)
            ),
            "nearer than rho it is more than 1": lambda d, rho, sigma: _member(d, rho, sigma, cut=False),
            "rho is not taken off": lambda d, _, sigma: _member(d, 0, sigma),
        },
    ),
    "a, b": Formula(
        right=lambda min_dist: _fitted(lambda x, a, b: 1 / (1 + a * x ** (2 * b)), min_dist),
        probes=[(0.1,), (0.5,)],
        wrong={
            "this is the best of a grid in tenths, as it is said; between its points there are better ones": _by_grid,
            "b is doubled in the power of the distance": (
                lambda min_dist: _fitted(lambda x, a, b: 1 / (1 + a * x**b), min_dist)
            ),
            "this fits another kernel, the DRE code's, with b around the bracket": (
                lambda min_dist: _fitted(lambda x, a, b: (1 + a * x**2) ** -b, min_dist)
            ),
            "the wish is 1 up to min_dist and falls only then": lambda _: (
                _fitted(lambda x, a, b: 1 / (1 + a * x ** (2 * b)), 0)
            ),
            "these are GDR's own, which are not fitted to anything": lambda _: np.ones(2),
        },
    ),
    "power": Formula(
        right=lambda squared, b: squared ** (1 - b),
        probes=[(np.array([0.1, 4.0, 9.0]), b) for b in (0.895, 1.3, 1.0)],
        wrong={
            "as the code has it: only with b = 1": lambda squared, _: np.ones_like(squared),
            "this is the factor that is left out; how much too long is the force without it?": (
                lambda squared, b: squared ** (b - 1)
            ),
            "squared is the square of d already": lambda squared, b: squared ** (2 * (1 - b)),
            "it is a power of the squared distance; take no root of it": (
                lambda squared, b: squared ** ((1 - b) / 2)
            ),
        },
    ),
    "plain": Formula(
        right=_plain,
        probes=_affinities(),
        wrong={
            "as it is printed: half of it, for the norm sums each pair twice": (
                lambda P, Y: _plain(P, Y, scale=-4)
            ),
            "the sign: this is the gradient, and the force goes down": lambda P, Y: _plain(P, Y, scale=8),
            "the slope of w by the squared distance is its square": lambda P, Y: _plain(P, Y, power=1),
        },
    ),
    "sampled": Formula(
        right=lambda push, Z, *_: push / Z,
        probes=[(np.array([0.3, -0.8]), 70.0, 300, 15), (np.array([1.0, 2.0]), 9.0, 1000, 5)],
        wrong={
            "as it is printed: what is missing in the push is missing in Z too, and is divided out": (
                lambda push, Z, n, k: push / Z * n / k
            ),
            "as it is in the code's learning rate; compare the mean over many draws with all pairs": (
                lambda push, Z, n, _: push / Z * n / 500
            ),
            "k strangers instead of n: this makes less of what is too little already": (
                lambda push, Z, n, k: push / Z * k / n
            ),
            "it is not divided by Z": lambda push, _, n, k: push * n / k,
        },
    ),
    "rate": Formula(
        right=lambda rate: 1 / math.sqrt(rate),
        probes=[(5,), (2,)],
        wrong={
            "as in the code, where it changes nothing": lambda _: 1.0,
            "the noise of a mean falls more slowly than that": lambda rate: 1 / rate,
            "more strangers are less noise, not more": math.sqrt,
        },
    ),
    "defaults": Formula(
        right=lambda normalized: (1, 1, bool(normalized), False),
        probes=[(True,), (False,)],
        wrong={
            "as it is in the code; the paper's GDR has t-SNE's scalars and moves one end": (
                lambda _: (*FITTED, False, True)
            ),
            "the light belongs to the normalisation, and off it with it: exercise c": (
                lambda normalized: (1, 1, not normalized, False)
            ),
            "without the light a normalised map stays as small as it began: exercise c": (
                lambda _: (1, 1, False, False)
            ),
            "with the light a map that is not normalised flies apart: exercise c": (
                lambda _: (1, 1, True, False)
            ),
            "both ends are pulled: that is UMAP's, a doubled attraction; GDR's is t-SNE's": (
                lambda normalized: (1, 1, bool(normalized), True)
            ),
        },
    ),
}  # fmt: skip
