"""The tables of recursion: maps of one fit, the file that remembers them, and what is printed."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nbembed as nb
from nbembed.benchmarking.journal import Trial

SMALL = {"head": (12, 6), "hidden": (16,), "batches": "redrawn", "n_epochs": 2, "device": "cpu", "n_jobs": 1}  # fmt: skip


@pytest.fixture(scope="module")
def scripts():
    """The scripts import each other, as they do when one is run."""
    folder = str(Path(__file__).parents[1] / "benchmarks")
    sys.path.insert(0, folder)
    yield importlib.import_module("recursion"), importlib.import_module("recursion_trials")
    sys.path.remove(folder)


@pytest.fixture
def split(scripts, digits):
    X, y = digits
    return scripts[1].Split("digits", X[:90], y[:90], {"test": (X[90:130], y[90:130])})


@pytest.fixture
def fits(monkeypatch):
    """The seeds that PCA, which adds its seed to all places, was fitted with; it fails while they hold "no"."""
    seeds = []

    def shifted(self, X, seed, real=nb.baselines.PCA._fit_map):
        if seeds == ["no"]:
            raise ValueError("no")
        seeds.append(seed)
        return real(self, X, seed) + seed

    monkeypatch.setattr(nb.baselines.PCA, "_fit_map", shifted)
    return seeds


def middle(split, made):
    return {"middle": made.Y.mean(), "new": made.place(split.new["test"][0]).std()}


def test_trials_that_are_done_are_not_run_again(scripts, split, fits, tmp_path, capsys):
    trials, path = scripts[1], tmp_path / "f.jsonl"
    families = [trials.alone("PCA", nb.baselines.PCA())]
    first = trials.tried(families, [split], [0, 3], middle, path)
    assert fits == [0, 3]
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert_allclose([t.scores["middle"] for t in first], [0, 3], atol=1e-4)
    again = trials.tried(families, [split], [3, 0], middle, path)
    assert fits == [0, 3]
    assert [t.seed for t in again] == [3, 0]
    assert again[0].scores == first[1].scores
    # Other rows to place, other data, and other scores are other trials.
    fewer = trials.Split("digits", split.X, split.y, {"test": (split.X[:9], split.y[:9])})
    other = trials.Split("digits", split.X[1:], split.y[1:], split.new)
    trials.tried(families, [fewer, other], [0], middle, path)
    trials.tried(families, [split], [0], lambda split, made: {"one": 1.0}, path)
    assert fits == [0, 3, 0, 0, 0]


def test_what_fails_is_written_down_and_tried_again(scripts, split, fits, tmp_path):
    trials, path = scripts[1], tmp_path / "f.jsonl"
    families = [trials.alone(name, method) for name, method in (("broken", nb.baselines.PCA()), ("Isomap", nb.baselines.Isomap()))]  # fmt: skip
    fits.append("no")
    found = trials.tried(families, [split], [0], middle, path)
    assert [t.error for t in found] == ["ValueError: no", ""]
    table = trials.table(found)
    assert "| broken | n/a | n/a | failed |" in table
    assert "broken, seed 0: ValueError: no" in table
    fits.clear()
    found = trials.tried(families, [split], [0], middle, path)
    assert [t.error for t in found] == ["", ""]


def test_what_was_there_before_a_failure_stays(scripts, split, tmp_path):
    def halfway(estimator, split, methods):
        yield scripts[1].Made(methods[0], split.X[:, :2], None, 1.0)
        raise ValueError("no")

    family = scripts[1].Family(("first", "second"), nb.baselines.PCA(), halfway)
    found = scripts[1].tried([family], [split], [0], lambda split, made: {"one": 1}, tmp_path / "f")
    assert [(t.method, t.error) for t in found] == [("first", ""), ("second", "ValueError: no")]


def made_up(method, values, name="score"):
    return [Trial("d", method, seed, 10, {name: v}, seconds=seed) for seed, v in enumerate(values)]


def test_tables_say_means_and_intervals(scripts):
    trials = made_up("a", [0.1, 0.2, 0.3]) + made_up("b", [0.5])
    lines = scripts[1].table(trials).splitlines()
    assert lines[0] == "d, 10 rows, 3 seeds"
    # Student's t for 2 degrees of freedom is 4.303; the deviation 0.1.
    assert lines[4] == "| a | 0.2000 ± 0.2484 | 1 |"
    assert lines[5] == "| b | 0.5000 | 0 |"
    assert "| a | 20.00 ± 24.84 | 1 |" in scripts[1].table(trials, percent=True)


def test_verdicts_are_those_of_pairs(scripts):
    ours, theirs = [0.50, 0.60, 0.70, 0.80], [0.31, 0.42, 0.50, 0.61]
    trials = made_up("a", ours) + made_up("b", theirs) + made_up("c", theirs)
    lines = scripts[1].verdicts(trials, {"a": "b", "c": "b"}).splitlines()[2:]
    assert len(lines) == 2
    assert lines[0].startswith("| d | a | b | score | +0.1900 | +0.17")
    assert lines[0].endswith("| better |")
    assert "| d | c | b | score | +0.0000 |" in lines[1]
    alone = scripts[1].verdicts(made_up("a", [1.0]) + made_up("b", [0.5]), {"a": "b"})
    assert "| +0.5000 | one seed | undecided |" in alone


def test_maps_after_each_recursion_are_those_of_shorter_fits(scripts, split, monkeypatch):
    trials = scripts[1]
    # Every look at the clock takes a second, and whoever looks at a map looks at no clock.
    monkeypatch.setattr(trials, "time", SimpleNamespace(perf_counter=iter(range(1000)).__next__))
    layers = [nb.Recursion("f12", n_epochs=1), nb.Recursion("f6", n_epochs=2, learning_rate=0.01)]
    method = nb.DRE(recursions=layers, random_state=0, **SMALL)
    found = []
    for number, made in enumerate(trials.recursed(method, split, ("x", "y", "z"))):
        fitted = nb.DRE(recursions=layers[:number], random_state=0, **SMALL).fit(split.X)
        assert_array_equal(made.Y, fitted.embedding_)
        # New rows are placed in the map as it is now.
        assert_allclose(made.place(split.X), made.Y, atol=1e-3 * np.ptp(made.Y))
        found.append((made.method, made.seconds))
    assert found == [("x", 1), ("y", 2), ("z", 3)]


def test_a_study_is_remembered_seed_by_seed(scripts, split, tmp_path, monkeypatch):
    layers = [nb.Recursion("f12", n_epochs=1), nb.Recursion("f6", n_epochs=1)]
    method = nb.DRE(recursions=layers, **SMALL)
    asked, path = [], tmp_path / "f.jsonl"
    first = scripts[1].studied(method, split, [0], path)
    names = [(t.data, t.method) for t in first]
    assert len(names) == 6
    assert ("digits, recursion 2 (f6)", "recursions") in names
    assert "test_1nn" in first[0].scores
    monkeypatch.setattr(nb.benchmarking.recursion, "clone", lambda e, real=nb.benchmarking.recursion.clone: asked.append("fit") or real(e))  # fmt: skip
    again = scripts[1].studied(method, split, [0, 1], path)
    assert "fit" in asked
    assert [t.seed for t in again] == [0] * 6 + [1] * 6
    asked.clear()
    last = scripts[1].studied(method, split, [1, 0], path)
    assert asked == []
    scores = [{(t.data, t.method, t.seed): t.scores for t in trials} for trials in (again, last)]
    assert scores[0] == scores[1]
    assert len({t.fingerprint for t in again}) == 12
    assert {t.fingerprint for t in first} < {t.fingerprint for t in again}


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["study", "--recursions", "hidden1", "f20", "--head", "20"], ["digits, recursion 2 (f20) | recursions | control | test_1nn |"]),
        (["published", "--data", "digits", "--recursions", "--only", "PCA", "deep"], ["| method | NH | T | C | 1 - stress | Shepard |", "| deep t-SNE + UMAP |"]),
        (["generated", "--train", "80", "--new", "20", "40", "--only", "RBM", "--rbm-batch", "50"], ["1-NN, 40 new", "parametric t-SNE (RBM)"]),
        (["exaggeration", "--factors", "4", "--preset", "paper", "--recursions", "f100"], ["late exaggeration 4 | FIt-SNE |", "1 recursion | deep t-SNE |"]),
    ],
)  # fmt: skip
def test_the_commands_print_their_tables(scripts, arguments, wanted, monkeypatch, capsys, tmp_path):
    path = tmp_path / "trials.jsonl"
    common = ["--rows", "80", "--seeds", "0", "--budget", "0.001", "--path", str(path)]
    monkeypatch.setattr(sys, "argv", ["recursion.py", *arguments, *common])
    short = {"early_exaggeration_iter": 5, "n_iter": 5}
    monkeypatch.setattr(scripts[0], "tsne", lambda _, **more: nb.baselines.OpenTSNE(**short, **more))  # fmt: skip
    scripts[0].main()
    out = capsys.readouterr().out
    assert all(text in out for text in wanted)
    assert "n/a" not in out
    assert "failed" not in out
    assert len(path.read_text().splitlines()) > 0
