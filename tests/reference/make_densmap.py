"""Make densmap.json: how well umap-learn's densMAP keeps the densities of the rows of tests/test_supervised.py.

``python tests/reference/make_densmap.py`` from the root of the repository; it needs umap-learn and takes a minute.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import umap

import nbembed as nb
from tests.test_supervised import crowds

SEEDS = range(5)


def main():
    """Write the correlations of log radii, seed by seed: with densMAP, and without."""
    rows = crowds()
    kept = {
        name: [
            float(
                nb.metrics.density_preservation(
                    rows,
                    umap.UMAP(
                        n_epochs=200, densmap=densmap, random_state=seed, n_jobs=1
                    ).fit_transform(rows),
                )
            )
            for seed in SEEDS
        ]
        for name, densmap in (("densmap", True), ("plain", False))
    }
    numbers = {"umap-learn": version("umap-learn"), "rows": float(np.abs(rows).sum()), **kept}
    path = Path(__file__).with_name("densmap.json")
    path.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
