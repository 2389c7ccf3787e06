"""The commands that measure speed: stages, processes, the file of results, recall, verdicts, bits."""

import argparse
import importlib
import importlib.util
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
NAMES = ("contenders", "measuring", "methods", "first_call", "neighbors", "same_bits", "gpu")


@pytest.fixture(scope="module")
def scripts():
    """The scripts import each other, as they do when one is run."""
    sys.path.insert(0, str(BENCHMARKS))
    yield SimpleNamespace(**{name: importlib.import_module(name) for name in NAMES})
    sys.path.remove(str(BENCHMARKS))


@pytest.fixture
def options(tmp_path):
    return argparse.Namespace(file=tmp_path / "out" / "f.jsonl", threads=1, steps=5, seeds=2, warm_up=0, sample=50)  # fmt: skip


def run(module, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["script", *map(str, arguments)])
    module.main()


# ---- stages ---------------------------------------------------------------------------------------


def test_a_stage_inside_another_counts_once(scripts):
    clock = scripts.contenders.Clock()
    with clock.stage("outer"):
        time.sleep(0.02)
        with clock.stage("inner"):
            time.sleep(0.06)
        clock.switch("later")
        time.sleep(0.04)
    assert set(clock.seconds) == {"outer", "inner", "later"}
    assert clock.seconds["inner"] >= 0.06
    assert clock.seconds["later"] >= 0.04
    assert 0.02 <= clock.seconds["outer"] < 0.02 + clock.seconds["inner"]


def test_watched_functions_are_timed_and_put_back(scripts):
    clock, original = scripts.contenders.Clock(), json.dumps
    with clock.watching({"json:dumps": "writing"}):
        assert json.dumps([1]) == "[1]"
        assert json.dumps is not original
    assert json.dumps is original
    assert clock.seconds["writing"] > 0


@pytest.mark.parametrize("name", ["umap-learn", "openTSNE", "scikit-learn", "PaCMAP"])
def test_the_peers_have_the_functions_that_are_watched(scripts, name):
    contender = scripts.contenders.METHODS[name]
    if not contender.is_there:
        pytest.skip(f"{name} is not installed")
    assert {"neighbors", "optimization"} <= set(contender.stages.values())
    for place in contender.stages:
        owner, function = scripts.contenders.found(place)
        assert callable(getattr(owner, function))


@pytest.mark.parametrize("name", ["UMAP", "t-SNE", "openTSNE"])
def test_stages_make_up_a_fit(scripts, digits, name):
    contender = scripts.contenders.METHODS[name]
    if not contender.is_there:
        pytest.skip(f"{name} is not installed")
    Y, seconds, stages = contender.timed(digits[0][:150], seed=0, threads=1, steps=5)
    assert np.shape(Y) == (150, 2)
    assert {"neighbors", "affinities", "initialization", "optimization"} <= set(stages)
    # Little lies outside of every stage, and nothing in two.
    assert 0.8 * seconds < sum(stages.values()) <= seconds


def test_who_takes_part(scripts, monkeypatch):
    contenders, chosen = scripts.contenders.METHODS, scripts.contenders.chosen
    names = [one.name for one in chosen(contenders, None, 70_000)]
    assert "UMAP" in names
    assert "t-SNE" in names
    assert not {"scikit-learn", "umap-learn, seeded", "EmbedWidget"} & set(names)
    assert [one.name for one in chosen(contenders, ["scikit-learn"], 70_000)] == ["scikit-learn"]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "nbembed" or None)
    assert {one.package for one in chosen(contenders, None, 100)} == {"nbembed"}


# ---- whole commands on few rows ---------------------------------------------------------------------


def test_fits_are_measured_once_and_compared(scripts, monkeypatch, tmp_path, capsys):
    arguments = ("--rows", 120, "--seeds", 1, "--steps", 4, "--who", "UMAP", "t-SNE", "--threads", 1, "--file", tmp_path / "f.jsonl")  # fmt: skip
    run(scripts.methods, monkeypatch, *arguments)
    printed = capsys.readouterr().out
    trials = [json.loads(line) for line in (tmp_path / "f.jsonl").read_text().splitlines()]
    assert [(t["method"], t["seed"]) for t in trials] == [("UMAP", 0), ("t-SNE", 0)]
    for trial in trials:
        scores = trial["scores"]
        assert {"seconds", "seconds_optimization", "peak_memory_gb", "trustworthiness", "knn_accuracy"} <= set(scores)  # fmt: skip
        assert scores["peak_memory_gb"] > 0.03
        assert ("kl" in scores, "umap_loss" in scores) == (trial["method"] == "t-SNE", trial["method"] == "UMAP")  # fmt: skip
    assert "| UMAP |" in printed
    assert "trustworthiness" in printed
    # What is in the file is not run again.
    monkeypatch.setattr(scripts.methods, "alone", None)
    run(scripts.methods, monkeypatch, *arguments)
    assert len((tmp_path / "f.jsonl").read_text().splitlines()) == 2


def test_one_that_fails_is_told_and_tried_again(scripts, options, digits, capsys):
    X, missing = digits[0][:50], scripts.contenders.METHODS["UMAP"]
    with scripts.measuring.folder_of(X) as folder:
        for _ in range(2):
            results = scripts.measuring.Results("try", options)
            # There is no such option.
            results.get("digits", X, "UMAP", 0, lambda: scripts.measuring.alone(missing, folder, threads=1, wrong=1)[1])  # fmt: skip
    assert capsys.readouterr().out.count("unexpected keyword argument 'wrong'") == 2
    assert results.medians("digits", "UMAP") == {}
    assert results.get("digits", X, "UMAP", 0, lambda: {"seconds": 2}) == {"seconds": 2.0}


def test_quality_is_compared_seed_by_seed(scripts, options, digits):
    results = scripts.measuring.Results("try", options)
    rng, X = np.random.default_rng(0), digits[0][:50]
    for seed in range(5):
        common = rng.normal(scale=0.1)
        for method, offset in (("ours", -0.001), ("worse", -0.02), ("peer", 0.0)):
            noise = common + rng.normal(scale=1e-4)
            scores = {"trustworthiness": 0.9 + offset + noise, "kl": 2.0 - 10 * offset + noise, "seconds": 1.0 + (method == "peer")}  # fmt: skip
            results.get("digits", X, method, seed, lambda scores=scores: scores)
    found = {
        ours: {one.metric: one.verdict for one in scripts.measuring.verdicts(results, "digits", ours, "peer")}
        for ours in ("ours", "worse")
    }  # fmt: skip
    assert found["ours"]["trustworthiness"] == "not worse"
    assert found["worse"] == {"trustworthiness": "worse", "kl": "worse"}
    margins = [one.margin for one in scripts.measuring.verdicts(results, "digits", "ours", "peer")]
    assert margins == pytest.approx([0.002, 0.01], rel=0.1)
    assert results.ratio("digits", "ours", "peer", "seconds") == 2.0


def test_the_loss_is_on_the_same_affinities_for_all(scripts, digits, tmp_path, monkeypatch):
    X, y = digits[0][:300], digits[1][:300]
    ground = scripts.measuring.Ground(X, y, tmp_path)
    Y = np.random.default_rng(0).normal(size=(300, 2))
    first = ground.quality(Y, "t-SNE"), ground.quality(Y, "UMAP"), ground.quality(Y, "other")
    assert [set(s) & {"kl", "umap_loss"} for s in first] == [{"kl"}, {"umap_loss"}, set()]
    assert first[0]["trustworthiness"] == pytest.approx(0.5, abs=0.1)
    # The neighbours are searched once for each data set.
    monkeypatch.setattr(scripts.measuring, "nearest_neighbors", None)
    assert scripts.measuring.Ground(X, y, tmp_path).quality(Y, "t-SNE") == first[0]


def test_recall_counts_true_neighbors_once(scripts, digits):
    X = digits[0][:200]
    exact = NearestNeighbors(n_neighbors=11).fit(X).kneighbors(return_distance=False)[:, :10]
    rows = np.arange(0, 200, 3)
    assert scripts.neighbors.recall(X, exact, rows) == 1.0
    wrong = exact.copy()
    wrong[:, :4] = -1
    assert scripts.neighbors.recall(X, wrong, rows) == pytest.approx(0.6)
    wrong[:] = exact[:, :1]
    assert scripts.neighbors.recall(X, wrong, rows) == pytest.approx(0.1)
    wrong[:] = np.arange(200)[:, None]
    assert scripts.neighbors.recall(X, wrong, rows) == 0.0


def test_searches_are_timed_twice(scripts, digits, options):
    X, search = digits[0][:200], scripts.contenders.SEARCHES["nbembed"]
    with scripts.measuring.folder_of(X) as folder:
        scores = scripts.neighbors.measured(search, X, folder, options, 0, 5)
    assert scores["recall"] == 1.0
    # The first call began before Python did.
    assert scores["first"] > scores["warm"] > 0


def test_a_first_call_finds_nothing_compiled(scripts, digits, options, monkeypatch):
    folders = []

    def alone(contender, folder, *, cache_folder, calls, **given):
        inside = Path(cache_folder)
        folders.append((cache_folder, list(inside.iterdir()), calls))
        (inside / "compiled").touch()
        assert given["seed"] == 3
        return None, {"ready": 5.0 / len(folders), "calls": [{"seconds": 4.0}, {"seconds": 1.0}], "peak_memory_gb": 1}  # fmt: skip

    monkeypatch.setattr(scripts.first_call, "alone", alone)
    scores = scripts.first_call.measured(scripts.contenders.METHODS["UMAP"], None, options, 3)
    (first, empty, twice), (second, filled, once) = folders
    assert first == second
    assert (empty, len(filled), twice, once) == ([], 1, 2, 1)
    assert scores == {"seconds": 5.0, "first_call": 5.0, "first_call_compiled": 2.5, "second_call": 1.0, "peak_memory_gb": 1}  # fmt: skip


def test_the_compile_cache_of_a_process_is_the_folder_it_is_given(scripts, tmp_path):
    around = scripts.measuring.environment(1, tmp_path)
    assert (around["NUMBA_CACHE_DIR"], around["OMP_NUM_THREADS"]) == (str(tmp_path), "1")
    assert scripts.first_call.import_seconds("json", 1) < 5


# ---- bits -----------------------------------------------------------------------------------------


def test_bits_of_one_fit_are_told_and_differing_ones_end_in_an_error(scripts, monkeypatch, capsys, tmp_path, digits):  # fmt: skip
    X = digits[0][:120]
    np.save(tmp_path / "X.npy", X)
    for stepwise in (False, True):
        job = {"method": "UMAP", "X": str(tmp_path / "X.npy"), "steps": 3, "threads": 1, "stepwise": stepwise}  # fmt: skip
        run(scripts.same_bits, monkeypatch, "--one", json.dumps(job))
    plain, looked_at = map(json.loads, capsys.readouterr().out.splitlines())
    assert plain == looked_at
    assert plain[0] != plain[1]
    jobs = []

    def in_a_process(job, threads, cache=None):
        jobs.append((threads, job["stepwise"], cache is not None))
        return ("a", "b" if job["method"] == "UMAP" or threads == 1 else "c")

    monkeypatch.setattr(scripts.same_bits, "in_a_process", in_a_process)
    run(scripts.same_bits, monkeypatch, "--rows", 120, "--methods", "UMAP")
    assert tuple(jobs) == scripts.same_bits.WAYS
    assert "the same bits everywhere" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="the bits differ: TSNE of digits 120"):
        run(scripts.same_bits, monkeypatch, "--rows", 120)


# ---- another device -------------------------------------------------------------------------------


def test_without_a_graphics_card_nothing_is_measured(scripts, monkeypatch, capsys):
    monkeypatch.setattr(scripts.gpu, "measured", None)
    run(scripts.gpu, monkeypatch, "--device", "no card")
    assert "No graphics card is here" in capsys.readouterr().out


def test_devices_are_compared_part_by_part(scripts, monkeypatch, capsys):
    # The processor stands for both.
    run(scripts.gpu, monkeypatch, "--rows", 120, "--repeat", 1, "--steps", 2, "--device", "cpu")
    printed = capsys.readouterr().out
    for part in ("learned map: training", "metrics.trustworthiness", "exact search of all rows"):
        assert part in printed
