"""Whole fits and their stages, warm: ours and the peers in turn, with quality and memory.

``python benchmarks/methods.py [--rows 1797 10000 70000] [--seeds 3] [--who UMAP umap-learn]``

Each fit is in a process of its own, after a fit of the same rows (25,000 of them at most) in the same process, which
compiles and is not counted. Memory is the most that the process had resident. The KL divergence is exact and on the
same exact affinities for all, UMAP's loss on the same exact graph with the same a and b (1.577, 0.895). From two
repetitions on, quality is compared seed by seed: "not worse" means by no more than 0.002 (trustworthiness), 0.005 (kNN
accuracy), 0.5 % (KL) or 1 % (UMAP's loss), at 95 % confidence for all four together. ``--seeds 5`` gives five.
"""

from functools import partial

from contenders import METHODS, chosen
from measuring import Ground, Results, alone, data_of, folder_of, parser, show, verdicts

# Ours, and what it is compared with.
PAIRS = (
    ("UMAP", "umap-learn"),
    ("UMAP", "umap-learn, seeded"),
    ("UMAP", "TorchDR UMAP"),
    ("t-SNE", "openTSNE"),
    ("t-SNE", "scikit-learn"),
    ("t-SNE", "TorchDR t-SNE"),
    ("t-SNE", "umap-learn"),
)
STAGES = ("neighbors", "affinities", "initialization", "optimization", "compilation", "rest")


def measured(contender, folder, ground, options, seed):
    """Return all scores of one fit."""
    steps = {} if options.steps is None else {"steps": options.steps}
    warm_up = min(options.warm_up, len(ground.X))
    Y, found = alone(
        contender, folder, threads=options.threads, warm_up=warm_up, seed=seed, **steps
    )
    call = found["calls"][-1]
    stages = {f"seconds_{name}": seconds for name, seconds in call["stages"].items()}
    memory = {"peak_memory_gb": found["peak_memory_gb"]}
    return {"seconds": call["seconds"]} | stages | memory | ground.quality(Y, contender.kind)


def compare(results, name):
    """Print tables of one data set."""
    methods = list(dict.fromkeys(t.method for t in results.trials if t.data == name))
    table = {method: results.medians(name, method) for method in methods}
    others = [f"seconds_{s}" for s in STAGES] + ["seconds", "peak_memory_gb"]
    found = {score for row in table.values() for score in row}
    quality = [
        score
        for score in dict.fromkeys(s for row in table.values() for s in row)
        if not score.startswith(("seconds", "peak"))
    ]
    unnamed = sorted(s for s in found if s.startswith("seconds_") and s not in others)
    show(table, [s for s in [*others[:-2], *unnamed, *others[-2:]] if s in found], first=name)
    show(table, quality, first=name)
    print()
    for ours, peer in PAIRS:
        if ours not in methods or peer not in methods:
            continue
        whole, steps = (
            results.ratio(name, ours, peer, s) for s in ("seconds", "seconds_optimization")
        )
        memory = results.ratio(name, ours, peer, "peak_memory_gb")
        print(
            f"{peer} takes {whole:.1f} times as long as {ours}, its optimization {steps:.1f} times, "
            f"memory {memory:.2f} times"
        )
        same = METHODS[ours].kind == METHODS[peer].kind
        for one in verdicts(results, name, ours, peer) if same else ():
            share = f"{one.gain:+.4f} [{one.low:+.4f}, {one.high:+.4f}], margin {one.margin:.4f}"
            print(f"  {one.metric}: {share}, {one.n_pairs} seeds: {one.verdict}")


def main():
    """Measure and print."""
    options = parser(__doc__, rows=[1_797, 10_000, 70_000])
    options.add_argument("--warm-up", type=int, default=25_000, help="rows of the fit before")
    options = options.parse_args()
    results = Results("methods", options)
    for rows in options.rows:
        data = data_of(rows)
        if data is None:
            continue
        name, X, y = data
        ground = Ground(X, y, options.file.parent)
        with folder_of(X) as folder:
            for seed in range(options.seeds):
                for one in chosen(METHODS, options.who, len(X)):
                    results.get(
                        name,
                        X,
                        one.name,
                        seed,
                        partial(measured, one, folder, ground, options, seed),
                        options.warm_up,
                    )
        compare(results, name)


if __name__ == "__main__":
    main()
