"""The same code on other devices; where there is none, the tests say so and skip."""

import numpy as np
import pytest
import torch
from sklearn.manifold import trustworthiness

import nbembed as nb
from nbembed.errors import InvalidInputError
from nbembed.networks import pick_device
from nbembed.networks.devices import seeded_torch

CARDS = ["cuda", "mps"]
THERE = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}


@pytest.fixture(params=CARDS)
def card(request):
    if not THERE[request.param]:
        pytest.skip(f"this machine has no {request.param} device")
    return request.param


@pytest.mark.parametrize("method", [nb.ParametricUMAP, nb.ParametricTSNE])
def test_a_card_trains_as_good_a_map_and_the_same_twice(card, method, digits):
    X, y = digits[0][:600], np.where(np.arange(600) < 100, digits[1][:600], -1)
    terms = ["reconstruction", "classification", "correlation"]
    options = {"n_batches": 300, "hidden": (64, 64), "random_state": 0, "terms": terms}
    fitted, again = (method(device=card, **options).fit(X[:500], y[:500]) for _ in range(2))
    assert trustworthiness(X[:500], fitted.embedding_) > 0.95
    np.testing.assert_allclose(fitted.embedding_, again.embedding_, rtol=1e-2, atol=1e-2)
    assert fitted.transform(X[500:]).shape == (100, 2)
    assert fitted.inverse_transform(fitted.embedding_[:5]).shape == (5, 64)


def test_half_precision_on_a_card_gives_a_map_too(card, digits):
    X = digits[0][:400]
    fitted = nb.ParametricUMAP(
        n_batches=300, device=card, precision="bfloat16", random_state=0
    ).fit(X)
    assert trustworthiness(X, fitted.embedding_) > 0.9


def test_a_device_that_is_not_there_is_named():
    missing = next((name for name in CARDS if not THERE[name]), None)
    if missing is None:
        pytest.skip("this machine has all devices")
    with pytest.raises(InvalidInputError, match=f"device must be .* got '{missing}'"):
        nb.ParametricUMAP(n_batches=5, device=missing).fit(np.eye(20))
    assert pick_device("auto") in ("cpu", *CARDS)


def test_the_callers_generator_is_put_back():
    before = torch.random.get_rng_state()
    draws = []
    for _ in range(2):
        with seeded_torch(5, "cpu"):
            draws.append(torch.rand(3))
    assert torch.equal(draws[0], draws[1])
    assert torch.equal(before, torch.random.get_rng_state())
