"""What is timed: our methods and their peers from rows to a map, and searches from rows to neighbours.

Nothing heavy is imported before it is needed, so that a first call pays for its own imports and for no other's. (The
peers of :mod:`nbembed.baselines` stand behind nbembed and would pay for its import.)
"""

import functools
import importlib
import importlib.util
import math
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

# Rows up to which a method is tried unless it is asked for: beyond, it takes the better part of an hour.
BARNES_HUT_ROWS = 10_000


class Clock:
    """Seconds by stage. What a stage spends in another one counts for the inner one only."""

    def __init__(self):
        self.seconds: dict[str, float] = {}
        self._open: list[str] = []
        self._last = time.perf_counter()

    @contextmanager
    def stage(self, name):
        """Count the time inside for ``name``."""
        self._mark()
        self._open.append(name)
        try:
            yield
        finally:
            self._mark()
            self._open.pop()

    def switch(self, name):
        """Count from now on for ``name`` instead of the stage that is open."""
        self._mark()
        self._open[-1] = name

    def _mark(self):
        now = time.perf_counter()
        if self._open:
            name = self._open[-1]
            self.seconds[name] = self.seconds.get(name, 0.0) + now - self._last
        self._last = now

    @contextmanager
    def watching(self, stages):
        """Time what is found at ``"module:name"`` as the stage that the mapping says."""
        with ExitStack() as undo:
            for place, stage in stages.items():
                owner, name = found(place)
                original = getattr(owner, name)
                setattr(owner, name, self._timed(original, stage))
                undo.callback(setattr, owner, name, original)
            yield

    def _timed(self, function, stage):
        @functools.wraps(function)
        def timed(*arguments, **options):
            with self.stage(stage):
                return function(*arguments, **options)

        return timed


def found(place):
    """Return what holds the function at ``"module:name"`` or ``"module:Class.name"``, and its name."""
    module, _, path = place.partition(":")
    *classes, name = path.split(".")
    return functools.reduce(getattr, classes, importlib.import_module(module)), name


@dataclass(frozen=True)
class Contender:
    """Something that is timed.

    Attributes
    ----------
    name : str
        As the tables call it.
    kind : str
        "UMAP", "t-SNE", "other" or "neighbors": what it is compared with.
    package : str
        What has to be there, by the name of its module.
    run
        Function of rows, seed, threads and a clock, and of what :attr:`options` names, to a map or to neighbours.
    stages : mapping
        The functions of the package that are its stages, for those that have no other way to tell.
    max_rows : int or None
        Rows up to which it takes part without being asked for.
    """

    name: str
    kind: str
    package: str
    run: Callable[..., Any]
    stages: Mapping[str, str] = field(default_factory=dict)
    max_rows: int | None = None

    @property
    def is_there(self):
        """Whether its package is installed."""
        return importlib.util.find_spec(self.package) is not None

    def timed(self, X, **options):
        """Return what it makes of the rows, the seconds of the call, and those of each stage."""
        clock = Clock()
        began = time.perf_counter()
        with clock.stage("rest"), clock.watching(self.stages):
            result = self.run(X, clock=clock, **options)
        return result, time.perf_counter() - began, clock.seconds


# ---- ours ---------------------------------------------------------------------------------------

OUR_STAGES = {
    "finding neighbours": "neighbors",
    "computing affinities": "affinities",
    "computing the starting map": "initialization",
    "compiling, once on this machine": "compilation",
}


def following(clock):
    """Return a callback that tells the clock which stage a run is in."""

    def follow(frame):
        clock.switch(OUR_STAGES.get(frame.phase, frame.phase) if frame.is_stage else "optimization")

    return follow


def our_umap(X, *, seed, threads, clock, steps=None):
    import nbembed

    return nbembed.UMAP(
        random_state=seed, n_jobs=threads, n_epochs=steps, callbacks=following(clock)
    ).fit_transform(X)


def our_tsne(X, *, seed, threads, clock, steps=None):
    import nbembed

    fewer = {} if steps is None else {"early_exaggeration_iter": steps, "n_iter": steps}
    return nbembed.TSNE(
        random_state=seed, n_jobs=threads, callbacks=following(clock), **fewer
    ).fit_transform(X)


def our_widget(X, *, seed, threads, clock, steps=None):  # noqa: ARG001 - a widget shows, it has no stages here
    import nbembed

    fewer = {} if steps is None else {"n_epochs": steps}
    return nbembed.EmbedWidget(X, random_state=seed, n_jobs=threads, **fewer).fit().embedding_


# ---- the peers, with their own defaults but for seed and threads ----------------------------------

UMAP_LEARN = {
    "umap.umap_:pairwise_distances": "neighbors",
    "umap.umap_:nearest_neighbors": "neighbors",
    "umap.umap_:fuzzy_simplicial_set": "affinities",
    "umap.umap_:simplicial_set_embedding": "initialization",
    "umap.umap_:optimize_layout_euclidean": "optimization",
}
OPENTSNE = {
    "openTSNE.affinity:get_knn_index": "neighbors",
    "openTSNE.nearest_neighbors:Annoy.build": "neighbors",
    "openTSNE.nearest_neighbors:NNDescent.build": "neighbors",
    "openTSNE.nearest_neighbors:Sklearn.build": "neighbors",
    "openTSNE.tsne:TSNE.prepare_initial": "affinities",
    "openTSNE.initialization:pca": "initialization",
    "openTSNE.tsne:TSNEEmbedding.optimize": "optimization",
}
SCIKIT_LEARN = {
    "sklearn.manifold._t_sne:NearestNeighbors.fit": "neighbors",
    "sklearn.manifold._t_sne:NearestNeighbors.kneighbors_graph": "neighbors",
    "sklearn.manifold._t_sne:_joint_probabilities_nn": "affinities",
    "sklearn.manifold._t_sne:PCA.fit_transform": "initialization",
    "sklearn.manifold._t_sne:TSNE._tsne": "optimization",
}
PACMAP = {
    "pacmap.pacmap:preprocess_X": "initialization",
    "pacmap.pacmap:PaCMAP.sample_pairs": "neighbors",
    "pacmap.pacmap:pacmap": "optimization",
}


def umap_learn(X, *, seed, threads, clock, steps=None):  # noqa: ARG001 - with a seed it takes one thread only
    from umap import UMAP

    return UMAP(n_jobs=threads, n_epochs=steps).fit_transform(X)


def umap_learn_seeded(X, *, seed, threads, clock, steps=None):  # noqa: ARG001
    from umap import UMAP

    return UMAP(random_state=seed, n_jobs=1, n_epochs=steps).fit_transform(X)


def opentsne(X, *, seed, threads, clock, steps=None):  # noqa: ARG001
    from openTSNE import TSNE

    fewer = {} if steps is None else {"early_exaggeration_iter": steps, "n_iter": steps}
    return TSNE(random_state=seed, n_jobs=threads, **fewer).fit(X)


def scikit_tsne(X, *, seed, threads, clock, steps=None):  # noqa: ARG001
    from sklearn.manifold import TSNE

    # It allows no less than 250.
    fewer = {} if steps is None else {"max_iter": max(250, 2 * steps)}
    return TSNE(random_state=seed, n_jobs=threads, **fewer).fit_transform(X)


def pacmap(X, *, seed, threads, clock, steps=None):  # noqa: ARG001
    from pacmap import PaCMAP

    fewer = {} if steps is None else {"num_iters": (steps, steps, steps)}
    return PaCMAP(random_state=seed, **fewer).fit_transform(X)


def torchdr(X, *, seed, threads, clock, method, steps=None):  # noqa: ARG001
    import torchdr as package

    fewer = {} if steps is None else {"max_iter": steps}
    return getattr(package, method)(random_state=seed, device="cpu", **fewer).fit_transform(X)


# ---- searches -------------------------------------------------------------------------------------


def our_search(X, *, seed, threads, clock, k, method="auto"):  # noqa: ARG001 - threads come by the environment
    from nbembed.neighbors import nearest_neighbors

    return nearest_neighbors(X, n_neighbors=k, random_state=seed, method=method).indices


def descent(X, *, seed, threads, clock, k, **options):  # noqa: ARG001
    from pynndescent import NNDescent

    index = NNDescent(X, n_neighbors=k + 1, random_state=seed, n_jobs=threads, **options)
    return index.neighbor_graph[0][:, 1:]


def umaps_descent(X, *, seed, threads, clock, k):
    """Search as umap-learn does."""
    n = len(X)
    options = {
        "n_trees": min(64, 5 + round(math.sqrt(n) / 20.0)),
        "n_iters": max(5, round(math.log2(n))),
        "max_candidates": 60,
    }
    return descent(X, seed=seed, threads=threads, clock=clock, k=k, **options)


METHODS = {
    one.name: one
    for one in (
        Contender("UMAP", "UMAP", "nbembed", our_umap),
        Contender("umap-learn", "UMAP", "umap", umap_learn, UMAP_LEARN),
        Contender("umap-learn, seeded", "UMAP", "umap", umap_learn_seeded, UMAP_LEARN, 0),
        Contender("EmbedWidget", "UMAP", "nbembed", our_widget, {}, 0),
        Contender("t-SNE", "t-SNE", "nbembed", our_tsne),
        Contender("openTSNE", "t-SNE", "openTSNE", opentsne, OPENTSNE),
        Contender("scikit-learn", "t-SNE", "sklearn", scikit_tsne, SCIKIT_LEARN, BARNES_HUT_ROWS),
        Contender("PaCMAP", "other", "pacmap", pacmap, PACMAP),
        Contender("TorchDR UMAP", "UMAP", "torchdr", functools.partial(torchdr, method="UMAP")),
        Contender(
            "TorchDR t-SNE",
            "t-SNE",
            "torchdr",
            functools.partial(torchdr, method="TSNE"),
            max_rows=BARNES_HUT_ROWS,
        ),
    )
}
SEARCHES = {
    one.name: one
    for one in (
        Contender("nbembed", "neighbors", "nbembed", our_search),
        Contender("pynndescent", "neighbors", "pynndescent", descent),
        Contender("pynndescent, umap-learn's", "neighbors", "pynndescent", umaps_descent),
        Contender(
            "nbembed, exact",
            "neighbors",
            "nbembed",
            functools.partial(our_search, method="exact"),
            max_rows=20_000,
        ),
    )
}


def chosen(contenders, names, rows):
    """Return the contenders called by name, or all that take part with so many rows and are installed."""
    if names:
        return [contenders[name] for name in names]
    return [
        one
        for one in contenders.values()
        if one.is_there and (one.max_rows is None or rows <= one.max_rows)
    ]
