"""The quality of each point, one map after the other."""

import numpy as np
import pytest

from nbembed import metrics
from nbembed.errors import InvalidInputError
from nbembed.metrics import PointQuality


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, 6)).astype(np.float32)
    return X, (X[:, :2] + 0.2 * rng.normal(size=(300, 2))).astype(np.float32)


def test_means_are_the_measures_of_the_whole_map(pair):
    X, Y = pair
    quality = PointQuality(X, 10)
    scores = metrics.local_scores(X, Y, n_neighbors=10)
    for measure, expected in (
        ("trustworthiness", scores.trustworthiness),
        ("continuity", scores.continuity),
        ("kept", scores.kept),
    ):
        np.testing.assert_allclose(quality.values(Y, measure), expected, atol=1e-12)
    assert quality.values(Y, "trustworthiness").mean() == pytest.approx(
        metrics.trustworthiness(X, Y, n_neighbors=10)
    )


def test_false_and_missing_leave_out_those_that_are_missed_by_a_little(pair):
    X, Y = pair
    gaps_x = np.linalg.norm(X[:, None].astype(float) - X, axis=2)
    gaps_y = np.linalg.norm(Y[:, None].astype(float) - Y, axis=2)
    order_x, order_y = (
        np.argsort(g + np.diag(np.full(300, -1.0)), axis=1)[:, 1:] for g in (gaps_x, gaps_y)
    )
    false = [1 - np.isin(order_y[i, :5], order_x[i, :15]).mean() for i in range(300)]
    missing = [1 - np.isin(order_x[i, :5], order_y[i, :15]).mean() for i in range(300)]
    quality = PointQuality(X, 5)
    np.testing.assert_allclose(quality.values(Y, "false"), false)
    np.testing.assert_allclose(quality.values(Y, "missing"), missing)
    assert np.mean(false) != pytest.approx(np.mean(missing), abs=1e-3)


def test_a_tear_is_missing_and_a_fold_is_false():
    line = np.linspace(0, 1, 200)[:, None]
    folded = np.abs(line - 0.5)  # both halves on top of each other
    torn = np.where(line < 0.5, line, line + 9)
    quality = PointQuality(line, 5)
    assert quality.values(folded, "false")[10:80].mean() > 0.4
    assert quality.values(folded, "missing")[10:80].mean() < 0.05
    assert quality.values(torn, "missing")[98:102].mean() > 0.25
    assert quality.values(torn, "false")[:90].max() == 0


def test_what_is_not_in_the_sample_has_no_value(pair):
    X, Y = pair
    quality = PointQuality(X, 10, sample=40)
    found = quality.values(Y, "continuity")
    assert np.flatnonzero(np.isfinite(found)).tolist() == quality.rows.tolist()
    assert len(quality.rows) == 40
    whole = PointQuality(X, 10).values(Y, "continuity")
    np.testing.assert_allclose(found[quality.rows], whole[quality.rows])


def test_the_neighbours_of_one_point(pair):
    X, _ = pair
    quality = PointQuality(X, 8, sample=5)
    gaps = np.linalg.norm(X.astype(float) - X[17], axis=1)
    assert quality.neighbors_of(17).tolist() == np.argsort(gaps)[1:9].tolist()


def test_stability_is_the_overlap_of_neighbourhoods(pair):
    X, Y = pair
    quality = PointQuality(X, 6)
    turned = Y @ np.array([[0.0, 2.0], [-2.0, 0.0]])
    assert quality.stability([Y, turned]).min() == 1.0
    assert quality.stability([Y, X[:, 2:4]]).mean() < 0.2


def test_what_cannot_be_measured_says_so(pair):
    X, Y = pair
    with pytest.raises(InvalidInputError, match="measure must be one of"):
        PointQuality(X).values(Y, "trust")
    with pytest.raises(InvalidInputError, match="n_neighbors must be less than half"):
        PointQuality(X[:20])
    with pytest.raises(InvalidInputError, match="one row per row of X, 300"):
        PointQuality(X).values(Y[:10], "kept")
