"""The command for a million pictures, on some hundred: the file, the stages it tells of, and recall."""

import importlib
import json
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

import nbembed as nb


@pytest.fixture(scope="module")
def million():
    folder = str(Path(__file__).parents[1] / "benchmarks")
    sys.path.insert(0, folder)
    yield importlib.import_module("million")
    sys.path.remove(folder)


@pytest.fixture
def originals(monkeypatch):
    made = np.random.default_rng(0).random((60, 784)).astype(np.float32)
    monkeypatch.setattr(nb.datasets, "fashion_mnist", lambda n: (made[:n], np.zeros(len(made[:n]))))


def test_pictures_are_made_once_and_mapped(million, originals, tmp_path):
    told, path = [], tmp_path / "x.npy"
    first = million.pictures(path, 2100, lambda *word: told.append(word))
    assert isinstance(first, np.memmap)
    assert (first.shape, first.dtype) == ((2100, 784), np.float32)
    assert [name for name, _ in told] == ["pictures", "pictures"]
    assert told[-1][1] == 1.0
    again = million.pictures(path, 30, lambda *word: told.append(word))
    assert len(told) == 2
    np.testing.assert_array_equal(again, first[:30])
    assert len(million.pictures(path, 2200, lambda *_: None)) == 2200


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory as Linux tells it")
def test_every_stage_is_told_of_and_everything_is_measured(million, originals, tmp_path, capsys):
    options = Namespace(data=tmp_path / "x.npy", rows=600, steps=4)
    found = million.measured(options)
    stages = list(found["seconds"])
    assert stages[0] == "finding neighbours"
    assert stages[-1] == "optimization"
    assert all(seconds >= 0 for seconds in found["seconds"].values())
    said = capsys.readouterr().out
    assert all(f"{stage}" in said for stage in stages)
    assert "optimization 100%" in said
    assert found["finite"]
    assert found["recall"]["search"] == 1.0
    assert 0.0 < found["recall"]["map"] < 1.0
    assert 0.0 < found["peak_gb"]["own"] <= found["peak_gb"]["resident"]
    assert json.loads(json.dumps(found)) == found


def test_recall_is_measured_against_all_rows(million):
    rng = np.random.default_rng(1)
    X, rows = rng.normal(size=(230, 6)).astype(np.float32), rng.permutation(230)[:40]
    wanted = NearestNeighbors(n_neighbors=6).fit(X).kneighbors(X[rows])[1][:, 1:]
    found = million.exact(X, rows, 5, block=60)
    np.testing.assert_array_equal(np.sort(found, axis=1), np.sort(wanted, axis=1))
