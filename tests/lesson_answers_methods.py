"""Answers to the exercises of lessons 00 and 07 to 11: a solution, and mistakes with a piece of the hint each must get."""

import numpy as np


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


# --- 11
def written(
    *more, weights="connect", union=True, kernel="cauchy", loss="cross entropy", sampling="edge"
):
    options = {"perplexity": 20} if weights == "perplexity" else {"neighbors": 15}
    union = {"type": "symmetrize"} | ({"options": {"sub prod": True}} if union else {})
    q = [{"type": kernel}, *({"type": name} for name in more)]
    relation = {"name": "emb", "type": "relation", "func": loss, "keys": {"rels": ["p", "q"]}}
    return {
        "relations": [
            {"name": "p", "level": "global", "type": "neighbor", "transforms": [{"type": weights, "options": options}, union]},
            {"name": "q", "level": "batch", "type": "pairwise", "transforms": q},
        ],
        "losses": [relation],
        "training phases": [{"loss": {"components": "emb"}, "sampling": {"type": sampling}}],
    }  # fmt: skip


def followed(**options):
    return {"name": "bmi", "type": "correlation", "options": options}


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
        [
            (-4.0, "as it is printed"),
            (2.0, "asymmetric SNE's"),
            (8.01, "two steps"),
            (1.0, "the learning rate"),
        ],
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
            (
                lambda F, beta: halves(layer_affinities(F, beta)) * len(F),
                "the number of rows is missing",
            ),
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
        [
            (0.8, "what is left"),
            (0.1, "a difference of two shares"),
            (0.25, "before training"),
            (0.3, "the first layer"),
        ],
    ),
    "10-e": (
        lambda data, embedded: np.sum(np.square(data - embedded)) / np.sum(data * data),
        [
            (
                lambda data, embedded: np.sum((data - embedded) ** 2) / np.sum(embedded),
                "as it is printed",
            ),
            (
                lambda data, embedded: np.sum((data - embedded) ** 2) / np.sum(embedded**2),
                "what should have been kept",
            ),
            (
                lambda data, embedded: np.sum((data - embedded) ** 2) / np.sum(data),
                "depends on the unit",
            ),
            (
                lambda data, embedded: np.linalg.norm(data - embedded) / np.linalg.norm(data),
                "no root",
            ),
        ],
    ),
    "11-a": (
        written(),
        [
            ("relations:\n- {name: p, level: all}", "does not read this"),
            (written(weights="perplexity"), "t-SNE's still"),
            (written(union=False), "averaged"),
            (written("normalize"), "sum to 1"),
            (written(kernel="t-dist"), "Student's t"),
            (written(loss="kl div"), "there or not"),
            (written(sampling="item"), "whole rows"),
        ],
    ),
    "11-b": (
        "new rows",
        [
            ("neighborhood_hit", "counts labels"),
            ("silhouette", "well parted"),
            ("loss", "falls for shuffled"),
        ],
    ),
    "11-c": (
        followed(feature=2),
        [
            (followed(feature=3), "the column after"),
            (followed(i=2), "the column before"),
            (followed(feature=2, component=1), "the second axis"),
            ({"name": "bmi", "type": "distance correlation"}, "all distances"),
            (written(), "the whole method"),
            ({"name": "bmi", "options": {"feature": 2}}, "a type is missing"),
        ],
    ),
}
