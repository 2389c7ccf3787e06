"""Which recursion, if any, does more for a map than training on: ``recursion_search.py [digits] [fashion]``.

Every arm goes on from the same trained network as its control, for as many epochs (:func:`nbembed.recursion_study`).
``--part single`` are single recursions, ``three`` three of them in turn, ``features`` recursions in networks that learn
something beside the map: a reconstruction, or the same place for a picture and the picture moved.
``--path`` collects trials as JSON lines; ``--table`` prints what such a file holds.
"""

import argparse
import dataclasses
import json
import pathlib

import numpy as np

import nbembed as nb
from nbembed.benchmarking import Benchmark, Trial

R = nb.Recursion
SINGLE = {
    "hidden1": [R("hidden1")],
    "hidden2": [R("hidden2")],
    "hidden3": [R("hidden3")],
    "hidden3, standardized": [R("hidden3", scale="standardize")],
    "hidden3, whitened": [R("hidden3", scale="whiten")],
    "hidden1, whitened": [R("hidden1", scale="whiten")],
    "hidden3, half mixed with the input": [R("hidden3", mix=0.5)],
    "hidden1, half mixed with the input": [R("hidden1", mix=0.5)],
    "hidden3, measured 10 times": [R("hidden3", updates=10)],
    "hidden3, perplexity 10": [R("hidden3", perplexity=10)],
    "hidden1, perplexity 10": [R("hidden1", perplexity=10)],
    "the map itself": [R("embedding")],
    "input, whitened": [R("input", scale="whiten")],
    "input, standardized": [R("input", scale="standardize")],
}
THREE = {
    "hidden1, hidden2, hidden3": [R("hidden1"), R("hidden2"), R("hidden3")],
    "hidden3 three times": [R("hidden3")] * 3,
}
FEATURES = {"hidden1": [R("hidden1")], "hidden3": [R("hidden3")]}


def data(name):
    """Return rows and labels of training, and those held out."""
    if name == "digits":
        X, y = nb.datasets.digits()
        order = np.random.default_rng(0).permutation(len(X))
        train, test = order[360:], order[:360]
    else:
        X, y = nb.datasets.fashion_mnist()
        train = np.random.default_rng(0).permutation(60_000)[:10_000]
        test = np.arange(60_000, 62_000)
    return X[train], y[train], (X[test], y[test])


def studies(part, name):
    """Return the methods and arms of one part, by name."""
    plain = {"device": "cpu", "n_jobs": 1}
    if part == "features":
        learned = {
            "with a reconstruction": nb.terms.Reconstruction(weight=1.0),
            "with moved pictures": nb.terms.Consistency("shift"),
        }
        return {
            f"{name}, {what}": (nb.DRE(terms=[term], **plain), FEATURES)
            for what, term in learned.items()
        }
    return {name: (nb.DRE(**plain), SINGLE if part == "single" else THREE)}


def main():
    """Run what is asked for, seed by seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="*", default=["digits", "fashion"])
    parser.add_argument("--part", default="single", choices=("single", "three", "features"))
    parser.add_argument("--seeds", type=int, nargs="*", default=range(5))
    parser.add_argument("--path", type=pathlib.Path)
    parser.add_argument("--arms", nargs="*", help="those arms alone")
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    if options.table:
        print(read(options.path))
        return
    for seed in options.seeds:
        for name in options.data:
            X, y, test = data(name)
            for what, (method, all_arms) in studies(options.part, name).items():
                arms = {k: v for k, v in all_arms.items() if not options.arms or k in options.arms}
                found = nb.recursion_study(X, y, method=method, arms=arms, test=test, seeds=[seed])
                lines = [
                    json.dumps(dataclasses.asdict(dataclasses.replace(t, data=f"{what}: {t.data}")))
                    for t in found.trials
                ]
                print("\n".join(lines), flush=True)
                if options.path:
                    with options.path.open("a") as file:
                        file.write("\n".join(lines) + "\n")


def read(path):
    """Return the trials of a file, beside the control."""
    trials = [Trial(**json.loads(line)) for line in path.read_text().splitlines()]
    methods, names = (dict.fromkeys(getattr(t, k) for t in trials) for k in ("method", "data"))
    return Benchmark(trials, methods, names, baseline="control")


if __name__ == "__main__":
    main()
