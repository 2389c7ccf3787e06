"""Answers to the exercises as learners write them: a solution, and mistakes with a piece of the hint each must get."""

import numpy as np
import pandas as pd

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


# --- 00, 07, 08, 09 and 10: what test_lessons.py gives besides the answer
def given():
    """Return what exercises are given: data and maps, changes by switches, errors of a grid, new rows, layers."""
    from nbembed.datasets import digits

    rng = np.random.default_rng(0)
    X = digits()[0][:300]
    base = rng.normal(size=(200, 2)) * 10
    base[100:] += 200
    maps = [base + (np.arange(200) >= 100)[:, None] * rng.normal(size=(200, 2)) * 60 for _ in range(4)]  # fmt: skip
    change = np.zeros((8, 5, 3))
    change[1:, :, 0] = [[3], [1], [-2], [0], [5], [4], [6]]
    change[1:, :, 1] = [[1], [2], [4], [3], [5], [6], [7]]
    change[1:, :, 2] = [[-7], [11], [0.5], [-1], [-2], [1.5], [4]]
    change[1, 1, 2] = -30
    classes = np.arange(60) % 3
    where = 4 * np.eye(3)[classes][:, :2]
    old = where + rng.normal(size=(60, 2)), classes
    new = where[:31] + 2 * rng.normal(size=(31, 2)), classes[:31]
    kept = {"hidden1": [0.8, 0.56], "f50": [0.5, 0.4]}
    return {
        "X": X, "Y": (X - X.mean(0)) @ np.linalg.svd(X - X.mean(0), full_matrices=False)[2][:2].T, "row": 3,
        "maps": maps, "change": change, "names": list("ABCDEFG"), "wrong": lambda cell: 0.02 * cell**2,
        "old": old, "new": new, "kept": kept,
    }  # fmt: skip


GIVEN = given()
GIVEN["names"][0] = "normalised"


def points(measure, sign=1):
    from nbembed.metrics import local_scores

    each = getattr(local_scores(GIVEN["X"], GIVEN["Y"]), measure)
    return [int(row) for row in np.argsort(sign * each, kind="stable")[:5]]


def nearest(space, k):
    return set(np.argsort(((space - space[3]) ** 2).sum(axis=1), kind="stable")[:k])


def common(k, itself=0):
    return len(nearest(GIVEN["X"], k) & nearest(GIVEN["Y"], k)) - itself


def voted(known, asked, k=10):
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(k).fit(*GIVEN[known]).score(*GIVEN[asked])


def tree_from(cost, log=np.log2, pairs=lambda n: n * n, per=lambda n: n):
    return next(n for n in range(4, 10**6) if cost * per(n) * log(n) < pairs(n))


def layer_affinities(F, beta, *, power=2, diagonal=0, mine=True):
    w = np.exp(-beta[:, None] * np.linalg.norm(F[:, None] - F, axis=2) ** power)
    w[np.diag_indices(len(F))] *= diagonal
    return w / (w.sum(axis=1)[:, None] if mine else w.sum() / len(F))


def halves(p):
    return (p + p.T) / 2 / len(p)


MOVED = ["normalised", "B", "G", "E", "F", "D", "C"]
SIGNS = {"far from all points": True, "the way back ends elsewhere": True, "it looks like no digit": False}  # fmt: skip
READINGS = {
    "the islands are tighter": True,
    "large distances are truer": False,
    "the layer knew more of the digits": False,
}
SMALL, FLIES = "normalised, not amplified", "amplified, not normalised"

CLAIMS = dict.fromkeys(("sizes", "gaps", "islands", "seed"), False) | {"neighbours": True, "rounding": True}  # fmt: skip
FACTORS = {"SNE": 2, "symmetric SNE": 4, "t-SNE": 4}
GOOD = "The trustworthiness is 0.98 over 5 seeds."

ANSWERS = {
    "00-a": (
        points("trustworthiness"),
        [
            (points("trustworthiness", -1), "the most trustworthy"),
            (points("continuity"), "this is continuity"),
            ([0.5, 0.6, 0.7, 0.8, 0.9], "these are scores"),
            ([1, 1, 1, 1, 2], "five different rows"),
        ],
    ),
    "00-b": (
        common(16, 1),
        [
            (15 - common(16, 1), "that are lost"),
            (common(16, 1) / 15, "this is a share"),
            (common(15), "the point itself is counted"),
            (15, "the number of neighbours"),
        ],
    ),
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
    "07-a": (
        MOVED,
        [
            (MOVED[::-1], "the other way round"),
            (["B", "G", "F", "C", "D", "E", "normalised"], "without the sign"),
            (["G", "E", "F", "normalised", "C", "B", "D"], "by the guesses"),
            (["G", "F", "E", "C", "D", "B", "normalised"], "by true neighbours"),
            (MOVED[:3], "each once"),
        ],
    ),
    "07-b": (
        ("open", 1),
        [
            (("yes", 1), "your verdict says something else"),
            (("yes", 5), "in which the gaps shrank"),
            (("no", 0), "or grew"),
            (("open", 7), "not so many seeds"),
            (("GDR", 1), "one of yes, no, open"),
        ],
    ),
    "07-c": (
        {SMALL: "stays small", FLIES: "flies apart"},
        [
            ({SMALL: "flies apart", FLIES: "stays small"}, "the other way round"),
            ({SMALL: "flies apart", FLIES: "flies apart"}, "weaker than one part"),
            ({SMALL: "stays small", FLIES: "stays small"}, "strong forces already"),
            ({SMALL: "as before", FLIES: "as before"}, "no ornament"),
        ],
    ),
    "07-d": (
        4.0,
        [(-4.0, "as it is printed"), (2.0, "asymmetric SNE's"), (8.01, "two steps"), (1.0, "the learning rate")],
    ),
    "07-e": (2.0, [(1.0, "it changes"), (4.0, "as strong as once"), (0.5, "the other way round")]),
    "08-a": (
        tree_from,
        [
            (lambda cost: tree_from(cost, np.log), "to base 2"),
            (lambda cost: tree_from(cost) - 1, "the last n"),
            (lambda cost: tree_from(cost, per=lambda n: 1), "n is forgotten"),
            (lambda cost: tree_from(cost, pairs=lambda n: n * (n - 1) / 2), "in both directions"),
            (lambda cost: cost, "the cost itself"),
        ],
    ),
    "08-b": (
        lambda width, distance, theta: width / distance < theta,
        [
            (lambda width, distance, theta: width / distance <= theta, "less, not less or equal"),
            (lambda width, distance, theta: width / distance > theta, "the other way round"),
            (lambda width, distance, theta: (width / distance) ** 2 < theta, "is squared"),
            (lambda width, distance, theta: theta * width < distance, "not the width"),
        ],
    ),
    "08-c": (
        1.5,
        [(2.0, "above 5 %"), (0.5, "a wider one is so too"), (0, "a width above 0")],
    ),
    "09-a": (
        voted("old", "new"),
        [
            (voted("old", "old"), "of the training rows"),
            (voted("new", "new"), "compared with each other"),
            (voted("old", "new", 1), "one neighbour"),
            (100 * voted("old", "new"), "in percent"),
            (1 - voted("old", "new"), "lands elsewhere"),
        ],
    ),
    "09-b": (
        SIGNS,
        [
            (SIGNS | {"far from all points": False}, "far from all points:"),
            (SIGNS | {"the way back ends elsewhere": False}, "the way back ends elsewhere:"),
            (SIGNS | {"it looks like no digit": True}, "it looks like no digit:"),
        ],
    ),
    "09-c": (
        lambda gains: len(gains) > 2 and min(gains) > 0,
        [
            (lambda gains: min(gains) > 0, "one seed is a case"),
            (lambda gains: np.mean(gains) > 0, "the mean hides"),
            (lambda gains: len(gains) > 2 and np.mean(gains) > 0, "though there are enough"),
            (lambda gains: len(gains) > 2 and all(g != 0 for g in gains), "a loss is no gain"),
            (lambda gains: len(gains) > 2 and min(gains) >= 0, "no gain at all"),
        ],
    ),
    "10-a": (
        lambda F, beta: halves(layer_affinities(F, beta)),
        [
            (lambda F, beta: halves(layer_affinities(F, beta)) * len(F), "the number of rows is missing"),
            (lambda F, beta: layer_affinities(F, beta) / len(F), "not symmetric"),
            (lambda F, beta: halves(layer_affinities(F, beta, diagonal=1)), "the diagonal"),
            (lambda F, beta: halves(layer_affinities(F, beta, power=1)), "have to be squared"),
            (lambda F, beta: halves(layer_affinities(F, beta, mine=False)), "its own sum"),
        ],
    ),
    "10-b": (
        READINGS,
        [
            (READINGS | {"the islands are tighter": False}, "the islands are tighter:"),
            (READINGS | {"large distances are truer": True}, "large distances are truer:"),
            (READINGS | {"the layer knew more of the digits": True}, "the layer knew more"),
        ],
    ),
    "10-c": (
        lambda before, after, control: after - control,
        [
            (lambda before, after, control: after - before, "before and after"),
            (lambda before, after, control: control - after, "the sign"),
            (lambda before, after, control: control - before, "longer training adds"),
            (lambda before, after, control: (after - before) / (control - before), "in neither"),
        ],
    ),
    "10-d": (
        0.2,
        [(0.8, "what is left"), (0.1, "a difference of two shares"), (0.25, "before training"), (0.3, "the first layer")],
    ),
    "10-e": (
        lambda data, embedded: np.sum(np.square(data - embedded)) / np.sum(data * data),
        [
            (lambda data, embedded: np.sum((data - embedded) ** 2) / np.sum(embedded), "as it is printed"),
            (lambda data, embedded: np.sum((data - embedded) ** 2) / np.sum(embedded**2), "what should have been kept"),
            (lambda data, embedded: np.sum((data - embedded) ** 2) / np.sum(data), "depends on the unit"),
            (lambda data, embedded: np.linalg.norm(data - embedded) / np.linalg.norm(data), "no root"),
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
