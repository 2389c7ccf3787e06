"""Answers to the exercises on what publications print: functions that hold, and wrong ones, the printed among them."""

import numpy as np

from nbembed.lessons import textbook


def instead(solution, *wrong):
    """Return answers with one function each that is another one, and a piece of the hint that it must get."""
    return solution, [
        (solution | {place: function}, f"{place}: {said}") for place, function, said in wrong
    ]


# --- 07, GDR
def rows(squared, beta, axis=1, itself=0):
    p = np.exp(-squared * beta[:, None])
    p[np.diag_indices(len(p))] *= itself
    return p / (p.sum() if axis is None else p.sum(axis=axis, keepdims=True))


def pulled(away, p, a, b):
    d = np.linalg.norm(away, axis=1)
    each = -2 * a * b * d ** (2 * b - 2) / (1 + a * d ** (2 * b)) * p
    return (each[:, None] * away).sum(axis=0)


def norm_force(P, Y, S=1, times=8):
    w = textbook.similarities(Y)
    Z = (1 / (1 + textbook.squared_distances(Y))).sum() - len(Y)
    return -times * textbook.forces(Z * w**2 * (P - w - S * ((P - w) * w).sum()), Y)


def norm_force_as_printed(P, Y):
    Z = (1 / (1 + textbook.squared_distances(Y))).sum() - len(Y)
    q = textbook.similarities(Y)
    attraction = -4 * textbook.forces(P * Z * (q**2 + 2 * q**3), Y)
    return attraction + 4 * textbook.forces(Z * (q**3 + 2 * q**4), Y)


def cosine(u, v):
    return np.dot(u, v) / np.sqrt(np.dot(u, u) * np.dot(v, v))


GDR = instead(
    {"equation 1": rows, "equation 6": pulled, "Frobenius": norm_force,
     "slope": lambda s, a, b: -1 - 1 / (a * s**b), "ang_dist": lambda u, v: 1 - cosine(u, v),
     "V": lambda h, c: 1 / np.mean([1 / h, 1 / c])},
    ("equation 1", lambda s, beta: rows(s, beta, None), "as it is printed"),
    ("equation 1", lambda s, beta: rows(s, beta, 0), "divided by the sums of the columns"),
    ("equation 1", lambda s, beta: rows(s, beta, itself=1), "a point is no neighbour"),
    ("equation 6", lambda y, p, a, b: pulled(y, p, a, b) @ np.zeros((2, 2)), "neither as it is printed"),
    ("equation 6", lambda y, p, a, b: -(2 * a * b * np.sum(y * y, 1) ** (b - 1) / (1 + np.sum(y * y, 1)) * p) @ y,
     "as it is printed"),
    ("equation 6", lambda y, p, a, b: -pulled(y, p, a, b), "the sign"),
    ("equation 6", lambda y, p, a, b: pulled(y, p * np.sum(y * y, 1), a, b), "the power of d"),
    ("equation 6", lambda y, p, a, b: pulled(y, 1 + 0 * p, a, b), "each neighbour pulls"),
    ("Frobenius", norm_force_as_printed, "as it is printed"),
    ("Frobenius", lambda P, Y: norm_force(P, Y, S=0), "Z holds every place"),
    ("Frobenius", lambda P, Y: norm_force(P, Y, times=4), "half of it"),
    ("Frobenius", lambda P, Y: -norm_force(P, Y), "the sign"),
    ("slope", lambda s, a, b: (1 - a * s**b) / (2 - a * s**b), "as it is printed first"),
    ("slope", lambda s, a, b: (1 + a * s**b) / (a * s**b), "as it is printed last"),
    ("slope", lambda s, a, b: 1 + a * s**b, "this is the slope of ln q"),
    ("slope", lambda s, a, b: -1 - 1 / (a * s ** (2 * b)), "b is of the squared distance"),
    ("ang_dist", cosine, "as it is in the code"),
    ("ang_dist", lambda u, v: 1 - abs(cosine(u, v)), "half a turn"),
    ("ang_dist", lambda u, v: np.linalg.norm(u) * np.linalg.norm(v) - u @ v, "it grows"),
    ("ang_dist", None.__class__, "neither"),
    ("V", lambda h, c: np.mean([h, c]), "as it is called"),
    ("V", lambda h, c: (h * c) ** 0.5, "this is the geometric mean"),
    ("V", lambda h, c: 1 / (1 / h + 1 / c), "the 2 is missing"),
)  # fmt: skip


# --- 10, deep recursive embedding
def trust(far, near, k, ranked_in="data", worst=None):
    n, lost = len(far), 0
    rank = {name: D.argsort(axis=1).argsort(axis=1) for name, D in (("data", far), ("map", near))}
    for i in range(n):
        for j in range(n):
            if 0 < rank["map"][i, j] <= k < rank["data"][i, j]:
                lost += worst or rank[ranked_in][i, j] - k
    return 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * lost


def counted_itself(far, near, k):
    n, lost = len(far), 0
    data, shown = (D.argsort(axis=1).argsort(axis=1) + 1 for D in (far, near))
    for i, j in np.ndindex(n, n):
        lost += max(0, data[i, j] - k) * (shown[i, j] <= k)
    return 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * lost


DRE = instead(
    {
        "equation 4": lambda s, alpha: (1 + s / alpha) ** (-(alpha + 1) / 2),
        "equations 7 and 12": lambda d, rho, sigma: np.minimum(1, np.exp((rho - d) / sigma)),
        "equation 16": trust,
        "equation 17": lambda far, near, k: trust(near, far, k),
        "section 5.1": lambda pull, push, e: push + pull * e,
    },
    ("equation 4", lambda s, alpha: (1 + s) ** (-(alpha + 1) / 2), "as it is printed"),
    ("equation 4", lambda s, alpha: (1 + s * alpha) ** (-(alpha + 1) / 2), "the other way round"),
    ("equation 4", lambda s, alpha: (1 + s / alpha) ** (-alpha - 1), "the power is too large"),
    ("equations 7 and 12", lambda d, rho, sigma: np.exp((rho - d) / sigma), "as it is printed"),
    ("equations 7 and 12", lambda d, rho, sigma: np.exp(-abs(rho - d) / sigma), "a neighbour nearer than rho"),
    ("equations 7 and 12", lambda d, rho, sigma: np.exp(-d / sigma), "rho is not taken off"),
    ("equations 7 and 12", lambda d, rho, sigma: np.exp(-np.maximum(d - rho, 0) ** 2 / sigma), "it falls with the distance"),
    ("equation 16", lambda far, near, k: trust(far, near, k, "map"), "as it is printed"),
    ("equation 16", lambda far, near, k: trust(near, far, k), "this is the continuity"),
    ("equation 16", counted_itself, "the point itself"),
    ("equation 16", lambda far, near, k: trust(far, near, k, worst=1), "each stranger is counted once"),
    ("equation 17", lambda far, near, k: trust(near, far, k, "map"), "as it is printed"),
    ("equation 17", trust, "this is the trustworthiness"),
    ("equation 17", lambda far, near, k: counted_itself(near, far, k), "the point itself"),
    ("section 5.1", lambda pull, push, e: pull + e * push, "as it is said"),
    ("section 5.1", lambda pull, push, e: e * pull + e * push, "both times e"),
    ("section 5.1", lambda pull, push, e: e * pull - push, "the repulsion is a force already"),
)  # fmt: skip


# --- 11, ParaDime
def found(squared, beta):
    p = np.exp(-beta * (squared - squared.min()))
    return np.exp(textbook.entropy(p / p.sum()))


def in_reach(squared, perplexity):
    return found(squared, 1.0) < perplexity < found(squared, 0.01)


def divergence(P, Q, log=np.log):
    return sum(p * (log(p) - log(q)) for p, q in zip(P.flat, Q.flat, strict=True) if p > 0)


PARADIME = instead(
    {
        "bracket": in_reach,
        "cauchy": lambda squared, a, b: (1 + a * squared**b) ** -1.0,
        "negative": lambda n, k: (1 + k) / n,
        "kl": divergence,
    },
    ("bracket", lambda squared, perplexity: True, "this is what the code"),
    ("bracket", lambda s, u: found(s, 0.01) < u < found(s, 1.0), "the other way round"),
    ("bracket", lambda s, u: found(s, 1.0) < u, "a small beta can be missed"),
    ("bracket", lambda s, u: in_reach(s * s, u), "the bell has squared"),
    ("cauchy", lambda squared, a, b: 1 / (1 + squared**b), "as it is in the code"),
    ("cauchy", lambda squared, a, b: 1 / (1 + a * squared ** (2 * b)), "b is of the squared distance; of the distance"),
    ("cauchy", lambda squared, a, b: 1 / (1 + a * np.sqrt(squared) ** b), "b is of the squared distance; take"),
    ("negative", lambda n, k: 0, "as it is printed"),
    ("negative", lambda n, k: k / n, "a row can meet itself"),
    ("negative", lambda n, k: 1 - (1 + k) / n, "this is the chance"),
    ("kl", lambda P, Q: divergence(P, Q) / P.shape[0], "as it is in the code"),
    ("kl", lambda P, Q: divergence(P, Q) / P.shape[0] ** 2, "this is a mean over pairs"),
    ("kl", lambda P, Q: np.sum(P * np.log(P) - P * np.log(Q)), "where P is 0"),
    ("kl", lambda P, Q: -divergence(P, Q), "the sign"),
    ("kl", lambda P, Q: divergence(P, Q, np.log2), "in bits"),
)  # fmt: skip


HEAP, APART = "one dense heap", "far apart, neighbours lost"


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# --- 06, the loss that UMAP's sampling minimises
def met(A, m, half=0.5):
    table = np.zeros(A.shape)
    for i, j in np.ndindex(A.shape):
        table[i, j] = half * (A[i].sum() / len(A) + A[j].sum() / len(A)) * m
    return table


ANSWERS = {
    "04-c": (
        {HEAP: "too low", APART: "too high"},
        [
            ({HEAP: "too high", APART: "too low"}, "as the tutorial has it"),
            ({HEAP: "too high", APART: "too high"}, "what keeps them there"),
            ({HEAP: "too low", APART: "too low"}, "how far did the points"),
            ({HEAP: "low", APART: "high"}, "one of: too low"),
        ],
    ),
    "06-d": (
        met,
        [
            (lambda A, m: 1 - A, "this is the paper's loss"),
            (lambda A, m: np.full(A.shape, m / len(A)), "a point with more edges"),
            (lambda A, m: met(A, m, 1), "twice as much"),
            (lambda A, m: np.outer(A.sum(axis=1), np.ones(len(A))) * m / len(A), "from either end"),
            (lambda A, m: met(A, 1), "not one"),
            (lambda A, m: met(A, m) * len(A), "one draw in n"),
            (lambda A, m: met(A, m) ** 2, "count: how often"),
        ],
    ),
    "07-f": GDR,
    # 09, umap-learn's parametric loss
    "09-d": (
        lambda w: sigmoid(np.log(w)),
        [
            (lambda w: w, "equation 2.8"),
            (sigmoid, "is given ln w"),
            (lambda w: np.log(w / (1 - w)), "the other way round"),
            (lambda w: sigmoid(-np.log(w)), "how unlike"),
            (np.log, "a logarithm is no similarity"),
        ],
    ),
    "10-f": DRE,
    "11-d": PARADIME,
}
