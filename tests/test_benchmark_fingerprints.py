"""What a benchmark takes a method to be: what its numbers depend on, the same in every process."""

import subprocess
import sys
from functools import partial

import numpy as np
import pandas as pd
import sklearn
from sklearn.preprocessing import StandardScaler

import nbembed as nb
from nbembed import baselines
from nbembed.benchmarking.fingerprints import described, versions


def noise(X, seed):
    return np.random.default_rng(seed).normal(size=(len(X), 2))


FACTOR = 3


def _scaled(X, seed):
    return FACTOR * X


def test_functions_are_told_apart_by_what_they_do():
    one, two = (lambda X, s: X * 1), (lambda X, s: X * 2)
    assert described(one) != described(two)
    assert described(partial(noise, seed=1)) != described(partial(noise, seed=2))

    def times(k):
        return lambda X, s: X * k

    held = [described(times(k)) for k in (1, 1, 2)]
    assert held[0] == held[1] != held[2]
    before = described(_scaled)
    globals()["FACTOR"] = 4
    try:
        assert described(_scaled) != before
    finally:
        globals()["FACTOR"] = 3
    assert described(_scaled) == before


class Scaling:
    """A method of this module."""

    factor = 2

    def fit_transform(self, X):
        return self.factor * X


def test_classes_of_ones_own_are_told_apart_by_their_methods(monkeypatch):
    before = described(Scaling)
    assert described(Scaling) == before
    monkeypatch.setattr(Scaling, "factor", 3)
    assert described(Scaling) != before
    monkeypatch.undo()
    monkeypatch.setattr(Scaling, "fit_transform", lambda self, X: X)
    assert described(Scaling) != before
    monkeypatch.undo()
    assert described(Scaling) == before
    # Those of packages by name and version.
    assert described(StandardScaler)[1:] == [
        "sklearn.preprocessing._data.StandardScaler",
        "sklearn.preprocessing._data",
        f"scikit-learn {sklearn.__version__}",
    ]
    assert any("umap-learn" in item for item in described(baselines.UMAPLearn))


def test_packages_that_a_function_names_count_with_their_version():
    def inside(X, seed):
        import pandas as other_name  # noqa: ICN001

        return other_name.DataFrame(X)

    assert f"numpy {np.__version__}" in str(described(noise))
    assert f"pandas {pd.__version__}" in str(described(inside))


def test_what_cannot_be_described_is_of_this_process_alone():
    code = (
        "from nbembed.benchmarking.fingerprints import described\n"
        "class Odd: pass\n"
        "odd = Odd()\n"
        "def f(X, seed, n=3): return X\n"
        "import hashlib\n"
        "print(hashlib.md5(repr(described(f)).encode()).hexdigest(), 'unknown' in str(described(lambda X, s: odd)))\n"
        "print(described(odd)[1])\n"
    )
    outs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        .stdout.split("\n")
        for _ in range(2)
    ]  # fmt: skip
    assert outs[0][0] == outs[1][0]
    assert outs[0][0].endswith("True")
    assert outs[0][1] != outs[1][1]


def test_a_function_that_names_itself_can_be_described():
    def again(X, seed):
        return X if seed else again(X, 1)

    assert "itself" in str(described(again))


def test_versions_are_those_of_what_does_the_work():
    found = versions(baselines.UMAPLearn(), StandardScaler())
    assert {"python", "nbembed", "numpy", "scikit-learn", "umap-learn"} <= set(found)
    assert found["nbembed"].startswith(f"{nb.__version__}+")
    assert versions(baselines.PHATE())["phate"]
