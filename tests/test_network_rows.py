"""Rows as a network sees them: standardized, folded into samples, in memory or on disk."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from nbembed._threads import use_threads
from nbembed.networks import FCNN, Rows, Standardization, place, quick, ready
from nbembed.networks.rows import block_size

DATA = (np.random.default_rng(0).normal(size=(50, 12)) * 3 + 7).astype(np.float32)


@pytest.fixture
def on_disk(tmp_path):
    X = np.memmap(tmp_path / "x", dtype=np.float32, mode="w+", shape=DATA.shape)
    X[:] = DATA
    return np.asarray(X)


def test_rows_on_disk_and_in_memory_are_the_same_to_the_bit(on_disk, monkeypatch):
    monkeypatch.setattr("nbembed.networks.rows.BLOCK", 16)
    standardization = Standardization.of(DATA)
    expected = torch.from_numpy(standardization.forward(DATA)).reshape(50, 3, 4)
    numbers = torch.tensor([4, 4, 49, 0])
    for X, resident in ((DATA, True), (on_disk, False)):
        rows = Rows(X, standardization, shape=(3, 4))
        assert (rows.resident, len(rows), rows.shape) == (resident, 50, (3, 4))
        assert torch.equal(rows[numbers], expected[numbers])
        found = [block.clone() for block in rows.blocks()]
        assert [len(block) for block in found] == [16, 16, 16, 2]
        assert torch.equal(torch.cat(found), expected)


def test_a_block_holds_fewer_samples_where_they_are_large():
    assert block_size((8, 8)) == 2048
    assert block_size((28, 28)) == 1337
    assert block_size((3, 512, 512)) == 1


@pytest.mark.parametrize("module", [FCNN(12, hidden=(8,)), nn.Linear(12, 2)])
def test_places_do_not_depend_on_where_the_rows_are(module, on_disk):
    standardization = Standardization.of(DATA)
    exact = ready(module, "cpu")
    expected = place(exact, standardization.forward(DATA), "cpu")
    assert expected.shape == (50, 2)
    for X in (DATA, on_disk):
        np.testing.assert_array_equal(place(exact, Rows(X, standardization), "cpu"), expected)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_a_fit_of_a_memory_map_does_not_hold_it(tmp_path):
    code = [sys.executable, str(Path(__file__).parent / "memory_of_a_fit.py"), str(tmp_path / "x")]
    found = subprocess.run(code, capture_output=True, text=True, check=True)
    grown, same = found.stdout.split()
    assert same == "True"
    assert int(grown) < 150


def test_many_rows_take_float32_and_any_number_of_threads():
    network = FCNN(20, hidden=(64, 64), seed=1)
    X = np.random.default_rng(0).normal(size=(3000, 20)).astype(np.float32)
    many = quick(network, "cpu")
    found = {}
    for threads in (1, 2, 5):
        with use_threads(threads):
            found[threads] = place(ready(network, "cpu"), X, "cpu", many=many)
    np.testing.assert_array_equal(found[1], found[2])
    np.testing.assert_array_equal(found[1], found[5])
    exact = place(ready(network, "cpu"), X, "cpu")
    np.testing.assert_allclose(found[1], exact, atol=1e-6 * np.ptp(exact), rtol=0)
    assert not np.array_equal(found[1], exact)
    few = place(ready(network, "cpu"), X[:10], "cpu", many=many)
    np.testing.assert_array_equal(few, place(ready(network, "cpu"), X[:10], "cpu"))
    assert quick(torch.nn.Linear(20, 2), "cpu") is None
