"""Make umap_digits.json: the loss that umap-learn reaches on the digits, by our formula.

``python tests/reference/make_umap_digits.py`` needs umap-learn and takes half a minute.
"""

import json
import statistics
from importlib.metadata import version
from pathlib import Path

import umap
from sklearn.manifold import trustworthiness

from nbembed import UMAP, datasets
from nbembed.forces import SampledStepper
from nbembed.kernels import fit_ab

SEEDS = range(5)


def main():
    """Write the medians over the seeds."""
    X, _ = datasets.digits()
    run = UMAP(n_epochs=1, random_state=0).run(X)
    for _ in run:
        pass
    a, b = fit_ab(0.1, 1.0)
    losses, continuities = [], []
    for seed in SEEDS:
        embedding = umap.UMAP(random_state=seed).fit_transform(X).astype("float32")
        stepper = SampledStepper(
            run.prepared.graph, embedding, a=a, b=b, learning_rate=1.0, n_steps=500, seed=0
        )
        losses.append(sum(stepper.losses().values()))
        continuities.append(float(trustworthiness(embedding, X, n_neighbors=15)))
    numbers = {
        "umap-learn": version("umap-learn"),
        "loss": statistics.median(losses),
        "continuity_15": statistics.median(continuities),
    }
    Path(__file__).with_name("umap_digits.json").write_text(json.dumps(numbers, indent=2) + "\n")


if __name__ == "__main__":
    main()
