"""What a view says of its own accord: traps are signalled, clean data are left in peace."""

import numpy as np
import pytest
from sklearn import datasets
from sklearn.preprocessing import scale

import nbembed as nb
from nbembed import inspect
from nbembed.inspect.lanes import lane, start_of
from nbembed.inspect.near import joint

N, STEPS = 150, 200


def run(X, perplexity=20.0, **options):
    graph, _ = joint(np.asarray(X, dtype=np.float64), perplexity)
    return lane(graph, start_of(X), steps=STEPS, **({"learning_rate": N / 3} | options))


def told(X, found=None, perplexity=20.0, **options):
    found = run(X, perplexity) if found is None else found
    names = inspect.signals(
        X, found.maps[-1], maps=found.maps[-2:], steps=found.steps[-2:], perplexity=perplexity, **options
    )  # fmt: skip
    return {each.name for each in names}


def blobs(seed, centres, widths, d=8):
    random = np.random.default_rng(seed)
    size = N // len(centres)
    return np.vstack(
        [
            centre * np.eye(d)[k % d] + width * random.normal(size=(size, d))
            for k, (centre, width) in enumerate(zip(centres, widths, strict=True))
        ]
    )


def some(X, seed):
    return X[np.random.default_rng(seed).permutation(len(X))[:N]]


CLEAN = {
    "equal blobs": lambda seed: blobs(seed, [8, 8, 8], [1, 1, 1]),
    "six blobs": lambda seed: blobs(seed, [9] * 6, [1] * 6),
    "digits": lambda seed: some(nb.datasets.digits()[0], seed),
    "iris": lambda seed: np.unique(nb.datasets.iris()[0], axis=0),
    "wine": lambda seed: some(scale(datasets.load_wine().data), seed),
    "moons": lambda seed: datasets.make_moons(N, noise=0.05, random_state=seed)[0],
    "circles": lambda seed: datasets.make_circles(N, noise=0.03, factor=0.5, random_state=seed)[0],
    "s curve": lambda seed: datasets.make_s_curve(N, noise=0.05, random_state=seed)[0],
    "swiss roll": lambda seed: datasets.make_swiss_roll(N, noise=0.2, random_state=seed)[0],
    "two blobs": lambda seed: blobs(seed, [0, 12], [1, 1]),
}  # fmt: skip


def test_at_most_two_of_twenty_clean_data_sets_are_signalled():
    alarms = {
        (name, seed): names
        for name, make in CLEAN.items()
        for seed in (0, 1)
        if (names := told(make(seed)))
    }
    assert len(alarms) <= 2, alarms


def noise():
    return told(np.random.default_rng(0).normal(size=(N, 8)))


def unequal():
    return told(blobs(0, [0, 40, 40], [0.5, 1, 5]))


def far_blob():
    X = blobs(0, [0, 0, 0], [1, 1, 1])
    X[50:100, 0] += 10
    X[100:, 0] += 50
    return told(X)


def duplicates():
    X = CLEAN["equal blobs"](0)
    X[:40] = X[0]
    return told(X)


def too_large_perplexity():
    X = CLEAN["equal blobs"](0)
    found = inspect.signals(X, X[:, :2], maps=X[None, :, :2], perplexity=float(N))
    return {each.name for each in found}


def too_fast():
    X = CLEAN["digits"](0)
    return told(X, run(X, learning_rate=100 * N / 12))


def large_numbers():
    return told(1e7 * CLEAN["digits"](0))


def shuffled_labels():
    X = np.random.default_rng(0).normal(size=(N, 8)) + blobs(0, [8, 8, 8], [0, 0, 0])
    labels = np.random.default_rng(1).integers(3, size=N)
    maps = inspect.supervised(X, labels, steps=STEPS).maps
    return {each.name for each in inspect.signals(X, maps[1], labels=labels, perplexity=20)}


@pytest.mark.parametrize(
    ("trap", "signal"),
    [
        (noise, "structureless"),
        (unequal, "density"),
        (far_blob, "gaps"),
        (duplicates, "copies"),
        (duplicates, "bandwidth"),
        (too_large_perplexity, "perplexity"),
        (too_fast, "moving"),
        (large_numbers, "units"),
        (shuffled_labels, "labels"),
    ],
)
def test_a_trap_is_signalled(trap, signal):
    assert signal in trap()
