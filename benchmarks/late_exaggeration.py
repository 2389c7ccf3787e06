"""Late exaggeration of t-SNE, factor by factor: what tight clusters cost, over several seeds.

The half of Zhou et al. (2022), figure 3, that stands by itself: FIt-SNE's late exaggeration, as
openTSNE computes it. ``recursion.py exaggeration`` puts the number of recursions of deep recursive embedding beside it.

``python benchmarks/late_exaggeration.py [--rows 1797] [--factors 2 4 8 12] [--seeds 10]``; with more rows than
the digits have, Fashion-MNIST. With ``--path`` an interrupted run goes on where it was, ``--figure`` draws the
scores, ``--maps`` the maps of the first seed side by side, as in the paper. t-SNE without late exaggeration is the
baseline. As its first map is that of PCA, seeds change little: ``--init random`` shows what they can do.
"""

import argparse

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.base import clone

import nbembed as nb
from nbembed import figures


def methods(factors, init, steps):
    """Return plain t-SNE, and one t-SNE for each factor; all take the same number of steps."""
    common = {"init": init, "n_iter": 500}
    late = {
        f"late exaggeration {factor:g}": nb.baselines.OpenTSNE(
            late_exaggeration=factor, late_exaggeration_iter=steps, **common
        )
        for factor in factors
    }
    return {"none": nb.baselines.OpenTSNE(**common), **late}


def draw_maps(tried, X, y):
    """Return the maps of the first seed side by side, with one legend for all."""
    figure = Figure(figsize=(3.2 * len(tried) + 1.0, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    for ax, (name, method) in zip(figure.subplots(1, len(tried)), tried.items(), strict=True):
        embedding = clone(method).set_params(random_state=0).fit_transform(X)
        figures.map(embedding, labels=y, ax=ax, title=name)
        legend = ax.get_legend()
        if legend is not None and not ax.get_subplotspec().is_last_col():
            legend.remove()
    return figure


def main():
    """Print the table; draw the figures where they were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1797)
    parser.add_argument("--factors", type=float, nargs="+", default=[2, 4, 8, 12])
    parser.add_argument("--steps", type=int, help="the last steps of 500; all if not given")
    parser.add_argument("--init", default="pca")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--path", help="file of trials that are done")
    parser.add_argument("--figure", help="file of the picture of the scores")
    parser.add_argument("--maps", help="file of the picture of the maps")
    options = parser.parse_args()
    few = options.rows <= 1797
    X, y = nb.datasets.digits() if few else nb.datasets.fashion_mnist(options.rows)
    X, y = X[: options.rows], y[: options.rows]
    tried = methods(options.factors, options.init, options.steps)
    result = nb.benchmark(
        tried,
        {"digits" if few else "Fashion-MNIST": (X, y)},
        seeds=options.seeds,
        path=options.path,
        baseline="none",
    )
    print(result)
    if options.figure:
        result.plot().savefig(options.figure)
    if options.maps:
        draw_maps(tried, X, y).savefig(options.maps)


if __name__ == "__main__":
    main()
