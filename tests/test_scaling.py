"""A scale that float32 can hold, for data and for later rows."""

import numpy as np
import pytest

from nbembed import _checks
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
