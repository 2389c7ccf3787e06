"""What a layer of any trained network makes of samples of any shape."""

import numpy as np
import pytest
import torch
from torch import nn

import nbembed as nb
from nbembed.errors import InvalidInputError, InvalidTypeError

RNG = np.random.default_rng(0)
PICTURES = RNG.normal(size=(70, 3, 9, 7)).astype(np.float32)


@pytest.fixture
def classifier():
    with torch.random.fork_rng():
        torch.default_generator.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.Dropout(0.5),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(4 * 63, 5),
        )


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 6, batch_first=True)
        self.map = nn.Linear(6, 2)
        self.unused = nn.Linear(2, 2)

    def forward(self, samples):
        return self.map(self.lstm(samples)[0][:, -1])


class Summing(nn.Module):
    def __init__(self):
        super().__init__()
        self.sum = nn.LSTM(3, 6)

    def forward(self, samples):
        return self.sum(samples.transpose(0, 1))[0]


@pytest.mark.parametrize("kind", ["array", "tensor", "float64", "memory map"])
def test_pictures_give_what_the_layer_gives(classifier, kind, monkeypatch, tmp_path):
    monkeypatch.setattr("nbembed.networks.rows.BLOCK", 16)
    X = PICTURES
    if kind == "tensor":
        X = torch.from_numpy(PICTURES)
    elif kind == "float64":
        X = PICTURES.astype(np.float64)
    elif kind == "memory map":
        X = np.memmap(tmp_path / "x", dtype=np.float32, mode="w+", shape=PICTURES.shape)
        X[:] = PICTURES
    with torch.no_grad():
        expected = classifier.eval()[:2](torch.from_numpy(PICTURES)).flatten(1).numpy()
    classifier.train()
    found = nb.features(classifier, "1", X)
    assert (found.shape, found.dtype) == ((70, 4 * 63), np.float32)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_network_is_left_as_it_was(classifier):
    classifier.train()
    classifier[1].eval()
    before = {k: v.clone() for k, v in classifier.state_dict().items()}
    nb.features(classifier, "3", PICTURES)
    assert [part.training for part in classifier] == [True, False, True, True, True, True]
    assert all(torch.equal(v, before[k]) for k, v in classifier.state_dict().items())
    with pytest.raises(RuntimeError):
        nb.features(classifier, "3", PICTURES[:, :2])
    assert classifier.training
    assert not any(part._forward_hooks for part in classifier)
    assert nb.features(classifier.double(), "5", PICTURES).shape == (70, 5)


def test_of_several_outputs_the_first_and_of_several_uses_the_last():
    model = Recurrent()
    X = RNG.normal(size=(20, 11, 3)).astype(np.float32)
    found = nb.features(model, "lstm", X)
    with torch.no_grad():
        expected = model.lstm(torch.from_numpy(X))[0].flatten(1).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-6)
    relu = nn.ReLU()
    shared = nn.Sequential()
    shared.add_module("one", nn.Linear(3, 3))
    shared.add_module("relu", relu)
    shared.add_module("two", nn.Linear(3, 4))
    shared.add_module("again", relu)
    assert nb.features(shared, "relu", X[:, 0]).shape == (20, 4)


def test_tokens_stay_whole_numbers():
    model = nn.Sequential(nn.Embedding(10, 4), nn.Flatten(), nn.Linear(12, 2))
    tokens = RNG.integers(10, size=(8, 3))
    expected = model[0].weight.detach().numpy()[tokens].reshape(8, 12)
    np.testing.assert_array_equal(nb.features(model, "1", tokens), expected)


def test_what_cannot_be_read_is_named(classifier):
    named = nn.Sequential()
    named.add_module("hidden", nn.Linear(3, 2))
    with pytest.raises(InvalidInputError, match="got 'hiden'; did you mean 'hidden'"):
        nb.features(named, "hiden", np.zeros((2, 3)))
    model = Recurrent()
    with pytest.raises(InvalidInputError, match="got 'unused', which it does not call"):
        nb.features(model, "unused", np.zeros((4, 5, 3)))
    with pytest.raises(InvalidInputError, match="a recurrent part needs batch_first=True"):
        nb.features(Summing(), "sum", np.zeros((4, 5, 3)))
    with pytest.raises(InvalidInputError, match=r"X must hold at least one sample .* \(0, 3\)"):
        nb.features(named, "hidden", np.zeros((0, 3)))
    with pytest.raises(InvalidTypeError, match="X must hold real numbers, got dtype <U1"):
        nb.features(named, "hidden", np.array([["a"]]))
    with pytest.raises(InvalidTypeError, match=r"model must be a torch\.nn\.Module or a fitted"):
        nb.features("resnet", "hidden", PICTURES)


def test_a_fitted_estimator_is_asked_too(blobs):
    fitted = nb.ParametricUMAP(
        hidden=(8,), n_batches=5, batch_size=16, device="cpu", random_state=0
    ).fit(blobs)
    found = nb.features(fitted, "hidden1", blobs[:9])
    np.testing.assert_array_equal(found, fitted.features(blobs[:9], "hidden1"))
    assert found.shape == (9, 8)
