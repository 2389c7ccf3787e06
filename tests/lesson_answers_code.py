"""Answers to the exercises on what code does beside the formulas of its paper or tutorial: what holds, and what does not."""

import numpy as np

from nbembed.lessons import textbook
from tests.lesson_answers_printed import instead


# --- 10, the code of deep recursive embedding
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


def cut(n, b):
    return [len(rows) for rows in np.split(np.arange(n), range(b, n, b))]


DRE_CODE = instead(
    {
        "stage 2": crossed,
        "rows": put_back,
        "scale": lambda X: (X - X.mean(axis=0)) / X.std(),
        "model A": parameters,
        "model B": lambda side: ((side + 2) // 2) // 2,
        "perplexity": lambda u, b, n: n * (u / b),
        "batches": cut,
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
    ("batches", lambda n, b: np.full(n // b, b), "whole mini-batches"),
    ("batches", lambda n, b: [*[b] * (n // b), n % b], "where b divides"),
    ("batches", lambda n, b: [*cut(n, b)[:-2], sum(cut(n, b)[-2:])] if n % b else cut(n, b), "what is left over"),
    ("batches", lambda n, b: [b for _ in range(0, n, b)], "these are more"),
    ("batches", lambda n, b: [n // len(cut(n, b)) + (i < n % len(cut(n, b))) for i in range(len(cut(n, b)))], "no row is lost"),
    ("batches", lambda n, b: int(np.ceil(n / b)), "the sizes are"),
)  # fmt: skip
SAID = dict.fromkeys(("the row M_S is the stress", "DRE has the highest trustworthiness"), False) | {
    "DRE has the lowest stress": True, "DRE has the highest Shepard goodness": False, "GABAergic cells excite": False,
}  # fmt: skip


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


def bce(p, q, log=np.log, of=np.mean):
    return of([-(a * log(b) + (1 - a) * log(1 - b)) for a, b in zip(p.flat, q.flat, strict=True)])


def chosen(p, q):
    rows = zip(p, q, strict=True)
    return np.mean([np.log(np.exp(logits).sum()) - logits[np.argmax(row)] for row, logits in rows])


PHASES = instead(
    {"connect": weighed, "epochs": lambda n, m, epochs: epochs * share(n, m), "start": scores, "rest": np.copy, "cross entropy": bce},
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
    ("cross entropy", chosen, "this is the classifier's"),
    ("cross entropy", lambda p, q: np.mean(-p * np.log(q)), "nothing is pushed"),
    ("cross entropy", lambda p, q: bce(p, q, np.log2), "in bits"),
    ("cross entropy", lambda p, q: bce(p, q) - bce(p, p), "p's own entropy"),
    ("cross entropy", lambda p, q: bce(q, p), "the other way round"),
    ("cross entropy", lambda p, q: bce(p, q, of=sum) / len(p), "divided by the rows"),
    ("cross entropy", lambda p, q: bce(p, q, of=sum), "neither"),
)  # fmt: skip


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


def agreeing(one, other, most=1e9, noise=0.0, floor=1e-9):
    shaken = np.random.default_rng(2).random((2, len(one))) * noise
    u, v = (d - d.mean() for d in (np.array([one, other]) + shaken))
    u, v = (np.clip(d, -most * d.std(), most * d.std()) for d in (u, v))
    return np.mean((u - u.mean()) * (v - v.mean())) / np.sqrt((u.var() + floor) * (v.var() + floor))


def of_scores(one, other):
    u, v = ((d - d.mean()) / (d.std() + 1e-9) for d in (one, other))
    return (u.clip(-10, 10) * v.clip(-10, 10)).mean()


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
        "z-score": agreeing,
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
    ("z-score", lambda one, other: agreeing(one, other, most=10), "clipped, one far"),
    ("z-score", lambda one, other: agreeing(one, other, most=10, floor=0), "two things"),
    ("z-score", of_scores, "clipped numbers"),
    ("z-score", lambda one, other: np.corrcoef(one, other)[1, 0], "distances that are all alike"),
    ("z-score", lambda one, other: agreeing(one, other, noise=1e-10, floor=0), "noise is not"),
    ("z-score", lambda one, other: np.cov(one, other, bias=True)[0, 1], "a covariance"),
    ("z-score", lambda one, other: -agreeing(one, other), "neither"),
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


ANSWERS = {
    "04-d": TUTORIAL,
    "06-e": SPREADS,
    "07-g": CODE,
    "08-d": SPEED,
    "09-e": PUMAP,
    "10-g": DRE_CODE,
    "10-h": (
        SAID,
        [(SAID | {name: not held}, f"{name}: look again") for name, held in SAID.items()],
    ),
    "11-e": PHASES,
}
