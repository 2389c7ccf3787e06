"""Two groups: how far apart they are in the data and in maps, and what sets them apart."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from nbembed.errors import InvalidInputError
from nbembed.metrics import compare_groups
from nbembed.metrics import groups as module


def lengths(points, pairs):
    return np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)


@pytest.fixture(scope="module")
def three():
    """Three groups of 40 on a line, at 0, 1 and 10."""
    rng = np.random.default_rng(0)
    X = rng.normal(scale=0.1, size=(120, 5))
    X[:, 0] += np.repeat([0.0, 1.0, 10.0], 40)
    return X, np.repeat([0, 1, 2], 40)


def test_the_rank_is_the_statistic_of_mann_and_whitney(three):
    X, y = three
    Y = X[:, 1:3]
    found = compare_groups(X, Y, y == 0, y == 1)
    i, j = np.triu_indices(120, 1)
    every = np.column_stack([i, j])
    between = np.array([(p, q) for p in range(40) for q in range(40, 80)])
    for points, rank in ((X, found.in_data), (Y, found.in_maps[0])):
        u = mannwhitneyu(lengths(points, between), lengths(points, every)).statistic
        assert rank == pytest.approx(u / (len(between) * len(every)), abs=1e-9)
    assert (found.n_a, found.n_b) == (40, 40)


def test_many_pairs_are_drawn_and_the_same_in_every_map(three, monkeypatch):
    X, y = three
    exact = compare_groups(X, X[:, :2], y == 0, y == 2).in_data
    monkeypatch.setattr(module, "PAIRS", 1000)
    found = compare_groups(X, [X, X[:, :2], X], y == 0, y == 2)
    assert found.in_data == pytest.approx(exact, abs=0.05)
    assert found.in_maps[0] == found.in_maps[2] == found.in_data
    assert found == compare_groups(X, [X, X[:, :2], X], y == 0, y == 2)


def test_a_map_that_pulls_two_groups_apart_is_found_out(three):
    X, y = three
    Y = np.random.default_rng(1).normal(scale=0.1, size=(120, 2))
    Y[:, 0] += np.repeat([0.0, 30.0, 1.0], 40)  # 0 and 1 are near in the data, far in the map
    found = compare_groups(X, Y, y == 0, y == 1, labels=np.array(["a", "b", "c"])[y])
    assert found.in_data < 0.6
    assert found.in_maps[0] > 0.7
    # The two other pairs of classes are farther apart in the data; in the map one is closer.
    assert found.classes[:2] == (2, 0)
    assert found.classes[2] == 2
    assert compare_groups(X, Y, y == 0, y == 1, labels=y > 0).classes == (0, 0, 0)


def test_neighbours_across_show_what_was_torn():
    line = np.linspace(0, 1, 200)[:, None]
    torn = np.where(line < 0.5, line, line + 9)
    a, b = np.arange(80, 100), np.arange(100, 120)
    found = compare_groups(line, torn, a, b, n_neighbors=5)
    gaps = np.abs(line - line.T) + np.diag(np.full(200, np.inf))
    near = np.argsort(gaps, axis=1, kind="stable")[:, :5]
    share = np.mean(
        [np.isin(near[i], b).mean() for i in a] + [np.isin(near[i], a).mean() for i in b]
    )
    assert found.across_in_data == pytest.approx(share, abs=0.02)
    assert found.across_in_data > 0.02
    assert found.across_in_map == 0.0


def test_columns_are_sorted_by_their_standardised_difference(three):
    X, y = three
    big = X * [1, 1, 100, 1, 1]  # a large scale is no large difference
    found = compare_groups(big, X[:, :2], y == 0, y == 1).differences
    assert found[0].name == "column 0"
    a, b = X[y == 0, 0], X[y == 1, 0]
    pooled = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    assert found[0].size == pytest.approx((a.mean() - b.mean()) / pooled)
    assert (found[0].mean_a, found[0].mean_b) == (pytest.approx(a.mean()), pytest.approx(b.mean()))
    flag = np.where(y == 0, 1.0, 0.0)
    flag[3] = np.nan
    own = compare_groups(X, X[:, :2], y == 0, y == 1, columns=[("flag", flag), ("same", y * 0)])
    assert [(d.name, d.size) for d in own.differences] == [("flag", np.inf)]


def test_rows_in_both_groups_are_of_the_first(three):
    X, _ = three
    found = compare_groups(X, X[:, :2], np.arange(50), np.arange(30, 90))
    assert (found.n_a, found.n_b) == (50, 40)


def test_it_reads_as_text(three):
    X, y = three
    text = str(compare_groups(X, [X[:, :2], X[:, 1:3]], y == 0, y == 1, labels=y))
    assert "A (40 points) and B (40) are farther apart than" in text
    assert "in 1 other map(s)" in text
    assert "of 2 other pairs of classes" in text
    assert "column 0: " in text


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([0, 1], [1], "b must have at least 2 rows of its own, got 0"),
        ([0, 200], [1, 2], "a must be"),
        ([0, 1], [True, False], "b must be positions of rows or one boolean per row, 120 in all"),
        ([[0, 1]], [1, 2], "a must be positions"),
        ([], [1, 2], "a must have at least 2 rows"),
        ([0.5, 1.0], [1, 2], "a must be positions"),
    ],
)
def test_what_is_no_group_says_so(three, a, b, message):
    X, _ = three
    with pytest.raises(InvalidInputError, match=message):
        compare_groups(X, X[:, :2], a, b)
