"""ParametricUMAP beside its peers, in one run on one core: ``networks_peers.py [sooner] [transform]``.

``sooner``: seconds from the call of ``fit`` until the training rows are at trustworthiness 0.93 (K = 15, of 5,000 of
10,000 rows of Fashion-MNIST), for nbembed and for the package parametric-umap (``pip install parametric-umap``). That
is stopped, and counted as censored, after ``--budget`` seconds. Looking at a map stops the clock of both.

``transform``: seconds for 10,000 new rows, against umap-learn's ``transform`` (whose first call compiles and builds an
index), and trustworthiness of those rows among themselves. ``--rows 60000`` fits on all of the training rows.
"""

import argparse
import json
import time
from collections.abc import Callable

import numpy as np
import torch
from networks import pictures, trust

import nbembed as nb

WANTED = 0.93
# Seconds on the clock between two looks at a map, in the beginning; the pauses grow by a fifth each.
FIRST_LOOK, GROWTH = 0.5, 1.2


class Enough(Exception):  # noqa: N818 - it is no error: a peer has no other way to be stopped
    """Raised inside a peer's training when nothing more is to be learned."""


class Watch:
    """A clock that stands while a map is looked at, and the trustworthiness at its looks."""

    def __init__(self, X, budget):
        part = np.random.default_rng(1).permutation(len(X))[:5_000]
        self.part, self.X, self.budget = part, X[part], budget
        self.looks, self.stood, self.next = [], 0.0, FIRST_LOOK
        self.began = time.perf_counter()

    @property
    def now(self):
        """Seconds since the beginning in which nobody looked."""
        return time.perf_counter() - self.began - self.stood

    def look(self, read: Callable[[], np.ndarray]):
        """Look at the map if it is time; return whether this was the last look."""
        now = self.now
        if now < self.next:
            return False
        stopped = time.perf_counter()
        value = float(nb.metrics.trustworthiness(self.X, read()[self.part], n_neighbors=15))
        self.looks.append((round(now, 2), round(value, 4)))
        self.next = max(now * GROWTH, now + FIRST_LOOK)
        self.stood += time.perf_counter() - stopped
        return value >= WANTED or now > self.budget

    def result(self):
        """Return when the wanted value was reached, None if never, and the last look."""
        reached = next((seconds for seconds, value in self.looks if value >= WANTED), None)
        return {"reached_s": reached, "last": self.looks[-1], "looks": len(self.looks)}


def ours(X, budget):
    """Train nbembed's recommended recipe until it is there."""
    watch = Watch(X, budget)
    for frame in nb.ParametricUMAP(device="cpu", n_jobs=1, random_state=0).run(X):
        if not frame.is_stage and watch.look(lambda frame=frame: frame.embedding):
            break
    return watch.result()


def peer(X, budget, **options):
    """Train parametric-umap with ``options`` until it is there or the budget is spent."""
    from parametric_umap import ParametricUMAP
    from torch.optim.optimizer import register_optimizer_step_post_hook

    model = ParametricUMAP(device="cpu", n_epochs=10_000, **options)
    rows = torch.from_numpy(X)

    def read():
        network = model.model.train(mode=False)
        with torch.no_grad():
            places = network(rows).numpy()
        network.train()
        return places

    def after(*_):
        if watch.look(read):
            raise Enough

    watch = Watch(X, budget)
    hook = register_optimizer_step_post_hook(after)
    try:
        model.fit(X, verbose=False)
    except Enough:
        pass
    finally:
        hook.remove()
    return watch.result()


PEERS = {
    "parametric-umap, defaults": {},
    "parametric-umap, batches of 512, 256 wide": {"batch_size": 512, "hidden_dim": 256},
    "the same with UMAP's a and b, learning rate 0.001, no correlation": {
        "batch_size": 512,
        "hidden_dim": 256,
        "a": 1.577,
        "b": 0.895,
        "learning_rate": 1e-3,
        "correlation_weight": 0.0,
    },
}


def sooner(budget):
    """Print when each reaches the wanted trustworthiness."""
    X, _ = pictures()
    # What is compiled or imported once is not counted, for nobody.
    nb.ParametricUMAP(n_batches=10, device="cpu", n_jobs=1, random_state=0).fit(X[:500])
    first = ours(X, budget)
    print(json.dumps({"method": "nbembed"} | first), flush=True)
    for name, options in PEERS.items():
        found = peer(X, budget, **options)
        reached = found["reached_s"]
        ratio = (reached or found["last"][0]) / first["reached_s"]
        print(
            json.dumps(
                {"method": name} | found | {"ratio": round(ratio, 1), "censored": reached is None}
            ),
            flush=True,
        )


def transform(n_rows):
    """Print seconds and trustworthiness of new rows, ours and umap-learn's, on one core and on all."""
    import umap

    X, held_out = pictures(n_rows=n_rows)
    makers = {
        "nbembed, one thread": lambda: nb.ParametricUMAP(device="cpu", n_jobs=1, random_state=0),
        "umap-learn, one thread": lambda: umap.UMAP(random_state=0, n_jobs=1),
        "nbembed, all threads": lambda: nb.ParametricUMAP(device="cpu", random_state=0),
        "umap-learn, all threads, no seed": umap.UMAP,
    }
    for name, make in makers.items():
        began = time.perf_counter()
        estimator = make().fit(X)
        fitting = time.perf_counter() - began
        seconds, places = [], None
        for _ in range(4):
            began = time.perf_counter()
            places = estimator.transform(held_out)
            seconds.append(round(time.perf_counter() - began, 3))
        found = {"method": name, "rows": len(X), "fit_s": round(fitting, 1)}
        found |= {"transform_10k_first_s": seconds[0], "then_s": seconds[1:]}
        found |= {"train": trust(X, estimator.embedding_), "held_out": trust(held_out, places)}
        print(json.dumps(found), flush=True)


def main():
    """Run what is asked for, all by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=["sooner", "transform"])
    parser.add_argument("--budget", type=float, default=100.0)
    parser.add_argument("--rows", type=int, default=10_000)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if "sooner" in arguments.what:
        sooner(arguments.budget)
    if "transform" in arguments.what:
        transform(arguments.rows)


if __name__ == "__main__":
    main()
