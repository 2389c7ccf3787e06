import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness
from sklearn.metrics import pairwise_distances

from nbembed import affinities, initialization, kernels
from nbembed._threads import use_threads
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.forces import GradientStepper, SampledStepper
from nbembed.forces.hashing import draw, stream, substream
from nbembed.forces.repulsion import ExactRepulsion
from nbembed.forces.spline import SplineRepulsion
from nbembed.neighbors import nearest_neighbors

A, B = 1.5769, 0.8951


def normal(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def small_graph(kind):
    X = normal(300, 8, seed=1) + 4 * (np.arange(300) % 3)[:, None].astype(np.float32)
    if kind == "tsne":
        return affinities.perplexity(nearest_neighbors(X, n_neighbors=45), perplexity=15.0)
    return affinities.fuzzy_union(nearest_neighbors(X, n_neighbors=14))


@pytest.fixture(scope="module", name="P")
def fixture_joint():
    return small_graph("tsne")


@pytest.fixture(scope="module")
def mu():
    return small_graph("umap")


def tsne(graph, Y, **options):
    settings = {"learning_rate": graph.n / 4, "momentum": 0.8, "exaggeration": 4.0}
    return GradientStepper(graph, Y, **(settings | options))


def umap(graph, Y, **options):
    settings = {"a": A, "b": B, "learning_rate": 1.0, "n_steps": 50, "seed": 7}
    return SampledStepper(graph, Y, **(settings | options))


def walked(stepper, steps):
    for _ in range(steps):
        stepper.step()
    return stepper


def exact_terms(P, Y):
    """Return the divergence and its gradient from dense matrices in float64."""
    P, Y = P.to_scipy().toarray().astype(np.float64), np.asarray(Y, dtype=np.float64)
    kernel = 1.0 / (1.0 + pairwise_distances(Y) ** 2)
    np.fill_diagonal(kernel, 0.0)
    Q = kernel / kernel.sum()
    some = P > 0
    divergence = float((P[some] * np.log(P[some] / Q[some])).sum())
    pull = (P - Q) * kernel
    return divergence, 4.0 * (pull.sum(axis=1)[:, None] * Y - pull @ Y)


# ------------------------------------------------------------------------------- hashing


def test_draws_are_uniform_and_independent_of_order():
    key = stream(3, 1, 4)
    numbers = np.array([draw(key, i, 10) for i in range(20_000)])
    counts = np.bincount(numbers, minlength=10)
    assert np.abs(counts - 2000).max() < 5 * np.sqrt(2000)
    assert abs(np.corrcoef(numbers[:-1], numbers[1:])[0, 1]) < 0.03
    assert [draw(key, i, 10) for i in (5, 0)] == [numbers[5], numbers[0]]


def test_streams_differ_in_every_number():
    names = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (-1, 0, 0), (2**63, 0, 0)]
    assert len({int(stream(*name)) for name in names}) == len(names)
    assert int(substream(stream(0), 0)) != int(substream(stream(0), 1))


# ------------------------------------------------------------------- the gradient of t-SNE


@pytest.mark.parametrize("n_components", [1, 2, 3, 5])
def test_divergence_and_gradient_equal_dense_matrices(P, n_components):
    Y = normal(300, n_components) * 3
    stepper = tsne(P, Y, repulsion="exact")
    divergence, gradient = exact_terms(P, Y)
    np.testing.assert_allclose(stepper.losses()["kl"], divergence, rtol=1e-6)
    attraction, repulsion = stepper.forces()
    np.testing.assert_allclose(
        4.0 * (attraction - repulsion), gradient, atol=1e-5 * np.abs(gradient).max()
    )


def test_gradient_equals_finite_differences(P):
    Y = normal(300, 2).astype(np.float64)
    attraction, repulsion = tsne(P, Y).forces()
    gradient = 4.0 * (attraction - repulsion)
    for i, d in [(0, 0), (17, 1), (299, 0)]:
        step = np.zeros_like(Y)
        step[i, d] = 1e-5
        slope = (exact_terms(P, Y + step)[0] - exact_terms(P, Y - step)[0]) / 2e-5
        np.testing.assert_allclose(gradient[i, d], slope, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("n_components", [1, 2])
@pytest.mark.parametrize(
    ("width", "tolerance"), [(1e-4, 2e-2), (0.01, 5e-4), (1.0, 5e-4), (3.0, 2e-3), (10.0, 1e-2)]
)
def test_grid_equals_the_sum_over_pairs(n_components, width, tolerance):
    Y = normal(4000, n_components) * np.float32(width) + np.float32(5.0)
    exact, grid = np.empty_like(Y), np.empty_like(Y)
    Z = ExactRepulsion()(Y, exact)
    np.testing.assert_allclose(SplineRepulsion()(Y, grid), Z, rtol=5e-4)
    assert np.linalg.norm(grid - exact) < tolerance * np.linalg.norm(exact)


def test_a_wide_embedding_gets_a_coarser_grid_and_stays_close():
    Y = normal(500, 2)
    Y[0] = 3000.0
    exact, grid = np.empty_like(Y), np.empty_like(Y)
    Z = ExactRepulsion()(Y, exact)
    np.testing.assert_allclose(SplineRepulsion()(Y, grid), Z, rtol=0.4)
    assert (grid * exact).sum() > 0.9 * np.linalg.norm(grid) * np.linalg.norm(exact)


def test_one_step_follows_momentum_and_gains(P):
    Y = normal(300, 2)
    stepper = tsne(P, Y, learning_rate=10.0, momentum=0.5, exaggeration=3.0, max_step_norm=1e9)
    velocity, gains = np.zeros((300, 2)), np.ones((300, 2))
    for _ in range(3):
        attraction, repulsion = stepper.forces()
        slope = 3.0 * attraction.astype(np.float64) - repulsion
        gains = np.where(np.sign(velocity) != np.sign(slope), gains + 0.2, 0.8 * gains + 0.01)
        velocity = 0.5 * velocity - 10.0 * gains * slope
        Y = Y + velocity
        Y -= Y.mean(axis=0)
        stepper.step()
        np.testing.assert_allclose(stepper.view, Y, atol=1e-4)


def test_no_step_is_longer_than_allowed(P):
    Y = normal(300, 2)
    stepper = walked(tsne(P, Y, learning_rate=1e9, max_step_norm=2.0), 1)
    lengths = np.linalg.norm(stepper.embedding() - Y, axis=1)
    # The map is centred after the step.
    assert lengths.max() <= 4.0 + 1e-3


def test_divergence_is_not_exaggerated_and_asking_changes_nothing(P):
    Y = normal(300, 2)
    plain, asked = tsne(P, Y, exaggeration=12.0), tsne(P, Y, exaggeration=1.0)
    assert plain.losses() == asked.losses()
    plain = walked(tsne(P, Y), 5)
    asked = tsne(P, Y)
    for _ in range(5):
        asked.losses()
        asked.forces()
        asked.step()
    np.testing.assert_array_equal(plain.view, asked.view)


def test_positions_that_are_not_finite_stop_the_run(P):
    Y = normal(300, 2)
    Y[3, 0] = np.nan
    with pytest.raises(FloatingPointError, match="no longer finite"):
        tsne(P, Y, repulsion="exact").step()


def test_unknown_or_impossible_repulsion_is_named(P):
    with pytest.raises(InvalidInputError, match="repulsion must be"):
        tsne(P, normal(300, 2), repulsion="barnes-hut")
    with pytest.raises(InvalidInputError, match="n_components of 1 or 2"):
        tsne(P, normal(300, 3), repulsion="fft")


# ------------------------------------------------------------------- the sampling of UMAP


def test_losses_equal_dense_matrices(mu):
    Y = normal(300, 2) * 2
    squared = pairwise_distances(Y.astype(np.float64)) ** 2
    kernel = kernels.cauchy(squared, A, B)
    weights = mu.to_scipy().toarray().astype(np.float64)
    attraction = -(weights * np.log(kernel)).sum() / weights.sum()
    np.fill_diagonal(kernel, 0.0)
    degrees = weights.sum(axis=1)
    repulsion = 5 * (degrees @ (-np.log1p(-kernel)).sum(axis=1)) / 300 / weights.sum()
    losses = umap(mu, Y).losses()
    np.testing.assert_allclose(losses["attraction"], attraction, rtol=1e-5)
    np.testing.assert_allclose(losses["repulsion"], repulsion, rtol=1e-5)


def test_sampled_repulsion_loss_is_close_to_that_of_all_pairs(monkeypatch, mu):
    Y = normal(300, 2) * 2
    exact = umap(mu, Y).losses()["repulsion"]
    monkeypatch.setattr("nbembed.forces.sampled.EXACT_LOSS_LIMIT", 0)
    np.testing.assert_allclose(umap(mu, Y).losses()["repulsion"], exact, rtol=0.02)


def test_every_edge_acts_as_often_as_its_weight_says():
    # Far apart, each action of an edge moves its head by the same clipped force.
    from nbembed.neighbors import Graph

    graph = Graph(
        np.array([0, 2, 3, 4]),
        np.array([1, 2, 0, 0], np.int32),
        np.array([1.0, 0.25, 1.0, 0.25], np.float32),
    )
    Y = np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 0.0]], np.float32)
    stepper = umap(graph, Y, n_steps=4, n_negatives=0)
    moves = []
    for _ in range(9):
        before = stepper.embedding()
        stepper.set("learning_rate", 1e-3 / max(1e-9, 1 - stepper.n_done / 4))
        stepper.step()
        moves.append(abs(stepper.embedding() - before)[2].max() > 0)
    assert moves[:4] == [False, False, False, True]


def test_weak_edges_take_no_part_but_count_in_the_loss(mu):
    few, many = umap(mu, normal(300, 2), n_steps=2), umap(mu, normal(300, 2), n_steps=10_000)
    assert len(few._edges.indices) < len(many._edges.indices) == len(mu.indices)
    assert few.losses() == many.losses()


def test_learning_rate_falls_linearly_to_zero(mu):
    stepper = umap(mu, normal(300, 2), n_steps=10)
    rates = [stepper.learning_rate for _ in range(12) if stepper.step() is None]
    np.testing.assert_allclose(rates[:10], np.linspace(0.9, 0.0, 10), atol=1e-12)
    assert rates[-1] == 0.0


def test_points_that_coincide_stay_finite(mu):
    stepper = walked(umap(mu, np.zeros((300, 2))), 20)
    assert np.isfinite(stepper.view).all()
    assert all(np.isfinite(value) for value in stepper.losses().values())


def test_seed_and_phase_change_the_draws(mu):
    Y = normal(300, 2)
    maps = [
        walked(umap(mu, Y, **name), 5).embedding()
        for name in ({"seed": 1}, {"seed": 1}, {"seed": 2}, {"seed": 1, "phase": 1})
    ]
    np.testing.assert_array_equal(maps[0], maps[1])
    assert (maps[0] != maps[2]).any()
    assert (maps[0] != maps[3]).any()


# ---------------------------------------------------------- what holds for both, bit by bit

CASES = [
    ("tsne", 2, {"repulsion": "exact"}),
    ("tsne", 2, {"repulsion": "fft"}),
    ("tsne", 1, {"repulsion": "fft"}),
    ("tsne", 3, {}),
    ("umap", 1, {}),
    ("umap", 2, {}),
    ("umap", 4, {}),
]


@pytest.fixture(params=CASES, ids=lambda case: "-".join(map(str, case)))
def make(request, P, mu):
    kind, n_components, options = request.param
    Y = normal(300, n_components)
    return lambda: tsne(P, Y, **options) if kind == "tsne" else umap(mu, Y, **options)


def test_same_bits_on_any_number_of_threads(make):
    results = []
    for threads in (1, 2, 3):
        with use_threads(threads):
            stepper = walked(make(), 20)
            results.append((stepper.embedding(), stepper.losses()))
    for embedding, losses in results[1:]:
        np.testing.assert_array_equal(results[0][0], embedding)
        assert results[0][1] == losses


def test_a_branch_goes_on_bit_by_bit(make):
    trunk = walked(make(), 10)
    state = trunk.state_dict()
    walked(trunk, 10)
    branch = make()
    branch.set("learning_rate", 0.123)
    branch.load_state_dict(state)
    np.testing.assert_array_equal(walked(branch, 10).view, trunk.view)
    assert branch.n_done == trunk.n_done == 20
    # The saved state is a copy: it can be used again.
    np.testing.assert_array_equal(walked(trunk, 0).view, branch.view)
    trunk.load_state_dict(state)
    np.testing.assert_array_equal(walked(trunk, 10).view, branch.view)


def test_a_state_holds_arrays_and_numbers_under_names(make):
    for value in make().state_dict().values():
        assert isinstance(value, np.ndarray | float | int)


def test_copies_are_copies_and_views_are_read_only(make):
    stepper = make()
    copy = stepper.embedding()
    copy[:] = 0.0
    assert stepper.view.any()
    with pytest.raises(ValueError, match="read-only"):
        stepper.view[0, 0] = 1.0


def test_start_is_not_changed(P, mu):
    for build, graph in ((tsne, P), (umap, mu)):
        Y = normal(300, 2)
        walked(build(graph, Y), 3)
        np.testing.assert_array_equal(Y, normal(300, 2))


def test_live_parameters_act_and_others_are_refused(P, mu):
    for build, graph, names in (
        (tsne, P, {"learning_rate", "exaggeration", "momentum"}),
        (umap, mu, {"learning_rate", "n_negatives", "repulsion_strength", "a", "b"}),
    ):
        stepper = build(graph, normal(300, 2))
        assert stepper.live == names
        for name in sorted(names):
            changed, plain = build(graph, normal(300, 2)), build(graph, normal(300, 2))
            changed.set(name, 0.5 * plain.get(name) if name != "n_negatives" else 2)
            walked(changed, 5)
            assert (changed.view != walked(plain, 5).view).any(), name
        with pytest.raises(InvalidTypeError, match=min(names)):
            stepper.set("perplexity", 3.0)


# ---------------------------------------------------------------------- quality on digits


@pytest.fixture(scope="module")
def digits():
    return load_digits(return_X_y=True)[0].astype(np.float32)


@pytest.fixture(scope="module")
def digits_tsne(digits):
    P = affinities.perplexity(nearest_neighbors(digits, n_neighbors=90), perplexity=30.0)
    maps = []
    for seed in range(5):
        start = initialization.scale_for_tsne(initialization.pca(digits, 2, random_state=seed))
        start += normal(len(digits), 2, seed) * np.float32(1e-6)
        for steps, exaggeration in ((250, 12.0), (500, 1.0)):
            rate = len(digits) / exaggeration
            stepper = GradientStepper(
                P, start, learning_rate=rate, momentum=0.8, exaggeration=exaggeration
            )
            start = walked(stepper, steps).embedding()
        maps.append((stepper.losses()["kl"], start))
    return maps


def test_divergence_of_digits_is_that_of_opentsne(digits_tsne):
    path = Path(__file__).parent / "reference" / "opentsne_digits.json"
    reference = json.loads(path.read_text(encoding="utf-8"))["median"]
    assert np.median([kl for kl, _ in digits_tsne]) <= 1.01 * reference


def test_tsne_keeps_the_neighbors_of_digits(digits, digits_tsne):
    assert trustworthiness(digits, digits_tsne[0][1], n_neighbors=7) >= 0.991


def test_umap_keeps_the_neighbors_of_digits(digits):
    graph = affinities.fuzzy_union(nearest_neighbors(digits, n_neighbors=14))
    start = initialization.spectral(graph, 2, X=digits, random_state=0)
    start = initialization.scale_for_umap(start, random_state=0)
    stepper = walked(umap(graph, start, n_steps=500, seed=0), 500)
    assert trustworthiness(digits, stepper.embedding(), n_neighbors=7) >= 0.986
