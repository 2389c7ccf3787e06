"""How far the fast forces are from exact ones: the grid, float32, and what is sampled."""

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances

from nbembed import affinities
from nbembed.forces import GradientStepper, SampledStepper, spline
from nbembed.forces.repulsion import ExactRepulsion
from nbembed.forces.spline import SplineRepulsion
from nbembed.neighbors import Graph, nearest_neighbors

A, B = 1.5769, 0.8951


def clusters(n, extent):
    """Points of a map as t-SNE leaves it: islands of several densities."""
    rng = np.random.default_rng(0)
    centres = rng.uniform(-0.5 * extent, 0.5 * extent, (40, 2))
    widths = rng.uniform(0.5, 4.0, (40, 1))
    which = rng.integers(0, 40, n)
    return (centres[which] + widths[which] * rng.normal(size=(n, 2))).astype(np.float32)


def test_the_grid_is_within_a_percent_of_10000_points_and_gets_better_with_finer_cells(monkeypatch):
    Y = clusters(10_000, 100.0)
    exact, grid = np.empty_like(Y), np.empty_like(Y)
    Z = ExactRepulsion()(Y, exact)
    errors = []
    for spacing in (0.8, spline.SPACING, 0.2):
        monkeypatch.setattr(spline, "SPACING", spacing)
        sums = SplineRepulsion()(Y, grid)
        errors.append(np.linalg.norm(grid - exact) / np.linalg.norm(exact))
        if spacing <= 0.4:
            np.testing.assert_allclose(sums, Z, rtol=1e-4)
    assert errors[1] < 0.01
    assert errors[0] > 4 * errors[1] > 16 * errors[2]


def test_float32_forces_of_tsne_are_those_of_float64():
    X = np.random.default_rng(1).normal(size=(600, 8)).astype(np.float32)
    P = affinities.perplexity(nearest_neighbors(X, n_neighbors=45), perplexity=15.0)
    Y = clusters(600, 30.0)
    attraction, repulsion = GradientStepper(
        P, Y, learning_rate=1.0, momentum=0.0, exaggeration=1.0, repulsion="exact"
    ).forces()
    exact = Y.astype(np.float64)
    kernel = 1.0 / (1.0 + pairwise_distances(exact) ** 2)
    np.fill_diagonal(kernel, 0.0)
    for found, weights in (
        (attraction, P.to_scipy().toarray().astype(np.float64) * kernel),
        (repulsion, kernel**2 / kernel.sum()),
    ):
        expected = weights.sum(axis=1)[:, None] * exact - weights @ exact
        assert np.linalg.norm(found - expected) < 1e-4 * np.linalg.norm(expected)


def test_float32_pull_of_umap_is_that_of_float64():
    # Heads at the origin, where small moves keep all their digits, each with a tail of its own.
    n = 200
    distances = np.geomspace(0.05, 20.0, n)
    Y = np.zeros((2 * n, 2), dtype=np.float32)
    angles = np.linspace(0.1, 1.4, n)
    Y[1::2] = distances[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    other = (np.arange(2 * n) ^ 1).astype(np.int32)
    graph = Graph(np.arange(2 * n + 1, dtype=np.int64), other, np.ones(2 * n, dtype=np.float32))
    rate = 1e-7
    stepper = SampledStepper(graph, Y, a=A, b=B, learning_rate=rate, n_steps=10**9, n_negatives=0, seed=0)  # fmt: skip
    for _ in range(4):
        stepper.step()
    tails = Y[1::2].astype(np.float64)
    squared = (tails**2).sum(axis=1)
    force = (2 * A * B * squared ** (B - 1) / (1 + A * squared**B))[:, None] * tails
    pulls = stepper.view[::2] / (rate * force)
    # Edges of the largest weight act in every step but the first, and then pull their head twice.
    np.testing.assert_allclose(pulls[np.abs(force) < 4.0], round(float(np.median(pulls))), rtol=1e-4)  # fmt: skip
    assert np.median(pulls) > 5


@pytest.fixture(scope="module")
def small():
    """A graph, and a map of it whose points are so far apart that no force is clipped or softened."""
    side = np.stack(np.meshgrid(np.arange(8.0), np.arange(8.0)), axis=-1).reshape(-1, 2)
    Y = side + np.random.default_rng(3).uniform(-0.25, 0.25, side.shape)
    graph = affinities.fuzzy_union(nearest_neighbors(Y @ np.ones((2, 3)) + Y[:, :1], n_neighbors=6))
    return graph, Y.astype(np.float32)


def test_sampled_moves_average_to_the_expected_force(small):
    graph, Y = small
    n, n_negatives, rate, n_epochs = len(Y), 5, 1e-3, 1500
    stepper = SampledStepper(
        graph, Y, a=A, b=B, learning_rate=rate, n_steps=10**9, n_negatives=n_negatives, seed=5
    )
    start, moved = stepper.state_dict(), np.zeros(Y.shape)
    for _ in range(n_epochs):
        stepper.step()
        moved += stepper.view.astype(np.float64) - Y
        # Back to the same places, on with the draws.
        stepper.load_state_dict({**start, "n_done": stepper.n_done})
    mu = graph.to_scipy().toarray().astype(np.float64)
    difference = Y[:, None].astype(np.float64) - Y
    squared = (difference**2).sum(axis=2) + np.eye(n)
    # Descent along -ln w and -ln(1 - w) of w = 1 / (1 + a d^2b), an edge from both of its ends.
    pull = 2 * mu * 2 * A * B * squared ** (B - 1) / (1 + A * squared**B)
    push = mu.sum(axis=1)[:, None] * n_negatives / n * 2 * B / (squared * (1 + A * squared**B))
    np.fill_diagonal(push, 0.0)
    expected = ((push - pull)[..., None] * difference).sum(axis=1) / mu.max()
    found = moved / (rate * n_epochs)
    assert np.linalg.norm(found - expected) < 0.02 * np.linalg.norm(expected)
