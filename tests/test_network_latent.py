"""Walks in a map with a decoder: grids, and directions of attributes."""

import numpy as np
import pytest

import nbembed as nb
from nbembed.errors import InvalidInputError, NotKeptError

RNG = np.random.default_rng(0)
# Two known factors, each with a direction of its own in the data.
FACTORS = RNG.uniform(-1, 1, size=(300, 2)) * [3, 1]
AXES = np.linalg.qr(RNG.normal(size=(12, 2)))[0].T
X = FACTORS @ AXES + RNG.normal(scale=0.01, size=(300, 12)) + 5
OPTIONS = {"hidden": (), "device": "cpu", "random_state": 0}


@pytest.fixture(scope="module")
def fitted():
    return nb.Autoencoder(n_batches=800, batch_size=64, learning_rate=3e-3, **OPTIONS).fit(X)


def test_a_grid_shows_what_its_places_decode_to(fitted):
    grid = fitted.decode_grid(4, extent=(-1, 2, -3, 3))
    assert (grid.shape, grid.dtype) == ((4, 4, 12), np.float32)
    corners = {(0, 0): (-1, 3), (0, 3): (2, 3), (3, 0): (-1, -3), (1, 2): (1, 1)}
    for (i, j), place in corners.items():
        np.testing.assert_allclose(grid[i, j], fitted.inverse_transform([place])[0], atol=1e-5)
    whole = fitted.decode_grid(2)
    low, high = fitted.embedding_.min(axis=0), fitted.embedding_.max(axis=0)
    np.testing.assert_allclose(whole[1, 0], fitted.inverse_transform(low[None])[0], atol=1e-5)
    np.testing.assert_allclose(whole[0, 1], fitted.inverse_transform(high[None])[0], atol=1e-5)


def test_a_grid_of_pictures_holds_pictures():
    pictures = RNG.normal(size=(20, 4, 6)).astype(np.float32)
    made = nb.Autoencoder(n_batches=2, model="cnn", **OPTIONS | {"hidden": (8,)}).fit(pictures)
    assert made.decode_grid(3).shape == (3, 3, 4, 6, 1)


def test_a_vector_moves_its_factor_and_no_other(fitted):
    vectors = fitted.attribute_vectors(FACTORS)
    assert vectors.shape == (2, 2)
    middle = np.abs(FACTORS / [3, 1]).max(axis=1) < 0.5
    start = fitted.embedding_[middle]
    for k, step in enumerate((1.0, 0.4)):
        moved = fitted.inverse_transform(start + step * vectors[k]) - fitted.inverse_transform(
            start
        )
        change = (moved @ AXES.T).mean(axis=0)
        assert change[k] == pytest.approx(step, rel=0.15)
        assert abs(change[1 - k]) < 0.1 * step


def test_vectors_are_those_of_least_squares(fitted):
    design = np.column_stack([np.ones(300), FACTORS])
    expected = np.linalg.solve(design.T @ design, design.T @ fitted.embedding_)[1:]
    np.testing.assert_allclose(fitted.attribute_vectors(FACTORS), expected, rtol=1e-6)
    flags = FACTORS[:, 0] > 0
    both = fitted.attribute_vectors(np.column_stack([flags, ~flags]))
    means = [fitted.embedding_[flags == flag].mean(axis=0) for flag in (True, False)]
    np.testing.assert_allclose(both[0] - both[1], means[0] - means[1], rtol=1e-4)
    np.testing.assert_allclose(fitted.attribute_vectors(flags)[0], means[0] - means[1], rtol=1e-4)


def test_what_cannot_be_walked_in_is_named(fitted):
    with pytest.raises(InvalidInputError, match=r"attributes must hold .* 300 rows .* \(7, 1\)"):
        fitted.attribute_vectors(np.zeros(7))
    with pytest.raises(InvalidInputError, match="attributes must be finite numbers"):
        fitted.attribute_vectors(np.where(FACTORS > 2, np.nan, FACTORS))
    with pytest.raises(InvalidInputError, match="extent must be"):
        fitted.decode_grid(extent=(0, 1))
    with pytest.raises(InvalidInputError, match="n must be"):
        fitted.decode_grid(1)
    with pytest.raises(InvalidInputError, match="map of two dimensions, got 3"):
        nb.Autoencoder(3, n_batches=1, **OPTIONS).fit(X).decode_grid()
    with pytest.raises(NotKeptError, match="needs a decoder"):
        nb.ParametricUMAP(n_batches=1, **OPTIONS).fit(X).decode_grid()
