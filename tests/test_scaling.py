"""A scale that float32 can hold, for data and for later rows."""

import numpy as np
import pytest

from nbembed import _checks, _scaling
from nbembed._scaling import Scaling
from nbembed.errors import InvalidInputError

DATA = np.random.default_rng(0).normal(size=(50, 4))


def test_ordinary_data_stay_as_they_are():
    scaling = Scaling.of(DATA, shift=True)
    assert (scaling.divisor, scaling.shift) == (1.0, None)
    as_given = DATA.astype(np.float32)
    assert scaling.apply(as_given) is as_given


@pytest.mark.parametrize("data", [DATA * 1e40, DATA * 1e-40, DATA + 1e9, DATA * 1e40 + 1e49])
def test_later_rows_are_brought_to_the_same_scale(data):
    known, scaling = _checks.scaled_data(data)
    assert np.isfinite(known).all()
    assert 0 < np.abs(known).max() < 1e15
    options = {"n_features": 4, "scaling": scaling, "owner": "It"}
    np.testing.assert_array_equal(_checks.check_rows(data[7:9], **options), known[7:9])
    np.testing.assert_array_equal(_checks.check_data(data), known)


def test_a_metric_that_sees_an_offset_keeps_it():
    _, scaling = _checks.scaled_data(DATA + 1e9, metric="cosine")
    assert scaling.shift is None


def test_small_types_need_no_scale():
    assert Scaling.of((DATA * 100).astype(np.int8), shift=True).shift is None


def test_rows_that_do_not_fit_are_refused():
    _, scaling = _checks.scaled_data(DATA * 1e-40)
    options = {"n_features": 4, "scaling": scaling, "owner": "UMAP"}
    with pytest.raises(
        InvalidInputError, match=r"beside the data that was fitted, got one of magnitude 2"
    ):
        _checks.check_rows(np.full((1, 4), 2.0), **options)
    with pytest.raises(InvalidInputError, match="4 in number, got 3: X has 3 features, but UMAP"):
        _checks.check_rows(np.ones((1, 3)), **options)


def test_blocks_are_those_of_the_whole(monkeypatch):
    X = (DATA * [1, 2, 3, 4] + 5).astype(np.float32)
    whole = _scaling.mean_and_variance(X)
    np.testing.assert_array_equal(whole[0], X.mean(axis=0, dtype=np.float64))
    np.testing.assert_array_equal(whole[1], X.var(axis=0, dtype=np.float64))
    monkeypatch.setattr(_scaling, "BLOCK_NUMBERS", 28)
    assert [len(block) for block in _scaling.blocks(X)] == [7] * 7 + [1]
    for found, expected in zip(_scaling.mean_and_variance(X), whole, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_what_is_not_finite_is_counted_over_all_blocks(monkeypatch):
    monkeypatch.setattr(_scaling, "BLOCK_NUMBERS", 28)
    X = DATA.copy()
    X[[3, 20, 21, 40], [0, 1, 1, 2]] = [np.inf, np.nan, np.nan, np.inf]
    with pytest.raises(InvalidInputError, match=r"got 4 value.* NaN among them, in column\(s\) 1 \(2\), 0 \(1\), 2 \(1\); first row\(s\) 3, 20, 21"):  # fmt: skip
        _checks.check_data(X)


def test_a_view_of_a_memory_map_is_known_as_one(tmp_path):
    X = np.memmap(tmp_path / "x", dtype=np.float32, mode="w+", shape=(6, 4))
    assert _scaling.is_on_disk(np.asarray(X)[2:].reshape(-1, 2, 2))
    checked, _ = _checks.scaled_data(X)
    assert _scaling.is_on_disk(checked)
    assert not _scaling.is_on_disk(DATA)
