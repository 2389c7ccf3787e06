"""Forces on tensors: what the compiled loops compute, on the device that is asked for."""

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

import nbembed as nb
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.forces import GradientStepper, SampledStepper, stream, substreams
from nbembed.forces.hashing import draw
from nbembed.forces.repulsion import ExactRepulsion
from nbembed.forces.spline import SplineRepulsion
from nbembed.tensor_forces import TensorGradientStepper, TensorSampledStepper
from nbembed.tensor_forces.hashing import draws
from nbembed.tensor_forces.hashing import substreams as tensor_substreams
from nbembed.tensor_forces.repulsion import exact_repulsion, grid_repulsion
from nbembed.tensor_forces.sums import add_at
from tests.graphs import random_graph

DEVICES = [
    "cpu",
    pytest.param(
        "cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
    ),
    pytest.param(
        "mps", marks=pytest.mark.skipif(not torch.backends.mps.is_available(), reason="no MPS")
    ),
]
GRADIENT = {"learning_rate": 50.0, "momentum": 0.5, "exaggeration": 4.0}
SAMPLED = {"a": 1.5, "b": 0.9, "n_steps": 20, "seed": 3}


@pytest.fixture(scope="module")
def graph():
    return random_graph(300, 0.05)


def points(n, n_components, scale, seed=0):
    return (scale * np.random.default_rng(seed).normal(size=(n, n_components))).astype(np.float32)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("n_components", [1, 2, 3, 5])
def test_sums_over_all_pairs_are_those_of_the_compiled_loops(n_components, device):
    Y = points(700, n_components, 4.0)
    expected = np.empty_like(Y)
    Z = ExactRepulsion()(Y, expected)
    push, total = exact_repulsion(torch.tensor(Y, device=device))
    np.testing.assert_allclose(push.cpu(), expected, atol=1e-5 * np.abs(expected).max())
    assert float(total) == pytest.approx(Z, rel=1e-6)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("n_components", "scale"), [(1, 20.0), (2, 0.01), (2, 20.0)])
def test_the_grid_is_that_of_the_compiled_loops(n_components, scale, device):
    Y = points(900, n_components, scale)
    expected = np.empty_like(Y)
    Z = SplineRepulsion()(Y, expected)
    push, total = grid_repulsion(torch.tensor(Y, device=device))
    np.testing.assert_allclose(push.cpu(), expected, atol=1e-4 * np.abs(expected).max())
    assert float(total) == pytest.approx(Z, rel=1e-5)


@pytest.mark.parametrize("device", DEVICES)
def test_draws_are_the_same_bit_by_bit(device):
    key, numbers = stream(7, 1, 2), np.arange(500, dtype=np.uint64)
    keys = substreams(key, numbers)
    ours = tensor_substreams(key, torch.arange(500, device=device))
    np.testing.assert_array_equal(ours.cpu().numpy().view(np.uint64), keys)
    expected = [draw(own, 4, 70_000) for own in keys]
    np.testing.assert_array_equal(
        draws(ours, torch.full((500,), 4, device=device), 70_000).cpu(), expected
    )


def test_sums_do_not_depend_on_the_order():
    rng = np.random.default_rng(0)
    values = torch.from_numpy((10.0 ** rng.uniform(-6, 3, size=(4_000, 2))).astype(np.float32))
    places = torch.from_numpy(rng.integers(0, 50, size=4_000))
    order = torch.from_numpy(rng.permutation(4_000))
    sums = add_at(places, values, 50)
    assert torch.equal(sums, add_at(places[order], values[order], 50))
    exact = torch.zeros(50, 2, dtype=torch.float64).index_add_(0, places, values.double())
    np.testing.assert_allclose(sums, exact, rtol=1e-6)
    assert torch.equal(add_at(places, torch.zeros_like(values), 50), torch.zeros(50, 2))


@pytest.mark.parametrize("device", DEVICES)
def test_steps_of_tsne_are_those_of_the_compiled_loops(graph, device):
    Y = points(300, 2, 3.0)
    ours = TensorGradientStepper(graph, Y, device=device, **GRADIENT)
    compiled = GradientStepper(graph, Y, **GRADIENT)
    for _ in range(5):
        ours.step()
        compiled.step()
    np.testing.assert_allclose(ours.embedding(), compiled.embedding(), atol=1e-3)
    assert ours.losses()["kl"] == pytest.approx(compiled.losses()["kl"], rel=1e-5)
    for mine, theirs in zip(ours.forces(), compiled.forces(), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-4 * np.abs(theirs).max())


@pytest.mark.parametrize("device", DEVICES)
def test_moves_of_umap_are_those_of_the_compiled_loops_where_they_are_small(graph, device):
    # The vertices of a turn move at once here and one after the other there: the difference is of second order.
    Y, rate = points(300, 2, 3.0), 1e-4
    moves = []
    for make in (SampledStepper, lambda *a, **k: TensorSampledStepper(*a, device=device, **k)):
        stepper = make(graph, Y, learning_rate=rate, **SAMPLED)
        for _ in range(4):
            stepper.step()
        moves.append((stepper.embedding() - Y) / rate)
    compiled, ours = moves
    assert np.abs(compiled).max() > 1
    np.testing.assert_allclose(ours, compiled, atol=0.02 * np.abs(compiled).max())


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", ["tsne", "umap"])
def test_a_state_goes_on_bit_by_bit(graph, kind, device):
    def make():
        if kind == "tsne":
            return TensorGradientStepper(graph, points(300, 2, 3.0), device=device, **GRADIENT)
        return TensorSampledStepper(graph, points(300, 2, 3.0), device=device, learning_rate=1.0, **SAMPLED)  # fmt: skip

    first = make()
    for _ in range(3):
        first.step()
    state = first.state_dict()
    for _ in range(3):
        first.step()
    second = make()
    second.load_state_dict(state)
    for _ in range(3):
        second.step()
    np.testing.assert_array_equal(first.embedding(), second.embedding())
    assert first.n_done == second.n_done == 6


@pytest.mark.parametrize(("method", "worse"), [("tsne", 0.005), ("umap", 0.02)])
def test_the_map_is_as_good(digits, method, worse):
    X = digits[0][:500]
    fewer: dict[str, Any] = {
        "tsne": {"early_exaggeration_iter": 100, "n_iter": 200},
        "umap": {"n_epochs": 150},
    }
    make = partial({"tsne": nb.TSNE, "umap": nb.UMAP}[method], **fewer[method])
    # "cpu" is what the compiled loops are called; with its number it is a device of torch.
    runs = [make(device=device, random_state=0).fit(X) for device in ("cpu", "cpu:0")]
    compiled, ours = runs
    assert not np.array_equal(compiled.embedding_, ours.embedding_)
    assert ours.loss_ <= (1 + worse) * compiled.loss_
    scores = [nb.metrics.trustworthiness(X, run.embedding_) for run in runs]
    assert scores[1] >= scores[0] - 0.003


def test_what_a_graphics_card_cannot_do_is_named(blobs):
    with pytest.raises(InvalidInputError, match="device must be 'cpu' with densmap=True"):
        nb.UMAP(densmap=True, device="cuda").fit(blobs)
    with pytest.raises(InvalidInputError, match="device must be 'cpu' with degrees_of_freedom=2"):
        nb.TSNE(degrees_of_freedom=2, device="mps").fit(blobs)
    with pytest.raises(InvalidTypeError, match="device must be a name"):
        nb.UMAP(device=0).fit(blobs)
