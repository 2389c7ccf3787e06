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


def kernel(s, a, b):
    return (1 + a * s**b) ** -1


def crossed(V, squared, a, b, *, divided=False, itself=False, of=np.mean, q=kernel):
    W = q(squared + 2 * np.eye(len(V)), a, b)
    pairs = [(i, j) for i, j in np.ndindex(V.shape) if itself or i != j]
    v, w = (np.array([table[pair] for pair in pairs]) for table in (V, W))
    if divided:
        v, w = v / v.sum(), w / w.sum()
    return of(-(v * np.log(w) + (1 - v) * np.log(1 - w)))


def unscaled(s, a, b):
    return (1 + a * s) ** -b


def put_back(shuffled, order):
    rows = np.empty_like(shuffled)
    rows[order] = shuffled
    return rows


def parameters(widths, biases=1, last=None):
    layers = list(zip(widths, widths[1:], strict=False))[:last]  # noqa: RUF007 - as learners do
    return sum((before + biases) * after for before, after in layers)


DRE_CODE = instead(
    {
        "stage 2": crossed,
        "rows": put_back,
        "scale": lambda X: (X - X.mean(axis=0)) / X.std(),
        "model A": parameters,
        "model B": lambda side: ((side + 2) // 2) // 2,
        "perplexity": lambda u, b, n: n * (u / b),
    },
    ("stage 2", lambda *all_: crossed(*all_, divided=True, q=unscaled), "as it is in the code"),
    ("stage 2", lambda *all_: crossed(*all_, q=unscaled), "this is the kernel of the code"),
    ("stage 2", lambda *all_: crossed(*all_, divided=True), "nothing is divided"),
    ("stage 2", lambda V, s, a, b: crossed(V, np.sqrt(s), a, 4 * b), "b is of the squared distance"),
    ("stage 2", lambda *all_: crossed(*all_, itself=True), "the diagonal is left out"),
    ("stage 2", lambda *all_: crossed(*all_, of=np.sum), "a sum over pairs"),
    ("rows", lambda shuffled, order: shuffled, "as it is in the code"),
    ("rows", lambda shuffled, order: np.array([shuffled[i] for i in order]), "this shuffles a second"),
    ("rows", lambda shuffled, order: np.sort(shuffled, axis=0), "sorted places"),
    ("scale", lambda X: X, "as the script has it"),
    ("scale", lambda X: X / 255.0, "of pictures alone"),
    ("scale", lambda X: (X - X.mean(0)) / X.std(0), "a column that is always"),
    ("scale", lambda X: X / np.std(X), "the columns have no mean"),
    ("scale", lambda X: (X - X.mean()) / X.std(), "each column has a mean"),
    ("model A", lambda widths: parameters(widths, biases=0), "the biases are missing"),
    ("model A", lambda widths: parameters(widths) + widths[0], "a layer has a bias"),
    ("model A", lambda widths: parameters(widths, last=-1), "the last layer"),
    ("model A", lambda widths: sum(widths[1:]), "these are widths"),
    ("model B", lambda side: side // 4, "as it is in the code"),
    ("model B", lambda side: side // 2 + 1, "one pooling after"),
    ("model B", lambda side: (side // 2 + 1) // 2 + 1, "only the first"),
    ("model B", lambda side: int(np.ceil((np.ceil(side / 2) + 1) / 2)), "what is left over"),
    ("perplexity", lambda u, b, n: u, "as it is read"),
    ("perplexity", lambda u, b, n: u * b / n, "the other way round"),
    ("perplexity", lambda u, b, n: n / b, "the number of mini-batches"),
)  # fmt: skip
SAID = dict.fromkeys(("the row M_S is the stress", "DRE has the highest trustworthiness"), False) | {
    "DRE has the lowest stress": True, "DRE has the highest Shepard goodness": False, "GABAergic cells excite": False,
}  # fmt: skip


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


# --- 04, 06 and 08: what a tutorial and a paper say beside their formulas
def bits(p):
    return -np.sum(p * np.log2(p))


def some_bits(p):
    return bits(p[p > 0])


def expanded(X):
    return np.sum(X**2, 1)[:, None] + np.sum(X**2, 1)[None] - 2 * np.dot(X, X.T)


TUTORIAL = instead(
    {"steps": lambda n_iter, n_early: n_early + 1 if n_iter > n_early else n_iter,
     "turn": lambda p, u: some_bits(p) > np.log2(u),
     "distances": lambda X: np.sqrt(np.maximum(expanded(X), 0))},
    ("steps", lambda n_iter, n_early: n_early, "as it is said"),
    ("steps", min, "as it is said"),
    ("steps", lambda n_iter, n_early: n_early + 1, "a short run"),
    ("steps", lambda n_iter, n_early: max(n_iter - n_early - 1, 0), "these are the"),
    ("turn", lambda p, u: bits(p) > np.log2(u), "as it is in the code"),
    ("turn", lambda p, u: some_bits(p) < np.log2(u), "the other way round"),
    ("turn", lambda p, u: not bits(p) <= np.log2(u), "NaN is no yes"),
    ("turn", lambda p, u: np.count_nonzero(p) > u, "who has any probability"),
    ("turn", lambda p, u: some_bits(p) * np.log(2) > np.log2(u), "nats and bits"),
    ("turn", lambda p, u: 1, "neither"),
    ("distances", lambda X: np.sqrt(expanded(X)), "as it is in the code"),
    ("distances", lambda X: np.maximum(expanded(X), 0), "these are still"),
    ("distances", lambda X: abs(X[:, None] - X).sum(-1), "a sum of differences"),
)  # fmt: skip


def bell(squared, sigma, times=2):
    p = np.exp(-squared / (times * sigma**2))
    return np.exp(textbook.entropy(p / p.sum()))


SPREADS = instead(
    {"t-SNE": bell, "UMAP": lambda d, sigma: np.exp((min(d) - d) / sigma).sum()},
    ("t-SNE", lambda s, sigma: np.count_nonzero(np.sqrt(s) <= sigma), "as it is said; count"),
    ("t-SNE", lambda s, sigma: np.count_nonzero(np.sqrt(s) <= 2 * sigma), "as it is said"),
    ("t-SNE", lambda s, sigma: np.log(bell(s, sigma)), "this is the"),
    ("t-SNE", lambda s, sigma: np.sum(np.exp(-s / sigma**2 / 2)), "the heights"),
    ("t-SNE", lambda s, sigma: bell(s, sigma, 1), "the bell has"),
    ("UMAP", lambda d, sigma: np.mean(d) / sigma**2, "as it is said"),
    ("UMAP", lambda d, sigma: np.mean(d) / sigma, "of the variance"),
    ("UMAP", lambda d, sigma: np.exp(-d / sigma).sum(), "rho is not taken off"),
    ("UMAP", lambda d, sigma: np.exp(-((d - d[0]) ** 2) / sigma).sum(), "the distances are"),
    ("UMAP", lambda d, sigma: np.log2(15), "this is what"),
)  # fmt: skip


def cells(m, wide=2):
    return 3 / 4 * (m * wide) ** 2 * 2 * np.log2(wide * m)


SPEED = instead(
    {"grid": lambda n, m: cells(m) + 12 * n, "table": lambda room: int((room / 8) ** 0.5)},
    ("grid", lambda n, m: n * np.log2(n), "as it is said"),
    ("grid", lambda n, m: cells(m) + 12 * n * np.log2(n), "the logarithm belongs"),
    ("grid", lambda n, m: cells(m), "this is without the points"),
    ("grid", lambda n, m: 12 * n, "this is without the transforms"),
    ("grid", lambda n, m: cells(m, 1) + 12 * n, "the grid was"),
    ("table", lambda room: int(room**0.5), "a number takes"),
    ("table", lambda room: room / 8, "so many numbers"),
    ("table", lambda room: int((room / 4) ** 0.5), "the code keeps"),
    ("table", lambda room: (room / 8) ** 0.5, "no part of"),
    ("table", lambda room: int((room / 64) ** 0.5), "these are numbers"),
)  # fmt: skip


# --- 07, GDR: text and code
def least(curve, min_dist):
    from scipy.optimize import curve_fit

    x = np.linspace(0, 3, 300)
    return curve_fit(curve, x, np.where(x < min_dist, 1, np.exp(min_dist - x)))[0]


def searched(min_dist):
    x, best = np.linspace(0, 3, 300), (np.inf,)
    wish = np.where(x < min_dist, 1, np.exp(min_dist - x))
    for a in range(1, 21):
        for b in range(1, 21):
            off = np.sum((1 / (1 + a / 10 * x ** (b / 5)) - wish) ** 2)
            best = min(best, (off, a / 10, b / 10))
    return best[1:]


def plain(P, Y, times=8, power=2):
    w = 1 / (1 + textbook.squared_distances(Y))
    np.fill_diagonal(w, 0)
    return np.einsum("ij,ijk->ik", -times * (P - w) * w**power, Y[:, None] - Y)


CODE = instead(
    {"equation 2": lambda d, rho, sigma: np.minimum(1, np.exp((rho - d) / sigma)),
     "a, b": lambda min_dist: least(lambda x, a, b: 1 / (1 + a * x ** (2 * b)), min_dist),
     "power": lambda s, b: s / s**b, "plain": plain, "sampled": lambda push, Z, n, k: push / Z,
     "rate": lambda rate: rate**-0.5, "defaults": lambda normalized: (1.0, 1.0, normalized, False)},
    ("equation 2", lambda d, rho, sigma: np.exp(-(d**2 - rho) / sigma), "as it is printed"),
    ("equation 2", lambda d, rho, sigma: np.exp(-np.maximum(0, d**2 - rho) / sigma), "as it is printed, the square"),
    ("equation 2", lambda d, rho, sigma: np.exp(-(d - rho) / sigma), "nearer than rho"),
    ("equation 2", lambda d, rho, sigma: np.exp(-d / sigma), "rho is not taken off"),
    ("a, b", searched, "this is the"),
    ("a, b", lambda min_dist: least(lambda x, a, b: 1 / (1 + a * x**b), min_dist), "b is doubled"),
    ("a, b", lambda min_dist: least(lambda x, a, b: (1 + a * x**2) ** -b, min_dist), "this fits another"),
    ("a, b", lambda min_dist: least(lambda x, a, b: 1 / (1 + a * x ** (2 * b)), 0), "the wish is 1"),
    ("a, b", lambda min_dist: (1, 1), "these are GDR's"),
    ("power", lambda s, b: np.ones(len(s)), "as the code"),
    ("power", lambda s, b: s**b / s, "this is the"),
    ("power", lambda s, b: (s / s**b) ** 2, "squared is the"),
    ("power", lambda s, b: np.sqrt(s) / np.sqrt(s) ** b, "it is a"),
    ("plain", lambda P, Y: plain(P, Y, 4), "as it is printed"),
    ("plain", lambda P, Y: plain(P, Y, -8), "the sign"),
    ("plain", lambda P, Y: plain(P, Y, power=1), "the slope of w"),
    ("sampled", lambda push, Z, n, k: push * n / (k * Z), "as it is printed"),
    ("sampled", lambda push, Z, n, k: push / Z * n / 500, "as it is in the code's"),
    ("sampled", lambda push, Z, n, k: push * k / n / Z, "k strangers instead"),
    ("sampled", lambda push, Z, n, k: push * n / k, "it is not"),
    ("rate", lambda rate: 1, "as in the"),
    ("rate", lambda rate: 1 / rate, "the noise of"),
    ("rate", lambda rate: rate**0.5, "more strangers are"),
    ("defaults", lambda normalized: (1.577, 0.8951, False, True), "as it is in the code"),
    ("defaults", lambda normalized: (1, 1, not normalized, False), "the light belongs"),
    ("defaults", lambda normalized: (1, 1, False, False), "without the light"),
    ("defaults", lambda normalized: (1, 1, True, False), "with the light"),
    ("defaults", lambda normalized: (1, 1, normalized, True), "both ends"),
)  # fmt: skip


# --- 11, ParaDime: more of its code
def weighed(d, total=None, rho=1):
    beyond = d - rho * d[0]
    low, high = 1e-4, 1e9
    for _ in range(100):
        sigma = (low * high) ** 0.5
        over = np.exp(-beyond / sigma).sum() > (total or np.log2(len(d)))
        low, high = (low, sigma) if over else (sigma, high)
    return np.exp(-beyond / sigma)


def crashing(d):
    if np.count_nonzero(d == d[0]) >= np.log2(len(d)):
        raise ValueError("no root")
    return weighed(d)


def scores(X, columns, mean=1, white=0):
    values, axes = np.linalg.eigh(np.cov(X.T) if mean else X.T @ X / (len(X) - 1))
    kept = ((X - mean * X.mean(axis=0)) @ axes)[:, ::-1][:, :columns]
    return kept / np.sqrt(values[::-1][:columns] * (len(X) - 1)) if white else kept


def share(n, m):
    return -(-n // (m + 1)) / n


PHASES = instead(
    {"connect": weighed, "epochs": lambda n, m, epochs: epochs * share(n, m), "start": scores, "rest": np.copy},
    ("connect", crashing, "as it is in the code"),
    ("connect", lambda d: weighed(d, np.log2(len(d) + 1)), "the nearest is"),
    ("connect", lambda d: weighed(d, rho=0), "rho is not taken off"),
    ("connect", lambda d: weighed(d, np.log(len(d))), "the sum is"),
    ("epochs", lambda n, m, epochs: epochs, "an epoch is no"),
    ("epochs", lambda n, m, epochs: epochs * (m + 1), "an epoch is as many"),
    ("epochs", lambda n, m, epochs: m * epochs * share(n, m), "these are the pushes"),
    ("epochs", lambda n, m, epochs: epochs * share(n, m - 1), "an edge comes"),
    ("epochs", lambda n, m, epochs: epochs * share(n, m) * n, "these are the edges"),
    ("start", lambda X, columns: scores(X, 2), "as it is in the code"),
    ("start", lambda X, columns: scores(X, columns, mean=0), "the means"),
    ("start", lambda X, columns: scores(X, columns, white=1), "all columns are"),
    ("start", lambda X, columns: X[:, :columns], "neither"),
    ("rest", lambda A: A / A.sum(), "as it is printed"),
    ("rest", lambda A: A / A.sum(axis=1)[:, None], "divided by the"),
    ("rest", lambda A: np.where(A > 0, 1.0, 0.0), "that is where"),
    ("rest", lambda A: A / (1 - A), "set the slope"),
)  # fmt: skip

HEAP, APART = "one dense heap", "far apart, neighbours lost"


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# --- 09, umap-learn's parametric UMAP
def counted(A, m, b, own=1.0, other=1.0):
    """Go through the edges that a permuted tail can belong to: one of b is the edge's own."""
    table, M = np.zeros(A.shape), A.sum()
    for i, j in np.ndindex(A.shape):
        table[i, j] += own * m * A[i, j] / M / b
        table[i, j] += other * m * (A[i].sum() / M) * (A[:, j].sum() / M) * (1 - 1 / b)
    return table


def apart(rows):
    return np.array([np.linalg.norm(rows[i] - rows[j]) for i in range(len(rows)) for j in range(i)])


def correlated(X, Z):
    (u, v) = (d - d.mean() for d in (apart(X), apart(Z)))
    return (u @ v) / np.sqrt((u @ u) * (v @ v))


def forward(h, layers, end=lambda h: h, between=lambda h: h * (h > 0)):
    *first, (W, b) = layers
    for V, c in first:
        h = between(np.einsum("ni,oi->no", h, V) + c)
    return end(h @ W.T + b)


def factors(one, other, same=0, unknown=-1, parted=-5):
    ends = zip(one, other, strict=True)
    return np.exp(
        [unknown if -1 in pair else same if len(set(pair)) == 1 else parted for pair in ends]
    )


PUMAP = instead(
    {
        "negatives": counted,
        "global loss": lambda X, Z: -correlated(X, Z),
        "clip": lambda forces: np.array([sum(min(4, max(-4, x)) for x in axis) for axis in forces.T]),
        "export": forward,
        "y": factors,
    },
    ("negatives", lambda A, m, b: m * A.sum(axis=1)[:, None] / A.sum() * np.ones(A.shape) / len(A), "as the paper"),
    ("negatives", lambda A, m, b: np.ones(A.shape) * m / A.size, "drawn from all pairs"),
    ("negatives", lambda A, m, b: counted(A, m, 1e9), "among b tails"),
    ("negatives", lambda A, m, b: counted(A, m, b) + counted(A, m, b, own=0) / max(b - 1, 1), "neither as it"),
    ("negatives", lambda A, m, b: counted(A, m, 1e9) + m * A / A.sum() / b, "together these are more"),
    ("negatives", lambda A, m, b: counted(A, 1, b), "m are drawn"),
    ("global loss", lambda X, Z: -np.corrcoef(np.linalg.norm(X[1:] - X[:-1], axis=1), np.linalg.norm(Z[1:] - Z[:-1], axis=1))[0, 1],
     "as it is in the code"),
    ("global loss", lambda X, Z: -np.corrcoef(apart(X) ** 2, apart(Z) ** 2)[1, 0], "these are the distances squared"),
    ("global loss", lambda X, Z: -np.corrcoef(*(np.append(apart(r), np.zeros(len(r))) for r in (X, Z)))[0, 1], "a row and itself"),
    ("global loss", correlated, "it has to fall"),
    ("clip", lambda forces: forces.sum(0).clip(-4, 4), "the edges are added"),
    ("clip", lambda forces: sum(f * min(1, 4 / np.linalg.norm(f)) for f in forces), "one number at a time"),
    ("clip", lambda forces: forces.sum(axis=0), "nothing is clipped"),
    ("clip", lambda forces: forces.clip(-4, 4), "a point moves by"),
    ("export", lambda h, layers: forward(h, layers, lambda h: np.maximum(0, h)), "as it is in the file"),
    ("export", lambda h, layers: forward(h, layers, between=lambda h: h), "without any ReLU"),
    ("export", lambda h, layers: forward(h * (h > 0), layers), "the first layer gets"),
    ("y", lambda one, other: np.array([1 if i == j else np.exp(-5) for i, j in zip(one, other, strict=True)]), "unknown is no class"),
    ("y", lambda one, other: factors(one, other, unknown=0), "an unknown end"),
    ("y", lambda one, other: factors(one, other, same=-5, parted=0), "the other way round"),
    ("y", lambda one, other: factors(one, other, unknown=-5), "nobody is called"),
)  # fmt: skip


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
    "04-d": TUTORIAL,
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
    "06-e": SPREADS,
    "07-f": GDR,
    "07-g": CODE,
    "08-d": SPEED,
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
    "09-e": PUMAP,
    "10-f": DRE,
    "10-g": DRE_CODE,
    "10-h": (
        SAID,
        [(SAID | {name: not held}, f"{name}: look again") for name, held in SAID.items()],
    ),
    "11-d": PARADIME,
    "11-e": PHASES,
}
