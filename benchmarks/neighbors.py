"""The k nearest neighbours: ours and pynndescent in turn, from a fresh process and warm, with recall.

``python benchmarks/neighbors.py [--rows 10000 70000] [--k 15 90] [--seeds 3]``

Each search is called twice in a process of its own with an empty compile cache. "First" counts from before the process
is started until the neighbours are there, imports included; "warm" is the second call. Recall is the share of the k
nearest neighbours that were found, for ``--sample`` rows, whose distances to all others are measured in float64;
neighbours as far as the k-th count as right.
"""

import tempfile
from functools import partial

import numpy as np
from contenders import SEARCHES, chosen
from measuring import Results, alone, data_of, folder_of, parser, show

COLUMNS = ("first", "warm", "recall", "peak_memory_gb")
BLOCK = 128


def recall(X, indices, rows):
    """Return the share of the nearest neighbours of ``rows`` that are among ``indices``."""
    X = X.astype(np.float64)
    norms, k, shares = (X**2).sum(axis=1), indices.shape[1], []
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        squared = norms[block, None] + norms - 2.0 * X[block] @ X.T
        squared[np.arange(len(block)), block] = np.inf
        limit = np.partition(squared, k - 1, axis=1)[:, k - 1 : k] * (1.0 + 1e-9)
        named = np.sort(indices[block], axis=1).astype(np.int64)
        near = np.take_along_axis(squared, np.maximum(named, 0), axis=1)
        right = (near <= limit) & (named >= 0)
        # A neighbour that is named twice counts once.
        right[:, 1:] &= named[:, 1:] != named[:, :-1]
        shares.append(right.mean(axis=1))
    return float(np.concatenate(shares).mean())


def measured(contender, X, folder, options, seed, k):
    """Return the scores of one search."""
    with tempfile.TemporaryDirectory() as cache:
        indices, found = alone(
            contender, folder, threads=options.threads, calls=2, cache_folder=cache, seed=seed, k=k
        )
    rows = np.random.default_rng(0).permutation(len(X))[: options.sample]
    warm = found["calls"][1]["seconds"]
    scores = {"seconds": warm, "warm": warm, "first": found["ready"]}
    return scores | {"recall": recall(X, indices, rows), "peak_memory_gb": found["peak_memory_gb"]}


def main():
    """Measure and print."""
    options = parser(__doc__, rows=[10_000, 70_000])
    options.add_argument("--k", type=int, nargs="+", default=[15, 90])
    options.add_argument("--sample", type=int, default=2_000)
    options = options.parse_args()
    results = Results("neighbors", options)
    for rows in options.rows:
        data = data_of(rows)
        if data is None:
            continue
        name, X, _ = data
        contenders = chosen(SEARCHES, options.who, len(X))
        with folder_of(X) as folder:
            for k in options.k:
                title = f"{name}, k = {k}"
                for seed in range(options.seeds):
                    for one in contenders:
                        results.get(
                            title,
                            X,
                            one.name,
                            seed,
                            partial(measured, one, X, folder, options, seed, k),
                            k,
                            options.sample,
                        )
                table = {one.name: results.medians(title, one.name) for one in contenders}
                show(table, COLUMNS, first=title)
                for peer in [one.name for one in contenders[1:]]:
                    first, warm = (
                        results.ratio(title, contenders[0].name, peer, s) for s in ("first", "warm")
                    )
                    print(f"{peer} takes {first:.1f} times as long at first, {warm:.1f} times warm")


if __name__ == "__main__":
    main()
