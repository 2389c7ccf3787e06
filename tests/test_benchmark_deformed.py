"""Generated pictures of the benchmarks: still digits, made of the right originals, the same for the same seed."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.neighbors import KNeighborsClassifier


@pytest.fixture(scope="module")
def deformed():
    path = Path(__file__).parents[1] / "benchmarks" / "deformed.py"
    spec = importlib.util.spec_from_file_location("deformed", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_deformed_digits_are_still_digits(deformed):
    X, y = deformed.deformed_digits(4000)
    assert (X.shape, X.dtype) == ((4000, 64), np.float32)
    assert X.min() >= 0
    assert X.max() <= 16
    assert set(y) == set(range(10))
    new, labels = deformed.deformed_digits(500, test=True)
    accuracy = KNeighborsClassifier(1).fit(X, y).score(new, labels)
    # Made of other originals: not as easy as neighbours in the originals, which are right in 0.989.
    assert 0.85 < accuracy < 0.985


def test_no_original_stands_on_both_sides(deformed, monkeypatch):
    seen = []

    def remembered(X, shape, n, seed):
        seen.append({row.tobytes() for row in X})
        return X[:n], np.arange(n)

    monkeypatch.setattr(deformed, "enlarged", remembered)
    for seed in (0, 1):
        for test in (False, True):
            deformed.deformed_digits(5, seed, test=test)
    assert [len(part) for part in seen] == [1437, 360, 1437, 360]
    assert seen[0] == seen[2]
    assert not seen[0] & seen[1]
    assert not seen[0] & seen[3]


def test_rows_depend_on_the_seed_alone(deformed, digits):
    X = digits[0]
    block = deformed.BLOCK
    many, source = deformed.enlarged(X, (8, 8), block + 40, seed=1)
    few, same = deformed.enlarged(X, (8, 8), 30, seed=1)
    assert_array_equal(many[:30], few)
    assert_array_equal(source[:30], same)
    # Neither are the blocks alike, nor other seeds.
    assert not np.array_equal(source[:40], source[block:])
    assert not np.array_equal(few, deformed.enlarged(X, (8, 8), 30, seed=2)[0])


def test_a_file_is_written_block_by_block(deformed, tmp_path):
    X = np.random.default_rng(0).random((20, 6 * 9), dtype=np.float32)
    n = deformed.BLOCK + 7
    rows, source = deformed.enlarged(X, (6, 9), n, path=tmp_path / "rows.npy")
    assert isinstance(rows, np.memmap)
    memory, again = deformed.enlarged(X, (6, 9), n)
    assert_array_equal(np.load(tmp_path / "rows.npy"), memory)
    assert_array_equal(source, again)


def test_pictures_stay_near_their_original(deformed):
    # One bright square in the middle of a wide picture: it moves by little and keeps about its size.
    picture = np.zeros((20, 40), dtype=np.float32)
    picture[6:14, 14:26] = 1
    made, source = deformed.enlarged(picture.reshape(1, -1), (20, 40), 400)
    assert not source.any()
    made = made.reshape(-1, 20, 40)
    weights = made.sum((1, 2))
    assert np.abs(weights / picture.sum() - 1).max() < 0.5
    assert weights.std() > 1
    down = (made.sum(2) * np.arange(20)).sum(1) / weights
    across = (made.sum(1) * np.arange(40)).sum(1) / weights
    assert np.abs(down - 9.5).max() < 4
    assert np.abs(across - 19.5).max() < 8
    assert abs(down.mean() - 9.5) < 0.3
    assert abs(across.mean() - 19.5) < 0.5
