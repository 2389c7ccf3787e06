"""``dtype="float64"``: runs in double precision, to compare others with."""

import numpy as np
import pytest

import nbembed as nb
from nbembed.errors import InvalidInputError
from nbembed.forces.gradient import GAIN_DOWN, GAIN_UP, MIN_GAIN
from nbembed.neighbors import Graph
from nbembed.tensor_forces import TensorGradientStepper, TensorSampledStepper
from nbembed.tensor_forces.repulsion import exact_repulsion, grid_repulsion
from tests.graphs import random_graph

GRADIENT = {"learning_rate": 50.0, "momentum": 0.5, "exaggeration": 4.0}
HERE = {"device": "cpu", "dtype": "float64"}


@pytest.fixture(scope="module")
def graph():
    return random_graph(120, 0.1)


def start(n, scale=3.0):
    return scale * np.random.default_rng(1).normal(size=(n, 2))


def dense_tsne(graph, Y, steps):
    """Descend along the dense gradient, as van der Maaten & Hinton print it, without its factor 4."""
    P, Y = graph.to_scipy().toarray().astype(np.float64), Y.copy()
    speed, gains = np.zeros_like(Y), np.ones_like(Y)
    for _ in range(steps):
        apart = Y[:, None] - Y
        w = 1.0 / (1.0 + np.square(apart).sum(axis=2))
        np.fill_diagonal(w, 0.0)
        slope = (((4.0 * P - w / w.sum()) * w)[:, :, None] * apart).sum(axis=1)
        same = np.sign(speed) == np.sign(slope)
        gains = np.where(same, gains * GAIN_DOWN + MIN_GAIN, gains + GAIN_UP)
        speed = 0.5 * speed - 50.0 * gains * slope
        longest = np.linalg.norm(speed, axis=1, keepdims=True)
        speed *= np.minimum(1.0, 5.0 / longest)
        Y = Y + speed
        Y -= Y.mean(axis=0)
    return Y


def test_steps_of_tsne_have_all_digits(graph):
    ours = TensorGradientStepper(graph, start(120), **HERE, **GRADIENT)
    for _ in range(10):
        ours.step()
    expected = dense_tsne(graph, start(120), 10)
    assert np.abs(expected - start(120)).max() > 1
    np.testing.assert_allclose(ours.exact, expected, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(ours.embedding(), ours.exact.astype(np.float32))


def test_a_pull_of_umap_has_all_digits():
    pair = Graph(np.array([0, 1, 2, 2]), np.array([1, 0], np.int32), np.ones(2, np.float32))
    Y, a, b, rate = start(3), 1.5, 0.9, 0.25
    ours = TensorSampledStepper(
        pair, Y, a=a, b=b, learning_rate=rate, n_steps=2, n_negatives=0, seed=3, **HERE
    )
    # The strongest edge is due once, in the second step, at half the rate.
    ours.step()
    np.testing.assert_array_equal(ours.exact, Y)
    ours.step()

    def moved(here, there):
        for _ in range(2):
            apart = here - there
            squared = np.square(apart).sum() + np.float64(np.float32(1e-12))
            power = squared**b
            force = 2 * a * b * power / (squared * (1 + a * power))
            here = here - 0.5 * rate * np.clip(force * apart, -4, 4)
        return here

    # Whichever end has its turn later sees the other where it has gone.
    first, second = (0, 1) if np.allclose(ours.exact[0], moved(Y[0], Y[1]), atol=1e-7) else (1, 0)
    expected = Y.copy()
    expected[first] = moved(Y[first], Y[second])
    same_turn = moved(Y[second], Y[first])
    expected[second] = moved(Y[second], expected[first])
    if np.allclose(ours.exact[second], same_turn, atol=1e-7):
        expected[second] = same_turn
    np.testing.assert_allclose(ours.exact, expected, rtol=0, atol=1e-13)
    assert np.abs(expected - expected.astype(np.float32)).max() > 1e-9


def test_sums_over_all_pairs_have_all_digits():
    import torch

    Y = torch.tensor(start(400, 4.0))
    apart = Y[:, None] - Y
    w = 1.0 / (1.0 + (apart**2).sum(2)) - torch.eye(400, dtype=torch.float64)
    push, Z = exact_repulsion(Y)
    assert push.dtype == torch.float64
    np.testing.assert_allclose(push, ((w**2)[:, :, None] * apart).sum(1), rtol=0, atol=1e-11)
    assert float(Z) == pytest.approx(float(w.sum()), rel=1e-13)
    by_grid, _ = grid_repulsion(Y)
    assert by_grid.dtype == torch.float64
    np.testing.assert_allclose(by_grid, push, atol=0.01 * float(push.abs().max()))


@pytest.mark.parametrize("kind", ["tsne", "umap"])
def test_a_state_keeps_all_digits(graph, kind):
    def make():
        if kind == "tsne":
            return TensorGradientStepper(graph, start(120), **HERE, **GRADIENT)
        return TensorSampledStepper(graph, start(120), a=1.5, b=0.9, learning_rate=1.0, n_steps=20, seed=3, **HERE)  # fmt: skip

    first = make()
    for _ in range(3):
        first.step()
    second = make()
    second.load_state_dict(first.state_dict())
    np.testing.assert_array_equal(second.embedding(), first.embedding())
    for each in (first, second):
        for _ in range(3):
            each.step()
    np.testing.assert_array_equal(second.exact, first.exact)
    assert not np.array_equal(first.exact, first.embedding())


@pytest.mark.parametrize("make", [nb.TSNE, nb.UMAP])
def test_a_fit_is_as_good_and_starts_from_the_same(digits, make):
    X = digits[0][:400]
    quick = {"n_epochs": 60} if make is nb.UMAP else {"n_iter": 60, "early_exaggeration_iter": 40}
    fits = [make(dtype=dtype, random_state=0, **quick).fit(X) for dtype in ("float32", np.float64)]
    usual, reference = fits
    assert reference.embedding_.dtype == np.float32
    assert not np.array_equal(usual.embedding_, reference.embedding_)
    assert reference.loss_ == pytest.approx(usual.loss_, rel=0.02)
    runs = [fit.run(X) for fit in fits]
    starts = [next(frame for frame in run if not frame.is_stage).embedding.copy() for run in runs]
    np.testing.assert_array_equal(*starts)
    again = make(dtype="float64", random_state=0, n_jobs=1, **quick).fit(X)
    np.testing.assert_array_equal(again.embedding_, reference.embedding_)


def test_no_digit_is_lost_between_two_phases(digits):
    run = nb.TSNE(dtype="float64", n_iter=1, early_exaggeration_iter=4, random_state=0).run(
        digits[0][:150]
    )
    exact = [run.state["stepper"]["embedding"] for frame in run if not frame.is_stage]
    last, wanted = exact[4], exact[5]
    main = {"learning_rate": 200.0, "momentum": 0.8, "exaggeration": 1.0}
    found = []
    for start_of_phase in (last, last.astype(np.float32)):
        stepper = TensorGradientStepper(run.graph, start_of_phase, **HERE, **main)
        stepper.step()
        found.append(stepper.exact)
    np.testing.assert_array_equal(found[0], wanted)
    assert not np.array_equal(found[1], wanted)


def test_it_is_kept_by_name_and_refused_where_it_cannot_be(blobs, tmp_path):
    fit = nb.UMAP(dtype=np.float64, n_epochs=3, random_state=0).fit(blobs)
    fit.save(tmp_path / "map.nbembed")
    assert nb.load(tmp_path / "map.nbembed").dtype == "float64"
    with pytest.raises(InvalidInputError, match="dtype must be 'float32' or 'float64', got 'half'"):
        nb.UMAP(dtype="half").fit(blobs)
    with pytest.raises(InvalidInputError, match="dtype must be 'float32' with densmap=True"):
        nb.UMAP(densmap=True, dtype="float64").fit(blobs)
