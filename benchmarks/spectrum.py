"""Is it one switch? The tables of GDR measured again, run times, both ends of the spectrum, and what lies between.

``python benchmarks/spectrum.py switches --data digits roll fashion`` turns every switch of four algorithms by itself:
Tables 5, 9 and 10 of Draganov et al. in form, and the normalisation, of which they show pictures (their Table 7).
``… times --rows 2000 5000 --columns 100 400`` run times by rows and by columns, as ratios (their Figures 4 to 6).
``… ends --data digits`` NeighborEmbedding at 0 and at 1 against t-SNE and UMAP, with margins.
``… gallery --picture maps.png`` seven steps from one end to the other.

Rows: digits 1,797 × 64, a Swiss roll (2,000 × 3; its classes are tenths of its length), Fashion-MNIST 10,000 × 784.
Every result is written at once to a file of JSON lines (``--file``), from which an interrupted command goes on.
"""

import argparse
import os
import time
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from measuring import HERE, Ground, Results, show, verdicts
from recursion_trials import Split, alone, tried
from spectrum_tables import claims, normalization, tables

import nbembed as nb
from nbembed.benchmarking.fingerprints import described

ALGORITHMS = {"UMAP": "umap", "GDR UMAP": "gdr_umap", "t-SNE": "tsne", "GDR t-SNE": "gdr_tsne"}
# Between the two: what a switch is turned to is the other one.
OTHER = {
    "init": ("spectral", "random"),
    "pseudo_distance": (True, False),
    "symmetrization": ("union", "mean"),
    "symmetric_attraction": (True, False),
    "normalized": (True, False),
}
SWITCHES = {
    "original": None,
    "Frobenius": "divergence",
    "initialization": "init",
    "pseudo-distance": "pseudo_distance",
    "symmetrization": "symmetrization",
    "symmetric attraction": "symmetric_attraction",
    "a, b": "a",
    "normalization": "normalized",
}
# Neighbours that vote, at most: as published where there are 10,000 rows or more.
VOTES, ROWS_PER_VOTE = 100, 100
EPOCHS = 500
STEPS = 7


def turned(algorithm, switch, **more):
    """Return an algorithm with one switch turned to what the other algorithm has."""
    method = nb.GDR.preset(ALGORITHMS[algorithm], **more)
    name = SWITCHES[switch]
    if name is None:
        return method
    if name == "divergence":
        return method.set_params(divergence="frobenius")
    if name == "a":
        return method.set_params(**dict.fromkeys("ab", 1.0 if method.a is None else None))
    one, other = OTHER[name]
    return method.set_params(**{name: other if getattr(method, name) == one else one})


def by_grid(method):
    """Return a method whose repulsion of all points comes from a grid, where there is one for it."""
    if method.repulsion == "exact" and method.normalized and method.b == 1.0:
        method.set_params(repulsion="fft")
    return method


def splits(options):
    """Return the data asked for."""
    return [Split(name, *DATA[name](options)) for name in options.data]


def roll(options):
    """Return a Swiss roll, and in which tenth of its length each point lies."""
    from sklearn.datasets import make_swiss_roll

    X, place = make_swiss_roll(min(options.limit, 2000), random_state=0)
    tenths = np.quantile(place, np.linspace(0, 1, 11)[1:-1])
    return X.astype(np.float32), np.searchsorted(tenths, place)


def digits(options):
    """Return the digits, fewer if fewer are asked for."""
    X, y = nb.datasets.digits()
    return X[: options.limit], y[: options.limit]


def fashion(options):
    """Return pictures of Fashion-MNIST."""
    return nb.datasets.fashion_mnist(min(options.limit, 10_000))


DATA = {"digits": digits, "roll": roll, "fashion": fashion}


# ---- switches -------------------------------------------------------------------------------------


def switch_scores(split, made):
    """Return what the tables hold, in per cent, and what they do not."""
    measures, votes = nb.metrics, min(VOTES, max(1, len(split.y) // ROWS_PER_VOTE))
    found = {
        "knn_accuracy": measures.knn_accuracy(made.Y, split.y, votes),
        "v_measure": measures.v_measure(made.Y, split.y),
        "silhouette": measures.silhouette(made.Y, split.y),
        "trustworthiness": measures.trustworthiness(split.X, made.Y, n_neighbors=15),
    }
    return {name: 100.0 * float(value) for name, value in found.items()}


def switches(options):
    """Print the tables."""
    epochs = {} if options.steps is None else {"n_epochs": options.steps}
    families = [
        alone(f"{algorithm}, {switch}", by_grid(turned(algorithm, switch, **epochs)))
        for algorithm, switch in product(options.who or ALGORITHMS, options.turn or SWITCHES)
    ]
    trials = tried(families, splits(options), options.seeds, switch_scores, options.file)
    for data in dict.fromkeys(t.data for t in trials):
        here = [t for t in trials if t.data == data]
        for metric in dict.fromkeys(name for t in here for name in t.scores):
            print(f"\n{tables(here, metric)}")
        print(f"\n{normalization(here)}\n\n{claims(here)}")


# ---- times ----------------------------------------------------------------------------------------


def resampled(X, rows, columns, seed=0):
    """Return so many rows and columns: drawn where there are more, repeated with noise where there are fewer."""
    rng = np.random.default_rng(seed)
    for axis, size in enumerate((rows, columns)):
        have = X.shape[axis]
        chosen = rng.permutation(have)[:size]
        if size > have:
            chosen = np.concatenate([chosen, rng.integers(have, size=size - have)])
        X = np.take(X, chosen, axis=axis)
        if size > have:
            X = X + rng.normal(scale=0.05, size=X.shape).astype(np.float32)
    return np.ascontiguousarray(X, dtype=np.float32)


def contenders(epochs):
    """Return the four methods whose times are compared, all with as many steps."""
    early = min(250, epochs // 2)
    return {
        "UMAP": nb.UMAP(n_epochs=epochs),
        "GDR UMAP": nb.GDR.preset("gdr_umap", n_epochs=epochs),
        "t-SNE": nb.TSNE(early_exaggeration_iter=early, n_iter=epochs - early),
        "GDR t-SNE": nb.GDR.preset("gdr_tsne", n_epochs=epochs),
    }


def seconds_of(method, X, seed):
    """Return the seconds of a fit, after a small one that compiles what it needs."""
    method = method.set_params(random_state=seed)
    method.fit(X[:500])
    began = time.perf_counter()
    method.fit(X)
    return {"seconds": time.perf_counter() - began}


def times(options):
    """Print how many times as long as UMAP each takes, the median over repetitions."""
    X, _ = nb.datasets.fashion_mnist(min(max(options.rows), 70_000))
    results, side = Results("spectrum times", options), X.shape[1]
    first = options.rows[0]
    sizes = [(n, side) for n in options.rows] + [(first, d) for d in options.columns]
    ratios = {}
    for n, d in sizes:
        data, name = resampled(X, n, d), f"{n:,} x {d:,}"
        for seed in options.seeds:
            for who, method in contenders(options.steps or EPOCHS).items():
                measure = partial(seconds_of, method, data, seed)
                results.get(name, data, who, seed, measure, described(method))
        ratios[name] = {
            who: results.ratio(name, "UMAP", who, "seconds") for who in contenders(EPOCHS)
        }
    print("\nTimes as multiples of that of UMAP, in the same repetition")
    show(ratios, list(contenders(EPOCHS)), first="rows x columns")


# ---- ends -----------------------------------------------------------------------------------------


def at_ends(options):
    """Return by name a method and its kind, and which is compared with which."""
    n = {} if options.steps is None else {"n_epochs": options.steps}
    t = {} if options.steps is None else {"early_exaggeration_iter": 0, "n_iter": options.steps}
    ours = partial(nb.NeighborEmbedding, **n)
    methods = {
        "t-SNE": (nb.TSNE(**t), "t-SNE"),
        "spectrum 0": (ours(spectrum=0.0), "t-SNE"),
        "spectrum 0, negative sampling": (ours(spectrum=0.0, loss="neg_tsne"), "t-SNE"),
        "UMAP": (nb.UMAP(**n), "UMAP"),
        "spectrum 1": (ours(spectrum=1.0), "UMAP"),
        "spectrum 1, negative sampling": (ours(spectrum=1.0, loss="neg_tsne"), "UMAP"),
    }
    return methods, [(name, kind) for name, (_, kind) in methods.items() if name != kind]


def quality_of(method, ground, kind, seed):
    """Return the scores of a fit."""
    return ground.quality(method.set_params(random_state=seed).fit_transform(ground.X), kind)


def ends(options):
    """Print the quality at both ends, and what the differences are worth."""
    results = Results("spectrum ends", options)
    methods, pairs = at_ends(options)
    for split in splits(options):
        ground = Ground(split.X, split.y, options.file.parent)
        for seed, (name, (method, kind)) in product(options.seeds, methods.items()):
            measure = partial(quality_of, method, ground, kind, seed)
            results.get(split.name, split.X, name, seed, measure, described(method))
        table = {name: results.medians(split.name, name) for name in methods}
        columns = dict.fromkeys(score for row in table.values() for score in row)
        show(table, list(columns), first=split.name)
        print("\n| data | method | against | score | gain | 95 % | margin | verdict |")
        print("|" + "---|" * 8)
        for ours, peer in pairs:
            for one in verdicts(results, split.name, ours, peer):
                between = f"{one.low:+.4f} to {one.high:+.4f}"
                cells = (split.name, ours, peer, one.metric, f"{one.gain:+.4f}", between)
                print("| " + " | ".join((*cells, f"{one.margin:.4f}", one.verdict)) + " |")


# ---- gallery --------------------------------------------------------------------------------------


def gallery(options):
    """Draw seven steps from t-SNE's end to UMAP's, each turned as the one before the first."""
    from nbembed import figures

    split = splits(options)[0]
    steps = {} if options.steps is None else {"n_epochs": options.steps}
    maps = {}
    for place in np.linspace(0.0, 1.0, STEPS):
        method = nb.NeighborEmbedding(spectrum=float(place), random_state=options.seeds[0], **steps)
        maps[f"spectrum {place:.2f}"] = method.fit_transform(split.X)
    figure = nb.compare_maps(maps, labels=split.y, columns=4, title=f"From t-SNE to UMAP: {split.name}")  # fmt: skip
    Path(options.picture).write_bytes(figures.small_png(figure, max_bytes=250_000))


COMMANDS = {"switches": switches, "times": times, "ends": ends, "gallery": gallery}


def main():
    """Run the command asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    add = parser.add_argument
    add("command", choices=COMMANDS)
    add("--data", nargs="+", choices=DATA, default=["digits"])
    add("--limit", type=int, default=10_000, help="rows of each data set, at most")
    add("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4], help="which seeds")
    add("--who", nargs="+", choices=ALGORITHMS, help="algorithms whose switches are turned")
    add("--turn", nargs="+", choices=SWITCHES, help="switches that are turned")
    add("--rows", type=int, nargs="+", default=[2_000, 5_000, 10_000, 20_000, 70_000, 140_000])
    add("--columns", type=int, nargs="+", default=[50, 200, 784, 3_136])
    add("--steps", type=int, help="far fewer steps, to try the command itself")
    add("--threads", type=int, default=os.cpu_count())
    add("--file", type=Path, default=HERE / "out" / "spectrum.jsonl")
    add("--picture", default="spectrum.png", help="file of the gallery")
    options = parser.parse_args()
    options.file.parent.mkdir(parents=True, exist_ok=True)
    COMMANDS[options.command](options)


if __name__ == "__main__":
    main()
