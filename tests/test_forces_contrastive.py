"""Contrastive losses: moves against gradients, what NCE learns, and what the slider does."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from nbembed import affinities
from nbembed._threads import use_threads
from nbembed.errors import InvalidInputError
from nbembed.forces import ContrastiveStepper, Law, log_normalizer
from nbembed.forces.contrastive import Rule, _tell_apart
from nbembed.neighbors import nearest_neighbors

A, B = 1.5769, 0.8951


@pytest.fixture(scope="module")
def graph():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(300, 6)).astype(np.float32) + 4 * (np.arange(300) % 3)[:, None]
    return affinities.fuzzy_union(nearest_neighbors(X, n_neighbors=14))


def start(n=300, scale=3.0):
    return (scale * np.random.default_rng(5).normal(size=(n, 2))).astype(np.float32)


def contrastive(graph, Y, **options):
    settings = {"a": 1.0, "b": 1.0, "learning_rate": 1.0, "n_steps": 60, "seed": 7}
    return ContrastiveStepper(graph, Y, **(settings | options))


def kernel(here, others, a, b):
    return 1.0 / (1.0 + a * ((here - others) ** 2).sum(axis=-1) ** b)


def edge_loss(here, near, far, rule, a, b):
    """Return the loss of one acting edge as a function of its head, by ln z too."""
    w, v = kernel(here, near, a, b), kernel(here, far, a, b)
    if rule.info:
        return -np.log(w / (w + v.sum()))
    return np.log1p(rule.z / w) + np.log1p(v / rule.z).sum()


@pytest.mark.parametrize("shape", [(1.0, 1.0), (A, B)])
@pytest.mark.parametrize(
    "rule",
    [
        Rule(info=False, z=np.float32(1.0), divisor=np.float32(1.0)),
        Rule(info=False, z=np.float32(0.05), divisor=np.float32(1.0)),
        Rule(info=True, z=np.float32(1.0), divisor=np.float32(1.0)),
    ],
)
def test_a_move_goes_down_the_gradient_of_its_edge(shape, rule):
    points = start(8, scale=1.0)
    law = Law(np.float32(shape[0]), np.float32(shape[1]), np.float32(1), np.float32(1e-2), 5)
    others = np.array([2, 3, 4, 5, 6])
    here = points[0].copy()
    scratch = (np.empty(2, np.float32), np.empty(2, np.float32))
    by_noise = _tell_apart(here, 0, 1, others, points, law, rule, (0, 0), *scratch)
    place, others = points[0].astype(float), points[others].astype(float)
    slope = np.empty(2)
    for d in range(2):
        step = 1e-6 * np.eye(2)[d]
        up, down = (
            edge_loss(place + sign * step, points[1].astype(float), others, rule, *shape)
            for sign in (1, -1)
        )
        slope[d] = (up - down) / 2e-6
    np.testing.assert_allclose((here - points[0]) / 1e-2, -slope, rtol=2e-3, atol=1e-4)
    if not rule.info:
        up, down = (
            edge_loss(place, points[1], others, rule._replace(z=rule.z * f), *shape)
            for f in (np.exp(1e-4), np.exp(-1e-4))
        )
        np.testing.assert_allclose(by_noise, (up - down) / 2e-4, rtol=1e-3, atol=1e-4)


def test_the_divisor_divides_the_repulsion_of_info_nce():
    points = start(8, scale=1.0)
    law = Law(np.float32(1), np.float32(1), np.float32(1), np.float32(1e-2), 5)
    moves = []
    for divisor in (1.0, 4.0, 1e9):
        here = points[0].copy()
        scratch = (np.empty(2, np.float32), np.empty(2, np.float32))
        rule = Rule(info=True, z=np.float32(1.0), divisor=np.float32(divisor))
        _tell_apart(here, 0, 1, np.array([2, 3, 4, 5, 6]), points, law, rule, (0, 0), *scratch)
        moves.append(here - points[0])
    one, four, none = moves
    np.testing.assert_allclose((four - none) * 4, one - none, atol=1e-6)


def test_the_slider_goes_from_tsne_to_umap():
    m = 5
    for n, per_point in ((10, 0.2), (300, 5), (10_000, 40), (25_000, 100), (1_000_000, 100)):
        np.testing.assert_allclose(np.exp(log_normalizer(n, m, 0.0)), per_point * n)
        np.testing.assert_allclose(m * np.exp(log_normalizer(n, m, 1.0)) / n**2, 1.0)
    n = 1000
    values = [log_normalizer(n, m, s) for s in (-0.5, 0.0, 0.5, 1.0, 1.5)]
    np.testing.assert_allclose(np.diff(values), values[1] - values[0])


def test_losses_equal_dense_sums(graph):
    Y = start()
    mu = graph.to_scipy().toarray().astype(float)
    w = kernel(Y[:, None].astype(float), Y[None].astype(float), 1.0, 1.0)
    for spectrum in (0.0, 1.0):
        stepper = contrastive(graph, Y, spectrum=spectrum)
        z = 5 * stepper.normalizer / 300**2
        off = ~np.eye(300, dtype=bool)
        far = ((mu.sum(axis=1) / 300)[:, None] * np.log1p(w / z))[off].sum()
        losses = stepper.losses()
        np.testing.assert_allclose(
            losses["attraction"], (mu * np.log1p(z / w)).sum() / mu.sum(), rtol=1e-5
        )
        np.testing.assert_allclose(losses["repulsion"], 5 * far / mu.sum(), rtol=1e-5)


def test_nce_learns_the_normaliser_with_the_least_loss(graph):
    stepper = contrastive(graph, start(), contrast="nce", spectrum=1.0, learning_rate=0.0)
    first = stepper.normalizer
    for _ in range(200):
        stepper.step()
    learned = stepper._live["log_normalizer"]

    def loss(log_normalizer):
        stepper._live["log_normalizer"] = log_normalizer
        return sum(stepper.losses().values())

    best = minimize_scalar(loss, bracket=(learned - 1, learned + 1)).x
    assert abs(learned - best) < 0.25
    assert abs(np.log(first) - best) > 1.0


@pytest.mark.parametrize("contrast", ["neg_tsne", "nce", "info_nce"])
@pytest.mark.parametrize("spectrum", [0.0, 1.0])
def test_the_loss_falls(graph, contrast, spectrum):
    stepper = contrastive(graph, start(), contrast=contrast, spectrum=spectrum)
    before = sum(stepper.losses().values())
    for _ in range(60):
        stepper.step()
    assert sum(stepper.losses().values()) < 0.9 * before
    assert np.isfinite(stepper.embedding()).all()


@pytest.mark.parametrize("contrast", ["neg_tsne", "info_nce"])
def test_neighbours_draw_nearer_along_the_spectrum(graph, contrast):
    nearness = []
    for spectrum in (0.0, 0.5, 1.0, 1.5):
        stepper = contrastive(graph, start(), contrast=contrast, spectrum=spectrum)
        for _ in range(60):
            stepper.step()
        Y = stepper.embedding().astype(float)
        rows = np.repeat(np.arange(300), np.diff(graph.indptr))
        near = np.linalg.norm(Y[rows] - Y[graph.indices], axis=1)
        nearness.append(near.mean())
    assert (np.diff(nearness) < 0).all()


def test_same_bits_on_any_number_of_threads_and_after_a_pause(graph):
    def walked(threads, pause):
        with use_threads(threads):
            stepper = contrastive(graph, start(), contrast="nce", spectrum=0.0)
            for _ in range(5):
                stepper.step()
            if pause:
                state = stepper.state_dict()
                stepper = contrastive(graph, start(), contrast="nce", spectrum=0.0)
                stepper.load_state_dict(state)
            for _ in range(5):
                stepper.step()
            return stepper.embedding(), stepper.normalizer

    one, normalizer = walked(1, pause=False)
    for threads, pause in ((3, False), (1, True)):
        other, same = walked(threads, pause=pause)
        np.testing.assert_array_equal(one, other)
        assert same == normalizer


def test_an_unknown_contrast_is_named(graph):
    with pytest.raises(
        InvalidInputError, match="contrast must be one of 'neg_tsne', 'nce', 'info_nce'"
    ):
        contrastive(graph, start(), contrast="nces")
