"""Data from this machine: shapes, ranges, order, and clear words when it is missing."""

import gzip
import socket
import struct

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from nbembed import datasets
from nbembed.errors import InvalidInputError, NbembedError

present = pytest.mark.skipif(not datasets.has_fashion_mnist(), reason="Fashion-MNIST is absent")
TRAIN, TEST = 60_000, 10_000


def _idx(items):
    header = struct.pack(">HBB", 0, 8, items.ndim) + struct.pack(f">{items.ndim}I", *items.shape)
    return header + items.astype(np.uint8).tobytes()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder whose files say how large they are but hold three pictures each."""
    monkeypatch.setenv("NBEMBED_DATA", str(tmp_path))
    for part, label in (("train", 3), ("t10k", 9)):
        images = np.arange(3 * 784).reshape(3, 28, 28) % 256
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(_idx(images)))
        # One of the two unpacked: both forms are read.
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(_idx(np.full(3, label)))
    return tmp_path


def test_digits():
    X, y = datasets.digits()
    assert (X.shape, X.dtype, y.dtype) == ((1797, 64), np.float32, np.int64)
    assert (X.min(), X.max()) == (0, 16)
    assert_array_equal(y[:10], np.arange(10))


def test_iris():
    X, y = datasets.iris()
    assert (X.shape, X.dtype) == ((150, 4), np.float32)
    assert_array_equal(y[[0, 50, 100]], ["setosa", "versicolor", "virginica"])
    assert y.dtype.kind == "U"


@present
def test_fashion_mnist_is_the_first_rows():
    X, y = datasets.fashion_mnist(n=300)
    assert (X.shape, X.dtype) == ((300, 784), np.float32)
    assert (X.min(), X.max()) == (0.0, 1.0)
    # The first labels of the training set, as its authors publish it: 9, 0, 0, 3, 0.
    assert_array_equal(y[:5], ["Ankle boot", "T-shirt/top", "T-shirt/top", "Dress", "T-shirt/top"])
    fewer, names = datasets.fashion_mnist(n=100)
    assert_array_equal(fewer, X[:100])
    assert_array_equal(names, y[:100])


@present
@pytest.mark.large
def test_fashion_mnist_has_ten_classes_of_7000_and_the_test_set_last():
    X, y = datasets.fashion_mnist()
    assert X.shape == (TRAIN + TEST, 784)
    assert_array_equal(np.unique(y, return_counts=True)[1], np.full(10, 7000))
    # The first labels of the test set: 9, 2, 1.
    assert_array_equal(y[TRAIN : TRAIN + 3], ["Ankle boot", "Pullover", "Trouser"])


def test_a_folder_of_ones_own_is_read(folder):
    X, y = datasets.fashion_mnist(n=3)
    assert_array_equal((X * 255).round(), np.arange(3 * 784).reshape(3, 784) % 256)
    assert_array_equal(y, ["Dress"] * 3)
    below = folder / "fashion-mnist"
    below.mkdir()
    for path in list(folder.iterdir()):
        if path != below:
            path.rename(below / path.name)
    assert datasets.has_fashion_mnist()
    assert_array_equal(datasets.fashion_mnist(n=2)[0], X[:2])


def test_missing_files_say_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setenv("NBEMBED_DATA", str(tmp_path / "nothing"))
    assert not datasets.has_fashion_mnist()
    with pytest.raises(FileNotFoundError, match="apt install dataset-fashion-mnist") as caught:
        datasets.fashion_mnist(n=10)
    assert isinstance(caught.value, NbembedError)
    assert "NBEMBED_DATA" in str(caught.value)
    assert str(tmp_path / "nothing") in str(caught.value)


def test_nothing_is_downloaded(tmp_path, monkeypatch):
    def refuse(*_args, **_keywords):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setenv("NBEMBED_DATA", str(tmp_path))
    datasets.digits()
    datasets.iris()
    with pytest.raises(FileNotFoundError):
        datasets.fashion_mnist(n=1)


@pytest.mark.parametrize("n", [0, 70_001, 1.5, "all", None, True])
def test_n_out_of_range_is_refused(n):
    with pytest.raises((InvalidInputError, TypeError), match="n must be"):
        datasets.fashion_mnist(n=n)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not gzip at all",
        gzip.compress(_idx(np.random.default_rng(0).integers(256, size=(3, 28, 28))))[:1500],
        gzip.compress(_idx(np.zeros((3, 28, 28)))[:1000]),
        gzip.compress(_idx(np.zeros((30, 14, 14)))),
        gzip.compress(_idx(np.zeros((2, 28, 28)))),
        gzip.compress(_idx(np.zeros(3))),
    ],
    ids=["empty", "text", "cut gzip", "cut inside", "other images", "too few", "other kind"],
)
def test_damaged_files_are_named(folder, content):
    (folder / "train-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(InvalidInputError, match=r"train-images-idx3-ubyte\.gz must be an idx file"):
        datasets.fashion_mnist(n=3)


def test_labels_out_of_range_are_refused(folder):
    (folder / "train-labels-idx1-ubyte").write_bytes(_idx(np.array([0, 10, 1])))
    with pytest.raises(InvalidInputError, match="0 to 9, got 10"):
        datasets.fashion_mnist(n=3)
