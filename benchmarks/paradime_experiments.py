"""The experiments of the ParaDime paper, sec. 5, again on data that are here, as documents.

    python benchmarks/paradime_experiments.py [--only hybrid triplet guided latent] [--figure FILE]

prints a table for each: a classifier beside UMAP over the weight sweep; triplets of labels beside t-SNE over their
ratio; an axis that follows an attribute, with integrated gradients; and points that are moved with frozen weights.
"""

import argparse

import numpy as np
from sklearn.datasets import load_wine
from sklearn.metrics import silhouette_score

import nbembed as nb
from nbembed.figures import TEN_COLORS

FIXED = {"device": "cpu", "random_state": 0}
EMBEDDED = [0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99, 1.0]
RATIOS = [10, 20, 50, 100, 200, 500, 1000, 2000]
GUIDES = [(1, 0), (5000, 1), (1000, 1), (100, 1)]
# The paper divides its divergence by the rows of a batch, 500; here it is the whole sum. So are weights beside it.
PER_ROW = 500
# Of the wines: it hardly correlates with the first principal axis, which all maps begin with.
ATTRIBUTE = "ash"

UMAP = """
relations:
- {name: p, level: global, type: neighbor, transforms: [{type: connect, options: {neighbors: 15}}, {type: symmetrize, options: {sub prod: true}}]}
- {name: q, level: batch, type: pairwise, transforms: [{type: cauchy, options: {spread: 1, min dist: 0.1}}]}
losses:
- {name: umap, type: relation, func: cross entropy, keys: {rels: [p, q]}}
- {name: class, type: classification}
training phases:
- epochs: 40
  loss: {components: [umap, class], weights: [0.5, 0.5]}
  sampling: {type: edge, options: {batch size: 50}}
"""  # noqa: E501 - one relation a line
TSNE = """
derived data: [{name: pca, data func: pca}]
relations:
- {name: p, level: global, type: neighbor, transforms: [{type: perplexity, options: {perplexity: 30}}, {type: symmetrize}, {type: normalize}]}
- {name: q, level: batch, type: pairwise, transforms: [{type: t-dist}, {type: normalize}]}
- {name: r, level: global, type: pairwise eq}
losses:
- {name: init, type: position, keys: {data: [main, pca]}}
- {name: tsne, type: relation, func: kl div, keys: {rels: [p, q]}}
training phases:
- {epochs: 10, loss: {components: init}}
"""  # noqa: E501 - one relation a line
LATENT = """
relations:
- {name: p, level: global, type: neighbor, data: hidden2, transforms: [{type: connect}, {type: symmetrize, options: {sub prod: true}}]}
- {name: q, level: batch, type: pairwise, transforms: [{type: cauchy, options: {spread: 1, min dist: 0.1}}]}
losses:
- {name: class, type: classification}
- {name: umap, type: relation, func: cross entropy, keys: {rels: [p, q]}}
- {name: moved, type: position, keys: {data: [main, wanted]}}
training phases:
- {name: classify, epochs: 10, loss: {components: class}}
- {name: embed, epochs: 20, loss: {components: umap}, sampling: {type: edge}, frozen: [hidden1, hidden2]}
- {name: move, epochs: 20, loss: {components: [moved, class]}}
"""  # noqa: E501 - one relation a line


def trust(X, Y):
    return float(nb.metrics.trustworthiness(X, Y, n_neighbors=10))


def tsne(loss, weights, sampling, epochs):
    """Return t-SNE's document with a second loss."""
    document = nb.Spec.from_yaml(TSNE).to_dict()
    document["losses"].append(loss)
    components = {"components": ["tsne", loss["name"]], "weights": weights}
    document["training phases"].append({"epochs": epochs, "loss": components, "sampling": sampling})
    return document


def hybrid():
    """Sec. 5.1, Figure 3: accuracy and trustworthiness of new rows over the weight of the embedding."""
    X, y = nb.datasets.digits()
    order = np.random.default_rng(0).permutation(len(X))
    train, test = order[:1000], order[1000:]
    weights = [{"umap": w, "class": 1 - w} for w in EMBEDDED]
    rows = []
    for each in nb.sweep(UMAP, X[train], y[train], weights=weights, **FIXED):
        model = each.estimator
        right = float(np.mean(model.predict(X[test]) == y[test]))
        rows.append((each.weights["umap"], right, trust(X[test], model.transform(X[test]))))
    return ["weight of UMAP", "accuracy, new rows", "trustworthiness, new rows"], rows


def triplet():
    """Sec. 5.2, Figure 4: classes apart and neighbours kept over the ratio of the two weights."""
    X, y = nb.datasets.fashion_mnist(500)
    sampling = {"type": "edge", "options": {"rels": "r", "rate": 1, "batch size": 300}}
    document = tsne({"name": "triplet", "type": "triplet"}, [1, 1], sampling, 60)
    rows = []
    weights = [{"tsne": r / PER_ROW} for r in RATIOS]
    for r, each in zip(RATIOS, nb.sweep(document, X, y, weights=weights, **FIXED), strict=True):
        Y = each.estimator.embedding_
        axes = np.linalg.svd(Y - Y.mean(axis=0), compute_uv=False)
        flat = float(axes[1] / axes[0])
        rows.append((r, float(silhouette_score(Y, y)), trust(X, Y), flat))
    return [
        "t-SNE : triplet",
        "silhouette of classes",
        "trustworthiness",
        "narrow : wide axis",
    ], rows


def guided(keep):
    """Sec. 5.3, Figure 5: an axis that follows an attribute, and what integrated gradients say of it."""
    wine = load_wine()
    X = (wine.data - wine.data.mean(axis=0)) / wine.data.std(axis=0)
    column = wine.feature_names.index(ATTRIBUTE)
    loss = {"name": "corr", "type": "correlation", "options": {"feature": column, "component": 0}}
    rows = []
    for kept, followed in GUIDES:
        weights = [kept / PER_ROW if followed else 1, followed]
        document = tsne(loss, weights, {"options": {"batch size": 178}}, 150)
        model = nb.Routine(document, **FIXED).fit(X)
        Y = model.embedding_
        found = nb.explain.integrated_gradients(model, X)
        keep[f"{kept} : {followed}"] = found
        rank = 1 + int((found.importances > found.importances[column]).sum())
        share = float(found.importances[column] / found.importances.sum())
        follows = abs(float(np.corrcoef(X[:, column], Y[:, 0])[0, 1]))
        rows.append((f"{kept} : {followed}", follows, trust(X, Y), rank, share, found.error))
    heads = ["t-SNE : correlation", f"corr. with {ATTRIBUTE}", "trustworthiness", "its rank"]
    return [*heads, "its share", "error of sums"], rows


def latent():
    """Sec. 5.4: a classifier, a map of what it knows, and points that somebody moves."""
    X, y = (part[:600] for part in nb.datasets.digits())
    wanted = np.full((600, 2), np.nan)
    wanted[:20] = np.random.default_rng(0).normal(size=(20, 2)) * 5
    run = nb.Routine(LATENT, data={"wanted": wanted}, **FIXED).run(X, y)
    held, rows, before = {}, [], {}
    for frame in run:
        if frame.is_stage:
            continue
        parts = {**dict(run.network.named_parameters()), **dict(run.heads.named_parameters())}
        held[frame.phase] = {k: v.detach().numpy().copy() for k, v in parts.items()}
        far = np.sqrt(np.square(frame.embedding[:20] - wanted[:20]).sum(axis=1).mean())
        rows = [row for row in rows if row[0] != frame.phase]
        rows.append(
            (frame.phase, float(nb.metrics.neighborhood_hit(frame.embedding, y)), float(far))
        )
    found = []
    for phase, hit, far in rows:
        same = sum(bool((held[phase][k] == before[k]).all()) for k in before)
        found.append((phase, hit, far, f"{same} of {len(held[phase])}" if before else "-"))
        before = held[phase]
    heads = ["phase", "neighbours of the class", "distance of moved points"]
    return [*heads, "weights unchanged to the bit"], found


def cell(value):
    if isinstance(value, float):
        return f"{value:.1e}" if 0 < abs(value) < 1e-3 else f"{value:.3f}"
    return str(value)


def show(name, heads, rows):
    print(f"\n{name}\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for row in rows:
        print(f"| {' | '.join(map(cell, row))} |", flush=True)


def figure(tables, attributions, path):
    """Write the three sweeps and the attributions as one picture."""
    import matplotlib.pyplot as plt

    drawn, axes = plt.subplots(1, 3, figsize=(13, 4), layout="constrained", width_ratios=[4, 4, 3])
    for ax, name in zip(axes, ("hybrid", "triplet"), strict=False):
        heads, rows = tables[name]
        places = range(len(rows))
        for i, style in ((1, "o-"), (2, "s--")):
            ax.plot(
                places, [row[i] for row in rows], style, color=TEN_COLORS[i - 1], label=heads[i]
            )
        ax.set_xticks(places, [f"{row[0]:g}" for row in rows])
        ax.set(title=name, xlabel=heads[0], ylim=(0, 1.02))
        ax.legend(frameon=False)
    shown = {name: attributions[name] for name in list(attributions)[::3]}
    nb.attribution_chart(
        shown, names=load_wine().feature_names, n_features=8, title="guided", ax=axes[2]
    )
    axes[2].set_xlabel("mean magnitude, in units of the map")
    drawn.savefig(path, dpi=90)


def main():
    attributions = {}
    experiments = {"hybrid": hybrid, "triplet": triplet, "latent": latent}
    experiments["guided"] = lambda: guided(attributions)
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="+", choices=experiments, default=list(experiments))
    parser.add_argument("--figure")
    asked = parser.parse_args()
    tables = {}
    for name in asked.only:
        tables[name] = experiments[name]()
        show(name, *tables[name])
    if asked.figure and {"hybrid", "triplet", "guided"} <= set(tables):
        figure(tables, attributions, asked.figure)


if __name__ == "__main__":
    main()
