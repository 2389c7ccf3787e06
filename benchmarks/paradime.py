"""Figure 2 of the ParaDime paper again: metric MDS of the diabetes data as a document, with several models.

    python benchmarks/paradime.py [--seeds 3]

prints the normalized stress of each model and batch size beside the published one.
"""

import argparse

import numpy as np
from sklearn.datasets import load_diabetes
from torch import nn

import nbembed as nb

# Means of 10 runs, from the sums in the authors' repository over the sum of squared distances.
PUBLISHED = {
    ("SMACOF", 442): 0.0599,
    ("direct", 442): 0.0603,
    ("(10, 5, 2)", 10): 0.0669,
    ("(10, 5, 2)", 50): 0.0687,
    ("(10, 5, 2)", 100): 0.0690,
    ("(10, 5, 2)", 221): 0.0694,
    ("(10, 5, 2)", 442): 0.0696,
    ("linear", 10): 0.0715,
    ("linear", 50): 0.0698,
    ("linear", 442): 0.0700,
}
RATES = {"direct": 0.01}


def document(size, rate):
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
                {"epochs": 500, "loss": {"components": "mds"}, "sampling": sampling, "optimizer": optimizer}
            ],
        }
    )  # fmt: skip


def model(name):
    match name:
        case "direct":
            return "free"
        case "linear":
            return nn.Linear(10, 2, bias=False)
        case _:
            return nn.Sequential(nn.Linear(10, 5), nn.Softplus(), nn.Linear(5, 2))


def stress(name, size, seed, X):
    if name == "SMACOF":
        embedding = nb.MDS(random_state=seed, init="random").fit_transform(X)
    else:
        spec = document(size, RATES.get(name, 0.02))
        method = nb.Routine(spec, model=model(name), device="cpu", random_state=seed)
        embedding = method.fit_transform(X)
    return nb.metrics.normalized_stress(X, embedding)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    seeds = parser.parse_args().seeds
    X = load_diabetes().data
    print("| model | batch | ours | published | difference |\n|---|---|---|---|---|")
    for (name, size), published in PUBLISHED.items():
        ours = float(np.mean([stress(name, size, seed, X) for seed in range(seeds)]))
        print(
            f"| {name} | {size} | {ours:.4f} | {published:.4f} | {ours / published - 1:+.1%} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
