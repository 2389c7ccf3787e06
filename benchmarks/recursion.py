"""Deep recursive embedding beside its control, beside other methods, on new digits, and beside late exaggeration.

``python benchmarks/recursion.py study --data digits fashion`` after every recursion, against as many further
steps of the same network without one: what the publication does not compare.
``… published --rows 10000`` the methods and scores of its Table 1 on Fashion-MNIST.
``… generated --train 1000 5000 --new 10000 60000`` its Tables 2 and 3: 1-NN of new digits that are made as the
training digits were, of other originals (``deformed.py``).
``… exaggeration --picture maps.png`` its Figure 3: FIt-SNE's late exaggeration beside the number of recursions.

``--seeds``, ``--preset``, ``--model cnn`` and ``--budget`` (a share of all epochs) go with each; ``--path`` names a
file of JSON lines, from which an interrupted command goes on. Published numbers: Zhou et al. (2022), IEEE TVCG 28.
"""

import argparse

import deformed
import numpy as np
from recursion_trials import Family, Split, alone, recursed, studied, table, tried, verdicts

import nbembed as nb

TRAIN, ALL = 60_000, 70_000
SIDES = {"digits": 8, "fashion": 28}


def splits(options):
    """Return the data asked for: rows of training, always the same, and held-out rows."""
    found = []
    for name in options.data:
        if name == "digits":
            X, y = nb.datasets.digits()
            order = np.random.default_rng(0).permutation(len(X))
            train, new = order[360:], order[:360]
        else:
            X, y = nb.datasets.fashion_mnist(ALL)
            train, new = np.random.default_rng(0).permutation(TRAIN), np.arange(TRAIN, ALL)
        train = train[: options.rows]
        X = pooled(X, SIDES[name], options.pool)
        found.append(Split(name, X[train], y[train], {"test": (X[new], y[new])}))
    return found


def pooled(X, side, by):
    """Return square pictures in which each pixel is the mean of ``by`` by ``by``."""
    return X.reshape(len(X), side // by, by, side // by, by).mean(axis=(2, 4)).reshape(len(X), -1)


def dre(options, data, n_samples, **more):
    """Return a DRE whose epochs are multiplied by the budget, with the recursions asked for or those of the preset."""
    if options.model == "cnn":
        side = SIDES[data] // options.pool
        more |= {"shape": (side, side, 1)}
    if options.batch:
        more |= {"batch_size": min(options.batch, n_samples)}
    more |= {"model": options.model, "head": options.head, "device": options.device, "n_jobs": 1}
    method = nb.DRE(preset=options.preset, recursions=options.recursions, **more)
    recipe = method.recipe(n_samples)
    epochs = epochs_of(options, recipe["n_epochs"])
    each = options.epochs or max(1, epochs // 2)
    recursions = [nb.Recursion(layer, n_epochs=each) for layer in recipe["recursions"]]
    return method.set_params(n_epochs=epochs, recursions=recursions)


def epochs_of(options, epochs):
    """Return a number of epochs times the budget."""
    return max(1, round(options.budget * epochs))


def study(options):
    """Print scores after every recursion and after as many further steps, and what the differences are worth."""
    trials = []
    for split in splits(options):
        trials += studied(
            dre(options, split.name, len(split.X)), split, options.seeds, options.path
        )
    print("\n" + table(trials) + "\n\n" + verdicts(trials, {"recursions": "control"}))


# ---- Table 1 --------------------------------------------------------------------------------------


def published_scores(split, made):
    """Return the scores of Table 1; the stress is that of the map at its best scale."""
    measures, pair = nb.metrics, (split.X, made.Y)
    return {
        "NH": measures.neighborhood_hit(made.Y, split.y, n_neighbors=7),
        "T": measures.trustworthiness(*pair, n_neighbors=7),
        "C": measures.continuity(*pair, n_neighbors=7),
        "1 - stress": 1.0 - measures.normalized_stress(*pair, scaled=True),
        "Shepard": measures.shepard_goodness(*pair),
    }


def parametric(options, data, n_samples):
    """Return the methods of Tables 1 to 3 that place new rows."""
    b, common = nb.baselines, {"device": options.device}

    def e(n):
        return epochs_of(options, n)

    rbm = b.RBMParametricTSNE(
        pretraining_epochs=e(30), linear_epochs=e(50), n_epochs=e(30), batch_size=options.rbm_batch, **common
    )  # fmt: skip
    learned = {"n_epochs": e(200), **common}
    method = dre(options, data, n_samples, second_stage=True)
    count = len(method.recursions)
    names = [f"DRE t-SNE, recursion {n}" for n in range(1, count)] + ["DRE t-SNE"] * (count > 0)
    names = ("deep t-SNE", *names, "DRE t-SNE + UMAP" if count else "deep t-SNE + UMAP")
    return [
        alone("PCA", b.PCA()),
        alone("autoencoder", b.Autoencoder(**learned)),
        alone("UMAP", b.UMAPLearn()),
        alone("parametric t-SNE (RBM)", rbm),
        alone("projection of t-SNE", b.Projection(b.OpenTSNE(), **learned)),
        alone("projection of UMAP", b.Projection(b.UMAPLearn(), **learned)),
        Family(names, method, recursed),
    ]


def tsne(gradient, **more):
    """Return t-SNE with the gradient of Barnes and Hut (``"bh"``) or of FIt-SNE (``"fft"``)."""
    return nb.baselines.OpenTSNE(options={"negative_gradient_method": gradient}, **more)


def free():
    """Return the methods of Table 1 that place no new rows there."""
    return [alone("t-SNE (Barnes-Hut)", tsne("bh")), alone("FIt-SNE", tsne("fft"))]


def chosen(options, families):
    """Return the families asked for: those with a method whose name holds one of the given words."""
    if not options.only:
        return families
    return [f for f in families if any(w.lower() in m.lower() for w in options.only for m in f.methods)]  # fmt: skip


def published(options):
    """Print Table 1."""
    trials = []
    for split in splits(options):
        families = chosen(options, free() + parametric(options, split.name, len(split.X)))
        trials += tried(families, [split], options.seeds, published_scores, options.path)
    print("\n" + table(trials))


# ---- Tables 2 and 3 -------------------------------------------------------------------------------


def new_scores(split, made):
    """Return the 1-NN accuracy of new rows, by their number."""
    return {
        f"1-NN, {name} new": nb.metrics.knn_accuracy(made.Y, split.y, 1, Y_test=made.place(X), labels_test=y)
        for name, (X, y) in split.new.items()
    }  # fmt: skip


def generated(options):
    """Print Tables 2 and 3, in per cent."""
    X_new, y_new = deformed.deformed_digits(max(options.new), test=True)
    new = {f"{n:,}": (X_new[:n], y_new[:n]) for n in options.new}
    trials = []
    for n in options.train:
        split = Split(f"generated digits, {n:,}", *deformed.deformed_digits(n), new)
        families = chosen(options, parametric(options, "digits", n))
        trials += tried(families, [split], options.seeds, new_scores, options.path)
    print("\n" + table(trials, percent=True))


# ---- Figure 3 -------------------------------------------------------------------------------------


def exaggeration_scores(split, made):
    """Return the scores of a map by itself: how separate the classes are, and what it costs."""
    measures = nb.metrics
    return {
        "neighborhood_hit": measures.neighborhood_hit(made.Y, split.y),
        "silhouette": measures.silhouette(made.Y, split.y),
        "trustworthiness": measures.trustworthiness(split.X, made.Y, n_neighbors=15),
        "neighbor_recall": measures.neighbor_recall(split.X, made.Y, n_neighbors=15),
        "shepard_goodness": measures.shepard_goodness(split.X, made.Y),
    }


def exaggeration(options):
    """Print scores of late exaggeration and of recursions, and draw the maps of the first seed side by side."""
    late = {f"late exaggeration {f:g}": f for f in options.factors}
    rows = [alone("FIt-SNE", tsne("fft"))]
    rows += [alone(name, tsne("fft", late_exaggeration=f)) for name, f in late.items()]
    trials, pairs = [], dict.fromkeys(late, "FIt-SNE")
    for split in splits(options):
        method = dre(options, split.name, len(split.X))
        names = [f"{n} recursion{'s' * (n > 1)}" for n in range(1, len(method.recursions) + 1)]
        pairs |= dict.fromkeys(names, "deep t-SNE")
        families = [*rows, Family(("deep t-SNE", *names), method, recursed)]
        trials += tried(families, [split], options.seeds, exaggeration_scores, options.path)
        if options.picture:
            draw(split, families, options.seeds[0], options.picture)
    print("\n" + table(trials) + "\n\n" + verdicts(trials, pairs))


def draw(split, families, seed, path):
    """Draw the maps: late exaggeration above, recursions below."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from sklearn.base import clone

    from nbembed import figures

    maps = [[], []]
    for family in families:
        method = clone(family.estimator).set_params(random_state=seed)
        maps[len(family.methods) > 1] += [
            (made.method, made.Y.copy()) for made in family.maps(method, split, family.methods)
        ]
    columns = max(map(len, maps))
    figure = Figure(figsize=(3.2 * columns + 1.5, 7.2), layout="constrained")
    FigureCanvasAgg(figure)
    for line, row in zip(figure.subplots(2, columns, squeeze=False), maps, strict=True):
        for ax in line[len(row) :]:
            ax.set_axis_off()
        for ax, (name, Y) in zip(line, row, strict=False):
            figures.map(Y, labels=split.y, ax=ax, title=name)
            # One legend is enough for all, at the end.
            if (row, name) != (maps[1], row[-1][0]) and ax.get_legend() is not None:
                ax.get_legend().remove()
    figure.savefig(path)


COMMANDS = {
    "study": study,
    "published": published,
    "generated": generated,
    "exaggeration": exaggeration,
}


def main():
    """Run the command asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    add = parser.add_argument
    add("command", choices=COMMANDS)
    add("--data", nargs="+", choices=SIDES, help="digits if not given, for published fashion")
    add("--rows", type=int, default=10_000, help="of training, at most")
    add("--pool", type=int, default=1, choices=(1, 2, 4), help="pixels that become one, each way")
    add("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4], help="which seeds")
    add("--preset", default="recommended")
    add("--model", default="fcnn", choices=("fcnn", "cnn"))
    add("--recursions", nargs="*", help="names of layers; the preset's if not given")
    add(
        "--head", type=int, nargs="*", help="widths such as 2000 500 100; the preset's if not given"
    )
    add("--epochs", type=int, help="of each recursion; half of those before if not given")
    add("--budget", type=float, default=1.0, help="share of the epochs of all networks")
    add("--batch", type=int, help="rows of a batch of DRE; the preset's if not given")
    add("--rbm-batch", type=int, default=5000, help="rows of a batch of the RBM's last stage")
    add("--only", nargs="+", help="words in the names of the methods wanted")
    add("--device", default="cpu")
    add("--train", type=int, nargs="+", default=[1000, 2000, 5000], help="generated digits")
    add("--new", type=int, nargs="+", default=[5000, 10_000, 20_000], help="new digits")
    add("--factors", type=float, nargs="+", default=[2, 4, 8, 12], help="late exaggeration")
    add("--picture", help="file of the maps side by side")
    add("--path", help="file of trials that are done")
    options = parser.parse_args()
    options.data = options.data or ["fashion" if options.command == "published" else "digits"]
    COMMANDS[options.command](options)


if __name__ == "__main__":
    main()
