"""The benchmark: what runs, and what is remembered."""

import json
import logging
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import nbembed as nb
from nbembed import baselines
from nbembed.benchmarking import measures, memory
from nbembed.errors import InvalidInputError, InvalidTypeError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 5)).astype(np.float32)
quiet = partial(nb.benchmark, progress=False)
# Says what ran. A list of this module would be a part of what the methods read, and so of what they are.
LOG = logging.getLogger("tests.benchmarking")


def noise(X, seed):
    LOG.info(seed)
    return np.random.default_rng(seed).normal(size=(len(X), 2))


def first_two(X, seed):
    LOG.info(seed)
    return X[:, :2] + 1e-3 * np.random.default_rng(seed).normal(size=(len(X), 2))


def broken(X, seed):
    LOG.info(seed)
    raise RuntimeError("no map today")


@pytest.fixture(autouse=True)
def runs():
    seen = []
    handler = logging.Handler()
    handler.emit = lambda record: seen.append(record.msg)
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    yield seen
    LOG.removeHandler(handler)


# ---- what runs ------------------------------------------------------------------------------------


def test_every_method_on_all_data_with_every_seed(runs):
    result = quiet({"noise": noise, "two": first_two}, {"a": X, "b": (X[:35], np.arange(35) % 3)}, seeds=[4, 2])  # fmt: skip
    assert runs == [4, 4, 4, 4, 2, 2, 2, 2]
    places = [(t.seed, t.data, t.method) for t in result.trials]
    assert places[:4] == [(4, "a", "noise"), (4, "a", "two"), (4, "b", "noise"), (4, "b", "two")]
    assert {t.n_samples for t in result.trials} == {40, 35}
    assert "knn_accuracy" in result.trials[2].scores
    assert "knn_accuracy" not in result.trials[0].scores
    expected = nb.metrics.report(X, noise(X, 4))
    assert result.trials[0].scores == dict(expected)


def test_seeds_reach_every_part_of_an_estimator_which_stays_as_it_is():
    pipeline = make_pipeline(StandardScaler(), baselines.OpenTSNE(perplexity=5, n_iter=5, early_exaggeration_iter=5, init="random"))  # fmt: skip
    result = quiet({"t-SNE": pipeline}, X, seeds=2)
    assert result.trials[0].scores != result.trials[1].scores
    assert pipeline.get_params()["opentsne__random_state"] is None
    assert not hasattr(pipeline[-1], "embedding_")


def test_a_failed_trial_is_recorded_and_stops_no_other():
    result = quiet({"broken": broken, "two": first_two}, X, seeds=2)
    assert [t.error for t in result.failures] == ["RuntimeError: no map today"] * 2
    assert all(t.scores for t in result.trials if t.method == "two")
    assert "Failed: 2 trials. broken, data, seeds 0, 1: RuntimeError: no map today" in repr(result)
    assert "n/a" in repr(result)


def test_a_map_that_cannot_be_scored_is_a_failed_trial():
    result = quiet({"gaps": lambda X, seed: np.full((len(X), 2), np.nan)}, X, seeds=1)
    assert "Y must be finite" in result.trials[0].error


def test_scores_that_are_asked_for():
    some = quiet({"two": first_two}, X, seeds=1, metrics=["continuity"])
    assert list(some.trials[0].scores) == ["continuity"]
    own = quiet({"two": first_two}, X, seeds=1, metrics=lambda X, Y, labels: {"width": np.ptp(Y)})
    assert own.metrics == ("width",)
    named = quiet({"two": first_two}, X, seeds=1, metrics={"width": lambda X, Y, labels: np.ptp(Y)})
    assert named.trials[0].scores == own.trials[0].scores


def test_every_measure_of_the_map_has_a_name(monkeypatch):
    y = np.arange(40) % 2

    def sampled(Y: Any, labels: Any, *, sample: Any = None) -> float:
        found = Sampled(labels.sum())
        found.standard_error = 0.25
        return found

    def curve(X: Any, Y: Any) -> list:
        raise AssertionError

    monkeypatch.setattr(nb.metrics, "sampled", sampled, raising=False)
    monkeypatch.setattr(nb.metrics, "curve", curve, raising=False)
    monkeypatch.setattr(nb.metrics, "__all__", [*nb.metrics.__all__, "sampled", "curve"])
    for cached in (measures._functions, measures._needing_labels):
        cached.cache_clear()
    names = ["sampled", "continuity"]
    (trial,) = quiet({"two": first_two}, X, labels=y, seeds=1, metrics=names).trials
    assert trial.scores == {
        "sampled": 20.0,
        "continuity": nb.metrics.continuity(X, first_two(X, 0)),
    }
    assert trial.standard_errors == {"sampled": 0.25}
    with pytest.raises(InvalidInputError, match="metrics must be one of"):
        quiet({"two": first_two}, X, metrics="curve")
    with pytest.raises(
        InvalidInputError, match="without 'sampled' where there are no labels, and 'b'"
    ):
        quiet({"two": first_two}, {"a": (X, y), "b": X}, metrics=names)
    monkeypatch.undo()
    for cached in (measures._functions, measures._needing_labels):
        cached.cache_clear()


class Sampled(float):
    """A score that knows its standard error."""


def test_processes_give_the_same_scores():
    methods = {"PCA": baselines.PCA(), "Isomap": baselines.Isomap()}
    one, two = (quiet(methods, X, seeds=2, n_jobs=n) for n in (1, 2))
    assert [(t.method, t.seed, t.scores) for t in one.trials] == [
        (t.method, t.seed, t.scores) for t in two.trials
    ]


def test_a_bar_counts_the_trials(capsys):
    nb.benchmark({"two": first_two}, X, seeds=3)
    assert "3/3" in capsys.readouterr().err
    quiet({"two": first_two}, X, seeds=3)
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(not memory.REFERENCES.exists(), reason="only Linux counts memory by itself")
def test_memory_is_that_of_the_fit():
    def hungry(X, seed):
        return np.ones(40_000_000 // 8)[: len(X) * 2].reshape(-1, 2) + noise(X, seed)

    result = quiet({"two": first_two, "hungry": hungry}, X, seeds=1)
    small, large = (trial.peak_bytes for trial in result.trials)
    assert large > 35e6 > small


# ---- what is remembered ---------------------------------------------------------------------------


def test_trials_that_are_done_are_not_run_again(tmp_path, runs):
    path = tmp_path / "trials.jsonl"
    first = quiet({"two": first_two}, X, seeds=2, path=path)
    again = quiet({"other name": first_two, "noise": noise}, X, seeds=3, path=path)
    assert runs == [0, 1, 0, 1, 2, 2]
    assert again.trials[0].method == "other name"
    assert again.trials[0].scores == first.trials[0].scores
    record = json.loads(path.read_text().splitlines()[0])
    assert record["versions"]["numpy"] == np.__version__
    assert record["finished"].startswith("20")


@pytest.mark.parametrize("change", ["data", "labels", "parameters", "metrics"])
def test_what_has_changed_is_run_again(change, tmp_path):
    path = tmp_path / "trials.jsonl"
    y = np.arange(40) % 2
    given = {"data": X, "labels": y, "method": baselines.PCA(), "metrics": ["continuity"]}
    changed = {
        "data": {"data": X + X[0]},
        "labels": {"labels": 1 - y},
        "parameters": {"method": baselines.PCA(n_components=3)},
        "metrics": {"metrics": ["trustworthiness"]},
    }[change]
    for now, lines in ((given, 1), (given, 1), (given | changed, 2)):
        quiet({"m": now["method"]}, now["data"], labels=now["labels"], metrics=now["metrics"], seeds=1, path=path)  # fmt: skip
        assert len(path.read_text().splitlines()) == lines


class Interrupted(BaseEstimator):
    """A method that somebody stops at a seed; who stops it is none of its parameters."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit_transform(self, X):
        if str(self.random_state) == os.environ.get("STOP_AT"):
            raise KeyboardInterrupt
        return first_two(X, self.random_state)


def test_an_interrupt_loses_one_trial(tmp_path, runs, monkeypatch):
    path = tmp_path / "trials.jsonl"
    monkeypatch.setenv("STOP_AT", "2")
    with pytest.raises(KeyboardInterrupt):
        quiet({"m": Interrupted()}, X, seeds=4, path=path)
    assert runs == [0, 1]
    # A line that was cut short is no trial, and spoils no other.
    with path.open("a") as file:
        file.write('{"format": 1, "data": "cut sh')
    monkeypatch.delenv("STOP_AT")
    result = quiet({"m": Interrupted()}, X, seeds=4, path=path)
    assert runs == [0, 1, 2, 3]
    assert [trial.seed for trial in result.trials] == [0, 1, 2, 3]
    assert result.failures == ()
    lines = path.read_text().splitlines()
    assert lines[2] == '{"format": 1, "data": "cut sh'
    assert [json.loads(lines[i])["seed"] for i in (0, 1, 3, 4)] == [0, 1, 2, 3]


KILLED = """
import os, signal, sys
import numpy as np
import nbembed as nb

def two(X, seed):
    print(seed, flush=True)
    assert seed not in {"sets", "of", "names", "have", "another", "order", "in", "every", "process"}
    if "kill" in sys.argv and seed == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return X[:, :2] + 0.01 * np.random.default_rng(seed).normal(size=(len(X), 2))

class Own:
    def __init__(self, random_state=None): self.random_state = random_state
    def get_params(self, deep=True): return {"random_state": self.random_state}
    def set_params(self, **p): self.random_state = p["random_state"]; return self
    def fit_transform(self, X): return two(X, 10 + self.random_state)

X = np.random.default_rng(0).normal(size=(40, 5))
result = nb.benchmark({"two": two, "own": Own()}, X, seeds=4, path=sys.argv[1], progress=False)
print("scores", [list(trial.scores.values()) for trial in result.trials])
"""


def test_a_process_that_is_killed_goes_on_where_it_was(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(KILLED)

    def run(*arguments):
        command = [sys.executable, str(script), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = done.stdout.split("\n")
        return done.returncode, [line for line in lines if line.isdigit()], lines[-2]

    path = tmp_path / "trials.jsonl"
    code, ran, _ = run(path, "kill")
    assert (code, ran) == (-signal.SIGKILL, ["0", "10", "1", "11", "2"])
    assert len(path.read_text().splitlines()) == 4
    code, ran, scores = run(path)
    assert (code, ran) == (0, ["2", "12", "3", "13"])
    assert run(tmp_path / "other.jsonl") == (
        0,
        ["0", "10", "1", "11", "2", "12", "3", "13"],
        scores,
    )


def test_failed_trials_are_tried_again(tmp_path, runs):
    path = tmp_path / "trials.jsonl"
    for _ in range(2):
        quiet({"broken": broken}, X, seeds=1, path=path)
    assert runs == [0, 0]


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("dear diary")
    with pytest.raises(InvalidInputError, match="path must be a file that benchmark has written"):
        quiet({"two": first_two}, X, path=path)
    assert path.read_text() == "dear diary"
    with pytest.raises(InvalidInputError, match="path must be a file in a folder that is there"):
        quiet({"two": first_two}, X, path=tmp_path / "no" / "trials.jsonl")


# ---- words --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"methods": {}}, InvalidTypeError, "methods must be a dictionary"),
        ({"methods": [first_two]}, InvalidTypeError, "methods must be a dictionary"),
        ({"methods": {"t": nb.TSNE}}, InvalidTypeError, r"must be an estimator, got the class TSNE; write TSNE\(\)"),
        ({"methods": {"t": 3}}, InvalidTypeError, r"methods\['t'\] must be an estimator with fit_transform"),
        ({"data": {}}, InvalidInputError, "data must hold at least one"),
        ({"data": {"a": X}, "labels": [1]}, InvalidInputError, "labels must be None where data is a dictionary"),
        ({"labels": [1, 2]}, InvalidInputError, "labels must hold one value per row"),
        ({"seeds": 0}, InvalidInputError, "seeds must be an integer of at least 1"),
        ({"seeds": [1, 1]}, InvalidInputError, "seeds must be different numbers"),
        ({"seeds": "ten"}, InvalidTypeError, "seeds must be a number of seeds or a list"),
        ({"metrics": [3]}, InvalidTypeError, "metrics must be None, names of measures"),
        ({"metrics": {"width": 3}}, InvalidTypeError, "metrics must be None, names of measures"),
        ({"metrics": ["continuty"]}, InvalidInputError, "did you mean 'continuity'"),
        ({"metrics": "knn_accuracy"}, InvalidInputError, "without 'knn_accuracy' where there are no labels"),
        ({"baseline": "TSNE"}, InvalidInputError, "baseline must be one of 'two', got 'TSNE'"),
        ({"confidence": 1.0}, InvalidInputError, "confidence must be below 1"),
        ({"margins": {"t": -1}}, InvalidInputError, r"margins\['t'\] must be a number of at least 0"),
        ({"margins": 0.1}, InvalidTypeError, "margins must be a dictionary"),
        ({"progress": "yes"}, InvalidTypeError, "progress must be True or False"),
    ],
)  # fmt: skip
def test_errors_say_what_is_wrong_before_anything_runs(change, error, message, runs):
    given = {"methods": {"two": first_two}, "data": X} | change
    with pytest.raises(error, match=message):
        nb.benchmark(given.pop("methods"), given.pop("data"), **given)
    assert runs == []


def test_a_frame_has_a_row_for_each_trial():
    frame = quiet({"broken": broken, "two": first_two}, X, seeds=2).to_frame()
    assert list(frame["method"]) == ["broken", "two"] * 2
    assert frame["trustworthiness"].isna().tolist() == [True, False] * 2
    assert {"data", "seed", "seconds", "peak_bytes", "error"} <= set(frame.columns)


def test_the_script_of_late_exaggeration_runs(tmp_path):
    script = Path(__file__).parents[1] / "benchmarks" / "late_exaggeration.py"
    figure, maps = tmp_path / "late.png", tmp_path / "maps.png"
    command = [sys.executable, script, "--rows", "60", "--factors", "4", "--steps", "20", "--seeds", "2", "--figure", figure, "--maps", maps]  # fmt: skip
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "late exaggeration 4" in out
    assert min(figure.stat().st_size, maps.stat().st_size) > 1000
