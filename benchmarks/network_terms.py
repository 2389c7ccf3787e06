"""What terms and targets do to a network's map, over seeds: the figures of Parametric UMAP, measured here.

``python benchmarks/network_terms.py FIGURE… [--data digits fashion] [--seeds 5] [--n-batches 600]`` prints a line of
JSON for every run and then a table, mean ± standard deviation over seeds; ``… table FILE…`` only the table, of lines
that were kept. A seed draws the rows, the labels that are known, and the network. Figures:

``reconstruction``: share of the variance of held-out rows that is lost, with a decoder, against PCA (figure 10).
``correlation``: weight of the term against correlation of distances and trustworthiness (figures 8 and 9).
``labels``: accuracy with few labels, of a classifier alone and beside a map, with as many batches (figures 3, 12, 13).
``width``: a hidden layer that minimises UMAP's loss against one that regresses on UMAP's map (figure 15).
``activations``: UMAP of a classifier's last hidden layer against UMAP of the data (figure 14).
``tsne``: parametric t-SNE by InfoNCE and by the KL divergence within batches, for equal seconds of training.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from networks import timed
from sklearn.datasets import make_moons
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

import nbembed as nb

WEIGHTS = (0.0, 0.1, 1.0, 10.0)
LABELS = (2, 10, 50)
WIDTHS = (4, 16, 64, 256)
# Labels per class of the classifier whose activations are mapped.
ENOUGH = {"digits": 10, "fashion": 50}
K = 15
# Mini-batches that tell how long one takes.
TRIAL = 10


# ---- data -------------------------------------------------------------------------------------


def parts(data, seed):
    """Return training rows and held-out rows with their classes as whole numbers, drawn by the seed."""
    rng = np.random.default_rng(seed)
    if data == "moons":
        X, y = make_moons(3000, noise=0.1, random_state=seed)
        order, n_train = rng.permutation(3000), 2000
    elif data == "digits":
        X, y = nb.datasets.digits()
        order, n_train = rng.permutation(len(X)), 1437
    else:
        X, y = nb.datasets.fashion_mnist()
        train, test = rng.permutation(60_000)[:2000], 60_000 + rng.permutation(10_000)[:1000]
        order, n_train = np.concatenate([train, test]), 2000
    _, codes = np.unique(y, return_inverse=True)
    train, test = order[:n_train], order[n_train:]
    X = X.astype(np.float32)
    return X[train], codes[train], X[test], codes[test]


def few(codes, each, seed):
    """Return the classes of ``each`` rows per class, and -1 for all others."""
    rng = np.random.default_rng([seed, each])
    known = np.full(len(codes), -1)
    for code in np.unique(codes):
        chosen = rng.permutation(np.flatnonzero(codes == code))[:each]
        known[chosen] = code
    return known


def common(seed, n_batches):
    """Return the options of every network here."""
    return {"device": "cpu", "n_jobs": 1, "random_state": seed, "n_batches": n_batches}


def trust(X, Y):
    return float(nb.metrics.trustworthiness(X, Y, n_neighbors=K))


# ---- the figures ------------------------------------------------------------------------------


def reconstruction(data, seed, n_batches):
    X, _, held_out, _ = parts(data, seed)
    options = common(seed, n_batches)
    pca = PCA(2, random_state=seed).fit(X)
    Y = pca.transform(held_out)
    yield "PCA", lost(held_out, pca.inverse_transform(Y), Y)
    attached = [nb.terms.Reconstruction()]
    detached = [nb.terms.Reconstruction(detach=True)]
    for name, method in (
        ("parametric UMAP, decoder detached", nb.ParametricUMAP(terms=detached, **options)),
        ("parametric UMAP, decoder attached", nb.ParametricUMAP(terms=attached, **options)),
        ("autoencoder", nb.Autoencoder(**options)),
    ):
        method.fit(X)
        Y = method.transform(held_out)
        yield name, lost(held_out, method.inverse_transform(Y), Y)


def lost(X, back, Y):
    error = nb.metrics.reconstruction_error(X, back, scaled=True)
    return {"variance lost": float(error), "trustworthiness": trust(X, Y)}


def correlation(data, seed, n_batches):
    X, _, held_out, _ = parts(data, seed)
    for weight in WEIGHTS:
        terms = [nb.terms.Correlation(weight)] if weight else []
        method = nb.ParametricUMAP(terms=terms, **common(seed, n_batches)).fit(X)
        yield (
            f"weight {weight:g}",
            kept(X, method.embedding_)
            | {"trustworthiness, held out": trust(held_out, method.transform(held_out))},
        )
    yield "PCA", kept(X, PCA(2, random_state=seed).fit_transform(X))


def kept(X, Y):
    found = {
        name: float(nb.metrics.distance_correlation(X, Y, kind=name.lower(), sample=1000))
        for name in ("Pearson", "Spearman")
    }
    return found | {"trustworthiness": trust(X, Y)}


class ClassifierAlone(nb.ParametricUMAP):
    """The network of ParametricUMAP in which nothing but the classifier is trained."""

    def phases(self, n_samples):
        return [phase for phase in super().phases(n_samples) if phase.name == "classifier"]


def alone(seed, n_batches):
    """Return a classifier that is trained for ``n_batches``, of the network that would have the map too."""
    terms = [nb.terms.Classification(pretrain=n_batches)]
    return ClassifierAlone(terms=terms, **common(seed, n_batches))


def labels(data, seed, n_batches, counts=LABELS):
    X, codes, held_out, truth = parts(data, seed)
    for each in counts:
        known = few(codes, each, seed)
        for name, method in classifiers(data, seed, n_batches):
            method.fit(X, known)
            found = {"accuracy": method.score(held_out, truth)}
            if name != "alone":
                found["trustworthiness"] = trust(held_out, method.transform(held_out))
            yield f"{each} labels, {name}", found


def classifiers(data, seed, n_batches):
    """Yield a classifier alone and beside a map, with equally many batches in all."""
    first = n_batches // 3
    rest = common(seed, n_batches - first)
    term, after = nb.terms.Classification(), nb.terms.Classification(pretrain=first)
    change = nb.terms.Consistency("shift" if data == "fashion" else "noise")
    yield "alone", alone(seed, n_batches)
    yield "joint", nb.ParametricUMAP(terms=[term], **common(seed, n_batches))
    yield "first alone, then joint", nb.ParametricUMAP(terms=[after], **rest)
    yield (
        "joint, consistency",
        nb.ParametricUMAP(terms=[term, change], **common(seed, n_batches)),
    )
    yield "learned metric", nb.ParametricUMAP(terms=[after], metric_from="hidden3", **rest)
    yield (
        "learned metric, consistency",
        nb.ParametricUMAP(terms=[after, change], metric_from="hidden3", **rest),
    )


def width(data, seed, n_batches):
    X, _, held_out, _ = parts(data, seed)
    free = nb.UMAP(random_state=seed, n_jobs=1).fit(X)
    yield "UMAP", judged(free.graph_, X, free.embedding_)
    for wide in WIDTHS:
        options = common(seed, n_batches) | {"hidden": (wide,), "learning_rate": 3e-3}
        # Neither sees principal directions or noise: the networks are the same.
        direct = nb.ParametricUMAP(n_directions=0, noise=0.0, **options)
        for name, method in (
            ("direct", direct),
            ("indirect", nb.Projection(free.embedding_, **options)),
        ):
            method.fit(X)
            yield (
                f"{wide} wide, {name}",
                judged(free.graph_, X, method.embedding_)
                | {"trustworthiness, held out": trust(held_out, method.transform(held_out))},
            )


def judged(graph, X, Y):
    return {"UMAP's loss": float(nb.metrics.umap_loss(graph, Y)), "trustworthiness": trust(X, Y)}


def activations(data, seed, n_batches):
    X, codes, held_out, truth = parts(data, seed)
    known = few(codes, ENOUGH[data], seed)
    classifier = alone(seed, n_batches).fit(X, known)
    predicted = classifier.predict(X)
    wrong = (predicted != codes) & (known < 0)
    layer = nb.features(classifier, "hidden3", X)
    for name, rows in (("pixels", X), ("activations", layer)):
        Y = nb.UMAP(random_state=seed, n_jobs=1).fit_transform(rows)
        yield (
            name,
            {
                "kNN accuracy": float(nb.metrics.knn_accuracy(Y, codes)),
                "silhouette": float(nb.metrics.silhouette(Y, codes)),
                "agrees with prediction": float(nb.metrics.knn_accuracy(Y, predicted)),
                "wrong rows among the class predicted": among(Y, codes, predicted, wrong),
                "wrong rows among their own class": among(Y, codes, codes, wrong),
                "wrong rows": float(wrong.mean()),
                "accuracy, held out": classifier.score(held_out, truth),
            },
        )


def among(Y, codes, wanted, rows):
    """Return the share of ``rows`` of whose neighbours in the map most are truly of the class ``wanted``."""
    near = NearestNeighbors(n_neighbors=K).fit(Y).kneighbors(return_distance=False)[rows]
    votes = [np.bincount(codes[of], minlength=codes.max() + 1).argmax() for of in near]
    return float(np.mean(np.asarray(votes) == wanted[rows]))


def tsne(data, seed, n_batches):
    X, codes, held_out, truth = parts(data, seed)
    free = nb.TSNE(random_state=seed, n_jobs=1).fit(X)
    yield "free", {"trustworthiness": trust(X, free.embedding_)}
    options = common(seed, n_batches)
    seconds, found = _trained(nb.ParametricTSNE(**options), X, codes, held_out, truth)
    yield "InfoNCE", found
    for name, more in (
        ("KL, redrawn batches", {"loss": "kl"}),
        ("KL, paper", {"preset": "paper"}),
    ):
        # The learning rate depends on how long training lasts, so that is measured first.
        trial = options | more | {"n_batches": TRIAL}
        _, _, each = timed(nb.ParametricTSNE(**trial), X)
        many = options | more | {"n_batches": max(TRIAL, round(TRIAL * seconds / each))}
        yield name, _trained(nb.ParametricTSNE(**many), X, codes, held_out, truth)[1]


def _trained(method, X, codes, held_out, truth):
    """Fit; return the seconds of the processor that training took, and how good the map is."""
    preparing, _, cpu = timed(method, X)
    Y, Z = method.embedding_, method.transform(held_out)
    return cpu, {
        "trustworthiness": trust(X, Y),
        "trustworthiness, held out": trust(held_out, Z),
        "1-NN accuracy, held out": float(
            nb.metrics.knn_accuracy(Y, codes, 1, Y_test=Z, labels_test=truth)
        ),
        "batches": method.n_batches,
        "training, CPU s": cpu,
        "before, s": preparing,
    }


FIGURES = {
    figure.__name__: figure
    for figure in (reconstruction, correlation, labels, width, activations, tsne)
}


# ---- what is printed --------------------------------------------------------------------------


def measure(figures, data, seeds, n_batches, counts):
    """Print a line of JSON for every run, and return them."""
    lines = []
    for name in data:
        for seed in seeds:
            for figure in figures:
                more = {"counts": counts} if figure == "labels" else {}
                began = time.perf_counter()
                for setting, values in FIGURES[figure](name, seed, n_batches, **more):
                    line = {"figure": figure, "data": name, "setting": setting, "seed": seed}
                    line |= {"n_batches": n_batches, "s": round(time.perf_counter() - began, 1)}
                    lines.append(line | {key: round(value, 4) for key, value in values.items()})
                    print(json.dumps(lines[-1]), flush=True)
                    began = time.perf_counter()
    return lines


def table(lines):
    """Print mean ± standard deviation over seeds, a table for every figure and data set."""
    told = {"figure", "data", "setting", "seed", "n_batches", "s"}
    for figure, data in dict.fromkeys((line["figure"], line["data"]) for line in lines):
        own = [line for line in lines if (line["figure"], line["data"]) == (figure, data)]
        columns = list(dict.fromkeys(key for line in own for key in line if key not in told))
        print(f"\n{figure}, {data}\n\n| | seeds | {' | '.join(columns)} |")
        print("|---" * (len(columns) + 2) + "|")
        for setting in dict.fromkeys(line["setting"] for line in own):
            runs = [line for line in own if line["setting"] == setting]
            cells = [spread([run[key] for run in runs if key in run]) for key in columns]
            print(f"| {setting} | {len(runs)} | {' | '.join(cells)} |")


def spread(values):
    if not values:
        return ""
    deviation = f" ± {np.std(values, ddof=1):.3g}" if len(values) > 1 else ""
    return f"{np.mean(values):.4g}{deviation}"


def main():
    """Measure the figures that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="+", metavar="FIGURE")
    parser.add_argument("--data", nargs="+", default=["digits"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--n-batches", type=int, default=600)
    parser.add_argument("--labels", nargs="+", type=int, default=LABELS)
    arguments = parser.parse_args()
    if arguments.what[0] == "table":
        texts = [Path(file).read_text().splitlines() for file in arguments.what[1:]]
        table([json.loads(line) for text in texts for line in text if line.startswith("{")])
        return
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    table(measure(arguments.what, arguments.data, seeds, arguments.n_batches, arguments.labels))


if __name__ == "__main__":
    main()
