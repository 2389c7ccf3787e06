"""A trained network as a file: compact weights evaluated by numpy alone, and ONNX."""

import json
import sys

import numpy as np
import pytest
import torch
from torch import nn

import nbembed as nb
from nbembed import networks, weights
from nbembed.errors import InvalidInputError, MissingPackageError

RNG = np.random.default_rng(0)
OPTIONS = {"n_neighbors": 5, "n_batches": 10, "batch_size": 32, "device": "cpu", "random_state": 0}
ROWS = RNG.normal(size=(60, 12)) * 7 + 1000.0
PICTURES = RNG.normal(size=(40, 9, 6, 2)) + 3


def own():
    """A network of the caller's, with parts that ours do not have."""
    with torch.random.fork_rng():
        torch.default_generator.manual_seed(0)
        return nn.Sequential(
            nn.BatchNorm1d(12),
            nn.Linear(12, 16, bias=False),
            nn.BatchNorm1d(16),
            nn.Tanh(),
            nn.Sequential(nn.Dropout(0.5), nn.Linear(16, 8), nn.SiLU(), nn.BatchNorm1d(8)),
            nn.Sigmoid(),
            nn.Linear(8, 3),
        )


FITS = {
    "layer": lambda: (ROWS, {"hidden": (16, 8)}),
    "batch": lambda: (ROWS, {"hidden": (16, 8), "normalization": "batch"}),
    "none": lambda: (ROWS, {"hidden": (16,), "normalization": "none", "n_components": 1}),
    "cnn": lambda: (PICTURES, {"model": "cnn", "hidden": (10,)}),
    "cnn with batches": lambda: (
        PICTURES,
        {"model": "cnn", "hidden": (10,), "normalization": "batch"},
    ),
    "own": lambda: (ROWS, {"model": own(), "n_components": 3}),
    "huge": lambda: (ROWS * 1e20, {"hidden": (8,)}),
}


@pytest.fixture(scope="module", params=FITS)
def fit(request):
    X, options = FITS[request.param]()
    return X, nb.ParametricUMAP(**OPTIONS | options).fit(X)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float16", 1e-2)])
def test_the_file_alone_gives_the_places_of_transform(fit, dtype, tolerance, tmp_path):
    X, fitted = fit
    apart = fitted.to_weights(tmp_path / "map", dtype)
    found = weights.read(tmp_path / "map")
    new = X + 0.1 * X.std() * RNG.normal(size=X.shape)
    expected = fitted.transform(new)
    size = np.ptp(expected, axis=0).max()
    assert apart <= tolerance
    np.testing.assert_allclose(found(new), expected, atol=2 * tolerance * size, rtol=0)
    np.testing.assert_allclose(found(new[:1]), found(new)[:1], atol=1e-9 * size)
    assert (found.n_components, found.dtype) == (expected.shape[1], dtype)


def test_the_file_is_what_its_description_says(tmp_path):
    """Reads the bytes as the description says, with nothing of ours."""
    fitted = nb.ParametricUMAP(**OPTIONS, hidden=(16,)).fit(ROWS)
    fitted.to_weights(tmp_path / "map", "float16")
    content = (tmp_path / "map").read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    assert length % 8 == 0
    config = json.loads(header["__metadata__"]["nbembed"])["config"]
    assert (config["version"], config["shape"], config["n_components"]) == (1, [12], 2)
    types = {"F16": "<f2", "F32": "<f4", "F64": "<f8"}

    def array(name):
        first, end = header[name]["data_offsets"]
        numbers = np.frombuffer(content[8 + length + first : 8 + length + end], types[header[name]["dtype"]])  # fmt: skip
        assert first % numbers.itemsize == 0
        return numbers.reshape(header[name]["shape"]).astype(np.float64)

    x = ROWS
    for layer in config["layers"]:
        match layer["type"]:
            case "standardize":
                x = (x - array(layer["center"])) / layer["divisor"]
            case "linear":
                x = x @ array(layer["weight"]).T + array(layer["bias"])
                assert header[layer["weight"]]["dtype"] == "F16"
            case "layer_norm":
                x = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + layer["eps"])
                x = x * array(layer["weight"]) + array(layer["bias"])
            case "relu":
                x = np.maximum(x, 0)
            case kind:
                assert kind == "flatten"
    np.testing.assert_array_equal(x, weights.read(tmp_path / "map")(ROWS))
    assert len(content) < 3000


def test_batch_normalizations_are_folded_into_their_neighbours():
    def kinds(module):
        return [kind for kind, _, _ in networks.layers_of(module)]

    assert kinds(networks.FCNN(12, hidden=(4, 4), normalization="batch")) == ["flatten", "linear", "relu", "linear", "relu", "linear"]  # fmt: skip
    assert kinds(nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU())) == ["conv2d", "relu"]  # fmt: skip
    assert kinds(nn.Sequential(nn.BatchNorm2d(2), nn.Conv2d(2, 1, 3))) == ["affine", "conv2d"]


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(4, 3, (3, 2), stride=(2, 1), padding=(1, 2)),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.MaxPool2d((3, 2)),
        nn.GroupNorm(2, 4),
        nn.Sequential(nn.Flatten(), nn.LayerNorm(4 * 7 * 5, elementwise_affine=False)),
        nn.SiLU(),
        nn.Sequential(
            nn.Identity(), networks.models.PicturesToRows(), networks.models.Pictures((7, 5, 4))
        ),
    ],
)
def test_every_layer_is_what_torch_makes_of_it(layer):
    x = torch.randn(3, 4, 7, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -1, 1, generator=torch.Generator().manual_seed(1))
    expected = layer.double().eval()(x).detach().numpy()
    found = weights.Weights(networks.layers_of(layer), (4, 7, 5), 2, "float32")(x.numpy())
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_what_cannot_be_written_as_weights_is_named(tmp_path):
    for layer, words in {
        nn.Sequential(nn.Linear(12, 2), nn.Softmax(1)): r"got Softmax \(model.1\); to_onnx",
        nn.Sequential(nn.Conv2d(2, 2, 3, groups=2)): "without groups",
        nn.Sequential(nn.Conv2d(2, 2, 3, padding="same")): "padded by numbers",
        nn.Sequential(nn.MaxPool2d(3, stride=1)): "side by side",
        nn.Sequential(nn.LayerNorm((2, 2))): "last axis alone",
        nn.Sequential(nn.BatchNorm1d(2, track_running_stats=False)): "keep running means",
        nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(4)): "batches of rows",
        nn.Sequential(nn.Flatten(0)): "whole samples",
    }.items():
        with pytest.raises(InvalidInputError, match=f"model must .*{words}"):
            networks.layers_of(layer)
    with pytest.raises(InvalidInputError, match="dtype must be one of"):
        weights.write(tmp_path / "map", [], shape=(1,), n_components=1, dtype="int8")
    large = [("linear", {}, {"weight": np.full((1, 1), 1e5), "bias": np.zeros(1)})]
    with pytest.raises(InvalidInputError, match="dtype must be 'float32' for weights up to 1e"):
        weights.write(tmp_path / "map", large, shape=(1,), n_components=1, dtype="float16")
    nb.TSNE(perplexity=5, early_exaggeration_iter=1, n_iter=1).fit(ROWS).save(tmp_path / "tsne")
    with pytest.raises(InvalidInputError, match="path must be a file that to_weights wrote"):
        weights.read(tmp_path / "tsne")


def test_a_file_that_differs_is_not_kept(tmp_path, monkeypatch):
    fitted = nb.ParametricUMAP(**OPTIONS, hidden=(8,)).fit(ROWS)
    (tmp_path / "map").write_text("before", encoding="utf-8")
    monkeypatch.setitem(weights.EVALUATORS, "relu", lambda x, _o, _a: x)
    with pytest.raises(InvalidInputError, match="must give the places of transform to 1e-05"):
        fitted.to_weights(tmp_path / "map")
    assert (tmp_path / "map").read_text(encoding="utf-8") == "before"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_loaded_map_can_be_written_too(tmp_path):
    fitted = nb.ParametricUMAP(**OPTIONS, hidden=(8,)).fit(ROWS)
    fitted.save(tmp_path / "map")
    nb.load(tmp_path / "map").to_weights(tmp_path / "weights")
    fitted.to_weights(tmp_path / "again")
    first, again = (weights.read(tmp_path / name) for name in ("weights", "again"))
    np.testing.assert_array_equal(first(ROWS), again(ROWS))


# ---- ONNX ----------------------------------------------------------------------------------------


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(2, 8, batch_first=True)
        self.map = nn.Linear(8, 2)

    def forward(self, sequences):
        return self.map(self.lstm(sequences)[0][:, -1])


@pytest.mark.parametrize("kind", ["fcnn", "cnn", "recurrent"])
def test_onnx_takes_the_data_as_they_are(kind, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    X, options = {
        "fcnn": (ROWS, {"hidden": (16,), "normalization": "batch"}),
        "cnn": (PICTURES, {"model": "cnn", "hidden": (10,)}),
        "recurrent": (PICTURES.reshape(40, 54, 2), {"model": Recurrent()}),
    }[kind]
    fitted = nb.ParametricUMAP(**OPTIONS | options).fit(X)
    apart = fitted.to_onnx(tmp_path / "map.onnx")
    assert apart < 1e-4
    assert [file.name for file in tmp_path.iterdir()] == ["map.onnx"]
    session = onnxruntime.InferenceSession(tmp_path / "map.onnx")
    assert [(i.name, i.type) for i in session.get_inputs()] == [("X", "tensor(float)")]
    for n in (1, 7, len(X)):
        found = session.run(["map"], {"X": X[:n].astype(np.float32)})[0]
        expected = fitted.transform(X[:n].astype(np.float32))
        np.testing.assert_allclose(found, expected, atol=1e-4 * np.ptp(fitted.embedding_))


class Undecided(nn.Linear):
    """Draws when it evaluates."""

    def forward(self, rows):
        return super().forward(rows + torch.rand_like(rows))


def test_onnx_that_differs_is_not_kept(tmp_path):
    pytest.importorskip("onnxruntime")
    fitted = nb.ParametricUMAP(**OPTIONS, model=Undecided(12, 2)).fit(ROWS)
    with pytest.raises(InvalidInputError, match="the ONNX file must give the places of transform"):
        fitted.to_onnx(tmp_path / "map.onnx")
    assert list(tmp_path.iterdir()) == []


def test_onnx_says_what_is_missing_and_what_it_cannot_say(tmp_path, monkeypatch):
    fitted = nb.ParametricUMAP(**OPTIONS, hidden=(8,)).fit(ROWS * 1e40)
    with pytest.raises(InvalidInputError, match="numbers that float32 can say"):
        fitted.to_onnx(tmp_path / "map.onnx")
    fitted = nb.ParametricUMAP(**OPTIONS, hidden=(8,)).fit(ROWS)
    monkeypatch.setattr("nbembed.networks.exporting.find_spec", lambda _name: None)
    with pytest.raises(MissingPackageError, match=r"onnx and onnxscript.*nbembed\[onnx\]"):
        fitted.to_onnx(tmp_path / "map.onnx")
    assert sys.modules["nbembed.weights"].__doc__ == nb.weights.__doc__
