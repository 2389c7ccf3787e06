"""Make zadu.json: measures of a small map as ZADU has them.

``python tests/reference/make_zadu.py`` in an environment with zadu (Jeon et al. 2023, "ZADU: a Python
library for evaluating the reliability of dimensionality reduction embeddings", IEEE VIS), which is
no dependency of nbembed.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from zadu.measures import (
    clustering_and_external_validation_measure,
    internal_validation_measure,
    local_continuity_meta_criteria,
    neighborhood_hit,
    pearson_r,
    scale_normalized_stress,
    spearman_rho,
    stress,
    trustworthiness_continuity,
)


def example():
    """Return data, a map and classes; ``RandomState`` gives the same everywhere."""
    # Its stream never changes.
    rng = np.random.RandomState(0)
    y = rng.randint(4, size=400)
    X = rng.normal(size=(400, 12)) + 3.0 * rng.normal(size=(4, 12))[y]
    return X, X[:, :2] + 0.3 * rng.normal(size=(400, 2)), y


def main():
    """Write the numbers."""
    X, Y, y = example()
    k_means = {"clustering_args": {"n_init": 10, "random_state": 0}}
    clusters = clustering_and_external_validation_measure.measure
    numbers = {
        **trustworthiness_continuity.measure(X, Y, k=15),
        **local_continuity_meta_criteria.measure(X, Y, k=15),
        **neighborhood_hit.measure(Y, y, k=7),
        **stress.measure(X, Y),
        **scale_normalized_stress.measure(X, Y),
        **pearson_r.measure(X, Y),
        **spearman_rho.measure(X, Y),
        **internal_validation_measure.measure(Y, y),
        **clusters(Y, y, measure="nmi", **k_means),
        **clusters(Y, y, measure="vmeasure", **k_means),
        "zadu": version("zadu"),
    }
    path = Path(__file__).with_name("zadu.json")
    path.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
