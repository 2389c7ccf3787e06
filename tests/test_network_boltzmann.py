"""Boltzmann machines as layers: what they learn, beside closed forms and scikit-learn's; conjugate gradients."""

from itertools import chain, product

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from sklearn.neural_network import BernoulliRBM
from torch import nn
from torch.nn.functional import softplus

from nbembed.errors import InvalidInputError
from nbembed.networks import Rows, boltzmann
from nbembed.networks.boltzmann import (
    BoltzmannMachine,
    SigmoidNetwork,
    conjugate_gradients,
    fine_tune,
    pretrain,
)

# Pairs of units that are on together, or not.
PATTERNS = torch.tensor([[0, 0, 1, 1, 0], [1, 1, 0, 0, 0], [1, 1, 1, 1, 1.0]]).repeat(20, 1)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def machine(n_visible=5, n_hidden=4, *, linear=False, seed=0):
    network = SigmoidNetwork(n_visible, n_hidden, hidden=(), seed=seed)
    return BoltzmannMachine(network[-1], linear=linear)


def free_energy(rows, weight, hidden_bias, visible_bias, *, linear):
    """Minus the logarithm of the probability of visible units, up to a constant."""
    means = hidden_bias + rows @ weight.T
    inside = 0.5 * means.square() if linear else softplus(means)
    return -(rows @ visible_bias) - inside.sum(1)


def log_likelihood(model, rows):
    """The exact one, by all states of the visible units."""
    states = torch.tensor(list(product((0.0, 1.0), repeat=rows.shape[1])))
    energies = [free_energy(r, *model.parameters, linear=model.linear) for r in (rows, states)]
    return float((-energies[0]).mean() - torch.logsumexp(-energies[1], dim=0))


def test_the_network_is_that_of_the_paper():
    network = SigmoidNetwork(784)
    layers = [part for part in network.modules() if isinstance(part, nn.Linear)]
    assert [layer.out_features for layer in layers] == [500, 500, 2000, 2]
    assert [name for name, _ in network.named_children()] == ["hidden1", "hidden2", "hidden3", "map"]  # fmt: skip
    assert all(not layer.bias.any() for layer in layers)
    assert_allclose([float(layer.weight.detach().std()) for layer in layers[:3]], 0.1, rtol=0.01)
    rows = np.random.default_rng(0).random((3, 784))
    hidden = rows
    for layer in layers:
        sums = hidden @ layer.weight.detach().double().numpy().T
        hidden = 1 / (1 + np.exp(-sums)) if layer is not layers[-1] else sums
    assert_allclose(network.double()(torch.from_numpy(rows)).detach(), hidden)


@pytest.mark.parametrize("linear", [False, True])
def test_a_step_follows_the_free_energy_of_data_and_reconstruction(linear):
    model, rows = machine(linear=linear), PATTERNS[:7]
    before = [p.clone().requires_grad_() for p in model.parameters]
    means = model.hidden(rows).detach()
    if linear:
        states = means + torch.randn(means.shape, generator=generator(3))
    else:
        states = torch.bernoulli(means, generator=generator(3))
    again = (states @ before[0] + before[2]).sigmoid().detach()
    parts = [free_energy(r, *before, linear=linear).mean() for r in (rows, again)]
    gradients = torch.autograd.grad(parts[1] - parts[0], before)
    error = model.learn(rows, generator(3), learning_rate=0.5)
    for after, old, gradient in zip(model.parameters, before, gradients, strict=True):
        assert_allclose(after, (old + 0.5 * gradient).detach(), rtol=1e-5, atol=1e-6)
    assert float(error) == pytest.approx(float((rows - again).square().sum(1).mean()), rel=1e-5)


def test_momentum_takes_the_last_step_again_and_decay_shrinks_weights():
    fresh, other = machine(), machine()
    rows = PATTERNS[:6]
    fresh.learn(rows, generator(1), learning_rate=0.1)
    other.learn(rows, generator(1), learning_rate=0.1, weight_decay=0.5)
    first = machine().parameters
    assert_allclose(fresh.parameters[0] - other.parameters[0], 0.1 * 0.5 * first[0], atol=1e-7)
    assert_allclose(fresh.parameters[1], other.parameters[1])
    steps = [p - q for p, q in zip(fresh.parameters, first, strict=True)]
    middle = [p.clone() for p in fresh.parameters]
    fresh.learn(rows, generator(2), learning_rate=0.0, momentum=0.9)
    for now, old, step in zip(fresh.parameters, middle, steps, strict=True):
        assert_allclose(now - old, 0.9 * step, atol=1e-6)


@pytest.mark.parametrize(("linear", "rate"), [(False, 0.1), (True, 0.02)])
def test_the_data_become_more_probable(linear, rate):
    model = machine(linear=linear)
    before, draws = log_likelihood(model, PATTERNS), generator()
    for _ in range(1500):
        model.learn(PATTERNS, draws, learning_rate=rate)
    # Three patterns that are equally frequent have -ln 3 at best; all 32 states have -ln 32.
    assert before < -3
    assert -np.log(3) > log_likelihood(model, PATTERNS) > -2


def test_digits_become_as_probable_as_with_scikit_learn(digits):
    X = (digits[0][:500] > 7).astype(np.float32)
    theirs = BernoulliRBM(20, learning_rate=0.1, n_iter=15, batch_size=10, random_state=0).fit(X)
    network = SigmoidNetwork(64, 1, hidden=(20,), seed=0)
    ours = BernoulliRBM(20, random_state=0).fit(X[:2])
    scores = []
    for epochs in (0, 15):
        errors = pretrain(network, Rows(X), generator(), n_epochs=epochs, n_linear_epochs=0)
        model = BoltzmannMachine(network[0][0])
        ours.components_ = model.parameters[0].numpy()
        ours.intercept_hidden_ = model.parameters[1].numpy()
        # The bias of the visible units is no part of the network.
        ours.intercept_visible_ = theirs.intercept_visible_
        assert_allclose(ours.transform(X), model.hidden(torch.from_numpy(X)).detach(), rtol=1e-5)
        scores.append(ours.score_samples(X).mean())
    assert [len(part) for part in errors] == [15, 0]
    assert errors[0][-1] < 0.5 * errors[0][0]
    assert scores[1] > scores[0] + 5
    assert scores[1] > theirs.score_samples(X).mean() - 3


def test_each_layer_learns_from_what_the_one_below_gives():
    network = SigmoidNetwork(5, 2, hidden=(4, 3), seed=1)
    untouched = network[0][0].weight.detach().clone()
    errors = pretrain(network, Rows(PATTERNS.numpy()), generator(), n_epochs=3, n_linear_epochs=4)
    assert [len(part) for part in errors] == [3, 3, 4]
    assert not torch.equal(network[0][0].weight, untouched)
    again = SigmoidNetwork(5, 2, hidden=(4, 3), seed=1)
    draws = generator()
    lower = BoltzmannMachine(again[0][0])
    for _ in range(3):
        order = torch.randperm(60, generator=draws)
        lower.learn(PATTERNS[order], draws, learning_rate=0.1, momentum=0.5, weight_decay=0.0002)
    assert_allclose(network[0][0].weight.detach(), again[0][0].weight.detach(), rtol=1e-5)


def test_every_row_is_learned_from_once_in_an_epoch(monkeypatch):
    seen = []
    monkeypatch.setattr(BoltzmannMachine, "learn", lambda self, rows, *_, **__: seen.append(rows[:, 0]) or torch.zeros(()))  # fmt: skip
    rows = np.arange(251, dtype=np.float32)[:, None]
    pretrain(SigmoidNetwork(1, 1, hidden=()), Rows(rows), generator(), n_epochs=0, n_linear_epochs=1)  # fmt: skip
    assert sorted(map(len, seen)) == [83, 84, 84]
    assert_allclose(torch.cat(seen).sort().values, rows[:, 0])


def test_weights_that_go_to_infinity_are_an_error(monkeypatch):
    monkeypatch.setattr(boltzmann, "LINEAR_RATE", 1e30)
    network = SigmoidNetwork(5, 2, hidden=())
    with pytest.raises(InvalidInputError, match="X must be data that .* in layer 1; use fewer"):
        pretrain(network, Rows(PATTERNS.numpy()), generator(), n_epochs=0, n_linear_epochs=30)


# ---- conjugate gradients --------------------------------------------------------------------------


def bowl(model):
    """A long and narrow bowl around 3: steepest descent goes zigzag in it."""
    widths = torch.tensor([1.0, 10.0, 100.0, 1000.0])

    def height():
        return (widths * (model.weight[0] - 3.0).square()).sum()

    return height


def test_conjugate_gradients_are_those_of_a_bowl():
    layers = [nn.Linear(4, 1, bias=False) for _ in range(2)]
    for layer in layers:
        nn.init.zeros_(layer.weight)
    together = conjugate_gradients(layers[0], bowl(layers[0]), 8)
    for _ in range(8):
        alone = conjugate_gradients(layers[1], bowl(layers[1]), 1)
    assert together < 1e-4 < alone
    assert together == pytest.approx(float(bowl(layers[0])().detach()))
    assert_allclose(layers[0].weight.detach(), 3.0, atol=0.01)


def test_weights_stay_where_no_step_is_better():
    layer = nn.Linear(3, 1)
    before = [parameter.detach().clone() for parameter in layer.parameters()]
    looks = []

    def loss():
        looks.append(1)
        value = sum(p.sum() for p in layer.parameters())
        return value if len(looks) <= 2 else value * float("nan")

    value = conjugate_gradients(layer, loss, 3)
    assert len(looks) > 2
    assert value == pytest.approx(float(sum(p.sum() for p in before)))
    assert all(torch.equal(a, b) for a, b in zip(before, layer.parameters(), strict=True))


class Recorded(Rows):
    """Rows that remember which of them were asked for."""

    def __getitem__(self, numbers):
        self.asked = [*getattr(self, "asked", []), numbers.tolist()]
        return super().__getitem__(numbers)


def test_fixed_batches_hold_every_row_and_none_is_of_one():
    rows = Recorded(np.random.default_rng(0).random((11, 5)).astype(np.float32))
    network = SigmoidNetwork(5, hidden=(4,))
    options = {"perplexity": 3.0, "batch_size": 5, "n_epochs": 3, "n_line_searches": 1}
    losses = fine_tune(network, rows, generator(), degrees_of_freedom=1, **options)
    assert sorted(map(len, rows.asked[:3])) == [3, 4, 4]
    assert sorted(chain(*rows.asked[:3])) == list(range(11))
    assert rows.asked[3:6] == rows.asked[:3] == rows.asked[6:]
    assert losses[2] < losses[0]


def test_degrees_of_freedom_are_those_of_the_kernel():
    rows = Rows(np.random.default_rng(0).random((40, 5)).astype(np.float32))
    options = {"perplexity": 5.0, "batch_size": 40, "n_epochs": 2, "n_line_searches": 3}
    maps = []
    for degrees in (1, 1.0, 5.0):
        network = SigmoidNetwork(5, hidden=(8,))
        fine_tune(network, rows, generator(), degrees_of_freedom=degrees, **options)
        maps.append(network(rows.first(40)).detach())
    assert torch.equal(maps[0], maps[1])
    assert not torch.allclose(maps[0], maps[2], rtol=0.05)
