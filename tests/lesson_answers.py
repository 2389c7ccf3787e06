"""Answers to the exercises as learners write them: a solution, and mistakes with a piece of the hint each must get."""

import numpy as np
import pandas as pd

from tests.lesson_answers_code import ANSWERS as OF_CODE
from tests.lesson_answers_methods import ANSWERS as OF_METHODS
from tests.lesson_answers_printed import ANSWERS as OF_PRINTED

LN2 = np.log(2)


# --- 01 and 12: entropies and searches
def entropy(p):
    some = p[p > 0]
    return -np.sum(some * np.log(some))


ENTROPIES = [
    (lambda p: -np.sum(p[p > 0] * np.log2(p[p > 0])), "in bits"),
    (lambda p: -np.sum(p * np.log2(p)), "in bits"),
    (lambda p: np.sum(p[p > 0] * np.log(p[p > 0])), "the sign"),
    (lambda p: np.exp(entropy(p)), "this is the perplexity"),
    (lambda p: -np.sum(p * np.log(p)), "NaN"),
    (lambda p: -np.sum(np.log(p)), "weighed with its probability"),
]


def perplexity(squared, beta):
    w = np.exp(-beta * (squared - squared.min()))
    return np.exp(entropy(w / w.sum()))


def halved(squared, wanted, steps, low, high):
    for _ in range(steps):
        beta = np.sqrt(low * high)
        low, high = (beta, high) if perplexity(squared, beta) > wanted else (low, beta)
    return beta


def honest(squared, wanted):
    beta = halved(squared / squared.max(), wanted, 100, 1e-9, 1e9) / squared.max()
    if abs(perplexity(squared, beta) - wanted) > 1e-3:
        raise ValueError("not found")
    return beta


def doubling(squared, wanted, steps=50):
    """The search of the tutorials: from 1, halved and doubled so many times, and returned."""
    beta, low, high = 1.0, 0.0, np.inf
    for _ in range(steps):
        if perplexity(squared, beta) > wanted:
            low, beta = beta, beta * 2 if np.isinf(high) else (beta + high) / 2
        else:
            high, beta = beta, (beta + low) / 2
    return beta


def only_too_many(squared, wanted):
    if wanted > len(squared):
        raise ValueError("too many")
    return doubling(squared, wanted)


def always(squared, wanted):
    raise ValueError("never")


def silent(squared, wanted):
    return halved(squared / squared.max(), wanted, 100, 1e-9, 1e9) / squared.max()


SEARCHES = [
    (silent, "nothing was said"),
    (only_too_many, "where it happened to stop"),
    (always, "refuses the ordinary"),
    (lambda s, w: 1 / np.sqrt(2 * honest(s, w)), "a bandwidth"),
    (lambda s, w: honest(s, np.exp(np.log2(w))), "not met on an ordinary row"),
]


# The squared distances of digit 7, from whole numbers of the pixels: computed here as learners do.
def seven():
    from nbembed.datasets import digits

    X = digits()[0][:300].astype(float)
    return np.sum((X - X[7]) ** 2, axis=1)


ROW = np.delete(seven(), 7)
BETA = honest(ROW, 30)


# --- 02 and 03: maps
def squares(Y):
    return np.sum((Y[:, None] - Y) ** 2, axis=2)


def student(Y):
    w = 1 / (1 + squares(Y))
    np.fill_diagonal(w, 0)
    return w


def gradient(P, Y, q=None, *, kernel=True, factor=4):
    w = student(Y)
    q = w / w.sum() if q is None else q
    weights = (P - q) * (w if kernel else 1)
    return factor * np.einsum("ij,ijk->ik", weights, Y[:, None] - Y)


# --- 06
def bandwidth(d, target=None, *, rho=True, power=1):
    d = d**power
    beyond = d - d[0] if rho else d
    low, high = 1e-6, 1e6
    for _ in range(90):
        sigma = np.sqrt(low * high)
        small = np.exp(-beyond / sigma).sum() < (target or np.log2(len(d) + 1))
        low, high = (sigma, high) if small else (low, sigma)
    return sigma


# --- 12
def mended_cost(P, Q):
    p, some = P / P.sum(), P > 0
    return np.sum(p[some] * np.log(p[some] / Q[some]))


def raw_cost(P, Q, log=np.log):
    some = P > 0
    return np.sum(P[some] * log(P[some] / Q[some]))


def turned(P, Q):
    p, some = P / P.sum(), Q > 0
    return np.sum(Q[some] * np.log(Q[some] / p[some]))


def fifty_rows(**columns):
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(50, 3)), columns=list("abc"))
    return table.assign(**columns)


CLAIMS = dict.fromkeys(("sizes", "gaps", "islands", "seed"), False) | {"neighbours": True, "rounding": True}  # fmt: skip
FACTORS = {"SNE": 2, "symmetric SNE": 4, "t-SNE": 4}
GOOD = "The trustworthiness is 0.98 over 5 seeds."

ANSWERS = OF_METHODS | OF_PRINTED | OF_CODE | {
    "01-a": (entropy, ENTROPIES),
    "01-b": (
        float(BETA),
        [
            (1 / np.sqrt(2 * BETA), "the bandwidth sigma"),
            (2 * BETA, "1 over the square of sigma"),
            (honest(ROW, np.exp(np.log2(30))), "bits and nats"),
            (honest(seven(), 30), "the point itself"),
            (honest(np.sqrt(ROW), 30), "have to be squared"),
        ],
    ),
    "01-c": (honest, SEARCHES),
    "02-a": (
        lambda Y: student(Y) / student(Y).sum(),
        [
            (lambda Y: student(Y) / student(Y).sum(axis=1, keepdims=True), "each row sums to 1"),
            (lambda Y: 1 / (1 + squares(Y)) / (1 / (1 + squares(Y))).sum(), "the diagonal"),
            (lambda Y: normal(1 / (1 + np.sqrt(squares(Y)))), "squared in the kernel"),
            (lambda Y: normal(np.exp(-squares(Y))), "the Gaussian"),
            (student, "this is the kernel"),
            (lambda Y: student(Y) / np.triu(student(Y)).sum(), "every pair is there twice"),
        ],
    ),
    "02-b": (
        float(np.sqrt(1 / np.exp(-4.5) - 1)),
        [
            (np.sqrt(np.exp(4.5)), "the 1 of Student's t"),
            (np.exp(4.5) - 1, "the squared distance"),
            (np.sqrt(np.exp(9) - 1), "a 2 under"),
            (3, "the Gaussian itself"),
        ],
    ),
    "03-a": (
        gradient,
        [
            (lambda P, Y: gradient(P, Y, factor=1), "the factor before the sum"),
            (lambda P, Y: gradient(P, Y, factor=2), "half of it"),
            (lambda P, Y: gradient(P, Y, factor=-4), "the sign"),
            (lambda P, Y: gradient(P, Y, kernel=False), "the kernel is missing"),
            (lambda P, Y: gradient(P, Y, q=student(Y)), "divided by its sum"),
            (lambda P, Y: gradient(P, Y, q=0), "attraction alone"),
        ],
    ),
    "03-b": (
        4.0,
        [(2, "asymmetric SNE"), (8.0, "two steps apart"), (1, "divided by the factor"), (-4.0, "the sign")],
    ),
    "04-a": (
        (12.5, 5000),
        [
            ((200, 200), "one step for both"),
            ((150, 60_000), "the exaggeration is not in it"),
            ((3.125, 1250), "scikit-learn's"),
            ((5000, 12.5), "the other way round"),
            ((1800, 720_000), "the exaggeration divides"),
        ],
    ),
    "04-b": (
        lambda kl, factor: factor * (kl / LN2 + np.log2(factor)),
        [
            (lambda kl, factor: factor * kl / LN2, "within the logarithm"),
            (lambda kl, factor: kl / LN2 + np.log2(factor), "before the sum"),
            (lambda kl, factor: factor * (kl + np.log(factor)), "in nats"),
            (lambda kl, factor: factor * (kl + np.log2(factor)), "are added"),
            (lambda kl, factor: factor * (kl * LN2 + np.log2(factor)), "divides by ln 2"),
        ],
    ),
    "05-a": (
        CLAIMS,
        [
            (CLAIMS | {"sizes": True}, "sizes:"),
            (CLAIMS | {"gaps": True}, "gaps:"),
            (CLAIMS | {"islands": True}, "islands:"),
            (CLAIMS | {"neighbours": False}, "neighbours:"),
            (CLAIMS | {"seed": True}, "seed:"),
            (CLAIMS | {"rounding": False}, "rounding:"),
        ],
    ),
    "05-b": (
        (3, 150),
        [
            ((150, 3), "the other way round"),
            ((3, 4), "both keep"),
            ((150, 151), "both change"),
            ((3, 3), "one point cannot be both"),
        ],
    ),
    "06-a": (
        bandwidth,
        [
            (lambda d: bandwidth(d, np.log(len(d) + 1)), "base 2"),
            (lambda d: bandwidth(d, np.log2(len(d))), "counts the point itself"),
            (lambda d: bandwidth(d, rho=False), "rho is not taken off"),
            (lambda d: bandwidth(d, power=2), "distances are squared"),
            (lambda d: 1 / bandwidth(d), "1 over sigma"),
        ],
    ),
    "06-b": (0.92, [(0.55, "the mean"), (0.9, "the larger"), (0.18, "the intersection"), (1.1, "a plain sum")]),
    "06-c": (
        float(np.exp(-1.5)),
        [
            (np.exp(-(5**2 - 2) / 2), "to the letter"),
            (np.exp(-(5**2 - 2**2) / 2), "both are squared"),
            (np.exp(-((5 - 2) ** 2) / 2), "the difference is squared"),
            (np.exp(-5 / 2), "rho is not taken off"),
        ],
    ),
    "12-a": (entropy, ENTROPIES),
    "12-b": (honest, SEARCHES),
    "12-c": (
        mended_cost,
        [
            (raw_cost, "the exaggerated P is in it"),
            (lambda P, Q: raw_cost(P, Q, np.log2), "and the exaggerated P"),
            (lambda P, Q: mended_cost(P, Q) / LN2, "in bits"),
            (lambda P, Q: raw_cost(P, Q) / P.sum(), "within the logarithm"),
            (turned, "the other way round"),
        ],
    ),
    "12-d": (
        lambda n, exaggeration: n / exaggeration,
        [
            (lambda n, exaggeration: 200, "one step for all"),
            (lambda n, exaggeration: n, "the exaggeration is not in it"),
            (lambda n, exaggeration: n / exaggeration / 4, "scikit-learn's"),
            (lambda n, exaggeration: n * exaggeration, "the exaggeration divides"),
        ],
    ),
    "12-e": (
        FACTORS,
        [
            (FACTORS | {"symmetric SNE": 2}, "what the article says"),
            (FACTORS | {"SNE": 4}, "asymmetric SNE has rows"),
            (dict.fromkeys(FACTORS, 2), "each pair is there twice"),
            (FACTORS | {"SNE": 4, "symmetric SNE": 2}, "mixed up"),
        ],
    ),
    "12-f": (
        [GOOD, "Two of 3 groups keep 12 of 15 neighbours over 5 seeds."],
        [
            ([GOOD, "The map proves 3 groups, over 5 seeds."], "says more than a picture can"),
            ([GOOD, "The trustworthiness is 0.97."], "over how many seeds"),
            ([GOOD, "The groups stay apart over 5 seeds."], "no number"),
            ([GOOD, "The trustworthiness is 0.97 over 1 seed."], "a report of one seed"),
            (GOOD, "a list of claims"),
        ],
    ),
    "C-a": (
        fifty_rows(),
        [
            (fifty_rows(d="setosa"), "holds words"),
            (fifty_rows(d=np.nan), "are missing"),
            (fifty_rows()[:20], "fewer than 30 rows"),
            (fifty_rows(d=np.arange(50.0) * 1000), "more than 100 times as wide"),
            (fifty_rows()["a"], "rows and columns"),
        ],
    ),
}  # fmt: skip


def normal(w):
    """Return a kernel without its diagonal, with sum 1."""
    w = w - np.diag(np.diag(w))
    return w / w.sum()
