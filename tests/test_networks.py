"""Networks, their layers and names, and what they make of rows."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from nbembed import networks
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.neighbors import Graph
from nbembed.networks import CNN, FCNN, Autoencoder, Standardization, features, place, ready
from nbembed.networks.sampling import EdgeBatches

ROWS = np.random.default_rng(0).normal(size=(300, 12)).astype(np.float32)


@pytest.mark.parametrize("normalization", ["layer", "batch", "none"])
@pytest.mark.parametrize("n_components", [1, 2, 5])
def test_dense_layers_give_the_map_and_have_names(normalization, n_components):
    model = FCNN(12, n_components, hidden=(20, 10), head=(7,), normalization=normalization)
    assert [name for name, _ in model.named_children()] == ["hidden1", "hidden2", "f7", "map"]
    assert model(torch.from_numpy(ROWS)).shape == (300, n_components)
    kinds = {type(part) for part in model.modules()}
    assert (nn.LayerNorm in kinds) == (normalization == "layer")
    assert (nn.BatchNorm1d in kinds) == (normalization == "batch")


def test_model_a_is_that_of_the_paper():
    model = networks.model_a(784)
    widths = [m.out_features for m in model.modules() if isinstance(m, nn.Linear)]
    assert widths == [500] * 5 + [2000, 500, 100, 2]
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm1d)]
    assert len(norms) == 5
    assert all(not m.bias.any() for m in model.modules() if isinstance(m, nn.Linear))
    assert [n for n, _ in model.named_children()][5:] == ["f2000", "f500", "f100", "map"]


@pytest.mark.parametrize("shape", [(28, 28, 1), (30, 17, 3), (1, 1, 2), (5, 2, 1)])
@pytest.mark.parametrize("normalization", ["layer", "batch", "none"])
def test_pictures_of_any_size_pass_and_come_back(shape, normalization):
    model = CNN(shape, head=(20, 10), normalization=normalization, seed=1)
    rows = torch.rand(3, int(np.prod(shape)))
    assert model(rows).shape == (3, 2)
    assert Autoencoder(model).decode(model(rows)).shape == rows.shape


def test_model_b_is_that_of_the_paper():
    model = networks.model_b((28, 28, 1))
    channels = [m.out_channels for m in model.modules() if isinstance(m, nn.Conv2d)]
    assert channels == [16, 16, 32, 32]
    assert [m.out_features for m in model.modules() if isinstance(m, nn.Linear)] == [
        2000,
        500,
        100,
        2,
    ]


def test_pixels_are_read_row_by_row_with_their_channels_together():
    rows = torch.arange(2 * 3 * 2.0)[None]
    pictures = networks.models.Pictures((2, 3, 2))(rows)
    assert pictures[0, 1].tolist() == [[1, 3, 5], [7, 9, 11]]
    assert torch.equal(networks.models.PicturesToRows()(pictures), rows)


@pytest.mark.parametrize("normalization", ["layer", "batch", "none"])
def test_an_autoencoder_is_mirrored(normalization):
    model = Autoencoder(FCNN(12, hidden=(20, 10), head=(7,), normalization=normalization), seed=3)
    widths = [m.out_features for m in model.decoder.modules() if isinstance(m, nn.Linear)]
    assert widths == [7, 10, 20, 12]
    assert model(torch.from_numpy(ROWS)).shape == (300, 2)
    assert model.decode(torch.zeros(4, 2)).shape == (4, 12)


def test_the_seed_decides_and_nothing_else():
    before = torch.get_rng_state()
    first, again, other = (FCNN(12, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    rows = torch.from_numpy(ROWS)
    assert torch.equal(first(rows), again(rows))
    assert not torch.allclose(first(rows), other(rows))


def test_what_a_network_cannot_be_is_named():
    with pytest.raises(
        InvalidTypeError, match=r"hidden must be whole numbers such as .* got 'wide'"
    ):
        FCNN(3, hidden="wide")
    with pytest.raises(InvalidInputError, match="hidden must be an integer of at least 1"):
        FCNN(3, hidden=(0,))
    with pytest.raises(InvalidInputError, match="normalization must be one of"):
        FCNN(3, normalization="instance")
    with pytest.raises(InvalidInputError, match=r"shape must be \(height, width, channels\)"):
        CNN((28, 28))
    with pytest.raises(InvalidInputError, match="multiply to the columns of X, 12"):
        networks.make_network({"name": "cnn", "shape": [2, 2, 1], "n_components": 2}, 12, seed=0)
    with pytest.raises(InvalidInputError, match="model must be 'fcnn' or 'cnn', got 'rnn'"):
        networks.make_network({"name": "rnn"}, 12, seed=0)


# ---- what they make of rows -------------------------------------------------------------------------


@pytest.mark.parametrize("normalization", ["layer", "batch", "none"])
def test_a_row_alone_equals_the_row_in_a_batch(normalization):
    model = FCNN(12, normalization=normalization)
    exact = ready(model, "cpu")
    together = place(exact, ROWS, "cpu")
    alone = np.concatenate([place(exact, row[None], "cpu") for row in ROWS])
    np.testing.assert_allclose(alone, together, rtol=0, atol=1e-6 * np.abs(together).max())
    assert together.dtype == np.float32
    assert next(model.parameters()).dtype == torch.float32
    assert model.training


def test_features_are_those_of_the_part_that_is_named():
    model = FCNN(12, hidden=(20, 10))
    found = features(model, ROWS, "hidden2")
    expected = model.hidden2(model.hidden1(torch.from_numpy(ROWS))).detach()
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert not model.hidden2._forward_hooks
    with pytest.raises(InvalidInputError, match="got 'hiden2'; did you mean 'hidden2'"):
        features(model, ROWS, "hiden2")


def test_standardization_keeps_ratios_of_distances_and_survives_constants():
    scaling = Standardization.of(ROWS * 7 + 100)
    scaled = scaling.forward(ROWS * 7 + 100)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.var(axis=0).mean(), 1, atol=1e-5)
    np.testing.assert_allclose(scaling.back(scaled), ROWS * 7 + 100, atol=1e-4)
    constant = np.full((5, 3), 2.0, dtype=np.float32)
    assert not Standardization.of(constant).forward(constant).any()


# ---- batches of edges ---------------------------------------------------------------------------


def path_graph():
    """0 - 1 - 2 with weights 1 and 3, and 3 without edges."""
    return Graph(
        np.array([0, 1, 3, 4, 4]),
        np.array([1, 0, 2, 1], dtype=np.int32),
        np.array([1, 1, 3, 3], dtype=np.float32),
    )


def test_edges_are_drawn_in_proportion_to_their_weights():
    batches = EdgeBatches(path_graph(), 80_000, 1)
    pairs = batches.draw(torch.Generator().manual_seed(0))
    heads, tails = pairs.rows[:80_000], pairs.rows[80_000:]
    counts = torch.bincount(heads * 4 + tails, minlength=16).reshape(4, 4) / 80_000
    expected = torch.tensor([[0, 1, 0, 0], [1, 0, 3, 0], [0, 3, 0, 0], [0, 0, 0, 0]]) / 8
    assert (counts - expected).abs().max() < 0.006


@pytest.mark.parametrize("negatives", ["batch", "uniform", "permuted"])
def test_noise_comes_from_where_it_is_said(negatives):
    batches = EdgeBatches(path_graph(), 500, 40, negatives=negatives)
    pairs = batches.draw(torch.Generator().manual_seed(0))
    noise = pairs.rows[pairs.noise]
    if negatives == "permuted":
        assert noise.shape == (500, 40)
        assert pairs.mask is None
        assert pairs.noise.min() >= 500
        return
    assert (3 in noise) == (negatives == "uniform")
    heads, tails = pairs.rows[:500, None], pairs.rows[500:1000, None]
    assert torch.equal(pairs.mask, (heads != noise) & (tails != noise))


def test_import_of_the_package_and_of_free_maps_leaves_torch_alone():
    code = "import nbembed as nb, sys; nb.UMAP; nb.ParametricUMAP; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
