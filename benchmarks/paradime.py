"""Figure 2 of the ParaDime paper again: metric MDS of the diabetes data as a document, with several models.

    python benchmarks/paradime.py [--seeds 3] [--models direct linear]

prints the normalized stress of each model and batch size beside the published one. What the paper leaves open is as in
the authors' script: the networks learn at a rate of 0.02, all their runs begin from the same weights, and direct runs
begin evenly spread within 0.7 and take batches of 88. SMACOF rests where the scikit-learn of that year did; to the end
it goes on.
"""

import argparse
import copy

import numpy as np
import torch
from scipy.spatial.distance import pdist
from sklearn.datasets import load_diabetes
from torch import nn

import nbembed as nb

# Means of the runs in the authors' repository, over the sum of the squared distances: 10 runs each, 50 direct ones.
PUBLISHED = {
    ("SMACOF", 442): 0.0599,
    ("SMACOF to the end", 442): 0.0599,
    ("direct", 88): 0.0603,
    ("(10, 5, 2)", 442): 0.0696,
    ("(10, 5, 2)", 221): 0.0694,
    ("(10, 5, 2)", 100): 0.0690,
    ("(10, 5, 2)", 50): 0.0687,
    ("(10, 5, 2)", 10): 0.0669,
    ("linear", 442): 0.0700,
    ("linear", 221): 0.0698,
    ("linear", 100): 0.0697,
    ("linear", 50): 0.0698,
    ("linear", 10): 0.0715,
}
RATES = {"direct": 0.01}


def document(size, rate, epochs=500):
    pairs = {"type": "pairwise", "options": {"metric": "euclidean"}}
    optimizer = {"type": "adam", "options": {"learning rate": rate}}
    sampling = {"type": "item", "options": {"batch size": size}}
    return nb.Spec(
        {
            "relations": [
                {"name": "dists hd", "level": "global", **pairs},
                {"name": "dists ld", "level": "batch", **pairs},
            ],
            "losses": [
                {"name": "mds", "type": "relation", "func": "mse", "keys": {"rels": ["dists hd", "dists ld"]}}
            ],
            "training phases": [
                {"epochs": epochs, "loss": {"components": "mds"}, "sampling": sampling, "optimizer": optimizer}
            ],
        }
    )  # fmt: skip


class AsGiven(nn.Module):
    """Undo the one scale that networks see data in: the paper's see them as they are."""

    def __init__(self, scale):
        super().__init__()
        self.scale = float(scale)

    def forward(self, rows):
        return rows * self.scale


def models(scale):
    """Return the networks with the weights that the authors' script begins with."""
    torch.manual_seed(42)  # noqa: TID251 - as in the script, whose layers draw from it
    linear = nn.Linear(10, 2, bias=False)
    nn.Linear(10, 2)  # the script's second model comes in between
    deep = nn.Sequential(nn.Linear(10, 5), nn.Softplus(), nn.Linear(5, 2), nn.Softplus())
    named = {"linear": linear, "(10, 5, 2)": deep}
    return {name: nn.Sequential(AsGiven(scale), net) for name, net in named.items()}


def smacof(X, seed, rule=1e-3):
    """Return the map at which scikit-learn 1.0 to 1.6 stops: one start, at most 300 steps, stress over lengths.

    After a step it divides the stress of the map before by the sum of the lengths of the rows of the map behind it,
    and rests where this number has fallen by less than ``rule``.
    """
    whole, raw, before = np.square(pdist(X)).sum(), None, np.inf
    run = nb.MDS(random_state=seed, init="random", n_iter=300).run(X)
    for frame in run:
        if frame.is_stage:
            continue
        if raw is not None:
            now = raw / np.linalg.norm(frame.embedding, axis=1).sum()
            if before - now < rule:
                break
            before = now
        raw = float(nb.metrics.normalized_stress(X, frame.embedding)) * whole
    run.close()
    return run.embedding


def begin(places, seed):
    """Begin where the authors' script does: its coordinates are the weights of a linear layer of two inputs."""
    drawn = np.random.default_rng(seed).uniform(-1, 1, places.shape) / np.sqrt(2)
    with torch.no_grad():
        places.copy_(torch.from_numpy(drawn))


def stress(name, size, seed, X, networks):
    if name == "SMACOF":
        embedding = smacof(X, seed)
    elif name == "SMACOF to the end":
        embedding = nb.MDS(random_state=seed, init="random").fit_transform(X)
    else:
        spec = document(size, RATES.get(name, 0.02))
        model = copy.deepcopy(networks[name]) if name in networks else "free"
        run = nb.Routine(spec, model=model, device="cpu", random_state=seed).run(X)
        while not run.has_map:
            next(run)
        if model == "free":
            begin(run.network.places, seed)
        for _ in run:
            pass
        embedding = run.embedding
    return float(nb.metrics.normalized_stress(X, embedding))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--models", nargs="+", default=list({name for name, _ in PUBLISHED}))
    parser.add_argument("--sizes", nargs="+", type=int, default=[442, 221, 100, 88, 50, 10])
    asked = parser.parse_args()
    X = load_diabetes().data
    networks = models(X.std())
    print(
        "| model | batch | ours, each seed | mean | published | difference |\n|---|---|---|---|---|---|"
    )
    for (name, size), published in PUBLISHED.items():
        if name not in asked.models or size not in asked.sizes:
            continue
        ours = [stress(name, size, seed, X, networks) for seed in range(asked.seeds)]
        mean, each = float(np.mean(ours)), ", ".join(f"{value:.4f}" for value in ours)
        print(
            f"| {name} | {size} | {each} | {mean:.4f} | {published:.4f} | {mean / published - 1:+.1%} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
